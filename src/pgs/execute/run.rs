// SPDX-License-Identifier: Apache-2.0
//! One run: admission, then one token from the start to an exit (specification of the PGS runtime,
//! sections 4.1 and 4.2).

use super::exit::{Ending, classify};
use super::plan::{LoadFault, Plan};
use super::state::{Broken, Options, Run};
use super::{admission, intent};
use crate::pgs::fqdn::Fqdn;
use crate::pgs::model::{Node, NodeKind};
use crate::pgs::store::Store;
use crate::pgs::trace::{Event, FieldFault, Ground, Recorder};
use crate::record;
use crate::support::pyjson::ordered::{Object, Value};
use jiff::Timestamp;
use std::io;

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// Success and reason.
    pub ending: Ending,
    /// Nodes and their outcomes, in order.
    pub path: Vec<(String, String)>,
    /// Effects that stay.
    pub effects_committed: usize,
    /// Steps that an earlier run had done before it was killed, and this one went on from.
    pub resumed: usize,
    /// Verdicts nobody read and outputs that are missing.
    pub warnings: usize,
    /// Milliseconds.
    pub duration_ms: i64,
    /// Why it failed, for people.
    pub message: Option<String>,
}

/// Runs a workflow.
///
/// # Errors
/// The recorder cannot write, or the data root cannot be listed. What the run did until then stays,
/// and the next run of the same workflow over the same payload goes on with it.
pub fn run(
    plan: &Plan,
    payload: Value,
    store: &mut Store,
    options: Options,
    ground: Ground,
    recorder: &mut dyn Recorder,
) -> io::Result<End> {
    let end = run_open(plan, payload, store, options, ground, recorder)?;
    store.end()?;
    Ok(end)
}

/// As [`run`], for callers who have more to write down before the run is over: until they call
/// [`Store::end`], it can be gone on with.
///
/// # Errors
/// As [`run`].
pub fn run_open(
    plan: &Plan,
    payload: Value,
    store: &mut Store,
    options: Options,
    ground: Ground,
    recorder: &mut dyn Recorder,
) -> io::Result<End> {
    let mut run = Run {
        plan,
        store,
        options,
        effects: 0,
        warnings: 0,
        recorder,
        payload,
        results: Value::Object(Object::new()),
        path: Vec::new(),
        began: options.clock.now(),
        remembered: 0,
    };
    let key = key(plan, &ground, &run.payload);
    run.remembered = run.store.begin(&key)?;
    run.record(Event::ExecutionStart {
        workflow: plan.workflow.fqdn.clone(),
        profile: options.profile,
        ground: Box::new(ground),
    })?;
    match run.whole() {
        Ok((ending, message)) => run.complete(ending, message),
        Err(Broken::Io(error)) => Err(error),
        Err(Broken::Error {
            code,
            category,
            message,
        }) => {
            let node = run.path.last().map(|(node, _)| node.clone());
            run.fail("node_execution", &code, category, &message, node)?;
            run.complete(Ending::failed("EXECUTION_ERROR"), Some(message))
        }
    }
}

/// What two runs have in common when one goes on with the other.
fn key(plan: &Plan, ground: &Ground, payload: &Value) -> String {
    let of = record! {
        "workflow" => plan.workflow.fqdn.as_str(),
        "binding" => plan.binding.as_str(),
        "snapshot" => &ground.snapshot_root_hash,
        "payload" => payload.digest(),
    };
    of.digest()[..32].to_owned()
}

/// Records a run that was refused before its first node.
///
/// # Errors
/// The recorder cannot write.
pub fn refuse(
    workflow: &Fqdn,
    faults: &[LoadFault],
    options: Options,
    ground: Ground,
    recorder: &mut dyn Recorder,
) -> io::Result<End> {
    recorder.record(Event::ExecutionStart {
        workflow: workflow.clone(),
        profile: options.profile,
        ground: Box::new(ground),
    })?;
    for fault in faults {
        recorder.record(Event::Error {
            component: "load".to_owned(),
            error_type: "StructuredError".to_owned(),
            code: fault.code.to_owned(),
            message: format!("{}: {}", fault.subject, fault.message),
            node: None,
            workflow: Some(workflow.as_str().to_owned()),
            category: "WF".to_owned(),
        })?;
    }
    let reason = match faults {
        [only] => only.code,
        _ => "EXECUTION_ERROR",
    };
    let end = End {
        ending: Ending::failed(reason),
        path: Vec::new(),
        effects_committed: 0,
        resumed: 0,
        warnings: 0,
        duration_ms: 0,
        message: faults.first().map(|fault| fault.message.clone()),
    };
    recorder.record(completion(&end))?;
    Ok(end)
}

fn completion(end: &End) -> Event {
    Event::WorkflowComplete {
        success: end.ending.success,
        duration_ms: end.duration_ms,
        condition: end.ending.condition().to_owned(),
        reason: end.ending.reason.clone(),
        effects_committed: end.effects_committed,
    }
}

impl Run<'_> {
    fn complete(mut self, ending: Ending, message: Option<String>) -> io::Result<End> {
        let end = End {
            ending,
            effects_committed: self.effects,
            resumed: self.remembered,
            warnings: self.warnings,
            duration_ms: self.since(self.began),
            message,
            path: std::mem::take(&mut self.path),
        };
        self.record(completion(&end))?;
        Ok(end)
    }

    fn whole(&mut self) -> Result<(Ending, Option<String>), Broken> {
        let capabilities = self.plan.registered.clone();
        self.advanced(Event::RegistryDump { capabilities })?;
        if self.options.compat {
            for path in &self.plan.registries {
                self.store.touch(path)?;
            }
        }
        if let Some(denied) = self.admit()? {
            return Ok((Ending::failed("ADMISSION_DENIED"), Some(denied)));
        }
        self.traverse()
    }

    /// Why nobody is admitted, or nothing.
    fn admit(&mut self) -> Result<Option<String>, Broken> {
        let Some(admission) = &self.plan.workflow.admission else {
            return Ok(None);
        };
        let judged = admission::judge(
            self.plan,
            admission,
            &self.payload,
            self.store,
            &self.options,
        )?;
        let Some(denial) = judged else {
            return Ok(None);
        };
        if let Some(constraint) = denial.constraint {
            self.record(Event::Violation {
                node: "ADMISSION".to_owned(),
                code: denial.code.to_owned(),
                message: denial.message.clone(),
                field: None,
                constraint: Some(constraint),
                fields: Vec::new(),
                original: true,
            })?;
        }
        let node = Some("ADMISSION".to_owned());
        self.fail("admission_check", denial.code, "WF", &denial.message, node)?;
        Ok(Some(denial.message))
    }

    fn traverse(&mut self) -> Result<(Ending, Option<String>), Broken> {
        let plan = self.plan;
        let mut node = &plan.workflow.nodes[&plan.start];
        let mut last = String::new();
        for _ in 0..self.options.max_hops {
            if node.kind == NodeKind::Exit {
                return Ok((self.exit(node, &last)?, None));
            }
            let outcome = self.node(node)?;
            let Some(next) = node.next.get(&outcome) else {
                let message = format!("{} has no edge for {outcome}", node.id);
                self.note(&node.id, "NO_TRANSITION", message.clone(), Vec::new())?;
                return Ok((Ending::failed("NO_TRANSITION"), Some(message)));
            };
            self.record(Event::EdgeTaken {
                from: node.id.clone(),
                outcome: outcome.clone(),
                to: next.clone(),
            })?;
            last = outcome;
            node = &plan.workflow.nodes[next];
        }
        let message = format!("more than {} nodes", self.options.max_hops);
        let at = Some(node.id.clone());
        self.fail("traversal", "HOP_LIMIT", "WF", &message, at)?;
        Ok((Ending::failed("HOP_LIMIT"), Some(message)))
    }

    fn begin(&mut self, node: &Node, kind: &'static str, target: Option<&Fqdn>) -> io::Result<()> {
        self.path.push((node.id.clone(), String::new()));
        self.record(Event::NodeStart {
            node: node.id.clone(),
            kind,
            capability: target.map(ToString::to_string),
        })
    }

    fn finish(&mut self, node: &Node, status: &str, began: Timestamp) -> io::Result<()> {
        if let Some((_, outcome)) = self.path.last_mut() {
            status.clone_into(outcome);
        }
        self.record(Event::NodeEnd {
            node: node.id.clone(),
            status: status.to_owned(),
            duration_ms: self.since(began),
        })
    }

    fn exit(&mut self, node: &Node, outcome: &str) -> Result<Ending, Broken> {
        let began = self.options.clock.now();
        self.begin(node, "exit", None)?;
        self.finish(node, "completed", began)?;
        Ok(classify(node.reason.as_deref(), outcome))
    }

    /// Runs a node that is no exit.
    fn node(&mut self, node: &Node) -> Result<String, Broken> {
        let plan = self.plan;
        let began = self.options.clock.now();
        let target = node.artifact(&plan.workflow.fqdn).and_then(Result::ok);
        let name = target.as_ref().map_or("", |target| target.as_str());
        let outcome = match node.kind {
            NodeKind::Contract => {
                self.begin(node, "capability_contract", target.as_ref())?;
                self.dispatch(node, name)?;
                let mut inputs = Object::new();
                for (input, written) in &node.inputs {
                    inputs.insert(input.clone(), written.value(&*self));
                }
                let done = self.contract(&node.id, &plan.contracts[name], inputs)?;
                if let Value::Object(results) = &mut self.results {
                    results.insert(node.id.clone(), done.outputs.into());
                }
                done.outcome
            }
            NodeKind::Ingress => {
                self.begin(node, "transport_ingress", target.as_ref())?;
                let strict = self.options.strict_intents;
                let found = intent::judge_ingress(&plan.intents[name], &self.payload, strict);
                self.answer(node, found)?
            }
            _ => {
                self.begin(node, "intent", target.as_ref())?;
                let strict = self.options.strict_intents;
                let found = intent::judge(&plan.intents[name], &self.payload, strict);
                self.answer(node, found)?
            }
        };
        self.finish(node, &outcome, began)?;
        Ok(outcome)
    }

    fn answer(&mut self, node: &Node, faults: Vec<FieldFault>) -> Result<String, Broken> {
        let Some(first) = faults.first() else {
            return Ok("ACK".to_owned());
        };
        let message = format!("Payload refused: {} ({})", first.field, first.constraint);
        self.note(&node.id, "INTENT_REJECTED", message, faults)?;
        Ok("NACK".to_owned())
    }

    fn dispatch(&mut self, node: &Node, contract: &str) -> io::Result<()> {
        self.advanced(Event::CapabilityDispatch {
            contract: contract.to_owned(),
            node: node.id.clone(),
        })?;
        self.advanced(Event::CapabilityRequest {
            capability: contract.to_owned(),
            requested_by: node.id.clone(),
        })?;
        // Loading has bound every step, or the run would not have begun.
        self.advanced(Event::CapabilityResolution {
            capability: contract.to_owned(),
            artifact_found: true,
            implementation_found: true,
            registered: true,
        })
    }
}
