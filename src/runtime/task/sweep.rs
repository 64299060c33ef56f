// SPDX-License-Identifier: Apache-2.0
//! `ccr task renew`, `ccr task sweep`

use super::{ID, steps};
use crate::object;
use crate::runtime::lease_time::{self, lease_of};
use crate::runtime::roles::{self, Act, Actor};
use crate::runtime::store::{self, Stored};
use crate::runtime::{Answer, Reply, Runtime, RuntimeError};
use crate::support::pyjson::Value;
use jiff::Timestamp;

/// `ccr task renew`: the holder keeps the task for longer.
///
/// # Errors
/// A duration that cannot be used, the task is not leased, or not to this agent.
pub fn renew(runtime: &Runtime, id: &str, ttl: &str, actor: Actor<'_>) -> Answer {
    let ttl = lease_time::minutes(ttl)?.min(lease_time::LONGEST);
    let mut change = runtime.store.begin()?;
    let Some(Stored { path, mut body }) = runtime.store.find("tasks/leased", ID, id)? else {
        return Err(RuntimeError::Missing(id.to_owned()));
    };
    let mut lease = lease_of(&body);
    let holder = lease.text("leased_by").unwrap_or_default().to_owned();
    if actor.agent != Some(holder.as_str()) {
        let why = format!("the task is leased by {holder}");
        return Err(roles::refuse(&why, actor, "task", id));
    }
    if actor.role.is_some() && body.text("role") != actor.role {
        let why = "the task is of another role";
        return Err(roles::refuse(why, actor, "task", id));
    }
    if lease.get("renewal_allowed") == Some(&Value::Bool(false)) {
        let why = "task lease may not be renewed".to_owned();
        return Err(steps::refused(id, "leased for longer", &[why]));
    }
    lease.set("leased_at", change.now().to_owned());
    lease.set("ttl_minutes", ttl);
    body.set("lease", lease);
    body.set("updated_at", change.now().to_owned());
    change.put(&path, &body);
    change.event(store::Draft {
        actor: actor.name(),
        action: "task.renew".to_owned(),
        object_type: "task".to_owned(),
        object_id: id.to_owned(),
        before: Some("leased".to_owned()),
        after: Some("leased".to_owned()),
        ..store::Draft::default()
    });
    change.commit()?;
    Ok(Reply::done(object! {
        "ok" => true,
        "status_after" => "leased",
        "status_before" => "leased",
        "task" => body,
    }))
}

/// `ccr task sweep`: tasks whose lease ran out are open again.
///
/// # Errors
/// A role that may not do it, or the folder cannot be listed.
pub fn sweep(runtime: &Runtime, actor: Actor<'_>) -> Answer {
    roles::require(runtime, actor, Act::Task("open"), "task", "tasks/leased")?;
    let mut change = runtime.store.begin()?;
    let now = Timestamp::now();
    let mut swept = Vec::new();
    for Stored { path, mut body } in runtime.store.list("tasks/leased")? {
        let mut lease = lease_of(&body);
        // A lease without a readable time cannot be told from one that ran out.
        if !lease_time::expired(&lease, 0, now).unwrap_or(true) {
            continue;
        }
        let Some(id) = body.text(ID).map(str::to_owned) else {
            runtime.store.skip(&path, "the task has no id");
            continue;
        };
        let holder = lease.text("leased_by").unwrap_or("nobody").to_owned();
        lease.set("leased_at", Value::Null);
        lease.set("leased_by", Value::Null);
        body.set("lease", lease);
        body.set("status", "open");
        body.set("updated_at", change.now().to_owned());
        let to = runtime.store.place("tasks/open", ID, &id)?;
        change.relocate(&path, &to, &body);
        change.event(store::Draft {
            actor: actor.name(),
            action: "task.lease.expire".to_owned(),
            object_type: "task".to_owned(),
            object_id: id.clone(),
            before: Some("leased".to_owned()),
            after: Some("open".to_owned()),
            note: format!("the lease of {holder} ran out"),
            ..store::Draft::default()
        });
        swept.push(id);
    }
    change.commit()?;
    Ok(Reply::done(object! {
        "count" => swept.len(),
        "ok" => true,
        "swept" => swept,
    }))
}
