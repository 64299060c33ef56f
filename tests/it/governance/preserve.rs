// SPDX-License-Identifier: Apache-2.0
//! `--preserve` of the audits of governed change: findings become residuals, blocking ones repair
//! tasks; the same findings again are nothing new.

use crate::harness::cli::{Run, ccr, json};
use crate::harness::governance_case::{bases, copy};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// A place with a store and a tree, and the runs that it cites, that have contradictions.
fn world() -> tempfile::TempDir {
    let world = tempfile::tempdir().unwrap();
    copy(&bases().join("contradictions"), &world.path().join("tree"));
    copy(&bases().join("runs"), &world.path().join("runs"));
    assert_eq!(ccr(world.path(), &["init"]).code, 0);
    world
}

fn audit(world: &Path, what: &[&str]) -> (Run, Value) {
    let args = ["--as-of", "2026-03-15", "--json", "--preserve"];
    let run = ccr(world, &[&["audit"], what, &args].concat());
    let report = json(&run.stdout);
    (run, report)
}

/// Files of a kind of object, with their values.
fn stored(world: &Path, kind: &str) -> Vec<(PathBuf, Value)> {
    let mut found = Vec::new();
    for entry in walkdir::WalkDir::new(world).sort_by_file_name() {
        let path = entry.unwrap().into_path();
        let inside = path.strip_prefix(world).unwrap();
        let is_one = inside.components().any(|part| part.as_os_str() == kind);
        if is_one && path.extension().is_some_and(|end| end == "json") {
            let text = std::fs::read_to_string(&path).unwrap();
            found.push((path, json(&text)));
        }
    }
    found
}

#[test]
fn findings_become_residuals_and_blocking_ones_repair_tasks() {
    for what in [
        &["governance", "tree", "--runs", "runs"][..],
        &["evidence", "runs"],
    ] {
        let world = world();
        if what[0] == "evidence" {
            let run = world.path().join("runs/20260306T090500Z-shelf-label-3401");
            std::fs::write(run.join("test.log"), "nothing was tested\n").unwrap();
            std::fs::remove_file(run.join("trace.jsonl")).unwrap();
        }
        let (run, report) = audit(world.path(), what);
        assert_eq!(run.code, 1, "{what:?}: {}", run.stderr);
        let findings = report["findings"].as_array().unwrap();
        let mut residuals: Vec<&str> = findings
            .iter()
            .map(|finding| finding["residual_ready"]["residual_id"].as_str().unwrap())
            .collect();
        residuals.sort_unstable();
        residuals.dedup();
        assert!(!residuals.is_empty(), "{what:?}");
        let kept = stored(world.path(), "residuals");
        let mut ids: Vec<&str> = kept
            .iter()
            .map(|(_, value)| value["residual_id"].as_str().unwrap())
            .collect();
        ids.sort_unstable();
        assert_eq!(ids, residuals, "{what:?}");
        let known = ids.len();
        let tasks = stored(world.path(), "tasks");
        let blocking = report["blocking_finding_count"].as_u64().unwrap() as usize;
        assert!(
            !tasks.is_empty() && tasks.len() <= blocking,
            "{what:?}: {} tasks, {blocking} blocking findings",
            tasks.len()
        );

        let before = (kept, tasks);
        let (again, same) = audit(world.path(), what);
        assert_eq!(same["findings"], report["findings"], "{what:?}");
        let after = (
            stored(world.path(), "residuals"),
            stored(world.path(), "tasks"),
        );
        assert_eq!(after, before, "{what:?}");
        let told = format!(" 0 new residuals, {known} known, 0 repair tasks");
        assert!(again.stderr.contains(&told), "{what:?}: {}", again.stderr);
    }
}
