// SPDX-License-Identifier: Apache-2.0
//! Further values of one provider in the block of the first: where a provider's word stands once, its
//! values may be several, and only the first is near it.

use super::compile::regex;
use crate::model::ByteSpan;
use crate::rules::ContextRule;
use regex_automata::Input;
use regex_automata::meta::Regex;
use std::sync::OnceLock;

/// Bytes behind the first value in which others are looked for.
const REACH: usize = 4 << 10;
/// More than these are a table.
const MOST: usize = 64;

/// Looks for further values; compiled when a first one counted.
#[derive(Debug)]
pub(super) struct Further {
    pattern: String,
    regex: OnceLock<Option<Regex>>,
}

impl Further {
    pub(super) fn new(rule: &ContextRule) -> Self {
        Self {
            pattern: rule.further(),
            regex: OnceLock::new(),
        }
    }

    /// The matches and their values behind a first value `hit`, whose match `whole` begins with the
    /// provider's word.
    pub(super) fn of(
        &self,
        text: &[u8],
        whole: ByteSpan,
        hit: ByteSpan,
    ) -> Vec<(ByteSpan, ByteSpan)> {
        let end = block_end(text, whole.start, hit.end);
        let mut found = Vec::new();
        let compiled = self.regex.get_or_init(|| regex(&self.pattern).ok());
        let Some(regex) = compiled.as_ref().filter(|_| end > hit.end) else {
            return found;
        };
        let mut listed = is_listed(text, hit.start);
        let mut last = hit.end;
        let mut groups = regex.create_captures();
        while found.len() < MOST {
            regex.search_captures(&Input::new(text).range(last..end), &mut groups);
            let (Some(all), span) = (groups.get_match(), |name| groups.get_group_by_name(name))
            else {
                break;
            };
            let of = |span: regex_automata::Span| ByteSpan::new(span.start, span.end);
            let named = span("hit");
            // An element of a list stands right behind the one before.
            let counts = named.is_some() || listed && all.start() == last;
            if let Some(value) = named.or_else(|| span("hit_2")).filter(|_| counts) {
                listed = named.is_none() || is_listed(text, value.start);
                found.push((of(all.span()), of(value)));
            }
            last = all.end();
        }
        found
    }
}

/// Whether a value is an element of a list.
fn is_listed(text: &[u8], start: usize) -> bool {
    let before = &text[start.saturating_sub(64)..start];
    let open = before.trim_ascii_end();
    let bare = !matches!(before.last(), Some(b'"' | b'\'' | b'`'));
    let open = match open {
        [rest @ .., b'"' | b'\'' | b'`'] => rest.trim_ascii_end(),
        _ => open,
    };
    matches!(open.last(), Some(b'['))
        || open.ends_with(b"\n-")
        || open.ends_with(b" -")
        || bare && open.ends_with(b"=")
}

/// Where the block ends that begins with the provider's word: with the bracket that closes it, or with a
/// line that is not indented deeper than the word's; a section ends where the next one begins.
fn block_end(text: &[u8], word: usize, first: usize) -> usize {
    let limit = text.len().min(first.saturating_add(REACH));
    let line = memchr::memrchr(b'\n', &text[..word]).map_or(0, |at| at + 1);
    let indent = |at: usize| {
        let rest = &text[at..limit.max(at)];
        rest.iter().position(|b| !matches!(b, b' ' | b'\t'))
    };
    let own = indent(line).unwrap_or(0);
    let section = text.get(line) == Some(&b'[');
    let mut depth = 0i32;
    let mut opened = false;
    for at in word..limit {
        match text[at] {
            b'(' | b'[' | b'{' => {
                depth += 1;
                opened = true;
            }
            b')' | b']' | b'}' if !section || opened => {
                depth -= 1;
                // What closes before the first value belongs to the word: `c["acme"]["key"]`.
                if depth <= 0 && at >= first {
                    return at;
                }
                depth = depth.max(0);
            }
            b'\n' if at >= first && depth == 0 => {
                let next = at + 1;
                let deeper = indent(next).is_none_or(|own_indent| {
                    let byte = text.get(next + own_indent);
                    own_indent > own || matches!(byte, Some(b'\n' | b'\r' | b'-'))
                });
                let same = section && text.get(next) != Some(&b'[');
                if !deeper && !same {
                    return at;
                }
            }
            _ => {}
        }
    }
    limit
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    const FIRST: &str = "kQ7vZx2LpW9sYt4R";
    const SECOND: &str = "Wm3Tz8Kc5HnX1qGd";

    fn second(text: &str) -> bool {
        let rule = ContextRule {
            words: "acme".to_owned(),
            names: "key|token".to_owned(),
            value: "[A-Za-z0-9]{16}".to_owned(),
            strict: false,
            also: None,
        };
        let text = text.replace('W', SECOND).replace('V', FIRST);
        let first = text.find(FIRST).unwrap();
        let word = text.find("acme").unwrap();
        let hit = ByteSpan::new(first, first + FIRST.len());
        let found = Further::new(&rule).of(text.as_bytes(), ByteSpan::new(word, hit.end), hit);
        found
            .iter()
            .any(|(_, value)| &text[value.range()] == SECOND)
    }

    #[test]
    fn values_of_one_block_are_found() {
        for text in [
            "{\"acme\": {\"api_key\": \"V\", \"app_key\": \"W\"}}",
            "acme:\n  prod:\n    api_key: V\n  eu:\n    key: W\n",
            "[acme]\nkey = V\n\nbackup_key = W\n",
            "provider \"acme\" {\n  api_key = \"V\"\n  api_token = \"W\"\n}",
            "acme_keys = [\"V\", \"W\"]",
            "acme_keys: [\n  'V',\n  'W',\n]",
            "acme:\n  keys:\n  - V\n  - W\n",
            "acme_KEYS=V,W",
            "acme.configure(key='V', secret='W')",
            "acme key V, app key W",
        ] {
            assert!(second(text), "{text}");
        }
    }

    #[test]
    fn what_stands_in_another_block_is_not() {
        for text in [
            "{\"acme\": {\"api_key\": \"V\"}, \"other\": {\"api_key\": \"W\"}}",
            "acme:\n  api_key: V\nother:\n  api_key: W\n",
            "[acme]\nkey = V\n[other]\nkey = W\n",
            "acme_key = \"V\"\nother_key = \"W\"\n",
            "{\"acme\": {\"api_key\": \"V\", \"commit\": \"W\"}}",
            "{\"acme\": {\"api_key\": \"V\", \"other_key\": \"W\"}}",
            "acme(\"V\", \"W\")",
        ] {
            assert!(!second(text), "{text}");
        }
    }
}
