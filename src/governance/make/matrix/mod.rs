// SPDX-License-Identifier: Apache-2.0
//! The failure matrix (specification, section 2.7): a synthetic run for every class, each valid
//! fail-closed evidence. Any auditor or harness may be held against them.

mod ended;
mod stopped;

use super::draft::{self, RunDraft};
use super::seal::Contents;
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
        let candidate = &profile.evidence.candidate;
        let run_id = format!("{}-{}", draft::run_id(started, &case_id), index + 1);
        Self {
            profile,
            code: &failure.code,
            mode: "copied-fixture",
            now: started,
            run: RunDraft {
                status: failure.status.clone(),
                backend_exit: Some(0),
                harness_exit: if failure.status == "blocked" { 3 } else { 1 },
                ..RunDraft::begun(run_id, case_id, candidate, started)
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
        self.run.happened(name, actor, data, at);
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
        self.run.did(step, ok, further, self.now);
    }

    fn blocked_by(&mut self, message: &str) {
        self.run
            .blockers
            .push((self.code.to_owned(), message.to_owned()));
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
