// SPDX-License-Identifier: Apache-2.0
//! What a workflow needs and what its binding gives: P-RB-COVER, P-RB-STORE.

use super::context::{Context, Found, listed};
use super::contracts::at_step;
use super::dataflow::contract_of;
use crate::model::Severity;
use crate::pgs::model::{Step, StepKind, Workflow};
use crate::rules::Rule;
use std::collections::BTreeSet;

/// Every step that a workflow may run.
pub(super) fn steps_of<'c>(
    context: &'c Context<'_>,
    workflow: &'c Workflow,
) -> impl Iterator<Item = &'c Step> {
    let contracts = workflow.nodes.values();
    contracts
        .filter_map(|node| contract_of(context, workflow, node))
        .flat_map(|contract| &contract.steps)
}

fn effect(step: &Step) -> Option<&String> {
    match &step.kind {
        StepKind::SideEffect(name) => Some(name),
        _ => None,
    }
}

/// P-RB-COVER.
pub(super) fn cover(context: &Context<'_>, rule: &Rule, found: &mut Found) {
    for (loaded, workflow) in context.workflows() {
        let Some((_, binding)) = context.binding_of(workflow) else {
            continue;
        };
        let used: BTreeSet<&String> = steps_of(context, workflow).filter_map(effect).collect();
        let bound: BTreeSet<&String> = binding.bindings.keys().collect();
        let keys = ["frontmatter", "runtime_binding"];
        let open: Vec<&&String> = used.difference(&bound).collect();
        if !open.is_empty() {
            let text = format!(
                "`{}` does not bind {}, which the workflow uses.",
                binding.fqdn.code(),
                listed(&open)
            );
            found.drafts.push(context.at(rule, loaded, &keys, text));
        }
        let idle: Vec<&&String> = bound.difference(&used).collect();
        if !idle.is_empty() {
            let text = format!(
                "`{}` binds {}, which the workflow does not use.",
                binding.fqdn.code(),
                listed(&idle)
            );
            let draft = context.at(rule, loaded, &keys, text);
            found.drafts.push(draft.severity(Severity::Low));
        }
    }
}

/// P-RB-STORE.
pub(super) fn store(context: &Context<'_>, rule: &Rule, found: &mut Found) {
    for (loaded, binding) in context.bindings() {
        for name in binding.bindings.keys() {
            let keys = ["frontmatter", "core", "bindings", name];
            let bound = loaded.body().at(&keys);
            if bound.is_some_and(|bound| bound.get("policy").is_none()) {
                let text = format!(
                    "`{name}` is bound without `policy`, so a runtime finds no place for its data."
                );
                found.drafts.push(context.at(rule, loaded, &keys, text));
            }
        }
    }
    // One step serves many workflows; it is told once for each binding that lacks its store.
    let mut told = BTreeSet::new();
    for (_, workflow) in context.workflows() {
        let Some((_, binding)) = context.binding_of(workflow) else {
            continue;
        };
        for node in workflow.nodes.values() {
            let Some(contract) = contract_of(context, workflow, node) else {
                continue;
            };
            let Some(loaded) = context.get(contract.fqdn.as_str()) else {
                continue;
            };
            for (index, step) in contract.steps.iter().enumerate() {
                let Some(bound) = effect(step).and_then(|name| binding.bindings.get(name)) else {
                    continue;
                };
                let own = bound.policy.get("path").is_some();
                let storage = context.storage_of(binding);
                let text = match (&step.store, &storage) {
                    (Some(store), Some((_, storage))) if !storage.stores.contains_key(store) => {
                        format!("`{}` stores no {store}.", storage.fqdn.code())
                    }
                    (Some(store), None) if !own => format!(
                        "{store} has no place: `{}` names no storage structure.",
                        binding.fqdn.code()
                    ),
                    (None, _)
                        if !own && asks_for_path(context, step) && !bound.policy.is_null() =>
                    {
                        format!(
                            "It writes nowhere: the step names no store, and `{}` no path.",
                            binding.fqdn.code()
                        )
                    }
                    _ => continue,
                };
                if told.insert((contract.fqdn.clone(), index, text.clone())) {
                    let keys: &[&str] = if step.store.is_some() {
                        &["store"]
                    } else {
                        &[]
                    };
                    found
                        .drafts
                        .push(at_step(context, rule, loaded, index, keys, text));
                }
            }
        }
    }
}

/// Whether a side effect's configuration requires a path.
fn asks_for_path(context: &Context<'_>, step: &Step) -> bool {
    let keys = ["extensions", "configuration_schema", "path", "required"];
    let source = effect(step).and_then(|name| context.get(name));
    let required = source.and_then(|source| source.artifact.frontmatter().at(&keys));
    required.and_then(crate::support::pyjson::ordered::Value::as_bool) == Some(true)
}
