// SPDX-License-Identifier: Apache-2.0
//! What remains of many runs once each was read and judged: enough to hold documents, gates and
//! summaries against, without the bytes.

use super::open::Run;
use crate::model::Draft;
use crate::support::pyjson::ordered::{self, Value};
use std::collections::BTreeMap;

/// Levels of a JSON document.
const JSON_DEPTH: usize = 64;

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
    /// What remains of a run, and of what the evidence rules found in it.
    pub fn of(run: &Run<'_>, drafts: &[Draft]) -> Self {
        let digests = run.digests.iter();
        let mut documents = BTreeMap::new();
        for (name, bytes) in &run.files.content {
            let ours = name.ends_with(".json") && !name.contains('/') && name != "report.json";
            if ours && let Ok(value) = ordered::parse_strict(bytes, JSON_DEPTH) {
                documents.insert(name.clone(), value);
            }
        }
        let seal: Option<&Value> = documents.get("seal.json");
        let events = run.events.iter();
        Self {
            name: run.name.to_owned(),
            report: run.object().cloned(),
            digests: digests
                .map(|(name, digest)| ((*name).to_owned(), digest.clone()))
                .collect(),
            seal_root: seal.and_then(|seal| seal.text("root")).map(str::to_owned),
            documents,
            derived_status: None,
            events: events
                .filter_map(|event| event.value.as_ref().ok().cloned())
                .collect(),
            drafts: drafts.to_vec(),
            refused: false,
        }
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
}
