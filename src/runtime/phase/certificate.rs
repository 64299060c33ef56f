// SPDX-License-Identifier: Apache-2.0
//! The certificate candidate: what a threshold status and the open residuals amount to (CCR
//! specification, section 6.6). It never settles and proves nothing beyond the protocol.

use super::{SUMMARY_FROM, graph::Graph, ledger::Ledger, shown};
use crate::object;
use crate::runtime::Policy;
use crate::support::pyjson::{Value, stable_id};

/// The certificate candidate.
pub(super) fn candidate(
    graph: &Graph,
    observation: &Value,
    status: &Value,
    ledger: &Ledger,
    policy: Policy,
) -> Value {
    let mut defects: Vec<Value> = status
        .items("failed_components")
        .iter()
        .filter_map(Value::as_str)
        .map(|component| {
            object! {
                "component" => component,
                "defect_id" => format!("defect:{component}"),
                "defect_type" => "threshold_component_failed",
                "required_remediation" => format!("Improve or repair phase component {component}."),
                "residual_preserved" => true,
            }
        })
        .collect();
    let failed = defects.len();
    defects.extend(ledger.blocking().map(|residual| {
        object! {
            "component" => "residual",
            "defect_id" => format!("defect:{}", residual.id),
            "defect_type" => "blocking_residual",
            "required_remediation" => residual.hint.as_str(),
            "residual_preserved" => true,
        }
    }));
    let met = status.get("accepted").is_some_and(Value::truthy);
    let accepted = met && defects.len() == failed;
    let observation_id = shown(observation, "observation_id", "unknown");
    let reasons = if accepted {
        vec![]
    } else {
        vec!["threshold or residual obligations remain unresolved"]
    };
    let mut body = object! {
        "accepted" => accepted,
        "certificate_status" => if accepted { "accepted" } else { "abstain" },
        "defects" => defects,
        "finite_requirements_passed" => accepted,
        "graph_id" => graph.id.as_str(),
        "observation_id" => observation_id.as_str(),
        "operationally_usable" => accepted,
        "protocol_relative_only" => true,
        "proves_physical_or_oracle_truth" => false,
        "proves_real_asi" => false,
        "reasons" => reasons,
        "schema_version" => "ccr.phase_certificate_candidate.v1",
        "settled" => false,
        "threshold_status" => status,
        "workflow_usable" => !graph.nodes.is_empty(),
    };
    let id = if policy.compat() {
        format!("collective-phase-certificate:{observation_id}")
    } else {
        stable_id("collective-phase-certificate", std::slice::from_ref(&body))
    };
    body.set("certificate_id", id);
    body
}

/// What a command prints of it: the whole, or, with many defects in strict mode, the first ones.
pub(super) fn to_show(certificate: &Value, policy: Policy) -> Value {
    let defects = certificate.items("defects");
    if policy.compat() || defects.len() < SUMMARY_FROM {
        return certificate.clone();
    }
    let mut body: Value = match certificate {
        Value::Object(all) => Value::Object(
            all.iter()
                .filter(|(key, _)| *key != "defects")
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
        ),
        other => other.clone(),
    };
    body.set("defect_count", defects.len());
    body.set("defects", &defects[..SUMMARY_FROM]);
    body.set("summary_only", true);
    body
}
