// SPDX-License-Identifier: Apache-2.0
//! An observation held against a threshold (CCR specification, section 6.4).

use super::eligibility::number;
use super::shown;
use crate::object;
use crate::runtime::{Policy, RuntimeError};
use crate::support::pyjson::{Object, Value, stable_id};

/// The specification that holds when none is given.
pub(super) fn default_spec(profile: &str) -> Value {
    object! {
        "maximum_false_liquidity_load" => 0.5,
        "maximum_residual_debt" => 0.0,
        "maximum_salience_obstruction" => 0.5,
        "minimum_accepted_packet_count" => 1,
        "minimum_closure_witness_count" => 0,
        "minimum_effective_edge_count" => 1,
        "minimum_execution_available_path_density" => 0.1,
        "minimum_verification_throughput" => 0.1,
        "profile" => profile,
        "required_authority_status" => "explicit-scope-bounded",
        "required_identity_mode" => "declared",
        "required_rollback_availability" => true,
        "schema_version" => "ccr.asi_proxy_threshold.v1",
        "threshold_id" => format!("asi-proxy-{profile}"),
    }
}

/// A component that is one number against one limit.
struct Component {
    name: &'static str,
    /// Key of the observation and its value when absent.
    measured: (&'static str, f64),
    /// Key of the specification and its value when absent.
    limit: (&'static str, f64),
    /// Whether more is better.
    at_least: bool,
    /// Whether it counts in the distance.
    near: bool,
}

const COMPONENTS: [Component; 8] = [
    Component::new(
        "accepted_packet_count",
        ("positive_packet_count", 0.0),
        ("minimum_accepted_packet_count", 1.0),
        true,
        true,
    ),
    Component::new(
        "effective_edge_count",
        ("effective_edge_count", 0.0),
        ("minimum_effective_edge_count", 1.0),
        true,
        true,
    ),
    Component::new(
        "execution_available_path_density",
        ("execution_available_path_density", 0.0),
        ("minimum_execution_available_path_density", 0.1),
        true,
        true,
    ),
    Component::new(
        "closure_witness_count",
        ("closure_witness_count", 0.0),
        ("minimum_closure_witness_count", 0.0),
        true,
        false,
    ),
    Component::new(
        "residual_debt",
        ("residual_debt", 0.0),
        ("maximum_residual_debt", 0.0),
        false,
        true,
    ),
    Component::new(
        "false_liquidity_load",
        ("false_liquidity_load", 1.0),
        ("maximum_false_liquidity_load", 0.5),
        false,
        true,
    ),
    Component::new(
        "salience_obstruction",
        ("salience_obstruction_load", 1.0),
        ("maximum_salience_obstruction", 0.5),
        false,
        false,
    ),
    Component::new(
        "verification_throughput",
        ("verification_throughput", 0.0),
        ("minimum_verification_throughput", 0.1),
        true,
        true,
    ),
];

impl Component {
    const fn new(
        name: &'static str,
        measured: (&'static str, f64),
        limit: (&'static str, f64),
        at_least: bool,
        near: bool,
    ) -> Self {
        Self {
            name,
            measured,
            limit,
            at_least,
            near,
        }
    }

    /// How far on the right side of the limit the observation is.
    fn margin(&self, observation: &Value, spec: &Value) -> Result<f64, RuntimeError> {
        let measured = read("observation", observation, self.measured)?;
        let limit = read("threshold", spec, self.limit)?;
        Ok(if self.at_least {
            measured - limit
        } else {
            limit - measured
        })
    }
}

fn read(what: &str, from: &Value, (key, default): (&str, f64)) -> Result<f64, RuntimeError> {
    match from.get(key) {
        None => Ok(default),
        some => number(some)
            .ok_or_else(|| RuntimeError::Value(format!("{what}: {key} is not a number"))),
    }
}

/// Evaluates; every component by name, and in their order those that failed.
///
/// # Errors
/// A number that is none.
pub(super) fn evaluate(
    observation: &Value,
    spec: &Value,
    policy: Policy,
) -> Result<Value, RuntimeError> {
    let mut status: Vec<(&str, bool)> = Vec::new();
    let mut distance = f64::INFINITY;
    for component in &COMPONENTS {
        let margin = component.margin(observation, spec)?;
        status.push((component.name, margin >= 0.0));
        if component.near {
            distance = distance.min(margin);
        }
    }
    let executed = observation.get("executed_path_count");
    let executed = executed.is_some() && number(executed) != Some(0.0);
    if executed {
        distance = distance.min(-1.0);
    }
    status.push(("not_executed", !executed));
    let claims = observation
        .get("proves_real_asi")
        .is_some_and(Value::truthy);
    status.push(("non_claims_preserved", !claims));
    if policy.strict() {
        status.extend(declarations(observation, spec));
    }
    let failed: Vec<&str> = status
        .iter()
        .filter(|(_, holds)| !holds)
        .map(|(name, _)| *name)
        .collect();
    let accepted = failed.is_empty();
    // An observation is not held against its schema here: its name stays what it is.
    let observation_id = match observation.get("observation_id") {
        Some(id) if policy.compat() => id.clone(),
        _ => shown(observation, "observation_id", "").into(),
    };
    let status_id = if policy.compat() {
        format!(
            "threshold-status:{}",
            shown(observation, "observation_id", "unknown")
        )
    } else {
        stable_id("threshold-status", &[observation.clone(), spec.clone()])
    };
    let components: Object = status
        .iter()
        .map(|(name, holds)| ((*name).to_owned(), (*holds).into()))
        .collect();
    Ok(object! {
        "abstention_reasons" => failed
            .iter()
            .map(|name| format!("component failed: {name}"))
            .collect::<Vec<_>>(),
        "accepted" => accepted,
        "certificate_status" => if accepted { "accepted" } else { "abstain" },
        "component_status" => components,
        "failed_components" => failed,
        "observation_id" => observation_id,
        "protocol_relative_only" => true,
        "proves_real_asi" => false,
        "rejection_reasons" => Vec::<String>::new(),
        "schema_version" => "ccr.asi_proxy_threshold_status.v1",
        "settled" => false,
        "status_id" => status_id,
        "threshold" => spec,
        "threshold_distance" => distance,
    })
}

/// What the reference declares and never looks at: authority, identity, rollback. An observation
/// that does not say counts as one that falls short; a mode that nobody defined is never met.
fn declarations(observation: &Value, spec: &Value) -> [(&'static str, bool); 3] {
    let none = |key: &str| observation.at(&["declared", key]).and_then(Value::as_i64) == Some(0);
    let asked = |key: &str, default: &'static str| shown(spec, key, default);
    let authority = match asked("required_authority_status", "explicit-scope-bounded").as_str() {
        "explicit-scope-bounded" => none("without_bounded_scope"),
        "none" | "any" => true,
        _ => false,
    };
    let identity = match asked("required_identity_mode", "declared").as_str() {
        "declared" => none("without_identity"),
        "signed" => none("without_identity") && none("without_signature"),
        "none" | "any" => true,
        _ => false,
    };
    let rollback = spec.get("required_rollback_availability");
    let wanted = rollback.is_none_or(Value::truthy);
    [
        ("authority_status", authority),
        ("identity_mode", identity),
        ("rollback_availability", !wanted || none("without_rollback")),
    ]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    #[test]
    fn an_empty_observation_fails_as_in_the_reference() {
        let status = evaluate(&object! {}, &object! { "profile" => "zzz" }, Policy::COMPAT);
        let status = status.unwrap();
        assert_eq!(status.text("status_id"), Some("threshold-status:unknown"));
        assert_eq!(status.text("observation_id"), Some(""));
        let failed: Vec<&str> = status
            .items("failed_components")
            .iter()
            .filter_map(Value::as_str)
            .collect();
        assert_eq!(
            failed,
            [
                "accepted_packet_count",
                "effective_edge_count",
                "execution_available_path_density",
                "false_liquidity_load",
                "salience_obstruction",
                "verification_throughput"
            ]
        );
    }

    #[test]
    fn what_is_no_number_is_named() {
        let spec = object! { "minimum_effective_edge_count" => "x" };
        let error = evaluate(&object! {}, &spec, Policy::COMPAT).unwrap_err();
        assert!(error.to_string().contains("minimum_effective_edge_count"));
    }

    #[test]
    fn a_declaration_that_is_asked_for_is_looked_at() {
        let counts = |bounded: i64, rollback: i64| {
            object! { "declared" => object! {
                "without_bounded_scope" => bounded, "without_identity" => 0,
                "without_signature" => 1, "without_rollback" => rollback,
            } }
        };
        let spec = default_spec("development");
        assert!(
            declarations(&counts(0, 0), &spec)
                .iter()
                .all(|(_, holds)| *holds)
        );
        assert_eq!(
            declarations(&counts(1, 0), &spec)[0],
            ("authority_status", false)
        );
        assert_eq!(
            declarations(&counts(0, 2), &spec)[2],
            ("rollback_availability", false)
        );
        let mut signed = spec.clone();
        signed.set("required_identity_mode", "signed");
        assert_eq!(
            declarations(&counts(0, 0), &signed)[1],
            ("identity_mode", false)
        );
        assert!(
            !declarations(&object! {}, &spec)[0].1,
            "an observation that does not say"
        );
        let other = evaluate(&counts(0, 0), &signed, Policy::STRICT).unwrap();
        let same = evaluate(&counts(0, 0), &spec, Policy::STRICT).unwrap();
        assert_ne!(other.text("status_id"), same.text("status_id"));
    }
}
