// SPDX-License-Identifier: Apache-2.0
//! `ccr task list`, `ccr task show`

use super::{ID, locate};
use crate::object;
use crate::runtime::{Answer, Reply, Runtime, RuntimeError, known_status, layout};
use crate::support::pyjson::Value;

/// `ccr task list`
///
/// # Errors
/// An unknown status, or a folder cannot be listed.
pub fn list(runtime: &Runtime, status: Option<&str>, role: Option<&str>) -> Answer {
    if let Some(status) = status {
        known_status(&layout::TASK_STATUSES, "task", status)?;
    }
    let mut rows = Vec::new();
    for folder in layout::TASK_STATUSES {
        if status.is_some_and(|status| status != folder) {
            continue;
        }
        for (path, body) in runtime.store.rows(&format!("tasks/{folder}"))? {
            if role.is_some_and(|role| body.text("role") != Some(role)) {
                continue;
            }
            let key = |key: &str| body.get(key).cloned();
            rows.push(object! {
                "leased_by" => body.at(&["lease", "leased_by"]).cloned().unwrap_or(Value::Null),
                "path" => path,
                "priority" => key("priority"),
                "role" => key("role"),
                "status" => folder,
                "task_id" => key(ID),
                "title" => key("title"),
            });
        }
    }
    Ok(Reply::done(object! {
        "count" => rows.len(),
        "ok" => true,
        "tasks" => rows,
    }))
}

/// `ccr task show`
///
/// # Errors
/// No such task.
pub fn show(runtime: &Runtime, id: &str) -> Answer {
    let Some((status, stored)) = locate(&runtime.store, id)? else {
        return Err(RuntimeError::Missing(id.to_owned()));
    };
    Ok(Reply::done(object! {
        "ok" => true,
        "path" => runtime.store.path(&stored.path).display().to_string(),
        "status" => status,
        "task" => stored.body,
    }))
}
