// SPDX-License-Identifier: Apache-2.0
//! `evidence record`: one bounded change in a copied workspace, and everything that proves what it
//! did (specification, sections 2, 3 and 4.1). The workspace's origin is only read.
//!
//! Flow: [`source`] is read -> [`preflight`] decides -> [`engine`] changes the copy -> [`examine`]
//! compares and verifies -> the copy is removed and the source read again -> [`proof`] states what
//! was observed -> [`verdict`] derives the outcome anew and corrects the claim. A pass that cannot be
//! derived is never claimed.

mod engine;
mod examine;
mod preflight;
mod proof;
mod source;
mod verdict;
mod withheld;

use super::directory::{self, Claim};
use super::draft::{self, RunDraft};
use super::seal::{self, Contents};
use crate::governance::profile::{Profile, Stage};
use crate::governance::run::Replay;
use crate::matching::Lent;
use crate::record;
use crate::support::clock;
use crate::support::pyjson::ordered::Value;
use jiff::Timestamp;
use preflight::Way;
use source::Source;
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
    /// Rules that tell what evidence may not hold.
    pub lent: &'a Lent,
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
    /// The recorded act of an operator: `actor`, `scope`, `mutation_mode`, `timestamp`, `expiry`;
    /// `decision` is `granted` when absent, or `denied`.
    pub approval: Option<Value>,
    /// Bound of the backend and of each verification.
    pub bound: Duration,
    /// Folder in which the run's directory will stand, so that its name is one that is free.
    pub out: PathBuf,
}

/// A run that was recorded.
#[derive(Debug)]
pub struct Recorded {
    /// What it is made of.
    pub draft: RunDraft,
    /// Its files.
    pub contents: Contents,
    /// The outcome as derived from those files; it agrees with the claim.
    pub replay: Replay,
    /// Holds the run's name until the directory stands.
    pub claim: Claim,
}

/// Members of a contract that a record cannot do without.
const NEEDED: &[&str] = &[
    "task_id",
    "allowed_paths",
    "forbidden_actions",
    "mutation_mode",
];

/// Records a run.
///
/// # Errors
/// The contract lacks a member, the source cannot be read, or a scratch folder cannot be made;
/// everything else that goes wrong is what the run records.
pub fn record(order: &Order<'_>) -> io::Result<Recorded> {
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
    let source = Source::read(&order.source)?;
    let scratch = tempfile::tempdir()?;
    let workspace = scratch.path().join("workspace");
    let (mut recorder, claim) = Recorder::new(order, &source, &workspace)?;
    recorder.run()?;
    let mut draft = recorder.draft;
    let seen = proof::Seen {
        way: recorder.way,
        stage: recorder.stage,
        before: &source,
        after: Source::read(&order.source).map_err(|error| error.to_string()),
        removed: scratch.close().map_err(|error| error.to_string()),
        ending_clean: recorder.ending_clean,
        policy_at: recorder.policy_at,
    };
    proof::state(order, seen, &mut draft)?;
    let (contents, replay) = verdict::settle(order, &mut draft)?;
    Ok(Recorded {
        draft,
        contents,
        replay,
        claim,
    })
}

/// One recording under way.
struct Recorder<'o> {
    order: &'o Order<'o>,
    source: &'o Source,
    workspace: &'o Path,
    draft: RunDraft,
    mode: String,
    stage: Option<&'o Stage>,
    way: Way,
    /// Whether the verification left the workspace as it found it; nothing when none was run.
    ending_clean: Option<bool>,
    /// When the policy for branches was recorded.
    policy_at: Option<Timestamp>,
}

impl<'o> Recorder<'o> {
    fn new(
        order: &'o Order<'o>,
        source: &'o Source,
        workspace: &'o Path,
    ) -> io::Result<(Self, Claim)> {
        let started = now()?;
        let task = order.contract.text("task_id").unwrap_or("task");
        let case_id = case_of(order.case_id.as_deref().unwrap_or(task));
        let mode = order.contract.text("mutation_mode").unwrap_or_default();
        let stage = proof::stage(order.profile, mode, source);
        // Nothing of the process: two recordings of one thing at one fixed time are the same bytes.
        let claim = directory::claim(&order.out, &draft::run_id(started, &case_id))?;
        let recorder = Self {
            way: preflight::way(order, source, stage, started),
            order,
            source,
            workspace,
            mode: mode.to_owned(),
            stage,
            ending_clean: None,
            policy_at: None,
            draft: RunDraft::begun(claim.run_id.clone(), case_id, &order.backend, started),
        };
        Ok((recorder, claim))
    }

    fn run(&mut self) -> io::Result<()> {
        let (backend, case) = (self.draft.backend.clone(), self.draft.case_id.clone());
        self.event(
            "run.started",
            "harness",
            record! { "backend" => backend, "case_id" => case },
        )?;
        let (task, hidden) = withheld::contract(self.order);
        self.draft
            .files
            .insert("backend/task.json".to_owned(), task);
        if hidden > 0 {
            self.trace(
                "contract.paths_withheld",
                true,
                &[("count", Value::from(hidden))],
            )?;
        }
        let clean = self.source.unclean().is_none();
        let task = self.order.contract.text("task_id").unwrap_or_default();
        let mut data =
            record! { "task_id" => task, "mutation_mode" => &self.mode, "clean_start" => clean };
        self.blocks("task.contract.created", &mut data);
        self.event("task.contract.created", "harness", data)?;
        match self.way.clone() {
            Way::Closed(gate) => self.stopped(&gate),
            Way::Denied => self.denied(),
            Way::Open => self.change(),
        }
    }

    /// Names the gate's blocker in the event that its row names.
    fn blocks(&self, event: &str, data: &mut Value) {
        if let Way::Closed(gate) = &self.way
            && let Some(row) = self.order.profile.evidence.failure(gate.code)
            && row.event.as_deref() == Some(event)
        {
            seal::report_set(data, "blocker", Value::from(gate.code));
        }
    }

    fn change(&mut self) -> io::Result<()> {
        self.trace("gate.preflight", true, &[])?;
        std::fs::create_dir(self.workspace)?;
        self.source.state.copy_to(self.workspace)?;
        self.copied()?;
        let (step, start) = match &self.order.engine {
            Engine::Fake { .. } => ("apply the recorded patch", false),
            Engine::Exec { .. } => ("run the backend", true),
        };
        let steps = vec![Value::from(step), Value::from("run the verification")];
        self.event("plan.updated", "harness", record! { "steps" => steps })?;
        self.asked("approval.granted")?;
        self.policy_at = Some(now()?);
        self.trace(
            "policy.branch",
            true,
            &[
                ("push_allowed", Value::from(false)),
                ("remotes", Value::from(0_i64)),
            ],
        )?;
        let before = self.source.state.clone();
        let after = if start {
            self.executed()?
        } else {
            self.replayed()?
        };
        let Some(after) = after else {
            let why = "the backend could not be started";
            self.draft.leave_out(&["patch", "diff"], why);
            self.draft.unverified(why);
            return Ok(());
        };
        let after = self.in_time(after)?;
        self.compared(&before, &after)?;
        self.verified(&after)
    }

    /// What was copied, and that the copy is what was read.
    fn copied(&mut self) -> io::Result<()> {
        let state = &self.source.state;
        let copy = super::workspace::State::read(self.workspace)?;
        let differs = state.changed(&copy);
        let files = [("files", Value::from(state.files.len()))];
        self.trace("workspace.copy", differs.is_empty(), &files)?;
        if !state.links.is_empty() {
            let links = state.links.iter().map(Value::from).collect::<Vec<_>>();
            let links = [("paths", Value::from(links))];
            self.trace("workspace.links_left_out", true, &links)?;
        }
        let dirty = differs.iter().map(Value::from).collect::<Vec<_>>();
        self.trace(
            &self.order.profile.evidence.trace.start_check,
            differs.is_empty(),
            &[
                ("dirty_paths", Value::from(dirty)),
                ("basis", Value::from(self.source.basis())),
            ],
        )
    }

    /// The request for an approval, and the operator's answer, where there is one.
    fn asked(&mut self, answer: &str) -> io::Result<()> {
        let order = self.order;
        let Some(approval) = &order.approval else {
            return Ok(());
        };
        let approval = withheld::value(approval, order.profile);
        let member = |key: &str| approval.get(key).cloned().unwrap_or_default();
        let mut request = record! {
            "actor" => "harness",
            "scope" => member("scope"),
            "mutation_mode" => &self.mode,
            "timestamp" => clock::rfc3339(now()?),
            "expiry" => member("expiry"),
        };
        if let Some(reason) = approval.get("expiry_reason") {
            seal::report_set(&mut request, "expiry_reason", reason.clone());
        }
        self.event("approval.requested", "harness", request)?;
        let actor = approval.text("actor").unwrap_or_default().to_owned();
        self.event(answer, &actor, approval)
    }

    fn end(&mut self, status: &str, code: &str, why: &str) {
        self.draft.block(status, code, why);
    }

    fn event(&mut self, name: &str, actor: &str, data: Value) -> io::Result<()> {
        self.draft.happened(name, actor, data, now()?);
        Ok(())
    }

    fn trace(&mut self, step: &str, ok: bool, further: &[(&str, Value)]) -> io::Result<()> {
        self.draft.did(step, ok, further, now()?);
        Ok(())
    }
}

impl RunDraft {
    /// A blocker; once a run failed, no later one makes it blocked.
    fn block(&mut self, status: &str, code: &str, why: &str) {
        if self.status != "fail" {
            status.clone_into(&mut self.status);
        }
        self.blockers.push((code.to_owned(), why.to_owned()));
        self.harness_exit = if self.status == "blocked" { 3 } else { 1 };
    }
}

fn now() -> io::Result<Timestamp> {
    clock::report_time().map_err(io::Error::other)
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

#[cfg(test)]
mod tests {
    use super::case_of;

    #[test]
    fn a_case_name_fits_a_run_id() {
        assert_eq!(case_of("CTO-WORK-901"), "cto-work-901");
        assert_eq!(case_of("  .. "), "case");
        assert_eq!(case_of("Größe 2"), "gr-e-2");
    }
}
