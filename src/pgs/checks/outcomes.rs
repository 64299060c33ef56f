// SPDX-License-Identifier: Apache-2.0
//! Outcomes and edges: what may happen and leads nowhere, what leads somewhere and cannot happen
//! (P-WF-UNHANDLED, P-WF-DEAD-EDGE, P-WF-DEFAULT).

use super::context::{Context, Found, listed};
use super::contracts::endings;
use crate::pgs::model::{Node, NodeKind, Workflow};
use crate::rules::Rule;
use std::collections::BTreeSet;

/// Outcomes of an entry.
const ENTRY: [&str; 2] = ["ACK", "NACK"];
/// The label that a runtime of the symbolic generation never matches.
const DEFAULT: &str = "default";

/// Outcomes that a node must route, and those that it may give.
fn outcomes(
    context: &Context<'_>,
    workflow: &Workflow,
    node: &Node,
) -> Option<(Vec<String>, BTreeSet<String>)> {
    match node.kind {
        NodeKind::Intent | NodeKind::Ingress => {
            let both = ENTRY.map(str::to_owned);
            Some((both.to_vec(), both.into_iter().collect()))
        }
        NodeKind::Contract => {
            let target = node.target.as_deref()?;
            let contract = context.contract(target, workflow.fqdn.namespace())?;
            let mut given = endings(contract);
            given.extend(contract.allowed.iter().cloned());
            Some((contract.allowed.clone(), given))
        }
        NodeKind::Exit | NodeKind::Other(_) => None,
    }
}

/// P-WF-UNHANDLED.
pub(super) fn unhandled(context: &Context<'_>, rule: &Rule, found: &mut Found) {
    for (loaded, workflow) in context.workflows() {
        for (id, node) in &workflow.nodes {
            let Some((needed, _)) = outcomes(context, workflow, node) else {
                continue;
            };
            let open: Vec<&String> = needed
                .iter()
                .filter(|o| !node.next.contains_key(*o))
                .collect();
            if !open.is_empty() {
                let text = format!("No edge leads on from `{id}` after {}.", listed(&open));
                let keys = ["frontmatter", "core", "nodes", id, "next"];
                found.drafts.push(context.at(rule, loaded, &keys, text));
            }
        }
    }
}

/// P-WF-DEAD-EDGE.
pub(super) fn dead_edge(context: &Context<'_>, rule: &Rule, found: &mut Found) {
    for (loaded, workflow) in context.workflows() {
        for (id, node) in &workflow.nodes {
            let Some((_, given)) = outcomes(context, workflow, node) else {
                continue;
            };
            for outcome in node.next.keys() {
                // `default` is another rule's.
                if given.contains(outcome) || outcome == DEFAULT {
                    continue;
                }
                let text =
                    format!("`{id}` never ends with {outcome}, so this edge is never taken.");
                let keys = ["frontmatter", "core", "nodes", id, "next", outcome];
                found.drafts.push(context.at(rule, loaded, &keys, text));
            }
        }
    }
}

/// P-WF-DEFAULT.
pub(super) fn default_edge(context: &Context<'_>, rule: &Rule, found: &mut Found) {
    for (loaded, workflow) in context.workflows() {
        for (id, node) in &workflow.nodes {
            if node.next.contains_key(DEFAULT) {
                let text = format!("`{id}` has an edge `default`; no outcome is called so.");
                let keys = ["frontmatter", "core", "nodes", id, "next", DEFAULT];
                found.drafts.push(context.at(rule, loaded, &keys, text));
            }
        }
    }
}
