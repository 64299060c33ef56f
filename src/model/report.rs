// SPDX-License-Identifier: Apache-2.0
//! The result of one audit, before any output format.

use super::{Finding, RuleMeta};
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The program that made a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ToolInfo {
    /// `ccr`.
    pub name: String,
    /// Cargo version.
    pub version: String,
}

/// How much was looked at. Never zero in an accepted report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Scanned {
    /// Files opened on disk (archives included).
    pub files: u64,
    /// Bytes given to the rules, unpacked.
    pub bytes: u64,
    /// Containers opened, nested ones included.
    pub archives: u64,
    /// Members read out of containers.
    pub entries: u64,
}

impl std::ops::AddAssign for Scanned {
    fn add_assign(&mut self, other: Self) {
        self.files += other.files;
        self.bytes += other.bytes;
        self.archives += other.archives;
        self.entries += other.entries;
    }
}

/// Something that was deliberately not scanned.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Skipped {
    /// Display path.
    pub path: String,
    /// Why.
    pub reason: String,
}

/// Counts over unsuppressed findings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Severity word to count.
    pub by_severity: BTreeMap<String, u64>,
    /// Family to count.
    pub by_family: BTreeMap<String, u64>,
}

impl Totals {
    /// Counts findings.
    pub fn of<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> Self {
        let mut totals = Self::default();
        for finding in findings {
            let severity = finding.severity.to_string();
            *totals.by_severity.entry(severity).or_default() += 1;
            let family = finding.rule_id.family().to_owned();
            *totals.by_family.entry(family).or_default() += 1;
        }
        totals
    }
}

/// May this be released?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// No finding stands in the way.
    Accepted,
    /// At least one does.
    Refused,
}

/// Everything an output format needs; no renderer reads an input again.
#[derive(Debug, Clone)]
pub struct Report {
    /// `audit-release`, `scan`, ...: which command made it; part of the id.
    pub source: String,
    /// Program.
    pub tool: ToolInfo,
    /// Root as given on the command line.
    pub root: String,
    /// Dist folder as resolved, for `audit release`.
    pub dist: Option<String>,
    /// Rule profile.
    pub profile: String,
    /// SHA-256 (hex) over every active rule.
    pub rules_digest: String,
    /// RFC 3339 time of the report (`SOURCE_DATE_EPOCH` fixes it).
    pub created_at: String,
    /// The day (`YYYY-MM-DD`) that waivers' and baselines' dates were held against.
    pub as_of: String,
    /// `release-audit:` / `scan:` + hash.
    pub report_id: String,
    /// The verdict.
    pub verdict: Verdict,
    /// In the order of path, place, rule.
    pub findings: Vec<Finding>,
    /// Metadata of the rules that the findings name.
    pub rules: Vec<Arc<RuleMeta>>,
    /// What was looked at.
    pub scanned: Scanned,
    /// What was not.
    pub skipped: Vec<Skipped>,
    /// Counts.
    pub totals: Totals,
    /// Further keys of one command's JSON report (`audit pic`: what was read, and as what).
    pub facts: Map<String, Value>,
}

impl Report {
    /// Findings that no policy silences.
    pub fn active(&self) -> impl Iterator<Item = &Finding> {
        self.findings
            .iter()
            .filter(|finding| finding.suppressed.is_none())
    }

    /// Unsuppressed findings that block.
    pub fn blocking_count(&self) -> usize {
        self.active().filter(|finding| finding.blocking).count()
    }

    /// Findings silenced by a waiver or the baseline.
    pub fn suppressed_count(&self) -> usize {
        self.findings.len() - self.active().count()
    }
}
