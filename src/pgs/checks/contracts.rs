// SPDX-License-Identifier: Apache-2.0
//! Capability contracts as they stand: P-CC-STEP, P-CC-SURFACE, P-CC-CLOSED, P-CC-OUT, P-CC-ACTION.

use super::context::{Context, Found, Loaded, listed, params};
use crate::model::Draft;
use crate::pgs::fqdn::{Fqdn, Kind};
use crate::pgs::model::{Contract, Step, StepKind};
use crate::rules::Rule;
use crate::support::pyjson::ordered::Value;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// The action that goes on to the next step.
const CONTINUE: &str = "continue";
/// An output of this name replaces the outcome and is no result.
pub(super) const STATUS: &str = "result_status";

/// A draft about a member of a step.
pub(super) fn at_step(
    context: &Context<'_>,
    rule: &Rule,
    loaded: &Loaded,
    index: usize,
    keys: &[&str],
    text: impl Into<String>,
) -> Draft {
    let index = index.to_string();
    let mut all = vec!["frontmatter", "core", "pipeline", &index];
    all.extend(keys);
    context.at(rule, loaded, &all, text)
}

/// Outcomes that end a contract: those of its steps that lead out, and what a missing input gives.
pub(super) fn endings(contract: &Contract) -> BTreeSet<String> {
    let mut all = BTreeSet::from([contract.on_input_failure.clone()]);
    for (at, step) in contract.steps.iter().enumerate() {
        let last = at + 1 == contract.steps.len();
        for outcome in outcomes(step) {
            let goes_on = step
                .on_result
                .get(outcome)
                .is_some_and(|action| action == CONTINUE);
            if last || !goes_on {
                all.insert(outcome.to_owned());
            }
        }
    }
    all
}

/// Outcomes that a step declares.
pub(super) fn outcomes(step: &Step) -> BTreeSet<&str> {
    let surface = step.result_surface.iter().map(String::as_str);
    surface
        .chain(step.on_result.keys().map(String::as_str))
        .collect()
}

/// P-CC-STEP.
pub(super) fn steps(context: &Context<'_>, rule: &Rule, found: &mut Found) {
    let most = context
        .snapshot
        .as_ref()
        .map_or(usize::MAX, |s| s.limits.steps);
    for (loaded, contract) in context.contracts() {
        let core = ["frontmatter", "core"];
        let pipeline = ["frontmatter", "core", "pipeline"];
        if contract.steps.is_empty() {
            let text = "It has no step.";
            found.drafts.push(context.at(rule, loaded, &pipeline, text));
        }
        if contract.steps.len() > most {
            let text = format!("It has more than {most} steps.");
            found.drafts.push(context.at(rule, loaded, &pipeline, text));
        }
        if loaded.artifact.core().get("bindings").is_some() {
            let text = "It has a section `bindings`; steps bind their inputs themselves.";
            let keys = [core[0], core[1], "bindings"];
            found.drafts.push(context.at(rule, loaded, &keys, text));
        }
        let mut seen = HashSet::new();
        for (index, step) in contract.steps.iter().enumerate() {
            if step.kind == StepKind::Unclear {
                let text = "A step runs exactly one capability: `transform` or `side_effect`.";
                found
                    .drafts
                    .push(at_step(context, rule, loaded, index, &[], text));
            }
            if step.id.is_empty() {
                let text = "The step has no name.";
                found
                    .drafts
                    .push(at_step(context, rule, loaded, index, &[], text));
            } else if !seen.insert(step.id.as_str()) {
                let text = format!("A second step is called `{}`.", step.id);
                found
                    .drafts
                    .push(at_step(context, rule, loaded, index, &["step"], text));
            }
            forward(context, rule, loaded, contract, index, found);
        }
    }
}

/// Reads results of a step that has not run.
fn forward(
    context: &Context<'_>,
    rule: &Rule,
    loaded: &Loaded,
    contract: &Contract,
    index: usize,
    found: &mut Found,
) {
    let step = &contract.steps[index];
    let inputs = step
        .inputs
        .iter()
        .map(|(name, value)| ("inputs", name, value, index));
    let outputs = step
        .outputs
        .iter()
        .map(|(name, value)| ("outputs", name, value, index + 1));
    for (side, name, value, until) in inputs.chain(outputs) {
        for path in value.paths() {
            let mut segments = path.segments();
            if segments.next() != Some("results") {
                continue;
            }
            let Some(source) = segments.next() else {
                continue;
            };
            if !contract.steps[..until].iter().any(|step| step.id == source) {
                let text = format!(
                    "`{}` reads `{source}`, which has not run before it.",
                    path.text
                );
                let keys = [side, name.as_str()];
                found
                    .drafts
                    .push(at_step(context, rule, loaded, index, &keys, text));
            }
        }
    }
}

/// `params` of `pgs-cc-surface`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Surfaces {
    /// Operation to the operation that a surface contract calls it.
    operations: BTreeMap<String, String>,
}

/// P-CC-SURFACE.
pub(super) fn surface(context: &Context<'_>, rule: &Rule, found: &mut Found) {
    let own: Surfaces = params(context, rule, found);
    let canonical: Vec<&Value> = context
        .of(Kind::SurfaceContract)
        .map(|contract| contract.artifact.frontmatter())
        .collect();
    for (loaded, contract) in context.contracts() {
        for (index, step) in contract.steps.iter().enumerate() {
            let surface: BTreeSet<&str> = step.result_surface.iter().map(String::as_str).collect();
            let actions: BTreeSet<&str> = step.on_result.keys().map(String::as_str).collect();
            if surface != actions {
                let text = format!(
                    "The step may give {}, and `on_result` speaks of {}.",
                    words(&surface),
                    words(&actions)
                );
                let keys = ["result_surface"];
                found
                    .drafts
                    .push(at_step(context, rule, loaded, index, &keys, text));
            }
            let Some(legal) = legal(&canonical, &own, step) else {
                found.pass("steps_without_surface_contract", &capability(step));
                continue;
            };
            if surface != legal {
                let text = format!(
                    "The step may give {}, and the surface contract of its capability allows exactly {}.",
                    words(&surface),
                    words(&legal)
                );
                let keys = ["result_surface"];
                found
                    .drafts
                    .push(at_step(context, rule, loaded, index, &keys, text));
            }
        }
    }
}

fn capability(step: &Step) -> String {
    match &step.kind {
        StepKind::Transform(name) => name.clone(),
        StepKind::SideEffect(name) => {
            format!("{name} {}", step.op.as_deref().unwrap_or_default())
        }
        StepKind::Unclear => String::new(),
    }
}

fn words(outcomes: &BTreeSet<&str>) -> String {
    if outcomes.is_empty() {
        return "nothing".to_owned();
    }
    listed(&outcomes.iter().collect::<Vec<_>>())
}

/// What a step may give by its capability's surface contract, after its own renaming.
fn legal<'s>(canonical: &[&'s Value], own: &Surfaces, step: &'s Step) -> Option<BTreeSet<&'s str>> {
    let found = canonical.iter().find(|contract| match &step.kind {
        StepKind::Transform(name) => {
            let code = Fqdn::parse(name).ok();
            let prefix = contract
                .text("capability_id_prefix")
                .filter(|p| !p.is_empty());
            prefix.is_some_and(|prefix| code.is_some_and(|code| code.code().starts_with(prefix)))
        }
        StepKind::SideEffect(name) => {
            let op = step.op.as_deref().unwrap_or_default();
            let governs = contract.items("governs").iter().filter_map(Value::as_str);
            let called = |said: &str| {
                said == op || own.operations.get(op).is_some_and(|other| other == said)
            };
            let code = name.rsplit("::").next().unwrap_or(name);
            contract.text("op").is_some_and(called)
                && governs.into_iter().any(|g| g == code || g == name)
        }
        StepKind::Unclear => false,
    })?;
    let names = found
        .items("canonical_surface")
        .iter()
        .filter_map(Value::as_str);
    let renamed = step.on_ct_result.as_ref();
    Some(
        names
            .map(|name| {
                let other = renamed.and_then(|renamed| match name {
                    "SUCCESS" => renamed.on_success.as_deref(),
                    "VIOLATION" => renamed.on_failure.as_deref(),
                    _ => None,
                });
                other.unwrap_or(name)
            })
            .collect(),
    )
}

/// P-CC-CLOSED.
pub(super) fn closed(context: &Context<'_>, rule: &Rule, found: &mut Found) {
    for (loaded, contract) in context.contracts() {
        let endings = endings(contract);
        let given: BTreeSet<&str> = endings.iter().map(String::as_str).collect();
        let allowed: BTreeSet<&str> = contract.allowed.iter().map(String::as_str).collect();
        if contract.steps.is_empty() || given == allowed {
            continue;
        }
        let only: Vec<&&str> = given.difference(&allowed).collect();
        let never: Vec<&&str> = allowed.difference(&given).collect();
        let mut text = String::from("`allowed` is not what the pipeline can give:");
        if !only.is_empty() {
            text.push_str(&format!(" it may also end with {}", listed(&only)));
        }
        if !never.is_empty() {
            let joint = if only.is_empty() { "" } else { ", and" };
            text.push_str(&format!("{joint} it never ends with {}", listed(&never)));
        }
        text.push('.');
        let keys = ["frontmatter", "core", "result_status_contract", "allowed"];
        found.drafts.push(context.at(rule, loaded, &keys, text));
    }
}

/// P-CC-OUT.
pub(super) fn outputs(context: &Context<'_>, rule: &Rule, found: &mut Found) {
    for (loaded, contract) in context.contracts() {
        let Some((index, last)) = contract.steps.iter().enumerate().next_back() else {
            continue;
        };
        let missing: Vec<&String> = contract
            .outputs
            .keys()
            .filter(|name| *name != STATUS && !last.outputs.contains_key(*name))
            .collect();
        if !missing.is_empty() {
            let text = format!(
                "The contract promises {}, and its last step `{}` does not give it: results of earlier steps are lost.",
                listed(&missing),
                last.id
            );
            found
                .drafts
                .push(at_step(context, rule, loaded, index, &["outputs"], text));
        }
    }
}

/// P-CC-ACTION.
pub(super) fn actions(context: &Context<'_>, rule: &Rule, found: &mut Found) {
    for (loaded, index, step) in context.steps() {
        for (outcome, action) in &step.on_result {
            if !matches!(action.as_str(), CONTINUE | "exit") {
                let text = format!(
                    "`{action}` after {outcome} is neither `continue` nor `exit`: one runtime ends here, another goes on."
                );
                let keys = ["on_result", outcome.as_str()];
                found
                    .drafts
                    .push(at_step(context, rule, loaded, index, &keys, text));
            }
        }
    }
}
