// SPDX-License-Identifier: Apache-2.0
//! Edges between packets and which of them count (CCR specification, section 6.2).

use super::eligibility::{Dependency, Node, SemanticEdge, Surroundings};
use crate::object;
use crate::support::pyjson::{Value, stable_id};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Relations by which one packet helps another. The others (`conflicts_with`, `supersedes`,
/// `unknown`) say something, but not that.
const HELPING: [&str; 7] = [
    "requires",
    "supports",
    "imports",
    "verifies",
    "tests",
    "documents",
    "adapts",
];

const DIAGNOSTIC: &str = "edge is diagnostic until endpoints and edge evidence are accepted";
const RELATION: &str = "the relation is no support";
const REQUIRED: &str = "the dependency has not reached its required status";
const DECLARER: &str = "the packet that declares the edge does not count itself";
const ENDPOINT: &str = "a declared source is not known";
const LOOP: &str = "a packet does not support itself";

/// An edge; nodes by their place in the graph.
#[derive(Debug)]
pub(super) struct Edge {
    /// Its id.
    pub(super) id: String,
    /// What it says.
    pub(super) relation: String,
    /// Where it starts.
    pub(super) sources: Vec<usize>,
    /// Where it ends.
    pub(super) target: usize,
    /// Whether it counts.
    pub(super) positive: bool,
    tag: String,
    reasons: Vec<&'static str>,
}

/// The statuses that satisfy a required one.
fn reached(required: &str, status: &str) -> bool {
    let enough: &[&str] = match required {
        "settled" => &["settled"],
        "checked" => &["checked", "settled"],
        "provisional" => &["provisional", "checked", "settled"],
        "candidate" => &["candidate", "provisional", "checked", "settled"],
        "speculative" => &["speculative", "provisional", "checked", "settled"],
        "any" => {
            return !["rejected", "quarantined", "deprecated", "expired"].contains(&status);
        }
        _ => &[],
    };
    enough.contains(&status)
}

/// What the whole set tells of each packet; `statuses` are those of known ids.
pub(super) fn surroundings<'a>(
    packets: impl Iterator<Item = (&'a str, &'a [Dependency])>,
    statuses: &HashMap<&str, Vec<&str>>,
) -> Vec<Surroundings> {
    packets
        .map(|(id, dependencies)| Surroundings {
            duplicate: statuses.get(id).is_some_and(|known| known.len() > 1),
            unmet: dependencies
                .iter()
                .filter(|dependency| dependency.relation == "requires")
                .filter_map(|dependency| Some((dependency, statuses.get(dependency.id.as_str())?)))
                .any(|(dependency, known)| {
                    !known
                        .iter()
                        .all(|status| reached(&dependency.required_status, status))
                }),
        })
        .collect()
}

/// Builds the edges of the packets, in order of id.
pub(super) fn build(nodes: &[Node], strict: bool) -> Vec<Edge> {
    // The last of several packets with one id stands for it.
    let known: HashMap<&str, usize> = nodes
        .iter()
        .enumerate()
        .map(|(at, node)| (node.packet.id.as_str(), at))
        .collect();
    let by_id: BTreeMap<&str, usize> = known.iter().map(|(id, at)| (*id, *at)).collect();
    let mut edges = Vec::new();
    for (_, at) in by_id {
        let packet = &nodes[at].packet;
        for dependency in &packet.dependencies {
            if let Some(source) = known.get(dependency.id.as_str()) {
                edges.push(of_dependency(nodes, at, *source, dependency, strict));
            }
        }
        for declared in &packet.semantic_edges {
            semantic(nodes, &known, at, declared, strict, &mut edges);
        }
    }
    edges.sort_by(|a, b| a.id.cmp(&b.id));
    if strict {
        // Said twice is said once; the one that counts least stays.
        let mut seen: HashMap<String, usize> = HashMap::new();
        let mut kept: Vec<Edge> = Vec::with_capacity(edges.len());
        for edge in edges {
            match seen.get(&edge.id) {
                Some(at) if !edge.positive && kept[*at].positive => kept[*at] = edge,
                Some(_) => {}
                None => {
                    seen.insert(edge.id.clone(), kept.len());
                    kept.push(edge);
                }
            }
        }
        return kept;
    }
    edges
}

fn of_dependency(
    nodes: &[Node],
    at: usize,
    source: usize,
    dependency: &Dependency,
    strict: bool,
) -> Edge {
    let status = nodes[at].packet.status.as_str();
    let mut edge = Edge::new(
        nodes,
        "dependency",
        vec![source],
        at,
        dependency.relation.clone(),
        status,
    );
    if strict {
        edge.demand(HELPING.contains(&dependency.relation.as_str()), RELATION);
        edge.demand(
            reached(&dependency.required_status, &nodes[source].packet.status),
            REQUIRED,
        );
        edge.demand(source != at, LOOP);
    }
    edge
}

fn semantic(
    nodes: &[Node],
    known: &HashMap<&str, usize>,
    at: usize,
    declared: &SemanticEdge,
    strict: bool,
    edges: &mut Vec<Edge>,
) {
    let find = |ids: &[String]| -> Vec<usize> {
        ids.iter()
            .filter_map(|id| known.get(id.as_str()).copied())
            .collect()
    };
    let sources = find(&declared.sources);
    if sources.is_empty() {
        return;
    }
    let whole = sources.len() == declared.sources.len();
    let status = declared
        .status
        .as_deref()
        .unwrap_or(&nodes[at].packet.status);
    for target in find(&declared.targets) {
        let mut edge = Edge::new(
            nodes,
            &declared.id,
            sources.clone(),
            target,
            declared.relation.clone(),
            status,
        );
        if strict {
            // Else any raw packet could put an edge between two checked ones.
            edge.demand(nodes[at].positive, DECLARER);
            edge.demand(whole, ENDPOINT);
            edge.demand(!edge.sources.contains(&target), LOOP);
        }
        edges.push(edge);
    }
}

impl Edge {
    fn new(
        nodes: &[Node],
        tag: &str,
        sources: Vec<usize>,
        target: usize,
        relation: String,
        status: &str,
    ) -> Self {
        let id = |at: &usize| Value::from(nodes[*at].packet.id.as_str());
        let positive = ["checked", "settled"].contains(&status)
            && nodes[target].positive
            && sources.iter().all(|at| nodes[*at].positive);
        Self {
            id: stable_id(
                "edge",
                &[
                    tag.into(),
                    Value::Array(sources.iter().map(id).collect()),
                    id(&target),
                    relation.as_str().into(),
                ],
            ),
            relation,
            sources,
            target,
            positive,
            tag: tag.to_owned(),
            reasons: if positive { vec![] } else { vec![DIAGNOSTIC] },
        }
    }

    fn demand(&mut self, holds: bool, reason: &'static str) {
        if !holds {
            self.positive = false;
            self.reasons.push(reason);
        }
    }

    /// The edge as the graph shows it.
    pub(super) fn to_value(&self, nodes: &[Node]) -> Value {
        let id = |at: &usize| nodes[*at].packet.id.clone();
        let tag = vec![self.tag.clone()];
        let missing = if self.positive { vec![] } else { tag.clone() };
        object! {
            "accepted" => self.positive,
            "edge_id" => self.id.as_str(),
            "evidence" => object! {
                "evidence_refs" => tag,
                "evidence_supported" => self.positive,
                "missing_evidence" => missing,
            },
            "positive_contribution" => self.positive,
            "protocol_relative_only" => true,
            "reasons" => self.reasons.as_slice(),
            "relation_type" => self.relation.as_str(),
            "settled" => false,
            "source_node_ids" => self.sources.iter().map(id).collect::<Vec<_>>(),
            "target_node_id" => id(&self.target),
        }
    }
}

/// Witnesses of the reference: pairs of single-source edges in both directions.
pub(super) fn two_cycles(edges: &[Edge]) -> usize {
    let positive: HashSet<(&[usize], usize)> = edges
        .iter()
        .filter(|edge| edge.positive)
        .map(|edge| (edge.sources.as_slice(), edge.target))
        .collect();
    let both = positive
        .iter()
        .flat_map(|(sources, target)| sources.iter().map(move |source| (*target, *source)))
        .filter(|(from, to)| positive.contains(&([*from].as_slice(), *to)))
        .count();
    both / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_required_status_is_reached_by_what_stands_above_it() {
        assert!(reached("checked", "settled"));
        assert!(!reached("settled", "checked"));
        assert!(reached("candidate", "provisional"));
        assert!(reached("any", "raw"));
        assert!(!reached("any", "quarantined"));
        assert!(!reached("anything", "settled"), "a status nobody defined");
    }
}
