// SPDX-License-Identifier: Apache-2.0
//! Paths that lead nowhere: P-EXPR-ROOT, P-EXPR-FIELD.

use super::capability::{Aliases, operation_of};
use super::context::{Context, Found, Loaded, params};
use super::contracts::{STATUS, at_step};
use crate::pgs::expression::{Expression, Path};
use crate::pgs::fqdn::Kind;
use crate::pgs::model::{Contract, Step, StepKind, Transform};
use crate::rules::Rule;
use indexmap::IndexMap;

/// What a step gave, before its outputs are named.
pub(super) const RAW: &str = "capability_result";

/// P-EXPR-ROOT.
pub(super) fn roots(context: &Context<'_>, rule: &Rule, found: &mut Found) {
    for (loaded, workflow) in context.workflows() {
        for (id, node) in &workflow.nodes {
            for (name, path) in unknown(&node.inputs, &["payload", "results"]) {
                let keys = ["frontmatter", "core", "nodes", id, "inputs", name];
                found
                    .drafts
                    .push(context.at(rule, loaded, &keys, said(path)));
            }
        }
    }
    for (loaded, index, step) in context.steps() {
        let inside = ["inputs", "payload", "results"];
        for (name, path) in unknown(&step.inputs, &inside) {
            let keys = ["inputs", name];
            found
                .drafts
                .push(at_step(context, rule, loaded, index, &keys, said(path)));
        }
        let after = ["inputs", "payload", "results", RAW];
        for (name, path) in unknown(&step.outputs, &after) {
            let keys = ["outputs", name];
            found
                .drafts
                .push(at_step(context, rule, loaded, index, &keys, said(path)));
        }
    }
    for loaded in context.of(Kind::Transform) {
        if let Some(transform) = context.transform(loaded.fqdn().as_str()) {
            atoms(context, rule, loaded, transform, found);
        }
    }
}

fn atoms(
    context: &Context<'_>,
    rule: &Rule,
    loaded: &Loaded,
    transform: &Transform,
    found: &mut Found,
) {
    let mut known = vec!["inputs", "results"];
    if transform.repeat.is_some() {
        known.extend(["accumulator", "iterator"]);
    }
    for (index, atom) in transform.atoms.iter().enumerate() {
        for (name, path) in unknown(&atom.args, &known) {
            let index = index.to_string();
            let keys = ["ct_ir", "atom_stream", &index, "args", name];
            found
                .drafts
                .push(context.at(rule, loaded, &keys, said(path)));
        }
        known.push(&atom.out);
    }
}

fn unknown<'e>(
    expressions: &'e IndexMap<String, Expression>,
    known: &[&str],
) -> Vec<(&'e str, &'e Path)> {
    let all = expressions.iter().flat_map(|(name, value)| {
        value
            .paths()
            .into_iter()
            .map(move |path| (name.as_str(), path))
    });
    all.filter(|(_, path)| !known.contains(&path.root()))
        .collect()
}

fn said(path: &Path) -> String {
    format!(
        "`{}` begins at nothing that is there, so it is always null.",
        path.text
    )
}

/// P-EXPR-FIELD.
pub(super) fn fields(context: &Context<'_>, rule: &Rule, found: &mut Found) {
    let aliases: Aliases = params(context, rule, found);
    for (loaded, contract) in context.contracts() {
        for (index, step) in contract.steps.iter().enumerate() {
            let inputs = step
                .inputs
                .iter()
                .map(|(name, value)| ("inputs", name, value));
            let outputs = step
                .outputs
                .iter()
                .map(|(name, value)| ("outputs", name, value));
            for (side, name, value) in inputs.chain(outputs) {
                for path in value.paths() {
                    let Some(text) = wrong(context, &aliases, contract, step, path) else {
                        continue;
                    };
                    let keys = [side, name.as_str()];
                    found
                        .drafts
                        .push(at_step(context, rule, loaded, index, &keys, text));
                }
            }
        }
    }
}

fn wrong(
    context: &Context<'_>,
    aliases: &Aliases,
    contract: &Contract,
    step: &Step,
    path: &Path,
) -> Option<String> {
    let mut segments = path.segments();
    let (source, field) = match segments.next()? {
        RAW => (step, segments.next()?),
        "results" => {
            let source = segments.next()?;
            let source = contract.steps.iter().find(|step| step.id == source)?;
            match segments.next()? {
                RAW => (source, segments.next()?),
                name if source.outputs.contains_key(name) => return None,
                name => {
                    let text = format!(
                        "`{}`: the step `{}` has no output `{name}`.",
                        path.text, source.id
                    );
                    return Some(text);
                }
            }
        }
        _ => return None,
    };
    let known = raw_outputs(context, aliases, source)?;
    if field == STATUS || known.contains(&field) {
        return None;
    }
    let real: Vec<&str> = known.into_iter().filter(|name| *name != STATUS).collect();
    Some(format!(
        "`{}`: what the step `{}` runs gives no `{field}`; it gives {}.",
        path.text,
        source.id,
        if real.is_empty() {
            "nothing".to_owned()
        } else {
            super::context::listed(&real)
        }
    ))
}

/// Members of what a step gives, when the snapshot says them.
pub(super) fn raw_outputs<'c>(
    context: &'c Context<'_>,
    aliases: &Aliases,
    step: &Step,
) -> Option<Vec<&'c str>> {
    match &step.kind {
        StepKind::Transform(name) => {
            let transform = context.transform(name)?;
            Some(transform.outputs.keys().map(String::as_str).collect())
        }
        StepKind::SideEffect(name) => {
            let effect = context.side_effect(name)?;
            let operation = operation_of(effect, step.op.as_deref()?, aliases)?;
            Some(operation.output.iter().map(String::as_str).collect())
        }
        StepKind::Unclear => None,
    }
}
