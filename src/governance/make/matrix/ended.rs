// SPDX-License-Identifier: Apache-2.0
//! Classes in which the backend's process ran, and how each of them ended.

use super::{ALLOWED, COMMAND, FILE, PAIR, Scene};
use crate::governance::make::workspace::State;
use crate::record;
use crate::support::pyjson::ordered::Value;
use jiff::SignedDuration;

impl Scene<'_> {
    /// The process was started.
    pub(super) fn started(&mut self) {
        let code = self.code;
        self.mode = match code {
            "approval_denied" => "sandbox-repo",
            "missing_operator_outcome" => "owned-noncritical-repo",
            _ => "copied-fixture",
        };
        self.begin();
        self.trace("gate.preflight", true, &[]);
        self.trace(
            "clean_start.check",
            true,
            &[("dirty_paths", Value::from(Vec::<Value>::new()))],
        );
        self.identity();
        let backend = self.run.backend.clone();
        if code != "missing_required_event" {
            let steps = vec![
                Value::from("write the greeting"),
                Value::from("run the check"),
            ];
            self.event("plan.updated", &backend, record! { "steps" => steps });
        }
        let mut log = "plan accepted\n".to_owned();
        if !self.approved() {
            self.nothing_done("the approval was denied");
            self.blocked_by("the operator denied the change");
        } else if matches!(
            code,
            "timeout" | "agent_protocol_failed" | "reviewer_rejected"
        ) {
            self.ended_early(&mut log);
        } else {
            self.changed();
            self.verified();
            self.afterwards(&mut log);
        }
        self.run
            .files
            .insert("backend/backend.stdout.log".to_owned(), log.into_bytes());
        self.end();
    }

    fn identity(&mut self) {
        let fallback = self.code == "fallback_identity";
        let model = if fallback { "another-model" } else { PAIR.1 };
        let status = if fallback { "mismatch" } else { "admitted" };
        self.run.further.extend([
            ("case_process_started", Value::from(true)),
            ("source_admission_status", Value::from("admitted")),
            ("case_model_provider", Value::from(PAIR.0)),
            ("case_model", Value::from(model)),
            ("case_model_admission_status", Value::from(status)),
            ("allowed_paths", Value::from(vec![Value::from(ALLOWED)])),
        ]);
        if fallback {
            self.blocked_by("the backend fell back to a model that is not admitted");
        }
    }

    /// Asks where the mode asks; whether the run may go on.
    fn approved(&mut self) -> bool {
        if !self.profile.gates.needs_approval(self.mode) {
            return true;
        }
        let granted = self.code != "approval_denied";
        let expiry = self
            .now
            .saturating_add(SignedDuration::from_hours(1))
            .unwrap_or(self.now);
        let expiry = crate::support::clock::rfc3339(expiry);
        for (name, actor) in [
            ("approval.requested", "harness"),
            (
                if granted {
                    "approval.granted"
                } else {
                    "approval.denied"
                },
                "operator:owner",
            ),
        ] {
            let at = self
                .now
                .saturating_add(SignedDuration::from_secs(1))
                .unwrap_or(self.now);
            let data = record! {
                "actor" => actor,
                "scope" => "FIXTURE-1 one run only",
                "mutation_mode" => self.mode,
                "timestamp" => crate::support::clock::rfc3339(at),
                "expiry" => &expiry,
            };
            self.carrier(name, actor, data);
        }
        let status = if granted { "granted" } else { "denied" };
        self.run
            .further
            .push(("approval_status", Value::from(status)));
        granted
    }

    fn nothing_done(&mut self, why: &str) {
        self.run.leave_out(&["patch", "diff"], why);
        self.run.unverified(why);
    }

    fn ended_early(&mut self, log: &mut String) {
        match self.code {
            "timeout" => {
                self.run.backend_exit = Some(124);
                self.tick();
                self.trace(
                    "backend.timeout",
                    false,
                    &[("bound_s", Value::from(60_i64))],
                );
                let note = b"the backend passed its bound of 60 s\n".to_vec();
                self.run
                    .files
                    .insert("backend/provider-timeout.txt".to_owned(), note);
                self.blocked_by("the backend passed its bound of 60 s");
                self.nothing_done("the backend was stopped at its bound");
            }
            "agent_protocol_failed" => {
                let note = b"the result envelope is missing\n".to_vec();
                self.run
                    .files
                    .insert("backend/provider-agent-protocol.txt".to_owned(), note);
                self.blocked_by("the backend's result envelope is missing");
                self.nothing_done("the backend's answer could not be read");
            }
            _ => {
                log.push_str("reviewer: rejected, the plan is too broad\n");
                let data = record! { "command" => "review", "passed" => false };
                self.carrier("verification.completed", "harness", data);
                self.blocked_by("the reviewer rejected the plan");
                self.nothing_done("the reviewer rejected the plan");
            }
        }
    }

    fn changed(&mut self) {
        let code = self.code;
        let backend = self.run.backend.clone();
        let mut before = State::default();
        before.files.insert(FILE.to_owned(), b"hello\n".to_vec());
        let mut after = before.clone();
        if code != "no_diff" {
            after
                .files
                .insert(FILE.to_owned(), b"hello, world\n".to_vec());
        }
        match code {
            "disallowed_file_change" => after
                .files
                .insert("notes.txt".to_owned(), b"note\n".to_vec()),
            "forbidden_path_change" => after
                .files
                .insert("src/deploy/run.txt".to_owned(), b"now\n".to_vec()),
            _ => None,
        };
        self.run.changed_files = before.changed(&after);
        self.run.patch = before.diff(&after);
        let names = || -> Value {
            let names = before.changed(&after);
            Value::from(names.iter().map(Value::from).collect::<Vec<_>>())
        };
        let within = self
            .run
            .changed_files
            .iter()
            .all(|name| name.starts_with(ALLOWED));
        if code == "no_diff" {
            self.run.leave_out(
                &["patch", "diff"],
                "the backend reported success and changed nothing",
            );
            self.blocked_by("a change is required and there is none");
        } else {
            self.event("patch.applied", &backend, record! { "files" => names() });
        }
        self.run
            .further
            .push(("allowed_writes_passed", Value::from(within)));
        if code == "forbidden_path_change" {
            self.run.further.push((
                "forbidden_paths",
                Value::from(vec![Value::from("src/deploy/")]),
            ));
            self.run
                .further
                .push(("forbidden_paths_passed", Value::from(false)));
            self.blocked_by("`src/deploy/run.txt` lies under a forbidden path");
        }
        if code == "disallowed_file_change" {
            self.blocked_by("`notes.txt` lies outside the allowed paths");
        }
        let data = record! { "allowed_writes_passed" => within, "changed_files" => names() };
        self.carrier("git.diff.checked", "harness", data);
    }

    fn verified(&mut self) {
        let failed = self.code == "verification_failed";
        let exit = i64::from(failed);
        if self.code == "missing_test_command" {
            let entry = record! { "command" => "", "exit_code" => Value::Null, "passed" => false, "missing" => true };
            self.run.verification.push(entry);
            let text = "No verification was run: the contract asks for one and names no command.\n";
            self.run.test_log = text.as_bytes().to_vec();
            let data = record! { "command" => "", "exit_code" => Value::Null, "passed" => false, "missing" => true };
            self.carrier("verification.completed", "harness", data);
            self.blocked_by("the contract asks for a verification and names no command");
            return;
        }
        let entry = record! { "command" => COMMAND, "exit_code" => exit, "passed" => !failed, "log" => "test.log" };
        self.run.verification.push(entry);
        let said = if failed {
            "greeting differs"
        } else {
            "greeting is right"
        };
        self.run.test_log = format!("$ {COMMAND}\n{said}\nexit code: {exit}\n").into_bytes();
        let data = record! { "command" => COMMAND, "exit_code" => exit, "passed" => !failed };
        self.carrier("verification.completed", "harness", data);
        self.run
            .further
            .push(("tests_passed", Value::from(!failed)));
        if failed {
            self.blocked_by("the verification ended with exit code 1");
        }
    }

    fn afterwards(&mut self, log: &mut String) {
        let dirty = self.code == "dirty_ending_tree";
        let paths = if dirty {
            vec![Value::from("scratch.tmp")]
        } else {
            Vec::new()
        };
        self.trace(
            "clean_end.check",
            !dirty,
            &[("dirty_paths", Value::from(paths))],
        );
        match self.code {
            "dirty_ending_tree" => {
                self.run
                    .further
                    .push(("target_repository_ending_clean", Value::from(false)));
                self.blocked_by("the tree is not clean after the checks: scratch.tmp");
            }
            "missing_required_event" => self.blocked_by("the event `plan.updated` is missing"),
            "artifact_write_failure" => {
                self.trace(
                    "artifact.write",
                    false,
                    &[("path", Value::from("trace.jsonl"))],
                );
                self.blocked_by("`trace.jsonl` could not be written at first");
            }
            "forbidden_action_attempted" => {
                log.push_str("push refused by the harness\n");
                self.trace("action.refused", false, &[("action", Value::from("push"))]);
                let actions = Value::from(vec![Value::from("push")]);
                self.run
                    .further
                    .push(("forbidden_actions_attempted", actions));
                self.blocked_by("the backend tried to push");
            }
            "missing_operator_outcome" => {
                self.run.further.push((
                    "target_repository_admission_status",
                    Value::from("admitted"),
                ));
                self.blocked_by("the operator has not said whether the change is accepted");
            }
            "source_repository_mutated" => {
                self.run
                    .further
                    .push(("source_repository_mutated", Value::from(true)));
                self.trace("source.check", false, &[]);
                self.blocked_by("the source repository is not as it was before the run");
            }
            "lifecycle_timeout_after_patch" => {
                self.run.backend_exit = Some(124);
                self.trace(
                    "backend.timeout",
                    false,
                    &[("bound_s", Value::from(60_i64))],
                );
                let note = b"the backend passed its bound of 60 s after its change\n".to_vec();
                self.run
                    .files
                    .insert("backend/provider-timeout.txt".to_owned(), note);
                self.blocked_by("the backend passed its bound after its change");
            }
            _ => {}
        }
    }
}
