// SPDX-License-Identifier: Apache-2.0
//! What tests of searches that pass over texts have in common: our own rules with their examples,
//! and small texts made of what patterns are made of.

use super::compile::regex;
use crate::rules::{Body, PatternRule, Rule, StatementRule, load};
use proptest::prelude::*;
use std::sync::{Arc, LazyLock};

static RULES: LazyLock<Vec<Arc<Rule>>> = LazyLock::new(|| load("default", &[]).unwrap().rules);

/// Our rules with a pattern.
pub(super) fn patterns() -> impl Iterator<Item = (&'static Rule, &'static PatternRule)> {
    RULES.iter().filter_map(|rule| match &rule.body {
        Body::Pattern(pattern) => Some((&**rule, &**pattern)),
        _ => None,
    })
}

/// Our rules on statements.
pub(super) fn statements() -> impl Iterator<Item = (&'static Rule, &'static StatementRule)> {
    RULES.iter().filter_map(|rule| match &rule.body {
        Body::Statement(statement) => Some((&**rule, statement)),
        _ => None,
    })
}

/// Whatever example the whole pattern of one of our rules matches, a cheaper search before it must
/// let through. `of` makes that search, where a pattern has one.
pub(super) fn assert_examples_pass<S>(
    of: impl Fn(&str) -> Option<S>,
    may_match: impl Fn(&S, &[u8]) -> bool,
) {
    let mut seen = 0;
    for (rule, pattern) in patterns() {
        let pattern = pattern.pattern.text();
        let Some(search) = of(&pattern) else {
            continue;
        };
        let whole = regex(&pattern).unwrap();
        for example in rule.matches() {
            let text = example.text();
            if whole.is_match(text.as_bytes()) {
                assert!(may_match(&search, text.as_bytes()), "{}", rule.meta.id);
                seen += 1;
            }
        }
    }
    assert!(seen > 500, "{seen}");
}

/// Texts of few bytes, with what patterns over those bytes look for.
pub(super) fn texts() -> impl Strategy<Value = Vec<u8>> {
    let noise = prop::collection::vec(prop::sample::select(b"ab1=:'\" \n".to_vec()), 0..40);
    let known = vec!["a=", "abab1", "1=1=1=", "b:", "aaaa1a"];
    let pieces = prop::collection::vec(prop::sample::select(known), 0..5);
    (noise, pieces)
        .prop_map(|(noise, pieces)| [&noise[..], pieces.concat().as_bytes(), b"'"].concat())
}
