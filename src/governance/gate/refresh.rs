// SPDX-License-Identifier: Apache-2.0
//! The read-only refresh: a governed report of a real repository and its proof, looked at again
//! without touching the target (section 4.2).

use super::comparison::{REFRESH, good};
use super::repeatability::Pair;
use crate::governance::profile::Profile;
use crate::support::pyjson::ordered::Value;
use serde_json::{Map, json};

/// What is held beyond the dimensions: a name, whether it holds, and why not.
fn further(pair: &Pair) -> Vec<(&'static str, bool, &'static str)> {
    let (report, proof) = (&pair.report, &pair.proof);
    let flag = |key: &str| report.get(key).and_then(Value::as_bool);
    let attempted = proof.members_of("actions_attempted");
    let proof_clean = attempted
        .into_iter()
        .all(|(_, value)| value.as_bool() == Some(false));
    let source = proof.text("approval_source").is_some()
        || proof
            .get("approval")
            .is_some_and(|one| one.text("source").is_some());
    let heads = ["source_head_before", "source_head_after"].map(|key| proof.get(key));
    let clean = flag("target_repository_ending_clean") == Some(true);
    vec![
        (
            "forbidden_action_closure",
            report.items("forbidden_actions_attempted").is_empty()
                && report.get("forbidden_actions_attempted").is_some()
                && proof_clean,
            "the report or the proof does not deny every forbidden action",
        ),
        (
            "operator_acceptance",
            report.text("operator_outcome") == Some("accepted"),
            "the operator did not accept the outcome",
        ),
        (
            "approval_provenance",
            source && report.text("approval_status") == Some("granted"),
            "the proof names no source of the approval, or it was not granted",
        ),
        (
            "target_read_only",
            clean && (heads[0].is_none() || heads[0] == heads[1]),
            "the target did not end clean and unchanged",
        ),
    ]
}

/// Looks again.
pub fn refresh(pair: &Pair, digests: (&str, &str), profile: &Profile) -> serde_json::Value {
    let gates = &profile.gates;
    let mut dimensions = Map::new();
    let mut reasons = Vec::new();
    for name in &gates.dimensions {
        let holds = good(&pair.report, name, profile);
        if !holds {
            reasons.push(format!("{name} does not hold"));
        }
        dimensions.insert(name.clone(), if holds { "match" } else { "blocked" }.into());
    }
    let mut checks = Map::new();
    for (name, holds, why) in further(pair) {
        if !holds {
            reasons.push(why.to_owned());
        }
        checks.insert(
            name.to_owned(),
            if holds { "passed" } else { "blocked" }.into(),
        );
    }
    reasons.extend(pair.faults(profile));
    reasons.dedup();
    let passed = reasons.is_empty();
    json!({
        "schema_version": "cto.stage6_refresh.v1",
        "refresh_type": REFRESH,
        "real_stage5_pass_report": pair.report_path,
        "real_stage5_pass_report_sha256": digests.0,
        "real_stage5_proof": pair.proof_path,
        "real_stage5_proof_sha256": digests.1,
        "run_id": pair.report.text("run_id"),
        "dimensions": dimensions,
        "checks": checks,
        "status": if passed { "pass" } else { "blocked" },
        "reasons": reasons,
        "operator_outcome": pair.report.text("operator_outcome").unwrap_or("missing"),
        "candidate_default_eligible": false,
        "target_mutated": false,
        "runtime_default_activation": false,
        "core_promotion_status": gates.unpromoted,
    })
}
