// SPDX-License-Identifier: Apache-2.0
//! An observation beside a baseline of equal resources (CCR specification, section 6.5).

use super::{eligibility::number, shown};
use crate::object;
use crate::runtime::{Policy, residual};
use crate::support::pyjson::{Object, Value, stable_id};

/// Metrics of which less is better.
const LESS_IS_BETTER: [&str; 9] = [
    "residual_debt",
    "false_liquidity_load",
    "waste_load",
    "salience_obstruction_load",
    "candidate_only_packet_count",
    "diagnostic_packet_count",
    "non_contributing_volume",
    "rejected_or_quarantined_packets",
    "executed_path_count",
];

/// Compares. Both inputs are valid by their schemas.
pub(super) fn compare(baseline: &Value, observation: &Value, policy: Policy, now: &str) -> Value {
    let strict = policy.strict();
    let baseline_id = shown(baseline, "baseline_id", "");
    let observation_id = shown(observation, "observation_id", "");
    let mut deltas = Object::new();
    let mut directions = Object::new();
    let mut missing: Vec<&str> = Vec::new();
    let mut improved = true;
    let metrics = baseline.get("metrics").and_then(Value::as_object);
    for (metric, base) in metrics.into_iter().flatten() {
        let Some(base) = number(Some(base)) else {
            continue;
        };
        let own = number(observation.get(metric));
        let found = own.or_else(|| number(observation.at(&["phase_gap_vector", metric])));
        if found.is_none() {
            missing.push(metric);
        }
        let delta = found.unwrap_or(0.0) - base;
        let less = strict && LESS_IS_BETTER.contains(&metric.as_str());
        improved &= if less { delta <= 0.0 } else { delta >= 0.0 };
        deltas.insert(metric.clone(), delta.into());
        let direction = if less { "lower" } else { "higher" };
        directions.insert(metric.clone(), direction.into());
    }
    let improved = improved && !deltas.is_empty();
    let matched = same(
        baseline.get("resource_envelope"),
        observation.get("resource_envelope"),
    );
    // A baseline that measures the debt has judged it above.
    let debt_judged = strict && deltas.contains_key("residual_debt");
    let debt_free = debt_judged || number(observation.get("residual_debt")).unwrap_or(0.0) == 0.0;
    let mut accepted = matched && improved && debt_free;
    let mut body = object! {
        "baseline_id" => baseline_id.as_str(),
        "candidate_observation_id" => observation_id.as_str(),
        "comparison_id" => format!("comparison:{baseline_id}:{observation_id}"),
        "deltas" => deltas,
        "improved_relative_to_baseline" => improved,
        "protocol_relative_only" => true,
        "residual_ready" => (!matched).then(|| mismatch(&baseline_id, &observation_id).build(now)),
        "resource_matched" => matched,
        "schema_version" => "ccr.phase_comparison.v1",
        "settled" => false,
    };
    if strict {
        accepted &= missing.is_empty();
        body.set("directions", directions);
        body.set("missing_metrics", missing);
        let id = stable_id("comparison", &[baseline.clone(), observation.clone()]);
        body.set("comparison_id", id);
    }
    body.set("accepted", accepted);
    body
}

fn mismatch(baseline_id: &str, observation_id: &str) -> residual::Draft {
    residual::Draft {
        kind: "settlement_blocker".to_owned(),
        description: "Baseline resource envelope does not match candidate observation.".to_owned(),
        blocking: true,
        object_type: "phase".to_owned(),
        object_id: observation_id.to_owned(),
        refs: vec![baseline_id.to_owned()],
        source: "ccr.phase.compare".to_owned(),
        repair_hint: "Compare only observations with the same declared resource envelope."
            .to_owned(),
        ..residual::Draft::default()
    }
}

/// Python's equality: `1`, `1.0` and `true` are equal, order counts in lists only.
fn same(a: Option<&Value>, b: Option<&Value>) -> bool {
    match (a.unwrap_or(&Value::Null), b.unwrap_or(&Value::Null)) {
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(Some(a), Some(b)))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .zip(b)
                    .all(|((a, x), (b, y))| a == b && same(Some(x), Some(y)))
        }
        (a, b) => match (number(Some(a)), number(Some(b))) {
            (Some(x), Some(y)) => a == b || x == y,
            _ => a == b,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observation(debt: f64) -> Value {
        object! {
            "observation_id" => "o", "resource_envelope" => object! { "agents" => 2.0 },
            "residual_debt" => debt, "effective_edge_count" => 3,
        }
    }

    fn baseline(metrics: Value) -> Value {
        object! {
            "baseline_id" => "b", "resource_envelope" => object! { "agents" => 2 },
            "metrics" => metrics,
        }
    }

    fn accepted(baseline: &Value, observation: &Value, policy: Policy) -> bool {
        let body = compare(baseline, observation, policy, "now");
        body.get("accepted").and_then(Value::as_bool) == Some(true)
    }

    #[test]
    fn each_metric_has_its_direction() {
        let less = baseline(object! { "residual_debt" => 2.0 });
        assert!(accepted(&less, &observation(1.0), Policy::STRICT));
        assert!(!accepted(&less, &observation(3.0), Policy::STRICT));
        assert!(!accepted(&less, &observation(1.0), Policy::COMPAT));
        let more = baseline(object! { "effective_edge_count" => 2 });
        assert!(accepted(&more, &observation(0.0), Policy::STRICT));
        assert!(!accepted(&more, &observation(1.0), Policy::STRICT), "debt");
    }

    #[test]
    fn a_metric_nobody_measured_is_no_improvement() {
        let unknown = baseline(object! { "unknown_metric" => 0 });
        assert!(accepted(&unknown, &observation(0.0), Policy::COMPAT));
        assert!(!accepted(&unknown, &observation(0.0), Policy::STRICT));
    }
}
