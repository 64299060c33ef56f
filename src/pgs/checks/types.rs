// SPDX-License-Identifier: Apache-2.0
//! Types along every edge: P-BIND-TYPE. Only where both sides say a type.

use super::context::{Context, Found};
use super::contracts::{STATUS, at_step};
use super::dataflow::{contract_of, declared};
use super::expressions::RAW;
use crate::pgs::expression::{Expression, Path};
use crate::pgs::model::{Contract, Field, Fields, NodeKind, Step, StepKind, Workflow};
use crate::rules::Rule;
use crate::support::pyjson::Number;
use crate::support::pyjson::ordered::Value;

/// P-BIND-TYPE.
pub(super) fn mismatch(context: &Context<'_>, rule: &Rule, found: &mut Found) {
    for (loaded, workflow) in context.workflows() {
        for (id, node) in &workflow.nodes {
            let Some(contract) = contract_of(context, workflow, node) else {
                continue;
            };
            for (name, value) in &node.inputs {
                let real = of(value, &|path| in_workflow(context, workflow, path));
                if let Some(text) = differ(contract.inputs.get(name), real.as_deref(), name) {
                    let keys = ["frontmatter", "core", "nodes", id, "inputs", name];
                    found.drafts.push(context.at(rule, loaded, &keys, text));
                }
            }
        }
    }
    for (loaded, contract) in context.contracts() {
        for (index, step) in contract.steps.iter().enumerate() {
            if let StepKind::Transform(target) = &step.kind
                && let Some(transform) = context.transform(target)
            {
                for (name, value) in &step.inputs {
                    let real = of(value, &|path| in_contract(context, contract, step, path, 0));
                    if let Some(text) = differ(transform.inputs.get(name), real.as_deref(), name) {
                        let keys = ["inputs", name.as_str()];
                        found
                            .drafts
                            .push(at_step(context, rule, loaded, index, &keys, text));
                    }
                }
            }
            if index + 1 < contract.steps.len() {
                continue;
            }
            for (name, value) in step.outputs.iter().filter(|(name, _)| *name != STATUS) {
                let real = of(value, &|path| in_contract(context, contract, step, path, 0));
                if let Some(text) = differ(contract.outputs.get(name), real.as_deref(), name) {
                    let keys = ["outputs", name.as_str()];
                    found
                        .drafts
                        .push(at_step(context, rule, loaded, index, &keys, text));
                }
            }
        }
    }
}

fn differ(wanted: Option<&Field>, real: Option<&str>, name: &str) -> Option<String> {
    let wanted = wanted?.kind.as_deref()?;
    let real = real?;
    let (a, b) = (plain(wanted)?, plain(real)?);
    let fits = a == b || matches!((a, b), ("number", "integer") | ("integer", "number"));
    (!fits).then(|| format!("`{name}` is declared {wanted}, and what it is given is {real}."))
}

/// The JSON type behind a declared one; nothing for `any` and words that nobody explains.
fn plain(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "string" | "hex_string" | "integer_string" | "date" | "date-time" | "email" | "uuid" => {
            "string"
        }
        "integer" | "int" => "integer",
        "number" | "float" | "decimal" => "number",
        "boolean" | "bool" => "boolean",
        "array" | "list" => "array",
        "object" | "dict" | "map" => "object",
        _ => return None,
    })
}

/// The type of an expression.
fn of(value: &Expression, path: &dyn Fn(&Path) -> Option<String>) -> Option<String> {
    let kind = match value {
        Expression::Path(at) => return path(at),
        Expression::Timestamp => "string",
        Expression::Array(_) => "array",
        Expression::Object(_) => "object",
        Expression::Quoted(value, _) => {
            return of(&Expression::Literal(value.clone()), path);
        }
        Expression::Literal(Value::Array(_)) => "array",
        Expression::Literal(Value::Object(_)) => "object",
        Expression::Literal(Value::String(_)) => "string",
        Expression::Literal(Value::Bool(_)) => "boolean",
        Expression::Literal(Value::Number(Number::Float(_))) => "number",
        Expression::Literal(Value::Number(_)) => "integer",
        Expression::Literal(_) => return None,
    };
    Some(kind.to_owned())
}

fn in_workflow(context: &Context<'_>, workflow: &Workflow, path: &Path) -> Option<String> {
    let segments: Vec<&str> = path.segments().collect();
    match segments.as_slice() {
        ["payload", rest @ ..] => {
            let (entry, fields) = declared(context, workflow)?;
            let rest = match (&entry.kind, rest) {
                (NodeKind::Ingress, ["request_body", rest @ ..]) => rest,
                (NodeKind::Ingress, _) => return None,
                (_, rest) => rest,
            };
            field(fields, rest)
        }
        ["results", node, name] if *name != RAW => {
            let contract = contract_of(context, workflow, workflow.nodes.get(*node)?)?;
            contract.outputs.get(*name)?.kind.clone()
        }
        _ => None,
    }
}

fn field(fields: &Fields, segments: &[&str]) -> Option<String> {
    let (first, rest) = segments.split_first()?;
    let found = fields.get(*first)?;
    if rest.is_empty() {
        return found.kind.clone();
    }
    field(&found.fields, rest)
}

fn in_contract(
    context: &Context<'_>,
    contract: &Contract,
    step: &Step,
    path: &Path,
    depth: usize,
) -> Option<String> {
    // A step may read only earlier ones; a contract that does otherwise must not turn us in a circle.
    if depth > contract.steps.len() {
        return None;
    }
    let segments: Vec<&str> = path.segments().collect();
    match segments.as_slice() {
        ["inputs" | "payload", rest @ ..] => field(&contract.inputs, rest),
        [RAW, name] => raw(context, step, name),
        ["results", source, rest @ ..] => {
            let source = contract.steps.iter().find(|step| step.id == *source)?;
            match rest {
                [RAW, name] => raw(context, source, name),
                [name] if *name != RAW => {
                    let value = source.outputs.get(*name)?;
                    of(value, &|path| {
                        in_contract(context, contract, source, path, depth + 1)
                    })
                }
                _ => None,
            }
        }
        _ => None,
    }
}

fn raw(context: &Context<'_>, step: &Step, name: &str) -> Option<String> {
    match &step.kind {
        StepKind::Transform(target) => declared_output(context, target, name).map(str::to_owned),
        _ => None,
    }
}

/// The type that a transform's source declares for an output.
pub(super) fn declared_output<'c>(
    context: &'c Context<'_>,
    transform: &str,
    name: &str,
) -> Option<&'c str> {
    let output = context
        .get(transform)?
        .artifact
        .core()
        .at(&["outputs", name])?;
    output.as_str().or_else(|| output.text("type"))
}
