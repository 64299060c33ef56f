// SPDX-License-Identifier: Apache-2.0
//! Why rules cannot be loaded.

use std::path::PathBuf;

/// A fault in a rule file, pack or profile.
#[derive(Debug, thiserror::Error)]
pub enum RuleError {
    /// The file cannot be read.
    #[error("{path}: cannot be read: {cause}")]
    Read {
        /// File or folder.
        path: PathBuf,
        /// Cause.
        cause: std::io::Error,
    },
    /// The file is not valid TOML, or not of the form of a rule file.
    #[error("{file}: {cause}")]
    Syntax {
        /// File.
        file: String,
        /// Place and cause.
        cause: String,
    },
    /// One rule is wrong.
    #[error("{file}: rule `{rule}`: {cause}")]
    Rule {
        /// File.
        file: String,
        /// Rule id.
        rule: String,
        /// Cause.
        cause: String,
    },
    /// No such profile.
    #[error("there is no profile `{name}`; known: {known}")]
    UnknownProfile {
        /// As asked for.
        name: String,
        /// What exists.
        known: String,
    },
    /// The same id in two places.
    #[error("rule id `{id}` is used twice: in pack `{first}` and in pack `{second}`")]
    Duplicate {
        /// Rule id.
        id: String,
        /// Pack.
        first: String,
        /// Pack.
        second: String,
    },
}
