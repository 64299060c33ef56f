// SPDX-License-Identifier: Apache-2.0
//! `.ccr-baseline.json`: findings that are known and accepted for now.

use super::ConfigError;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The file: `{"version": 1, "findings": [...]}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// Always 1.
    pub version: u32,
    /// Known findings.
    pub findings: Vec<BaselineEntry>,
}

/// One known finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BaselineEntry {
    /// Fingerprint, which alone decides.
    pub fingerprint: String,
    /// Rule id, for people.
    pub rule_id: String,
    /// Path, for people.
    pub path: String,
    /// Why it is accepted.
    #[serde(default)]
    pub reason: String,
}

impl Baseline {
    /// Reads a baseline.
    ///
    /// # Errors
    /// The file is unreadable, not of this form, or of another version.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|cause| ConfigError::Read {
            path: path.to_owned(),
            cause,
        })?;
        let form = |cause: String| ConfigError::Form {
            path: path.to_owned(),
            cause,
        };
        let baseline: Self = serde_json::from_str(&text).map_err(|e| form(e.to_string()))?;
        if baseline.version != 1 {
            return Err(form(format!(
                "baseline version {} is not known; only 1 is",
                baseline.version
            )));
        }
        Ok(baseline)
    }
}
