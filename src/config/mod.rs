// SPDX-License-Identifier: Apache-2.0
//! Policy as the user writes it: `ccr.toml`, waivers, the baseline. Reads and resolves; scans
//! and prints nothing.

mod baseline;
mod foreign;
mod marker;
mod raw;
mod resolve;
mod waiver;

pub use baseline::{Baseline, BaselineEntry};
pub use foreign::ForeignEntry;
pub use marker::MARKER;
pub use raw::{RawConfig, RawExclude, RawLimits, RawPic, RawWaiver};
pub use resolve::{Config, Exclude, load, source};
pub use waiver::{InlineWaiver, PathWaiver, inline_waivers};

use std::path::PathBuf;

/// A fault in a policy file.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It cannot be read.
    #[error("{path}: cannot be read: {cause}")]
    Read {
        /// File.
        path: PathBuf,
        /// Cause.
        cause: std::io::Error,
    },
    /// It is not of its form.
    #[error("{path}: {cause}")]
    Form {
        /// File.
        path: PathBuf,
        /// Place, cause and repair.
        cause: String,
    },
}
