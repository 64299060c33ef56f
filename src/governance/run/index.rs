// SPDX-License-Identifier: Apache-2.0
//! What remains of many runs once each was read and judged: enough to hold documents, gates and
//! summaries against, without the bytes.

use crate::model::{Draft, EntryPath};
use crate::support::pyjson::ordered::Value;
use std::collections::BTreeMap;

/// One run without its bytes.
#[derive(Debug, Clone, Default)]
pub struct RunSummary {
    /// Name of the directory.
    pub name: String,
    /// `report.json`, when it is an object.
    pub report: Option<Value>,
    /// SHA-256 of each file's bytes.
    pub digests: BTreeMap<String, String>,
    /// JSON files of the run other than the report, by name: stage proofs, comparisons, the seal.
    pub documents: BTreeMap<String, Value>,
    /// Status as derived, not as claimed.
    pub derived_status: Option<String>,
    /// The first predicate of a pass that does not hold.
    pub first_failing: Option<String>,
    /// Events: name, `ts`, actor, `data`.
    pub events: Vec<Value>,
    /// Root of the seal.
    pub seal_root: Option<String>,
    /// What the evidence rules found.
    pub drafts: Vec<Draft>,
    /// Whether one of these blocks.
    pub refused: bool,
}

impl RunSummary {
    /// A file of the run, as findings name it.
    pub fn entry(&self, file: &str) -> EntryPath {
        let name = EntryPath::escape(self.name.as_bytes());
        EntryPath::root(&format!("{name}/{file}"))
    }
}

/// Runs by name.
#[derive(Debug, Clone, Default)]
pub struct RunIndex {
    /// The runs.
    pub runs: BTreeMap<String, RunSummary>,
}

impl RunIndex {
    /// One run.
    pub fn get(&self, name: &str) -> Option<&RunSummary> {
        self.runs.get(name)
    }

    /// Adds a run under its name.
    pub fn add(&mut self, run: RunSummary) {
        self.runs.insert(run.name.clone(), run);
    }
}

impl FromIterator<RunSummary> for RunIndex {
    fn from_iter<I: IntoIterator<Item = RunSummary>>(runs: I) -> Self {
        let named = runs.into_iter().map(|run| (run.name.clone(), run));
        Self {
            runs: named.collect(),
        }
    }
}
