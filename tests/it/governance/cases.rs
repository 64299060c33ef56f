// SPDX-License-Identifier: Apache-2.0
//! Every rule of the family over its cases: it speaks on each `fail`, is silent on each `pass`.

use crate::harness::governance_case::{Case, bases};
use ccr::governance::audit::is_check;
use ccr::rules::{self, Body};
use rayon::prelude::*;
use std::path::{Path, PathBuf};

fn cases(id: &str, side: &str) -> Vec<PathBuf> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/rules");
    let Ok(listing) = std::fs::read_dir(fixtures.join(id).join(side)) else {
        return Vec::new();
    };
    let mut cases: Vec<_> = listing.map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    cases
}

fn faults_of(id: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for (side, expected) in [("pass", false), ("fail", true)] {
        let cases = cases(id, side);
        if cases.is_empty() {
            faults.push(format!("{id} has no {side} case"));
        }
        for folder in cases {
            let case = Case::read(&folder);
            if cfg!(not(unix)) && case.edit.iter().any(|edit| edit.op == "link") {
                continue;
            }
            let report = case.audit(&bases());
            let found = report.findings.iter().any(|f| f.rule_id.as_str() == id);
            if found != expected {
                let told = report.findings.iter();
                let told =
                    told.map(|f| format!("  {} {}: {}", f.rule_id, f.location, f.description));
                let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
                let told: Vec<_> = told.collect();
                faults.push(format!("{id}/{side}/{name}\n{}", told.join("\n")));
            }
        }
    }
    faults
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
    let faults: Vec<String> = ours.par_iter().flat_map(|id| faults_of(id)).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
