// SPDX-License-Identifier: Apache-2.0
//! Every rule of the family over its cases: it speaks on each `fail`, is silent on each `pass`.

use crate::harness::governance_case::{Case, bases};
use crate::harness::rule_cases::faults_of;
use ccr::governance::audit::is_check;
use ccr::model::Report;
use ccr::rules::{self, Body};
use rayon::prelude::*;
use std::path::Path;

fn judge(folder: &Path) -> Option<Report> {
    let case = Case::read(folder);
    if cfg!(not(unix)) && case.edit.iter().any(|edit| edit.op == "link") {
        return None;
    }
    Some(case.audit(&bases()))
}

#[test]
fn every_rule_speaks_on_its_fail_cases_and_is_silent_on_its_pass_cases() {
    let set = rules::load("default", &[]).unwrap();
    let ours: Vec<String> = set
        .rules
        .iter()
        .filter(|rule| matches!(&rule.body, Body::Check { name, .. } if is_check(name)))
        .map(|rule| rule.meta.id.to_string())
        .collect();
    assert!(ours.len() >= 150, "{}", ours.len());
    let faults: Vec<String> = ours
        .par_iter()
        .flat_map(|id| faults_of(id, judge))
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Section 5 of the specification numbers its rules.
#[test]
fn every_number_of_the_specification_is_one_rule_with_a_check() {
    let set = rules::load("default", &[]).unwrap();
    for number in 1..=150 {
        let alias = format!("CTO-{number}");
        let named = set
            .rules
            .iter()
            .filter(|rule| rule.meta.prose().aliases.contains(&alias));
        let named: Vec<_> = named.collect();
        assert_eq!(named.len(), 1, "{alias}");
        let checked = matches!(&named[0].body, Body::Check { name, .. } if is_check(name));
        assert!(checked, "{alias}: {}", named[0].meta.id);
    }
}
