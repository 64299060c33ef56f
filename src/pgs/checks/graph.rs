// SPDX-License-Identifier: Apache-2.0
//! The form of a workflow's graph: P-WF-START to P-WF-IN-CODE.

use super::context::{Context, Found, Loaded, params};
use super::flow::Flow;
use crate::model::Draft;
use crate::pgs::fqdn::Kind;
use crate::pgs::model::{NodeKind, Workflow};
use crate::rules::Rule;
use crate::support::pyjson::ordered::Value;
use serde::Deserialize;
use std::collections::BTreeSet;

fn node(context: &Context<'_>, rule: &Rule, loaded: &Loaded, keys: &[&str], text: String) -> Draft {
    let mut all = vec!["frontmatter", "core", "nodes"];
    all.extend(keys);
    context.at(rule, loaded, &all, text)
}

fn is_entry(kind: &NodeKind) -> bool {
    matches!(kind, NodeKind::Intent | NodeKind::Ingress)
}

/// P-WF-START.
pub(super) fn start(context: &Context<'_>, rule: &Rule, found: &mut Found) {
    for (loaded, workflow) in context.workflows() {
        let keys = ["frontmatter", "core", "start_node"];
        let text = match &workflow.start {
            None => Some("It names no start node.".to_owned()),
            Some(start) => match workflow.nodes.get(start) {
                None => Some(format!("The start node `{start}` does not exist.")),
                Some(node) if !is_entry(&node.kind) => Some(format!(
                    "The start node `{start}` is no intent, so the payload is never judged."
                )),
                Some(_) => None,
            },
        };
        if let Some(text) = text {
            found.drafts.push(context.at(rule, loaded, &keys, text));
        }
        for (id, other) in &workflow.nodes {
            if is_entry(&other.kind) && workflow.start.as_ref() != Some(id) {
                let text =
                    format!("`{id}` is a second entry: a run begins at the start node only.");
                found.drafts.push(node(context, rule, loaded, &[id], text));
            }
        }
    }
}

/// P-WF-TARGET.
pub(super) fn target(context: &Context<'_>, rule: &Rule, found: &mut Found) {
    edges(context, |loaded, workflow, from, outcome, to| {
        if !workflow.nodes.contains_key(to) {
            let text = format!("`{from}` leads on {outcome} to `{to}`, which does not exist.");
            let draft = node(context, rule, loaded, &[from, "next", outcome], text);
            found.drafts.push(draft);
        }
    });
}

/// P-WF-CYCLE.
pub(super) fn cycle(context: &Context<'_>, rule: &Rule, found: &mut Found) {
    for (loaded, workflow) in context.workflows() {
        let flow = Flow::of(workflow);
        for circle in flow.circles() {
            let mut names: Vec<&str> = circle.iter().map(|at| flow.ids[*at]).collect();
            let first = names[0];
            names.push(first);
            let text = format!("A run may turn in a circle: {}.", names.join(" -> "));
            found
                .drafts
                .push(node(context, rule, loaded, &[first], text));
        }
    }
}

/// P-WF-UNREACHABLE.
pub(super) fn unreachable(context: &Context<'_>, rule: &Rule, found: &mut Found) {
    for (loaded, workflow) in context.workflows() {
        let flow = Flow::of(workflow);
        let Some(start) = workflow.start.as_ref().and_then(|start| flow.number(start)) else {
            continue;
        };
        let reached = Flow::reached(&flow.next, [start], None);
        for (_, id) in flow.ids.iter().enumerate().filter(|(at, _)| !reached[*at]) {
            let text = format!("No path leads from the start to `{id}`.");
            found.drafts.push(node(context, rule, loaded, &[id], text));
        }
    }
}

/// P-WF-NOEXIT.
pub(super) fn no_exit(context: &Context<'_>, rule: &Rule, found: &mut Found) {
    for (loaded, workflow) in context.workflows() {
        let flow = Flow::of(workflow);
        let ends = Flow::reached(&flow.before, flow.exits(workflow), None);
        for (_, id) in flow.ids.iter().enumerate().filter(|(at, _)| !ends[*at]) {
            let text = format!("No path leads from `{id}` to an exit.");
            found.drafts.push(node(context, rule, loaded, &[id], text));
        }
    }
}

/// P-WF-EXIT-OUT.
pub(super) fn exit_out(context: &Context<'_>, rule: &Rule, found: &mut Found) {
    for (loaded, workflow) in context.workflows() {
        for exit in workflow
            .nodes
            .values()
            .filter(|node| node.kind == NodeKind::Exit)
        {
            if !exit.next.is_empty() {
                let text = format!("The exit `{}` has edges that no run takes.", exit.id);
                let keys = [exit.id.as_str(), "next"];
                found.drafts.push(node(context, rule, loaded, &keys, text));
            }
        }
    }
}

/// `params` of `pgs-wf-exit-reason`: what counts when the snapshot brings no vocabulary.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reasons {
    reasons: Vec<String>,
}

/// P-WF-EXIT-REASON.
pub(super) fn exit_reason(context: &Context<'_>, rule: &Rule, found: &mut Found) {
    let own: Reasons = params(context, rule, found);
    let mut known: BTreeSet<String> = BTreeSet::new();
    for vocabulary in context.of(Kind::Vocabulary) {
        let front = vocabulary.artifact.frontmatter();
        let entries = front
            .get("exit_reasons")
            .map(|reasons| reasons.items("entries"));
        let entries = entries.unwrap_or_default().iter().filter_map(Value::as_str);
        known.extend(entries.map(str::to_owned));
    }
    if known.is_empty() {
        known.extend(own.reasons);
    }
    for (loaded, workflow) in context.workflows() {
        for exit in workflow
            .nodes
            .values()
            .filter(|node| node.kind == NodeKind::Exit)
        {
            let text = match &exit.reason {
                None => format!("The exit `{}` gives no reason.", exit.id),
                Some(reason) if known.contains(reason) => continue,
                Some(reason) => format!("`{reason}` is no reason that the vocabulary knows."),
            };
            let keys = [exit.id.as_str(), "reason"];
            found.drafts.push(node(context, rule, loaded, &keys, text));
        }
    }
}

/// P-WF-IN-CODE.
pub(super) fn in_code(context: &Context<'_>, rule: &Rule, found: &mut Found) {
    for (loaded, workflow) in context.workflows() {
        for entry in workflow.nodes.values().filter(|node| is_entry(&node.kind)) {
            if entry.target.is_none() {
                let text = format!(
                    "The entry `{}` names no intent to judge the payload by.",
                    entry.id
                );
                let keys = [entry.id.as_str()];
                found.drafts.push(node(context, rule, loaded, &keys, text));
            }
        }
    }
}

/// Every edge: artifact, workflow, node, outcome, target.
fn edges<'c>(
    context: &'c Context<'_>,
    mut each: impl FnMut(&'c Loaded, &'c Workflow, &'c str, &'c str, &'c str),
) {
    for (loaded, workflow) in context.workflows() {
        for (id, node) in &workflow.nodes {
            for (outcome, to) in &node.next {
                each(loaded, workflow, id, outcome, to);
            }
        }
    }
}
