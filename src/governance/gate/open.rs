// SPDX-License-Identifier: Apache-2.0
//! Whether a stage may be opened: every proof of its entry column, given or found (section 4.1).
//! What was not given counts as missing; what was given and does not hold is missing as well.

use super::ladder::Ladder;
use super::{Paper, Sheet, paper};
use crate::governance::plan::{Document, Plan};
use crate::governance::profile::{Profile, Stage};
use crate::governance::run::RunSummary;
use crate::support::pyjson::ordered::Value;
use jiff::civil::Date;
use serde_json::json;

/// A run that was handed in, with its trace.
#[derive(Debug, Clone, Default)]
pub struct GivenRun {
    /// What remains of it.
    pub summary: RunSummary,
    /// Steps of the trace.
    pub trace: Vec<Value>,
}

/// What was handed in.
#[derive(Debug, Default)]
pub struct Given<'p> {
    /// The stages so far.
    pub ladder: Option<Ladder>,
    /// The tree in which the ledger stands.
    pub plan: Option<&'p Plan<'p>>,
    /// A run.
    pub run: Option<GivenRun>,
    /// A source record.
    pub source: Option<Paper>,
    /// A provider admission.
    pub provider: Option<Paper>,
    /// A target admission.
    pub target: Option<Paper>,
    /// An eligibility decision.
    pub decision: Option<Paper>,
    /// An approval record.
    pub approval: Option<Paper>,
    /// A task contract.
    pub contract: Option<Paper>,
    /// Further documents: interface and adapter contracts, the matrix, a comparison.
    pub documents: Vec<Paper>,
}

/// A gate, and whether it is proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gate {
    /// Its name.
    pub name: String,
    /// By what it is proven, or why it is not.
    pub proof: Result<String, String>,
}

/// The answer for one stage.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The stage.
    pub stage: u64,
    /// Its gates.
    pub gates: Vec<Gate>,
    /// What an open stage authorises.
    pub authorises: String,
    /// Its widest mode.
    pub mode: String,
}

impl Answer {
    /// Whether every gate is proven.
    pub fn is_open(&self) -> bool {
        self.gates.iter().all(|gate| gate.proof.is_ok())
    }

    /// As commands print it.
    pub fn to_json(&self, narrowest: &str) -> serde_json::Value {
        let names = |proven: bool| -> Vec<&str> {
            let gates = self
                .gates
                .iter()
                .filter(|gate| gate.proof.is_ok() == proven);
            gates.map(|gate| gate.name.as_str()).collect()
        };
        let told = self.gates.iter().map(|gate| match &gate.proof {
            Ok(by) => json!({"gate": gate.name, "proven": true, "by": by}),
            Err(why) => json!({"gate": gate.name, "proven": false, "reason": why}),
        });
        let open = self.is_open();
        json!({
            "schema_version": "cto.gate_check.v1",
            "stage": self.stage,
            "status": if open { "open" } else { "blocked" },
            "required_gates": self.gates.iter().map(|gate| gate.name.as_str()).collect::<Vec<_>>(),
            "passed_gates": names(true),
            "missing_gates": names(false),
            "authorises": if open { self.authorises.as_str() } else { "nothing" },
            "max_mutation_mode": if open { self.mode.as_str() } else { narrowest },
            "gates": told.collect::<Vec<_>>(),
        })
    }
}

/// Reasons of judgements, joined.
pub(super) fn told(issues: Vec<super::Issue>) -> Option<String> {
    let texts: Vec<String> = issues.into_iter().map(|issue| issue.text).collect();
    (!texts.is_empty()).then(|| texts.join("; "))
}

pub(super) const NOT_GIVEN: &str = "not given";

/// Judges what was handed in for a stage.
pub fn check(stage: &Stage, given: &Given<'_>, profile: &Profile, as_of: Date) -> Answer {
    let asked = Asked {
        stage,
        given,
        profile,
        as_of,
    };
    let mut gates: Vec<Gate> = stage
        .entry
        .iter()
        .map(|name| Gate {
            name: name.clone(),
            proof: asked.entry(name),
        })
        .collect();
    // What was given must hold, whether the stage asks for it or not.
    let also = [
        ("source_admission", given.source.is_some()),
        ("provider_admission", given.provider.is_some()),
        ("target_admission", given.target.is_some()),
        ("eligibility", given.decision.is_some()),
        ("run", given.run.is_some()),
    ];
    for (name, is_given) in also {
        if is_given && !gates.iter().any(|gate| gate.name == name) {
            gates.push(Gate {
                name: name.to_owned(),
                proof: asked.given(name),
            });
        }
    }
    Answer {
        stage: u64::from(stage.number),
        gates,
        authorises: stage.authorises.clone(),
        mode: stage.mode.clone(),
    }
}

/// One question.
pub(super) struct Asked<'a> {
    /// The stage that it is asked for.
    pub stage: &'a Stage,
    /// What was handed in.
    pub given: &'a Given<'a>,
    /// Names and vocabularies.
    pub profile: &'a Profile,
    /// The day.
    pub as_of: Date,
}

impl Asked<'_> {
    /// The documents that were given, then those of the tree.
    pub(super) fn documents(&self) -> impl Iterator<Item = &Document> {
        let given = &self.given.documents;
        let held = self.given.plan.map_or(&[][..], |plan| &plan.documents);
        given
            .iter()
            .filter_map(|paper| paper.document.as_deref())
            .chain(held)
    }

    /// The record that was given, else the first of this kind in the tree.
    pub(super) fn sheet(&self, given: Option<&Paper>, kind: &str) -> Result<Sheet, String> {
        let held = || paper::of_kind(self.given.plan?, kind).into_iter().next();
        let given = given.map(|paper| paper.sheet.clone());
        given.or_else(held).ok_or_else(|| NOT_GIVEN.to_owned())
    }

    /// The report of the run that was given.
    pub(super) fn report(&self) -> Option<&Value> {
        self.given.run.as_ref()?.summary.report.as_ref()
    }

    /// The proof of this stage in the run that was given: file name and content.
    pub(super) fn proof(&self) -> Option<(&str, &Value)> {
        let name = self.stage.proof.as_deref()?;
        let run = self.given.run.as_ref()?;
        Some((name, run.summary.documents.get(name)?))
    }

    /// Whether something that was given holds.
    fn given(&self, name: &str) -> Result<String, String> {
        match name {
            "source_admission" => self.source_holds(),
            "provider_admission" => self.provider(),
            "target_admission" => self.target(),
            "eligibility" => self.decision(),
            _ => self.run(),
        }
    }

    fn entry(&self, name: &str) -> Result<String, String> {
        if let Some(number) = name
            .strip_prefix("stage_")
            .and_then(|number| number.parse().ok())
        {
            return self.stages(number);
        }
        match name {
            "evidence_interface" | "adapter_contract" => self.document(name),
            "fixture_contract" => self.contract().or_else(|_| self.document(name)),
            "failure_matrix" => self.matrix(),
            "source_record" => self.source().map(|(path, _)| path),
            "source_current" => self.current(),
            "licence_note" => self.licence(),
            "paths_and_actions" => self.contract(),
            "verification_command" => self.verification(),
            "source_owned_clean" => self.clean_source(),
            "disposal_policy" => self.disposal(),
            "approval" => self.approval(),
            "target_admission" => self.target(),
            "comparison" => self.comparison(),
            "failure_matrix_complete" => self.coverage(),
            other => Err(format!("nothing is known of the gate `{other}`")),
        }
    }
}
