// SPDX-License-Identifier: Apache-2.0
//! `ccr gate`, `ccr eligibility` and `ccr approval` as a user meets them.

use crate::harness::cli::{Run, ccr, json};
use crate::harness::governance_case::{bases, copy};

const DOCUMENTS: &str = "tree/.sot/03-PROTOCOLS";

/// A copy of the bases, so that names are relative.
struct World(tempfile::TempDir);

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(&bases(), folder.path());
        Self(folder)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.path().join(name), text).unwrap();
    }

    /// Runs a command on the day of the bases; `@` stands for the folder of documents.
    fn ccr(&self, line: &str, more: &[&str]) -> Run {
        let line = line.replace('@', DOCUMENTS);
        let mut args: Vec<&str> = line.split_whitespace().collect();
        args.extend(more);
        args.extend(["--as-of", "2026-03-15"]);
        ccr(self.0.path(), &args)
    }

    /// The same in both forms.
    fn shown(&self, line: &str, more: &[&str]) -> String {
        let text = self.ccr(line, more);
        let mut with = more.to_vec();
        with.push("--json");
        let data = self.ccr(line, &with);
        assert_eq!(text.code, data.code, "{}{}", text.stderr, data.stderr);
        json(&data.stdout);
        format!(
            "exit {}\n{}\n{}{}{}",
            text.code, text.stdout, data.stdout, text.stderr, data.stderr
        )
    }
}

const CONTRACT: &str = r#"{"task_id":"CTO-WORK-103","target_repository":"/srv/shelf/label-printer","authority_basis":".sot/03-PROTOCOLS/CTO-SHELF-LABEL-PRD.md","risk_class":"low_risk_noncritical","allowed_paths":["labels.py"],"forbidden_paths":["deploy/"],"forbidden_actions":["push","merge"],"mutation_mode":"owned-noncritical-repo","approval_required":true,"verification_commands":["python3 -m pytest -q"],"evidence_expectations":["report.json"],"success_criteria":["labels print"],"rollback":"restore the commit before the run"}"#;

const LANES: &str = r#"{"lanes":[{"lane":"case","status":"available"},{"lane":"fake","status":"available"},{"lane":"codex","status":"blocked","rationale":"no admission record"},{"lane":"pi","status":"blocked","rationale":"no admission record"}]}"#;

const RUN_5: &str = "runs/20260309T101500Z-shelf-label-3501";

#[test]
fn a_stage_opens_when_every_entry_is_proven() {
    let world = World::new();
    let ledger = "gate check --stage 5 --ledger @/CTO-SHELF-LABEL-STAGED-GATES.md";
    let open = world.shown(ledger, &["--run", RUN_5]);
    insta::assert_snapshot!("gate_check_open", open);
}

#[test]
fn what_was_not_given_counts_as_missing() {
    let world = World::new();
    insta::assert_snapshot!(
        "gate_check_blocked",
        world.shown("gate check --stage 4", &[])
    );
    let unknown = world.ccr("gate check --stage 9", &[]);
    assert_eq!(unknown.code, 2, "{}", unknown.stdout);
    let gone = world.ccr("gate check --stage 4 --source gone.md", &[]);
    assert_eq!(gone.code, 2, "{}", gone.stdout);
    // What is there and holds nothing is no usage error, and proves nothing.
    world.write("broken.json", "{");
    let broken = world.ccr("gate check --stage 4 --target broken.json --json", &[]);
    assert_eq!(broken.code, 1, "{}", broken.stderr);
    let told = json(&broken.stdout);
    assert!(
        told["missing_gates"]
            .as_array()
            .unwrap()
            .contains(&"target_admission".into())
    );
}

#[test]
fn a_comparison_counts_its_lanes() {
    let world = World::new();
    for lane in ["codex", "pi"] {
        let text =
            format!(r#"{{"lane":"{lane}","status":"blocked","rationale":"no admission record"}}"#);
        world.write(&format!("{lane}.json"), &text);
    }
    let line = "gate compare --ledger @/CTO-SHELF-LABEL-STAGED-GATES.md --lanes runs/20260310T110500Z-shelf-label-3601/report.json runs/20260310T110000Z-shelf-label-3600/report.json";
    insta::assert_snapshot!(
        "gate_compare",
        world.shown(line, &["codex.json", "pi.json"])
    );
    let left_out = world.ccr(line, &["codex.json"]);
    assert_eq!(left_out.code, 1);
    assert!(
        left_out.stdout.contains("the lane `pi`"),
        "{}",
        left_out.stdout
    );
}

#[test]
fn passes_are_counted_once() {
    let world = World::new();
    let pair = format!("{RUN_5}/report.json:{RUN_5}/stage5-owned-repo-proof.json");
    insta::assert_snapshot!(
        "gate_repeatability",
        world.shown("gate repeatability --pair", &[&pair, &pair])
    );
    let line = format!(
        "gate refresh --report {RUN_5}/report.json --proof {RUN_5}/stage5-owned-repo-proof.json"
    );
    insta::assert_snapshot!("gate_refresh", world.shown(&line, &[]));
}

#[test]
fn a_guard_blocks_on_what_it_cannot_know() {
    let world = World::new();
    let line = "gate guard tree --record @/CTO-CORE-ROUTE-ADMISSION-GUARD.md";
    insta::assert_snapshot!("gate_guard", world.shown(line, &[]));
}

#[test]
fn a_decision_selects_nothing_while_a_gate_is_missing() {
    let world = World::new();
    world.write("contract.json", CONTRACT);
    world.write("lanes.json", LANES);
    let line = "eligibility decide --contract contract.json --stage 5 --lanes lanes.json";
    insta::assert_snapshot!("eligibility_none", world.shown(line, &[]));
    let given = "--ledger @/CTO-SHELF-LABEL-STAGED-GATES.md --approval @/CTO-SHELF-LABEL-APPROVAL-RECORD.md --write decision.json";
    let made = world.shown(&format!("{line} {given}"), &[]);
    insta::assert_snapshot!("eligibility_selected", made);
    let written = std::fs::read_to_string(world.0.path().join("decision.json")).unwrap();
    assert_eq!(json(&written)["selected_backend"], "case");
}

#[test]
fn an_approval_has_a_state_an_identity_and_its_runs() {
    let world = World::new();
    let chain = "approval check --packet @/CTO-SHELF-LABEL-APPROVAL-PACKET.md --request @/CTO-SHELF-LABEL-REQUEST-RECORD.md --record @/CTO-SHELF-LABEL-APPROVAL-RECORD.md";
    insta::assert_snapshot!("approval_granted", world.shown(chain, &[]));
    insta::assert_snapshot!("approval_consumed", world.shown(chain, &["--runs", RUN_5]));
    // The item's runs of other stages had approvals of their own.
    let all = world.ccr(chain, &["--runs", "runs", "--json"]);
    assert_eq!(all.code, 0, "{}", all.stdout);
    let again = "runs/20260309T111500Z-shelf-label-3502";
    copy(&world.0.path().join(RUN_5), &world.0.path().join(again));
    let twice = world.ccr(chain, &["--runs", "runs", "--json"]);
    assert_eq!(twice.code, 1, "{}", twice.stdout);
    assert!(
        twice.stdout.contains("cto-approval-reused"),
        "{}",
        twice.stdout
    );
}

#[test]
fn a_packet_is_written_and_reads_as_a_packet() {
    let world = World::new();
    world.write("contract.json", CONTRACT);
    let line = "approval packet --contract contract.json --target @/CTO-CASE-STAGE5-TARGET-REPOSITORY-ADMISSION.json";
    let command = ["--command", "harness run --case shelf-label"];
    insta::assert_snapshot!("approval_packet", world.shown(line, &command));
    let name = format!("{DOCUMENTS}/CTO-WORK-103-APPROVAL-PACKET.md");
    let written = world.ccr(&format!("{line} --output {name}"), &command);
    assert_eq!(written.code, 0, "{}", written.stderr);
    let checked = world.ccr(&format!("approval check --packet {name} --json"), &[]);
    assert_eq!(checked.code, 0, "{}", checked.stdout);
    assert_eq!(json(&checked.stdout)["state"], "default");
}

#[test]
fn the_records_of_the_samples_open_their_stage() {
    let Some(samples) = super::samples::samples() else {
        return;
    };
    let world = tempfile::tempdir().unwrap();
    copy(&samples, world.path());
    let args = "gate check --stage 4 --run runs/20260310T091500Z-demo-title-case-4242 --provider records/model-provider-admission.local-demo-demo-coder-1.json --target records/target-repository-admission.json --decision records/eligibility-decision.json --contract records/task-contract.json --as-of 2026-03-15 --json";
    let args: Vec<&str> = args.split_whitespace().collect();
    let run = ccr(world.path(), &args);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert_eq!(json(&run.stdout)["max_mutation_mode"], "sandbox-repo");
    // A run that blocked opens nothing.
    let blocked: Vec<&str> = args
        .iter()
        .map(|arg| {
            if arg.ends_with("4242") {
                "runs/20260310T091300Z-demo-title-case-4190"
            } else {
                arg
            }
        })
        .collect();
    assert_eq!(ccr(world.path(), &blocked).code, 1);
}
