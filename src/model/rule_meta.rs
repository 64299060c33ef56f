// SPDX-License-Identifier: Apache-2.0
//! What is known about a rule apart from how it matches. It travels inside a report, because
//! SARIF, JUnit and HTML need it.

use super::{Confidence, Severity};
use serde::{Deserialize, Serialize, Serializer};
use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

/// A rule's permanent id: kebab case, family first (`path-home-directory`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RuleId(Arc<str>);

impl RuleId {
    /// Wraps an id; the form is checked by `rules::lint`.
    pub fn new(id: &str) -> Self {
        Self(Arc::from(id))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The family: everything before the first `-`.
    pub fn family(&self) -> &str {
        self.0.split('-').next().unwrap_or(&self.0)
    }
}

impl Borrow<str> for RuleId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl From<&str> for RuleId {
    fn from(id: &str) -> Self {
        Self::new(id)
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Where a rule stands in its life. An id never changes meaning and is never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// New; its verdicts may still change.
    Preview,
    /// Covered by the versioning promise.
    Stable,
    /// Still runs; a successor is named in `why`.
    Deprecated,
    /// A tombstone: does not run, names its heir.
    Removed,
}

/// A rule's metadata, the same for every kind of rule.
#[derive(Debug, Clone, Serialize)]
pub struct RuleMeta {
    /// Permanent id.
    pub id: RuleId,
    /// Harm.
    pub severity: Severity,
    /// Certainty.
    pub confidence: Confidence,
    /// Set by the rule; else severity >= high and confidence >= medium.
    pub blocking: Option<bool>,
    /// The finding's `kind` when it is not the rule id.
    pub kind: Option<String>,
    /// Kind of the residual that a finding becomes, when it is not told by the finding's kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub residual: Option<String>,
    /// Life cycle.
    pub status: Status,
    /// What is said about it.
    #[serde(flatten)]
    pub prose: Prose,
}

/// What is said about a rule; no verdict hangs on it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RuleProse {
    /// One line: what is wrong.
    pub title: String,
    /// First version with this rule.
    pub since: String,
    /// Codes of specifications that name the same check.
    pub aliases: Vec<String>,
    /// Why it matters.
    pub why: String,
    /// What to do.
    pub repair: String,
    /// What to do where the finding stands in an archive, if that is something else.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub repair_packed: String,
    /// Where the format or the danger is described.
    pub references: Vec<String>,
}

impl RuleProse {
    /// What to do about a finding that stands in an archive, or in a tree.
    pub fn repair_where(&self, packed: bool) -> &str {
        match packed && !self.repair_packed.is_empty() {
            true => &self.repair_packed,
            false => &self.repair,
        }
    }
}

/// Where a rule's prose is.
#[derive(Debug, Clone)]
pub enum Prose {
    /// Here.
    Given(Box<RuleProse>),
    /// Found by who asks for it: a rule without finding says nothing.
    Apart {
        /// Finds it.
        find: fn(usize, usize) -> &'static RuleProse,
        /// Number of the rule's pack.
        pack: usize,
        /// Number of the rule in its pack.
        rule: usize,
    },
}

impl From<RuleProse> for Prose {
    fn from(given: RuleProse) -> Self {
        Self::Given(Box::new(given))
    }
}

impl Serialize for Prose {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.get().serialize(serializer)
    }
}

impl Prose {
    fn get(&self) -> &RuleProse {
        match self {
            Self::Given(prose) => prose,
            Self::Apart { find, pack, rule } => find(*pack, *rule),
        }
    }
}

impl RuleMeta {
    /// What is said about it.
    pub fn prose(&self) -> &RuleProse {
        self.prose.get()
    }

    /// Whether a finding of this rule blocks, for the severity and confidence it ended up with.
    /// One that was rated down for where it stands is judged by what is left of it.
    pub fn is_blocking(&self, severity: Severity, confidence: Confidence) -> bool {
        let weighty = severity >= Severity::High && confidence >= Confidence::Medium;
        match self.blocking {
            Some(blocking) if severity >= self.severity => blocking,
            Some(blocking) => blocking && weighty,
            None => weighty,
        }
    }
}
