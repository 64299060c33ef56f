// SPDX-License-Identifier: Apache-2.0
//! `ccr packet promote` (CCR specification, section 5.2).

mod gates;
mod phase_claim;
mod reports;
mod resolve;

pub use reports::{Resolved, resolve as resolve_report};
pub(super) use reports::{digest, quorum};

use super::packet::{self, ID};
use super::roles::{self, Act, Actor};
use super::store::{self, Stored, Transaction};
use super::{Answer, Outcome, Reply, Runtime, RuntimeError, layout, residual};
use crate::object;
use crate::support::pyjson::{Value, display};
use gates::Findings;

/// Where the residuals of refused promotions say they come from.
const SOURCE: &str = "ccr.packet.promote";

/// `ccr packet promote`
///
/// # Errors
/// No such packet, an unknown status, or a role that may not do it.
pub fn run(runtime: &Runtime, id: &str, target: &str, actor: Actor<'_>) -> Answer {
    let mut change = runtime.store.begin()?;
    let Some((folder, stored)) = packet::locate(&runtime.store, id)? else {
        return Err(RuntimeError::Missing(id.to_owned()));
    };
    super::known_status(&layout::PACKET_STATUSES, "packet", target)?;
    let strict = runtime.policy().strict();
    // The folder is where a packet stands; the reference asks the body.
    let before = match stored.body.get("status") {
        Some(status) if !strict => display(status),
        None if !strict => "candidate".to_owned(),
        _ => folder.to_owned(),
    };
    let before = before.as_str();
    super::known_status(&layout::PACKET_STATUSES, "packet", before)?;
    if strict {
        roles::require(runtime, actor, Act::Packet(target), "packet", id)?;
    }
    // The reference goes by the name it was called with, whatever the body says.
    let named = match stored.body.text(ID) {
        Some(own) if strict => own.to_owned(),
        _ => id.to_owned(),
    };
    let found = gates::examine(runtime, &stored.body, id, before, target)?;
    if found.reasons.is_empty() {
        accept(
            runtime,
            change,
            (folder, stored),
            named,
            target,
            &found,
            actor,
        )
    } else {
        let reply = refuse(&mut change, (folder, stored), named, target, &found, actor)?;
        change.commit()?;
        Ok(reply)
    }
}

fn accept(
    runtime: &Runtime,
    mut change: Transaction<'_>,
    (folder, stored): (&str, Stored),
    id: String,
    target: &str,
    found: &Findings,
    actor: Actor<'_>,
) -> Answer {
    let Stored { path, mut body } = stored;
    let now = change.now().to_owned();
    body.set("status", target);
    body.set("updated_at", now.as_str());
    let closed = if runtime.policy().strict() && ["checked", "settled"].contains(&target) {
        resolve::gate_residuals(&mut change, &mut body, &id, target, &found.evidence, actor)?
    } else {
        Vec::new()
    };
    let to = runtime.store.place(&format!("packets/{target}"), ID, &id)?;
    change.relocate(&path, &to, &body);
    change.event(store::Draft {
        actor: actor.name(),
        action: "packet.promote".to_owned(),
        object_type: "packet".to_owned(),
        object_id: id.clone(),
        before: Some(folder.to_owned()),
        after: Some(target.to_owned()),
        refs: found.evidence.clone(),
        ..store::Draft::default()
    });
    change.commit()?;
    let mut reply = object! {
        "ok" => true,
        "packet_id" => id,
        "residuals" => crate::array![],
        "status_after" => target,
        "status_before" => folder,
    };
    if !closed.is_empty() {
        reply.set("resolved_residuals", closed);
    }
    if !found.evidence.is_empty() {
        reply.set("evidence", found.evidence.clone());
    }
    Ok(Reply::done(reply))
}

fn refuse(
    change: &mut Transaction<'_>,
    (folder, stored): (&str, Stored),
    id: String,
    target: &str,
    found: &Findings,
    actor: Actor<'_>,
) -> Result<Reply, RuntimeError> {
    let Stored { path, mut body } = stored;
    let reasons = found.reasons.join("; ");
    let kind = if found.reasons.iter().any(|why| why.contains("authority")) {
        "authority_gap"
    } else if target == "settled" {
        "settlement_blocker"
    } else {
        "unverified_claim"
    };
    let draft = residual::Draft {
        kind: kind.to_owned(),
        description: format!("Promotion to {target} failed: {reasons}"),
        blocking: true,
        object_type: "packet".to_owned(),
        object_id: id.clone(),
        refs: vec![id.clone()],
        source: SOURCE.to_owned(),
        repair_hint: "Satisfy the listed promotion gates and retry promotion.".to_owned(),
        ..residual::Draft::default()
    };
    let rid = residual::preserve(change, &draft)?;
    embed(&mut body, &draft, &rid, change.store().policy().strict());
    body.set("status", folder);
    change.put(&path, &body);
    change.event(store::Draft {
        actor: actor.name(),
        action: "packet.promote.failed".to_owned(),
        object_type: "packet".to_owned(),
        object_id: id.clone(),
        before: Some(folder.to_owned()),
        after: Some(folder.to_owned()),
        residuals: vec![rid.clone()],
        note: reasons,
        ..store::Draft::default()
    });
    let mut reply = object! {
        "ok" => false,
        "packet_id" => id,
        "reasons" => found.reasons.clone(),
        "residuals" => vec![rid],
        "status_after" => folder,
        "status_before" => folder,
    };
    if !found.ignored.is_empty() {
        reply.set("ignored_reports", found.ignored.clone());
    }
    Ok(Reply::ending(reply, Outcome::Refused))
}

/// Writes a residual into the packet, once; one that was closed and comes back blocks again
/// (`revive`).
fn embed(body: &mut Value, draft: &residual::Draft, rid: &str, revive: bool) {
    let mut residuals = body.items("residuals").to_vec();
    if let Some(known) = residuals
        .iter_mut()
        .find(|item| item.text("residual_id") == Some(rid))
    {
        if revive {
            known.set("blocking", draft.blocking);
            body.set("residuals", residuals);
        }
        return;
    }
    residuals.push(object! {
        "blocking" => draft.blocking,
        "description" => draft.description.as_str(),
        "kind" => draft.kind.as_str(),
        "repair_hint" => draft.repair_hint.as_str(),
        "residual_id" => rid,
        "severity" => draft.severity.as_str(),
    });
    body.set("residuals", residuals);
}
