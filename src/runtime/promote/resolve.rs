// SPDX-License-Identifier: Apache-2.0
//! Residuals of refused promotions close when the gate later opens; in the reference each would
//! block its packet for good.

use super::SOURCE;
use crate::runtime::roles::Actor;
use crate::runtime::store::Transaction;
use crate::runtime::{Runtime, RuntimeError, residual};
use crate::support::pyjson::Value;

/// Whether a residual of the ledger comes from a refused promotion of a packet.
pub(super) fn from_gate(body: &Value, packet: &str) -> bool {
    body.text("source") == Some(SOURCE) && body.text("object_id") == Some(packet)
}

/// Whether a residual written into a packet is one of those: the ledger knows.
pub(super) fn is_gate_residual(
    runtime: &Runtime,
    embedded: &Value,
    packet: &str,
) -> Result<bool, RuntimeError> {
    let Some(id) = embedded.text("residual_id") else {
        return Ok(false);
    };
    let known = residual::locate(runtime, id)?;
    Ok(known.is_some_and(|(_, stored)| from_gate(&stored.body, packet)))
}

/// Moves them to `resolved`, lets their copies in the packet block no longer and leaves an event each; returns ids.
pub(super) fn gate_residuals(
    change: &mut Transaction<'_>,
    packet: &mut Value,
    id: &str,
    target: &str,
    found: &[String],
    actor: Actor<'_>,
) -> Result<Vec<String>, RuntimeError> {
    let store = change.store();
    let now = change.now().to_owned();
    let mut closed = Vec::new();
    for stored in store.about("residuals/open", id)? {
        if !from_gate(&stored.body, id) {
            continue;
        }
        let rid = stored
            .body
            .text("residual_id")
            .unwrap_or_default()
            .to_owned();
        let evidence = if found.is_empty() {
            vec![id.to_owned()]
        } else {
            found.to_vec()
        };
        let closing = residual::Closing {
            status: "resolved",
            reason: &format!("promotion to {target} passed its gates"),
            evidence: &evidence,
            actor,
        };
        closing.carry_out(change, stored, &now)?;
        closed.push(rid);
    }
    for rid in &closed {
        residual::calm(packet, rid);
    }
    Ok(closed)
}
