// SPDX-License-Identifier: Apache-2.0
//! The picture of a run: the whole workflow as a layered drawing, the way taken in strong lines.
//!
//! Flow: [`Graph`] (what to draw) -> [`layout`] (where) -> [`svg`] (how) -> [`png`] (in pixels).
//! Nothing outside the program is called.

mod layers;
pub mod layout;
mod letters;
pub mod png;
pub mod svg;

use super::model::{NodeKind, Workflow};
use std::collections::{BTreeMap, BTreeSet};

/// What a node looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// Judges the payload.
    Intent,
    /// Runs a contract.
    Contract,
    /// Ends the run.
    Exit,
}

/// A node to draw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// First line, strong.
    pub title: String,
    /// Second line; empty for none.
    pub detail: String,
    /// Its look.
    pub look: Look,
    /// Whether the run came by.
    pub visited: bool,
}

/// An edge to draw: all outcomes that lead from one node to another, taken and not taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// Index of the node left.
    pub from: usize,
    /// Index of the node entered.
    pub to: usize,
    /// The outcomes.
    pub label: String,
    /// Whether the run took it.
    pub taken: bool,
}

/// What to draw.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Graph {
    /// Lines above the drawing.
    pub heading: Vec<String>,
    /// Whether the run ended well.
    pub success: bool,
    /// Nodes; the first is the start.
    pub nodes: Vec<Node>,
    /// Edges between them.
    pub edges: Vec<Edge>,
}

impl Graph {
    /// The drawing of a run over a workflow. `path` is each node that was left or ended at, with
    /// its outcome.
    pub fn of(
        workflow: &Workflow,
        path: &[(String, String)],
        heading: Vec<String>,
        success: bool,
    ) -> Self {
        let visited: BTreeSet<&str> = path.iter().map(|(node, _)| node.as_str()).collect();
        let taken: BTreeSet<(&str, &str)> = path
            .windows(2)
            .map(|pair| (pair[0].0.as_str(), pair[0].1.as_str()))
            .collect();
        // The start first: it is the root of the layers.
        let start = workflow.start.as_deref();
        let mut order: Vec<&str> = workflow.nodes.keys().map(String::as_str).collect();
        order.sort_by_key(|id| (Some(*id) != start, *id));
        let index: BTreeMap<&str, usize> =
            order.iter().enumerate().map(|(at, id)| (*id, at)).collect();
        let mut graph = Self {
            heading,
            success,
            ..Self::default()
        };
        for id in &order {
            let node = &workflow.nodes[*id];
            let code = node.target.as_deref().unwrap_or_default();
            let code = code.rsplit("::").next().unwrap_or_default();
            let detail = match &node.reason {
                Some(reason) => reason.clone(),
                None if code == *id => String::new(),
                None => code.to_owned(),
            };
            graph.nodes.push(Node {
                title: (*id).to_owned(),
                detail,
                look: match node.kind {
                    NodeKind::Intent | NodeKind::Ingress => Look::Intent,
                    NodeKind::Exit => Look::Exit,
                    NodeKind::Contract | NodeKind::Other(_) => Look::Contract,
                },
                visited: visited.contains(id),
            });
            let mut merged: BTreeMap<(usize, bool), Vec<&str>> = BTreeMap::new();
            for (outcome, target) in &node.next {
                if let Some(to) = index.get(target.as_str()) {
                    let taken = taken.contains(&(*id, outcome.as_str()));
                    merged.entry((*to, !taken)).or_default().push(outcome);
                }
            }
            for ((to, not_taken), mut outcomes) in merged {
                outcomes.sort_unstable();
                graph.edges.push(Edge {
                    from: index[id],
                    to,
                    label: outcomes.join(", "),
                    taken: !not_taken,
                });
            }
        }
        graph
    }
}

#[cfg(test)]
pub(super) mod samples {
    use super::{Edge, Graph, Look, Node};

    /// A chain in which each contract may fail into one shared exit.
    pub(crate) fn chain(contracts: usize) -> Graph {
        let node = |title: String, look, visited| Node {
            title,
            detail: String::new(),
            look,
            visited,
        };
        let mut nodes = vec![node("IN_ORDER_V0".to_owned(), Look::Intent, true)];
        for at in 0..contracts {
            nodes.push(node(format!("CC_STEP_{at:03}_V0"), Look::Contract, true));
        }
        nodes.push(node("EXIT".to_owned(), Look::Exit, true));
        nodes.push(node("EXIT_FAILED".to_owned(), Look::Exit, false));
        let end = contracts + 1;
        let mut edges = Vec::new();
        for from in 0..end {
            for (to, label, taken) in [
                (from + 1, "SUCCESS", true),
                (end + 1, "BACKEND_ERROR, VIOLATION", false),
            ] {
                let label = label.to_owned();
                edges.push(Edge {
                    from,
                    to,
                    label,
                    taken,
                });
            }
        }
        Graph {
            heading: vec!["A chain".to_owned()],
            success: true,
            nodes,
            edges,
        }
    }
}
