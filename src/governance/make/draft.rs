// SPDX-License-Identifier: Apache-2.0
//! A run that is being written: facts first, then the whole set of artifacts that section 2 asks
//! for, chained, digested and sealed.

use super::seal::{self, Contents};
use crate::governance::run::{REPORT, SEAL};
use crate::record;
use crate::support::clock;
use crate::support::names::all_or_none;
use crate::support::pyjson::ordered::{Object, Value};
use jiff::Timestamp;
use std::fmt::Write as _;

/// A run before it is written.
#[derive(Debug, Clone)]
pub struct RunDraft {
    /// Name of its directory.
    pub run_id: String,
    /// The case.
    pub case_id: String,
    /// Adapter id.
    pub backend: String,
    /// `pass`, `fail` or `blocked`.
    pub status: String,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub finished: Timestamp,
    /// Exit code of the backend; nothing when it was never started.
    pub backend_exit: Option<i64>,
    /// Exit code of the harness.
    pub harness_exit: i64,
    /// Files of the patch, sorted.
    pub changed_files: Vec<String>,
    /// Blocker codes and messages.
    pub blockers: Vec<(String, String)>,
    /// Entries of `verification`.
    pub verification: Vec<Value>,
    /// Further members of the report, in order.
    pub further: Vec<(&'static str, Value)>,
    /// Areas that do not apply, and why.
    pub not_applicable: Vec<(&'static str, String)>,
    /// Events, first to last.
    pub events: Vec<Step>,
    /// Lines of the trace.
    pub trace: Vec<Value>,
    /// `patch.diff`.
    pub patch: Vec<u8>,
    /// `test.log`.
    pub test_log: Vec<u8>,
    /// Further files: raw logs below `backend/`, stage proofs.
    pub files: Contents,
}

/// An event before it has a place in the chain.
#[derive(Debug, Clone)]
pub struct Step {
    /// Name.
    pub event: String,
    /// Who.
    pub actor: String,
    /// When.
    pub at: Timestamp,
    /// What.
    pub data: Value,
}

/// The id of a run by its beginning and its case; who makes several of one second adds a number.
pub(super) fn run_id(started: Timestamp, case_id: &str) -> String {
    format!("{}-{case_id}", started.strftime("%Y%m%dT%H%M%SZ"))
}

impl RunDraft {
    /// A run that has begun and in which nothing happened yet: it passes until something says
    /// otherwise.
    pub(super) fn begun(
        run_id: String,
        case_id: String,
        backend: &str,
        started: Timestamp,
    ) -> Self {
        Self {
            run_id,
            case_id,
            backend: backend.to_owned(),
            status: "pass".to_owned(),
            started,
            finished: started,
            backend_exit: None,
            harness_exit: 0,
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
        }
    }

    /// An event; no event is dated before the one before it.
    pub(super) fn happened(&mut self, name: &str, actor: &str, data: Value, at: Timestamp) {
        let last = self.events.last().map(|step| step.at);
        self.events.push(Step {
            event: name.to_owned(),
            actor: actor.to_owned(),
            at: last.map_or(at, |last| last.max(at)),
            data,
        });
    }

    /// A line of the trace.
    pub(super) fn did(&mut self, step: &str, ok: bool, further: &[(&str, Value)], at: Timestamp) {
        let mut line = record! { "step" => step, "ok" => ok, "ts" => clock::rfc3339(at) };
        for (key, value) in further {
            seal::report_set(&mut line, key, value.clone());
        }
        self.trace.push(line);
    }

    /// Areas that do not apply.
    pub(super) fn leave_out(&mut self, areas: &[&'static str], why: &str) {
        let areas = areas.iter().map(|area| (*area, why.to_owned()));
        self.not_applicable.extend(areas);
    }

    /// No verification was run.
    pub(super) fn unverified(&mut self, why: &str) {
        self.leave_out(&["verification"], why);
        self.test_log = format!("No verification was run: {why}.\n").into_bytes();
    }

    /// Every file of the run directory.
    pub fn contents(&self) -> Contents {
        let mut files = self.files.clone();
        let (events, head) = seal::chain(self.chained());
        files.insert("events.normalized.jsonl".to_owned(), events);
        files.insert("patch.diff".to_owned(), self.patch.clone());
        files.insert("test.log".to_owned(), self.test_log.clone());
        files.insert("trace.jsonl".to_owned(), jsonl(&self.trace));
        files.insert("report.md".to_owned(), self.page().into_bytes());
        let finished = clock::rfc3339(self.finished);
        let mut report = self.report(&head);
        let freshness = self.freshness(files.keys().map(String::as_str).chain([REPORT]));
        seal::report_set(&mut report, "freshness", freshness);
        seal::fill_digests(&mut report, &files);
        files.insert(REPORT.to_owned(), seal::file_of(&report));
        let sealed = seal::seal(&files, &self.run_id, &finished, Some(&head), None);
        files.insert(SEAL.to_owned(), seal::file_of(&sealed));
        files
    }

    fn chained(&self) -> Vec<Value> {
        let event = |(index, step): (usize, &Step)| {
            record! {
                "event" => &step.event,
                "run_id" => &self.run_id,
                "seq" => index + 1,
                "ts" => clock::rfc3339(step.at),
                "actor" => &step.actor,
                "data" => step.data.clone(),
            }
        };
        self.events.iter().enumerate().map(event).collect()
    }

    fn report(&self, head: &str) -> Value {
        let texts = |list: &[String]| Value::from(list.iter().map(Value::from).collect::<Vec<_>>());
        let blocker =
            |(code, message): &(String, String)| record! { "code" => code, "message" => message };
        let blockers: Vec<Value> = self.blockers.iter().map(blocker).collect();
        let exit = self.backend_exit.map_or(Value::Null, Value::from);
        let mut report = record! {
            "schema_version" => "cto.run_report.v1",
            "case_id" => &self.case_id,
            "run_id" => &self.run_id,
            "status" => &self.status,
            "backend" => &self.backend,
            "run_started_at" => clock::rfc3339(self.started),
            "run_finished_at" => clock::rfc3339(self.finished),
            "backend_exit_code" => exit,
            "harness_exit_code" => self.harness_exit,
            "changed_files" => texts(&self.changed_files),
        };
        for (key, value) in &self.further {
            seal::report_set(&mut report, key, value.clone());
        }
        seal::report_set(
            &mut report,
            "verification",
            Value::from(self.verification.clone()),
        );
        seal::report_set(&mut report, "blockers", Value::from(blockers));
        if let Some((_, message)) = self.blockers.first() {
            seal::report_set(&mut report, "failure_reason", Value::from(message));
        }
        if !self.not_applicable.is_empty() {
            let areas: Object = self
                .not_applicable
                .iter()
                .map(|(area, why)| ((*area).to_owned(), Value::from(why)))
                .collect();
            seal::report_set(&mut report, "not_applicable", Value::Object(areas));
        }
        seal::report_set(
            &mut report,
            "artifacts_dir",
            Value::from(format!("runs/{}", self.run_id)),
        );
        let paths = record! {
            "report.json" => "report.json",
            "report.md" => "report.md",
            "events.normalized.jsonl" => "events.normalized.jsonl",
            "patch.diff" => "patch.diff",
            "test.log" => "test.log",
            "trace.jsonl" => "trace.jsonl",
            "backend" => "backend/",
        };
        seal::report_set(&mut report, "artifact_paths", paths);
        seal::report_set(&mut report, "events_head", Value::from(head));
        seal::report_set(
            &mut report,
            "runtime_default_activation",
            Value::from(false),
        );
        seal::report_set(
            &mut report,
            "core_promotion_status",
            Value::from("not-promoted"),
        );
        report
    }

    fn freshness<'n>(&self, names: impl Iterator<Item = &'n str>) -> Value {
        let at = clock::rfc3339(self.finished);
        let one = record! { "written_at" => &at, "checked_at" => &at, "fresh" => true };
        let mut artifacts: Object = names.map(|name| (name.to_owned(), one.clone())).collect();
        artifacts.sort_unstable_keys();
        record! {
            "run_started_at" => clock::rfc3339(self.started),
            "checked_at" => &at,
            "passed" => true,
            "artifacts" => Value::Object(artifacts),
        }
    }

    fn page(&self) -> String {
        let mut page = format!("# Run {}\n\n", self.run_id);
        let _ = writeln!(page, "- Case: `{}`", self.case_id);
        let _ = writeln!(page, "- Backend: `{}`", self.backend);
        let _ = writeln!(page, "- Status: `{}`", self.status);
        let codes = self.blockers.iter().map(|(code, _)| code.as_str());
        let codes: Vec<&str> = codes.collect();
        let _ = writeln!(page, "- Blockers: {}", all_or_none(&codes));
        let files = all_or_none(&self.changed_files);
        let _ = writeln!(page, "- Changed files: {files}");
        page.push_str("- Runtime default activation: `false`\n");
        page
    }
}

fn jsonl(lines: &[Value]) -> Vec<u8> {
    let mut text = String::new();
    for line in lines {
        text.push_str(&crate::governance::jcs::canonical(line));
        text.push('\n');
    }
    text.into_bytes()
}
