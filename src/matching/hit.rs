// SPDX-License-Identifier: Apache-2.0
//! What a search hands on.

use crate::model::{ByteSpan, Confidence, RuleMeta, Severity};

/// A match that the rule's own judgement let through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Index into the rules given to [`Matcher::new`](super::Matcher::new).
    pub rule: usize,
    /// Whole match, in the entry's text.
    pub span: ByteSpan,
    /// The group `hit` (else the whole match).
    pub hit: ByteSpan,
    /// What judgement made of the rule's severity.
    pub severity: Option<Severity>,
    /// What judgement made of the rule's confidence.
    pub confidence: Option<Confidence>,
    /// Whether a checksum over its content held: real, wherever it stands.
    pub proved: bool,
}

impl Hit {
    /// How sure the hit of a rule is, and how severe: as judgement has it, else as the rule says.
    pub fn weight(&self, rule: &RuleMeta) -> (Confidence, Severity) {
        let confidence = self.confidence.unwrap_or(rule.confidence);
        (confidence, self.severity.unwrap_or(rule.severity))
    }
}
