// SPDX-License-Identifier: Apache-2.0
//! Statement rules on their own examples and on the labelled set.

use ccr::artifact::EntryKind;
use ccr::classify::{Classified, Origin};
use ccr::matching::{Hit, StatementMatcher};
use ccr::model::EntryPath;
use ccr::rules::{Body, Rule};
use std::collections::BTreeSet;
use std::sync::Arc;

fn rules() -> Vec<Arc<Rule>> {
    let set = ccr::rules::load("default", &[]).unwrap();
    set.rules
        .into_iter()
        .filter(|rule| matches!(rule.body, Body::Statement(_)))
        .collect()
}

fn scan(matcher: &StatementMatcher, name: &str, text: &str) -> Vec<Hit> {
    let path = EntryPath::root(name);
    let entry = Classified::new(&path, Origin::Tree, &EntryKind::File, text.as_bytes());
    let mut hits = Vec::new();
    matcher.scan_all(&entry, &mut hits);
    hits
}

#[test]
fn statement_rules_hold_on_their_own_examples() {
    let mut wrong = Vec::new();
    for rule in rules() {
        let matcher = StatementMatcher::new(std::slice::from_ref(&rule)).unwrap();
        assert!(
            rule.matches.len() >= 2 && rule.no_matches.len() >= 3,
            "{}: too few examples",
            rule.meta.id
        );
        for example in &rule.matches {
            if scan(&matcher, "example.md", &example.text()).is_empty() {
                wrong.push(format!("{} misses {:?}", rule.meta.id, example.text()));
            }
        }
        for example in &rule.no_matches {
            let text = example.text();
            for hit in scan(&matcher, "example.md", &text) {
                wrong.push(format!(
                    "{} finds {:?} in {text:?}",
                    rule.meta.id,
                    &text[hit.hit.range()]
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_keyword_stands_in_every_matching_example() {
    for rule in rules() {
        let Body::Statement(statement) = &rule.body else {
            continue;
        };
        for example in &rule.matches {
            let text = example.text().to_ascii_lowercase();
            assert!(
                statement
                    .keywords
                    .iter()
                    .any(|word| text.contains(&word.to_ascii_lowercase())),
                "{}: the prefilter would not see {text:?}",
                rule.meta.id
            );
        }
    }
}
