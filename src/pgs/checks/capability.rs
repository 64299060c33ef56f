// SPDX-License-Identifier: Apache-2.0
//! What a step asks of a capability: P-CS-OP, P-CS-INPUT, and inputs of transforms.

use super::context::{Context, Found, listed, params};
use super::contracts::at_step;
use crate::pgs::model::{Operation, SideEffect, StepKind};
use crate::rules::Rule;
use serde::Deserialize;
use std::collections::BTreeMap;

/// `params`: operations that runtimes take for others (READ for GET).
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Aliases {
    operations: BTreeMap<String, String>,
}

/// The operation that a step means, its other name tried second.
pub(super) fn operation_of<'e>(
    effect: &'e SideEffect,
    op: &str,
    aliases: &Aliases,
) -> Option<&'e Operation> {
    let other = || effect.operations.get(aliases.operations.get(op)?);
    effect.operations.get(op).or_else(other)
}

/// P-CS-OP.
pub(super) fn operation(context: &Context<'_>, rule: &Rule, found: &mut Found) {
    for (loaded, index, step) in context.steps() {
        let StepKind::SideEffect(name) = &step.kind else {
            continue;
        };
        let Some(effect) = context.side_effect(name) else {
            continue;
        };
        let Some(op) = &step.op else {
            let text = "The step names no operation of its side effect.";
            found
                .drafts
                .push(at_step(context, rule, loaded, index, &[], text));
            continue;
        };
        let declared = effect.operations.contains_key(op) && effect.supported.contains(op);
        if !declared {
            let known: Vec<&String> = effect.operations.keys().collect();
            let text = format!(
                "`{}` declares no operation {op}; it declares {}.",
                effect.fqdn.code(),
                listed(&known)
            );
            found
                .drafts
                .push(at_step(context, rule, loaded, index, &["op"], text));
        }
    }
}

/// P-CS-INPUT.
pub(super) fn operation_input(context: &Context<'_>, rule: &Rule, found: &mut Found) {
    let aliases: Aliases = params(context, rule, found);
    for (loaded, index, step) in context.steps() {
        let StepKind::SideEffect(name) = &step.kind else {
            continue;
        };
        let operation = context
            .side_effect(name)
            .zip(step.op.as_deref())
            .and_then(|(effect, op)| operation_of(effect, op, &aliases));
        let Some(operation) = operation else {
            continue;
        };
        let open: Vec<&String> = operation
            .input
            .iter()
            .filter(|name| !step.inputs.contains_key(*name))
            .collect();
        if !open.is_empty() {
            let text = format!(
                "The operation declares {}, and the step does not give it.",
                listed(&open)
            );
            found
                .drafts
                .push(at_step(context, rule, loaded, index, &["inputs"], text));
        }
    }
}

/// Required inputs of a transform that a step leaves open: the transform gets null.
pub(super) fn transform_input(context: &Context<'_>, rule: &Rule, found: &mut Found) {
    for (loaded, index, step) in context.steps() {
        let StepKind::Transform(name) = &step.kind else {
            continue;
        };
        let Some(transform) = context.transform(name) else {
            continue;
        };
        let open: Vec<&String> = transform
            .inputs
            .iter()
            .filter(|(name, field)| {
                field.required && field.default.is_none() && !step.inputs.contains_key(*name)
            })
            .map(|(name, _)| name)
            .collect();
        if !open.is_empty() {
            let text = format!(
                "`{}` requires {}, and the step does not give it.",
                transform.fqdn.code(),
                listed(&open)
            );
            found
                .drafts
                .push(at_step(context, rule, loaded, index, &["inputs"], text));
        }
    }
}
