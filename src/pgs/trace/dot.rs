// SPDX-License-Identifier: Apache-2.0
//! The path taken as the text that Graphviz reads, equal to the original's (specification of the
//! PGS runtime, section 6.4) wherever names are names.

use crate::pgs::model::{NodeKind, Workflow};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// What a run touched.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Visited {
    /// Nodes entered.
    pub nodes: BTreeSet<String>,
    /// Edges taken: from, outcome, to.
    pub edges: BTreeSet<(String, String, String)>,
}

impl Visited {
    /// From the nodes and outcomes in the order of the run.
    pub fn along<'a>(path: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut visited = Self::default();
        let mut last: Option<(&str, &str)> = None;
        for (node, outcome) in path {
            visited.nodes.insert(node.to_owned());
            if let Some((from, by)) = last {
                let edge = (from.to_owned(), by.to_owned(), node.to_owned());
                visited.edges.insert(edge);
            }
            last = Some((node, outcome));
        }
        visited
    }
}

/// The name of a kind of node in pictures and traces.
pub fn kind_name(kind: &NodeKind) -> &str {
    match kind {
        NodeKind::Intent => "intent",
        NodeKind::Ingress => "transport_ingress",
        NodeKind::Contract => "capability_contract",
        NodeKind::Exit => "exit",
        NodeKind::Other(name) => name,
    }
}

/// The digraph; no final newline, as in the original.
pub fn text(workflow: &Workflow, visited: &Visited) -> String {
    let mut out = format!(
        "digraph \"DAG_{}\" {{\n  rankdir=LR;\n  node [fontname=\"Helvetica\"];\n  edge [fontname=\"Helvetica\", fontsize=10];\n",
        quoted(workflow.fqdn.code())
    );
    let mut nodes: Vec<_> = workflow.nodes.values().collect();
    nodes.sort_by_key(|node| &node.id);
    for node in &nodes {
        let id = quoted(&node.id);
        let mut label = format!("{id}\\n[{}]", quoted(kind_name(&node.kind)));
        if let Some(target) = node
            .target
            .as_deref()
            .filter(|_| node.kind != NodeKind::Exit)
        {
            let _ = write!(label, "\\n{}", quoted(target));
        }
        let shape = match node.kind {
            NodeKind::Intent => "hexagon",
            NodeKind::Exit => "doublecircle",
            _ => "box",
        };
        let look = if visited.nodes.contains(&node.id) {
            "style=\"filled\", color=\"red\", fillcolor=\"#ffcccc\""
        } else {
            "style=\"\", color=\"black\", fillcolor=\"white\""
        };
        let _ = writeln!(
            out,
            "  \"{id}\" [label=\"{label}\", shape={shape}, {look}];"
        );
    }
    for node in &nodes {
        let mut edges: Vec<_> = node.next.iter().collect();
        edges.sort();
        for (outcome, to) in edges {
            let edge = (node.id.clone(), outcome.clone(), to.clone());
            let look = if visited.edges.contains(&edge) {
                "color=\"red\", penwidth=3"
            } else {
                "color=\"black\", penwidth=1"
            };
            let (from, to, outcome) = (quoted(&node.id), quoted(to), quoted(outcome));
            let _ = writeln!(
                out,
                "  \"{from}\" -> \"{to}\" [label=\"{outcome}\", {look}];"
            );
        }
    }
    out.push('}');
    out
}

/// A name within quotes: what would end them, or give the drawing program an order, is escaped.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_stays_within_its_quotes() {
        assert_eq!(quoted("a\"];\n\\N"), "a\\\"];\u{fffd}\\\\N");
    }

    #[test]
    fn a_path_makes_its_edges() {
        let visited = Visited::along([("A", "ACK"), ("B", "SUCCESS"), ("END", "completed")]);
        assert_eq!(visited.nodes.len(), 3);
        assert_eq!(visited.edges.len(), 2);
    }
}
