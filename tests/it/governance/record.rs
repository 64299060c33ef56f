// SPDX-License-Identifier: Apache-2.0
//! `ccr evidence record` from end to end: what either engine leaves behind for a pass and for each
//! way to fail, and that `ccr audit evidence` accepts every one of them as what it says it is.

use crate::harness::cli::{ccr, github_token, json};
use serde_json::{Value, json as made};
use std::path::{Path, PathBuf};

/// A contract, a source and a configuration in a folder of their own.
struct Place {
    dir: tempfile::TempDir,
    contract: Value,
}

const PATCH: &str = "--- a/label.txt\n+++ b/label.txt\n@@ -1 +1 @@\n-old\n+new\n";
const DAY: &str = "2026-01-01";

impl Place {
    fn new(mode: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("shop")).unwrap();
        std::fs::write(dir.path().join("shop/label.txt"), "old\n").unwrap();
        std::fs::write(dir.path().join("change.patch"), PATCH).unwrap();
        let contract = made!({
            "task_id": "CTO-WORK-501",
            "target_repository": "shop",
            "allowed_paths": ["label.txt"],
            "forbidden_paths": ["deploy/"],
            "forbidden_actions": ["push"],
            "mutation_mode": mode,
            "approval_required": false,
            "verification_commands": ["grep -q new label.txt"],
        });
        let place = Self { dir, contract };
        place.allow("exec = true");
        let approval = made!({
            "actor": "operator:owner",
            "scope": "one run that changes label.txt",
            "mutation_mode": mode,
            "timestamp": "2025-12-31T23:00:00Z",
            "expiry": "2026-01-01T06:00:00Z",
        });
        place.put("approval.json", &approval);
        place
    }

    fn allow(&self, line: &str) {
        std::fs::write(
            self.dir.path().join("ccr.toml"),
            format!("[evidence]\n{line}\n"),
        )
        .unwrap();
    }

    fn put(&self, name: &str, value: &Value) {
        std::fs::write(self.dir.path().join(name), value.to_string()).unwrap();
    }

    fn with(mut self, key: &str, value: Value) -> Self {
        self.contract[key] = value;
        self
    }

    fn record(&self, args: &[&str]) -> Taken {
        self.put("contract.json", &self.contract);
        let before = all(&self.dir.path().join("shop"));
        let mut line = vec![
            "evidence",
            "record",
            "--contract",
            "contract.json",
            "--out",
            "runs",
            "--json",
        ];
        line.extend(args);
        let run = ccr(self.dir.path(), &line);
        assert_ne!(run.code, 3, "{}", run.stderr);
        assert!(!run.stdout.is_empty(), "{line:?}: {}", run.stderr);
        let answer = json(&run.stdout);
        let path = self.dir.path().join(answer["run"].as_str().unwrap());
        Taken {
            untouched: all(&self.dir.path().join("shop")) == before,
            code: run.code,
            report: read(&path.join("report.json")),
            answer,
            path,
        }
    }

    fn fake(&self) -> Taken {
        self.record(&[
            "--engine",
            "fake",
            "--patch",
            "change.patch",
            "--allow-exec",
        ])
    }

    fn exec(&self, script: &str) -> Taken {
        self.record(&["--engine", "exec", "--allow-exec", "--", "sh", "-c", script])
    }

    fn approved(&self, script: &str) -> Taken {
        let args = [
            "--approval",
            "approval.json",
            "--engine",
            "exec",
            "--allow-exec",
        ];
        self.record(&[&args[..], &["--", "sh", "-c", script]].concat())
    }
}

/// A run that was recorded.
struct Taken {
    code: i32,
    answer: Value,
    report: Value,
    path: PathBuf,
    untouched: bool,
}

fn read(path: &Path) -> Value {
    json(&std::fs::read_to_string(path).unwrap())
}

fn all(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let files = walkdir::WalkDir::new(folder)
        .sort_by_file_name()
        .into_iter();
    let files = files
        .map(Result::unwrap)
        .filter(|file| file.file_type().is_file());
    files
        .map(|file| (file.path().to_owned(), std::fs::read(file.path()).unwrap()))
        .collect()
}

impl Taken {
    /// The status with its first code, once the audit has accepted the evidence.
    fn verdict(&self) -> String {
        let folder = self.path.parent().unwrap();
        let audit = ccr(
            folder,
            &[
                "audit",
                "evidence",
                self.path.to_str().unwrap(),
                "--json",
                "--as-of",
                DAY,
            ],
        );
        let report = json(&audit.stdout);
        let findings = report["findings"].as_array().unwrap();
        assert!(findings.is_empty(), "{}\n{findings:#?}", self.report);
        assert_eq!(audit.code, 0);
        let status = self.report["status"].as_str().unwrap();
        assert_eq!(self.answer["derived"], status);
        assert_eq!(self.code, i32::from(status != "pass"));
        assert_eq!(self.report["harness_exit_code"] == 0, status == "pass");
        let code = self.report["blockers"][0]["code"].as_str().unwrap_or("");
        format!("{status} {code}").trim_end().to_owned()
    }

    fn has(&self, name: &str) -> bool {
        self.path.join(name).exists()
    }

    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.path.join(name)).unwrap()
    }
}

fn git(folder: &Path, args: &[&str]) {
    let done = std::process::Command::new("git")
        .args([
            "-c",
            "user.name=t",
            "-c",
            "user.email=t@example.org",
            "-c",
            "init.defaultBranch=trunk",
        ])
        .args(args)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .output()
        .unwrap();
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
}

/// A git worktree with one commit.
fn worktree(folder: &Path) {
    git(folder, &["init", "-q"]);
    git(folder, &["add", "."]);
    git(folder, &["commit", "-q", "-m", "first"]);
}

#[cfg(unix)]
#[test]
fn a_patch_that_verifies_passes_with_the_proof_of_its_stage() {
    let place = Place::new("copied-fixture");
    let taken = place.fake();
    assert_eq!(taken.verdict(), "pass");
    assert!(taken.untouched);
    let proof = read(&taken.path.join("stage2-no-target-inspection.json"));
    assert_eq!(proof["run_id"], taken.report["run_id"]);
    assert_eq!(
        proof["allowed_writes"]["changed_files"],
        made!(["label.txt"])
    );
    assert_eq!(
        proof["source_content_before"],
        proof["source_content_after"]
    );
    assert_eq!(taken.report["stage"], 2);
    assert!(taken.report.get("case_process_started").is_none());
    assert!(taken.text("patch.diff").contains("+new"));
}

#[cfg(unix)]
#[test]
fn a_program_that_verifies_passes_and_its_actions_are_told_apart_from_the_harness() {
    let place = Place::new("sandbox-repo");
    let taken = place.approved("echo new > label.txt");
    assert_eq!(taken.verdict(), "pass");
    assert!(taken.untouched);
    let proof = read(&taken.path.join("stage4-disposable-sandbox-proof.json"));
    assert_eq!(
        proof["approval"],
        made!({"requested": 4, "granted": 5, "denied": null})
    );
    assert_eq!(proof["disposable_repository"]["created_by"], "harness");
    assert!(proof["disposable_repository"]["disposal"].is_string());
    assert_eq!(proof["branch_policy"]["push_allowed"], false);
    let known = proof["basis"]["actions_attempted"].as_str().unwrap();
    assert!(known.contains("not traced"), "{known}");
    assert_eq!(taken.report["target_repository_start_clean"], true);
    assert_eq!(taken.report["target_repository_ending_clean"], true);
    assert_eq!(taken.report["source_repository_mutated"], false);
    let fake = [
        "--engine",
        "fake",
        "--patch",
        "change.patch",
        "--allow-exec",
        "--approval",
        "approval.json",
    ];
    let taken = Place::new("sandbox-repo").record(&fake);
    assert!(taken.report["status"] == "pass" && taken.code == 0);
}

#[cfg(unix)]
#[test]
fn a_copied_worktree_is_proven_by_its_commit_and_a_dirty_one_blocks() {
    let place = Place::new("copied-fixture");
    let shop = place.dir.path().join("shop");
    worktree(&shop);
    let taken = place.fake();
    assert_eq!(taken.verdict(), "pass");
    let proof = read(&taken.path.join("stage3-copied-repo-proof.json"));
    assert_eq!(proof["source_head_before"].as_str().unwrap().len(), 40);
    assert_eq!(proof["source_head_before"], proof["source_head_after"]);
    assert_eq!(proof["source_status_after"], "clean");
    assert_eq!(taken.report["stage"], 3);
    std::fs::write(shop.join("stray.txt"), "x\n").unwrap();
    let place = place.with("task_id", made!("CTO-WORK-502"));
    assert_eq!(place.fake().verdict(), "blocked dirty_source_start");
    let place = Place::new("sandbox-repo");
    worktree(&place.dir.path().join("shop"));
    std::fs::write(place.dir.path().join("shop/label.txt"), "other\n").unwrap();
    assert_eq!(
        place.approved("true").verdict(),
        "blocked dirty_starting_tree"
    );
}

#[cfg(unix)]
#[test]
fn a_packed_commit_is_known_to_the_recorder_and_to_the_guard() {
    let place = Place::new("copied-fixture");
    let shop = place.dir.path().join("shop");
    worktree(&shop);
    git(&shop, &["pack-refs", "--all"]);
    git(&shop, &["repack", "-q", "-a", "-d"]);
    git(&shop, &["prune-packed", "-q"]);
    let loose = std::fs::read_dir(shop.join(".git/objects")).unwrap();
    let loose: Vec<_> = loose.map(|entry| entry.unwrap().file_name()).collect();
    assert!(loose.iter().all(|name| name.len() > 2), "{loose:?}");
    let taken = place.fake();
    assert_eq!(taken.verdict(), "pass");
    let proof = read(&taken.path.join("stage3-copied-repo-proof.json"));
    assert_eq!(proof["source_status_before"], "clean");
    let guard = || {
        let run = ccr(place.dir.path(), &["gate", "guard", "shop", "--json"]);
        let checks = json(&run.stdout)["checks"].clone();
        let checks = checks.as_array().unwrap().clone();
        let main = checks
            .into_iter()
            .find(|check| check["check"] == "main_status");
        main.unwrap()["reason"].as_str().unwrap().to_owned()
    };
    assert_eq!(guard(), "clean");
    std::fs::write(shop.join("label.txt"), "two\n").unwrap();
    git(&shop, &["add", "."]);
    assert_eq!(guard(), "something is staged, or may be");
}

#[cfg(unix)]
#[test]
fn each_failure_ends_in_its_class() {
    let place = Place::new("copied-fixture").with("verification_commands", made!(["exit 7"]));
    assert_eq!(place.fake().verdict(), "fail verification_failed");
    let place = Place::new("copied-fixture").with("verification_commands", made!([]));
    assert_eq!(place.fake().verdict(), "blocked missing_test_command");
    let place = Place::new("copied-fixture").with("allowed_paths", made!(["other.txt"]));
    assert_eq!(place.fake().verdict(), "fail disallowed_file_change");
    let place = Place::new("copied-fixture").with("forbidden_paths", made!(["label.txt"]));
    assert_eq!(place.fake().verdict(), "fail forbidden_path_change");
    let place = Place::new("copied-fixture");
    let none = place.record(&["--engine", "fake", "--allow-exec"]);
    assert_eq!(none.verdict(), "fail no_diff");
    let place = Place::new("copied-fixture");
    std::fs::write(
        place.dir.path().join("change.patch"),
        PATCH.replace("-old", "-older"),
    )
    .unwrap();
    assert_eq!(place.fake().verdict(), "fail agent_protocol_failed");
    let place =
        Place::new("copied-fixture").with("verification_commands", made!(["echo x > left.txt"]));
    assert_eq!(place.fake().verdict(), "fail dirty_ending_tree");
    let place = Place::new("copied-fixture").with("verification_commands", made!(["sleep 9"]));
    let args = [
        "--engine",
        "fake",
        "--patch",
        "change.patch",
        "--allow-exec",
        "--timeout",
        "1",
    ];
    assert_eq!(place.record(&args).verdict(), "blocked timeout");
}

#[cfg(unix)]
#[test]
fn each_end_of_a_program_is_its_class() {
    let exec = |script: &str| Place::new("copied-fixture").exec(script).verdict();
    assert_eq!(exec("true"), "fail no_diff");
    assert_eq!(
        exec("echo new > label.txt; exit 3"),
        "fail agent_protocol_failed"
    );
    assert_eq!(
        exec("echo new > label.txt; echo x > notes.txt"),
        "fail disallowed_file_change"
    );
    let place = Place::new("copied-fixture");
    let slow = [
        "--engine",
        "exec",
        "--allow-exec",
        "--timeout",
        "1",
        "--",
        "sh",
        "-c",
        "echo new > label.txt; sleep 9",
    ];
    let taken = place.record(&slow);
    assert_eq!(taken.verdict(), "blocked timeout");
    assert!(taken.has("backend/provider-timeout.txt"));
    let place = Place::new("copied-fixture");
    let taken = place.record(&[
        "--engine",
        "exec",
        "--allow-exec",
        "--",
        "no-such-program-here",
    ]);
    assert_eq!(taken.verdict(), "blocked provider_unavailable");
    assert!(taken.text("patch.diff").is_empty());
}

#[cfg(unix)]
#[test]
fn a_program_that_reaches_into_the_source_is_told_on() {
    let place = Place::new("copied-fixture");
    let path = place.dir.path().join("shop/label.txt");
    let taken = place.exec(&format!(
        "echo new > label.txt; echo new > '{}'",
        path.display()
    ));
    assert_eq!(taken.verdict(), "fail source_repository_mutated");
    assert!(!taken.untouched);
}

#[cfg(unix)]
#[test]
fn nothing_is_started_without_flag_and_configuration() {
    let made_file = "touch made.txt";
    let place = Place::new("copied-fixture");
    let taken = place.record(&["--engine", "exec", "--", "sh", "-c", made_file]);
    assert_eq!(taken.verdict(), "blocked gate_missing");
    let place = Place::new("copied-fixture");
    place.allow("exec = false");
    let taken = place.exec(made_file);
    assert_eq!(taken.verdict(), "blocked gate_missing");
    assert_eq!(taken.report["backend_exit_code"], Value::Null);
    assert!(!taken.has("backend/exec.stdout.log") && taken.has("backend/case-gate.log"));
    let place = Place::new("copied-fixture");
    place.allow("exec = false");
    assert_eq!(place.fake().verdict(), "blocked missing_test_command");
}

#[cfg(unix)]
#[test]
fn modes_that_are_not_about_a_copy_are_blocked() {
    for mode in [
        "none",
        "owned-noncritical-repo",
        "candidate-default",
        "whatever",
    ] {
        let taken = Place::new(mode).approved("echo new > label.txt");
        assert_eq!(
            taken.report["blockers"][0]["code"], "gate_missing",
            "{mode}"
        );
        assert!(taken.report["changed_files"].as_array().unwrap().is_empty());
    }
    let taken = Place::new("owned-noncritical-repo").approved("echo new > label.txt");
    let why = taken.report["failure_reason"].as_str().unwrap();
    assert!(
        why.contains("cannot honour `owned-noncritical-repo`"),
        "{why}"
    );
}

#[cfg(unix)]
#[test]
fn blocked_modes_are_valid_evidence() {
    for mode in ["none", "owned-noncritical-repo", "candidate-default"] {
        let place = Place::new(mode);
        assert_eq!(
            place.approved("true").verdict(),
            "blocked gate_missing",
            "{mode}"
        );
    }
}

#[cfg(unix)]
#[test]
fn an_approval_is_asked_for_whole_and_from_somebody_else() {
    let with = |key: &str, value: Value| {
        let place = Place::new("sandbox-repo");
        let mut approval = read(&place.dir.path().join("approval.json"));
        approval[key] = value;
        place.put("approval.json", &approval);
        let taken = place.approved("echo new > label.txt");
        (taken.verdict(), taken.report["failure_reason"].to_string())
    };
    let blocked = [
        ("actor", made!("exec")),
        ("actor", made!("agent:codex")),
        ("mutation_mode", made!("copied-fixture")),
        ("scope", made!("")),
        ("timestamp", made!("2027-01-01T00:00:00Z")),
        ("expiry", made!("2025-12-31T23:30:00Z")),
        ("expiry", Value::Null),
        ("decision", made!("perhaps")),
    ];
    for (key, value) in blocked {
        let (verdict, why) = with(key, value.clone());
        assert_eq!(verdict, "blocked gate_missing", "{key} {value}");
        assert!(why.contains("approval"), "{why}");
    }
    assert_eq!(
        with("decision", made!("denied")).0,
        "blocked approval_denied"
    );
    let place = Place::new("sandbox-repo");
    assert_eq!(place.exec("true").verdict(), "blocked gate_missing");
    let place = Place::new("copied-fixture").with("approval_required", made!(true));
    assert_eq!(place.fake().verdict(), "blocked gate_missing");
}

#[cfg(unix)]
#[test]
fn the_candidate_does_not_run_without_its_admission() {
    let place = Place::new("copied-fixture");
    let taken = place.record(&[
        "--engine",
        "exec",
        "--backend",
        "case",
        "--allow-exec",
        "--",
        "true",
    ]);
    assert_eq!(taken.verdict(), "blocked model_not_admitted");
}

#[cfg(unix)]
#[test]
fn evidence_holds_no_place_of_the_machine_and_no_secret() {
    let place = Place::new("copied-fixture");
    let folder = place.dir.path().display().to_string();
    let secret = github_token();
    let place = place.with("target_repository", made!(format!("{folder}/shop")));
    let script = format!("pwd; echo {secret}; echo new > label.txt");
    std::fs::write(place.dir.path().join("do.sh"), script).unwrap();
    let program = format!("{folder}/do.sh");
    let taken = place.record(&["--engine", "exec", "--allow-exec", "--", "sh", &program]);
    assert_eq!(taken.verdict(), "pass");
    for (path, bytes) in all(&taken.path) {
        let text = String::from_utf8(bytes).unwrap();
        assert!(
            !text.contains(&secret) && !text.contains(&folder),
            "{}",
            path.display()
        );
    }
    assert!(
        taken
            .text("backend/exec.stdout.log")
            .starts_with("[workspace]\n")
    );
}

#[cfg(unix)]
#[test]
fn a_secret_in_the_change_itself_is_no_pass() {
    let taken =
        Place::new("copied-fixture").exec(&format!("echo new {} > label.txt", github_token()));
    assert_eq!(taken.report["status"], "fail");
    assert_eq!(taken.report["blockers"][0]["code"], "x.unproven");
    assert_eq!((taken.code, &taken.answer["derived"]), (1, &made!("fail")));
}

#[cfg(unix)]
#[test]
fn a_recording_depends_on_nothing_but_its_order() {
    let take = || {
        let place = Place::new("sandbox-repo");
        let taken = place.approved("echo new > label.txt; pwd");
        assert_eq!(taken.report["run_id"], "20260101T000000Z-cto-work-501");
        let (name, seal) = (taken.path.clone(), taken.text("seal.json"));
        assert!(name.ends_with("20260101T000000Z-cto-work-501"));
        // The same again stands beside it under a name of its own.
        let again = place.approved("echo new > label.txt; pwd");
        assert_eq!(again.report["run_id"], "20260101T000000Z-cto-work-501-2");
        assert_eq!(again.verdict(), taken.verdict());
        let files = |taken: &Taken| {
            let files = all(&taken.path).into_iter();
            let below = |(path, bytes): (PathBuf, Vec<u8>)| {
                (path.strip_prefix(&taken.path).unwrap().to_owned(), bytes)
            };
            files.map(below).collect::<Vec<_>>()
        };
        (files(&taken), seal)
    };
    assert_eq!(take(), take());
}

#[cfg(unix)]
#[test]
fn nothing_is_written_outside_the_named_folder() {
    let place = Place::new("copied-fixture");
    let names = || {
        let files = std::fs::read_dir(place.dir.path()).unwrap();
        let mut names: Vec<_> = files.map(|file| file.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let taken = place.fake();
    let mut expected: Vec<_> = [
        "approval.json",
        "ccr.toml",
        "change.patch",
        "contract.json",
        "runs",
        "shop",
    ]
    .map(std::ffi::OsString::from)
    .to_vec();
    expected.sort();
    assert_eq!(names(), expected);
    assert_eq!(
        all(&place.dir.path().join("runs")).len(),
        all(&taken.path).len()
    );
    let inside = [
        "evidence",
        "record",
        "--contract",
        "contract.json",
        "--out",
        "shop/runs",
        "--engine",
        "fake",
    ];
    let run = ccr(place.dir.path(), &inside);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.contains("inside the source"), "{}", run.stderr);
    assert!(!place.dir.path().join("shop/runs").exists());
}
