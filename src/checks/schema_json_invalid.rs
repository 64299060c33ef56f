// SPDX-License-Identifier: Apache-2.0
//! `schema-json-invalid`: a file called `.json` is JSON (RFC 8259).

use super::EntryCheck;
use super::schema_index::MAX_BYTES;
use super::schema_place::{Weight, is_schema_name, weight};
use crate::classify::Classified;
use crate::model::{ByteSpan, Confidence, Draft, Severity};
use crate::rules::Rule;
use serde::de::IgnoredAny;

/// Endings of files that are JSON and nothing more.
const ENDINGS: &[&str] = &[".json", ".webmanifest", ".ipynb"];

/// The check.
#[derive(Debug)]
pub(super) struct SchemaJsonInvalid;

impl EntryCheck for SchemaJsonInvalid {
    fn name(&self) -> &'static str {
        "schema-json-invalid"
    }

    fn wants(&self, entry: &Classified<'_>) -> bool {
        let name = entry.path.name();
        ENDINGS.iter().any(|ending| name.ends_with(ending))
            && entry.bytes.len() <= MAX_BYTES
            && !reads_comments(name)
            && weight(name) > Weight::Test
    }

    fn check(&self, rule: &Rule, entry: &Classified<'_>, out: &mut Vec<Draft>) {
        let all = entry.text.bytes();
        let text = all.strip_prefix(b"\xef\xbb\xbf").unwrap_or(all);
        let Err(error) = serde_json::from_slice::<IgnoredAny>(text) else {
            return;
        };
        if is_template(text) || is_lines(text) {
            return;
        }
        let new = |text: String| Draft::new(rule.meta.id.clone(), entry.path, text);
        if text.iter().all(u8::is_ascii_whitespace) {
            out.push(
                new("The file is empty, which is no JSON.".to_owned()).severity(Severity::Low),
            );
            return;
        }
        let start = all.len() - text.len() + offset(text, error.line(), error.column());
        let end = (start + 1).min(all.len());
        let span = ByteSpan::new(start.min(end), end);
        if serde_json::from_slice::<IgnoredAny>(&lenient(text)).is_ok() {
            // Validators read schemas strictly; of other files their own reader may forgive that.
            let severity = match is_schema_name(entry.path.name()) {
                true => Severity::Medium,
                false => Severity::Info,
            };
            out.push(
                new("The file holds comments, trailing commas or NaN, which strict readers of JSON refuse.".to_owned())
                    .at(span)
                    .severity(severity)
                    .confidence(Confidence::High),
            );
            return;
        }
        // The parser's own words, without its "at line 1 column 2".
        let message = error.to_string();
        let cause = message.split(" at line ").next().unwrap_or_default();
        out.push(new(format!("The file is not JSON: {cause}.")).at(span));
    }
}

/// Files that their readers take with comments.
fn reads_comments(name: &str) -> bool {
    let base = name.rsplit('/').next().unwrap_or(name);
    let folder = |wanted: &str| name.split('/').any(|part| part == wanted);
    let stem = base.trim_end_matches(".json");
    folder(".vscode")
        || folder(".devcontainer")
        || folder(".zed")
        || base.starts_with('.')
        || stem.starts_with("tsconfig")
        || stem.starts_with("jsconfig")
        || stem.starts_with("tslint")
        || stem.starts_with("api-extractor")
        || stem.ends_with("-configuration")
        || matches!(
            stem,
            "devcontainer"
                | "deno"
                | "renovate"
                | "rush"
                | "turbo"
                | "biome"
                | "pyrightconfig"
                | "wrangler"
                | "typedoc"
        )
}

/// Placeholders of template languages, or a git-lfs pointer.
fn is_template(text: &[u8]) -> bool {
    let marks: [&[u8]; 7] = [
        b"{{",
        b"{%",
        b"<%",
        b"${",
        b"@@",
        b"<?",
        b"version https://git-lfs",
    ];
    marks
        .iter()
        .any(|mark| memchr::memmem::find(text, mark).is_some())
}

/// One JSON document a line, under the wrong ending.
fn is_lines(text: &[u8]) -> bool {
    let documents = serde_json::Deserializer::from_slice(text).into_iter::<IgnoredAny>();
    let mut count = 0;
    for document in documents {
        if document.is_err() {
            return false;
        }
        count += 1;
    }
    count > 1
}

/// The byte of a line and column, both from 1 as the parser counts them.
fn offset(text: &[u8], line: usize, column: usize) -> usize {
    let start = match line.checked_sub(2) {
        None => 0,
        Some(nth) => memchr::memchr_iter(b'\n', text)
            .nth(nth)
            .map_or(text.len(), |at| at + 1),
    };
    (start + column.saturating_sub(1)).min(text.len().saturating_sub(1))
}

/// The text without comments and trailing commas, NaN and infinities as `null`.
fn lenient(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        match byte {
            b'"' => {
                let start = at;
                at += 1;
                while let Some(&inner) = text.get(at) {
                    at += if inner == b'\\' { 2 } else { 1 };
                    if inner == b'"' {
                        break;
                    }
                }
                at = at.min(text.len());
                out.extend_from_slice(&text[start..at]);
                continue;
            }
            b'/' if text[at..].starts_with(b"//") => {
                at = memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |n| at + n);
                continue;
            }
            b'/' if text[at..].starts_with(b"/*") => {
                at =
                    memchr::memmem::find(&text[at + 2..], b"*/").map_or(text.len(), |n| at + n + 4);
                continue;
            }
            b'N' if text[at..].starts_with(b"NaN") => {
                out.extend_from_slice(b"null");
                at += 3;
                continue;
            }
            b'I' if text[at..].starts_with(b"Infinity") => {
                if out.last() == Some(&b'-') {
                    out.pop();
                }
                out.extend_from_slice(b"null");
                at += 8;
                continue;
            }
            b']' | b'}' => {
                let kept = out.iter().rposition(|b| !b.is_ascii_whitespace());
                if let Some(kept) = kept.filter(|&kept| out[kept] == b',') {
                    out.truncate(kept);
                }
                out.push(byte);
            }
            _ => out.push(byte),
        }
        at += 1;
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    #[test]
    fn lenient_text_is_json_again() {
        let text = br#"{ // one
            "a": "//x", /* two */ "b": [1, -Infinity, NaN,], }"#;
        let value: serde_json::Value = serde_json::from_slice(&lenient(text)).unwrap();
        assert_eq!(value, serde_json::json!({"a": "//x", "b": [1, null, null]}));
    }

    #[test]
    fn broken_strings_end_with_the_text() {
        assert_eq!(lenient(br#"["a\"#), br#"["a\"#);
        assert_eq!(offset(b"", 1, 0), 0);
    }
}
