// SPDX-License-Identifier: Apache-2.0
//! `ccr task next`: what a role should lease next.

use super::lease::lease_of;
use super::time::End;
use super::{ID, time};
use crate::object;
use crate::runtime::cache::{Cache, Trust};
use crate::runtime::store::Stored;
use crate::runtime::{Answer, Reply, Runtime, RuntimeError, layout};
use crate::support::pyjson::{Value, display};
use jiff::Timestamp;

/// Priority of a task that names none.
const DEFAULT_PRIORITY: f64 = 50.0;

const OPEN: &str = "tasks/open";
const LEASED: &str = "tasks/leased";

/// How many candidates are asked for at a time.
const PAGE: usize = 16;

/// `ccr task next`. In the default mode a task is offered only when its dependencies are verified
/// or integrated, and a task whose lease ran out is offered again.
///
/// # Errors
/// The folder of open tasks cannot be listed.
pub fn next(runtime: &Runtime, role: &str) -> Answer {
    let best = match remembered(runtime, role) {
        Some(best) => best,
        None => read_all(runtime, role)?,
    };
    let mut body = object! {
        "ok" => true,
        "role" => role,
        "task" => best.as_ref().map(|stored| stored.body.clone()),
    };
    if best.is_some_and(|stored| stored.path.starts_with(LEASED)) {
        body.set("reclaimable", true);
    }
    Ok(Reply::done(body))
}

/// The best task that the index knows, read anew; nothing when there is no index to ask.
fn remembered(runtime: &Runtime, role: &str) -> Option<Option<Stored>> {
    let mut cache = Cache::open(&runtime.store)?;
    for trust in [Trust::Folder, Trust::File] {
        match ask(runtime, &mut cache, role, trust) {
            Ok(Asked::Best(Some(best))) => return Some(Some(best)),
            Ok(Asked::Best(None)) if trust == Trust::File => return Some(None),
            // What is remembered may lag behind other hands: before the answer is "none", and when
            // a file is not what is remembered of it, every file is looked at.
            Ok(_) => {}
            Err(error) => {
                runtime.store.skip(layout::DATABASE, error.to_string());
                return None;
            }
        }
    }
    None
}

enum Asked {
    Best(Option<Stored>),
    Outdated,
}

fn ask(
    runtime: &Runtime,
    cache: &mut Cache<'_>,
    role: &str,
    trust: Trust,
) -> Result<Asked, RuntimeError> {
    for folder in [OPEN, LEASED, "tasks/verified", "tasks/integrated"] {
        cache.sync(folder, trust)?;
    }
    cache.name_faults(OPEN)?;
    cache.name_faults(LEASED)?;
    let now = Timestamp::now();
    let mut best: Option<(Rank, Stored)> = None;
    for leased in [false, true] {
        let mut offset = 0;
        'pages: loop {
            let page = if leased {
                cache.ended_leases(role, now.as_second(), offset, PAGE)?
            } else {
                cache.open_tasks(role, offset, PAGE)?
            };
            for summary in &page {
                let Ok(Some(body)) = runtime.store.read(&summary.path) else {
                    return Ok(Asked::Outdated);
                };
                let rank = Rank::of(&body);
                if rank != summary.rank {
                    return Ok(Asked::Outdated);
                }
                let better = best
                    .as_ref()
                    .is_none_or(|(known, _)| rank.cmp(known).is_lt());
                if !better {
                    break 'pages;
                }
                let path = summary.path.clone();
                if may_be_offered(&body, role, leased, now) && ready(runtime, &body) {
                    best = Some((rank, Stored { path, body }));
                    break 'pages;
                }
            }
            if page.len() < PAGE {
                break;
            }
            offset += PAGE;
        }
    }
    Ok(Asked::Best(best.map(|(_, stored)| stored)))
}

/// The best task, by reading the folders.
fn read_all(runtime: &Runtime, role: &str) -> Result<Option<Stored>, RuntimeError> {
    let mut best: Option<(Rank, Stored)> = None;
    let now = Timestamp::now();
    for (folder, leased) in [(OPEN, false), (LEASED, true)] {
        if leased && runtime.policy().compat() {
            continue;
        }
        for stored in runtime.store.list(folder)? {
            if !may_be_offered(&stored.body, role, leased, now) {
                continue;
            }
            let rank = if runtime.policy().compat() {
                Rank::checked(&stored.body)?
            } else {
                Rank::of(&stored.body)
            };
            let better = best
                .as_ref()
                .is_none_or(|(known, _)| rank.cmp(known).is_lt());
            if better && ready(runtime, &stored.body) {
                best = Some((rank, stored));
            }
        }
    }
    Ok(best.map(|(_, stored)| stored))
}

fn may_be_offered(task: &Value, role: &str, leased: bool, now: Timestamp) -> bool {
    let status = if leased { "leased" } else { "open" };
    task.text("role") == Some(role)
        && task.text("status") == Some(status)
        // A lease without a readable time cannot be told from one that ran out.
        && (!leased || time::expired(&lease_of(task), 0, now).unwrap_or(true))
}

/// The second in which the lease of a task ends, 0 when nobody can tell; nothing when it never does.
pub(in crate::runtime) fn lease_end(task: &Value) -> Option<i64> {
    match time::end(&lease_of(task), 0) {
        Ok(End::At(end)) => Some(end.as_second()),
        Ok(End::Never) => None,
        Ok(End::Free) | Err(_) => Some(0),
    }
}

/// Whether everything that a task waits for is done.
fn ready(runtime: &Runtime, task: &Value) -> bool {
    let done = ["verified", "integrated"];
    let mut waits_for = task.items("dependencies").iter().filter_map(Value::as_str);
    runtime.policy().compat()
        || waits_for.all(|id| match runtime.store.locate("tasks", &done, ID, id) {
            Ok(found) => found.is_some(),
            Err(error) => {
                // A file that cannot be used shows nothing as done.
                runtime.store.skip(
                    &format!("tasks/verified/{}", layout::file_name(id)),
                    error.to_string(),
                );
                false
            }
        })
}

/// Higher priority first, then the older, then the smaller id.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::runtime) struct Rank {
    pub(in crate::runtime) priority: f64,
    pub(in crate::runtime) created_at: String,
    pub(in crate::runtime) id: String,
}

impl Rank {
    /// The rank; a priority that is no number ranks as one that is not named.
    pub(in crate::runtime) fn of(task: &Value) -> Self {
        Self::checked(task).unwrap_or_else(|_| Self::middle(task))
    }

    /// # Errors
    /// The priority is no number.
    fn checked(task: &Value) -> Result<Self, RuntimeError> {
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
