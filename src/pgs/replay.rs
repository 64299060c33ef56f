// SPDX-License-Identifier: Apache-2.0
//! Running a recorded run again: the same workflow, payload and time, against a data root that is
//! only read, and event by event against the record.

use super::capability::manifest;
use super::clock::Clock;
use super::examine::Examination;
use super::examine::graph::Graph;
use super::examine::replay::asks_for_time;
use super::execute::{Options, Plan, refuse, run};
use super::model::StepKind;
use super::snapshot::Snapshot;
use super::store::Store;
use super::trace::chain::Trace;
use super::trace::fault::{Break, REPLAY, shown};
use super::trace::form;
use super::trace::record::{Generation, Record};
use super::trace::{Event, Ground, Profile};
use crate::support::pyjson::ordered::Value;
use std::path::Path;

/// What came of it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Replay {
    /// Events compared.
    pub compared: usize,
    /// Where the run goes another way.
    pub differences: Vec<Break>,
    /// Digests that could not be compared, because they hang on a time or a name that the record
    /// does not fix.
    pub open: usize,
    /// Whether this program has the built-in capabilities that the run had; unknown in forms that
    /// do not say.
    pub same_capabilities: Option<bool>,
}

/// Members that are compared, by kind of event.
const COMPARED: &[(&str, &[&str])] = &[
    ("node_start", &["node_id", "node_type", "capability_code"]),
    (
        "step_start",
        &["node_id", "step_id", "capability", "op", "inputs_hash"],
    ),
    (
        "step_end",
        &[
            "node_id",
            "step_id",
            "outcome",
            "effect",
            "store",
            "outputs_hash",
        ],
    ),
    ("node_end", &["node_id", "status"]),
    ("edge_taken", &["from", "outcome", "to"]),
    ("violation", &["node_id", "violation_code", "fields"]),
    ("error", &["component", "error_code", "node_id"]),
    (
        "workflow_complete",
        &["status", "exit_condition", "exit_reason_code"],
    ),
];

fn compared(kind: &str) -> Option<&'static [&'static str]> {
    let row = COMPARED.iter().find(|(known, _)| *known == kind);
    row.map(|(_, members)| *members)
}

/// Runs it again. `data_root` is what the run found when it began; it is not written to.
///
/// # Errors
/// Why it cannot be run again.
pub fn replay(
    found: &Examination,
    snapshot: &Snapshot,
    payload: &Value,
    data_root: &Path,
) -> Result<Replay, String> {
    let trace = &found.trace;
    let ours = trace.generation == Some(Generation::Ours);
    if trace.generation == Some(Generation::Tokenized) {
        return Err(
            "a run of the token-native generation: its snapshots are not executed".to_owned(),
        );
    }
    let graph = Graph::of(snapshot, &found.run);
    let mut graph = graph.ok_or("the snapshot has no such workflow")?;
    let start = trace.first("execution_start");
    let start = start.ok_or("the trace has no beginning")?;
    let recorded = start.text("payload_hash");
    if !recorded.is_empty() && recorded != payload.digest() {
        return Err("the payload is not the one that the run was given".to_owned());
    }
    let clock = match (start.text("clock"), start.time) {
        ("" | "wall", Some(time)) => Clock::Fixed(time),
        (named, _) => Clock::parse(named)?,
    };
    let options = Options {
        profile: match found.run.profile.as_deref() {
            Some("BASIC") => Profile::Basic,
            _ => Profile::Advanced,
        },
        clock,
        compat: !ours,
        ..Options::default()
    };
    elsewhere(trace)?;
    let mut replay = Replay::default();
    let said = |name: &str| Some(start.text(name)).filter(|text| !text.is_empty());
    replay.same_capabilities =
        said("capability_manifest_hash").map(|table| table == manifest::digest());
    let mut store = Store::overlay(data_root).map_err(|error| error.to_string())?;
    let mut events: Vec<Event> = Vec::new();
    let ground = Ground::default();
    let workflow = graph.workflow.fqdn.clone();
    match Plan::load(snapshot, &workflow, None) {
        Ok(plan) => {
            let state = plan.state_digest(&mut store);
            let state = state.map_err(|error| error.to_string())?;
            if said("state_digest_before").is_some_and(|before| before != state) {
                let text = "The run found other data than the data that it is run on again";
                replay.differences.push(start.fault(REPLAY, text));
            }
            run(
                &plan,
                payload.clone(),
                &mut store,
                options,
                ground,
                &mut events,
            )
        }
        Err(faults) => refuse(&workflow, &faults, options, ground, &mut events),
    }
    .map_err(|error| error.to_string())?;
    let said: Vec<_> = events
        .iter()
        .filter_map(|event| match ours {
            true => form::ours(event, options.profile),
            false => form::original(event, options.profile),
        })
        .filter(|said| compared(said.kind).is_some())
        .collect();
    let records: Vec<&Record> = trace
        .records
        .iter()
        .filter(|record| compared(&record.kind).is_some())
        .collect();
    let fixed = !matches!(start.text("clock"), "" | "wall");
    let mut loose = false;
    for (at, record) in records.iter().enumerate() {
        let Some(again) = said.get(at) else {
            let text = "Run again, it has ended before this event".to_owned();
            replay.differences.push(record.fault(REPLAY, text));
            return Ok(replay);
        };
        if again.kind != record.kind {
            let text = format!("Run again, `{}` stands here", again.kind);
            replay.differences.push(record.fault(REPLAY, text));
            return Ok(replay);
        }
        loose |= !fixed && hangs_on_time(record, &mut graph);
        for name in compared(&record.kind).unwrap_or_default() {
            let null = Value::Null;
            let before = record.payload.get(name).unwrap_or(&null);
            let now = again.payload.get(name).unwrap_or(&null);
            if before == now {
                continue;
            }
            if name.ends_with("_hash") && loose {
                replay.open += 1;
                continue;
            }
            let text = format!(
                "Run again, `{name}` of {} is {}; recorded is {}",
                shown(&record.kind),
                value(now),
                value(before)
            );
            replay.differences.push(record.fault(REPLAY, text));
        }
        replay.compared += 1;
    }
    if let (Some(extra), Some(last)) = (said.get(records.len()), records.last()) {
        let text = format!("Run again, `{}` follows", extra.kind);
        replay.differences.push(last.fault(REPLAY, text));
    }
    Ok(replay)
}

/// A run that something else than this program computed a part of is not run again.
fn elsewhere(trace: &Trace) -> Result<(), String> {
    let mut records = trace.records.iter();
    let native = |record: &&Record| record.text("binding") == "native";
    match records.find(|record| record.kind == "step_start" && !native(record)) {
        None => Ok(()),
        Some(step) => Err(format!(
            "line {}: step {} was not answered by a built-in capability, so the run cannot be repeated",
            step.line,
            shown(step.text("step_id"))
        )),
    }
}

fn value(value: &Value) -> String {
    match value {
        Value::String(text) => shown(text),
        Value::Null => "absent".to_owned(),
        _ => "another".to_owned(),
    }
}

/// Whether digests from here on hang on the wall clock: the step asks for the time, or a side
/// effect answers, whose records and addresses carry it.
fn hangs_on_time(record: &Record, graph: &mut Graph<'_>) -> bool {
    if !matches!(record.kind.as_str(), "step_start" | "step_end") {
        return false;
    }
    let Some(node) = graph.workflow.nodes.get(record.text("node_id")).cloned() else {
        return true;
    };
    let asked = node.inputs.values().any(asks_for_time);
    let Some(contract) = graph.contract(&node) else {
        return true;
    };
    let mut steps = contract.steps.iter();
    let Some(step) = steps.find(|step| step.id == record.text("step_id")) else {
        return true;
    };
    let answers = record.kind == "step_end" && matches!(step.kind, StepKind::SideEffect(_));
    asked || answers || step.inputs.values().any(asks_for_time)
}
