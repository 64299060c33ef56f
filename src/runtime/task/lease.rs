// SPDX-License-Identifier: Apache-2.0
//! `ccr task lease`, `ccr task release`

use super::ID;
use super::foreign_lock::ForeignLock;

use crate::object;
use crate::runtime::lease_time::{self, lease_of};
use crate::runtime::roles::{self, Act, Actor, Roles};
use crate::runtime::store::{self, Stored};
use crate::runtime::{Answer, Outcome, Reply, Runtime, RuntimeError, residual};
use crate::support::pyjson::Value;
use jiff::Timestamp;

/// `ccr task lease`
///
/// # Errors
/// A duration that cannot be used, no such task, or somebody else holds it.
pub fn lease(runtime: &Runtime, id: &str, ttl: &str, agent: &str) -> Answer {
    let asked = lease_time::minutes(ttl)?;
    let strict = runtime.policy().strict();
    let ttl = if strict {
        asked.min(lease_time::LONGEST)
    } else {
        asked
    };
    let actor = Actor {
        agent: Some(agent),
        role: None,
    };
    if strict && agent.trim().is_empty() {
        return Err(roles::refuse("an agent needs a name", actor, "task", id));
    }
    let mut change = runtime.store.begin()?;
    let _foreign = ForeignLock::take(runtime)?;
    let taken = if let Some(open) = runtime.store.find("tasks/open", ID, id)? {
        Taken::fresh(open)
    } else if let Some(leased) = runtime.store.find("tasks/leased", ID, id)? {
        match Taken::again(runtime, leased, ttl, agent)? {
            Ok(taken) => taken,
            Err(conflict) => return Err(RuntimeError::refusal(conflict, Outcome::Refused)),
        }
    } else {
        return Err(RuntimeError::Missing(id.to_owned()));
    };
    let Taken {
        stored,
        before,
        reclaimed,
    } = taken;
    let mut task = stored.body;
    let now = change.now().to_owned();
    let fresh = stored.path.starts_with("tasks/open/");
    // What another hand wrote into a leased task is replaced, in an open one it is built upon.
    let mut lease = if fresh {
        lease_time::lease_to_write(&task, !strict)?
    } else {
        lease_of(&task)
    };
    if fresh && lease.get("lease_required").is_none() {
        lease.set("lease_required", true);
    }
    lease.set("leased_at", now.as_str());
    lease.set("leased_by", agent);
    lease.set("ttl_minutes", ttl);
    task.set("lease", lease);
    task.set("status", "leased");
    task.set("updated_at", now.as_str());
    let to = if fresh {
        runtime.store.place("tasks/leased", ID, id)?
    } else {
        stored.path.clone()
    };
    change.relocate(&stored.path, &to, &task);
    change.event(store::Draft {
        actor: agent.to_owned(),
        action: "task.lease".to_owned(),
        object_type: "task".to_owned(),
        object_id: id.to_owned(),
        before: before.clone(),
        after: Some("leased".to_owned()),
        ..store::Draft::default()
    });
    change.commit()?;
    let mut body = object! {
        "ok" => true,
        "reclaimed" => reclaimed,
        "status_after" => "leased",
        "status_before" => before,
        "task" => task,
    };
    if ttl < asked {
        body.set("ttl_capped_from", asked);
    }
    Ok(Reply::done(body))
}

/// A task that may be leased.
struct Taken {
    stored: Stored,
    before: Option<String>,
    reclaimed: bool,
}

impl Taken {
    fn fresh(stored: Stored) -> Self {
        Self {
            before: Some(stored.body.text("status").unwrap_or("open").to_owned()),
            stored,
            reclaimed: false,
        }
    }

    /// A leased task: renewed by its holder, reclaimed when the lease ran out, else a conflict.
    fn again(
        runtime: &Runtime,
        stored: Stored,
        ttl: i64,
        agent: &str,
    ) -> Result<Result<Self, Value>, RuntimeError> {
        let strict = runtime.policy().strict();
        let lease = lease_of(&stored.body);
        let ended = match lease_time::expired(&lease, ttl, Timestamp::now()) {
            Err(_) if strict => true,
            ended => ended?,
        };
        let holder = lease.get("leased_by").cloned().unwrap_or_default();
        let own = holder.as_str() == Some(agent);
        let fixed = strict && lease.get("renewal_allowed") == Some(&Value::Bool(false));
        if !ended && (!own || fixed) {
            let error = if own {
                "task lease may not be renewed"
            } else {
                "task lease is active"
            };
            let id = stored.body.text(ID).unwrap_or_default().to_owned();
            let mut conflict = object! {
                "error" => error,
                "leased_by" => holder,
                "ok" => false,
                "status_after" => "leased",
                "status_before" => "leased",
                "task" => &stored.body,
            };
            if strict {
                let draft = residual::Draft {
                    kind: "queue_overload".to_owned(),
                    description: format!("{agent} could not lease {id}: {error}"),
                    object_type: "task".to_owned(),
                    object_id: id.clone(),
                    refs: vec![id],
                    source: "ccr.task.lease".to_owned(),
                    repair_hint: "Take another task, or wait until the lease ends.".to_owned(),
                    ..residual::Draft::default()
                };
                conflict.set("residual_ready", draft.build(&crate::runtime::now()));
            }
            return Ok(Err(conflict));
        }
        Ok(Ok(Self {
            stored,
            before: Some("leased".to_owned()),
            reclaimed: ended,
        }))
    }
}

/// What `ccr task release` is asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Release<'a> {
    /// Task id.
    pub id: &'a str,
    /// Why.
    pub reason: &'a str,
    /// Block the task instead of opening it.
    pub blocked: bool,
    /// Who gives it back.
    pub actor: Actor<'a>,
}

/// `ccr task release`
///
/// # Errors
/// The task is not leased, or (default mode) somebody else holds it.
pub fn release(runtime: &Runtime, request: &Release<'_>) -> Answer {
    let id = request.id;
    let mut change = runtime.store.begin()?;
    let _foreign = ForeignLock::take(runtime)?;
    let Some(stored) = runtime.store.find("tasks/leased", ID, id)? else {
        return Err(RuntimeError::Missing(id.to_owned()));
    };
    let strict = runtime.policy().strict();
    let mut task = stored.body;
    if strict {
        require_holder(runtime, request, &lease_of(&task))?;
    }
    let speaks_of_block = request.reason.to_lowercase().contains("block");
    let blocked = request.blocked || (!strict && speaks_of_block);
    let after = if blocked { "blocked" } else { "open" };
    let now = change.now().to_owned();
    let mut lease = lease_time::lease_to_write(&task, !strict)?;
    lease.set("leased_at", Value::Null);
    lease.set("leased_by", Value::Null);
    task.set("lease", lease);
    task.set("status", after);
    task.set("updated_at", now.as_str());
    let to = runtime.store.place(&format!("tasks/{after}"), ID, id)?;
    change.relocate(&stored.path, &to, &task);
    let mut kept = Value::Null;
    let mut residuals = Vec::new();
    if blocked {
        let draft = residual::Draft {
            kind: "settlement_blocker".to_owned(),
            description: format!("Task released as blocked: {}", request.reason),
            blocking: true,
            object_type: "task".to_owned(),
            object_id: id.to_owned(),
            refs: vec![id.to_owned()],
            source: "ccr.task.release".to_owned(),
            repair_hint: "Review the blocking reason and create a repair task or verifier action."
                .to_owned(),
            ..residual::Draft::default()
        };
        kept = draft.build(&now);
        let rid = residual::preserve(&mut change, &draft)?;
        change.event(store::Draft {
            actor: request.actor.name(),
            action: "residual.add".to_owned(),
            object_type: "residual".to_owned(),
            object_id: rid.clone(),
            after: Some("open".to_owned()),
            refs: vec![id.to_owned()],
            residuals: vec![rid.clone()],
            ..store::Draft::default()
        });
        residuals.push(rid);
    }
    change.event(store::Draft {
        actor: request.actor.name(),
        action: "task.release".to_owned(),
        object_type: "task".to_owned(),
        object_id: id.to_owned(),
        before: Some("leased".to_owned()),
        after: Some(after.to_owned()),
        residuals: residuals.clone(),
        note: request.reason.to_owned(),
        ..store::Draft::default()
    });
    change.commit()?;
    let mut body = object! {
        "ok" => true,
        "residual" => kept,
        "residuals" => residuals,
        "status_after" => after,
        "status_before" => "leased",
        "task" => task,
    };
    if speaks_of_block && !blocked {
        let warning =
            "the reason speaks of a block, the task is open again: pass --blocked to block it";
        body.set("warnings", vec![warning]);
    }
    Ok(Reply::done(body))
}

/// The holder may give a task back, whoever names himself when the lease ran out, and a role that
/// the manifest lets reopen tasks.
fn require_holder(
    runtime: &Runtime,
    request: &Release<'_>,
    lease: &Value,
) -> Result<(), RuntimeError> {
    let Some(holder) = lease.text("leased_by").filter(|name| !name.is_empty()) else {
        return Ok(());
    };
    let actor = request.actor;
    let Some(agent) = actor.agent else {
        let why = format!("the task is leased by {holder}: name yourself with --agent");
        return Err(roles::refuse(&why, actor, "task", request.id));
    };
    if agent == holder || lease_time::expired(lease, 0, Timestamp::now()).unwrap_or(true) {
        return Ok(());
    }
    if let Some(role) = actor.role
        && Roles::load(runtime)?.may(role, Act::Task("open"))
    {
        return Ok(());
    }
    let why = format!("the task is leased by {holder}, not by {agent}");
    Err(roles::refuse(&why, actor, "task", request.id))
}
