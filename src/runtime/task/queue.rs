// SPDX-License-Identifier: Apache-2.0
//! `ccr task next`: what a role should lease next.

use super::{ID, time};
use crate::object;
use crate::runtime::store::Stored;
use crate::runtime::{Answer, Reply, Runtime, RuntimeError};
use crate::support::pyjson::{Value, display};
use jiff::Timestamp;

/// Priority of a task that names none.
const DEFAULT_PRIORITY: f64 = 50.0;

/// `ccr task next`. In the default mode a task is offered only when its dependencies are verified
/// or integrated, and a task whose lease ran out is offered again.
///
/// # Errors
/// The folder of open tasks cannot be listed.
pub fn next(runtime: &Runtime, role: &str) -> Answer {
    let mut best: Option<(Rank, Stored)> = None;
    let mut offer = |stored: Stored| -> Result<(), RuntimeError> {
        let rank = match Rank::of(&stored.body) {
            Err(error) if runtime.policy().compat() => return Err(error),
            rank => rank.unwrap_or_else(|_| Rank::middle(&stored.body)),
        };
        let better = best
            .as_ref()
            .is_none_or(|(known, _)| rank.cmp(known).is_lt());
        if better && ready(runtime, &stored.body)? {
            best = Some((rank, stored));
        }
        Ok(())
    };
    let is_for = |task: &Value, status: &str| {
        task.text("role") == Some(role) && task.text("status") == Some(status)
    };
    for stored in runtime.store.list("tasks/open")? {
        if is_for(&stored.body, "open") {
            offer(stored)?;
        }
    }
    if runtime.policy().strict() {
        let now = Timestamp::now();
        for stored in runtime.store.list("tasks/leased")? {
            let lease = stored.body.get("lease").cloned().unwrap_or_default();
            // A lease without a readable time cannot be told from one that ran out.
            if is_for(&stored.body, "leased") && time::expired(&lease, 0, now).unwrap_or(true) {
                offer(stored)?;
            }
        }
    }
    let mut body = object! {
        "ok" => true,
        "role" => role,
        "task" => best.as_ref().map(|(_, stored)| stored.body.clone()),
    };
    if let Some((_, stored)) = best
        && stored.path.starts_with("tasks/leased/")
    {
        body.set("reclaimable", true);
    }
    Ok(Reply::done(body))
}

/// Whether everything that a task waits for is done.
fn ready(runtime: &Runtime, task: &Value) -> Result<bool, RuntimeError> {
    if runtime.policy().compat() {
        return Ok(true);
    }
    for dependency in task.items("dependencies") {
        let Some(id) = dependency.as_str() else {
            continue;
        };
        let done = ["verified", "integrated"];
        if runtime.store.locate("tasks", &done, ID, id)?.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Higher priority first, then the older, then the smaller id.
#[derive(Debug, PartialEq)]
struct Rank {
    priority: f64,
    created_at: String,
    id: String,
}

impl Rank {
    /// # Errors
    /// The priority is no number.
    fn of(task: &Value) -> Result<Self, RuntimeError> {
        let mut rank = Self::middle(task);
        if let Some(priority) = task.get("priority") {
            rank.priority = time::whole(priority)?;
        }
        Ok(rank)
    }

    /// With the priority of a task that names none.
    fn middle(task: &Value) -> Self {
        let text = |key: &str| task.get(key).map(display).unwrap_or_default();
        Self {
            priority: DEFAULT_PRIORITY,
            created_at: text("created_at"),
            id: text(ID),
        }
    }

    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        other
            .priority
            .total_cmp(&self.priority)
            .then_with(|| self.created_at.cmp(&other.created_at))
            .then_with(|| self.id.cmp(&other.id))
    }
}
