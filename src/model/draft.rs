// SPDX-License-Identifier: Apache-2.0
//! What a check emits: a finding before anybody resolved its place, redacted its line,
//! or asked whether policy suppresses it.

use super::{ByteSpan, Confidence, EntryPath, RuleId, Severity};

/// A judgement on one entry. Checks give byte spans; `audit::resolve` turns them into lines,
/// columns, snippets and fingerprints while the bytes are still there.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// The rule that speaks.
    pub rule: RuleId,
    /// The entry it speaks of.
    pub path: EntryPath,
    /// Bytes of the entry's *text* (see `classify::Text`), or `None` for the entry as a whole.
    pub span: Option<ByteSpan>,
    /// What is wrong, one or two sentences, never a secret. Empty: the rule's title.
    pub description: String,
    /// Replaces the rule's repair when the check knows better.
    pub repair: Option<String>,
    /// Replaces the rule's severity.
    pub severity: Option<Severity>,
    /// Replaces the rule's confidence.
    pub confidence: Option<Confidence>,
    /// What the finding's residual is about, when it is not the place.
    pub subject: Option<Box<Subject>>,
}

/// What a residual is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// `packet`, `task`, `report`, `phase`, `runtime` or `unknown`.
    pub object_type: &'static str,
    /// Its id: a work item, a run, a path.
    pub object_id: String,
    /// Further keys of the residual's extensions.
    pub extensions: Vec<(&'static str, String)>,
}

impl Subject {
    /// A subject of this type and id.
    pub fn new(object_type: &'static str, object_id: impl Into<String>) -> Self {
        Self {
            object_type,
            object_id: object_id.into(),
            extensions: Vec::new(),
        }
    }

    /// The same with a further key.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.extensions.push((key, value.into()));
        self
    }
}

impl Draft {
    /// A draft for the whole entry.
    pub fn new(rule: impl Into<RuleId>, path: &EntryPath, description: impl Into<String>) -> Self {
        Self {
            rule: rule.into(),
            path: path.clone(),
            span: None,
            description: description.into(),
            repair: None,
            severity: None,
            confidence: None,
            subject: None,
        }
    }

    /// The same, about this object.
    #[must_use]
    pub fn about(mut self, subject: Subject) -> Self {
        self.subject = Some(Box::new(subject));
        self
    }

    /// The same, at these bytes of the entry's text.
    #[must_use]
    pub fn at(mut self, span: ByteSpan) -> Self {
        self.span = Some(span);
        self
    }

    /// The same, with a repair of its own.
    #[must_use]
    pub fn repair(mut self, repair: impl Into<String>) -> Self {
        self.repair = Some(repair.into());
        self
    }

    /// The same, with another severity.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = Some(severity);
        self
    }

    /// The same, with another confidence.
    #[must_use]
    pub fn confidence(mut self, confidence: Confidence) -> Self {
        self.confidence = Some(confidence);
        self
    }
}
