// SPDX-License-Identifier: Apache-2.0
//! Which verdicts nobody reads. A transform that says no is still a success: unless its answer
//! becomes the outcome or is read by a later step or node, the run goes on as if it had said yes
//! (specification of the PGS runtime, section 10, W7). Found before the run, told during it.

use super::plan::{Bound, Plan, PlannedContract, Verdicts};
use crate::pgs::expression::{Expression, Path};
use std::collections::{HashMap, HashSet};

/// The verdicts of a plan that nobody reads.
pub(super) fn ignored(plan: &Plan) -> Verdicts {
    let mut found = HashMap::new();
    for node in plan.workflow.nodes.values() {
        let target = node.artifact(&plan.workflow.fqdn);
        let Some(Ok(target)) = target else { continue };
        let Some(contract) = plan.contracts.get(target.as_str()) else {
            continue;
        };
        for (at, planned) in contract.steps.iter().enumerate() {
            let Bound::Transform(name) = &planned.bound else {
                continue;
            };
            let outputs = plan.transforms.get(name).into_iter();
            let outputs = outputs.flat_map(|transform| transform.outputs());
            let ignored: Vec<_> = outputs
                .filter(|output| is_verdict(name, output))
                .filter(|output| !is_read(plan, &node.id, contract, at, output))
                .cloned()
                .collect();
            if !ignored.is_empty() {
                found.insert((node.id.clone(), planned.step.id.clone()), ignored);
            }
        }
    }
    Verdicts(found)
}

/// Whether an output of a transform is a verdict, by what it and the transform are called.
fn is_verdict(transform: &str, output: &str) -> bool {
    let checks = ["_VALIDATE_", "_CHECK_", "_VERIFY_", "_EVALUATE_"];
    matches!(output, "valid" | "violations")
        || output.starts_with("is_")
        || (checks.iter().any(|word| transform.contains(word))
            && ["_available", "_ok", "_passed"]
                .iter()
                .any(|end| output.ends_with(end)))
        || output.starts_with("all_")
}

/// Whether an output of a step reaches an outcome, an input, or another node.
fn is_read(plan: &Plan, node: &str, contract: &PlannedContract, at: usize, output: &str) -> bool {
    // Where the output stands: (step, name of the step's output).
    let mut carriers: HashSet<(&str, &str)> = HashSet::new();
    for (later, planned) in contract.steps.iter().enumerate().skip(at) {
        let step = &planned.step;
        let own = &contract.steps[at].step.id;
        let carries = |path: &&Path, carriers: &HashSet<(&str, &str)>| {
            let words: Vec<_> = path.segments().collect();
            match words[..] {
                ["capability_result"] => later == at,
                ["capability_result", field, ..] => later == at && field == output,
                ["results", of] => of == own,
                ["results", of, "capability_result"] => of == own,
                ["results", of, "capability_result", field, ..] => of == own && field == output,
                ["results", of, name, ..] => carriers.contains(&(of, name)),
                _ => false,
            }
        };
        let touches = |written: &Expression, carriers: &HashSet<(&str, &str)>| {
            written.paths().iter().any(|path| carries(path, carriers))
        };
        if later > at
            && step
                .inputs
                .values()
                .any(|written| touches(written, &carriers))
        {
            return true;
        }
        let exported = step
            .outputs
            .iter()
            .filter(|(_, written)| touches(written, &carriers));
        let exported: Vec<_> = exported.map(|(name, _)| name.as_str()).collect();
        if exported.contains(&"result_status") {
            return true;
        }
        carriers.extend(exported.into_iter().map(|name| (step.id.as_str(), name)));
    }
    let last = contract
        .steps
        .last()
        .map(|planned| planned.step.id.as_str());
    let own = contract.steps[at].step.id.as_str();
    let nodes = plan.workflow.nodes.values();
    let paths = nodes.flat_map(|node| node.inputs.values().flat_map(Expression::paths));
    paths.into_iter().any(|path| {
        let words: Vec<_> = path.segments().collect();
        match words[..] {
            ["results", of] => of == node,
            ["results", of, "capability_result", ..] => of == node && last == Some(own),
            ["results", of, name, ..] => {
                of == node && carriers.iter().any(|(_, carried)| *carried == name)
            }
            _ => false,
        }
    })
}
