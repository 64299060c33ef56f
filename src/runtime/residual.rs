// SPDX-License-Identifier: Apache-2.0
//! Residuals that commands make, and `ccr residual add` (CCR specification, sections 4.4 and 5.4).

use super::store::{self, Transaction};
use super::{Answer, Reply, Runtime, RuntimeError, document, layout};
use crate::object;
use crate::support::pyjson::{Value, stable_id};
use std::path::Path;

/// A residual before it has an id and a time.
#[derive(Debug, Clone)]
pub struct Draft {
    /// One of the schema's kinds.
    pub kind: String,
    /// What remains open.
    pub description: String,
    /// Whether it blocks settlement.
    pub blocking: bool,
    /// `packet`, `task`, `report`, `phase`, `runtime` or `unknown`.
    pub object_type: String,
    /// What it is about.
    pub object_id: String,
    /// Hashed in the order given, stored sorted.
    pub refs: Vec<String>,
    /// Who made it.
    pub source: String,
    /// What to do.
    pub repair_hint: String,
    /// `medium` unless said otherwise.
    pub severity: String,
    /// Free keys.
    pub extensions: Value,
}

impl Default for Draft {
    fn default() -> Self {
        Self {
            kind: "other".to_owned(),
            description: String::new(),
            blocking: false,
            object_type: "unknown".to_owned(),
            object_id: String::new(),
            refs: Vec::new(),
            source: "ccr".to_owned(),
            repair_hint: String::new(),
            severity: "medium".to_owned(),
            extensions: object! {},
        }
    }
}

impl Draft {
    /// The id, which hangs on what remains open and not on when it was seen.
    pub fn id(&self) -> String {
        stable_id(
            "residual",
            &[
                self.kind.as_str().into(),
                self.description.as_str().into(),
                self.blocking.into(),
                self.object_type.as_str().into(),
                self.object_id.as_str().into(),
                self.refs.clone().into(),
                self.source.as_str().into(),
            ],
        )
    }

    /// The document: always these fourteen keys.
    pub fn build(&self, now: &str) -> Value {
        let mut refs = self.refs.clone();
        refs.sort();
        object! {
            "blocking" => self.blocking,
            "created_at" => now,
            "description" => self.description.as_str(),
            "extensions" => &self.extensions,
            "kind" => self.kind.as_str(),
            "object_id" => self.object_id.as_str(),
            "object_type" => self.object_type.as_str(),
            "refs" => refs,
            "repair_hint" => self.repair_hint.as_str(),
            "residual_id" => self.id(),
            "schema_version" => "ccr.residual.v0.1",
            "severity" => self.severity.as_str(),
            "source" => self.source.as_str(),
            "status" => "open",
        }
    }
}

/// Puts a residual that a command made into the ledger; returns its id.
///
/// # Errors
/// The ledger cannot be read.
pub fn preserve(change: &mut Transaction<'_>, draft: &Draft) -> Result<String, RuntimeError> {
    let id = draft.id();
    let path = change.store().place("residuals/open", "residual_id", &id)?;
    let body = draft.build(change.now());
    change.put(&path, &body);
    Ok(id)
}

/// `ccr residual add`
///
/// # Errors
/// Not valid, or there already.
pub fn add(runtime: &Runtime, file: &Path) -> Answer {
    let body = super::read_input(file)?;
    document::require(runtime, "residual", &body, file)?;
    let id = body.text("residual_id").unwrap_or_default().to_owned();
    let status = body.text("status").unwrap_or("open").to_owned();
    super::known_status(&layout::RESIDUAL_STATUSES, "residual", &status)?;
    let mut change = runtime.store.begin()?;
    if runtime.policy().strict() {
        for folder in layout::RESIDUAL_STATUSES {
            let folder = format!("residuals/{folder}");
            if let Some(known) = runtime.store.find(&folder, "residual_id", &id)? {
                let shown = runtime.store.path(&known.path).display().to_string();
                return Err(RuntimeError::Exists(shown));
            }
        }
    }
    let folder = format!("residuals/{status}");
    let path = runtime.store.place(&folder, "residual_id", &id)?;
    change.create(&path, &body)?;
    change.event(store::Draft {
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
