// SPDX-License-Identifier: Apache-2.0
//! How much a match counts, where that differs from what its rule says.

use crate::model::{Confidence, Severity};

/// What judgement made of a match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Weight {
    /// Replaces the rule's severity.
    pub(crate) severity: Option<Severity>,
    /// Replaces the rule's confidence.
    pub(crate) confidence: Option<Confidence>,
    /// Whether a checksum over its content held.
    pub(crate) proved: bool,
}

impl Weight {
    /// As the rule says.
    pub(super) const PLAIN: Option<Self> = Some(Self {
        severity: None,
        confidence: None,
        proved: false,
    });

    /// Otherwise than the rule says.
    pub(super) fn of(severity: Severity, confidence: Confidence) -> Option<Self> {
        Some(Self {
            severity: Some(severity),
            confidence: Some(confidence),
            proved: false,
        })
    }
}
