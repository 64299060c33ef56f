// SPDX-License-Identifier: Apache-2.0
//! A packet that claims something of a phase settles only with an accepted, resource-matched
//! comparison that it names, and while no phase residual blocks (default mode).

use crate::runtime::{Runtime, RuntimeError};
use crate::support::pyjson::Value;

/// Adds the reasons why the claim may not settle.
pub(super) fn examine(
    runtime: &Runtime,
    packet: &Value,
    reasons: &mut Vec<String>,
) -> Result<(), RuntimeError> {
    let claims = packet.items("claims").iter();
    if !claims
        .into_iter()
        .any(|claim| claim.text("claim_type") == Some("phase_proxy"))
    {
        return Ok(());
    }
    if !compared(runtime, &named(packet))? {
        let reason = "phase claim names no accepted, resource-matched comparison";
        reasons.push(reason.to_owned());
    }
    let open = runtime.store.rows("residuals/open")?;
    let blocked = open.iter().any(|(_, row)| {
        row.text("object_type") == Some("phase") && row.get("blocking").is_some_and(Value::truthy)
    });
    if blocked {
        reasons.push("blocking phase residuals are open".to_owned());
    }
    Ok(())
}

/// Ids under which the packet may name a comparison.
fn named(packet: &Value) -> Vec<&str> {
    let declared = packet.at(&["extensions", "x_ccr_settlement", "comparison_id"]);
    let evidence = packet.items("evidence").iter();
    declared
        .and_then(Value::as_str)
        .into_iter()
        .chain(evidence.filter_map(|item| item.text("ref")))
        .collect()
}

fn compared(runtime: &Runtime, named: &[&str]) -> Result<bool, RuntimeError> {
    let is_true = |body: &Value, key: &str| body.get(key) == Some(&Value::Bool(true));
    for id in named {
        let found = runtime
            .store
            .find("phase/comparisons", "comparison_id", id)?;
        if found.is_some_and(|stored| {
            is_true(&stored.body, "accepted") && is_true(&stored.body, "resource_matched")
        }) {
            return Ok(true);
        }
    }
    Ok(false)
}
