// SPDX-License-Identifier: Apache-2.0
//! `.ccr-baseline.json`: findings that are known and accepted for now.

use super::ConfigError;
use super::foreign::{self, ForeignEntry};
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
    /// What another scanner's baseline lists, when it is one.
    #[serde(skip)]
    pub foreign: Vec<ForeignEntry>,
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
    /// Last day that it is accepted, `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

impl Baseline {
    /// Reads a baseline: ours, or one of detect-secrets or gitleaks.
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
        if let Some(foreign) = foreign::parse(&text) {
            return Ok(Self {
                version: 1,
                findings: Vec::new(),
                foreign: foreign.map_err(form)?,
            });
        }
        let baseline: Self = serde_json::from_str(&text).map_err(|e| form(e.to_string()))?;
        if baseline.version != 1 {
            return Err(form(format!(
                "baseline version {} is not known; only 1 is",
                baseline.version
            )));
        }
        Ok(baseline)
    }

    /// Writes it, sorted, so that two runs give the same file.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&mut self, path: &Path) -> std::io::Result<()> {
        let key = |entry: &BaselineEntry| {
            let (path, rule) = (entry.path.clone(), entry.rule_id.clone());
            (path, rule, entry.fingerprint.clone())
        };
        self.findings.sort_by_key(key);
        self.findings
            .dedup_by(|a, b| a.fingerprint == b.fingerprint);
        let mut text = serde_json::to_string_pretty(self).map_err(std::io::Error::other)?;
        text.push('\n');
        crate::support::atomic::write(path, text.as_bytes())
    }
}
