// SPDX-License-Identifier: Apache-2.0
//! Run evidence as data (specification, section 2).

use serde::Deserialize;
use std::collections::BTreeMap;

/// Runs.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// Artifacts of every run directory.
    pub required: Vec<String>,
    /// The backend that is under evaluation.
    pub candidate: String,
    /// The baseline lane.
    pub baseline: String,
    /// Comparison lanes.
    pub lanes: Vec<String>,
    /// Seconds that the name of a run may differ from its start.
    pub start_tolerance_s: i64,
    /// Seconds after the end in which artifacts may still be written or checked.
    pub write_tolerance_s: i64,
    /// Normalised events, in their order; alternatives share a place.
    pub events: Vec<Vec<String>>,
    /// Markers below `backend/`.
    #[serde(rename = "marker")]
    pub markers: Vec<Marker>,
    /// Failure classes.
    #[serde(rename = "failure")]
    pub failures: Vec<Failure>,
    /// Actions that a run must never take unless its contract lists them.
    pub forbidden_actions: Vec<String>,
    /// Events that a pass cannot do without.
    pub passes: Vec<String>,
    /// Events that no run can do without.
    pub always: Vec<String>,
    /// Events that occur at most once.
    pub once: Vec<String>,
    /// Events that a run that did not pass may leave out with a reason, and where it gives it.
    pub areas: BTreeMap<String, String>,
    /// Texts that the event of a closed gate states.
    pub gate_members: Vec<String>,
    /// Files that no manifest lists: the seal and its signatures.
    pub sealed_apart: Vec<String>,
    /// Where a run keeps its contract; the first that is there counts.
    pub contract_files: Vec<String>,
    /// Folders of the machine that name no repository.
    pub system_roots: Vec<String>,
    /// Members that must never be true.
    pub default_keys: Vec<String>,
    /// Hours within which a baseline is of the same batch.
    pub batch_hours: i64,
    /// The facts in which a candidate is held against its baseline.
    pub comparison_facts: Vec<String>,
    /// Events by what they do.
    pub role: Roles,
    /// Members whose names are the organisation's.
    pub key: Keys,
    /// Approval events.
    pub approval: ApprovalMembers,
    /// Steps of the trace.
    pub trace: TraceSteps,
    /// How commands begin that are a forbidden action.
    pub action_commands: BTreeMap<String, Vec<String>>,
    /// Members of the report.
    pub field: BTreeMap<String, Field>,
    /// What proofs of stages state.
    #[serde(rename = "proof")]
    pub proofs: Vec<Proof>,
}

/// Names of events by what they do.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Roles {
    /// The run begins.
    pub started: String,
    /// Its contract is fixed.
    pub contract: String,
    /// A plan was made.
    pub planned: String,
    /// A gate stopped it.
    pub gated: String,
    /// An approval was asked for.
    pub requested: String,
    /// It was given.
    pub granted: String,
    /// It was refused.
    pub denied: String,
    /// A change was made.
    pub mutated: String,
    /// The change was looked at.
    pub diffed: String,
    /// A verification ended.
    pub verified: String,
    /// The run ends.
    pub completed: String,
}

/// Names of members.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    /// Whether the backend's process was started.
    pub process_started: String,
    /// Provider that was asked for.
    pub provider: String,
    /// Model that was asked for.
    pub model: String,
    /// Provider that the runtime names.
    pub runtime_provider: String,
    /// Whether the pair is admitted.
    pub model_admission: String,
    /// In the event of a closed gate: whether the backend ran.
    pub gate_executed: String,
}

/// What approval events state.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalMembers {
    /// Members of `data`.
    pub members: Vec<String>,
}

/// Steps of the trace.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TraceSteps {
    /// How steps of preflight gates begin.
    pub gate: String,
    /// The backend's process starts.
    pub started: String,
    /// The tree is looked at before.
    pub start_check: String,
    /// The tree is looked at after.
    pub end_check: String,
    /// The gate that names the admitted pair.
    pub model_gate: String,
}

/// A member of the report.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// `text`, `time`, `flag`, `integer`, `integer-or-null`, `texts`, `object`, `digest`, `mode`,
    /// `scope`, `any`, or the name of a composed member.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether it must be there.
    #[serde(default)]
    pub required: bool,
    /// Values; any when empty.
    #[serde(default)]
    pub one_of: Vec<String>,
}

/// What the proof of a stage states.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// The stage.
    pub stage: u64,
    /// Members, reached by `.`; `a|b` is either.
    pub members: Vec<String>,
}

/// A file below `backend/` whose presence binds the report.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Marker {
    /// File name.
    pub file: String,
    /// Statuses that the report may have; all when empty.
    #[serde(default)]
    pub status: Vec<String>,
    /// Whether the process must not have been started.
    #[serde(default)]
    pub not_started: bool,
}

/// A class of fail-closed runs.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// Name of the fixture: `no-diff`; empty for further codes.
    #[serde(default)]
    pub fixture: String,
    /// Blocker code: `no_diff`.
    pub code: String,
    /// Event that carries it.
    #[serde(default)]
    pub event: Option<String>,
    /// Status of the report.
    pub status: String,
    /// Whether the process must not have been started.
    #[serde(default)]
    pub not_started: bool,
    /// What else must be so: `empty-patch`, `patch`, `no-mutation`, `writes-refused`,
    /// `verification-failed`, `verification-missing`, `test-log`, `backend-log`,
    /// `approval-denied`, `trace:WORD`.
    #[serde(default)]
    pub mapping: Vec<String>,
}

impl Evidence {
    /// The class of a blocker code.
    pub fn failure(&self, code: &str) -> Option<&Failure> {
        self.failures.iter().find(|failure| failure.code == code)
    }

    /// What the proof of a stage states.
    pub fn proof(&self, stage: u64) -> Option<&Proof> {
        self.proofs.iter().find(|proof| proof.stage == stage)
    }

    /// The marker of a file name.
    pub fn marker(&self, file: &str) -> Option<&Marker> {
        self.markers.iter().find(|marker| marker.file == file)
    }
}
