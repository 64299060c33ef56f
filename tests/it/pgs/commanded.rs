// SPDX-License-Identifier: Apache-2.0
//! `ccr pgs run` as a user meets it.

use crate::harness::cli::{Run, ccr, json};
use std::path::{Path, PathBuf};

/// The lending desk in a folder of its own.
pub(super) struct Workspace(pub(super) tempfile::TempDir);

impl Workspace {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/pgs/snapshot");
        for entry in walkdir::WalkDir::new(&from).into_iter().map(Result::unwrap) {
            let below = entry.path().strip_prefix(&from).unwrap();
            let to = folder.path().join("protocol_snapshot").join(below);
            if entry.file_type().is_dir() {
                std::fs::create_dir_all(to).unwrap();
            } else {
                std::fs::copy(entry.path(), to).unwrap();
            }
        }
        Self(folder)
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(super) fn run(&self, workflow: &str, payload: &str, flags: &[&str]) -> Run {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/pgs/payloads");
        let payload = fixtures.join(format!("{payload}.json"));
        let workflow = format!("lending::{workflow}");
        let mut args = vec!["pgs", "run", "--wf", &workflow, "--payload"];
        args.extend([payload.to_str().unwrap(), "--picture", "none"]);
        args.extend(flags);
        ccr(self.0.path(), &args)
    }
}

#[test]
fn nothing_runs_unless_something_speaks_for_the_snapshot() {
    let workspace = Workspace::new();
    let run = workspace.run("WF_BORROW_V0", "borrow", &[]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stderr.contains("--allow-unsealed"), "{}", run.stderr);
    assert!(!workspace.path("data").exists());
    std::fs::write(
        workspace.path("snapshot_status.json"),
        "{\"status\": \"VALID\"}",
    )
    .unwrap();
    let run = workspace.run("WF_BORROW_V0", "borrow", &[]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let seal = ccr(workspace.0.path(), &["pgs", "seal", "protocol_snapshot"]);
    assert_eq!(seal.code, 0, "{}", seal.stderr);
    let changed = workspace.path("protocol_snapshot/artifacts/events/new.json");
    std::fs::write(changed, "{}").unwrap();
    let run = workspace.run("WF_ENQUIRE_V0", "enquire", &["--allow-unsealed"]);
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("not sealed"), "{}", run.stderr);
}

#[test]
fn the_answer_says_what_happened_and_the_exit_code_how_it_ended() {
    let workspace = Workspace::new();
    let flags = ["--allow-unsealed", "--json"];
    let run = workspace.run("WF_BORROW_V0", "borrow", &flags);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let answer = json(&run.stdout);
    assert_eq!(answer["exit_reason_code"], "COMPLETED");
    assert_eq!(answer["effects_committed"], 3);
    assert_eq!(answer["path"][5][1], "completed");
    assert!(Path::new(answer["trace"].as_str().unwrap()).is_file());
    let again = workspace.run("WF_BORROW_V0", "borrow", &flags);
    assert_eq!(again.code, 1);
    assert_eq!(
        json(&again.stdout)["exit_reason_code"],
        "EXIT_ALREADY_EXISTS"
    );
    let unknown = workspace.run("WF_NOTHING_V0", "borrow", &flags);
    assert_eq!(unknown.code, 2);
    assert_eq!(
        json(&unknown.stdout)["faults"][0]["code"],
        "WORKFLOW_NOT_FOUND"
    );
    let payload = workspace.run("WF_BORROW_V0", "missing", &flags);
    assert_eq!(payload.code, 2);
}

#[test]
fn equal_runs_have_equal_traces_to_the_byte() {
    let traces = [0, 1].map(|_| {
        let workspace = Workspace::new();
        let clock = [
            "--allow-unsealed",
            "--clock",
            "2026-03-04T05:06:07Z",
            "--json",
        ];
        let run = workspace.run("WF_BORROW_V0", "borrow", &clock);
        assert_eq!(run.code, 0, "{}", run.stderr);
        std::fs::read_to_string(json(&run.stdout)["trace"].as_str().unwrap()).unwrap()
    });
    assert!(!traces[0].is_empty());
    assert_eq!(traces[0], traces[1]);
}

#[test]
fn a_dry_run_leaves_the_data_alone_and_still_a_trace() {
    let workspace = Workspace::new();
    let run = workspace.run("WF_BORROW_V0", "borrow", &["--allow-unsealed", "--dry-run"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(!workspace.path("data").exists());
    assert!(!workspace.path("data.ccr").exists());
    let traces = std::fs::read_dir(workspace.path("traces")).unwrap();
    assert_eq!(traces.count(), 1);
}

#[test]
fn the_originals_own_command_line_is_understood() {
    let workspace = Workspace::new();
    std::fs::write(
        workspace.path("snapshot_status.json"),
        "{\"status\": \"VALID\"}",
    )
    .unwrap();
    let root = workspace.0.path().to_str().unwrap().to_owned();
    let data = workspace.path("elsewhere");
    let flags = [
        "--mode",
        "runtime",
        "--data-root",
        data.to_str().unwrap(),
        "--workspace",
        &root,
        "--rb",
        "lending::RB_LENDING_V0",
        "--debug",
        "--compat",
        "0.2",
    ];
    let run = workspace.run("WF_BORROW_V0", "borrow", &flags);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert!(
        run.stdout.contains("Exit Reason: COMPLETED"),
        "{}",
        run.stdout
    );
    assert!(data.join("events/loans.jsonl").is_file());
}
