// SPDX-License-Identifier: Apache-2.0
//! What `build.rs` made of the patterns of our rules, and of others what is made of them here.

use super::reduce::{
    Claim, Need, Part, Run, Sieve, Sieved, Wide, find, lower_of, needs_of, sieve_name,
};
use crate::rules::PatternRule;
use regex_syntax::hir::Hir;
use std::borrow::Cow;

/// Tables: see [`super::reduce::find`].
const CLAIMS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/claims.bin"));
const SIEVES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/sieves.bin"));

/// What every match of a claim's pattern holds, in this order. None when nothing is known, or the
/// pattern does not compile.
pub(super) fn needs(source: &str) -> Vec<Need> {
    let known = find(CLAIMS, source).and_then(|packed| Claim(packed).needs());
    known.unwrap_or_else(|| needs_of(source))
}

/// The steps of a part of a claim's pattern, where it has that.
pub(super) fn steps(source: &str, part: Part) -> Option<Cow<'static, [u8]>> {
    match find(CLAIMS, source) {
        Some(packed) => Claim(packed).steps(part).map(Cow::Borrowed),
        None => part.of(source).map(Cow::Owned),
    }
}

/// What finds in ASCII texts in lower case what a claim's pattern finds, where it has that.
pub(super) fn lower(source: &str) -> Option<Hir> {
    match find(CLAIMS, source) {
        Some(packed) => Claim(packed).lower(),
        None => lower_of(source),
    }
}

/// What is known of a rule's matches without running its pattern.
pub(super) fn sieve(rule: &PatternRule) -> Sieve {
    let known = sieved(rule).and_then(Sieved::sieve);
    known.unwrap_or_else(|| {
        let ending = rule.pattern.ending();
        Sieve::of(&ending, &rule.keywords, &rule.judge.validators)
    })
}

/// What matches in every window in which a rule's pattern does, whose hits are told by `run`.
pub(super) fn wide(rule: &PatternRule, run: Option<&Run>) -> Option<Wide> {
    match sieved(rule) {
        Some(known) => known.wide(),
        None => Wide::of(&rule.pattern.text(), run),
    }
}

fn sieved(rule: &PatternRule) -> Option<Sieved<'static>> {
    let name = sieve_name(&rule.pattern.name(), &rule.keywords, &rule.judge.validators);
    find(SIEVES, &name).map(Sieved)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::super::samples::{patterns, statements};
    use super::*;

    #[test]
    fn what_was_prepared_of_claims_is_what_would_be_made() {
        let mut seen = 0;
        for (rule, statement) in statements() {
            let lists = [
                &statement.any_of,
                &statement.allow,
                &statement.about,
                &statement.elsewhere,
            ];
            for source in lists.into_iter().flat_map(|list| list.iter()) {
                let claim = Claim(find(CLAIMS, source).unwrap());
                let id = &rule.meta.id;
                assert_eq!(claim.needs().unwrap(), needs_of(source), "{id}: {source}");
                for part in Part::ALL {
                    let made = part.of(source);
                    assert_eq!(claim.steps(part), made.as_deref(), "{id}: {source}");
                }
                assert_eq!(claim.lower(), lower_of(source), "{id}: {source}");
                seen += 1;
            }
        }
        assert!(seen > 100, "{seen}");
    }

    #[test]
    fn what_was_prepared_of_patterns_is_what_would_be_made() {
        let mut seen = 0;
        for (rule, pattern) in patterns() {
            let known = sieved(pattern).unwrap();
            let sieve = known.sieve().unwrap();
            // The end of a pattern tells as much of its hits as the whole.
            for text in [pattern.pattern.text(), pattern.pattern.ending()] {
                let made = Sieve::of(&text, &pattern.keywords, &pattern.judge.validators);
                assert_eq!(sieve, made, "{}", rule.meta.id);
            }
            let wide = Wide::of(&pattern.pattern.text(), sieve.run.as_ref());
            assert_eq!(known.wide(), wide, "{}", rule.meta.id);
            seen += 1;
        }
        assert!(seen > 400, "{seen}");
    }

    #[test]
    fn an_unknown_pattern_is_reduced_here() {
        assert!(find(CLAIMS, "surely safe").is_none());
        assert_eq!(needs("surely safe").len(), 2);
        assert!(steps("surely safe", Part::Lower).is_some());
        assert!(lower("surely safe").is_some());
        assert!(steps("(", Part::Gist).is_none());
    }
}
