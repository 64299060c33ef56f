// SPDX-License-Identifier: Apache-2.0
//! Whether the way that a trace tells is a way through the snapshot's graph (specification of the
//! PGS runtime, section 7.2, level `graph`).

use super::run::{Run, Visit};
use crate::pgs::execute::classify;
use crate::pgs::fqdn::{Fqdn, Kind};
use crate::pgs::model::{Contract, Node, NodeKind, StepKind, Workflow};
use crate::pgs::snapshot::Snapshot;
use crate::pgs::trace::chain::Trace;
use crate::pgs::trace::dot::kind_name;
use crate::pgs::trace::fault::{self, Break, shown};
use crate::pgs::trace::record::{Generation, Record};
use std::collections::HashMap;

/// The snapshot's side of a run.
pub(in crate::pgs) struct Graph<'a> {
    pub(super) snapshot: &'a Snapshot,
    /// The workflow.
    pub(in crate::pgs) workflow: Workflow,
    contracts: HashMap<String, Option<Contract>>,
}

impl<'a> Graph<'a> {
    /// The workflow that a trace names. The original names only a code: where several workflows
    /// have it, the one counts that has the nodes.
    pub(in crate::pgs) fn of(snapshot: &'a Snapshot, run: &Run) -> Option<Self> {
        let mut names = match run.fqdn.as_deref().map(Fqdn::parse) {
            Some(parsed) => vec![parsed.ok()?],
            None => snapshot.names(Kind::Workflow),
        };
        names.retain(|name| name.kind() == Kind::Workflow && name.code() == run.workflow);
        let read = names.iter().filter_map(|name| {
            let artifact = snapshot.artifact(name).ok()?;
            Some(Workflow::read(&artifact, &mut Vec::new()))
        });
        let missing = |workflow: &Workflow| {
            let visits = run.visits.iter();
            visits
                .filter(|visit| !workflow.nodes.contains_key(&visit.node))
                .count()
        };
        let workflow = read.min_by_key(missing)?;
        Some(Self {
            snapshot,
            workflow,
            contracts: HashMap::new(),
        })
    }

    /// The contract behind a node.
    pub(in crate::pgs) fn contract(&mut self, node: &Node) -> Option<&Contract> {
        let fqdn = node.artifact(&self.workflow.fqdn)?.ok()?;
        let snapshot = self.snapshot;
        let read = self.contracts.entry(fqdn.to_string());
        let read = read.or_insert_with(|| {
            let artifact = snapshot.artifact(&fqdn).ok()?;
            Some(Contract::read(&artifact, &mut Vec::new()))
        });
        read.as_ref()
    }
}

/// What does not fit.
pub(super) fn check(trace: &Trace, run: &Run, graph: &mut Graph<'_>) -> Vec<Break> {
    if trace.generation == Some(Generation::Tokenized) {
        return by_contracts(trace, run, graph);
    }
    let mut found = Vec::new();
    let mut before: Option<&Visit> = None;
    for visit in &run.visits {
        let start = &trace.records[visit.start];
        let arrived = match before {
            None => graph.workflow.start.clone(),
            Some(last) => next_of(&graph.workflow, last),
        };
        if arrived.as_deref() != Some(visit.node.as_str()) {
            found.push(start.fault(fault::EDGE, no_edge(before, visit)));
        }
        match graph.workflow.nodes.get(&visit.node).cloned() {
            None => {
                let text = format!("The workflow has no node {}", shown(&visit.node));
                found.push(start.fault(fault::NODE, text));
            }
            Some(node) => {
                found.extend(node_differs(start, &node, &graph.workflow.fqdn));
                found.extend(steps_differ(trace, visit, &node, graph));
            }
        }
        before = Some(visit);
    }
    found.extend(end_differs(trace, run, &graph.workflow));
    found
}

/// Where a node's outcome leads.
fn next_of(workflow: &Workflow, visit: &Visit) -> Option<String> {
    let node = workflow.nodes.get(&visit.node)?;
    node.next.get(visit.outcome.as_deref()?).cloned()
}

fn no_edge(before: Option<&Visit>, visit: &Visit) -> String {
    match before {
        None => format!(
            "The run begins at {}, not at the start of the workflow",
            shown(&visit.node)
        ),
        Some(last) => format!(
            "The workflow has no edge from {} by {} to {}",
            shown(&last.node),
            shown(last.outcome.as_deref().unwrap_or_default()),
            shown(&visit.node)
        ),
    }
}

fn node_differs(start: &Record, node: &Node, workflow: &Fqdn) -> Vec<Break> {
    let mut found = Vec::new();
    let kind = start.text("node_type");
    if kind != kind_name(&node.kind) {
        let text = format!(
            "{} is recorded as {} and is `{}` in the workflow",
            shown(&node.id),
            shown(kind),
            kind_name(&node.kind)
        );
        found.push(start.fault(fault::NODE, text));
    }
    let recorded = start.text("capability_code");
    let target = node.artifact(workflow).and_then(Result::ok);
    let same = match &target {
        Some(target) => {
            recorded.is_empty() || recorded == target.as_str() || recorded == target.code()
        }
        None => recorded.is_empty() || node.target.as_deref() == Some(recorded),
    };
    if !same && node.kind != NodeKind::Exit {
        let text = format!(
            "{} runs {}, which is not its artifact",
            shown(&node.id),
            shown(recorded)
        );
        found.push(start.fault(fault::NODE, text));
    }
    found
}

/// Recorded steps are a beginning of the contract's, each follows because the one before said
/// `continue`, and the node ends as the last one did.
fn steps_differ(trace: &Trace, visit: &Visit, node: &Node, graph: &mut Graph<'_>) -> Vec<Break> {
    if trace.generation != Some(Generation::Ours) || node.kind != NodeKind::Contract {
        return Vec::new();
    }
    let Some(contract) = graph.contract(node) else {
        let text = format!("The snapshot has no contract for {}", shown(&node.id));
        return vec![trace.records[visit.start].fault(fault::NODE, text)];
    };
    let mut found = Vec::new();
    let mut goes_on = true;
    // An output of that name takes the place of the outcome; what it was, replay can say.
    let mut renamed = false;
    for (at, step) in visit.steps.iter().enumerate() {
        let start = &trace.records[step.start];
        let Some(declared) = contract.steps.get(at) else {
            let text = format!("The contract has no step {}", shown(&step.id));
            found.push(start.fault(fault::STEP, text));
            break;
        };
        let (name, is_effect) = match &declared.kind {
            StepKind::Transform(name) => (name.as_str(), false),
            StepKind::SideEffect(name) => (name.as_str(), true),
            StepKind::Unclear => ("", false),
        };
        let op = start.payload.text("op");
        if step.id != declared.id
            || start.text("capability") != name
            || is_effect && op != declared.op.as_deref()
        {
            let text = format!(
                "Step {} of {} is {} on {}, not what the contract says",
                at + 1,
                shown(&node.id),
                shown(&step.id),
                shown(start.text("capability"))
            );
            found.push(start.fault(fault::STEP, text));
        }
        if !goes_on {
            let text = format!(
                "{} runs although the step before it ended the contract",
                shown(&step.id)
            );
            found.push(start.fault(fault::STEP, text));
        }
        renamed = declared.outputs.contains_key("result_status");
        let outcome = step.end.map(|end| trace.records[end].text("outcome"));
        goes_on = renamed
            || outcome.is_some_and(|outcome| {
                declared.on_result.get(outcome).map(String::as_str) == Some("continue")
            });
    }
    if renamed {
        return found;
    }
    if let (Some(end), Some(outcome)) = (visit.end, &visit.outcome) {
        let last = visit.steps.last().and_then(|step| step.end);
        let last = last.map(|end| trace.records[end].text("outcome"));
        let whole = visit.steps.len() >= contract.steps.len();
        let expected = match last {
            Some(last) if whole || !goes_on => last,
            _ => contract.on_input_failure.as_str(),
        };
        if outcome != expected {
            let text = format!(
                "{} ends with {}; its steps lead to {}",
                shown(&node.id),
                shown(outcome),
                shown(expected)
            );
            found.push(trace.records[end].fault(fault::STEP, text));
        }
    }
    found
}

/// The recorded end against the one that follows from the way.
fn end_differs(trace: &Trace, run: &Run, workflow: &Workflow) -> Vec<Break> {
    let Some(at) = run.complete else {
        return Vec::new();
    };
    let end = &trace.records[at];
    let (status, reason) = (end.text("status"), end.text("exit_reason_code"));
    let last = run.visits.last();
    let node = last.and_then(|visit| workflow.nodes.get(&visit.node));
    let wrong = |text: String| vec![end.fault(fault::EXIT, text)];
    if let Some(node) = node.filter(|node| node.kind == NodeKind::Exit && run.errors.is_empty()) {
        let outcome = run.visits.iter().rev().nth(1);
        let outcome = outcome.and_then(|visit| visit.outcome.as_deref());
        let due = classify(node.reason.as_deref(), outcome.unwrap_or_default());
        let word = if due.success { "SUCCESS" } else { "FAILED" };
        if status != word || reason != due.reason {
            return wrong(format!(
                "The run ends as {} with {}; the way leads to `{word}` with `{}`",
                shown(status),
                shown(reason),
                due.reason
            ));
        }
        let condition = due.condition();
        if end.text("exit_condition") != condition {
            let said = shown(end.text("exit_condition"));
            return wrong(format!(
                "The exit condition is {said}; the way leads to `{condition}`"
            ));
        }
        return Vec::new();
    }
    if status == "SUCCESS" {
        return wrong("The run counts as a success and reached no exit".to_owned());
    }
    let stopped = last.is_some_and(|visit| next_of(workflow, visit).is_none());
    let fits = match reason {
        "ADMISSION_DENIED" => run.visits.is_empty(),
        "NO_TRANSITION" => stopped,
        "NO_ENTRY_NODE" => run.visits.is_empty() && workflow.start.is_none(),
        "NODE_NOT_FOUND" => true,
        _ => !run.errors.is_empty(),
    };
    if fits {
        return Vec::new();
    }
    wrong(format!(
        "Nothing in the trace leads to the end {}",
        shown(reason)
    ))
}

/// The token-native generation records contracts only: the way is walked by them.
fn by_contracts(trace: &Trace, run: &Run, graph: &Graph<'_>) -> Vec<Break> {
    let workflow = &graph.workflow;
    let nodes = &workflow.nodes;
    let mut found = Vec::new();
    // Its intents always accept.
    let mut at = workflow.start.as_ref().and_then(|start| nodes.get(start));
    if let Some(node) = at.filter(|node| node.kind != NodeKind::Contract) {
        at = node.next.get("ACK").and_then(|next| nodes.get(next));
    }
    let mut last = None;
    for visit in &run.visits {
        let start = &trace.records[visit.start];
        let target = at.and_then(|node| node.artifact(&workflow.fqdn)?.ok());
        if target.as_ref().map(Fqdn::as_str) != Some(visit.node.as_str()) {
            let text = format!("The workflow does not lead to {} here", shown(&visit.node));
            found.push(start.fault(fault::EDGE, text));
            return found;
        }
        last = visit.outcome.as_deref();
        let next = at
            .zip(last)
            .and_then(|(node, outcome)| node.next.get(outcome));
        at = next.and_then(|next| nodes.get(next));
    }
    if let Some(end) = run.complete.map(|at| &trace.records[at]) {
        if at.is_some_and(|node| node.kind != NodeKind::Exit) {
            let text = "The run ends before the way does";
            found.push(end.fault(fault::EXIT, text));
        }
        if last.is_some() && last != run.status.as_deref() {
            let text = "The run does not end with the outcome of its last contract";
            found.push(end.fault(fault::EXIT, text));
        }
    }
    found
}
