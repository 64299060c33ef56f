// SPDX-License-Identifier: Apache-2.0
//! What one packet contributes to a phase (CCR specification, section 6.1).

use super::{evidence::Evidence, ledger::Ledger, shown};
use crate::object;
use crate::support::pyjson::{Number, Value};

const DIAGNOSTIC: &str = "packet status is diagnostic-only for phase formation";
const PROVISIONAL: &str = "provisional packets enter graph but do not settle phase coordinates";
const BLOCKED: &str = "blocking residuals prevent positive phase contribution";
const AUTHORITY: &str = "authority or side-effect policy is outside the phase envelope";
const ILLIQUID: &str = "liquidity lower bound is negative after residual and hazard charges";
// Strict mode alone.
const HAZARD: &str = "a high or critical hazard prevents positive phase contribution";
const EVIDENCE: &str = "no required verifier has an accepted report that stands in the store";
const FOLDER: &str = "the packet's status is not that of its folder";
const TWICE: &str = "several files carry this packet id";
const UNMET: &str = "a required dependency has not reached its required status";

/// A dependency of a packet.
#[derive(Debug)]
pub(super) struct Dependency {
    pub(super) id: String,
    pub(super) relation: String,
    pub(super) required_status: String,
}

/// A semantic edge that a packet declares.
#[derive(Debug)]
pub(super) struct SemanticEdge {
    pub(super) id: String,
    pub(super) relation: String,
    pub(super) status: Option<String>,
    pub(super) sources: Vec<String>,
    pub(super) targets: Vec<String>,
}

/// What a packet says of who stands behind it and how it can be taken back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Declared {
    /// A validity domain, profiles and an authority inside the envelope.
    pub(super) bounded: bool,
    /// An issuer of a known type.
    pub(super) identity: bool,
    /// A signed issuer.
    pub(super) signed: bool,
    /// Nothing to take back, or a way to do so.
    pub(super) rollback: bool,
}

/// A packet, as far as a phase needs it.
#[derive(Debug)]
pub(super) struct Packet {
    pub(super) id: String,
    pub(super) status: String,
    pub(super) summary: Value,
    /// The status where it is no text.
    odd_status: Option<Value>,
    pub(super) dependencies: Vec<Dependency>,
    pub(super) semantic_edges: Vec<SemanticEdge>,
    pub(super) declared: Declared,
    folder: &'static str,
    embedded: Vec<String>,
    authority_valid: bool,
    execution_available: bool,
    accumulated: bool,
    residuals_preserved: bool,
    dangerous: bool,
    hazard_charge: f64,
    evidence: bool,
    metrics: [Option<f64>; 4],
}

/// Python's number: a boolean counts as one or zero.
pub(super) fn number(value: Option<&Value>) -> Option<f64> {
    match value {
        Some(Value::Bool(value)) => Some(f64::from(u8::from(*value))),
        other => other.and_then(Value::as_f64),
    }
}

impl Packet {
    /// Cuts a document down; `evidence` is there in strict mode.
    pub(super) fn new(folder: &'static str, body: &Value, evidence: Option<&Evidence>) -> Self {
        let strict = evidence.is_some();
        let none = object! {};
        let part = |key: &str| {
            body.get(key)
                .filter(|v| v.as_object().is_some())
                .unwrap_or(&none)
        };
        let id = shown(body, "packet_id", "unknown");
        let risk = part("risk");
        let execution = part("execution_availability");
        let authority = shown(risk, "authority_level", "none");
        let policy = shown(execution, "side_effect_policy", "none");
        let mode = shown(execution, "mode", "");
        let authority_valid = authority != "external_side_effect" && policy != "unsafe_not_allowed";
        let execution_available = !["not_applicable", "unknown", ""].contains(&mode.as_str())
            && authority_valid
            && [
                "none",
                "dry_run_only",
                "sandbox_only",
                "operator_approval_required",
            ]
            .contains(&policy.as_str());
        let hazard = shown(risk, "hazard_level", "none");
        let critical = |key: &str| risk.text(key) == Some("critical");
        let metrics = part("metrics");
        let metric = |key: &str| {
            let value = number(metrics.get(key))?;
            match (strict, key) {
                (false, _) => Some(value),
                // What the schema does not allow does not count.
                (true, "reuse_score") => (0.0..=1.0).contains(&value).then_some(value),
                (true, _) => (value >= 0.0 && value.is_finite()).then_some(value),
            }
        };
        let scope = part("scope");
        let issuer = part("issuer");
        let filled =
            |value: &Value, key: &str| value.text(key).is_some_and(|t| !t.trim().is_empty());
        Self {
            status: shown(body, "status", "candidate"),
            summary: body.get("summary").cloned().unwrap_or_else(|| "".into()),
            dependencies: body
                .items("dependencies")
                .iter()
                .filter_map(dependency)
                .collect(),
            semantic_edges: body
                .items("semantic_edges")
                .iter()
                .filter(|edge| edge.as_object().is_some())
                .map(semantic_edge)
                .collect(),
            declared: Declared {
                bounded: authority_valid
                    && filled(scope, "validity_domain")
                    && !scope.items("profiles").is_empty(),
                identity: filled(issuer, "actor_id")
                    && issuer
                        .text("actor_type")
                        .is_some_and(|kind| kind != "unknown"),
                signed: issuer.get("signed").and_then(Value::as_bool) == Some(true),
                rollback: ["none", "dry_run_only"].contains(&policy.as_str())
                    || filled(execution, "rollback"),
            },
            odd_status: body.get("status").filter(|s| s.as_str().is_none()).cloned(),
            folder,
            embedded: body
                .items("residuals")
                .iter()
                .filter(|residual| residual.get("blocking").is_some_and(Value::truthy))
                .map(|residual| shown(residual, "residual_id", ""))
                .collect(),
            authority_valid,
            execution_available,
            accumulated: body.get("artifacts").is_some_and(Value::truthy),
            residuals_preserved: body.get("residuals").is_some(),
            dangerous: ["high", "critical"].contains(&hazard.as_str())
                || critical("misuse_risk")
                || critical("overclaim_risk"),
            hazard_charge: if ["none", "low"].contains(&hazard.as_str()) {
                0.0
            } else {
                1.0
            },
            evidence: evidence.is_some_and(|evidence| evidence.holds(body, &id)),
            metrics: [
                metric("reuse_score"),
                metric("residual_load"),
                metric("hazard_load"),
                metric("queue_load"),
            ],
            id,
        }
    }
}

fn dependency(value: &Value) -> Option<Dependency> {
    Some(Dependency {
        id: value.text("dependency_id")?.to_owned(),
        relation: shown(value, "relation", "requires"),
        required_status: shown(value, "required_status", "checked"),
    })
}

fn semantic_edge(value: &Value) -> SemanticEdge {
    let ids = |key: &str| {
        let ids = value.items(key).iter().filter_map(Value::as_str);
        ids.map(str::to_owned).collect()
    };
    SemanticEdge {
        id: shown(value, "edge_id", "semantic_edge"),
        relation: shown(value, "relation", "other"),
        status: value.get("status").map(crate::support::pyjson::display),
        sources: ids("source_ids"),
        targets: ids("target_ids"),
    }
}

/// A packet with its verdict: a node of the graph.
#[derive(Debug)]
pub(super) struct Node {
    /// The packet.
    pub(super) packet: Packet,
    /// Ids of what blocks it: its own residuals, then the ledger's.
    blockers: Vec<String>,
    liquidity: f64,
    /// Whether its status is one a certificate may rest on.
    pub(super) accepted: bool,
    /// Whether its status is of a candidate only.
    pub(super) candidate_only: bool,
    /// Whether it counts.
    pub(super) positive: bool,
    reasons: Vec<&'static str>,
}

/// What only the whole set of packets can tell of one of them; strict mode alone asks.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Surroundings {
    /// Another file carries the same id.
    pub(super) duplicate: bool,
    /// A dependency it requires is known and has not the status it needs.
    pub(super) unmet: bool,
}

impl Node {
    /// Judges a packet; `around` is there in strict mode.
    pub(super) fn new(packet: Packet, ledger: &Ledger, around: Option<Surroundings>) -> Self {
        let mut blockers = packet.embedded.clone();
        blockers.extend(ledger.blockers(&packet.id).map(str::to_owned));
        let status = packet.status.as_str();
        let checked = ["checked", "settled"].contains(&status);
        let accepted = checked || status == "provisional";
        let candidate_only = !checked && crate::runtime::layout::PACKET_STATUSES.contains(&status);
        let [reuse, residual_load, hazard_load, queue_load] = packet.metrics;
        #[expect(clippy::cast_precision_loss, reason = "a count of residuals is small")]
        let count = blockers.len() as f64;
        let liquidity = reuse.unwrap_or(if checked { 1.0 } else { 0.0 })
            - residual_load.unwrap_or(count)
            - hazard_load.unwrap_or(packet.hazard_charge)
            - queue_load.unwrap_or(0.0);
        let liquid = liquidity >= 0.0;
        let mut reasons = Vec::new();
        let mut say = |holds: bool, reason| {
            if holds {
                reasons.push(reason);
            }
        };
        say(!accepted, DIAGNOSTIC);
        say(status == "provisional", PROVISIONAL);
        say(!blockers.is_empty(), BLOCKED);
        say(!packet.authority_valid, AUTHORITY);
        say(liquidity < 0.0, ILLIQUID);
        let mut positive = checked && blockers.is_empty() && packet.authority_valid && liquid;
        if let Some(around) = around {
            let more = reasons.len();
            let mut say = |holds: bool, reason| {
                if holds {
                    reasons.push(reason);
                }
            };
            say(packet.dangerous, HAZARD);
            say(accepted && !packet.evidence, EVIDENCE);
            say(status != packet.folder, FOLDER);
            say(around.duplicate, TWICE);
            say(around.unmet, UNMET);
            positive &= reasons.len() == more;
        }
        Self {
            packet,
            blockers,
            liquidity,
            accepted,
            candidate_only,
            positive,
            reasons,
        }
    }

    /// Whether it could be executed and counts.
    pub(super) fn execution_available(&self) -> bool {
        self.packet.execution_available
    }

    /// The node as the graph shows it.
    pub(super) fn to_value(&self) -> Value {
        let packet = &self.packet;
        let reasons = self.reasons.as_slice();
        let status = packet.status.as_str();
        object! {
            "accepted" => self.accepted,
            "candidate_only" => self.candidate_only,
            "contribution" => object! {
                "candidate_only" => self.candidate_only,
                "non_contributing_reason" => reasons.join("; "),
                "positive_contribution" => self.positive,
                "settled" => false,
                "status" => if self.positive { "positive" } else { "diagnostic" },
            },
            "eligibility" => object! {
                "accepted_or_certificate_admissible" => self.accepted,
                "accumulated" => packet.accumulated,
                "authority_valid" => packet.authority_valid,
                "available" => self.accepted && packet.accumulated,
                "blocking_residual_ids" => self.blockers.clone(),
                "candidate_only" => self.candidate_only,
                "executed" => false,
                "execution_available" => packet.execution_available,
                "liquidity_lower_bound" => Value::Number(Number::Float(self.liquidity)),
                "positive_contribution" => self.positive,
                "reasons" => reasons,
                "residuals_preserved" => packet.residuals_preserved,
                "status" => status,
            },
            "executed" => false,
            "execution_available" => packet.execution_available,
            "node_id" => packet.id.as_str(),
            "packet_id" => packet.id.as_str(),
            "positive_contribution" => self.positive,
            "reasons" => reasons,
            "settled" => status == "settled",
            "status" => packet.odd_status.clone().unwrap_or_else(|| status.into()),
            "summary" => &packet.summary,
        }
    }
}
