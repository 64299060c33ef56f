// SPDX-License-Identifier: Apache-2.0
//! Capability contracts (specification of the PGS runtime, section 1.6).

use super::field::{Field, Fields};
use super::{Reader, ShapeFault};
use crate::pgs::expression::Expression;
use crate::pgs::fqdn::Fqdn;
use crate::pgs::snapshot::Artifact;
use indexmap::IndexMap;

/// What a step runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepKind {
    /// A transform, by name.
    Transform(String),
    /// A side effect, by name.
    SideEffect(String),
    /// Neither, or both.
    Unclear,
}

/// `on_ct_result`: how a step renames a transform's outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultNames {
    /// Instead of SUCCESS.
    pub on_success: Option<String>,
    /// Instead of VIOLATION.
    pub on_failure: Option<String>,
}

/// One step of a pipeline.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Unique within the contract.
    pub id: String,
    /// What it runs.
    pub kind: StepKind,
    /// The operation of a side effect.
    pub op: Option<String>,
    /// Inputs, computed before it runs.
    pub inputs: IndexMap<String, Expression>,
    /// Outputs, computed after it ran.
    pub outputs: IndexMap<String, Expression>,
    /// Outcome to `continue` or `exit`.
    pub on_result: IndexMap<String, String>,
    /// Outcomes it may have.
    pub result_surface: Vec<String>,
    /// Entity that is stored.
    pub store: Option<String>,
    /// Renamed outcomes.
    pub on_ct_result: Option<ResultNames>,
}

/// A capability contract.
#[derive(Debug, Clone, PartialEq)]
pub struct Contract {
    /// Its name.
    pub fqdn: Fqdn,
    /// Declared inputs.
    pub inputs: Fields,
    /// Declared outputs.
    pub outputs: Fields,
    /// Outcomes it may have.
    pub allowed: Vec<String>,
    /// Outcome when an input of a step is missing.
    pub on_input_failure: String,
    /// What runs, in order.
    pub steps: Vec<Step>,
}

impl Contract {
    /// Reads a contract.
    pub fn read(artifact: &Artifact, faults: &mut Vec<ShapeFault>) -> Self {
        let core = Reader::new(artifact.core(), "/frontmatter/core");
        let results = core.member("result_status_contract");
        let steps = core.list("pipeline", faults).into_iter().map(|step| {
            let kind = match (
                step.text("transform", faults),
                step.text("side_effect", faults),
            ) {
                (Some(name), None) => StepKind::Transform(name),
                (None, Some(name)) => StepKind::SideEffect(name),
                _ => StepKind::Unclear,
            };
            Step {
                id: step.text("step", faults).unwrap_or_default(),
                kind,
                op: step.text("op", faults),
                inputs: step.expressions("inputs", faults),
                outputs: step.expressions("outputs", faults),
                on_result: step.text_map("on_result", faults),
                result_surface: step.texts("result_surface", faults),
                store: step.text("store", faults),
                on_ct_result: step.member("on_ct_result").map(|names| ResultNames {
                    on_success: names.text("on_success", faults),
                    on_failure: names.text("on_failure", faults),
                }),
            }
        });
        let steps = steps.collect();
        Self {
            fqdn: artifact.fqdn.clone(),
            inputs: Field::read_all(&core, "inputs", faults),
            outputs: Field::read_all(&core, "outputs", faults),
            allowed: results
                .as_ref()
                .map(|results| results.texts("allowed", faults))
                .unwrap_or_default(),
            on_input_failure: results
                .and_then(|results| results.text("on_input_failure", faults))
                .unwrap_or_else(|| "VIOLATION".to_owned()),
            steps,
        }
    }
}
