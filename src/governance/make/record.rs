// SPDX-License-Identifier: Apache-2.0
//! `evidence record`: one bounded change in a copied workspace, and everything that proves what it
//! did (specification, sections 2 and 3). The workspace's origin is only read.

use super::draft::{RunDraft, Step};
use super::seal::{self, Contents};
use super::workspace::State;
use crate::governance::paths::covered;
use crate::governance::profile::Profile;
use crate::record;
use crate::support::clock;
use crate::support::process::{self, Cell, Finished, Limits, Surroundings};
use crate::support::pyjson::ordered::Value;
use jiff::Timestamp;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Who makes the change.
#[derive(Debug, Clone)]
pub enum Engine {
    /// A recorded patch; nothing is executed for it.
    Fake {
        /// The patch; no change when absent.
        patch: Option<String>,
    },
    /// A program.
    Exec {
        /// Program and arguments.
        command: Vec<String>,
    },
}

/// What is to be recorded.
#[derive(Debug, Clone)]
pub struct Order<'a> {
    /// Names and vocabularies.
    pub profile: &'a Profile,
    /// The task contract's text.
    pub contract_text: Vec<u8>,
    /// The contract.
    pub contract: Value,
    /// What is copied.
    pub source: PathBuf,
    /// The case's name; the task's id in lower case when absent.
    pub case_id: Option<String>,
    /// Adapter id.
    pub backend: String,
    /// Who makes the change.
    pub engine: Engine,
    /// Whether programs may be started at all.
    pub may_execute: bool,
    /// The recorded act of approval: `actor`, `scope`, `mutation_mode`, `timestamp`, `expiry`.
    pub approval: Option<Value>,
    /// Bound of the backend and of each verification.
    pub bound: Duration,
}

/// Members of a contract that a record cannot do without.
const NEEDED: &[&str] = &[
    "task_id",
    "allowed_paths",
    "forbidden_actions",
    "mutation_mode",
];

/// Names of variables that a program sees besides what it is given.
const ENVIRONMENT: &[&str] = &["PATH", "LANG", "LC_ALL", "TZ", "SystemRoot"];

/// Records a run.
///
/// # Errors
/// The contract lacks a member, the source cannot be read, or a scratch folder cannot be made;
/// everything else that goes wrong is what the run records.
pub fn record(order: &Order<'_>) -> io::Result<(RunDraft, Contents)> {
    let invalid = |why: String| io::Error::new(io::ErrorKind::InvalidInput, why);
    for key in NEEDED {
        let member = order.contract.get(key);
        let empty = match member {
            Some(Value::String(text)) => text.is_empty(),
            Some(Value::Array(items)) => items.is_empty(),
            _ => true,
        };
        if empty {
            return Err(invalid(format!("the contract lacks `{key}`")));
        }
    }
    let before = State::read(&order.source)?;
    let scratch = tempfile::tempdir()?;
    let workspace = scratch.path().join("workspace");
    std::fs::create_dir(&workspace)?;
    before.copy_to(&workspace)?;
    let mut recorder = Recorder::new(order, &workspace)?;
    recorder.run(&before)?;
    let contents = recorder.draft.contents();
    Ok((recorder.draft, contents))
}

struct Recorder<'o> {
    order: &'o Order<'o>,
    workspace: &'o Path,
    draft: RunDraft,
    mode: String,
}

impl<'o> Recorder<'o> {
    fn new(order: &'o Order<'o>, workspace: &'o Path) -> io::Result<Self> {
        let started = now()?;
        let task = order.contract.text("task_id").unwrap_or("task");
        let case_id = case_of(order.case_id.as_deref().unwrap_or(task));
        let stamp = started.strftime("%Y%m%dT%H%M%SZ");
        let mut files = Contents::new();
        files.insert("backend/task.json".to_owned(), order.contract_text.clone());
        Ok(Self {
            order,
            workspace,
            mode: order
                .contract
                .text("mutation_mode")
                .unwrap_or("none")
                .to_owned(),
            draft: RunDraft {
                run_id: format!("{stamp}-{case_id}-{}", std::process::id()),
                case_id,
                backend: order.backend.clone(),
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
                files,
            },
        })
    }

    fn run(&mut self, before: &State) -> io::Result<()> {
        let (backend, case) = (self.draft.backend.clone(), self.draft.case_id.clone());
        self.event(
            "run.started",
            "harness",
            record! { "backend" => backend, "case_id" => case },
        )?;
        let task = self
            .order
            .contract
            .text("task_id")
            .unwrap_or_default()
            .to_owned();
        let data =
            record! { "task_id" => task, "mutation_mode" => &self.mode, "clean_start" => true };
        self.event("task.contract.created", "harness", data)?;
        self.trace(
            "workspace.copy",
            true,
            &[("files", Value::from(before.files.len()))],
        )?;
        if !before.links.is_empty() {
            let links = before.links.iter().map(Value::from).collect::<Vec<_>>();
            self.trace(
                "workspace.links_left_out",
                true,
                &[("paths", Value::from(links))],
            )?;
        }
        match self.gate() {
            Some((gate, marker, code, why)) => self.stopped(gate, marker, code, &why)?,
            None => self.change(before)?,
        }
        let status = self.draft.status.clone();
        self.event("run.completed", "harness", record! { "status" => status })?;
        self.trace("artifacts.sealed", true, &[])?;
        self.draft.finished = self
            .draft
            .events
            .last()
            .map_or(self.draft.started, |step| step.at);
        self.draft.finished = self.draft.finished.max(now()?);
        if !self
            .draft
            .files
            .keys()
            .any(|name| name.starts_with("backend/") && name != "backend/task.json")
        {
            self.draft.files.insert(
                "backend/engine.log".to_owned(),
                b"the engine wrote nothing\n".to_vec(),
            );
        }
        self.members();
        Ok(())
    }

    /// The gate that is not open: its name, the marker that says so, the blocker, and why.
    fn gate(&self) -> Option<(&'static str, &'static str, &'static str, String)> {
        let closed = |gate, marker, code, why: &str| Some((gate, marker, code, why.to_owned()));
        if matches!(self.order.engine, Engine::Exec { .. }) && !self.order.may_execute {
            let why = "execution is not allowed by flag and configuration";
            return closed("engine", "case-gate.log", "gate_missing", why);
        }
        let gates = &self.order.profile.gates;
        if gates.rank(&self.mode).is_none() {
            return closed(
                "mutation_mode",
                "case-gate.log",
                "gate_missing",
                "the mutation mode is not known",
            );
        }
        if let Engine::Fake { .. } = self.order.engine
            && self.mode == "none"
        {
            return closed(
                "mutation_mode",
                "case-gate.log",
                "gate_missing",
                "the contract allows no change",
            );
        }
        let wanted = gates.needs_approval(&self.mode)
            || self
                .order
                .contract
                .get("approval_required")
                .and_then(Value::as_bool)
                == Some(true);
        if !wanted {
            return None;
        }
        let Some(approval) = &self.order.approval else {
            return closed(
                "approval",
                "case-gate.log",
                "gate_missing",
                "an approval is required and none was given",
            );
        };
        let lacks = ["actor", "scope", "mutation_mode", "timestamp", "expiry"]
            .iter()
            .find(|key| approval.get(key).is_none());
        if let Some(key) = lacks {
            let why = format!("the approval lacks `{key}`");
            return Some(("approval", "case-gate.log", "gate_missing", why));
        }
        let own = [Some(self.draft.backend.as_str()), Some("harness")];
        if own.contains(&approval.text("actor")) {
            return closed(
                "approval",
                "case-gate.log",
                "gate_missing",
                "the approval's actor is not an operator",
            );
        }
        if approval.text("mutation_mode") != Some(&self.mode) {
            return closed(
                "approval",
                "case-gate.log",
                "gate_missing",
                "the approval is for another mutation mode",
            );
        }
        let expiry = approval
            .text("expiry")
            .and_then(crate::governance::stamp::utc);
        let expired = expiry.is_some_and(|expiry| expiry < self.draft.started);
        if expired || (expiry.is_none() && !approval.get("expiry").is_some_and(Value::is_null)) {
            return closed(
                "approval",
                "case-gate.log",
                "gate_missing",
                "the approval has expired",
            );
        }
        None
    }

    fn stopped(&mut self, gate: &str, marker: &str, code: &str, why: &str) -> io::Result<()> {
        self.trace("gate.preflight", false, &[("gate", Value::from(gate))])?;
        let data = record! {
            "backend" => &self.draft.backend,
            "gate" => gate,
            "reason" => code,
            "mutation_mode" => &self.mode,
            "case_executed" => false,
        };
        self.event("backend.gate.blocked", "harness", data)?;
        for area in ["plan", "patch", "diff", "verification", "approval"] {
            self.draft.not_applicable.push((area, why.to_owned()));
        }
        self.draft.test_log = format!("No verification was run: {why}.\n").into_bytes();
        let note = format!("{why}; the backend was not started\n");
        self.draft
            .files
            .insert(format!("backend/{marker}"), note.into_bytes());
        self.end("blocked", code, why);
        Ok(())
    }

    fn end(&mut self, status: &str, code: &str, why: &str) {
        if self.draft.status != "fail" {
            status.clone_into(&mut self.draft.status);
        }
        self.draft.blockers.push((code.to_owned(), why.to_owned()));
        self.draft.harness_exit = if self.draft.status == "blocked" { 3 } else { 1 };
    }

    fn change(&mut self, before: &State) -> io::Result<()> {
        self.trace("gate.preflight", true, &[])?;
        let step = match &self.order.engine {
            Engine::Fake { .. } => "apply the recorded patch",
            Engine::Exec { .. } => "run the backend",
        };
        let backend = self.draft.backend.clone();
        let steps = vec![Value::from(step), Value::from("run the verification")];
        self.event("plan.updated", &backend, record! { "steps" => steps })?;
        if let Some(approval) = &self.order.approval {
            let scope = approval.get("scope").cloned().unwrap_or_default();
            let asked = record! {
                "actor" => "harness",
                "scope" => scope,
                "mutation_mode" => &self.mode,
                "timestamp" => clock::rfc3339(now()?),
                "expiry" => approval.get("expiry").cloned().unwrap_or_default(),
            };
            self.event("approval.requested", "harness", asked)?;
            let actor = approval.text("actor").unwrap_or_default().to_owned();
            self.event("approval.granted", &actor, approval.clone())?;
        }
        let after = match self.order.engine.clone() {
            Engine::Fake { patch } => self.replayed(before, patch.as_deref())?,
            Engine::Exec { command } => self.executed(before, &command)?,
        };
        self.compared(before, &after)?;
        self.verified(&after)
    }

    fn replayed(&mut self, before: &State, patch: Option<&str>) -> io::Result<State> {
        self.draft.backend_exit = Some(0);
        let after = patch.map_or_else(|| Ok(before.clone()), |patch| before.patched(patch));
        let (log, after) = match after {
            Ok(after) => ("fake lane: applied the recorded patch\n".to_owned(), after),
            Err(why) => {
                self.draft.backend_exit = Some(1);
                self.end("fail", "agent_protocol_failed", &why);
                (format!("fake lane: {why}\n"), before.clone())
            }
        };
        self.draft
            .files
            .insert("backend/fake.stdout.log".to_owned(), log.into_bytes());
        after.copy_to(self.workspace)?;
        for gone in before
            .files
            .keys()
            .filter(|name| !after.files.contains_key(*name))
        {
            std::fs::remove_file(self.workspace.join(gone))?;
        }
        Ok(after)
    }

    fn executed(&mut self, before: &State, command: &[String]) -> io::Result<State> {
        let argv = command.iter().map(Value::from).collect::<Vec<_>>();
        let argv = Value::from(argv);
        let Some((program, arguments)) = command.split_first() else {
            self.end("blocked", "provider_unavailable", "no command was given");
            return Ok(before.clone());
        };
        match self.start(Path::new(program), arguments) {
            Err(error) => {
                self.trace("backend.started", false, &[("argv", argv)])?;
                let why = format!("`{program}` cannot be started: {error}");
                self.marker("provider-unavailable.txt", &why);
                self.end("blocked", "provider_unavailable", &why);
            }
            Ok(finished) => {
                self.trace("backend.started", true, &[("argv", argv)])?;
                let code = if finished.timed_out {
                    124
                } else {
                    i64::from(finished.code)
                };
                self.draft.backend_exit = Some(code);
                let files = &mut self.draft.files;
                files.insert("backend/exec.stdout.log".to_owned(), finished.stdout.bytes);
                files.insert("backend/exec.stderr.log".to_owned(), finished.stderr.bytes);
                if finished.timed_out {
                    let seconds = self.order.bound.as_secs();
                    self.trace(
                        "backend.timeout",
                        false,
                        &[(
                            "bound_s",
                            Value::from(i64::try_from(seconds).unwrap_or(i64::MAX)),
                        )],
                    )?;
                    self.marker("provider-timeout.txt", "the backend passed its bound");
                    let why = format!("the backend passed its bound of {seconds} s");
                    self.end("blocked", "timeout", &why);
                } else if code != 0 {
                    let why = format!("the backend ended with exit code {code}");
                    self.marker("provider-agent-protocol.txt", &why);
                    self.end("fail", "agent_protocol_failed", &why);
                }
            }
        }
        State::read(self.workspace)
    }

    fn marker(&mut self, file: &str, why: &str) {
        let name = format!("backend/{file}");
        self.draft
            .files
            .insert(name, format!("{why}\n").into_bytes());
    }

    fn start(&self, program: &Path, arguments: &[String]) -> io::Result<Finished> {
        let mut environment: Vec<(String, OsString)> = ENVIRONMENT
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), std::env::var_os(name)?)))
            .collect();
        // A home of its own: nothing of the person's is read or left behind.
        let home = self
            .workspace
            .parent()
            .unwrap_or(self.workspace)
            .as_os_str();
        environment.push(("HOME".to_owned(), home.to_owned()));
        environment.push(("PYTHONDONTWRITEBYTECODE".to_owned(), OsString::from("1")));
        let cell = Cell {
            environment: &environment,
            folder: self.workspace,
            input: b"",
        };
        let limits = Limits {
            time: self.order.bound,
            bytes: 8 << 20,
            surroundings: Surroundings::Bare(&[]),
        };
        process::run_in(program, arguments, cell, limits)
    }

    fn compared(&mut self, before: &State, after: &State) -> io::Result<()> {
        let changed = before.changed(after);
        let names = Value::from(changed.iter().map(Value::from).collect::<Vec<_>>());
        self.draft.patch = before.diff(after);
        if changed.is_empty() {
            let why = "a change is required and there is none";
            self.draft.not_applicable.push(("patch", why.to_owned()));
            self.draft.not_applicable.push(("diff", why.to_owned()));
            if self.draft.blockers.is_empty() {
                self.end("fail", "no_diff", why);
            }
        } else {
            let backend = self.draft.backend.clone();
            self.event(
                "patch.applied",
                &backend,
                record! { "files" => names.clone() },
            )?;
        }
        let contract = &self.order.contract;
        let listed = |key: &str| {
            contract
                .items(key)
                .iter()
                .filter_map(Value::as_str)
                .collect::<Vec<_>>()
        };
        let (allowed, forbidden) = (listed("allowed_paths"), listed("forbidden_paths"));
        let outside: Vec<&String> = changed
            .iter()
            .filter(|name| !covered(&allowed, name))
            .collect();
        let under: Vec<&String> = changed
            .iter()
            .filter(|name| covered(&forbidden, name))
            .collect();
        let passed = outside.is_empty();
        let clean = under.is_empty();
        let mut data = record! { "allowed_writes_passed" => passed, "changed_files" => names };
        let code = (changed.is_empty())
            .then_some("no_diff")
            .or((!passed).then_some("disallowed_file_change"));
        if let Some(code) = code.filter(|_| self.draft.blockers.is_empty() || changed.is_empty()) {
            seal::report_set(&mut data, "blocker", Value::from(code));
        }
        let (outside, under) = (quoted(&outside), quoted(&under));
        self.draft.changed_files = changed;
        self.event("git.diff.checked", "harness", data)?;
        self.draft
            .further
            .push(("allowed_writes_passed", Value::from(passed)));
        self.draft
            .further
            .push(("forbidden_paths_passed", Value::from(clean)));
        if !passed {
            self.end(
                "fail",
                "disallowed_file_change",
                &format!("outside the allowed paths: {outside}"),
            );
        }
        if !clean {
            self.end(
                "fail",
                "forbidden_path_change",
                &format!("under a forbidden path: {under}"),
            );
        }
        Ok(())
    }

    fn verified(&mut self, after: &State) -> io::Result<()> {
        let contract = &self.order.contract;
        let commands: Vec<String> = contract
            .items("verification_commands")
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect();
        if commands.is_empty() || !self.order.may_execute {
            let why = if commands.is_empty() {
                "the contract names no verification command"
            } else {
                "execution is not allowed by flag and configuration"
            };
            let command = commands.first().cloned().unwrap_or_default();
            let entry = record! { "command" => command, "exit_code" => Value::Null, "passed" => false, "missing" => true };
            self.draft.verification.push(entry.clone());
            self.draft.test_log = format!("No verification was run: {why}.\n").into_bytes();
            let mut data = entry;
            seal::report_set(&mut data, "blocker", Value::from("missing_test_command"));
            self.event("verification.completed", "harness", data)?;
            self.end("blocked", "missing_test_command", why);
            return Ok(());
        }
        let mut all = true;
        for command in commands {
            let (shell, flag) = if cfg!(windows) {
                ("cmd", "/C")
            } else {
                ("sh", "-c")
            };
            let run = self.start(Path::new(shell), &[flag.to_owned(), command.clone()]);
            let (exit, said) = match run {
                Ok(finished) => {
                    let code = if finished.timed_out {
                        124
                    } else {
                        i64::from(finished.code)
                    };
                    (
                        code,
                        [finished.stdout.bytes, finished.stderr.bytes].concat(),
                    )
                }
                Err(error) => (127, error.to_string().into_bytes()),
            };
            let log = &mut self.draft.test_log;
            log.extend_from_slice(format!("$ {command}\n").as_bytes());
            log.extend_from_slice(&said);
            if !log.ends_with(b"\n") {
                log.push(b'\n');
            }
            log.extend_from_slice(format!("exit code: {exit}\n").as_bytes());
            let passed = exit == 0;
            all &= passed;
            let mut entry =
                record! { "command" => &command, "exit_code" => exit, "passed" => passed };
            let mut data = entry.clone();
            seal::report_set(&mut entry, "log", Value::from("test.log"));
            self.draft.verification.push(entry);
            if !passed {
                seal::report_set(&mut data, "blocker", Value::from("verification_failed"));
            }
            self.event("verification.completed", "harness", data)?;
        }
        self.draft.further.push(("tests_passed", Value::from(all)));
        if !all {
            self.end(
                "fail",
                "verification_failed",
                "a verification command did not end with exit code 0",
            );
        }
        let left = after.changed(&State::read(self.workspace)?);
        let paths = left.iter().map(Value::from).collect::<Vec<_>>();
        self.trace(
            "clean_end.check",
            left.is_empty(),
            &[("dirty_paths", Value::from(paths))],
        )?;
        if !left.is_empty() {
            let names = quoted(&left.iter().collect::<Vec<_>>());
            self.end(
                "fail",
                "dirty_ending_tree",
                &format!("the verification changed {names}"),
            );
        }
        Ok(())
    }

    fn members(&mut self) {
        let contract = &self.order.contract;
        let copy = |key: &str| {
            contract
                .get(key)
                .cloned()
                .unwrap_or_else(|| Value::from(Vec::<Value>::new()))
        };
        let started = self.draft.backend_exit.is_some();
        let approval = match (
            &self.order.approval,
            self.draft
                .events
                .iter()
                .any(|e| e.event == "approval.granted"),
        ) {
            (Some(_), true) => "granted",
            _ => "not-required",
        };
        let scope = self
            .order
            .profile
            .gates
            .stages
            .iter()
            .find(|stage| stage.mode == self.mode);
        let mut further = vec![
            ("allowed_paths", copy("allowed_paths")),
            ("forbidden_paths", copy("forbidden_paths")),
            (
                "forbidden_actions_attempted",
                Value::from(Vec::<Value>::new()),
            ),
            ("approval_status", Value::from(approval)),
            ("mutation_mode", Value::from(&self.mode)),
            ("case_process_started", Value::from(started)),
        ];
        if let Some(scope) = scope {
            further.push(("allowed_mutation_scope", Value::from(&scope.scope)));
        }
        if !self
            .draft
            .further
            .iter()
            .any(|(key, _)| *key == "allowed_writes_passed")
        {
            further.push(("allowed_writes_passed", Value::from(true)));
        }
        further.append(&mut self.draft.further);
        self.draft.further = further;
    }

    fn event(&mut self, name: &str, actor: &str, data: Value) -> io::Result<()> {
        let last = self.draft.events.last().map(|step| step.at);
        let at = now()?;
        self.draft.events.push(Step {
            event: name.to_owned(),
            actor: actor.to_owned(),
            at: last.map_or(at, |last| last.max(at)),
            data,
        });
        Ok(())
    }

    fn trace(&mut self, step: &str, ok: bool, further: &[(&str, Value)]) -> io::Result<()> {
        let mut line = record! { "step" => step, "ok" => ok, "ts" => clock::rfc3339(now()?) };
        for (key, value) in further {
            seal::report_set(&mut line, key, value.clone());
        }
        self.draft.trace.push(line);
        Ok(())
    }
}

fn now() -> io::Result<Timestamp> {
    clock::report_time().map_err(io::Error::other)
}

fn quoted(names: &[&String]) -> String {
    let ticked: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    ticked.join(", ")
}

/// A name as it may stand in a run id.
fn case_of(text: &str) -> String {
    let mut name = String::new();
    for c in text.chars() {
        let c = c.to_ascii_lowercase();
        if c.is_ascii_lowercase() || c.is_ascii_digit() || c == '.' {
            name.push(c);
        } else if !name.is_empty() && !name.ends_with('-') {
            name.push('-');
        }
    }
    let name = name.trim_matches(['-', '.']).to_owned();
    if name.is_empty() {
        "case".to_owned()
    } else {
        name
    }
}
