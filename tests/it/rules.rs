// SPDX-License-Identifier: Apache-2.0
//! One generic walker for all rules: their form, their patterns, their own examples.

use ccr::checks;
use ccr::rules::{self, Body};
use std::collections::BTreeSet;

#[test]
fn every_rule_of_every_profile_holds_against_its_examples() {
    for profile in ["ccr-repo", "ccr-1.0"] {
        let set = rules::load(profile, &[]).unwrap();
        let faults = ccr::audit::examples::check(&set);
        let errors: Vec<_> = faults
            .iter()
            .filter(|f| f.error)
            .map(|f| format!("{}: {}", f.rule, f.message))
            .collect();
        assert!(errors.is_empty(), "{profile}: {errors:#?}");
    }
}

#[test]
fn every_check_is_named_by_a_rule_and_every_named_check_exists() {
    let mut named = BTreeSet::new();
    for profile in ["ccr-repo", "ccr-1.0"] {
        for rule in rules::load(profile, &[]).unwrap().rules {
            if let Body::Check { name, .. } = &rule.body {
                named.insert(name.clone());
            }
        }
    }
    let mut known: BTreeSet<String> = checks::BORN_IN_PIPELINE
        .iter()
        .map(|n| n.to_string())
        .collect();
    known.extend(checks::entry_checks().iter().map(|c| c.name().to_owned()));
    known.extend(
        checks::artifact_checks()
            .iter()
            .map(|c| c.name().to_owned()),
    );
    known.extend(checks::release_checks().iter().map(|c| c.name().to_owned()));
    known.extend(
        ccr::pic::checks::ALL
            .iter()
            .map(|(name, ..)| (*name).to_owned()),
    );
    known.extend(
        ccr::pgs::checks::ALL
            .iter()
            .map(|(name, ..)| (*name).to_owned()),
    );
    known.extend(
        ccr::pgs::trace::fault::ALL
            .iter()
            .map(|name| (*name).to_owned()),
    );
    known.extend(
        ccr::governance::checks::ALL
            .iter()
            .flat_map(|list| list.iter())
            .map(|check| check.name.to_owned()),
    );
    assert_eq!(named, known);
}

#[test]
fn rule_ids_are_pinned() {
    let set = rules::load(rules::docs::PROFILE, &[]).unwrap();
    let ids: Vec<_> = set
        .rules
        .iter()
        .map(|rule| rule.meta.id.to_string())
        .collect();
    insta::assert_snapshot!(ids.join("\n"));
}
