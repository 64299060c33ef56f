// SPDX-License-Identifier: Apache-2.0
//! The runs that cases are made of: sealed as the specification says, accepted without a finding.

use crate::harness::governance_case::{Case, audit_runs, bases, copy, reseal};
use ccr::governance::audit::RunWishes;
use std::path::Path;

/// Bytes of every file by name.
fn content(run: &Path) -> Vec<(String, String)> {
    let mut files = Vec::new();
    for file in walkdir::WalkDir::new(run).sort_by_file_name() {
        let file = file.unwrap();
        if file.file_type().is_file() {
            let name = file.path().strip_prefix(run).unwrap().display().to_string();
            let text = std::fs::read_to_string(file.path()).unwrap();
            // Members may stand in another order; a digest covers the values.
            let value = serde_json::from_str::<serde_json::Value>(&text);
            files.push((name, value.map_or(text, |value| value.to_string())));
        }
    }
    files
}

#[test]
fn every_base_run_is_sealed_as_the_specification_says() {
    for run in std::fs::read_dir(bases().join("runs")).unwrap() {
        let run = run.unwrap().path();
        let again = tempfile::tempdir().unwrap();
        let again = again.path().join(run.file_name().unwrap());
        copy(&run, &again);
        reseal(&again, true);
        let mut was = content(&run);
        let mut is = content(&again);
        // The raw digest of the report in the seal hangs on the order of its members.
        was.retain(|(name, _)| name != "seal.json");
        is.retain(|(name, _)| name != "seal.json");
        assert_eq!(was, is, "{}", run.display());
    }
}

#[test]
fn every_base_run_is_accepted_without_a_finding() {
    let case = Case::default();
    let report = audit_runs(&[bases().join("runs")], &case, RunWishes::default());
    let told: Vec<_> = report
        .findings
        .iter()
        .map(|found| {
            format!(
                "{} {}: {}",
                found.rule_id, found.location, found.description
            )
        })
        .collect();
    assert!(told.is_empty(), "{}", told.join("\n"));
    assert!(report.scanned.files > 90);
}
