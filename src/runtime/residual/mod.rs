// SPDX-License-Identifier: Apache-2.0
//! Residuals that commands make, and `ccr residual add` (CCR specification, sections 4.4 and 5.4).

mod ledger;

pub use super::draft::{Draft, ensure, refusal};
pub use super::step::Step;
pub use ledger::{Filter, list, settle, show};

use super::roles::Actor;
use super::store::{self, Stored, Transaction};
use super::{Answer, Outcome, Reply, Runtime, RuntimeError, document, layout};
use crate::object;
use crate::support::pyjson::Value;
use std::path::Path;

/// The key of a residual's id.
const ID: &str = "residual_id";

/// Puts a residual that a command made into the ledger; returns its id.
///
/// # Errors
/// The ledger cannot be read.
pub fn preserve(change: &mut Transaction<'_>, draft: &Draft) -> Result<String, RuntimeError> {
    let id = draft.id();
    let path = change.store().place("residuals/open", ID, &id)?;
    let body = draft.build(change.now());
    change.put(&path, &body);
    Ok(id)
}

/// The refusal of an id that is taken, in whatever status (the default mode's answer).
pub fn duplicate(runtime: &Runtime, kind: &str, id: &str, path: &str) -> RuntimeError {
    let draft = Draft {
        kind: "identity_gap".to_owned(),
        description: format!("{kind} id {id} is taken"),
        object_type: kind.to_owned(),
        object_id: id.to_owned(),
        refs: vec![path.to_owned()],
        source: format!("ccr.{kind}.submit"),
        repair_hint: "Give the new document an id of its own.".to_owned(),
        ..Draft::default()
    };
    let shown = runtime.store.path(path).display().to_string();
    refusal(
        &RuntimeError::Exists(shown).to_string(),
        &draft,
        Outcome::Refused,
    )
}

/// A residual that comes as resolved must say why and on what evidence.
fn unfounded(body: &Value) -> bool {
    let says = |key: &str| {
        let value = body.at(&["resolution", key]);
        value.is_some_and(Value::truthy)
    };
    body.text("status") == Some("resolved") && !(says("reason") && says("evidence"))
}

/// `ccr residual add`
///
/// # Errors
/// Not valid, or there already; in the default mode also one that comes resolved without reason
/// and evidence.
pub fn add(runtime: &Runtime, file: &Path, actor: Actor<'_>) -> Answer {
    let body = super::read_input(file)?;
    document::require(runtime, "residual", &body, file)?;
    let id = body.text("residual_id").unwrap_or_default().to_owned();
    let status = body.text("status").unwrap_or("open").to_owned();
    super::known_status(&layout::RESIDUAL_STATUSES, "residual", &status)?;
    if runtime.policy().strict() && unfounded(&body) {
        let draft = Draft {
            kind: "missing_evidence".to_owned(),
            description: format!("residual {id} came as resolved without reason and evidence"),
            object_id: id.clone(),
            refs: vec![file.display().to_string()],
            source: "ccr.residual.add".to_owned(),
            repair_hint: "Add it as open and close it with `ccr residual resolve`, or give \
                          resolution.reason and resolution.evidence."
                .to_owned(),
            ..Draft::default()
        };
        let why = "a resolved residual needs resolution.reason and resolution.evidence";
        return Err(refusal(why, &draft, Outcome::Refused));
    }
    let mut change = runtime.store.begin()?;
    if runtime.policy().strict()
        && let Some((_, known)) = locate(runtime, &id)?
    {
        return Err(duplicate(runtime, "residual", &id, &known.path));
    }
    let folder = format!("residuals/{status}");
    let path = runtime.store.place(&folder, ID, &id)?;
    change.create(&path, &body)?;
    change.event(store::Draft {
        actor: actor.name(),
        action: "residual.add".to_owned(),
        object_type: "residual".to_owned(),
        object_id: id.clone(),
        after: Some(status),
        refs: vec![file.display().to_string()],
        residuals: vec![id.clone()],
        ..store::Draft::default()
    });
    change.commit()?;
    Ok(Reply::done(object! {
        "ok" => true,
        "path" => runtime.store.path(&path).display().to_string(),
        "residual_id" => id,
    }))
}

/// A residual wherever it stands, with the folder it stands in.
///
/// # Errors
/// It stands only in a file that cannot be used.
pub fn locate(runtime: &Runtime, id: &str) -> Result<Option<(&'static str, Stored)>, RuntimeError> {
    let folders = &layout::RESIDUAL_STATUSES;
    runtime.store.locate("residuals", folders, ID, id)
}

/// How a residual leaves the open ledger.
#[derive(Debug, Clone, Copy)]
pub struct Closing<'a> {
    /// `resolved` or `quarantined`.
    pub status: &'static str,
    /// Why it is not open any more.
    pub reason: &'a str,
    /// What shows it: report ids, paths, digests.
    pub evidence: &'a [String],
    /// Who says so.
    pub actor: Actor<'a>,
}

impl Closing<'_> {
    /// Moves a residual of the ledger and leaves an event; returns the new document.
    ///
    /// # Errors
    /// The folder it goes to cannot be read.
    pub fn carry_out(
        &self,
        change: &mut Transaction<'_>,
        stored: Stored,
        now: &str,
    ) -> Result<Value, RuntimeError> {
        let Stored { path, mut body } = stored;
        let id = body.text(ID).unwrap_or_default().to_owned();
        let before = body.text("status").unwrap_or("open").to_owned();
        body.set("status", self.status);
        body.set("updated_at", now);
        body.set(
            "resolution",
            object! {
                "closed_at" => now,
                "closed_by" => self.actor.agent.unwrap_or("ccr"),
                "evidence" => self.evidence.to_vec(),
                "reason" => self.reason,
                "role" => self.actor.role,
            },
        );
        let folder = format!("residuals/{}", self.status);
        let to = change.store().place(&folder, ID, &id)?;
        change.relocate(&path, &to, &body);
        let action = match self.status {
            "quarantined" => "residual.quarantine",
            _ => "residual.resolve",
        };
        change.event(store::Draft {
            actor: self.actor.name(),
            action: action.to_owned(),
            object_type: "residual".to_owned(),
            object_id: id.clone(),
            before: Some(before),
            after: Some(self.status.to_owned()),
            refs: self.evidence.to_vec(),
            residuals: vec![id],
            note: self.reason.to_owned(),
        });
        Ok(body)
    }
}

/// Lets the copy of a closed residual that stands in a packet block no longer; says whether there
/// was one.
pub fn calm(packet: &mut Value, id: &str) -> bool {
    let mut residuals = packet.items("residuals").to_vec();
    let mut changed = false;
    for copy in &mut residuals {
        if copy.text("residual_id") == Some(id) && copy.get("blocking").is_some_and(Value::truthy) {
            copy.set("blocking", false);
            changed = true;
        }
    }
    if changed {
        packet.set("residuals", residuals);
    }
    changed
}
