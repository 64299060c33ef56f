// SPDX-License-Identifier: Apache-2.0
//! P-TOK-EQUIV: the tokens of a domain mean what the artifacts beside them say: same routing, same
//! bindings, same pipelines. Edges into an exit are left out of the tokens, so none is asked for.

use super::context::{Context, Found, pointer};
use super::domain::Domain;
use crate::pgs::expression::Expression;
use crate::pgs::fqdn::Fqdn;
use crate::pgs::model::{NodeKind, StepKind, Workflow};
use crate::rules::Rule;
use crate::support::pyjson::ordered::{Object, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The table that is executed.
const TABLE: &str = "dispatch.json";

/// A difference: pointer into the table, what it is.
type Differences = Vec<(String, String)>;

/// P-TOK-EQUIV.
pub(super) fn equivalent(context: &Context<'_>, rule: &Rule, found: &mut Found) {
    for domain in &context.domains {
        let mut differences = Vec::new();
        let mut judged = BTreeSet::new();
        for (address, name) in named(domain, "routing") {
            match context.get(name) {
                None => differences.push((
                    pointer(&["routing", &address.to_string()]),
                    format!("`{name}` is executed, and is no artifact of the snapshot"),
                )),
                Some(_) => {
                    judged.insert(name.to_owned());
                }
            }
        }
        for (_, workflow) in context.workflows() {
            if judged.contains(workflow.fqdn.as_str()) {
                routing(domain, workflow, &mut differences);
                bindings(domain, workflow, &mut differences);
            }
        }
        pipelines(context, domain, &mut differences);
        for (at, what) in differences {
            let text = format!("{what}.");
            found
                .drafts
                .push(context.member(rule, &domain.path(TABLE), &at, text));
        }
    }
}

/// Addresses that a table of the dispatch is keyed by, with their names.
fn named<'d>(domain: &'d Domain, table: &str) -> Vec<(i64, &'d str)> {
    let members = domain.table(TABLE).get(table).and_then(Value::as_object);
    let keys = members.into_iter().flat_map(Object::keys);
    keys.filter_map(|key| {
        let address = key.parse().ok()?;
        Some((address, domain.name_of(address)?))
    })
    .collect()
}

/// The address of a name, as a table's key.
fn key(domain: &Domain, table: &str, name: &str) -> Option<String> {
    let all = named(domain, table);
    all.into_iter()
        .find(|(_, other)| *other == name)
        .map(|(address, _)| address.to_string())
}

/// The artifact behind a node.
fn target(workflow: &Workflow, id: &str) -> Option<Fqdn> {
    workflow.nodes.get(id)?.artifact(&workflow.fqdn)?.ok()
}

fn routing(domain: &Domain, workflow: &Workflow, out: &mut Differences) {
    let Some(address) = key(domain, "routing", workflow.fqdn.as_str()) else {
        return;
    };
    let at = ["routing", address.as_str()];
    // Several nodes may share one artifact, which this generation cannot tell apart.
    let mut expected: BTreeSet<(String, String, String)> = BTreeSet::new();
    for (id, node) in &workflow.nodes {
        for (outcome, to) in &node.next {
            let leads_out = workflow
                .nodes
                .get(to)
                .is_none_or(|node| node.kind == NodeKind::Exit);
            if let (false, Some(from), Some(to)) =
                (leads_out, target(workflow, id), target(workflow, to))
            {
                expected.insert((from.to_string(), outcome.clone(), to.to_string()));
            }
        }
    }
    let mut real = BTreeSet::new();
    let table = domain.table(TABLE).at(&at).cloned().unwrap_or_default();
    let name = |text: &str| text.parse().ok().and_then(|number| domain.name_of(number));
    for (from, edges) in table.as_object().into_iter().flatten() {
        for (transition, to) in edges.as_object().into_iter().flatten() {
            // Later builds write `{addr, key}`.
            let to = to.as_i64().or_else(|| to.get("addr")?.as_i64());
            let edge = name(from)
                .zip(name(transition).and_then(|t| t.strip_prefix("transition::")))
                .zip(to.and_then(|to| domain.name_of(to)));
            match edge {
                Some(((from, outcome), to)) => {
                    real.insert((from.to_owned(), outcome.to_owned(), to.to_owned()));
                }
                None => {
                    let place = pointer(&[at[0], at[1], from, transition]);
                    out.push((place, "An edge of the tokens stands for nothing".to_owned()));
                }
            }
        }
    }
    for (from, outcome, to) in expected.difference(&real) {
        out.push((
            pointer(&at),
            format!("The artifacts lead from `{from}` on {outcome} to `{to}`, the tokens do not"),
        ));
    }
    for (from, outcome, to) in real.difference(&expected) {
        out.push((
            pointer(&at),
            format!("The tokens lead from `{from}` on {outcome} to `{to}`, the artifacts do not"),
        ));
    }
    let entry = domain.table(TABLE).at(&["entry", &address]);
    let start = workflow
        .start
        .as_deref()
        .and_then(|start| target(workflow, start));
    let binding = workflow
        .binding
        .as_deref()
        .and_then(|name| Fqdn::parse_within(name, workflow.fqdn.namespace()).ok());
    for (key, expected) in [("start", start), ("rb", binding)] {
        let said = entry
            .and_then(|entry| entry.get(key)?.as_i64())
            .and_then(|n| domain.name_of(n));
        if said != expected.as_ref().map(Fqdn::as_str) {
            out.push((
                pointer(&["entry", &address, key]),
                format!(
                    "`{key}` of `{}` stands for {}, and the artifacts say {}",
                    workflow.fqdn,
                    said.unwrap_or("nothing"),
                    expected.map_or_else(|| "nothing".to_owned(), |name| name.to_string())
                ),
            ));
        }
    }
}

fn bindings(domain: &Domain, workflow: &Workflow, out: &mut Differences) {
    let Some(address) = key(domain, "bindings", workflow.fqdn.as_str()) else {
        return;
    };
    // Bindings of nodes that share a contract; any one of them may have been kept.
    let mut expected: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for (id, node) in &workflow.nodes {
        if node.kind != NodeKind::Contract {
            continue;
        }
        if let Some(target) = target(workflow, id) {
            let inputs = node
                .inputs
                .iter()
                .map(|(name, value)| (name.clone(), shown(value)));
            let inputs: Object = inputs.collect();
            expected
                .entry(target.to_string())
                .or_default()
                .push(Value::Object(inputs));
        }
    }
    let table = domain.table(TABLE).at(&["bindings", &address]);
    let mut seen = BTreeSet::new();
    for (cc, inputs) in table.and_then(Value::as_object).into_iter().flatten() {
        let name = cc.parse().ok().and_then(|number| domain.name_of(number));
        let name = name.unwrap_or_default();
        seen.insert(name.to_owned());
        let real = named_back(inputs, domain, workflow);
        let fits = expected.get(name).is_some_and(|all| {
            all.iter().any(|one| {
                let named = named_forward(one, workflow);
                named.canonical() == real.canonical()
            })
        });
        if !fits {
            out.push((
                pointer(&["bindings", &address, cc]),
                format!(
                    "The tokens bind the inputs of `{name}` in `{}` as no artifact does",
                    workflow.fqdn
                ),
            ));
        }
    }
    for (name, all) in expected {
        let empty = all
            .iter()
            .all(|one| one.as_object().is_none_or(Object::is_empty));
        if !empty && !seen.contains(&name) {
            out.push((
                pointer(&["bindings", &address]),
                format!(
                    "The tokens bind no input of `{name}` in `{}`",
                    workflow.fqdn
                ),
            ));
        }
    }
}

fn pipelines(context: &Context<'_>, domain: &Domain, out: &mut Differences) {
    for (address, name) in named(domain, "pipeline") {
        let Some(contract) = context
            .contracts()
            .map(|(_, c)| c)
            .find(|c| c.fqdn.as_str() == name)
        else {
            out.push((
                pointer(&["pipeline", &address.to_string()]),
                format!("`{name}` is executed, and is no contract of the snapshot"),
            ));
            continue;
        };
        let steps = domain.table(TABLE).at(&["pipeline", &address.to_string()]);
        let steps = steps.and_then(Value::as_array).unwrap_or_default();
        if steps.len() != contract.steps.len() {
            out.push((
                pointer(&["pipeline", &address.to_string()]),
                format!(
                    "`{name}` has {} steps, its tokens {}",
                    contract.steps.len(),
                    steps.len()
                ),
            ));
            continue;
        }
        for (index, (token, step)) in steps.iter().zip(&contract.steps).enumerate() {
            let at =
                |key: &str| pointer(&["pipeline", &address.to_string(), &index.to_string(), key]);
            let (capability, op) = match &step.kind {
                StepKind::Transform(name) => (name.as_str(), None),
                StepKind::SideEffect(name) => (name.as_str(), step.op.as_deref()),
                StepKind::Unclear => ("", None),
            };
            let mut differ = |key: &str, what: &str| {
                out.push((
                    at(key),
                    format!(
                        "{what} of step `{}` of `{name}` is not that of the artifact",
                        step.id
                    ),
                ));
            };
            let real = token
                .get("addr")
                .and_then(Value::as_i64)
                .and_then(|n| domain.name_of(n));
            if real != Some(capability) {
                differ("addr", "The capability");
            }
            if token.text("op") != op {
                differ("op", "The operation");
            }
            if token.text("step_id") != Some(step.id.as_str()) {
                differ("step_id", "The name");
            }
            let actions: Object = step
                .on_result
                .iter()
                .map(|(outcome, action)| (outcome.clone(), Value::from(action)))
                .collect();
            let said = token.get("on_result").cloned().unwrap_or_default();
            if said.canonical() != Value::Object(actions).canonical() {
                differ("on_result", "What follows an outcome");
            }
            for (key, expressions) in [("inputs", &step.inputs), ("outputs", &step.outputs)] {
                let mut expected: Object = expressions
                    .iter()
                    .map(|(name, value)| (name.clone(), shown(value)))
                    .collect();
                if let (Some(store), "inputs") = (&step.store, key) {
                    expected.insert("__store__".to_owned(), Value::from(store));
                }
                // A step without outputs has none, or null.
                let said = token.get(key).filter(|said| !said.is_null()).cloned();
                let said = said.unwrap_or(Value::Object(Object::new()));
                if !same(&said, &Value::Object(expected), domain) {
                    differ(
                        key,
                        if key == "inputs" {
                            "What goes in"
                        } else {
                            "What comes out"
                        },
                    );
                }
            }
        }
    }
}

/// An expression as it was written.
fn shown(value: &Expression) -> Value {
    match value {
        Expression::Path(path) => Value::from(&path.text),
        Expression::Timestamp => Value::from("{{timestamp}}"),
        Expression::Literal(value) => value.clone(),
        Expression::Quoted(_, object) => shown(object),
        Expression::Array(items) => Value::Array(items.iter().map(shown).collect()),
        Expression::Object(members) => Value::Object(
            members
                .iter()
                .map(|(name, value)| (name.clone(), shown(value)))
                .collect(),
        ),
    }
}

/// Whether tokens mean the same: a name may have become its address.
fn same(token: &Value, source: &Value, domain: &Domain) -> bool {
    match (token, source) {
        (Value::Object(token), Value::Object(source)) => {
            token.len() == source.len()
                && source.iter().all(|(name, value)| {
                    token
                        .get(name)
                        .is_some_and(|token| same(token, value, domain))
                })
        }
        (Value::Array(token), Value::Array(source)) => {
            token.len() == source.len() && token.iter().zip(source).all(|(a, b)| same(a, b, domain))
        }
        (Value::Number(_), Value::String(name)) => {
            let meant = token.as_i64().and_then(|address| domain.name_of(address));
            meant.is_some_and(|meant| {
                meant == name || Fqdn::parse(meant).is_ok_and(|meant| meant.code() == name)
            })
        }
        _ => token == source,
    }
}

/// Paths by node id become paths by contract, which is what tokens hold.
fn named_forward(value: &Value, workflow: &Workflow) -> Value {
    mapped(value, &|node| {
        target(workflow, node).map(|name| name.to_string())
    })
}

/// Paths by address become paths by contract.
fn named_back(value: &Value, domain: &Domain, workflow: &Workflow) -> Value {
    let by_address = |part: &str| {
        let address = part.parse().ok()?;
        domain.name_of(address).map(str::to_owned)
    };
    // Later builds key by node.
    mapped(value, &|part| {
        by_address(part).or_else(|| Some(target(workflow, part)?.to_string()))
    })
}

fn mapped(value: &Value, name: &dyn Fn(&str) -> Option<String>) -> Value {
    match value {
        Value::String(text) => {
            let renamed = text.strip_prefix("$.results.").and_then(|rest| {
                let (part, field) = rest.split_once('.').unwrap_or((rest, ""));
                Some(format!("$.results.{}.{field}", name(part)?))
            });
            Value::String(renamed.unwrap_or_else(|| text.clone()))
        }
        Value::Array(items) => Value::Array(items.iter().map(|item| mapped(item, name)).collect()),
        Value::Object(members) => Value::Object(
            members
                .iter()
                .map(|(key, value)| (key.clone(), mapped(value, name)))
                .collect(),
        ),
        other => other.clone(),
    }
}
