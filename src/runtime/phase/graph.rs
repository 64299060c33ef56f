// SPDX-License-Identifier: Apache-2.0
//! The effective graph: every packet a node, every relation an edge (CCR specification, section
//! 6.2). It may be large, so it is written and hashed piece by piece, never built as one value
//! unless it is printed whole.

use super::edges::{self, Edge};
use super::eligibility::Node;
use super::inputs::Inputs;
use super::{SUMMARY_FROM, place};
use crate::object;
use crate::runtime::Policy;
use crate::support::hashing;
use crate::support::pyjson::{Object, Value, canonical, pretty_into};
use rayon::prelude::*;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};

/// What is rendered in parallel before it is written.
const BATCH: usize = 4096;

/// The graph.
#[derive(Debug)]
pub(super) struct Graph {
    /// Its id; in strict mode it hangs on everything the graph says.
    pub(super) id: String,
    /// In order of folder, then of file name; in strict mode in order of id.
    pub(super) nodes: Vec<Node>,
    /// In order of id.
    pub(super) edges: Vec<Edge>,
    generated_at: String,
}

impl Graph {
    /// Judges packets and edges; returns the graph and what is left of the inputs.
    pub(super) fn new(inputs: &mut Inputs, policy: Policy) -> Self {
        let mut packets = std::mem::take(&mut inputs.packets);
        if policy.strict() {
            // What a file is called says nothing; the id of the graph must not hang on it.
            packets.sort_by(|a, b| a.id.cmp(&b.id));
        }
        let around = policy.strict().then(|| {
            let mut statuses: HashMap<&str, Vec<&str>> = HashMap::new();
            for packet in &packets {
                let known = statuses.entry(packet.id.as_str()).or_default();
                known.push(packet.status.as_str());
            }
            let each = packets
                .iter()
                .map(|packet| (packet.id.as_str(), packet.dependencies.as_slice()));
            edges::surroundings(each, &statuses)
        });
        let nodes: Vec<Node> = packets
            .into_iter()
            .enumerate()
            .map(|(at, packet)| {
                Node::new(packet, &inputs.ledger, around.as_ref().map(|all| all[at]))
            })
            .collect();
        let edges = edges::build(&nodes, policy.strict());
        let mut graph = Self {
            id: String::new(),
            nodes,
            edges,
            generated_at: inputs.generated_at.clone(),
        };
        let digest = if policy.compat() {
            graph.digest_of_shape()
        } else {
            graph.digest(false)
        };
        graph.id = format!("graph:effective:{}", &digest[..24]);
        graph
    }

    /// Where it is written, below the root.
    pub(super) fn path(&self) -> String {
        place("graphs", &self.id)
    }

    /// How many nodes count.
    pub(super) fn positive(&self) -> usize {
        self.nodes.iter().filter(|node| node.positive).count()
    }

    /// How many edges count.
    pub(super) fn positive_edges(&self) -> usize {
        self.edges.iter().filter(|edge| edge.positive).count()
    }

    /// How many nodes count and could be executed.
    pub(super) fn available(&self) -> usize {
        let nodes = self.nodes.iter();
        nodes
            .filter(|node| node.positive && node.execution_available())
            .count()
    }

    /// How many nodes are candidates only.
    pub(super) fn candidates(&self) -> usize {
        self.nodes.iter().filter(|node| node.candidate_only).count()
    }

    /// Every member but the two long lists.
    fn head(&self) -> Object {
        let positive = self.positive();
        let mut by_relation: BTreeMap<&str, usize> = BTreeMap::new();
        for edge in &self.edges {
            *by_relation.entry(&edge.relation).or_default() += 1;
        }
        let mut by_status: BTreeMap<&str, usize> = BTreeMap::new();
        for node in &self.nodes {
            *by_status.entry(&node.packet.status).or_default() += 1;
        }
        let counts = |counts: BTreeMap<&str, usize>| -> Value {
            let each = counts.into_iter();
            Value::Object(each.map(|(key, n)| (key.to_owned(), n.into())).collect())
        };
        let refused = self
            .nodes
            .iter()
            .filter(|node| ["rejected", "quarantined"].contains(&node.packet.status.as_str()));
        let missing: Vec<&str> = self
            .edges
            .iter()
            .filter(|edge| !edge.positive)
            .map(|edge| edge.id.as_str())
            .collect();
        let head = object! {
            "accepted" => positive > 0,
            "accepted_packet_capital" => positive,
            "candidate_only_packets" => self.candidates(),
            "diagnostic_packet_count" => self.nodes.len() - positive,
            "edge_count_by_relation" => counts(by_relation),
            "executed_path_count" => 0,
            "execution_available_path_count" => self.available(),
            "generated_at" => self.generated_at.as_str(),
            "graph_id" => self.id.as_str(),
            "graph_safety_boundary" => &[
                "raw packet volume is diagnostic only",
                "candidate-only nodes do not improve positive phase components",
                "execution-available paths are not executed paths",
                "graph construction does not settle claims",
            ][..],
            "missing_edge_evidence" => missing,
            "node_count_by_status" => counts(by_status),
            "non_contributing_volume" => self.nodes.len() - positive,
            "positive_edge_count" => self.positive_edges(),
            "proves_real_asi" => false,
            "protocol_relative_only" => true,
            "rejected_or_quarantined_packets" => refused.count(),
            "schema_version" => "ccr.effective_graph.v1",
            "settled" => false,
            "workflow_usable" => !self.nodes.is_empty(),
        };
        match head {
            Value::Object(head) => head,
            _ => Object::new(),
        }
    }

    /// The graph as one value.
    pub(super) fn document(&self) -> Value {
        let mut head = self.head();
        let nodes = self.nodes.par_iter().map(Node::to_value).collect();
        let edges = self.edges.par_iter().map(|edge| edge.to_value(&self.nodes));
        head.insert("nodes".to_owned(), Value::Array(nodes));
        head.insert("edges".to_owned(), Value::Array(edges.collect()));
        Value::Object(head)
    }

    /// What a command prints: the whole, or, of a large graph in strict mode, its counts.
    pub(super) fn shown(&self, policy: Policy) -> Value {
        if policy.compat() || self.nodes.len() + self.edges.len() < SUMMARY_FROM {
            return self.document();
        }
        let mut head = self.head();
        let missing = head.remove("missing_edge_evidence");
        let missing = missing
            .as_ref()
            .and_then(Value::as_array)
            .map_or(0, <[_]>::len);
        head.insert("missing_edge_evidence_count".to_owned(), missing.into());
        head.insert("node_count".to_owned(), self.nodes.len().into());
        head.insert("edge_count".to_owned(), self.edges.len().into());
        head.insert("summary_only".to_owned(), true.into());
        Value::Object(head)
    }

    /// Writes it as a file: the pretty form, one newline at the end.
    pub(super) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        self.render(&Form::PRETTY, true, &mut |text| {
            out.write_all(text.as_bytes())
        })
    }

    /// SHA-256 over its canonical form, with or without its id.
    pub(super) fn digest(&self, with_id: bool) -> String {
        let mut digest = Sha256::new();
        let hashed = self.render(&Form::CANONICAL, with_id, &mut |text| {
            digest.update(text.as_bytes());
            Ok(())
        });
        debug_assert!(hashed.is_ok(), "a digest takes every byte");
        hashing::hex(&digest.finalize())
    }

    /// SHA-256 over what the reference hashes: ids of nodes and whole edges.
    fn digest_of_shape(&self) -> String {
        let mut digest = Sha256::new();
        let ids: Vec<&str> = self
            .nodes
            .iter()
            .map(|node| node.packet.id.as_str())
            .collect();
        digest.update(format!("[{},", canonical(&ids.into())).as_bytes());
        let listed = list(
            &Form::CANONICAL,
            &self.edges,
            &|edge| edge.to_value(&self.nodes),
            &mut |text| {
                digest.update(text.as_bytes());
                Ok(())
            },
        );
        debug_assert!(listed.is_ok(), "a digest takes every byte");
        digest.update(b"]");
        hashing::hex(&digest.finalize())
    }

    fn render(&self, form: &Form, with_id: bool, out: &mut Sink<'_>) -> io::Result<()> {
        let mut head = self.head();
        if !with_id {
            head.remove("graph_id");
        }
        head.insert("nodes".to_owned(), Value::Null);
        head.insert("edges".to_owned(), Value::Null);
        out("{")?;
        for (at, (key, value)) in head.iter().enumerate() {
            let comma = if at > 0 { "," } else { "" };
            out(&format!("{comma}{}\"{key}\":{}", form.line(1), form.space))?;
            match key.as_str() {
                "nodes" => list(form, &self.nodes, &Node::to_value, out)?,
                "edges" => list(form, &self.edges, &|edge| edge.to_value(&self.nodes), out)?,
                _ => out(&form.text(value, 1))?,
            }
        }
        out(&form.line(0))?;
        out(form.end)
    }
}

type Sink<'a> = dyn FnMut(&str) -> io::Result<()> + 'a;

/// One of the two ways to write a document (CCR specification, section 2.1).
struct Form {
    pretty: bool,
    space: &'static str,
    end: &'static str,
}

impl Form {
    const PRETTY: Self = Self {
        pretty: true,
        space: " ",
        end: "}\n",
    };
    const CANONICAL: Self = Self {
        pretty: false,
        space: "",
        end: "}",
    };

    fn line(&self, level: usize) -> String {
        if self.pretty {
            format!("\n{}", "  ".repeat(level))
        } else {
            String::new()
        }
    }

    fn text(&self, value: &Value, level: usize) -> String {
        if self.pretty {
            let mut text = String::new();
            pretty_into(value, level, &mut text);
            text
        } else {
            canonical(value)
        }
    }
}

/// A list that is a member of the document, rendered in parallel batches.
fn list<T: Sync>(
    form: &Form,
    items: &[T],
    value: &(impl Fn(&T) -> Value + Sync),
    out: &mut Sink<'_>,
) -> io::Result<()> {
    if items.is_empty() {
        return out("[]");
    }
    out("[")?;
    let line = form.line(2);
    for (batch, items) in items.chunks(BATCH).enumerate() {
        let texts: Vec<String> = items
            .par_iter()
            .map(|item| form.text(&value(item), 2))
            .collect();
        for (at, text) in texts.iter().enumerate() {
            if batch > 0 || at > 0 {
                out(",")?;
            }
            out(&line)?;
            out(text)?;
        }
    }
    out(&form.line(1))?;
    out("]")
}
