// SPDX-License-Identifier: Apache-2.0
//! The failure matrix as people use it: `ccr fixtures failure-matrix` writes a run for each way to
//! fail, and `ccr audit evidence` finds of each the one way that its name states.

use crate::harness::cli::{Run, ccr, json};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// What each run is called, the class and the status that it must be found to have: by hand from
/// sections 2.7 and 4.1 of the specification, not from the profile. The first twelve are its matrix.
const CLASSES: [(&str, &str, &str); 28] = [
    ("no-diff", "no_diff", "fail"),
    ("disallowed-file", "disallowed_file_change", "fail"),
    ("failed-tests", "verification_failed", "fail"),
    ("missing-test-command", "missing_test_command", "blocked"),
    ("missing-event", "missing_required_event", "fail"),
    ("reviewer-reject", "reviewer_rejected", "blocked"),
    ("approval-denied", "approval_denied", "blocked"),
    ("timeout", "timeout", "blocked"),
    ("dirty-starting-tree", "dirty_starting_tree", "blocked"),
    ("dirty-ending-tree", "dirty_ending_tree", "fail"),
    ("artifact-write-failure", "artifact_write_failure", "fail"),
    ("provider-unavailable", "provider_unavailable", "blocked"),
    ("gate-missing", "gate_missing", "blocked"),
    ("model-not-admitted", "model_not_admitted", "blocked"),
    (
        "provider-auth-unavailable",
        "provider_auth_unavailable",
        "blocked",
    ),
    ("local-config-missing", "local_config_missing", "blocked"),
    (
        "response-shape-unavailable",
        "response_shape_unavailable",
        "blocked",
    ),
    ("agent-protocol-failed", "agent_protocol_failed", "fail"),
    ("dirty-source-start", "dirty_source_start", "blocked"),
    ("unowned-repository", "unowned_repository", "blocked"),
    ("critical-repository", "critical_repository", "blocked"),
    ("target-not-admitted", "target_not_admitted", "blocked"),
    ("forbidden-path-change", "forbidden_path_change", "fail"),
    (
        "forbidden-action-attempted",
        "forbidden_action_attempted",
        "fail",
    ),
    (
        "missing-operator-outcome",
        "missing_operator_outcome",
        "blocked",
    ),
    (
        "source-repository-mutated",
        "source_repository_mutated",
        "fail",
    ),
    (
        "lifecycle-timeout-after-patch",
        "lifecycle_timeout_after_patch",
        "fail",
    ),
    ("fallback-identity", "fallback_identity", "fail"),
];

/// Case of a run id, without its time and number.
fn case(run_id: &str) -> &str {
    let (_, rest) = run_id.split_once('-').unwrap();
    rest.rsplit_once('-').unwrap().0
}

fn written() -> tempfile::TempDir {
    let there = tempfile::tempdir().unwrap();
    let made = ccr(
        there.path(),
        &["fixtures", "failure-matrix", "--out", "runs"],
    );
    assert_eq!(
        (made.code, made.stderr.as_str()),
        (0, ""),
        "{}",
        made.stdout
    );
    there
}

fn audited(folder: &Path) -> (Run, BTreeMap<String, Value>) {
    let run = ccr(
        folder,
        &[
            "audit",
            "evidence",
            "runs",
            "--as-of",
            "2026-03-15",
            "--format",
            "json",
        ],
    );
    let report = json(&run.stdout);
    let derived = report["derived"].as_array().unwrap().iter();
    let by_case = derived.map(|one| {
        (
            case(one["run_id"].as_str().unwrap()).to_owned(),
            one.clone(),
        )
    });
    let by_case = by_case.collect();
    (run, by_case)
}

#[test]
fn every_run_of_the_failure_matrix_is_of_exactly_the_class_that_its_name_states() {
    let there = written();
    let folders = std::fs::read_dir(there.path().join("runs")).unwrap();
    let mut names: Vec<String> = folders
        .map(|entry| case(&entry.unwrap().file_name().into_string().unwrap()).to_owned())
        .collect();
    names.sort();
    let mut expected: Vec<&str> = CLASSES.iter().map(|(name, _, _)| *name).collect();
    expected.sort_unstable();
    assert_eq!(names, expected);
    let (run, derived) = audited(there.path());
    assert_eq!(run.code, 0, "{}", run.stdout);
    assert_eq!(json(&run.stdout)["finding_count"], 0, "{}", run.stdout);
    assert_eq!(derived.len(), CLASSES.len());
    for (name, class, status) in CLASSES {
        let one = &derived[name];
        assert_eq!(one["failure_classes"], serde_json::json!([class]), "{name}");
        assert_eq!(one["status"], status, "{name}");
        assert_eq!(one["claimed_status"], status, "{name}");
    }
}

/// Rules that a run without its blocker breaks.
#[test]
fn a_failure_that_its_report_hides_is_found_all_the_same() {
    let there = written();
    let runs = there.path().join("runs");
    for entry in std::fs::read_dir(&runs).unwrap() {
        let path = entry.unwrap().path().join("report.json");
        let mut report: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        report["blockers"] = serde_json::json!([]);
        report["status"] = Value::from("pass");
        std::fs::write(&path, serde_json::to_vec(&report).unwrap()).unwrap();
    }
    let (run, derived) = audited(there.path());
    assert_eq!(run.code, 1, "{}", run.stdout);
    // What needs no word of the report: what events, diff, log and exit codes show.
    let shown = [
        "disallowed-file",
        "failed-tests",
        "missing-test-command",
        "approval-denied",
        "timeout",
        "provider-unavailable",
        "gate-missing",
        "model-not-admitted",
        "provider-auth-unavailable",
        "local-config-missing",
        "response-shape-unavailable",
        "dirty-source-start",
        "unowned-repository",
        "critical-repository",
        "target-not-admitted",
        "forbidden-path-change",
        "forbidden-action-attempted",
        "lifecycle-timeout-after-patch",
    ];
    for (name, class, _) in CLASSES {
        let one = &derived[name];
        assert_ne!(one["status"], "pass", "{name}");
        if shown.contains(&name) {
            assert_eq!(one["failure_classes"], serde_json::json!([class]), "{name}");
        }
    }
}
