// SPDX-License-Identifier: Apache-2.0
//! What remains of many runs once each was read and judged: enough to hold documents, gates and
//! summaries against, without the bytes.

use super::open::{REPORT, SEAL};
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
    /// Codes of the failure classes that what happened shows, or the report declares.
    pub classes: Vec<String>,
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

    /// Lets go of what no document is held against, so that thousands of runs fit beside a tree:
    /// where artifacts lie and when they were written, the seal's list, links of the event chain, and
    /// events that neither name a task or a scope nor change something.
    pub fn shed(&mut self) {
        if let Some(report) = self.report.as_mut().and_then(Value::as_object_mut) {
            report.retain(|key, _| !matches!(key.as_str(), "freshness" | "artifact_paths"));
            let digests = report.get_mut("artifact_digests");
            if let Some(digests) = digests.and_then(Value::as_object_mut) {
                digests.retain(|name, _| name == REPORT);
                digests.shrink_to_fit();
            }
            report.shrink_to_fit();
        }
        self.documents.remove(SEAL);
        self.events.retain(|event| {
            let data = event.get("data");
            let says = |key| data.is_some_and(|data| data.get(key).is_some());
            says("task_id") || says("scope") || event.text("event") == Some("patch.applied")
        });
        for event in self.events.iter_mut().filter_map(Value::as_object_mut) {
            event.retain(|key, _| matches!(key.as_str(), "event" | "ts" | "data"));
            event.shrink_to_fit();
        }
        self.events.shrink_to_fit();
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
