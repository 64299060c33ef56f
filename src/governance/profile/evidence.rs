// SPDX-License-Identifier: Apache-2.0
//! Run evidence as data (specification, section 2).

use serde::Deserialize;

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
}

impl Evidence {
    /// The class of a blocker code.
    pub fn failure(&self, code: &str) -> Option<&Failure> {
        self.failures.iter().find(|failure| failure.code == code)
    }

    /// The marker of a file name.
    pub fn marker(&self, file: &str) -> Option<&Marker> {
        self.markers.iter().find(|marker| marker.file == file)
    }
}
