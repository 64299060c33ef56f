// SPDX-License-Identifier: Apache-2.0
//! What an audit may answer instead of a report.

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// Something named does not exist or cannot be read at all.
    #[error("{path}: {cause}")]
    Input {
        /// As given.
        path: String,
        /// Cause.
        cause: String,
    },
    /// There is nothing to scan.
    #[error(
        "{0}: nothing to scan; a gate that saw nothing must not pass (--allow-empty lifts this)"
    )]
    Empty(String),
    /// Rules that were needed do not compile, so they did not run: no verdict.
    #[error("a rule could not be run, so there is no verdict:\n{0}")]
    Rules(String),
    /// Threads cannot be started.
    #[error("cannot start worker threads: {0}")]
    Threads(String),
}
