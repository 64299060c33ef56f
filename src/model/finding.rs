// SPDX-License-Identifier: Apache-2.0
//! A resolved finding: everything a report says about one fault.

use super::{
    BroughtIn, Confidence, EntryPath, Fingerprint, Place, Residual, RuleId, SecretMark, Severity,
};
use serde::Serialize;
use std::sync::Arc;

/// One fault, placed, redacted and ready to be reported or kept as a residual.
#[derive(Debug, Clone)]
pub struct Finding {
    /// `finding:` + fingerprint; in profile `ccr-1.0` the reference's id.
    pub finding_id: String,
    /// The rule id, unless the rule sets another kind.
    pub kind: String,
    /// The rule.
    pub rule_id: RuleId,
    /// Harm.
    pub severity: Severity,
    /// Certainty.
    pub confidence: Confidence,
    /// Whether it blocks a release.
    pub blocking: bool,
    /// The entry.
    pub path: EntryPath,
    /// `path:line:column`, or the reference's `archive!member` in profile `ccr-1.0`.
    pub location: String,
    /// The place in detail; `None` when the finding is about nothing on disk.
    pub place: Option<Place>,
    /// What is wrong, never a secret.
    pub description: String,
    /// What to do.
    pub repair_hint: String,
    /// The line, redacted.
    pub snippet: Option<String>,
    /// Stable identity.
    pub fingerprint: Fingerprint,
    /// Where the rule's subject is described.
    pub references: Vec<String>,
    /// Set when policy silences the finding.
    pub suppressed: Option<Suppression>,
    /// The finding as a residual that `ccr residual add` takes as it is.
    pub residual_ready: Residual,
    /// The commit that brought it in, where history was read.
    pub brought_in: Option<Arc<BroughtIn>>,
    /// What tells its secret from others; no output shows it.
    pub marks: Vec<SecretMark>,
}

/// Which policy silences a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SuppressionKind {
    /// An inline comment or a `[[waiver]]`.
    Waiver,
    /// The baseline file.
    Baseline,
}

/// Why a finding is silenced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Suppression {
    /// Which policy.
    pub by: SuppressionKind,
    /// The reason its author gave.
    pub reason: String,
    /// Last day (inclusive, `YYYY-MM-DD`), when it has one.
    pub until: Option<String>,
}
