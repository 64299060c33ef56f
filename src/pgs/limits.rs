// SPDX-License-Identifier: Apache-2.0
//! How much of a snapshot, a payload or a trace is read (specification of the PGS runtime,
//! section 13).

/// Bounds; what passes one is named, never cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one file of a snapshot.
    pub artifact_bytes: u64,
    /// Bytes of a whole snapshot.
    pub snapshot_bytes: u64,
    /// Files of a snapshot.
    pub snapshot_files: usize,
    /// Levels of JSON.
    pub depth: usize,
    /// Steps of a pipeline.
    pub steps: usize,
    /// Bytes of one expression.
    pub expression_bytes: usize,
    /// Bytes of a payload.
    pub payload_bytes: u64,
    /// Bytes of a trace.
    pub trace_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            artifact_bytes: 4 << 20,
            snapshot_bytes: 512 << 20,
            snapshot_files: 20_000,
            depth: 128,
            steps: 256,
            expression_bytes: 1 << 10,
            payload_bytes: 16 << 20,
            trace_bytes: 1 << 30,
        }
    }
}
