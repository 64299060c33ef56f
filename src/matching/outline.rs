// SPDX-License-Identifier: Apache-2.0
//! The outline of a pattern: a wider pattern of a tenth of its size, which matches wherever the
//! pattern does. It asks only whether, not where; most patterns never match anything in a run, and
//! of those nothing else is ever compiled.

use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_automata::util::prefilter::Prefilter;
use regex_automata::{Input, MatchKind};
use regex_syntax::hir::Hir;

/// What a pattern may grow to.
const SIZE_LIMIT: usize = 4 << 20;
/// What one worker's lazy automaton may hold before it begins anew.
const CACHE: usize = 1 << 20;
/// How often it may begin anew, unless it then still serves this many bytes a state.
const CLEARS: usize = 3;
const BYTES_PER_STATE: usize = 10;

/// An automaton that tells where a pattern cannot match.
#[derive(Debug)]
pub(super) struct Outline(DFA);

impl Outline {
    /// Of a wide pattern over bytes (see [`super::reduce::Wide`]). `None` where there is no such
    /// automaton, so nothing is told.
    pub(super) fn new(wide: &Hir) -> Option<Self> {
        let kind = MatchKind::LeftmostFirst;
        let prefilter = Prefilter::from_hir_prefix(kind, wide);
        lazy(wide, thompson::Config::new(), kind, prefilter).map(Self)
    }

    /// Room for the automaton of one worker.
    pub(super) fn cache(&self) -> Cache {
        self.0.create_cache()
    }

    /// Whether the pattern may match in a part of `text`: false is certain.
    pub(super) fn may_match(
        &self,
        cache: &mut Cache,
        text: &[u8],
        part: std::ops::Range<usize>,
    ) -> bool {
        let input = Input::new(text).range(part).earliest(true);
        // One that gave up has told nothing.
        !matches!(self.0.try_search_fwd(cache, &input), Ok(None))
    }
}

/// The lazy automaton of a wide pattern over bytes.
pub(super) fn lazy(
    wide: &Hir,
    nfa: thompson::Config,
    kind: MatchKind,
    ahead: Option<Prefilter>,
) -> Option<DFA> {
    let nfa = nfa
        .utf8(false)
        .which_captures(WhichCaptures::None)
        .nfa_size_limit(Some(SIZE_LIMIT));
    let nfa = thompson::Compiler::new()
        .configure(nfa)
        .build_from_hir(wide)
        .ok()?;
    let config = DFA::config()
        .match_kind(kind)
        .specialize_start_states(ahead.is_some())
        .prefilter(ahead)
        .cache_capacity(CACHE)
        .skip_cache_capacity_check(true)
        .minimum_cache_clear_count(Some(CLEARS))
        .minimum_bytes_per_state(Some(BYTES_PER_STATE));
    DFA::builder().configure(config).build_from_nfa(nfa).ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::super::compile::regex;
    use super::super::reduce::{parsed, widened};
    use super::super::samples::assert_examples_pass;
    use super::*;
    use proptest::prelude::*;

    fn of(pattern: &str) -> Option<Outline> {
        Outline::new(&widened(&parsed(pattern).unwrap()))
    }

    fn may_match(outline: &Outline, text: &[u8]) -> bool {
        outline.may_match(&mut outline.cache(), text, 0..text.len())
    }

    #[test]
    fn wider_but_not_everything() {
        let outline = of(r"(?i:acme)[a-z_ ]{0,20}=(?P<hit>[0-9]{8})\b");
        let outline = outline.unwrap();
        assert!(may_match(&outline, b"x ACME_key =12345678"));
        assert!(may_match(
            &outline,
            &[b"acme", &[b' '; 30][..], b"=12345678"].concat()
        ));
        assert!(!may_match(&outline, b"acme_key =1234567"));
        assert!(!may_match(&outline, b"acme_key =123456789"));
        assert!(!outline.may_match(&mut outline.cache(), b"acme=12345678", 1..13));
    }

    #[test]
    fn outlines_of_our_rules_match_their_examples() {
        // Every pattern has one.
        let outline = |pattern: &str| Some(of(pattern).unwrap());
        assert_examples_pass(outline, may_match);
    }

    proptest! {
        #[test]
        fn what_matches_is_never_passed_over(
            pattern in prop::sample::select(vec![
                r"a[ab]{0,9}?=(?:b{2}|\bc)", r"(?:a|ab){1,12}c\b", r"^a{3,20}$", r"(a{0,9}){2}=",
                r"[^=]{2,40}(?P<hit>b{1,9}c?)\b=",
            ]),
            text in prop::collection::vec(prop::sample::select(b"aabbc= ".to_vec()), 0..40),
        ) {
            let outline = of(pattern).unwrap();
            if regex(pattern).unwrap().is_match(&text[..]) {
                prop_assert!(may_match(&outline, &text));
            }
        }
    }
}
