// SPDX-License-Identifier: Apache-2.0
//! Events that are asked for, forbidden and promised: P-ADM, P-EV.

use super::context::{Context, Found, Loaded, listed, params};
use super::dataflow::{contract_of, declared};
use super::flow::Flow;
use crate::pgs::expression::Expression;
use crate::pgs::fqdn::Kind;
use crate::pgs::model::{Admission, Node, NodeKind, StepKind, Workflow};
use crate::rules::Rule;
use crate::support::pyjson::ordered::Value;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// `params`: how events get into logs.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Events {
    /// Operations that write a record.
    operations: Vec<String>,
    /// Input of such an operation that is the record.
    record: String,
    /// Members of a record that name the event; the first that is there counts.
    names: Vec<String>,
}

/// A place that writes an event.
struct Writer<'c> {
    workflow: &'c Workflow,
    node: &'c Node,
    /// Members of the record's top level that are written.
    fields: BTreeSet<String>,
}

/// Who writes which event, by code; what cannot be told statically is left out.
fn writers<'c>(context: &'c Context<'_>, own: &Events) -> BTreeMap<String, Vec<Writer<'c>>> {
    let mut all: BTreeMap<String, Vec<Writer<'c>>> = BTreeMap::new();
    for (_, workflow) in context.workflows() {
        for node in workflow.nodes.values() {
            let Some(contract) = contract_of(context, workflow, node) else {
                continue;
            };
            for step in &contract.steps {
                let op = step.op.as_deref().unwrap_or_default();
                let writes = matches!(step.kind, StepKind::SideEffect(_));
                if !writes || !own.operations.iter().any(|known| known == op) {
                    continue;
                }
                let Some(record) = step.inputs.get(&own.record) else {
                    continue;
                };
                let Some(record) = given(record, node) else {
                    continue;
                };
                let Some(members) = members(&record, node) else {
                    continue;
                };
                let code = own.names.iter().find_map(|name| match members.get(name)? {
                    Expression::Literal(Value::String(code)) => Some(code.clone()),
                    _ => None,
                });
                if let Some(code) = code {
                    let fields = members.into_keys().collect();
                    let writer = Writer {
                        workflow,
                        node,
                        fields,
                    };
                    all.entry(code).or_default().push(writer);
                }
            }
        }
    }
    all
}

/// An expression with the node's own input put in where a step hands it on whole.
fn given(value: &Expression, node: &Node) -> Option<Expression> {
    match value {
        Expression::Path(path) => {
            let segments: Vec<&str> = path.segments().collect();
            match segments.as_slice() {
                ["inputs" | "payload", name] => node.inputs.get(*name).cloned(),
                ["inputs" | "payload", name, rest @ ..] => {
                    // A member of what the node gives: of a literal object it can be told.
                    let mut value = node.inputs.get(*name)?;
                    for part in rest {
                        value = match value {
                            Expression::Object(members) => {
                                &members.iter().find(|(name, _)| name == part)?.1
                            }
                            _ => return Some(value.clone()),
                        };
                    }
                    Some(value.clone())
                }
                _ => Some(value.clone()),
            }
        }
        other => Some(other.clone()),
    }
}

/// Members that a record has when it is written.
fn members(record: &Expression, node: &Node) -> Option<BTreeMap<String, Expression>> {
    let Expression::Object(members) = record else {
        return None;
    };
    let given = members.iter().filter_map(|(name, value)| {
        let value = given(value, node)?;
        let absent = matches!(value, Expression::Literal(Value::Null));
        (!absent).then(|| (name.clone(), value))
    });
    Some(given.collect())
}

/// P-ADM.
pub(super) fn admission(context: &Context<'_>, rule: &Rule, found: &mut Found) {
    let own: Events = params(context, rule, found);
    let writers = writers(context, &own);
    for (loaded, workflow) in context.workflows() {
        let Some(admission) = &workflow.admission else {
            continue;
        };
        events(context, rule, loaded, workflow, admission, found);
        for (side, list) in [
            ("requires", &admission.requires),
            ("forbids", &admission.forbids),
        ] {
            for (index, event) in list.iter().enumerate() {
                let fields = bound(admission, event, side);
                let silent = silent(&writers, event, &fields, side);
                if silent.is_empty() {
                    continue;
                }
                let effect = match side {
                    "forbids" => "so the guard never fires",
                    _ => "so nothing is ever admitted",
                };
                let text = format!(
                    "`{event}` is matched by {}, and what writes it never writes that at the top level of its record, {effect}.",
                    listed(&silent)
                );
                let index = index.to_string();
                let keys = ["frontmatter", "core", "admission", side, &index];
                found.drafts.push(context.at(rule, loaded, &keys, text));
            }
        }
    }
}

/// Fields that an event is matched by: its own binding or, for a forbidden one without, all.
fn bound(admission: &Admission, event: &str, side: &str) -> BTreeSet<String> {
    match admission.bindings.get(event) {
        Some(own) => own.keys().cloned().collect(),
        None if side == "forbids" => {
            let all = admission.bindings.values();
            all.flat_map(|fields| fields.keys().cloned()).collect()
        }
        None => BTreeSet::new(),
    }
}

/// Fields that no writer of an event gives; none when nothing here writes it.
fn silent(
    writers: &BTreeMap<String, Vec<Writer<'_>>>,
    event: &str,
    fields: &BTreeSet<String>,
    side: &str,
) -> Vec<String> {
    let code = event.rsplit("::").next().unwrap_or(event);
    let Some(writers) = writers.get(code) else {
        return Vec::new();
    };
    let lacks = |writer: &Writer<'_>| -> Vec<String> {
        fields.difference(&writer.fields).cloned().collect()
    };
    let lacking: Vec<Vec<String>> = writers.iter().map(lacks).collect();
    // A guard must fire on every record, a demand needs one record that meets it.
    let judged = if side == "forbids" {
        lacking.into_iter().find(|lacks| !lacks.is_empty())
    } else if lacking.iter().any(Vec::is_empty) {
        None
    } else {
        lacking.into_iter().next()
    };
    judged.unwrap_or_default()
}

/// Whether the events and the bound fields exist.
fn events(
    context: &Context<'_>,
    rule: &Rule,
    loaded: &Loaded,
    workflow: &Workflow,
    admission: &Admission,
    found: &mut Found,
) {
    let top = ["frontmatter", "core", "admission"];
    for (side, list) in [
        ("requires", &admission.requires),
        ("forbids", &admission.forbids),
    ] {
        for (index, event) in list.iter().enumerate() {
            let known = event_of(context, event, workflow);
            if known.is_none() {
                let text = format!("The event `{event}` is not in the snapshot.");
                let index = index.to_string();
                let keys = [top[0], top[1], top[2], side, &index];
                found.drafts.push(context.at(rule, loaded, &keys, text));
            }
        }
    }
    for (event, fields) in &admission.bindings {
        let known = event_of(context, event, workflow);
        for (field, payload) in fields {
            let keys = [top[0], top[1], top[2], "bindings", event, field];
            let schema = known.and_then(|event| event.artifact.core().get("schema"));
            if schema.is_some_and(|schema| schema.get(field).is_none()) {
                let text = format!("The event `{event}` has no field `{field}`.");
                found.drafts.push(context.at(rule, loaded, &keys, text));
            }
            let declared = declared(context, workflow);
            if declared.is_some_and(|(_, inputs)| !inputs.contains_key(payload)) {
                let text = format!(
                    "Admission needs `{payload}` at the top level of the payload, and the intent declares no such input."
                );
                found.drafts.push(context.at(rule, loaded, &keys, text));
            }
        }
    }
}

fn event_of<'c>(context: &'c Context<'_>, event: &str, workflow: &Workflow) -> Option<&'c Loaded> {
    let found = context.resolve(event, workflow.fqdn.namespace())?;
    (found.fqdn().kind() == Kind::Event).then_some(found)
}

/// P-EV.
pub(super) fn emitted(context: &Context<'_>, rule: &Rule, found: &mut Found) {
    let own: Events = params(context, rule, found);
    let writers = writers(context, &own);
    for (loaded, workflow) in context.workflows() {
        let flow = Flow::of(workflow);
        for (id, node) in workflow
            .nodes
            .iter()
            .filter(|(_, n)| n.kind == NodeKind::Exit)
        {
            let (Some(event), Some(exit)) = (&node.emit, flow.number(id)) else {
                continue;
            };
            let before = Flow::reached(&flow.before, [exit], None);
            let code = event.rsplit("::").next().unwrap_or(event);
            let written = writers.get(code).into_iter().flatten().any(|writer| {
                let here = writer.workflow.fqdn == workflow.fqdn;
                let at = flow.number(&writer.node.id);
                here && at.is_some_and(|at| before[at])
            });
            if !written {
                let text = format!(
                    "The exit `{id}` names `{event}`, and no step before it writes that event; a runtime emits nothing."
                );
                let keys = ["frontmatter", "core", "nodes", id, "emit"];
                found.drafts.push(context.at(rule, loaded, &keys, text));
            }
        }
    }
}
