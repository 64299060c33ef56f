// SPDX-License-Identifier: Apache-2.0
//! Running a capability contract: its pipeline, step by step (specification of the PGS runtime,
//! sections 4.5 and 4.6).

use super::plan::{Bound, External, PlannedContract, PlannedStep};
use super::state::{Broken, Run};
use crate::pgs::capability::{chance, conforms};
use crate::pgs::expression::{Expression, Scope};
use crate::pgs::model::Step;
use crate::pgs::store::{Call, Reply};
use crate::pgs::trace::{Effect, Event, FieldFault};
use crate::support::pyjson::ordered::{Object, Value};

/// What a contract came to.
pub(super) struct Outcome {
    pub(super) outcome: String,
    pub(super) outputs: Object,
}

/// What expressions of a contract speak of.
struct Inside {
    inputs: Value,
    results: Value,
    raw: Value,
    now: String,
    quotes: bool,
}

impl Scope for Inside {
    fn root(&self, name: &str) -> Option<&Value> {
        match name {
            "inputs" | "payload" => Some(&self.inputs),
            "results" => Some(&self.results),
            "capability_result" => Some(&self.raw),
            _ => None,
        }
    }

    fn timestamp(&self) -> String {
        self.now.clone()
    }

    fn quotes(&self) -> bool {
        self.quotes
    }
}

/// What one step came to.
struct Done {
    outcome: String,
    raw: Object,
    effect: Effect,
    error: Option<String>,
}

impl Done {
    /// What a store or a program answered; the outcome stands first among what is recorded.
    fn of(reply: Reply) -> Self {
        let mut raw = Object::from([("result_status".to_owned(), reply.outcome.into())]);
        raw.extend(reply.outputs);
        Self {
            outcome: reply.outcome.to_owned(),
            raw,
            effect: reply.effect,
            error: reply.error,
        }
    }
}

impl Run<'_> {
    pub(super) fn contract(
        &mut self,
        node: &str,
        planned: &PlannedContract,
        inputs: Object,
    ) -> Result<Outcome, Broken> {
        let contract = &planned.contract;
        self.check_inputs(node, planned, &inputs)?;
        let mut inside = Inside {
            inputs: Value::Object(inputs),
            results: Value::Object(Object::new()),
            raw: Value::Null,
            now: String::new(),
            quotes: self.quotes(),
        };
        let mut outputs = Object::new();
        let mut outcome = String::new();
        for (at, planned_step) in planned.steps.iter().enumerate() {
            let step = &planned_step.step;
            inside.now = self.timestamp();
            inside.raw = Value::Null;
            let Some(inputs) = self.step_inputs(node, planned_step, &inside)? else {
                let outcome = contract.on_input_failure.clone();
                return self.leave(node, planned, outcome, Object::new());
            };
            let done = self.step(node, planned_step, &inputs)?;
            outcome = done.outcome;
            inside.raw = Value::Object(done.raw);
            outputs = Object::new();
            for (name, written) in &step.outputs {
                if let Some(value) = written.resolve(&inside) {
                    outputs.insert(name.clone(), value);
                }
            }
            if let Some(status) = outputs.shift_remove("result_status") {
                outcome = match status {
                    Value::String(text) => text,
                    other => other.line(),
                };
            }
            if let Value::Object(results) = &mut inside.results {
                let mut result = outputs.clone();
                result.insert("capability_result".to_owned(), inside.raw.clone());
                results.insert(step.id.clone(), result.into());
            }
            let goes_on = step.on_result.get(&outcome).map(String::as_str) == Some("continue");
            if !goes_on {
                break;
            }
            if at + 1 == planned.steps.len() {
                outputs.insert("capability_result".to_owned(), inside.raw.clone());
            }
        }
        self.leave(node, planned, outcome, outputs)
    }

    /// The inputs of a step, or nothing when one is missing.
    fn step_inputs(
        &mut self,
        node: &str,
        planned: &PlannedStep,
        inside: &Inside,
    ) -> Result<Option<Object>, Broken> {
        let mut inputs = Object::new();
        let mut missing = Vec::new();
        for (name, written) in &planned.step.inputs {
            match written.resolve(inside) {
                Some(value) => {
                    inputs.insert(name.clone(), value);
                }
                None => missing.push(FieldFault {
                    field: name.clone(),
                    constraint: absence(written, inside).to_owned(),
                }),
            }
        }
        if missing.is_empty() {
            return Ok(Some(inputs));
        }
        let step = &planned.step.id;
        let first = missing[0].field.clone();
        let message = format!(
            "Step {step} was not run: input {first} is {}",
            missing[0].constraint
        );
        self.note(node, "INPUT_MISSING", message, missing)?;
        Ok(None)
    }

    fn step(&mut self, node: &str, planned: &PlannedStep, inputs: &Object) -> Result<Done, Broken> {
        let step = &planned.step;
        let given = Value::Object(inputs.clone());
        self.record(Event::StepStart {
            node: node.to_owned(),
            step: step.id.clone(),
            capability: planned.capability.clone(),
            op: match planned.bound {
                Bound::Effect { .. } | Bound::External(_) => step.op.clone(),
                Bound::Transform(_) | Bound::Chance => None,
            },
            inputs_hash: given.digest(),
            inputs: self.options.values.then_some(given),
            binding: match &planned.bound {
                Bound::External(external) => format!("external:{}", external.program.sha256),
                Bound::Chance => "chance".to_owned(),
                _ => "native".to_owned(),
            },
        })?;
        let done = match &planned.bound {
            Bound::Transform(name) => self.transform(name, inputs),
            Bound::Effect { .. } => self.effect(node, planned, inputs),
            Bound::External(external) => self.external(node, step, external, inputs),
            Bound::Chance => self.chance(node, step, inputs),
        };
        let results = Value::Object(done.raw.clone());
        self.record(Event::StepEnd {
            node: node.to_owned(),
            step: step.id.clone(),
            outcome: done.outcome.clone(),
            outputs_hash: results.digest(),
            outputs: self.options.values.then_some(results),
            effect: done.effect,
            store: match &planned.bound {
                Bound::Effect { path, .. } => path.as_ref().map(ToString::to_string),
                Bound::Transform(_) | Bound::External(_) | Bound::Chance => None,
            },
            error: done.error.clone(),
        })?;
        if matches!(planned.bound, Bound::Transform(_)) && done.error.is_none() {
            let plan = self.plan;
            let ignored = plan.verdicts.ignored(node, &step.id, &done.raw);
            let ignored: Vec<_> = ignored.cloned().collect();
            for output in ignored {
                self.warnings += 1;
                self.record(Event::VerdictIgnored {
                    node: node.to_owned(),
                    step: step.id.clone(),
                    output,
                })?;
            }
        }
        self.check_outcome(planned, &done.outcome)?;
        Ok(done)
    }

    /// Asks a program; an answer outside what is declared is a failure of the program.
    fn external(&mut self, node: &str, step: &Step, external: &External, inputs: &Object) -> Done {
        let at = format!(
            "{node}/{}/{}",
            step.id,
            step.op.as_deref().unwrap_or_default()
        );
        let given = Value::Object(inputs.clone());
        let reply = self.store.once(&at, || {
            let op = step.op.as_deref();
            match external.program.call(&external.fqdn, op, &given) {
                Err(error) => Reply::failed("ExternalProgram", &error),
                Ok(answer) => {
                    let outputs = answer.outputs.as_object().cloned().unwrap_or_default();
                    let declared = external.results.contains(&answer.result_status);
                    let success = answer.result_status == "SUCCESS";
                    let whole = external
                        .outputs
                        .iter()
                        .all(|name| outputs.contains_key(name));
                    match Reply::outcome_of(&answer.result_status) {
                        Some(outcome) if declared && (whole || !success) => Reply {
                            outcome,
                            outputs,
                            effect: Effect::None,
                            error: None,
                        },
                        _ => Reply::failed("ExternalProgram", &"its answer is not as declared"),
                    }
                }
            }
        });
        Done::of(reply)
    }

    /// What chance answers, once: a run that is gone on with keeps what it was given.
    fn chance(&mut self, node: &str, step: &Step, inputs: &Object) -> Done {
        let at = format!("{node}/{}/", step.id);
        let reply = self.store.once(&at, || match chance::draw(inputs) {
            Ok(outputs) => Reply {
                outcome: "SUCCESS",
                outputs,
                effect: Effect::None,
                error: None,
            },
            Err(refusal) => Reply {
                outcome: "VIOLATION",
                outputs: Object::from([("value".to_owned(), Value::Null)]),
                effect: Effect::None,
                error: Some(refusal.to_string()),
            },
        });
        Done {
            outcome: reply.outcome.to_owned(),
            raw: reply.outputs,
            effect: Effect::None,
            error: reply.error,
        }
    }

    fn transform(&self, name: &str, inputs: &Object) -> Done {
        let bound = &self.plan.transforms[name];
        match bound.run(inputs, &self.timestamp()) {
            Ok(raw) => Done {
                outcome: "SUCCESS".to_owned(),
                raw,
                effect: Effect::None,
                error: None,
            },
            Err(refusal) => Done {
                outcome: "VIOLATION".to_owned(),
                raw: Object::from([("value".to_owned(), Value::Null)]),
                effect: Effect::None,
                error: Some(refusal.to_string()),
            },
        }
    }

    fn effect(&mut self, node: &str, planned: &PlannedStep, inputs: &Object) -> Done {
        let Bound::Effect {
            kind,
            operation,
            path,
            ..
        } = &planned.bound
        else {
            unreachable!("only side effects come here");
        };
        let step = &planned.step;
        let named = step.op.as_deref().unwrap_or_default();
        let at = format!("{node}/{}/{named}", step.id);
        let reply: Reply = self.store.call(&Call {
            at: &at,
            kind: *kind,
            operation: *operation,
            path: path.as_ref(),
            inputs,
            clock: self.options.clock,
        });
        if reply.effect != Effect::None && !self.store.is_overlay() {
            self.effects += 1;
        }
        Done::of(reply)
    }

    /// A required input that is missing is left to the step that reads it, as in the original; one
    /// of another type breaks the contract.
    fn check_inputs(
        &self,
        node: &str,
        planned: &PlannedContract,
        inputs: &Object,
    ) -> Result<(), Broken> {
        if self.options.compat {
            return Ok(());
        }
        for (name, field) in &planned.contract.inputs {
            let value = inputs.get(name).filter(|value| !value.is_null());
            if let (Some(value), Some(kind)) = (value, &field.kind)
                && !conforms(kind, value)
            {
                return Err(breach(node, &format!("input {name} is no {kind}")));
            }
        }
        Ok(())
    }

    /// An implementation answers within what the side effect declares.
    fn check_outcome(&self, planned: &PlannedStep, outcome: &str) -> Result<(), Broken> {
        let Bound::Effect { results, .. } = &planned.bound else {
            return Ok(());
        };
        if self.options.compat || results.is_empty() || results.contains(&outcome) {
            return Ok(());
        }
        let step = &planned.step.id;
        Err(breach(
            step,
            &format!("{outcome} is no outcome of {}", planned.capability),
        ))
    }

    /// Leaves a contract: its outcome is one of the allowed, and a success has its outputs.
    fn leave(
        &mut self,
        node: &str,
        planned: &PlannedContract,
        outcome: String,
        outputs: Object,
    ) -> Result<Outcome, Broken> {
        let contract = &planned.contract;
        if !self.options.compat {
            if !contract.allowed.is_empty() && !contract.allowed.contains(&outcome) {
                return Err(breach(
                    node,
                    &format!("{outcome} is no outcome of {}", contract.fqdn),
                ));
            }
            let mut absent = Vec::new();
            for (name, field) in &contract.outputs {
                if outcome != "SUCCESS" || name == "result_status" {
                    continue;
                }
                match (outputs.get(name), &field.kind) {
                    (Some(value), Some(kind)) if !conforms(kind, value) => {
                        return Err(breach(node, &format!("output {name} is no {kind}")));
                    }
                    (Some(_), _) => {}
                    (None, _) => absent.push(FieldFault {
                        field: name.clone(),
                        constraint: "declared output".to_owned(),
                    }),
                }
            }
            if let Some(first) = absent.first() {
                let message = format!(
                    "{} succeeded without its output {}",
                    contract.fqdn, first.field
                );
                if self.options.strict_contracts {
                    return Err(breach(node, &message));
                }
                // Published contracts do this: told, and gone on as in the original.
                self.warnings += 1;
                self.note(node, "CONTRACT_BREACH", message, absent)?;
            }
        }
        Ok(Outcome { outcome, outputs })
    }
}

fn breach(at: &str, what: &str) -> Broken {
    Broken::error("CONTRACT_BREACH", "CC", format!("{at}: {what}"))
}

/// Whether a path leads to nothing or to null.
fn absence(written: &Expression, inside: &Inside) -> &'static str {
    let Expression::Path(path) = written else {
        return "null";
    };
    let mut words = path.segments();
    let root = words.next().and_then(|root| inside.root(root));
    let found = root.and_then(|root| words.try_fold(root, |value, name| value.get(name)));
    if found.is_some() { "null" } else { "absent" }
}
