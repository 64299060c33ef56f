// SPDX-License-Identifier: Apache-2.0
//! What a claim comes down to: its words in their order, without what stands between them. Where a
//! paragraph does not hold these, as it stands in the file, no sentence of it makes the claim, and the
//! file need not be cut into sentences.
//!
//! Both sides are made plain in one way. Of a text are kept ASCII letters in lower case and digits; a
//! space stands for what parts words, and nothing for what may stand inside them or be markup. In a
//! pattern a space may be left out, and so may a character that a text would lose.

use super::outline::lazy;
use super::reduce::LOST;
use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::nfa::thompson;
use regex_automata::util::prefilter::Prefilter;
use regex_automata::{Input, MatchKind};
use regex_syntax::hir::Hir;

/// Marks of what reads otherwise than it stands: images, notes, tables of several lines a cell, escapes;
/// and letters beyond ASCII that fold to ASCII ones.
const MARKS: [&str; 7] = ["![", "[^", "+-", "\\u", "\\x", "\u{17f}", "\u{212a}"];
/// How far what ends a tag, a target of a link or a named character is looked for, as where these are
/// read.
const TAG: usize = 400;
const TARGET: usize = 2_000;
const NAMED: usize = 9;

/// An automaton over plain texts.
#[derive(Debug)]
pub(super) struct Gist(DFA);

impl Gist {
    /// Of what a pattern comes down to: see [`super::reduce::Part`].
    pub(super) fn new(plain: &Hir) -> Option<Self> {
        let ahead = Prefilter::from_hir_prefix(MatchKind::LeftmostFirst, plain);
        lazy(plain, thompson::Config::new(), ahead).map(Self)
    }

    /// Room for the automaton of one worker.
    pub(super) fn cache(&self) -> Cache {
        self.0.create_cache()
    }

    /// Whether a pattern may match in the text that `said` was made of: false is certain.
    pub(super) fn may_match(&self, cache: &mut Cache, said: &[u8]) -> bool {
        let input = Input::new(said).earliest(true);
        // One that gave up has told nothing.
        !matches!(self.0.try_search_fwd(cache, &input), Ok(None))
    }
}

/// A paragraph made plain, as prose and as what stands in strings; `None` where its words may be read in
/// another order than they stand in.
pub(super) fn said(paragraph: &[u8]) -> Option<Vec<Vec<u8>>> {
    let holds = |mark: &str| memchr::memmem::find(paragraph, mark.as_bytes()).is_some();
    if MARKS.into_iter().any(holds) {
        return None;
    }
    let mut all = vec![read(paragraph, skipped)?, read(paragraph, |_| None)?];
    all.dedup();
    Some(all)
}

/// `markup` tells how many bytes that a text begins with are not read.
fn read(paragraph: &[u8], markup: impl Fn(&[u8]) -> Option<usize>) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(paragraph.len());
    let mut at = 0;
    while let Some(&byte) = paragraph.get(at) {
        if let Some(length) = markup(&paragraph[at..]) {
            at += length;
            if byte == b'<' {
                space(&mut out);
            }
            continue;
        }
        at += 1;
        let next = paragraph.get(at).copied().unwrap_or_default();
        match byte {
            b'&' if next.is_ascii_alphabetic() || next == b'#' => {
                let near = &paragraph[at..paragraph.len().min(at + NAMED)];
                if near.contains(&b';') {
                    return None;
                }
                space(&mut out);
            }
            b'\\' if b"nrt".contains(&next) => {
                at += 1;
                space(&mut out);
            }
            _ if byte.is_ascii_alphanumeric() => out.push(byte.to_ascii_lowercase()),
            _ if !byte.is_ascii() => {}
            _ if LOST.contains(&byte) => {
                let kept = out.len() - prefix(&paragraph[..at]);
                out.truncate(kept);
            }
            _ => space(&mut out),
        }
    }
    Some(out)
}

/// The length of a tag, of a link's target or of an address that a text begins with.
fn skipped(text: &[u8]) -> Option<usize> {
    let closed = |by: u8, within: usize| {
        let near = &text[..text.len().min(within)];
        memchr::memchr(by, near).map(|at| at + 1)
    };
    match text {
        [b'<', next, ..] if next.is_ascii_alphabetic() || b"/!".contains(next) => closed(b'>', TAG),
        [b']', b'(', ..] => closed(b')', TARGET),
        [b']', b'[', rest @ ..] => {
            let near = &rest[..rest.len().min(TARGET)];
            memchr::memchr(b']', near).map(|at| at + 3)
        }
        [b'h', ..] if text.starts_with(b"http://") || text.starts_with(b"https://") => {
            let ends = |byte: &u8| byte.is_ascii_whitespace() || b")>]\"".contains(byte);
            Some(text.iter().position(ends).unwrap_or(text.len()))
        }
        _ => None,
    }
}

fn space(out: &mut Vec<u8>) {
    if out.last() != Some(&b' ') {
        out.push(b' ');
    }
}

/// How many letters before the quote that the text ends with belong to it, as in `"one" f"two"`.
fn prefix(text: &[u8]) -> usize {
    let quote = |byte: &u8| b"\"'`".contains(byte);
    let Some((_, before)) = text.split_last().filter(|(last, _)| quote(last)) else {
        return 0;
    };
    let letters = before.iter().rev().take_while(|b| b.is_ascii_alphabetic());
    let count = letters.take(3).count();
    let outer = before[..before.len() - count].trim_ascii_end();
    let outer = outer.strip_suffix(b"+").unwrap_or(outer).trim_ascii_end();
    let joined = count < 3 && outer.len() + count < before.len();
    if joined && outer.last().is_some_and(quote) {
        count
    } else {
        0
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::super::reduce::{gist, gist_of_hit};
    use super::super::samples::statements;
    use super::*;
    use regex_automata::util::syntax;

    fn parsed(pattern: &str) -> Hir {
        let config = syntax::Config::new().case_insensitive(true);
        syntax::parse_with(pattern, &config).unwrap()
    }

    fn may_say(pattern: &str, text: &str) -> bool {
        let pattern = parsed(pattern);
        let all = [gist(&pattern), gist_of_hit(&pattern)].map(|plain| Gist::new(&plain).unwrap());
        let may = |said: &Vec<u8>| {
            let says = |gist: &Gist| gist.may_match(&mut gist.cache(), said);
            all.iter().all(says)
        };
        said(text.as_bytes()).is_none_or(|all| all.iter().any(may))
    }

    #[test]
    fn words_in_their_order() {
        let pattern = r"\bguarantees? (?:[\w'-]+ ){0,2}(?:security|Bug-?freedom)(?:[.,]|$)";
        for text in [
            "It guarantees\n// full security.",
            "GUARANTEE the user's\u{a0}**security**",
            "guarantee bug-freedom",
            "\"It guarantees \"\n  f\"security\"",
            "'it guarantees ' + \"security\"",
            "\"\\nguarantees\\nsecurity\"",
            "it guarantees well-known, user's - security",
        ] {
            assert!(may_say(pattern, text), "{text}");
        }
        for text in [
            "security is no guarantee",
            "it guarantees what we all want: security",
        ] {
            assert!(!may_say(pattern, text), "{text}");
        }
    }

    #[test]
    fn what_reads_otherwise_is_not_judged() {
        for text in [
            "a ![b](c)",
            "a[^1]",
            "a &amp; b",
            "+--+",
            "\\u0061",
            "\u{212a}",
            "\u{17f}",
        ] {
            assert_eq!(said(text.as_bytes()), None, "{text}");
        }
        assert_eq!(said(b"a < b && c, D-e").unwrap(), [b"a b c de"]);
    }

    #[test]
    fn markup_is_read_and_left_out() {
        let plain = |text: &str| {
            let all = said(text.as_bytes()).unwrap();
            all.into_iter()
                .map(|one| String::from_utf8(one).unwrap())
                .collect::<Vec<_>>()
        };
        assert_eq!(plain("a [b](c) d"), ["a b d", "a b c d"]);
        assert_eq!(plain("a [b][c] d"), ["a b d", "a bc d"]);
        assert_eq!(plain("a <i>b</i>"), ["a b ", "a i b i "]);
        assert_eq!(
            plain("see https://a.b/c) d"),
            ["see d", "see https a b c d"]
        );
        assert_eq!(plain("if a <b"), ["if a b"]);
    }

    #[test]
    fn every_example_of_our_rules_has_the_gist_of_a_pattern() {
        let mut seen = 0;
        for (rule, statement) in statements() {
            for source in statement.any_of.iter() {
                let pattern = super::super::claim_pattern::compile(source).unwrap();
                for example in rule.matches().iter().chain(rule.no_matches()) {
                    let text = example.text();
                    if pattern.is_match(text.as_str()) {
                        assert!(may_say(source, &text), "{source}: {text}");
                        seen += 1;
                    }
                }
            }
        }
        assert!(seen > 100, "{seen}");
    }
}
