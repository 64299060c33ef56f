// SPDX-License-Identifier: Apache-2.0
//! Stages, admissions and approvals as data (specification, sections 3 and 4).

use serde::Deserialize;

/// Stages, admissions, approvals.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gates {
    /// Mutation modes, narrowest first.
    pub modes: Vec<String>,
    /// The first of them that needs an approval.
    pub approval_from: String,
    /// Gates that must all be proven before a run.
    pub required: Vec<String>,
    /// Stages, in order.
    #[serde(rename = "stage")]
    pub stages: Vec<Stage>,
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
    /// What must be proven before it opens, by name.
    pub entry: Vec<String>,
    /// Proof file of a run of this stage.
    #[serde(default)]
    pub proof: Option<String>,
    /// Fixtures of failure classes that it must show; all when it says `*`.
    pub failure_classes: Vec<String>,
    /// What it authorises, for people.
    pub authorises: String,
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

    /// A stage.
    pub fn stage(&self, number: u64) -> Option<&Stage> {
        self.stages
            .iter()
            .find(|stage| u64::from(stage.number) == number)
    }
}
