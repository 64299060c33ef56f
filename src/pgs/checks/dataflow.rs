// SPDX-License-Identifier: Apache-2.0
//! What a node reads: P-WF-INPUT, P-BIND-ORDER, P-BIND-PAYLOAD.

use super::context::{Context, Found, Loaded, listed};
use super::contracts::outcomes;
use super::expressions::RAW;
use super::flow::Flow;
use crate::pgs::expression::Path;
use crate::pgs::model::{Contract, Fields, Node, NodeKind, Workflow};
use crate::rules::Rule;

/// P-WF-INPUT.
pub(super) fn unbound(context: &Context<'_>, rule: &Rule, found: &mut Found) {
    for (loaded, workflow) in context.workflows() {
        for (id, node) in &workflow.nodes {
            let Some(contract) = contract_of(context, workflow, node) else {
                continue;
            };
            let open: Vec<&String> = contract
                .inputs
                .iter()
                .filter(|(name, field)| field.required && !node.inputs.contains_key(*name))
                .map(|(name, _)| name)
                .collect();
            if !open.is_empty() {
                let text = format!(
                    "`{}` requires {}, and `{id}` does not give it.",
                    contract.fqdn.code(),
                    listed(&open)
                );
                let keys = ["frontmatter", "core", "nodes", id, "inputs"];
                found.drafts.push(context.at(rule, loaded, &keys, text));
            }
        }
    }
}

/// The contract behind a node.
pub(super) fn contract_of<'c>(
    context: &'c Context<'_>,
    workflow: &Workflow,
    node: &Node,
) -> Option<&'c Contract> {
    if node.kind != NodeKind::Contract {
        return None;
    }
    context.contract(node.target.as_deref()?, workflow.fqdn.namespace())
}

/// P-BIND-ORDER.
pub(super) fn order(context: &Context<'_>, rule: &Rule, found: &mut Found) {
    for (loaded, workflow) in context.workflows() {
        let flow = Flow::of(workflow);
        let start = workflow.start.as_ref().and_then(|start| flow.number(start));
        for (id, node) in &workflow.nodes {
            for (name, value) in &node.inputs {
                for path in value
                    .paths()
                    .into_iter()
                    .filter(|path| path.root() == "results")
                {
                    let text = wrong(context, workflow, &flow, start, id, path);
                    let keys = ["frontmatter", "core", "nodes", id, "inputs", name];
                    let draft = text.map(|text| context.at(rule, loaded, &keys, text));
                    found.drafts.extend(draft);
                }
            }
        }
    }
}

fn wrong(
    context: &Context<'_>,
    workflow: &Workflow,
    flow: &Flow<'_>,
    start: Option<usize>,
    reader: &str,
    path: &Path,
) -> Option<String> {
    let mut segments = path.segments().skip(1);
    let source = segments.next()?;
    let field = segments.next();
    let Some(from) = flow.number(source) else {
        return Some(format!(
            "`{}` reads `{source}`, which does not exist.",
            path.text
        ));
    };
    let to = flow.number(reader)?;
    // Without a start, and for what is never reached, other rules speak.
    let start = start?;
    if !Flow::reached(&flow.next, [start], None)[to] {
        return None;
    }
    if !flow.dominates(start, from, to) {
        return Some(format!(
            "`{}` reads `{source}`, and on some path to `{reader}` that has not run.",
            path.text
        ));
    }
    let field = field.filter(|field| *field != RAW)?;
    let node = workflow.nodes.get(source)?;
    let contract = contract_of(context, workflow, node)?;
    // Which edges of the source lead here, and which steps end the contract with their outcomes.
    for (outcome, target) in &node.next {
        let Some(next) = flow.number(target) else {
            continue;
        };
        if !Flow::reached(&flow.next, [next], Some(from))[to] {
            continue;
        }
        if let Some(step) = silent(contract, outcome, field) {
            return Some(match step {
                Some(step) => format!(
                    "`{}`: after {outcome}, which leads to `{reader}`, the last step of `{source}` is `{step}`, and it gives no `{field}`.",
                    path.text
                ),
                None => format!(
                    "`{}`: after {outcome}, which leads to `{reader}`, `{source}` may have no results at all.",
                    path.text
                ),
            });
        }
    }
    None
}

/// A way to end with `outcome` that leaves `field` out: the last step on it, or none when an input
/// was missing.
fn silent<'c>(contract: &'c Contract, outcome: &str, field: &str) -> Option<Option<&'c str>> {
    for (at, step) in contract.steps.iter().enumerate() {
        let last = at + 1 == contract.steps.len();
        let goes_on = step
            .on_result
            .get(outcome)
            .is_some_and(|action| action == "continue");
        let ends = outcomes(step).contains(outcome) && (last || !goes_on);
        if ends && !step.outputs.contains_key(field) {
            return Some(Some(&step.id));
        }
    }
    (contract.on_input_failure == outcome).then_some(None)
}

/// P-BIND-PAYLOAD.
pub(super) fn payload(context: &Context<'_>, rule: &Rule, found: &mut Found) {
    for (loaded, workflow) in context.workflows() {
        let Some((entry, fields)) = declared(context, workflow) else {
            continue;
        };
        for (id, node) in &workflow.nodes {
            for (name, value) in &node.inputs {
                for path in value
                    .paths()
                    .into_iter()
                    .filter(|path| path.root() == "payload")
                {
                    let mut segments: Vec<&str> = path.segments().skip(1).collect();
                    if entry.kind == NodeKind::Ingress {
                        if segments.first() != Some(&"request_body") {
                            continue;
                        }
                        segments.remove(0);
                    }
                    if let Some(missing) = undeclared(fields, &segments) {
                        let text = format!(
                            "`{}`: the intent of `{}` declares no `{missing}`.",
                            path.text, entry.id
                        );
                        draft(context, rule, loaded, &[id, "inputs", name], text, found);
                    }
                }
            }
        }
    }
}

/// The entry of a workflow and what its intent declares.
pub(super) fn declared<'c>(
    context: &'c Context<'_>,
    workflow: &'c Workflow,
) -> Option<(&'c Node, &'c Fields)> {
    let entry = workflow.nodes.get(workflow.start.as_ref()?)?;
    let target = entry.target.as_deref()?;
    let intent = context.intent(target, workflow.fqdn.namespace())?;
    Some((entry, &intent.inputs))
}

/// The first segment that is not declared; an object without declared members takes any.
fn undeclared<'s>(fields: &Fields, segments: &[&'s str]) -> Option<&'s str> {
    let (first, rest) = segments.split_first()?;
    let Some(field) = fields.get(*first) else {
        return Some(first);
    };
    if field.fields.is_empty() {
        return None;
    }
    undeclared(&field.fields, rest)
}

fn draft(
    context: &Context<'_>,
    rule: &Rule,
    loaded: &Loaded,
    below: &[&str],
    text: String,
    found: &mut Found,
) {
    let mut keys = vec!["frontmatter", "core", "nodes"];
    keys.extend(below);
    found.drafts.push(context.at(rule, loaded, &keys, text));
}
