// SPDX-License-Identifier: Apache-2.0
//! The way of a task from leased to integrated, and the ways off it.

use super::{ID, locate};
use crate::object;
use crate::runtime::lease_time::lease_of;
use crate::runtime::roles::{self, Act, Actor};
use crate::runtime::step::Step;
use crate::runtime::store::{self, Stored, Transaction};
use crate::runtime::{Answer, Outcome, Reply, Runtime, RuntimeError, residual};
use crate::support::pyjson::Value;

/// From which statuses a task may reach a status. `leased` is reached by a lease alone.
const LATTICE: [(&str, &[&str]); 8] = [
    ("submitted", &["leased", "open"]),
    ("verified", &["submitted"]),
    ("integrated", &["verified"]),
    ("blocked", &["open", "leased", "submitted"]),
    (
        "quarantined",
        &[
            "open",
            "leased",
            "submitted",
            "blocked",
            "verified",
            "integrated",
        ],
    ),
    (
        "rejected",
        &["open", "leased", "submitted", "blocked", "verified"],
    ),
    ("expired", &["open", "leased", "submitted", "blocked"]),
    ("open", &["blocked", "submitted", "expired"]),
];

/// Where the residuals of blocked tasks say they come from.
const BLOCKS: [&str; 2] = ["ccr.task.block", "ccr.task.release"];

/// A task on its way to a status, the transaction open.
pub(super) struct Moving<'a> {
    pub(super) change: Transaction<'a>,
    pub(super) before: &'static str,
    pub(super) path: String,
    pub(super) body: Value,
}

impl<'a> Moving<'a> {
    /// Finds the task and holds the step against the lattice.
    pub(super) fn start(
        runtime: &'a Runtime,
        id: &str,
        target: &str,
    ) -> Result<Self, RuntimeError> {
        let change = runtime.store.begin()?;
        let Some((before, Stored { path, body })) = locate(&runtime.store, id)? else {
            return Err(RuntimeError::Missing(id.to_owned()));
        };
        let known = LATTICE.iter().find(|(status, _)| *status == target);
        if !known.is_some_and(|(_, from)| from.contains(&before)) {
            let why = format!("invalid status transition {before}->{target}");
            return Err(refused(id, target, &[why]));
        }
        Ok(Self {
            change,
            before,
            path,
            body,
        })
    }

    /// Whether an agent holds the lease in the task's own role.
    pub(super) fn held_by(&self, actor: Actor<'_>) -> bool {
        let lease = lease_of(&self.body);
        let holder = lease.text("leased_by").filter(|name| !name.is_empty());
        holder.is_some() && holder == actor.agent && self.own_role(actor)
    }

    pub(super) fn own_role(&self, actor: Actor<'_>) -> bool {
        actor.role.is_some() && self.body.text("role") == actor.role
    }

    /// Moves the task and leaves the event, `draft` with what only the caller knows.
    pub(super) fn finish(
        mut self,
        runtime: &Runtime,
        target: &str,
        actor: Actor<'_>,
        draft: store::Draft,
    ) -> Answer {
        let id = self.body.text(ID).unwrap_or_default().to_owned();
        self.body.set("status", target);
        self.body.set("updated_at", self.change.now().to_owned());
        let folder = format!("tasks/{target}");
        let to = runtime.store.place(&folder, ID, &id)?;
        self.change.relocate(&self.path, &to, &self.body);
        let residuals = draft.residuals.clone();
        self.change.event(store::Draft {
            actor: actor.name(),
            object_type: "task".to_owned(),
            object_id: id,
            before: Some(self.before.to_owned()),
            after: Some(target.to_owned()),
            ..draft
        });
        self.change.commit()?;
        Ok(Reply::done(object! {
            "ok" => true,
            "residuals" => residuals,
            "status_after" => target,
            "status_before" => self.before,
            "task" => self.body,
        }))
    }

    /// Clears who holds the task; how long a lease lasts stays.
    fn let_go(&mut self) {
        let mut lease = lease_of(&self.body);
        lease.set("leased_at", Value::Null);
        lease.set("leased_by", Value::Null);
        self.body.set("lease", lease);
    }
}

/// The refusal of a step, with a residual.
pub(super) fn refused(id: &str, target: &str, reasons: &[String]) -> RuntimeError {
    let joined = reasons.join("; ");
    let draft = residual::Draft {
        kind: "unverified_claim".to_owned(),
        description: format!("Task {id} did not become {target}: {joined}"),
        object_type: "task".to_owned(),
        object_id: id.to_owned(),
        refs: vec![id.to_owned()],
        source: "ccr.task.status".to_owned(),
        repair_hint: "Satisfy what is listed, then repeat the step.".to_owned(),
        ..residual::Draft::default()
    };
    let body = object! {
        "error" => joined,
        "ok" => false,
        "reasons" => reasons.to_vec(),
        "residual_ready" => draft.build(&crate::runtime::now()),
        "task_id" => id,
    };
    RuntimeError::refusal(body, Outcome::Refused)
}

/// What `ccr task complete` is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Complete<'a> {
    /// Task id.
    pub id: &'a str,
    /// What came out: ids of packets, paths, addresses; at least one.
    pub outputs: &'a [String],
    /// In a sentence.
    pub summary: &'a str,
    /// Residuals that the work left.
    pub residuals: &'a [String],
    /// Who did it.
    pub actor: Actor<'a>,
}

/// `ccr task complete`: the holder hands in what came out.
///
/// # Errors
/// No such task, not its holder, nothing handed in, or a residual that the ledger does not know.
pub fn complete(runtime: &Runtime, request: &Complete<'_>) -> Answer {
    let Complete { id, actor, .. } = *request;
    let mut moving = Moving::start(runtime, id, "submitted")?;
    let free = moving.before == "open"
        && lease_of(&moving.body).get("lease_required") == Some(&Value::Bool(false))
        && moving.own_role(actor);
    if !free && !moving.held_by(actor) {
        let role = moving.body.text("role").unwrap_or_default();
        let why = format!("only the holder of its lease, in role {role}, completes a task");
        return Err(roles::refuse(&why, actor, "task", id));
    }
    let mut reasons = Vec::new();
    if request
        .outputs
        .iter()
        .all(|output| output.trim().is_empty())
    {
        reasons.push("no output is named".to_owned());
    }
    for rid in request.residuals {
        if residual::locate(runtime, rid)?.is_none() {
            reasons.push(format!("the ledger knows no residual {rid}"));
        }
    }
    if !reasons.is_empty() {
        return Err(refused(id, "submitted", &reasons));
    }
    let completion = object! {
        "output_refs" => request.outputs.to_vec(),
        "residuals_added" => request.residuals.to_vec(),
        "submitted_at" => moving.change.now(),
        "submitted_by" => actor.name(),
        "summary" => request.summary,
    };
    moving.body.set("completion", completion);
    let draft = store::Draft {
        action: "task.complete".to_owned(),
        refs: request.outputs.to_vec(),
        residuals: request.residuals.to_vec(),
        note: request.summary.to_owned(),
        ..store::Draft::default()
    };
    moving.finish(runtime, "submitted", actor, draft)
}

/// `ccr task integrate|block|quarantine|reject|expire|reopen`
///
/// # Errors
/// No such task, a step off the lattice, a residual that blocks, or a role that may not do it.
pub fn step(runtime: &Runtime, step: &Step<'_>) -> Answer {
    let Step {
        id, target, actor, ..
    } = *step;
    let mut moving = Moving::start(runtime, id, target)?;
    // A holder may say that he cannot go on; every other step is the manifest's to allow.
    if !(target == "blocked" && moving.held_by(actor)) {
        roles::require(runtime, actor, Act::Task(target), "task", id)?;
    }
    let mut residuals = Vec::new();
    match target {
        "integrated" => {
            let prevents = ["residual_policy", "blocking_residuals_prevent_settlement"];
            let open = open_blockers(runtime, id)?;
            if moving.body.at(&prevents).is_some_and(Value::truthy) && !open.is_empty() {
                let why = format!("blocking residuals are open: {}", open.join(", "));
                return Err(refused(id, target, &[why]));
            }
        }
        "open" => {
            moving.let_go();
            close_blocks(runtime, &mut moving.change, step)?;
        }
        "blocked" | "quarantined" | "rejected" => {
            moving.let_go();
            residuals.push(preserve(&mut moving.change, step)?);
        }
        _ => moving.let_go(),
    }
    let action = match target {
        "integrated" => "task.integrate",
        "open" => "task.reopen",
        "blocked" => "task.block",
        "quarantined" => "task.quarantine",
        "rejected" => "task.reject",
        _ => "task.expire",
    };
    let draft = store::Draft {
        action: action.to_owned(),
        refs: step.evidence.to_vec(),
        residuals,
        note: step.reason.to_owned(),
        ..store::Draft::default()
    };
    moving.finish(runtime, target, actor, draft)
}

/// What keeps a task from going on stands in the ledger.
fn preserve(change: &mut Transaction<'_>, step: &Step<'_>) -> Result<String, RuntimeError> {
    let (kind, verb, blocking) = match step.target {
        "blocked" => ("settlement_blocker", "block", true),
        "quarantined" => ("hazard", "quarantine", true),
        _ => ("unverified_claim", "reject", false),
    };
    let draft = residual::Draft {
        kind: kind.to_owned(),
        description: format!("Task {}: {}", step.target, step.reason),
        blocking,
        object_type: "task".to_owned(),
        object_id: step.id.to_owned(),
        refs: vec![step.id.to_owned()],
        source: format!("ccr.task.{verb}"),
        repair_hint: "Review the reason; repair it in a task of its own or reopen this one."
            .to_owned(),
        extensions: object! { "evidence" => step.evidence.to_vec() },
        ..residual::Draft::default()
    };
    let rid = residual::preserve(change, &draft)?;
    change.event(store::Draft {
        actor: step.actor.name(),
        action: "residual.add".to_owned(),
        object_type: "residual".to_owned(),
        object_id: rid.clone(),
        after: Some("open".to_owned()),
        refs: vec![step.id.to_owned()],
        residuals: vec![rid.clone()],
        ..store::Draft::default()
    });
    Ok(rid)
}

/// A task that is open again is blocked no more: its block residuals are resolved.
fn close_blocks(
    runtime: &Runtime,
    change: &mut Transaction<'_>,
    step: &Step<'_>,
) -> Result<(), RuntimeError> {
    let now = change.now().to_owned();
    for stored in runtime.store.about("residuals/open", step.id)? {
        let source = stored.body.text("source").unwrap_or_default();
        if stored.body.text("object_id") == Some(step.id) && BLOCKS.contains(&source) {
            let evidence = if step.evidence.is_empty() {
                vec![step.id.to_owned()]
            } else {
                step.evidence.to_vec()
            };
            let closing = residual::Closing {
                status: "resolved",
                reason: step.reason,
                evidence: &evidence,
                actor: step.actor,
            };
            closing.carry_out(change, stored, &now)?;
        }
    }
    Ok(())
}

/// Ids of the open blocking residuals about a task.
fn open_blockers(runtime: &Runtime, id: &str) -> Result<Vec<String>, RuntimeError> {
    let about = runtime.store.about("residuals/open", id)?;
    Ok(about
        .iter()
        .filter(|stored| stored.body.get("blocking").is_some_and(Value::truthy))
        .filter_map(|stored| stored.body.text("residual_id").map(str::to_owned))
        .collect())
}
