// SPDX-License-Identifier: Apache-2.0
//! Computing a recorded run again from its payload (specification of the PGS runtime, section 7.2,
//! level `replay`): transforms are run, what side effects answered is taken from the record, inputs
//! and routing follow from both.

use super::graph::Graph;
use super::run::{Run, Visit};
use crate::pgs::capability::BoundTransform;
use crate::pgs::clock::zoned;
use crate::pgs::expression::{Expression, Scope};
use crate::pgs::fqdn::Fqdn;
use crate::pgs::model::{Contract, Node, NodeKind, Step, StepKind, Transform};
use crate::pgs::snapshot::Snapshot;
use crate::pgs::trace::chain::Trace;
use crate::pgs::trace::fault::{self, Break, shown};
use crate::pgs::trace::record::{Generation, Record};
use crate::record;
use crate::support::pyjson::ordered::{Object, Value};
use std::collections::HashMap;

/// What came of it.
#[derive(Default)]
pub(super) struct Replayed {
    pub(super) steps: usize,
    pub(super) found: Vec<Break>,
    /// Why it could not go on.
    pub(super) open: Option<String>,
}

/// Roots that expressions speak of.
struct Roots {
    roots: HashMap<&'static str, Value>,
    now: String,
}

impl Scope for Roots {
    fn root(&self, name: &str) -> Option<&Value> {
        self.roots.get(name)
    }

    fn timestamp(&self) -> String {
        self.now.clone()
    }
}

/// Whether an expression asks for the time.
pub(in crate::pgs) fn asks_for_time(written: &Expression) -> bool {
    match written {
        Expression::Timestamp => true,
        Expression::Array(items) => items.iter().any(asks_for_time),
        Expression::Object(members) => members.iter().any(|(_, item)| asks_for_time(item)),
        Expression::Path(_) | Expression::Literal(_) | Expression::Quoted(..) => false,
    }
}

/// Computes a run again.
///
/// # Errors
/// Why nothing of it can be.
pub(super) fn check(
    trace: &Trace,
    run: &Run,
    graph: &mut Graph<'_>,
    payload: Option<&Value>,
) -> Result<Replayed, String> {
    if trace.generation != Some(Generation::Ours) {
        return Err("this form records no inputs".to_owned());
    }
    let start = trace.first("execution_start");
    let start = start.ok_or("the trace has no beginning")?;
    let fits = |payload: &&Value| payload.digest() == start.text("payload_hash");
    let recorded = start.payload.get("payload");
    let payload = recorded.or(payload).filter(fits);
    let payload = payload.ok_or("the trace does not hold the payload; name it with --payload")?;
    let mut replay = Replay {
        trace,
        snapshot: graph.snapshot,
        fixed: start.text("clock") != "wall",
        outer: Roots {
            roots: HashMap::from([
                ("payload", payload.clone()),
                ("results", Value::Object(Object::new())),
            ]),
            now: String::new(),
        },
        done: Replayed::default(),
    };
    for visit in &run.visits {
        let node = graph.workflow.nodes.get(&visit.node).cloned();
        let Some(node) = node.filter(|node| node.kind == NodeKind::Contract) else {
            continue;
        };
        let Some(contract) = graph.contract(&node).cloned() else {
            return Err(format!(
                "the snapshot has no contract for {}",
                shown(&node.id)
            ));
        };
        if let Err(why) = replay.visit(visit, &node, &contract) {
            replay.done.open = Some(why);
            break;
        }
    }
    Ok(replay.done)
}

struct Replay<'a> {
    trace: &'a Trace,
    snapshot: &'a Snapshot,
    fixed: bool,
    outer: Roots,
    done: Replayed,
}

impl Replay<'_> {
    fn differs(&mut self, record: &Record, text: String) {
        self.done.found.push(record.fault(fault::REPLAY, text));
    }

    /// Runs the steps of a contract again.
    fn visit(&mut self, visit: &Visit, node: &Node, contract: &Contract) -> Result<(), String> {
        let begun = &self.trace.records[visit.start];
        self.outer.now = begun.time.map(zoned).unwrap_or_default();
        let mut inputs = Object::new();
        for (name, written) in &node.inputs {
            inputs.insert(name.clone(), written.value(&self.outer));
        }
        let timed = node.inputs.values().any(asks_for_time);
        let mut inside = Roots {
            roots: HashMap::from([
                ("inputs", Value::Object(inputs.clone())),
                ("payload", Value::Object(inputs)),
                ("results", Value::Object(Object::new())),
            ]),
            now: String::new(),
        };
        let mut outcome = contract.on_input_failure.clone();
        let mut outputs = Object::new();
        for (at, declared) in contract.steps.iter().enumerate() {
            inside.roots.remove("capability_result");
            let Some(step) = visit.steps.get(at) else {
                // It was not run: an input must have been missing.
                let given = |written: &Expression| written.resolve(&inside).is_some();
                if declared.inputs.values().all(given) && visit.end.is_some() {
                    let text = format!(
                        "Step {} has its inputs and was not run",
                        shown(&declared.id)
                    );
                    self.differs(begun, text);
                }
                outcome.clone_from(&contract.on_input_failure);
                outputs.clear();
                break;
            };
            let (start, end) = (&self.trace.records[step.start], step.end);
            inside.now = start.time.map(zoned).unwrap_or_default();
            let Some(end) = end.map(|end| &self.trace.records[end]) else {
                return Ok(());
            };
            let given = self.inputs(start, declared, &inside, timed)?;
            let (computed, raw) = self.answer(start, end, declared, &given)?;
            outcome = computed;
            self.done.steps += 1;
            inside.roots.insert("capability_result", raw.clone());
            outputs = Object::new();
            for (name, written) in &declared.outputs {
                if let Some(value) = written.resolve(&inside) {
                    outputs.insert(name.clone(), value);
                }
            }
            if let Some(status) = outputs.shift_remove("result_status") {
                outcome = status.as_str().map_or_else(|| status.line(), str::to_owned);
            }
            if let Some(Value::Object(results)) = inside.roots.get_mut("results") {
                let mut result = outputs.clone();
                result.insert("capability_result".to_owned(), raw.clone());
                results.insert(declared.id.clone(), result.into());
            }
            if declared.on_result.get(&outcome).map(String::as_str) != Some("continue") {
                break;
            }
            if at + 1 == contract.steps.len() {
                outputs.insert("capability_result".to_owned(), raw);
            }
        }
        if let (Some(end), Some(recorded)) = (visit.end, &visit.outcome)
            && *recorded != outcome
        {
            let text = format!(
                "{} ends with {}; computed again it ends with {}",
                shown(&visit.node),
                shown(recorded),
                shown(&outcome)
            );
            self.differs(&self.trace.records[end], text);
        }
        if let Some(Value::Object(results)) = self.outer.roots.get_mut("results") {
            results.insert(node.id.clone(), outputs.into());
        }
        Ok(())
    }

    /// The inputs of a step, computed; those of the record where they hang on a clock that nobody
    /// can turn back.
    fn inputs(
        &mut self,
        start: &Record,
        declared: &Step,
        inside: &Roots,
        timed: bool,
    ) -> Result<Object, String> {
        let mut computed = Object::new();
        for (name, written) in &declared.inputs {
            if let Some(value) = written.resolve(inside) {
                computed.insert(name.clone(), value);
            }
        }
        let value = Value::Object(computed);
        let recorded = start.payload.get("inputs").and_then(Value::as_object);
        if value.digest() != start.text("inputs_hash") {
            let timed = timed || declared.inputs.values().any(asks_for_time);
            if timed && !self.fixed {
                let why = "inputs hang on the time of the run, and are not recorded";
                return recorded.cloned().ok_or_else(|| why.to_owned());
            }
            let text = format!(
                "Step {} was given other inputs than follow",
                shown(&declared.id)
            );
            self.differs(start, text);
            if let Some(recorded) = recorded {
                return Ok(recorded.clone());
            }
        }
        match value {
            Value::Object(computed) => Ok(computed),
            _ => Ok(Object::new()),
        }
    }

    /// What a step answers: computed for a transform, recorded for a side effect.
    fn answer(
        &mut self,
        start: &Record,
        end: &Record,
        declared: &Step,
        inputs: &Object,
    ) -> Result<(String, Value), String> {
        let recorded = end.payload.get("outputs");
        let StepKind::Transform(name) = &declared.kind else {
            let why = "the trace does not hold what side effects answered";
            let outputs = recorded.cloned().ok_or(why)?;
            return Ok((end.text("outcome").to_owned(), outputs));
        };
        if start.text("binding") != "native" {
            return Err(
                "a step was not answered by a built-in capability; it is not run".to_owned(),
            );
        }
        let fqdn = Fqdn::parse(name).map_err(|error| error.to_string())?;
        let artifact = self
            .snapshot
            .artifact(&fqdn)
            .map_err(|error| error.to_string())?;
        let bound = BoundTransform::bind(Transform::read(&artifact, &mut Vec::new()))
            .map_err(|_| format!("{fqdn} is not built in"))?;
        let now = start.time.map(zoned).unwrap_or_default();
        let (outcome, raw) = match bound.run(inputs, &now) {
            Ok(raw) => ("SUCCESS", Value::Object(raw)),
            Err(_) => ("VIOLATION", record! { "value" => Value::Null }),
        };
        if outcome != end.text("outcome") {
            let text = format!(
                "Step {} ended with {}; computed again it ends with `{outcome}`",
                shown(&declared.id),
                shown(end.text("outcome"))
            );
            self.differs(end, text);
        } else if raw.digest() != end.text("outputs_hash") {
            let text = format!("Step {} computes other outputs", shown(&declared.id));
            self.differs(end, text);
        }
        Ok((outcome.to_owned(), raw))
    }
}
