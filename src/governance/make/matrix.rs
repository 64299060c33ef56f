// SPDX-License-Identifier: Apache-2.0
//! The failure matrix (specification, section 2.7): a synthetic run for every class, each valid
//! fail-closed evidence. Any auditor or harness may be held against them.

use super::draft::{RunDraft, Step};
use super::seal::Contents;
use super::workspace::State;
use crate::governance::profile::{Failure, Profile};
use crate::record;
use crate::support::pyjson::ordered::Value;
use jiff::{SignedDuration, Timestamp};

/// When the first run begins; the others follow a minute apart. Fixed, so that the same binary
/// writes the same bytes.
const FIRST: i64 = 1_767_225_600;
/// What the runs change.
const FILE: &str = "src/greeting.txt";
/// What they may change.
const ALLOWED: &str = "src/";
/// The verification.
const COMMAND: &str = "sh check.sh";
/// Pair under which the candidate is admitted.
const PAIR: (&str, &str) = ("example-provider", "example-model-1");

/// Every class of the profile: name of the run directory and its files.
pub fn runs(profile: &Profile) -> Vec<(String, Contents)> {
    let failures = profile.evidence.failures.iter().enumerate();
    failures
        .map(|(index, failure)| {
            let draft = Scene::new(profile, failure, index).play();
            (draft.run_id.clone(), draft.contents())
        })
        .collect()
}

/// One run while it is told.
struct Scene<'p> {
    profile: &'p Profile,
    code: &'p str,
    run: RunDraft,
    now: Timestamp,
    mode: &'static str,
}

impl<'p> Scene<'p> {
    fn new(profile: &'p Profile, failure: &'p Failure, index: usize) -> Self {
        let start = FIRST + 60 * i64::try_from(index).unwrap_or(0);
        let started = Timestamp::from_second(start).unwrap_or(Timestamp::UNIX_EPOCH);
        let case_id = if failure.fixture.is_empty() {
            failure.code.replace('_', "-")
        } else {
            failure.fixture.clone()
        };
        let run_id = format!(
            "{}-{case_id}-{}",
            started.strftime("%Y%m%dT%H%M%SZ"),
            index + 1
        );
        Self {
            profile,
            code: &failure.code,
            mode: "copied-fixture",
            now: started,
            run: RunDraft {
                run_id,
                case_id,
                backend: profile.evidence.candidate.clone(),
                status: failure.status.clone(),
                started,
                finished: started,
                backend_exit: Some(0),
                harness_exit: if failure.status == "blocked" { 3 } else { 1 },
                changed_files: Vec::new(),
                blockers: Vec::new(),
                verification: Vec::new(),
                further: Vec::new(),
                not_applicable: Vec::new(),
                events: Vec::new(),
                trace: Vec::new(),
                patch: Vec::new(),
                test_log: Vec::new(),
                files: Contents::new(),
            },
        }
    }

    fn play(mut self) -> RunDraft {
        let preflight = self.preflight();
        match preflight {
            Some((gate, marker, why)) => self.stopped_at(gate, marker, why),
            None => self.started(),
        }
        self.run
    }

    /// Gate, marker file and reason of the classes that end before the process is started.
    fn preflight(&self) -> Option<(&'static str, &'static str, &'static str)> {
        Some(match self.code {
            "gate_missing" => ("engine", "case-gate.log", "the engine gate is not set"),
            "model_not_admitted" => (
                "model_admission",
                "provider-model-not-admitted.txt",
                "the requested model has no admission",
            ),
            "provider_auth_unavailable" => (
                "auth",
                "provider-auth-unavailable.txt",
                "no credential bridge is proven",
            ),
            "local_config_missing" => (
                "local_config",
                "provider-local-config-unavailable.txt",
                "the local endpoint was not supplied",
            ),
            "response_shape_unavailable" => (
                "response_shape",
                "provider-reasoning-only.txt",
                "the probe found no assistant content",
            ),
            "provider_unavailable" => (
                "provider",
                "provider-unavailable.txt",
                "the provider's executable was not found",
            ),
            "dirty_starting_tree" => (
                "clean_start",
                "preflight.log",
                "the target is not clean: notes.txt",
            ),
            "dirty_source_start" => (
                "source_clean",
                "preflight.log",
                "the source is not clean: notes.txt",
            ),
            "unowned_repository" => (
                "target_admission",
                "preflight.log",
                "nobody is named as the target's owner",
            ),
            "critical_repository" => (
                "target_admission",
                "preflight.log",
                "the target is not of low risk",
            ),
            "target_not_admitted" => (
                "target_admission",
                "preflight.log",
                "the target has no admission",
            ),
            _ => return None,
        })
    }

    fn tick(&mut self) -> Timestamp {
        self.now = self
            .now
            .saturating_add(SignedDuration::from_secs(1))
            .unwrap_or(self.now);
        self.now
    }

    fn event(&mut self, name: &str, actor: &str, data: Value) {
        let at = if self.run.events.is_empty() {
            self.now
        } else {
            self.tick()
        };
        self.run.events.push(Step {
            event: name.to_owned(),
            actor: actor.to_owned(),
            at,
            data,
        });
    }

    /// An event that carries the blocker when it is its class's.
    fn carrier(&mut self, name: &str, actor: &str, mut data: Value) {
        let failure = self.profile.evidence.failure(self.code);
        let carries = failure.and_then(|failure| failure.event.as_deref()) == Some(name);
        if carries {
            super::seal::report_set(&mut data, "blocker", Value::from(self.code));
        }
        self.event(name, actor, data);
    }

    fn trace(&mut self, step: &str, ok: bool, further: &[(&str, Value)]) {
        let at = crate::support::clock::rfc3339(self.now);
        let mut line = record! { "step" => step, "ok" => ok, "ts" => at };
        for (key, value) in further {
            super::seal::report_set(&mut line, key, value.clone());
        }
        self.run.trace.push(line);
    }

    fn blocked_by(&mut self, message: &str) {
        self.run
            .blockers
            .push((self.code.to_owned(), message.to_owned()));
    }

    fn absent(&mut self, areas: &[&'static str], why: &str) {
        self.run
            .not_applicable
            .extend(areas.iter().map(|area| (*area, why.to_owned())));
    }

    fn begin(&mut self) {
        let candidate = self.run.backend.clone();
        let case = self.run.case_id.clone();
        self.event(
            "run.started",
            "harness",
            record! { "backend" => candidate, "case_id" => case },
        );
        let clean = self.code != "dirty_starting_tree";
        let data = record! { "task_id" => "FIXTURE-1", "mutation_mode" => self.mode, "clean_start" => clean };
        self.carrier("task.contract.created", "harness", data);
    }

    fn end(&mut self) {
        let status = self.run.status.clone();
        self.carrier("run.completed", "harness", record! { "status" => status });
        self.run.finished = self.now;
        self.trace("artifacts.sealed", true, &[]);
        let mode = self.mode;
        let further = &mut self.run.further;
        further.push(("mutation_mode", Value::from(mode)));
        if !further.iter().any(|(key, _)| *key == "approval_status") {
            further.push(("approval_status", Value::from("not-required")));
        }
        if !further
            .iter()
            .any(|(key, _)| *key == "allowed_writes_passed")
        {
            further.push(("allowed_writes_passed", Value::from(true)));
        }
    }

    /// Blocked before the process was started.
    fn stopped_at(&mut self, gate: &'static str, marker: &'static str, why: &'static str) {
        let tree = matches!(gate, "clean_start" | "source_clean");
        self.mode = match gate {
            "engine" => "none",
            "target_admission" => "owned-noncritical-repo",
            _ => "copied-fixture",
        };
        self.begin();
        let dirty = Value::from(if tree {
            vec![Value::from("notes.txt")]
        } else {
            Vec::new()
        });
        self.trace(
            if tree {
                "clean_start.check"
            } else {
                "gate.preflight"
            },
            false,
            &[("gate", Value::from(gate)), ("dirty_paths", dirty)],
        );
        let (backend, mode) = (self.run.backend.clone(), self.mode);
        let data = record! {
            "backend" => backend,
            "gate" => gate,
            "reason" => self.code,
            "mutation_mode" => mode,
            "case_executed" => false,
        };
        self.carrier("backend.gate.blocked", "harness", data);
        self.blocked_by(why);
        self.absent(&["plan", "patch", "diff", "verification"], why);
        if self.mode == "owned-noncritical-repo" {
            self.absent(&["approval"], why);
            self.run.further.push((
                "target_repository_admission_status",
                Value::from("not_admitted"),
            ));
        }
        self.run.backend_exit = None;
        self.run
            .further
            .push(("case_process_started", Value::from(false)));
        self.run
            .further
            .push(("source_admission_status", Value::from("not_admitted")));
        if self.code == "model_not_admitted" {
            self.run.further.push((
                "case_model_admission_status",
                Value::from("missing_admission"),
            ));
        }
        if tree {
            self.run
                .further
                .push(("target_repository_start_clean", Value::from(false)));
        }
        self.run.test_log = format!("No verification was run: {why}.\n").into_bytes();
        let line = format!("{why}; the backend was not started\n");
        self.run
            .files
            .insert(format!("backend/{marker}"), line.into_bytes());
        self.end();
    }

    /// The process was started.
    fn started(&mut self) {
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
        self.absent(&["patch", "diff", "verification"], why);
        self.run.test_log = format!("No verification was run: {why}.\n").into_bytes();
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
                self.absent(&["patch", "diff"], "the reviewer rejected the plan");
                let entry = record! { "command" => "review", "exit_code" => 1_i64, "passed" => false, "log" => "test.log" };
                self.run.verification.push(entry);
                self.run.test_log =
                    b"review\nrejected: the plan is too broad\nexit code: 1\n".to_vec();
                let data =
                    record! { "command" => "review", "exit_code" => 1_i64, "passed" => false };
                self.carrier("verification.completed", "harness", data);
                self.blocked_by("the reviewer rejected the plan");
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
                .insert("deploy/run.txt".to_owned(), b"now\n".to_vec()),
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
            self.absent(
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
            self.run
                .further
                .push(("forbidden_paths", Value::from(vec![Value::from("deploy/")])));
            self.run
                .further
                .push(("forbidden_paths_passed", Value::from(false)));
            self.blocked_by("`deploy/run.txt` lies under a forbidden path");
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_is_written_with_all_artifacts_and_its_code() {
        let profile = Profile::embedded();
        let runs = runs(&profile);
        assert_eq!(runs.len(), profile.evidence.failures.len());
        for ((name, files), failure) in runs.iter().zip(&profile.evidence.failures) {
            assert!(crate::governance::files::is_run_id(name), "{name}");
            for artifact in &profile.evidence.required {
                let there = files.keys().any(|file| file.starts_with(artifact.as_str()));
                assert!(there, "{name}: {artifact}");
            }
            let report = String::from_utf8(files["report.json"].clone()).unwrap();
            assert!(report.contains(&failure.code), "{name}: {report}");
        }
    }
}
