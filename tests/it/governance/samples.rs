// SPDX-License-Identifier: Apache-2.0
//! The sample set, where it is at hand: runs and tree are accepted, each mutation is reported under
//! its rules.

use super::further::{self, Further};
use crate::harness::governance_case::{Case, Mutation, audit_runs, audit_tree};
use ccr::governance::audit::RunWishes;
use ccr::model::Report;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The samples; nothing, and a word about it, where they are not.
pub(super) fn samples() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let there = root.parent()?.join("shared/cto-samples");
    if there.is_dir() {
        return Some(there);
    }
    println!("skipped: no samples at {}", there.display());
    None
}

/// The mutations of one base.
pub(super) fn mutations(samples: &Path, ours: impl Fn(&Case) -> bool) -> Vec<Mutation> {
    let text = std::fs::read(samples.join("mutations.json")).unwrap();
    let mut list: serde_json::Value = serde_json::from_slice(&text).unwrap();
    let all: Vec<Mutation> = serde_json::from_value(list["mutations"].take()).unwrap();
    all.into_iter().filter(|m| ours(&m.case())).collect()
}

/// A line a finding.
pub(super) fn told(report: &Report) -> Vec<String> {
    let line =
        |f: &ccr::model::Finding| format!("  {} {}: {}", f.rule_id, f.location, f.description);
    report.findings.iter().map(line).collect()
}

/// Runs mutations of a base: each must be reported under its rules, and what else is found must
/// stand in `further` (mutation, rule, why it is true), all of which must be found.
pub(super) fn run(samples: &Path, ours: impl Fn(&Case) -> bool, further: Further) {
    let mut faults = Vec::new();
    let mut met = BTreeSet::new();
    let mut list = mutations(samples, ours);
    assert!(!list.is_empty());
    for mutation in list.drain(..) {
        let report = mutation.case().audit(samples);
        let found: BTreeSet<&str> = report.findings.iter().map(|f| f.rule_id.as_str()).collect();
        for rule in &mutation.expect {
            if !found.contains(rule.as_str()) {
                faults.push(format!(
                    "{}: no {rule}\n{}",
                    mutation.id,
                    told(&report).join("\n")
                ));
            }
        }
        for rule in found {
            if mutation.expect.iter().any(|known| known == rule) {
                continue;
            }
            let reason = further
                .iter()
                .find(|(id, known, _)| (*id == mutation.id || *id == "*") && *known == rule);
            match reason {
                Some(reason) => {
                    met.insert((reason.0, reason.1));
                }
                None => faults.push(format!(
                    "{}: {rule} is not in the table of further findings\n{}",
                    mutation.id,
                    told(&report).join("\n")
                )),
            }
        }
    }
    for (id, rule, _) in further {
        if !met.contains(&(*id, *rule)) {
            faults.push(format!("{id}: the table names {rule}, which is not found"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_mutation_of_a_run_is_reported_under_its_rules() {
    let Some(samples) = samples() else { return };
    run(&samples, Case::is_run, further::RUNS);
}

#[test]
fn every_mutation_of_the_tree_is_reported_under_its_rules() {
    let Some(samples) = samples() else { return };
    run(&samples, |case| !case.is_run(), further::TREE);
}

#[test]
fn the_sample_runs_are_accepted_without_a_finding() {
    let Some(samples) = samples() else { return };
    let case = Case::default();
    let report = audit_runs(&[samples.join("runs")], &case, RunWishes::default());
    assert!(report.findings.is_empty(), "{}", told(&report).join("\n"));
    for run in std::fs::read_dir(samples.join("runs")).unwrap() {
        let report = audit_runs(&[run.unwrap().path()], &case, RunWishes::default());
        assert!(report.findings.is_empty(), "{}", told(&report).join("\n"));
    }
}

#[test]
fn the_sample_tree_is_accepted_with_and_without_its_runs() {
    let Some(samples) = samples() else { return };
    let tree = samples.join("governance");
    for runs in [None, Some(samples.join("runs"))] {
        let report = audit_tree(&tree, runs, &Case::default());
        assert!(report.findings.is_empty(), "{}", told(&report).join("\n"));
    }
}
