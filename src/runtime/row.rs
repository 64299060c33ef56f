// SPDX-License-Identifier: Apache-2.0
//! What the index lists: the rows that a change adds, and the documents of a rebuilt one.

use crate::support::pyjson::Value;

/// A row of the index, as the reference writes it.
#[derive(Debug, Clone, PartialEq)]
pub enum Row {
    /// `objects`; the hash is taken from the document.
    Object {
        /// `packet`, `task`, `residual`, `report` or `phase`.
        object_type: String,
        /// Its id.
        object_id: String,
        /// Its status.
        status: Option<String>,
        /// Relative to the root.
        path: String,
        /// The document.
        body: Value,
    },
    /// `objects`, for a document that was written piece by piece.
    Digest {
        /// As in [`Row::Object`].
        object_type: String,
        /// Its id.
        object_id: String,
        /// Its status.
        status: Option<String>,
        /// Relative to the root.
        path: String,
        /// SHA-256 over its canonical form, 64 hex digits.
        sha256: String,
    },
    /// `provider_runs`
    ProviderRun {
        /// Id of the plan or run.
        run_id: String,
        /// `pic` or `http`.
        provider: String,
        /// What was asked of it.
        action: String,
        /// `planned`, `ok` or `failed`.
        status: String,
        /// Nothing was executed.
        dry_run: bool,
        /// Where the report stands, relative to the root.
        report_path: Option<String>,
    },
    /// `phase_observations`
    PhaseObservation {
        /// Id of the observation.
        observation_id: String,
        /// `accepted` or `diagnostic`.
        status: String,
        /// Relative to the root.
        path: String,
        /// The observation itself.
        body: Value,
    },
}

/// A document that the index lists.
#[derive(Debug)]
pub struct Indexed {
    /// `packet`, `task`, ...
    pub object_type: &'static str,
    /// Relative to the root.
    pub path: String,
    /// Its id, or the stem of its file name.
    pub id: String,
    /// Its status, if it has one.
    pub status: Option<String>,
    /// SHA-256 of its canonical form.
    pub hash: String,
}
