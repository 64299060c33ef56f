// SPDX-License-Identifier: Apache-2.0
//! What must hold before a packet moves up (the table of CCR specification, section 5.2).

use super::{phase_claim, reports, resolve};
use crate::runtime::{Runtime, RuntimeError, document};
use crate::support::pyjson::Value;

/// What the gates say.
#[derive(Debug, Clone, Default)]
pub(super) struct Findings {
    /// Why not; none when the packet may move.
    pub(super) reasons: Vec<String>,
    /// Reports that were counted, relative to the root (default mode).
    pub(super) evidence: Vec<String>,
    /// Reports that were not, and why (default mode).
    pub(super) ignored: Vec<Value>,
}

impl Findings {
    fn refuse_if(&mut self, fails: bool, reason: &str) {
        if fails {
            self.reasons.push(reason.to_owned());
        }
    }
}

/// Holds a packet against the gates of a target status.
pub(super) fn examine(
    runtime: &Runtime,
    packet: &Value,
    id: &str,
    before: &str,
    target: &str,
) -> Result<Findings, RuntimeError> {
    let mut found = Findings::default();
    if ["quarantined", "deprecated"].contains(&target) {
        return Ok(found);
    }
    let strict = runtime.policy().strict();
    let allowed = match (before, target) {
        ("candidate", "checked") | ("checked", "settled") => true,
        // An import may leave a packet there; the reference knows no way back up.
        ("provisional", "checked") => strict,
        _ => false,
    };
    found.refuse_if(
        !allowed,
        &format!("invalid status transition {before}->{target}"),
    );
    match target {
        "checked" => checked(runtime, packet, id, &mut found)?,
        "settled" => settled(runtime, packet, id, &mut found)?,
        _ => {}
    }
    Ok(found)
}

fn checked(
    runtime: &Runtime,
    packet: &Value,
    id: &str,
    found: &mut Findings,
) -> Result<(), RuntimeError> {
    let valid = document::validate(runtime, "packet", packet)?.ok();
    found.refuse_if(!valid, "packet schema is invalid");
    let accepted = if runtime.policy().strict() {
        let verdict = reports::verdict(runtime, packet, id)?;
        found.evidence = verdict.evidence;
        found.ignored = verdict.ignored;
        verdict.accepted
    } else {
        reports::declared(packet)
    };
    found.refuse_if(!accepted, "no required verifier has accepted the packet");
    found.refuse_if(
        packet.get("residuals").is_none(),
        "residual ledger is missing",
    );
    let policy = packet
        .at(&["execution_availability", "side_effect_policy"])
        .map_or_else(|| "none".to_owned(), crate::support::pyjson::display)
        .to_lowercase();
    let harmless = ["none", "dry_run_only", "not_applicable"].contains(&policy.as_str());
    found.refuse_if(
        acts_outside(packet) || !harmless,
        "authority bypass or side-effectful execution request is present",
    );
    Ok(())
}

fn settled(
    runtime: &Runtime,
    packet: &Value,
    id: &str,
    found: &mut Findings,
) -> Result<(), RuntimeError> {
    let strict = runtime.policy().strict();
    let valid = document::validate(runtime, "packet", packet)?.ok();
    found.refuse_if(!valid, "packet schema is invalid");
    let blocked = blockers(runtime, packet, id)?;
    found.refuse_if(blocked, "blocking residuals prevent settlement");
    let declared = |key: &str| settlement(packet, strict, key) == Some(&Value::Bool(true));
    found.refuse_if(
        !declared("target_satisfied"),
        "settlement target is not satisfied",
    );
    found.refuse_if(!declared("lineage_closed"), "lineage is not closed");
    let scope = |key: &str| packet.at(&["scope", key]).is_some_and(Value::truthy);
    found.refuse_if(
        !(scope("validity_domain") && scope("profiles")),
        "scope is not declared",
    );
    let critical = ["hazard_level", "misuse_risk", "overclaim_risk"]
        .iter()
        .any(|key| packet.at(&["risk", key]).and_then(Value::as_str) == Some("critical"));
    found.refuse_if(
        acts_outside(packet) || critical,
        "risk is outside the declared envelope",
    );
    found.refuse_if(
        !declared("integration_policy_passed"),
        "integration policy has not passed",
    );
    if strict {
        phase_claim::examine(runtime, packet, &mut found.reasons)?;
    }
    Ok(())
}

/// A key of what the packet says of its settlement. The packet schema allows only `x_` keys in
/// `extensions`, so the default mode reads `x_ccr_settlement`; `settlement`, which the reference
/// reads, can stand only where a root's own schema allows it.
fn settlement<'p>(packet: &'p Value, strict: bool, key: &str) -> Option<&'p Value> {
    let own = if strict {
        packet.at(&["extensions", "x_ccr_settlement"])
    } else {
        None
    };
    own.or_else(|| packet.at(&["extensions", "settlement"]))?
        .get(key)
}

fn acts_outside(packet: &Value) -> bool {
    packet
        .at(&["risk", "authority_level"])
        .and_then(Value::as_str)
        == Some("external_side_effect")
}

/// Whether a blocking residual stands in the packet or, linked to it, in the ledger. Residuals of
/// refused promotions do not count in the default mode: the gate cannot wait for itself.
fn blockers(runtime: &Runtime, packet: &Value, id: &str) -> Result<bool, RuntimeError> {
    let strict = runtime.policy().strict();
    let blocking = |item: &Value| item.get("blocking").is_some_and(Value::truthy);
    for item in packet.items("residuals") {
        if blocking(item) && !(strict && resolve::is_gate_residual(runtime, item, id)?) {
            return Ok(true);
        }
    }
    for stored in runtime.store.about("residuals/open", id)? {
        if blocking(&stored.body) && !(strict && resolve::from_gate(&stored.body, id)) {
            return Ok(true);
        }
    }
    Ok(false)
}
