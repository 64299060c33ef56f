// SPDX-License-Identifier: Apache-2.0
//! What happened in a recorded run, why it ended, and whether the record can be believed
//! (specification of the PGS runtime, section 7).
//!
//! Flow: [`Trace`] (lines, chain) -> [`run`] (nodes and steps) -> order, [`graph`], effects, replay
//! (what does not fit) and [`classify`] (why it ended) -> [`Examination`] -> [`report`] or drafts
//! ([`audit`]). No recorded value is shown.

pub mod audit;
pub mod classify;
pub mod compat;
mod effects;
pub(in crate::pgs) mod graph;
mod order;
pub mod page;
pub(in crate::pgs) mod replay;
pub mod report;
pub mod run;

use crate::pgs::capability::manifest;
use crate::pgs::limits::Limits;
use crate::pgs::snapshot::Snapshot;
use crate::pgs::trace::SignatureCheck;
use crate::pgs::trace::chain::{Reading, Trace};
use crate::pgs::trace::fault::{self, Break, shown};
use crate::pgs::trace::record::Generation;
use crate::support::pyjson::ordered::Value;
use classify::{Cause, Failure, Rules};
use run::Run;
use std::io::{self, BufRead};
use std::path::PathBuf;

/// What a trace is held against.
#[derive(Default)]
pub struct Against<'a> {
    /// The snapshot it is said to be a run of.
    pub snapshot: Option<Snapshot>,
    /// Root digest of that snapshot.
    pub snapshot_root: Option<String>,
    /// Root digest that a seal names.
    pub sealed_root: Option<String>,
    /// Whether that seal is signed by the key that it must be signed with.
    pub seal_signed: Option<bool>,
    /// The folder it is said to have worked on.
    pub data_root: Option<PathBuf>,
    /// The payload it is said to have been given.
    pub payload: Option<Value>,
    /// Keys whose signature counts.
    pub keys: Option<&'a dyn SignatureCheck>,
}

/// How far to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Verify {
    /// Lines, their order and their chain.
    Chain,
    /// And the way through the graph.
    Graph,
    /// And the computed values.
    Replay,
    /// Everything that is possible with what is given.
    #[default]
    All,
}

/// Levels, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Lines, their order and their chain.
    Chain,
    /// The way through the graph.
    Graph,
    /// The computed values.
    Replay,
    /// The files.
    Effects,
}

impl Level {
    /// As reports name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chain => "chain",
            Self::Graph => "graph",
            Self::Replay => "replay",
            Self::Effects => "effects",
        }
    }
}

/// What became of a level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reached {
    /// Looked at, nothing wrong; what was looked at.
    Holds(String),
    /// Something is wrong.
    Broken,
    /// Not looked at, and why.
    Open(String),
}

/// The verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// It ran to a good end and the record holds.
    Clean,
    /// It ended with a well-formed refusal and the record holds.
    BusinessOutcome,
    /// It broke down; the record of that holds.
    StructuralFailure,
    /// The record has no end.
    Incomplete,
    /// Run again, or held against payload or data, it differs.
    ReplayDiverged,
    /// No run of the snapshot goes this way.
    GraphMismatch,
    /// The record was changed.
    Tampered,
}

impl Class {
    /// As reports name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Clean => "CLEAN",
            Self::BusinessOutcome => "BUSINESS_OUTCOME",
            Self::StructuralFailure => "STRUCTURAL_FAILURE",
            Self::Incomplete => "INCOMPLETE",
            Self::ReplayDiverged => "REPLAY_DIVERGED",
            Self::GraphMismatch => "GRAPH_MISMATCH",
            Self::Tampered => "TAMPERED",
        }
    }

    /// Whether the record holds and tells of no breakdown.
    pub fn is_good(self) -> bool {
        self <= Self::BusinessOutcome
    }

    /// What a break of a rule makes of the whole; nothing for remarks.
    fn of_rule(rule: &str) -> Option<Self> {
        Some(match rule {
            fault::UNSIGNED
            | fault::UNCHAINED
            | fault::UNSEALED
            | fault::VALUES
            | fault::REPEATABLE
            | fault::VERDICT => return None,
            fault::INCOMPLETE => Self::Incomplete,
            fault::WORKFLOW
            | fault::NODE
            | fault::EDGE
            | fault::STEP
            | fault::EXIT
            | fault::UNTRUSTED
            | fault::SNAPSHOT => Self::GraphMismatch,
            fault::PAYLOAD | fault::EFFECT | fault::REPLAY => Self::ReplayDiverged,
            _ => Self::Tampered,
        })
    }
}

/// What was found.
#[derive(Debug)]
pub struct Examination {
    /// The lines.
    pub trace: Trace,
    /// The run that they tell.
    pub run: Run,
    /// The verdict.
    pub class: Class,
    /// Why the run ended, when not well.
    pub cause: Option<Cause>,
    /// What became of each level.
    pub levels: Vec<(Level, Reached)>,
    /// Everything wrong, and remarks, by line.
    pub breaks: Vec<Break>,
}

/// Reads a trace and examines it.
///
/// # Errors
/// It cannot be read, or is larger than allowed.
pub fn examine(
    input: impl BufRead,
    limits: &Limits,
    verify: Verify,
    against: &Against<'_>,
) -> io::Result<Examination> {
    let reading = Reading {
        keep_values: matches!(verify, Verify::Replay | Verify::All),
        keys: against.keys,
    };
    let mut trace = Trace::read(input, limits, reading)?;
    let run = Run::of(&trace);
    let mut breaks = std::mem::take(&mut trace.breaks);
    breaks.extend(order::check(&trace));
    let mut levels = vec![(Level::Chain, chain_level(&trace, &breaks))];
    breaks.extend(remarks(&trace, against));
    if let Some(payload) = &against.payload {
        breaks.extend(payload_differs(&trace, payload));
    }
    let mut graph = match &against.snapshot {
        Some(snapshot) => graph::Graph::of(snapshot, &run),
        None => None,
    };
    if verify != Verify::Chain {
        let reached = match (&against.snapshot, &mut graph) {
            (None, _) => Reached::Open("no snapshot is given".to_owned()),
            (Some(_), None) => {
                let found = no_workflow(&trace, &run).into_iter().collect();
                take(found, "refused: no such workflow".to_owned(), &mut breaks)
            }
            (Some(_), Some(graph)) => {
                let found = graph::check(&trace, &run, graph);
                let looked = format!("{} nodes of {}", run.visits.len(), graph.workflow.fqdn);
                take(found, looked, &mut breaks)
            }
        };
        levels.push((Level::Graph, reached));
    }
    if matches!(verify, Verify::Replay | Verify::All) {
        let replayed = match &mut graph {
            None => Err("no workflow of a given snapshot".to_owned()),
            Some(graph) => replay::check(&trace, &run, graph, against.payload.as_ref()),
        };
        let reached = match replayed {
            Err(why) => Reached::Open(why),
            Ok(replayed) => match (replayed.open, replayed.found) {
                (Some(why), found) if found.is_empty() => Reached::Open(why),
                (_, found) => take(found, format!("{} steps", replayed.steps), &mut breaks),
            },
        };
        levels.push((Level::Replay, reached));
    }
    if let Some(root) = &against.data_root {
        let with = against.snapshot.as_ref().zip(graph.as_mut());
        let reached = match effects::check(&trace, &run, with, root, limits) {
            Ok((claims, found)) => take(found, format!("{claims} effects"), &mut breaks),
            Err(why) => Reached::Open(why),
        };
        levels.push((Level::Effects, reached));
    }
    breaks.sort_by_key(|one| one.line);
    let cause = classify::cause(&trace, &run, Rules::AsIntended);
    Ok(Examination {
        class: class_of(&trace, &run, cause.as_ref(), &breaks),
        trace,
        run,
        cause,
        levels,
        breaks,
    })
}

fn take(found: Vec<Break>, looked: String, breaks: &mut Vec<Break>) -> Reached {
    let reached = if found.is_empty() {
        Reached::Holds(looked)
    } else {
        Reached::Broken
    };
    breaks.extend(found);
    reached
}

fn chain_level(trace: &Trace, breaks: &[Break]) -> Reached {
    if breaks.iter().any(|one| Class::of_rule(one.rule).is_some()) {
        return Reached::Broken;
    }
    let events = trace.records.len();
    let protection = trace.protection;
    let how = match (protection.chained, protection.sealed) {
        (true, true) if protection.trusted => "chained, sealed and signed",
        (true, true) => "chained and sealed",
        (true, false) => "chained; the last event is covered by nothing",
        (false, _) => "in order; this form has no chain",
    };
    Reached::Holds(format!("{events} events, {how}"))
}

/// What is no break and must be known all the same.
fn remarks(trace: &Trace, against: &Against<'_>) -> Vec<Break> {
    let mut found = Vec::new();
    let (Some(first), Some(last)) = (trace.records.first(), trace.records.last()) else {
        return found;
    };
    let protection = trace.protection;
    if trace.generation != Some(Generation::Ours) {
        let text = if protection.chained {
            "Nothing covers the last event, and links of 64 bits can be made to fit"
        } else {
            "Nothing holds the lines together: any of them can be changed unseen"
        };
        found.push(first.fault(fault::UNCHAINED, text));
    } else if protection.sealed && !protection.signed {
        let text =
            "The seal carries no signature: whoever can write the file can write another whole";
        found.push(last.fault(fault::UNSIGNED, text));
    }
    if let Some(record) = trace.records.iter().find(|record| record.held_values) {
        let count = trace
            .records
            .iter()
            .filter(|record| record.held_values)
            .count();
        let text = format!("Values of the run stand in {count} events, from this one on");
        found.push(record.fault(fault::VALUES, text));
    }
    for record in &trace.records {
        if record.kind == "verdict_ignored" {
            let text = format!(
                "Step {} of {} computed `no` as {}, and nothing read it",
                shown(record.text("step_id")),
                shown(record.text("node_id")),
                shown(record.text("output"))
            );
            found.push(record.fault(fault::VERDICT, text));
        }
    }
    found.extend(not_repeatable(trace));
    found.extend(ground(trace, against));
    found
}

/// What this program cannot compute again, or would by other means.
fn not_repeatable(trace: &Trace) -> Vec<Break> {
    let mut found = Vec::new();
    if let Some(start) = trace.first("execution_start") {
        let table = start.text("capability_manifest_hash");
        if !table.is_empty() && table != manifest::digest() {
            let text = "Another set of built-in capabilities than this program's was there";
            found.push(start.fault(fault::REPEATABLE, text));
        }
    }
    for record in &trace.records {
        if record.kind != "step_start" {
            continue;
        }
        let what = match record.text("binding") {
            "native" => continue,
            "chance" => "hangs on chance",
            _ => "was answered by a program outside",
        };
        let step = shown(record.text("step_id"));
        let text = format!("Step {step} of {} {what}", shown(record.text("node_id")));
        found.push(record.fault(fault::REPEATABLE, text));
    }
    found
}

/// The snapshot and seal that the run says it stood on.
fn ground(trace: &Trace, against: &Against<'_>) -> Vec<Break> {
    let mut found = Vec::new();
    if let (Some(false), Some(first)) = (against.seal_signed, trace.records.first()) {
        let text = "The given seal carries no signature of the key that it must be signed with";
        found.push(first.fault(fault::UNTRUSTED, text));
    }
    let Some(start) = trace.first("execution_start") else {
        return found;
    };
    let recorded = start.text("snapshot_root_hash");
    if recorded.is_empty() {
        return found;
    }
    let given = [
        (&against.snapshot_root, "the given snapshot"),
        (&against.sealed_root, "the given seal"),
    ];
    for (root, what) in given {
        if root.as_deref().is_some_and(|root| root != recorded) {
            let text = format!("The run stood on another snapshot than {what}");
            found.push(start.fault(fault::SNAPSHOT, text));
        }
    }
    let status = start.text("seal_status");
    if status != "sealed" {
        let text = format!("The run stood on a snapshot that is {}", shown(status));
        found.push(start.fault(fault::UNSEALED, text));
    }
    found
}

fn payload_differs(trace: &Trace, payload: &Value) -> Option<Break> {
    let start = trace.first("execution_start")?;
    let recorded = start.text("payload_hash");
    let differs = !recorded.is_empty() && recorded != payload.digest();
    differs.then(|| start.fault(fault::PAYLOAD, "The run was given another payload"))
}

fn no_workflow(trace: &Trace, run: &Run) -> Option<Break> {
    let first = trace.records.first()?;
    let name = run.fqdn.as_ref().unwrap_or(&run.workflow);
    // A run that was refused for this very reason tells the truth.
    let refused = |at: &usize| trace.records[*at].text("error_code") == "WORKFLOW_NOT_FOUND";
    if run.errors.iter().any(refused) {
        return None;
    }
    let text = format!("The snapshot has no workflow {}", shown(name));
    Some(first.fault(fault::WORKFLOW, text))
}

fn class_of(trace: &Trace, run: &Run, cause: Option<&Cause>, breaks: &[Break]) -> Class {
    let worst = breaks.iter().filter_map(|one| {
        // A last line that was cut short is the mark of a crash.
        let torn =
            one.rule == fault::UNREADABLE && one.line == trace.lines && run.complete.is_none();
        if torn {
            Some(Class::Incomplete)
        } else {
            Class::of_rule(one.rule)
        }
    });
    if let Some(worst) = worst.max() {
        return worst;
    }
    if run.complete.is_none() {
        return Class::Incomplete;
    }
    match cause.map(|cause| cause.failure) {
        None if run.succeeded() => Class::Clean,
        // How the token-native generation ends: by the outcome of the last contract.
        None if trace.generation == Some(Generation::Tokenized) => Class::BusinessOutcome,
        None => Class::StructuralFailure,
        Some(Failure::BusinessViolation) => Class::BusinessOutcome,
        Some(_) => Class::StructuralFailure,
    }
}
