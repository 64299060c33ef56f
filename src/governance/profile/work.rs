// SPDX-License-Identifier: Apache-2.0
//! Work items, what proves them, and what documents say of runs, as data.

use serde::Deserialize;
use std::collections::BTreeMap;

/// Roles of document kinds and statuses around work items.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Work {
    /// Kinds that hold a requirement.
    pub requirement: Vec<String>,
    /// Kinds that hold the items of one requirement.
    pub sequence: Vec<String>,
    /// Kinds that prove items.
    pub proof: Vec<String>,
    /// Kinds that keep what did not succeed.
    pub failed: Vec<String>,
    /// The status of what is proven.
    pub proven: String,
    /// Statuses of what is not finished.
    pub pending: Vec<String>,
    /// The status of what cannot go on.
    pub refused: String,
    /// The type of items that a person decides on.
    pub human: String,
    /// Headings that list the items a document is about, lower case.
    pub listing: Vec<String>,
    /// Words that make the statement behind them a condition, a wish or a denial.
    pub hedges: Vec<String>,
}

/// Which facts of a document are about a run that it cites.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunFacts {
    /// Words in keys under which another run is cited.
    pub aside: Vec<String>,
    /// Keys that state how the run ended.
    pub status: Vec<String>,
    /// Keys and the members of the report that they repeat; a key of the report's own name needs no entry.
    pub report: BTreeMap<String, String>,
    /// Keys and the artifacts whose digest they repeat.
    pub digest: BTreeMap<String, String>,
    /// The seal.
    pub seal: SealFacts,
}

/// Facts about the seal.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealFacts {
    /// Keys that repeat its root.
    pub keys: Vec<String>,
}

impl Work {
    /// Whether a document kind has this role.
    pub fn has(role: &[String], kind: Option<&str>) -> bool {
        kind.is_some_and(|kind| role.iter().any(|one| one == kind))
    }

    /// Whether a status says that something is proven.
    pub fn is_proven(&self, status: &str) -> bool {
        status.eq_ignore_ascii_case(&self.proven)
    }

    /// Whether a status says that something is not finished.
    pub fn is_pending(&self, status: &str) -> bool {
        self.pending
            .iter()
            .any(|one| one.eq_ignore_ascii_case(status))
    }
}
