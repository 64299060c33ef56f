// SPDX-License-Identifier: Apache-2.0
//! Packet commands that the reference has not: the early steps, and the ways out that need no
//! verifier.

use super::{ID, locate};
use crate::object;
use crate::runtime::roles::{self, Act};
use crate::runtime::step::Step;
use crate::runtime::store::{self, Stored};
use crate::runtime::{Answer, Outcome, Reply, Runtime, RuntimeError};
use crate::runtime::{document, known_status, layout, residual};
use crate::support::pyjson::Value;

/// From which statuses a step may start. Promotion, quarantine and deprecation are
/// `ccr packet promote`'s.
const STEPS: [(&str, &[&str]); 6] = [
    ("proposed", &["raw"]),
    ("candidate", &["raw", "proposed", "speculative"]),
    ("provisional", &["candidate", "speculative"]),
    (
        "speculative",
        &["raw", "proposed", "candidate", "provisional"],
    ),
    (
        "rejected",
        &[
            "raw",
            "proposed",
            "candidate",
            "provisional",
            "speculative",
            "checked",
        ],
    ),
    (
        "expired",
        &[
            "raw",
            "proposed",
            "candidate",
            "provisional",
            "speculative",
            "checked",
            "settled",
        ],
    ),
];

/// `ccr packet propose|candidate|provisional|speculative|reject|expire`
///
/// # Errors
/// No such packet, a step off the lattice, a gate that fails, or a role that may not do it.
pub fn step(runtime: &Runtime, step: &Step<'_>) -> Answer {
    let Step { id, target, .. } = *step;
    let mut change = runtime.store.begin()?;
    let Some((before, Stored { path, mut body })) = locate(&runtime.store, id)? else {
        return Err(RuntimeError::Missing(id.to_owned()));
    };
    roles::require(runtime, step.actor, Act::Packet(target), "packet", id)?;
    let mut reasons = Vec::new();
    let known = STEPS.iter().find(|(status, _)| *status == target);
    if !known.is_some_and(|(_, from)| from.contains(&before)) {
        reasons.push(format!("invalid status transition {before}->{target}"));
    }
    if ["proposed", "candidate", "provisional"].contains(&target) {
        body.set("status", target);
        reasons.extend(problems(runtime, &body)?);
    }
    if !reasons.is_empty() {
        return Err(refused(step, before, &reasons));
    }
    body.set("status", target);
    body.set("updated_at", change.now().to_owned());
    let folder = format!("packets/{target}");
    let to = runtime.store.place(&folder, ID, id)?;
    change.relocate(&path, &to, &body);
    change.event(store::Draft {
        actor: step.actor.name(),
        action: format!("packet.{target}"),
        object_type: "packet".to_owned(),
        object_id: id.to_owned(),
        before: Some(before.to_owned()),
        after: Some(target.to_owned()),
        refs: step.evidence.to_vec(),
        note: step.reason.to_owned(),
        ..store::Draft::default()
    });
    change.commit()?;
    Ok(Reply::done(object! {
        "ok" => true,
        "packet_id" => id,
        "path" => runtime.store.path(&to).display().to_string(),
        "status_after" => target,
        "status_before" => before,
    }))
}

fn refused(step: &Step<'_>, before: &str, reasons: &[String]) -> RuntimeError {
    let joined = reasons.join("; ");
    let draft = residual::Draft {
        kind: "validation_error".to_owned(),
        description: format!(
            "Packet {} did not become {}: {joined}",
            step.id, step.target
        ),
        object_type: "packet".to_owned(),
        object_id: step.id.to_owned(),
        refs: vec![step.id.to_owned()],
        source: "ccr.packet.status".to_owned(),
        repair_hint: "Mend what is listed, or choose a step that the status lattice has."
            .to_owned(),
        ..residual::Draft::default()
    };
    let body = object! {
        "error" => joined,
        "ok" => false,
        "packet_id" => step.id,
        "reasons" => reasons.to_vec(),
        "residual_ready" => draft.build(&crate::runtime::now()),
        "status_after" => before,
        "status_before" => before,
    };
    RuntimeError::refusal(body, Outcome::Refused)
}

/// What keeps a packet from being a candidate: `schema_valid` and `scope_declared` of the
/// manifest's promotion rules.
fn problems(runtime: &Runtime, packet: &Value) -> Result<Vec<String>, RuntimeError> {
    let mut reasons = Vec::new();
    if !document::validate(runtime, "packet", packet)?.ok() {
        reasons.push("packet schema is invalid".to_owned());
    }
    let declared = |key: &str| packet.at(&["scope", key]).is_some_and(Value::truthy);
    if !(declared("validity_domain") && declared("profiles")) {
        reasons.push("scope is not declared".to_owned());
    }
    Ok(reasons)
}

/// `ccr packet validate`: a stored packet against its schema and its place.
///
/// # Errors
/// No such packet.
pub fn validate(runtime: &Runtime, id: &str) -> Answer {
    let Some((status, Stored { path, body })) = locate(&runtime.store, id)? else {
        return Err(RuntimeError::Missing(id.to_owned()));
    };
    let found = document::validate(runtime, "packet", &body)?;
    let mut reasons = problems(runtime, &body)?;
    let said = body.text("status").unwrap_or("none");
    if said != status {
        reasons.push(format!("it stands in {status} and says {said}"));
    }
    let mut reply = object! {
        "errors" => found.errors(),
        "ok" => reasons.is_empty(),
        "packet_id" => id,
        "path" => runtime.store.path(&path).display().to_string(),
        "reasons" => reasons.clone(),
        "status" => status,
    };
    if reasons.is_empty() {
        return Ok(Reply::done(reply));
    }
    let draft = residual::Draft {
        kind: "validation_error".to_owned(),
        description: format!("Stored packet {id}: {}", reasons.join("; ")),
        blocking: true,
        object_type: "packet".to_owned(),
        object_id: id.to_owned(),
        refs: vec![path],
        source: "ccr.packet.validate".to_owned(),
        repair_hint: "Submit a corrected packet that supersedes this one.".to_owned(),
        extensions: object! { "validation_errors" => found.errors() },
        ..residual::Draft::default()
    };
    reply.set("residual_ready", draft.build(&crate::runtime::now()));
    Ok(Reply::ending(reply, Outcome::Refused))
}

/// `ccr packet list`
///
/// # Errors
/// An unknown status, or a folder cannot be listed.
pub fn list(runtime: &Runtime, status: Option<&str>) -> Answer {
    let mut rows = Vec::new();
    if let Some(status) = status {
        known_status(&layout::PACKET_STATUSES, "packet", status)?;
    }
    for folder in layout::PACKET_STATUSES {
        if status.is_some_and(|status| status != folder) {
            continue;
        }
        for (path, body) in runtime.store.rows(&format!("packets/{folder}"))? {
            let key = |key: &str| body.get(key).cloned();
            rows.push(object! {
                "packet_id" => key(ID),
                "packet_type" => key("packet_type"),
                "path" => path,
                "status" => folder,
                "summary" => key("summary"),
            });
        }
    }
    Ok(Reply::done(object! {
        "count" => rows.len(),
        "ok" => true,
        "packets" => rows,
    }))
}
