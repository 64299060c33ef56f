// SPDX-License-Identifier: Apache-2.0
//! The ladder of `ccr control summary`: a stage rests on the one before it as derived, not on the
//! ledger's word.

use crate::harness::cli::{Run, ccr, json};
use crate::harness::governance_case::{bases, copy};
use serde_json::Value;
use std::path::Path;

fn told(folder: &Path, form: &[&str]) -> Run {
    let place = ["--root", "tree", "--runs", "runs", "--as-of", "2026-03-15"];
    let run = ccr(
        folder,
        &[&["control", "summary"], &place[..], form].concat(),
    );
    assert_eq!(run.stderr, "");
    run
}

fn summary(folder: &Path) -> Value {
    json(&told(folder, &["--json"]).stdout)
}

fn statuses(summary: &Value) -> Vec<&str> {
    let stages = summary["stages"].as_array().unwrap().iter();
    stages
        .map(|stage| stage["status"].as_str().unwrap())
        .collect()
}

#[test]
fn the_good_tree_proves_every_stage_but_the_last() {
    let summary = summary(&bases());
    let mut expected = vec!["validated"; 5];
    expected.push("blocked");
    assert_eq!(statuses(&summary), expected);
    assert_eq!(summary["candidate_default_eligible"], false);
    assert_eq!(summary["runtime_default_activation"], false);
}

#[test]
fn a_card_warns_of_what_is_said_and_of_no_gate_that_is_none_of_a_stage() {
    let page = told(&bases(), &["--format", "html"]).stdout;
    // Of stage 6 a run and the comparison are missing; no stage before it is.
    assert!(page.contains("<li>stage run</li>"), "{page}");
    assert!(!page.contains("It waits for"), "{page}");
    let there = tempfile::tempdir().unwrap();
    copy(&bases().join("tree"), &there.path().join("tree"));
    copy(&bases().join("runs"), &there.path().join("runs"));
    let protocols = there.path().join("tree/.sot/03-PROTOCOLS");
    std::fs::remove_file(protocols.join("CTO-SHELF-LABEL-STAGED-GATES.md")).unwrap();
    let page = told(there.path(), &["--format", "html"]).stdout;
    assert!(
        page.contains("No ledger and no gates document tells of stages."),
        "{page}"
    );
    assert!(!page.contains("The ledger says"), "{page}");
    let text = told(there.path(), &[]).stdout;
    assert!(!text.contains("the ledger says"), "{text}");
}

#[test]
fn a_stage_that_is_not_proven_keeps_the_later_ones_shut_and_each_card_says_so() {
    let there = tempfile::tempdir().unwrap();
    copy(&bases().join("tree"), &there.path().join("tree"));
    copy(&bases().join("runs"), &there.path().join("runs"));
    let adapter = ".sot/03-PROTOCOLS/CTO-SHELF-LABEL-ADAPTER-CONTRACT.md";
    std::fs::remove_file(there.path().join("tree").join(adapter)).unwrap();
    let summary = summary(there.path());
    assert_eq!(statuses(&summary), ["blocked"; 6]);
    for stage in summary["stages"].as_array().unwrap() {
        let number = stage["stage"].as_u64().unwrap();
        let missing = stage["missing_gates"].as_array().unwrap();
        let passed = stage["passed_gates"].as_array().unwrap();
        let wanted = if number == 1 {
            "adapter_contract".to_owned()
        } else {
            format!("stage_{}", number - 1)
        };
        assert!(missing.iter().any(|gate| *gate == wanted), "{stage:#}");
        assert!(!passed.iter().any(|gate| *gate == wanted), "{stage:#}");
        assert_eq!(stage["authorises"], "nothing");
    }
    let page = told(there.path(), &["--format", "html"]);
    for number in 1..6 {
        assert!(
            page.stdout
                .contains(&format!("It waits for stage {number},"))
        );
    }
}
