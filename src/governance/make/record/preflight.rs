// SPDX-License-Identifier: Apache-2.0
//! Which gates must be open before anything is copied or started (specification, sections 3.6 to
//! 3.9). What the recorder cannot honour is a closed gate, not a lesser run.

use super::source::Source;
use super::{Engine, Order, Recorder};
use crate::governance::profile::Stage;
use crate::governance::run::judge::approval::is_own;
use crate::governance::stamp;
use crate::record;
use crate::support::pyjson::ordered::Value;
use jiff::Timestamp;
use std::io;

/// A gate that is closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Closed {
    /// Its name.
    pub gate: &'static str,
    /// The file below `backend/` that says so.
    pub marker: &'static str,
    /// The blocker.
    pub code: &'static str,
    /// Why.
    pub why: String,
}

/// How the run goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Way {
    /// Every gate is open.
    Open,
    /// A gate is closed.
    Closed(Closed),
    /// The operator denied the change.
    Denied,
}

/// Gate of the source's and the workspace's cleanness.
const CLEAN_START: &str = "clean_start";
/// Gate of the candidate's model.
const MODEL: &str = "model_admission";
/// Answer of an operator that ends a run.
const DENIED: &str = "denied";

/// Entry gate of a stage whose source is a repository of the operator's own.
const OWN_SOURCE: &str = "source_owned_clean";

/// Whether a stage is about a copy of a repository.
pub(super) fn asks_for_source(stage: &Stage) -> bool {
    stage.entry.iter().any(|gate| gate == OWN_SOURCE)
}

/// Asks the gates in the order of section 3.9.
pub(super) fn way(
    order: &Order<'_>,
    source: &Source,
    stage: Option<&Stage>,
    started: Timestamp,
) -> Way {
    let missing = |gate, why: &str| {
        Way::Closed(Closed {
            gate,
            marker: "case-gate.log",
            code: "gate_missing",
            why: why.to_owned(),
        })
    };
    let gates = &order.profile.gates;
    let mode = order.contract.text("mutation_mode").unwrap_or_default();
    if matches!(order.engine, Engine::Exec { .. }) && !order.may_execute {
        let why = "execution is not allowed: it takes --allow-exec, and `exec = true` under [evidence] in ccr.toml";
        return missing("engine", why);
    }
    match gates.rank(mode) {
        None => return missing("mutation_mode", "the mutation mode is not known"),
        Some(0) => return missing("mutation_mode", "the contract allows no change"),
        Some(_) if gates.needs_target(mode) || stage.is_none() => {
            let why = format!(
                "a recorder works in a copy that it throws away, and cannot honour `{mode}`: what \
                 this mode is about is a change in the repository itself"
            );
            return missing("mutation_mode", &why);
        }
        Some(_) => {}
    }
    if order.backend == order.profile.evidence.candidate {
        return Way::Closed(Closed {
            gate: MODEL,
            marker: "provider-model-not-admitted.txt",
            code: "model_not_admitted",
            why: "the recorder is given no admission of the candidate's model".to_owned(),
        });
    }
    match approval(order, mode, started) {
        Err(why) => return missing("approval", &why),
        Ok(true) => {}
        Ok(false) => return Way::Denied,
    }
    if let Some(why) = source.unclean() {
        let owned = stage.is_some_and(asks_for_source);
        return Way::Closed(Closed {
            gate: CLEAN_START,
            marker: "preflight.log",
            code: if owned {
                "dirty_source_start"
            } else {
                "dirty_starting_tree"
            },
            why: format!("the source is not known to be clean: {why}"),
        });
    }
    Way::Open
}

/// Whether the change may be made: not needed or granted, else denied.
fn approval(order: &Order<'_>, mode: &str, started: Timestamp) -> Result<bool, String> {
    let asked = order
        .contract
        .get("approval_required")
        .and_then(Value::as_bool);
    let Some(approval) = &order.approval else {
        if order.profile.gates.needs_approval(mode) || asked == Some(true) {
            return Err("an approval is required and none was given".to_owned());
        }
        return Ok(true);
    };
    let denied = match approval.text("decision") {
        None if approval.get("decision").is_none() => false,
        Some("granted") => false,
        Some(DENIED) => true,
        _ => return Err("the approval's `decision` is neither `granted` nor `denied`".to_owned()),
    };
    for key in &order.profile.evidence.approval.members {
        let Some(value) = approval.get(key) else {
            return Err(format!("the approval lacks `{key}`"));
        };
        let text = value.as_str().is_some_and(|text| !text.trim().is_empty());
        if !text && key != "expiry" {
            return Err(format!("the approval's `{key}` is no text"));
        }
    }
    let own = [order.backend.as_str(), "harness"];
    let actor = approval.text("actor").unwrap_or_default();
    if is_own(actor, &own, &order.profile.evidence) {
        return Err("the approval's actor is not an operator".to_owned());
    }
    if approval.text("mutation_mode") != Some(mode) {
        return Err("the approval is for another mutation mode".to_owned());
    }
    let given = approval.text("timestamp").and_then(stamp::utc);
    match given {
        None => return Err("the approval's `timestamp` is no time in UTC".to_owned()),
        Some(given) if given > started => {
            return Err("the approval is dated after the run's start".to_owned());
        }
        Some(_) => {}
    }
    let expiry = approval.get("expiry");
    if denied {
        return Ok(false);
    }
    if expiry.is_some_and(Value::is_null) {
        let reason = approval.text("expiry_reason").unwrap_or_default();
        if reason.trim().is_empty() {
            return Err("the approval has no `expiry`, and no `expiry_reason` says why".to_owned());
        }
        return Ok(true);
    }
    match expiry.and_then(Value::as_str).and_then(stamp::utc) {
        None => Err("the approval's `expiry` is no time in UTC".to_owned()),
        Some(expiry) if expiry < started => Err("the approval has expired".to_owned()),
        Some(_) => Ok(true),
    }
}

impl Recorder<'_> {
    /// A gate is closed: nothing is copied, nothing started.
    pub(super) fn stopped(&mut self, closed: &Closed) -> io::Result<()> {
        let why = &closed.why;
        let step = if closed.gate == CLEAN_START {
            self.order.profile.evidence.trace.start_check.clone()
        } else {
            "gate.preflight".to_owned()
        };
        let gate = [
            ("gate", Value::from(closed.gate)),
            ("reason", Value::from(why)),
        ];
        self.trace(&step, false, &gate)?;
        if closed.gate == MODEL {
            self.draft.further.extend([
                ("source_admission_status", Value::from("not_admitted")),
                (
                    "case_model_admission_status",
                    Value::from("missing_admission"),
                ),
            ]);
        }
        let mut data = record! {
            "backend" => &self.draft.backend,
            "gate" => closed.gate,
            "reason" => closed.code,
            "mutation_mode" => &self.mode,
            "case_executed" => false,
        };
        self.blocks("backend.gate.blocked", &mut data);
        self.event("backend.gate.blocked", "harness", data)?;
        self.draft
            .leave_out(&["plan", "patch", "diff", "approval"], why);
        self.draft.unverified(why);
        let note = format!("{why}; the backend was not started\n");
        let marker = format!("backend/{}", closed.marker);
        self.draft.files.insert(marker, note.into_bytes());
        self.end("blocked", closed.code, why);
        Ok(())
    }

    /// The operator denied the change: nothing follows but the end.
    pub(super) fn denied(&mut self) -> io::Result<()> {
        let why = "the operator denied the change";
        self.asked("approval.denied")?;
        self.draft.leave_out(&["plan", "patch", "diff"], why);
        self.draft.unverified(why);
        let note = format!("{why}; the backend was not started\n");
        self.draft
            .files
            .insert("backend/preflight.log".to_owned(), note.into_bytes());
        self.end("blocked", "approval_denied", why);
        Ok(())
    }
}
