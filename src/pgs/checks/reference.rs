// SPDX-License-Identifier: Apache-2.0
//! Names that lead nowhere: P-REF, P-REF-LIST.

use super::context::{Context, Found, Loaded, Typed, listed as names_of, params, pointer};
use crate::pgs::fqdn::{Fqdn, Kind};
use crate::pgs::model::{NodeKind, StepKind};
use crate::rules::Rule;
use crate::support::pyjson::ordered::Value;
use serde::Deserialize;
use std::collections::BTreeSet;

/// `params` of `pgs-ref`: references that published snapshots are known to leave open, because
/// governance is kept apart from what it governs.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Open {
    /// Members of `frontmatter` whose references may lead out of the snapshot.
    members: Vec<String>,
    /// Namespaces they may lead to; a final `.*` takes those below too.
    namespaces: Vec<String>,
}

/// One reference.
struct Reference {
    /// Where it stands, as a JSON pointer.
    at: String,
    /// What it says.
    target: String,
    /// What it must lead to; any kind when empty.
    kinds: Vec<Kind>,
    /// Member of `frontmatter` that leads to governance.
    member: Option<&'static str>,
}

/// P-REF.
pub(super) fn resolves(context: &Context<'_>, rule: &Rule, found: &mut Found) {
    let open: Open = params(context, rule, found);
    for loaded in &context.artifacts {
        let namespace = loaded.fqdn().namespace();
        for reference in of(loaded) {
            let Reference {
                at,
                target,
                kinds,
                member,
            } = &reference;
            let name = match Fqdn::parse_within(target, namespace) {
                Ok(name) => name,
                Err(error) => {
                    let text = format!("It refers to nothing: {error}.");
                    found
                        .drafts
                        .push(context.member(rule, &loaded.path, at, text));
                    continue;
                }
            };
            if !kinds.is_empty() && !kinds.contains(&name.kind()) {
                let text = format!("`{name}` is no artifact of the kind that belongs here.");
                found
                    .drafts
                    .push(context.member(rule, &loaded.path, at, text));
            } else if context.get(name.as_str()).is_none() {
                let known = |member: &&str| open.members.iter().any(|name| name == member);
                if member.as_ref().is_some_and(known) && fits(&open.namespaces, name.namespace()) {
                    found.pass("open_references", name.as_str());
                    continue;
                }
                let text = format!("`{name}` is not in the snapshot.");
                found
                    .drafts
                    .push(context.member(rule, &loaded.path, at, text));
            }
        }
    }
    for (loaded, workflow) in context.workflows() {
        if workflow.binding.is_none() {
            let keys = ["frontmatter"];
            let text = "It names no runtime binding, so nothing is bound to its side effects.";
            found.drafts.push(context.at(rule, loaded, &keys, text));
        }
        for node in workflow.nodes.values() {
            if node.kind == NodeKind::Contract && node.target.is_none() {
                let keys = ["frontmatter", "core", "nodes", &node.id];
                let text = format!("The node `{}` names no contract.", node.id);
                found.drafts.push(context.at(rule, loaded, &keys, text));
            }
        }
    }
}

/// P-REF-LIST.
pub(super) fn listed(context: &Context<'_>, rule: &Rule, found: &mut Found) {
    for loaded in &context.artifacts {
        let said: BTreeSet<&str> = loaded
            .body()
            .items("references")
            .iter()
            .filter_map(Value::as_str)
            .collect();
        let namespace = loaded.fqdn().namespace();
        let made: BTreeSet<String> = of(loaded)
            .into_iter()
            .filter_map(|reference| Fqdn::parse_within(&reference.target, namespace).ok())
            .map(|name| name.to_string())
            .collect();
        let missing: Vec<&String> = made
            .iter()
            .filter(|name| !said.contains(name.as_str()))
            .collect();
        if !missing.is_empty() {
            let text = format!("`references` leaves out {}.", names_of(&missing));
            found
                .drafts
                .push(context.at(rule, loaded, &["references"], text));
        }
    }
}

fn fits(namespaces: &[String], namespace: &str) -> bool {
    namespaces
        .iter()
        .any(|known| match known.strip_suffix(".*") {
            Some(above) => namespace
                .strip_prefix(above)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.')),
            None => known == namespace,
        })
}

/// Every reference that an artifact makes.
fn of(loaded: &Loaded) -> Vec<Reference> {
    let mut all = Vec::new();
    let mut add = |keys: &[&str], target: &str, kinds: &[Kind], member| {
        all.push(Reference {
            at: pointer(keys),
            target: target.to_owned(),
            kinds: kinds.to_vec(),
            member,
        });
    };
    let front = loaded.artifact.frontmatter();
    for member in ["governed_by", "structure", "vocabulary_id"] {
        match front.get(member) {
            Some(Value::String(target)) => add(&["frontmatter", member], target, &[], Some(member)),
            Some(Value::Array(items)) => {
                for (index, target) in items.iter().enumerate() {
                    if let Some(target) = target.as_str() {
                        add(
                            &["frontmatter", member, &index.to_string()],
                            target,
                            &[],
                            Some(member),
                        );
                    }
                }
            }
            _ => {}
        }
    }
    match &loaded.typed {
        Typed::Workflow(workflow) => {
            if let Some(binding) = &workflow.binding {
                add(
                    &["frontmatter", "runtime_binding"],
                    binding,
                    &[Kind::RuntimeBinding],
                    None,
                );
            }
            for node in workflow.nodes.values() {
                let kind = match node.kind {
                    NodeKind::Intent => Kind::Intent,
                    NodeKind::Ingress => Kind::TransportIngress,
                    NodeKind::Contract => Kind::CapabilityContract,
                    NodeKind::Exit | NodeKind::Other(_) => continue,
                };
                if let Some(target) = &node.target {
                    add(
                        &["frontmatter", "core", "nodes", &node.id, "fqdn_id"],
                        target,
                        &[kind],
                        None,
                    );
                }
            }
        }
        Typed::Intent(intent) => {
            if let Some(workflow) = &intent.workflow {
                add(
                    &["frontmatter", "core", "workflow"],
                    workflow,
                    &[Kind::Workflow],
                    None,
                );
            }
        }
        Typed::Contract(contract) => {
            for (index, step) in contract.steps.iter().enumerate() {
                let (key, target, kind) = match &step.kind {
                    StepKind::Transform(name) => ("transform", name, Kind::Transform),
                    StepKind::SideEffect(name) => ("side_effect", name, Kind::SideEffect),
                    StepKind::Unclear => continue,
                };
                let index = index.to_string();
                add(
                    &["frontmatter", "core", "pipeline", &index, key],
                    target,
                    &[kind],
                    None,
                );
            }
        }
        Typed::Binding(binding) => {
            for name in binding.bindings.keys() {
                add(
                    &["frontmatter", "core", "bindings", name],
                    name,
                    &[Kind::SideEffect],
                    None,
                );
            }
            if let Some(storage) = &binding.storage {
                add(
                    &["frontmatter", "core", "storage_structure"],
                    storage,
                    &[Kind::Structure],
                    None,
                );
            }
        }
        _ => {}
    }
    all
}
