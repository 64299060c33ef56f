// SPDX-License-Identifier: Apache-2.0
//! `ccr task submit`

use super::ID;
use crate::runtime::admission::{Family, admit};
use crate::runtime::roles::Actor;
use crate::runtime::{Answer, Outcome, Runtime, document, known_status, layout};
use crate::runtime::{read_input, residual};
use std::path::Path;

/// Statuses in which a task may come; the others are reached by work.
const ADMITTED: [&str; 2] = ["open", "blocked"];

/// `ccr task submit`
///
/// # Errors
/// Not valid, there already, or (default mode) in a status that only work reaches.
pub fn submit(runtime: &Runtime, file: &Path, actor: Actor<'_>) -> Answer {
    let body = read_input(file)?;
    document::require(runtime, "task", &body, file)?;
    let id = body.text(ID).unwrap_or_default().to_owned();
    let status = body.text("status").unwrap_or("open").to_owned();
    known_status(&layout::TASK_STATUSES, "task", &status)?;
    if runtime.policy().strict() && !ADMITTED.contains(&status.as_str()) {
        let draft = residual::Draft {
            kind: "validation_error".to_owned(),
            description: format!("task {id} was submitted as {status}"),
            blocking: true,
            object_type: "task".to_owned(),
            object_id: id.clone(),
            refs: vec![file.display().to_string()],
            source: "ccr.task.submit".to_owned(),
            repair_hint: "Submit the task as open; leases and the task commands move it on."
                .to_owned(),
            ..residual::Draft::default()
        };
        let why = format!("a task is submitted as open or blocked, not as {status}");
        return Err(residual::refusal(&why, &draft, Outcome::Refused));
    }
    let family = Family {
        kind: "task",
        folder: "tasks",
        id_key: ID,
        statuses: &layout::TASK_STATUSES,
    };
    admit(runtime, &family, (&id, &status), &body, file, actor)
}
