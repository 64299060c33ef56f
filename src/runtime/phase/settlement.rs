// SPDX-License-Identifier: Apache-2.0
//! When a packet that claims something of a phase may settle: a comparison of equal resources was
//! accepted, and no phase residual blocks. Promotion asks; nothing is read here.

use crate::support::pyjson::Value;

/// No comparison carries the claim.
pub const NO_COMPARISON: &str = "phase claim has no accepted, resource-matched comparison";
/// Something about the phase is open and blocks.
pub const OPEN_RESIDUAL: &str = "blocking phase residuals prevent settlement";

/// Whether the packet claims something of a phase.
pub fn claims_phase(packet: &Value) -> bool {
    packet.text("packet_type") == Some("phase_evidence")
        || packet
            .items("claims")
            .iter()
            .any(|claim| claim.text("claim_type") == Some("phase_proxy"))
}

/// Whether a stored comparison was accepted on equal resources.
pub fn carries(comparison: &Value) -> bool {
    let holds = |key: &str| comparison.get(key).and_then(Value::as_bool) == Some(true);
    comparison.text("schema_version") == Some("ccr.phase_comparison.v1")
        && holds("accepted")
        && holds("resource_matched")
        && holds("improved_relative_to_baseline")
}

/// The comparison that a packet names: `extensions.x_ccr_settlement.comparison_id`.
pub fn named_comparison(packet: &Value) -> Option<&str> {
    packet
        .at(&["extensions", "x_ccr_settlement", "comparison_id"])?
        .as_str()
}

/// Why a packet with a phase claim may not settle; empty when nothing stands against it.
///
/// `comparisons` are those of the store (`phase/comparisons`), `open_residuals` those of
/// `residuals/open`. A packet that names a comparison needs that one; else any will do.
pub fn reasons<'a>(
    packet: &Value,
    comparisons: impl IntoIterator<Item = &'a Value>,
    open_residuals: impl IntoIterator<Item = &'a Value>,
) -> Vec<&'static str> {
    let mut reasons = Vec::new();
    if !claims_phase(packet) {
        return reasons;
    }
    let named = named_comparison(packet);
    let carried = comparisons.into_iter().any(|comparison| {
        carries(comparison) && named.is_none_or(|id| comparison.text("comparison_id") == Some(id))
    });
    if !carried {
        reasons.push(NO_COMPARISON);
    }
    let blocked = open_residuals.into_iter().any(|residual| {
        residual.text("object_type") == Some("phase")
            && residual.get("blocking").is_some_and(Value::truthy)
    });
    if blocked {
        reasons.push(OPEN_RESIDUAL);
    }
    reasons
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{array, object};

    fn claiming() -> Value {
        object! { "claims" => array![object! { "claim_type" => "phase_proxy" }] }
    }

    fn comparison(accepted: bool) -> Value {
        object! {
            "schema_version" => "ccr.phase_comparison.v1", "comparison_id" => "c.1",
            "accepted" => accepted, "resource_matched" => true,
            "improved_relative_to_baseline" => true,
        }
    }

    #[test]
    fn a_phase_claim_needs_an_accepted_comparison() {
        let none: [&Value; 0] = [];
        assert!(reasons(&object! {}, none, none).is_empty());
        assert_eq!(reasons(&claiming(), none, none), [NO_COMPARISON]);
        assert_eq!(
            reasons(&claiming(), [&comparison(false)], none),
            [NO_COMPARISON]
        );
        assert!(reasons(&claiming(), [&comparison(true)], none).is_empty());
        let mut naming = claiming();
        let named = object! { "x_ccr_settlement" => object! { "comparison_id" => "c.2" } };
        naming.set("extensions", named);
        assert_eq!(reasons(&naming, [&comparison(true)], none), [NO_COMPARISON]);
    }

    #[test]
    fn an_open_phase_residual_blocks() {
        let residual = object! { "object_type" => "phase", "blocking" => true };
        assert_eq!(
            reasons(&claiming(), [&comparison(true)], [&residual]),
            [OPEN_RESIDUAL]
        );
    }
}
