// SPDX-License-Identifier: Apache-2.0
//! What stands before a hit, read backwards from where a hit could begin. Next to a value that is none
//! there is seldom a quote behind an operator behind a name, so most places are given up after a byte
//! or two, where the whole pattern would have to be tried from every place before.

use super::outline::lazy;
use super::reduce::Run;
use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::nfa::thompson;
use regex_automata::{Anchored, Input, MatchKind};
use regex_syntax::hir::Hir;
use std::ops::Range;

/// An automaton that reads backwards what a pattern matches before its hit.
#[derive(Debug)]
pub(super) struct Behind {
    dfa: DFA,
    /// Where hits could begin.
    run: Run,
}

impl Behind {
    /// Of what stands before hits (see [`super::reduce::Wide`]), which are told by `run`.
    pub(super) fn new(before: &Hir, run: &Run) -> Option<Self> {
        let nfa = thompson::Config::new().reverse(true);
        // Of all beginnings the first.
        Some(Self {
            dfa: lazy(before, nfa, MatchKind::All, None)?,
            run: run.clone(),
        })
    }

    /// Room for the automaton of one worker.
    pub(super) fn cache(&self) -> Cache {
        self.dfa.create_cache()
    }

    /// Where the first match in a part of `text` could begin: before every hit that has there what the
    /// pattern wants before it. `None` where no hit has, which is certain.
    pub(super) fn first(
        &self,
        cache: &mut Cache,
        text: &[u8],
        part: Range<usize>,
    ) -> Option<usize> {
        let mut first: Option<usize> = None;
        self.run.stands_where(&text[part.clone()], |at| {
            let input = Input::new(text)
                .range(part.start..part.start + at)
                .anchored(Anchored::Yes);
            let start = match self.dfa.try_search_rev(cache, &input) {
                Ok(found) => found.map(|start| start.offset()),
                // One that gave up has told nothing.
                Err(_) => Some(part.start),
            };
            first = first.into_iter().chain(start).min();
            first == Some(part.start)
        });
        first
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::super::compile::regex;
    use super::super::reduce::{Wide, parsed};
    use super::super::samples::{assert_examples_pass, texts};
    use super::*;
    use proptest::prelude::*;

    fn behind(pattern: &str) -> Option<Behind> {
        let run = Run::of(&parsed(pattern).unwrap(), &[])?;
        match Wide::of(pattern, Some(&run)).unwrap() {
            Wide::Before(before) => Behind::new(&before, &run),
            Wide::Whole(_) => None,
        }
    }

    fn may_match(behind: &Behind, text: &[u8]) -> bool {
        let all = 0..text.len();
        behind.first(&mut behind.cache(), text, all).is_some()
    }

    #[test]
    fn what_stands_before_the_hit_decides() {
        let behind = behind(r#"\bkey\s{0,3}[:=]\s?"(?P<hit>[a-z0-9]{8,})""#).unwrap();
        assert!(may_match(&behind, br#"a key = "abcdefg1""#));
        assert!(!may_match(&behind, br#"a keys = "abcdefg1""#));
        assert!(!may_match(&behind, br#"a key - "abcdefg1""#));
        // What stands behind the hit is not looked at.
        assert!(may_match(&behind, b"key=\"abcdefg1"));
        // What stands before the part only counts for its edge.
        let text = br#"akey="abcdefg1""#;
        let cache = &mut behind.cache();
        assert_eq!(behind.first(cache, text, 1..text.len()), None);
    }

    #[test]
    fn a_match_begins_before_the_hit_that_begins_first() {
        let behind = behind(r"(?:key|monkey ?)=(?P<hit>[a-z0-9]{8,})").unwrap();
        let first = |text: &[u8]| behind.first(&mut behind.cache(), text, 0..text.len());
        assert_eq!(first(b"a monkey=abcdefg1"), Some(2));
        assert_eq!(first(b"key = monkey =abcdefg1"), Some(6));
        assert_eq!(first(b"key=abcdefg, monkey=abcdefgh"), Some(13));
    }

    #[test]
    fn some_patterns_tell_nothing() {
        assert!(behind(r"(?P<hit>ghx_[a-z0-9]{8})").is_none());
        assert!(behind(r"ghx_[a-z0-9]{8}").is_none());
        assert!(behind(r"(?:key=(?P<hit>[a-z]{8}) ?){2}").is_none());
        assert!(behind(r"(?:key=)?(?P<hit>[a-z]{8})").is_none());
        let both = behind(r"key=(?P<hit>[a-z]{8})|<k>(?P<hit_2>[0-9]{9})").unwrap();
        assert!(may_match(&both, b"key=123456789"));
        assert!(may_match(&both, b"<k>123456789"));
        assert!(!may_match(&both, b"<l>123456789"));
    }

    #[test]
    fn no_example_of_our_rules_is_held_back() {
        assert_examples_pass(behind, may_match);
    }

    const PATTERNS: [&str; 5] = [
        r#"\ba{1,9}\s*[=:]\s*["']?(?P<hit>[ab1:]{5,9})"#,
        r"(?:a|b:)+(?P<hit>[ab1]{5,}?)(?:=|$)",
        r"(?m:^)b(?P<hit>[b:]{5})|=\b(?P<hit_2>[a1]{6})",
        r"(?:x|[a:]{1,3})(?:(?P<hit>(?:ab|1=){3,4})|'(?P<hit_2>[:1=]{5,})b)",
        r#"(?:(?:"|'){2}(?:=?))+(?P<hit>b[a1]{4})"#,
    ];

    proptest! {
        #[test]
        fn where_a_pattern_matches_its_hit_has_all_before_it(text in texts()) {
            for pattern in PATTERNS {
                let behind = behind(pattern).unwrap();
                let regex = regex(pattern).unwrap();
                for found in regex.find_iter(&text) {
                    let cache = &mut behind.cache();
                    let first = behind.first(cache, &text, found.range());
                    prop_assert_eq!(first, Some(found.start()), "{}", pattern);
                    let first = behind.first(cache, &text, 0..text.len());
                    prop_assert!(first.is_some_and(|at| at <= found.start()), "{pattern}");
                }
            }
        }
    }
}
