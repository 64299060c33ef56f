// SPDX-License-Identifier: Apache-2.0
//! A residual: protocol state that says what remains open (`schemas/residual.schema.json`).
//!
//! The one type that audits and runtime share: a finding becomes protocol state only through it.

use serde::Serialize;
use serde_json::{Map, Value};

/// A generated residual; always these fourteen keys.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Residual {
    /// Whether it blocks settlement.
    pub blocking: bool,
    /// RFC 3339, UTC, whole seconds.
    pub created_at: String,
    /// What remains open.
    pub description: String,
    /// Free keys; audits put the finding's id and kind here.
    pub extensions: Map<String, Value>,
    /// One of the schema's kinds; audits use `missing_evidence` and `other`.
    pub kind: String,
    /// What it is about: for audits the finding's location.
    pub object_id: String,
    /// `packet`, `task`, `report`, `phase`, `runtime` or `unknown`.
    pub object_type: String,
    /// Sorted references.
    pub refs: Vec<String>,
    /// What to do.
    pub repair_hint: String,
    /// `residual:` + 24 hex digits over the parts named in the CCR specification, section 3.1.
    pub residual_id: String,
    /// `ccr.residual.v0.1`.
    pub schema_version: String,
    /// `info`, `low`, `medium`, `high` or `critical`.
    pub severity: String,
    /// Who made it, for example `ccr.audit.release`.
    pub source: String,
    /// Always `open` when generated.
    pub status: String,
}
