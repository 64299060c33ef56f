// SPDX-License-Identifier: Apache-2.0
//! `ccr task next`: what a role should lease next.

use super::ID;
use crate::object;
use crate::runtime::lease_time::{self, lease_of};
use crate::runtime::rank::Rank;
use crate::runtime::store::Stored;
use crate::runtime::store::cache::{Cache, MANY, Trust};
use crate::runtime::{Answer, Reply, Runtime, RuntimeError, layout};
use crate::support::pyjson::Value;
use jiff::Timestamp;

const OPEN: &str = "tasks/open";
const LEASED: &str = "tasks/leased";

/// What the queue hangs on: what may be offered, and what others wait for.
const FOLDERS: [&str; 4] = [OPEN, LEASED, "tasks/verified", "tasks/integrated"];

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
            Ok(Asked::Best(None)) if trust == Trust::File => {
                if let Err(error) = cache.looked(&FOLDERS) {
                    runtime.store.skip(layout::DATABASE, error.to_string());
                }
                return Some(None);
            }
            Ok(Asked::Best(None))
                if cache.looked_lately(&FOLDERS).unwrap_or(false)
                    && cache.unchanged(role, MANY).unwrap_or(false) =>
            {
                return Some(None);
            }
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
    for folder in FOLDERS {
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
        && (!leased || lease_time::expired(&lease_of(task), 0, now).unwrap_or(true))
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
