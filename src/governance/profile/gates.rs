// SPDX-License-Identifier: Apache-2.0
//! Stages, admissions and approvals as data (specification, sections 3 and 4).

use crate::support::patterns;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Stages, admissions, approvals.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gates {
    /// Mutation modes, narrowest first.
    pub modes: Vec<String>,
    /// The first of them that needs an approval.
    pub approval_from: String,
    /// The first of them that needs an admitted target.
    pub target_from: String,
    /// Execution modes that run nothing.
    pub planning_only: Vec<String>,
    /// Gates that must all be proven before a run.
    pub required: Vec<String>,
    /// What a ledger may say of a stage.
    pub stage_status: Vec<String>,
    /// Words that would make a missing gate less than missing.
    pub degraded: Vec<String>,
    /// Keys of lists that do the same.
    pub degraded_lists: Vec<String>,
    /// Names of refs that move.
    pub moving_refs: Vec<String>,
    /// Who decides eligibility.
    pub decider: String,
    /// Where an ineligible task goes.
    pub escalations: Vec<String>,
    /// Key of the activation that stays false.
    pub activation: String,
    /// Key of the promotion status.
    pub promotion: String,
    /// Its only value here.
    pub unpromoted: String,
    /// Dimensions of a comparison.
    pub dimensions: Vec<String>,
    /// Their values.
    pub dimension_values: Vec<String>,
    /// Passes that make a repetition.
    pub repeatability: usize,
    /// Keys that look like secrets and name a class.
    pub clean_secret_keys: Vec<String>,
    /// Words in keys that hold secrets.
    pub secret_keys: Vec<String>,
    /// Documents that prove an entry gate: patterns over file stems.
    pub documents: BTreeMap<String, Vec<String>>,
    /// Where the documents of an approval keep what.
    pub approval: ApprovalPlaces,
    /// States of an approval.
    #[serde(rename = "approval_state")]
    pub approval_states: Vec<ApprovalState>,
    /// Stages, in order.
    #[serde(rename = "stage")]
    pub stages: Vec<Stage>,
    /// Records.
    #[serde(rename = "record")]
    pub records: Vec<RecordForm>,
    /// The provider decision.
    pub provider_decision: ProviderDecision,
    /// Target admissions.
    pub target: TargetRules,
    /// The guard.
    pub guard: GuardRules,
    /// The completion audit.
    pub completion: CompletionRules,
    /// The control summary.
    pub summary: SummaryRules,
}

/// A stage of the staged proof.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// From 1.
    pub number: u8,
    /// Its name.
    pub title: String,
    /// What may be changed, as reports write it.
    pub scope: String,
    /// Widest mutation mode.
    pub mode: String,
    /// Status of the report that meets its pass rule.
    #[serde(default = "pass")]
    pub passes_as: String,
    /// What must be proven before it opens, by name.
    pub entry: Vec<String>,
    /// Proof file of a run of this stage.
    #[serde(default)]
    pub proof: Option<String>,
    /// Failure classes that it must show; the whole matrix when it says `*`.
    pub failure_classes: Vec<String>,
    /// What it authorises, for people.
    pub authorises: String,
}

fn pass() -> String {
    "pass".to_owned()
}

/// Where the documents of an approval keep what: headings (folded) and keys of facts.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalPlaces {
    /// Headings above the exact sentence.
    pub sentence: Vec<String>,
    /// Keys of the exact sentence.
    pub sentence_keys: Vec<String>,
    /// Headings above the target.
    pub target: Vec<String>,
    /// Keys of the target.
    pub target_keys: Vec<String>,
    /// Headings above the allowed paths.
    pub paths: Vec<String>,
    /// Headings above the command.
    pub command: Vec<String>,
    /// Keys of the command.
    pub command_keys: Vec<String>,
    /// Keys of the scope.
    pub scope_keys: Vec<String>,
    /// What a scope of one run looks like.
    pub scope_pattern: String,
    /// How a record says that it came after the run.
    pub retroactive: Vec<String>,
    /// Word of a heading under which a difference of provenance is recorded.
    pub provenance: String,
    /// Words in keys under which a run is cited that no approval covers.
    pub baseline: Vec<String>,
}

/// A state of an approval.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalState {
    /// Its name.
    pub name: String,
    /// `approval_required`
    pub required: bool,
    /// `approval_granted`
    pub granted: bool,
    /// `execution_allowed`
    pub execution: bool,
    /// Kinds of documents and records that carry it.
    pub carriers: Vec<String>,
}

/// The form of a record.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordForm {
    /// Its name.
    pub kind: String,
    /// Patterns over the name of a JSON file.
    #[serde(default)]
    pub names: Vec<String>,
    /// A JSON file that has all of these is one.
    #[serde(default)]
    pub keys: Vec<String>,
    /// Kinds of documents that carry it.
    #[serde(default)]
    pub documents: Vec<String>,
    /// Patterns over their stems; a document that has all of `keys` needs none of them.
    #[serde(default)]
    pub stems: Vec<String>,
    /// What it holds.
    pub fields: Vec<FieldForm>,
}

/// A field of a record.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldForm {
    /// Its key.
    pub key: String,
    /// What it must be.
    pub form: Form,
    /// Its values; any when empty.
    #[serde(default)]
    pub one_of: Vec<String>,
    /// Further names under which documents keep it.
    #[serde(default)]
    pub also: Vec<String>,
}

/// What a field must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// A text that is not empty
    Text,
    /// A text
    String,
    /// A list of texts, one at least
    Names,
    /// A list of texts
    List,
    /// True or false
    Bool,
    /// True
    True,
    /// False
    False,
    /// A whole number, not negative
    Count,
    /// An RFC 3339 time with an offset
    Time,
    /// An RFC 3339 time in UTC
    Utc,
    /// Anything that is not empty
    Present,
}

/// The provider decision.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderDecision {
    /// Status while nothing is decided.
    pub undecided: String,
    /// Classes by status.
    pub classes: BTreeMap<String, Vec<String>>,
    /// What a decision must name.
    pub identity: Vec<String>,
    /// What must be empty while nothing is decided.
    pub empty_while_undecided: Vec<String>,
}

/// Target admissions.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetRules {
    /// Paths that are forbidden in most repositories.
    pub usual_forbidden: Vec<String>,
    /// Paths that mean everything.
    pub never_allowed: Vec<String>,
    /// Folders of which no part may be allowed.
    pub never_inside: Vec<String>,
}

/// The guard of a future route.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GuardRules {
    /// Words in headings above the checks.
    pub sections: Vec<String>,
    /// Read-only checks: name to patterns, one of which must be found.
    pub checks: BTreeMap<String, Vec<String>>,
    /// What makes a recommendation conditional.
    pub conditional: Vec<String>,
}

/// The completion audit.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CompletionRules {
    /// Status of an audit in which all is proven.
    pub complete: String,
    /// Status of a requirement that is proven.
    pub proven: String,
    /// Statuses of requirements.
    pub statuses: Vec<String>,
    /// Requirements: name to patterns, one of which must fit a row.
    pub requirements: BTreeMap<String, Vec<String>>,
}

/// The control summary.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SummaryRules {
    /// Keys of the approval's state.
    pub endpoint_state: Vec<String>,
    /// Keys of eligibility, which are not activation.
    pub eligibility_keys: Vec<String>,
    /// What the case of a run of the whole failure matrix begins with.
    #[serde(default)]
    pub matrix_runs: Vec<String>,
}

impl Gates {
    /// Place of a mode among the modes, narrowest 0.
    pub fn rank(&self, mode: &str) -> Option<usize> {
        self.modes.iter().position(|known| known == mode)
    }

    /// Whether a mode needs an approval; one that is not known does.
    pub fn needs_approval(&self, mode: &str) -> bool {
        self.rank(mode)
            .is_none_or(|rank| Some(rank) >= self.rank(&self.approval_from))
    }

    /// Whether a mode needs an admitted target; one that is not known does.
    pub fn needs_target(&self, mode: &str) -> bool {
        self.rank(mode)
            .is_none_or(|rank| Some(rank) >= self.rank(&self.target_from))
    }

    /// Whether the first mode is wider than the second; one that is not known is.
    pub fn wider(&self, mode: &str, than: &str) -> bool {
        self.rank(mode)
            .is_none_or(|rank| Some(rank) > self.rank(than))
    }

    /// A stage.
    pub fn stage(&self, number: u64) -> Option<&Stage> {
        self.stages
            .iter()
            .find(|stage| u64::from(stage.number) == number)
    }

    /// The form of a record.
    pub fn record(&self, kind: &str) -> Option<&RecordForm> {
        self.records.iter().find(|record| record.kind == kind)
    }

    /// A state by its name.
    pub fn state(&self, name: &str) -> Option<&ApprovalState> {
        self.approval_states.iter().find(|state| state.name == name)
    }

    /// Whether every pattern compiles.
    pub(super) fn check(&self) -> Result<(), String> {
        let of_records = self
            .records
            .iter()
            .flat_map(|record| record.names.iter().chain(&record.stems));
        let patterns = of_records
            .chain(self.documents.values().flatten())
            .chain(self.guard.checks.values().flatten())
            .chain(&self.guard.conditional)
            .chain(self.completion.requirements.values().flatten())
            .chain(&self.approval.retroactive)
            .chain([&self.approval.scope_pattern]);
        for pattern in patterns {
            patterns::pattern(pattern)
                .map_err(|error| format!("the pattern `{pattern}`: {error}"))?;
        }
        Ok(())
    }
}
