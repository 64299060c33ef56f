// SPDX-License-Identifier: Apache-2.0
//! The task contract (specification, section 3.2): what a run may change, and what it must verify.

use crate::support::pyjson::ordered::Value;

/// A task contract.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Contract {
    /// The task.
    pub task_id: Option<String>,
    /// Where it works.
    pub target_repository: Option<String>,
    /// What may be changed.
    pub allowed_paths: Option<Vec<String>>,
    /// What must not be.
    pub forbidden_paths: Vec<String>,
    /// What must not be done.
    pub forbidden_actions: Vec<String>,
    /// What may be done although it is forbidden by default.
    pub allowed_actions: Vec<String>,
    /// How far a mutation may reach.
    pub mutation_mode: Option<String>,
    /// Whether a human must approve.
    pub approval_required: Option<bool>,
    /// What must have run.
    pub verification_commands: Vec<String>,
    /// Why nothing needs to.
    pub no_test_rationale: Option<String>,
    /// Whether the tree must be clean at the start.
    pub clean_start_required: bool,
}

impl Contract {
    /// Reads it; what has another type counts as absent.
    pub fn of(value: &Value) -> Self {
        let text = |key: &str| Some(value.text(key)?.to_owned());
        let texts = |key: &str| -> Option<Vec<String>> {
            let items = value.get(key)?.as_array()?;
            let items = items.iter().filter_map(Value::as_str);
            Some(items.map(str::to_owned).collect())
        };
        Self {
            task_id: text("task_id"),
            target_repository: text("target_repository"),
            allowed_paths: texts("allowed_paths"),
            forbidden_paths: texts("forbidden_paths").unwrap_or_default(),
            forbidden_actions: texts("forbidden_actions").unwrap_or_default(),
            allowed_actions: texts("allowed_actions").unwrap_or_default(),
            mutation_mode: text("mutation_mode"),
            approval_required: value.get("approval_required").and_then(Value::as_bool),
            verification_commands: texts("verification_commands").unwrap_or_default(),
            no_test_rationale: text("no_test_rationale"),
            clean_start_required: value
                .get("clean_start_required")
                .and_then(Value::as_bool)
                .unwrap_or(true),
        }
    }
}
