// SPDX-License-Identifier: Apache-2.0
//! `ccr residual list|show|resolve|quarantine`

use super::{Closing, Draft, ID, calm, locate, refusal};
use crate::object;
use crate::runtime::roles::{self, Act};
use crate::runtime::step::Step;
use crate::runtime::store::Stored;
use crate::runtime::{Answer, Outcome, Reply, Runtime, RuntimeError};
use crate::runtime::{known_status, layout, packet};
use crate::support::pyjson::Value;

/// Which residuals to list.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter<'a> {
    /// Folder; `open` when nothing is said.
    pub status: Option<&'a str>,
    /// One of the schema's kinds.
    pub kind: Option<&'a str>,
    /// Id that the residual is about or refers to.
    pub object: Option<&'a str>,
    /// Only what blocks.
    pub blocking: bool,
}

impl Filter<'_> {
    fn takes(&self, body: &Value) -> bool {
        let about = |id: &str| {
            let refs = body.items("refs").iter();
            body.text("object_id") == Some(id)
                || refs.into_iter().any(|item| item.as_str() == Some(id))
        };
        self.kind.is_none_or(|kind| body.text("kind") == Some(kind))
            && self.object.is_none_or(about)
            && (!self.blocking || body.get("blocking").is_some_and(Value::truthy))
    }
}

/// `ccr residual list`
///
/// # Errors
/// An unknown status, or a folder cannot be listed.
pub fn list(runtime: &Runtime, filter: Filter<'_>) -> Answer {
    let status = filter.status.unwrap_or("open");
    known_status(&layout::RESIDUAL_STATUSES, "residual", status)?;
    let mut rows = Vec::new();
    for (path, body) in runtime.store.rows(&format!("residuals/{status}"))? {
        if filter.takes(&body) {
            let key = |key: &str| body.get(key).cloned();
            rows.push(object! {
                "blocking" => key("blocking"),
                "description" => key("description"),
                "kind" => key("kind"),
                "object_id" => key("object_id"),
                "path" => path,
                "repair_hint" => key("repair_hint"),
                "residual_id" => key(ID),
                "severity" => key("severity"),
            });
        }
    }
    Ok(Reply::done(object! {
        "count" => rows.len(),
        "ok" => true,
        "residuals" => rows,
        "status" => status,
    }))
}

/// `ccr residual show`
///
/// # Errors
/// No such residual.
pub fn show(runtime: &Runtime, id: &str) -> Answer {
    let Some((status, stored)) = locate(runtime, id)? else {
        return Err(RuntimeError::Missing(id.to_owned()));
    };
    Ok(Reply::done(object! {
        "ok" => true,
        "path" => runtime.store.path(&stored.path).display().to_string(),
        "residual" => stored.body,
        "status" => status,
    }))
}

/// `ccr residual resolve`, `ccr residual quarantine`: to `resolved` or `quarantined`.
///
/// # Errors
/// No such residual, it is not open, no reason or evidence, or a role that may not do it.
pub fn settle(runtime: &Runtime, request: &Step<'_>) -> Answer {
    let id = request.id;
    let act = if request.target == "resolved" {
        Act::ResolveResidual
    } else {
        Act::QuarantineResidual
    };
    roles::require(runtime, request.actor, act, "unknown", id)?;
    let blank = |text: &str| text.trim().is_empty();
    if blank(request.reason)
        || request.evidence.is_empty()
        || request.evidence.iter().any(|text| blank(text))
    {
        return Err(refused(
            request,
            "a residual is closed with a reason and evidence",
        ));
    }
    let mut change = runtime.store.begin()?;
    let Some((before, stored)) = locate(runtime, id)? else {
        return Err(RuntimeError::Missing(id.to_owned()));
    };
    if before != "open" {
        return Err(refused(request, &format!("the residual is {before}")));
    }
    let about = stored.body.text("object_id").unwrap_or_default().to_owned();
    let now = change.now().to_owned();
    let closing = Closing {
        status: request.target,
        reason: request.reason,
        evidence: request.evidence,
        actor: request.actor,
    };
    let body = closing.carry_out(&mut change, stored, &now)?;
    if let Some((_, Stored { path, body: mut of })) = packet::locate(&runtime.store, &about)?
        && calm(&mut of, id)
    {
        of.set("updated_at", now.as_str());
        change.put(&path, &of);
    }
    change.commit()?;
    Ok(Reply::done(object! {
        "ok" => true,
        "residual" => body,
        "residual_id" => id,
        "status_after" => request.target,
        "status_before" => before,
    }))
}

fn refused(request: &Step<'_>, why: &str) -> RuntimeError {
    let draft = Draft {
        kind: "missing_evidence".to_owned(),
        description: format!("Residual {} was not closed: {why}", request.id),
        object_id: request.id.to_owned(),
        refs: vec![request.id.to_owned()],
        source: "ccr.residual".to_owned(),
        repair_hint: "Close an open residual with --reason and --evidence.".to_owned(),
        ..Draft::default()
    };
    refusal(why, &draft, Outcome::Refused)
}
