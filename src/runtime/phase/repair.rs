// SPDX-License-Identifier: Apache-2.0
//! The task that a failed component leaves behind (CCR specification, section 6.7).

use crate::runtime::store::{Draft, Transaction};
use crate::runtime::{Runtime, RuntimeError, document::Validator, layout, made_task};
use crate::support::pyjson::{Value, stable_id};
use crate::{array, object};

/// Creates a task for each failed component that has none; returns the ids of all of them.
///
/// # Errors
/// The store cannot be read.
pub(super) fn create(
    runtime: &Runtime,
    change: Option<&mut Transaction<'_>>,
    observation_id: &str,
    failed: &[Value],
) -> Result<Vec<String>, RuntimeError> {
    let ids: Vec<(&str, String)> = failed
        .iter()
        .filter_map(Value::as_str)
        .map(|component| (component, id(observation_id, component)))
        .collect();
    let Some(change) = change else {
        return Ok(ids.into_iter().map(|(_, id)| id).collect());
    };
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let validator = Validator::new(runtime, "task")?;
    let mut created = Vec::new();
    for (component, id) in ids {
        let body = task(component, observation_id, &id, change.now());
        let valid = validator.check(&body);
        if !valid.ok() {
            // Only a schema of the root's own can refuse it.
            if runtime.policy().strict() {
                let reason = valid
                    .faults
                    .first()
                    .map_or("", |fault| fault.message.as_str());
                let path = format!("tasks/open/{}", layout::file_name(&id));
                runtime.store.skip(&path, format!("not created: {reason}"));
            }
            continue;
        }
        if !exists(runtime, &id)? {
            let path = runtime.store.place("tasks/open", "task_id", &id)?;
            change.put(&path, &body);
        }
        change.event(Draft {
            action: "task.phase_repair.create".to_owned(),
            object_type: "task".to_owned(),
            object_id: id.clone(),
            after: Some("open".to_owned()),
            refs: vec![observation_id.to_owned()],
            note: format!("Repair task generated for failed phase component: {component}"),
            ..Draft::default()
        });
        created.push(id);
    }
    Ok(created)
}

/// In strict mode a task that somebody leased, finished or blocked is there as well.
fn exists(runtime: &Runtime, id: &str) -> Result<bool, RuntimeError> {
    if runtime.policy().compat() {
        return Ok(runtime
            .store
            .exists(&format!("tasks/open/{}", layout::file_name(id))));
    }
    for status in layout::TASK_STATUSES.into_iter().chain(["done"]) {
        if runtime
            .store
            .find(&format!("tasks/{status}"), "task_id", id)?
            .is_some()
        {
            return Ok(true);
        }
    }
    Ok(false)
}

fn id(observation_id: &str, component: &str) -> String {
    stable_id(
        "task:phase-repair",
        &[observation_id.into(), component.into()],
    )
}

fn task(component: &str, observation_id: &str, id: &str, now: &str) -> Value {
    object! {
        "blackboard_refs" => array![],
        "completion" => object! {},
        "constraints" => object! {
            "allowed_commands" => array![],
            "authority_policy" => "read_only",
            "forbidden_actions" => array!["automatic_execution", "external_side_effect"],
            "max_runtime_minutes" => 45,
            "network_policy" => "none",
            "side_effect_policy" => "dry_run_only",
        },
        "created_at" => now,
        "dependencies" => array![],
        "expected_outputs" => array![object! {
            "acceptance_criteria" => array![
                "A packet, verifier report, or residual update addresses the failed phase component.",
            ],
            "destination" => "tasks/open",
            "kind" => "packet",
            "schema_ref" => "schemas/packet.schema.json",
        }],
        "extensions" => object! { "x_phase_component" => component },
        "inputs" => array![object! {
            "kind" => "report",
            "notes" => format!("Observation failed component {component}"),
            "ref" => observation_id,
            "required" => true,
        }],
        "lease" => made_task::lease(30),
        "objective" => format!("Repair ASI-proxy phase component: {component}."),
        "pic_interop" => object! {
            "candidate_only_until_checked" => true,
            "enabled" => true,
            "identity_context_required" => false,
            "input_mapping" => "report_to_phase_plan",
            "output_mapping" => "pic_phase_plan_to_tasks",
            "pic_profile" => "development",
            "recommended_pic_commands" => array!["pic phase plan --compact --profile development"],
        },
        "priority" => 80,
        "residual_policy" => made_task::residual_policy(),
        "role" => "integrator",
        "schema_version" => "ccr.task.v0.1",
        "status" => "open",
        "task_id" => id,
        "title" => format!("Repair phase component {component}"),
        "verifier_plan" => object! {
            "failure_route" => "residual",
            "optional_verifiers" => array!["human", "pic"],
            "promotion_gate" => "pic_checked",
            "required_verifiers" => array![],
        },
    }
}
