// SPDX-License-Identifier: Apache-2.0
//! What is measured of a graph (CCR specification, section 6.3).

use super::graph::Graph;
use super::inputs::Inputs;
use super::{closure, edges};
use crate::object;
use crate::runtime::Policy;
use crate::support::pyjson::{Object, Value, stable_id};

/// Kinds of residuals that show a queue in trouble.
const OBSTRUCTIONS: [&str; 3] = ["queue_overload", "negative_liquidity", "settlement_blocker"];

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of files are far below 2^53"
)]
fn float(count: usize) -> f64 {
    count as f64
}

fn ratio(part: usize, of: usize) -> f64 {
    float(part) / float(of.max(1))
}

/// Measures a graph.
pub(super) fn measure(graph: &Graph, inputs: &Inputs, policy: Policy) -> Value {
    let total = graph.nodes.len();
    let accepted = graph.nodes.iter().filter(|node| node.accepted).count();
    let positive = graph.positive();
    let candidates = graph.candidates();
    let edge_count = graph.positive_edges();
    let available = graph.available();
    let witnesses = if policy.compat() {
        edges::two_cycles(&graph.edges)
    } else {
        let arcs: Vec<(usize, usize)> = graph
            .edges
            .iter()
            .filter(|edge| edge.positive)
            .flat_map(|edge| edge.sources.iter().map(|source| (*source, edge.target)))
            .collect();
        // A loop of n packets is what n - 1 pairs would be.
        let sizes = closure::components(total, &arcs);
        sizes.iter().map(|size| size - 1).sum()
    };
    let open = &inputs.ledger.open;
    let blocking = inputs.ledger.blocking().count();
    let obstructing = open
        .iter()
        .filter(|residual| OBSTRUCTIONS.contains(&residual.kind.as_str()))
        .count();
    let density = ratio(available, positive);
    let closure_score = ratio(witnesses, positive).min(1.0);
    let throughput = ratio(accepted, accepted + candidates);
    let debt = float(open.len() + blocking);
    let false_liquidity = ratio(candidates, candidates + positive);
    // Raw volume must not thin out what obstructs: strict mode divides by what is accepted.
    let load = ratio(obstructing, if policy.compat() { total } else { accepted });
    let gap = object! {
        "accepted_packet_count" => float(positive),
        "autocatalytic_closure_score" => closure_score,
        "effective_edge_count" => float(edge_count),
        "execution_available_path_density" => density,
        "false_liquidity_load" => false_liquidity,
        "residual_debt" => debt,
        "salience_obstruction_load" => load,
        "verification_throughput" => throughput,
    };
    let mut body = object! {
        "accepted" => positive > 0 && edge_count > 0,
        "accepted_packet_count" => accepted,
        "autocatalytic_closure_score" => closure_score,
        "candidate_only_packet_count" => candidates,
        "closure_witness_count" => witnesses,
        "effective_edge_count" => edge_count,
        "effective_node_count" => total,
        "executed_path_count" => 0,
        "execution_available_path_count" => available,
        "execution_available_path_density" => density,
        "false_liquidity_load" => false_liquidity,
        "generated_at" => inputs.generated_at.as_str(),
        "graph_id" => graph.id.as_str(),
        "phase_gap_vector" => &gap,
        "positive_packet_count" => positive,
        "protocol_relative_only" => true,
        "proves_real_asi" => false,
        "residual_debt" => debt,
        "resource_envelope" => &inputs.envelope,
        "salience_obstruction_load" => load,
        "schema_version" => "ccr.phase_observation.v1",
        "settled" => false,
        "threshold_distance" => 0.0,
        "verification_throughput" => throughput,
        "waste_load" => ratio(total - positive, total),
        "workflow_usable" => total > 0,
    };
    let id = if policy.compat() {
        stable_id("phase-observation", &[graph.id.as_str().into(), gap])
    } else {
        body.set("declared", declared(graph));
        stable_id("phase-observation", std::slice::from_ref(&body))
    };
    body.set("observation_id", id);
    body
}

/// How many of the positive packets do not say who stands behind them, within which bounds, and
/// how they are taken back.
fn declared(graph: &Graph) -> Value {
    let mut without = [0usize; 4];
    for node in graph.nodes.iter().filter(|node| node.positive) {
        let said = node.packet.declared;
        let rollback = said.rollback || !node.execution_available();
        for (count, said) in
            without
                .iter_mut()
                .zip([said.bounded, said.identity, said.signed, rollback])
        {
            *count += usize::from(!said);
        }
    }
    let names = [
        "without_bounded_scope",
        "without_identity",
        "without_signature",
        "without_rollback",
    ];
    Value::Object(Object::from_iter(
        names
            .into_iter()
            .zip(without)
            .map(|(name, count)| (name.to_owned(), count.into())),
    ))
}
