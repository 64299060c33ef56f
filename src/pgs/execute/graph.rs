// SPDX-License-Identifier: Apache-2.0
//! The graph of a workflow, as closed loading judges it (specification of the PGS runtime, section
//! 4.1): it has a start, its edges lead to nodes, and none leads back.

use super::plan::LoadFault;
use crate::pgs::model::{NodeKind, Workflow};
use std::collections::BTreeSet;

/// What keeps the edges of a workflow from leading to an exit.
pub(super) fn faults(workflow: &Workflow) -> Vec<LoadFault> {
    let mut faults = Vec::new();
    let mut fault = |code: &'static str, message: String| {
        faults.push(LoadFault {
            code,
            subject: workflow.fqdn.as_str().to_owned(),
            message,
        });
    };
    match &workflow.start {
        None => fault("NO_ENTRY_NODE", "it names no start_node".to_owned()),
        Some(start) if !workflow.nodes.contains_key(start) => {
            fault(
                "NO_ENTRY_NODE",
                format!("there is no node {start:?} to start at"),
            );
        }
        Some(_) => {}
    }
    for node in workflow.nodes.values() {
        for (outcome, target) in &node.next {
            if !workflow.nodes.contains_key(target) {
                let message = format!(
                    "{} leads by {outcome} to {target:?}, which is no node",
                    node.id
                );
                fault("NODE_NOT_FOUND", message);
            }
        }
        if let NodeKind::Other(kind) = &node.kind {
            let message = format!("{} is of the unknown type {kind:?}", node.id);
            fault("SCHEMA_VIOLATION", message);
        }
    }
    if let Some(cycle) = cycle(workflow) {
        let message = format!("a run could go round: {}", cycle.join(" -> "));
        fault("WF_CYCLE", message);
    }
    faults
}

/// A way that leads back to where it was, node by node.
fn cycle(workflow: &Workflow) -> Option<Vec<String>> {
    let mut done = BTreeSet::new();
    for start in workflow.nodes.keys() {
        // Nodes on the way, each with the edges still to follow.
        let mut way: Vec<(&str, Vec<&str>)> = Vec::new();
        let enter = |name: &str| -> Vec<&str> {
            let node = workflow.nodes.get(name);
            node.into_iter()
                .flat_map(|node| node.next.values().map(String::as_str))
                .collect()
        };
        if !done.contains(start.as_str()) {
            way.push((start, enter(start)));
        }
        while let Some((name, edges)) = way.last_mut() {
            let name = *name;
            match edges.pop() {
                None => {
                    done.insert(name);
                    way.pop();
                }
                Some(next) if way.iter().any(|(on, _)| *on == next) => {
                    let from = way
                        .iter()
                        .position(|(on, _)| *on == next)
                        .unwrap_or_default();
                    let names = way[from..].iter().map(|(on, _)| (*on).to_owned());
                    return Some(names.chain([next.to_owned()]).collect());
                }
                Some(next) if done.contains(next) => {}
                Some(next) => way.push((next, enter(next))),
            }
        }
    }
    None
}
