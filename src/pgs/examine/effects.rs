// SPDX-License-Identifier: Apache-2.0
//! Whether the files below a data root show what a trace claims (specification of the PGS runtime,
//! section 7.2, `--against`).

use super::graph::Graph;
use super::run::{Run, Visit};
use crate::pgs::files::read_bounded;
use crate::pgs::fqdn::Fqdn;
use crate::pgs::limits::Limits;
use crate::pgs::model::{RuntimeBinding, Step, StepKind, Storage};
use crate::pgs::snapshot::Snapshot;
use crate::pgs::store::log;
use crate::pgs::trace::chain::Trace;
use crate::pgs::trace::fault::{self, Break, shown};
use crate::pgs::trace::record::{Generation, Record};
use crate::support::hashing;
use crate::support::pyjson::ordered::{self, Value};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use std::path::{Component, Path};

/// One effect that a trace claims.
struct Claim<'a> {
    /// Event that claims it.
    at: &'a Record,
    /// When it can have happened.
    window: Option<(Timestamp, Timestamp)>,
    effect: String,
    store: String,
    /// What the side effect answered, where it is recorded.
    outputs: Option<&'a Value>,
}

/// Effects that are not there; how many were claimed.
pub(super) fn check(
    trace: &Trace,
    run: &Run,
    graph: Option<(&Snapshot, &mut Graph<'_>)>,
    data_root: &Path,
    limits: &Limits,
) -> Result<(usize, Vec<Break>), String> {
    let claims = match (trace.generation, graph) {
        (Some(Generation::Ours), _) => recorded(trace, run),
        (Some(Generation::Original), Some((snapshot, graph))) => {
            derived(trace, run, snapshot, graph)
        }
        (Some(Generation::Original), None) => {
            return Err(
                "the trace records no steps; what they do to files needs the snapshot".to_owned(),
            );
        }
        _ => return Err("this form records neither steps nor times of day".to_owned()),
    };
    let dry = trace
        .first("execution_start")
        .and_then(|start| start.payload.get("dry_run"))
        .and_then(Value::as_bool);
    if dry == Some(true) {
        return Err("the run was dry: nothing was to be written".to_owned());
    }
    let mut stores: BTreeMap<String, Result<Store, String>> = BTreeMap::new();
    let mut taken: BTreeMap<(String, usize), ()> = BTreeMap::new();
    let mut found = Vec::new();
    for claim in &claims {
        let store = stores
            .entry(claim.store.clone())
            .or_insert_with(|| Store::read(data_root, &claim.store, limits));
        let missing = match store {
            Err(why) => Some(why.clone()),
            Ok(store) => store.lacks(claim, &mut taken),
        };
        if let Some(why) = missing {
            let text = format!("{} says `{}`: {why}", shown(&claim.store), claim.effect);
            found.push(claim.at.fault(fault::EFFECT, text));
        }
    }
    Ok((claims.len(), found))
}

/// Claims of our form: each step says what it did.
fn recorded<'a>(trace: &'a Trace, run: &Run) -> Vec<Claim<'a>> {
    let steps = run.visits.iter().flat_map(|visit| &visit.steps);
    steps
        .filter_map(|step| {
            let (start, end) = (&trace.records[step.start], &trace.records[step.end?]);
            let effect = end.text("effect");
            (effect != "none" && !end.text("store").is_empty()).then(|| Claim {
                at: end,
                window: start.time.zip(end.time),
                effect: effect.to_owned(),
                store: end.text("store").to_owned(),
                outputs: end.payload.get("outputs"),
            })
        })
        .collect()
}

/// Claims of the original's form: what the contracts of nodes that succeeded do.
fn derived<'a>(
    trace: &'a Trace,
    run: &Run,
    snapshot: &Snapshot,
    graph: &mut Graph<'_>,
) -> Vec<Claim<'a>> {
    let places = Places::of(snapshot, graph);
    let mut claims = Vec::new();
    let done = |visit: &&Visit| visit.outcome.as_deref() == Some("SUCCESS");
    for visit in run.visits.iter().filter(done) {
        let Some(end) = visit.end.map(|end| &trace.records[end]) else {
            continue;
        };
        let node = graph.workflow.nodes.get(&visit.node).cloned();
        let Some(contract) = node.and_then(|node| graph.contract(&node).cloned()) else {
            continue;
        };
        for step in &contract.steps {
            let Some(effect) = step.op.as_deref().and_then(effect_of) else {
                continue;
            };
            if let Some(store) = places.of_step(step) {
                claims.push(Claim {
                    at: end,
                    window: trace.records[visit.start].time.zip(end.time),
                    effect: effect.to_owned(),
                    store,
                    outputs: None,
                });
            }
        }
    }
    claims
}

fn effect_of(op: &str) -> Option<&'static str> {
    Some(match op {
        "REGISTER" => "created",
        "APPEND" => "appended",
        "DEREGISTER" => "tombstoned",
        "WRITE" | "PUT" => "overwritten",
        _ => return None,
    })
}

/// Where side effects of a workflow keep their files.
struct Places {
    paths: BTreeMap<String, String>,
    storage: Option<Storage>,
}

impl Places {
    fn of(snapshot: &Snapshot, graph: &Graph<'_>) -> Self {
        let workflow = &graph.workflow;
        let read = |name: &str| {
            let fqdn = Fqdn::parse_within(name, workflow.fqdn.namespace()).ok()?;
            snapshot.artifact(&fqdn).ok()
        };
        let binding = workflow.binding.as_deref().and_then(read);
        let binding = binding.map(|found| RuntimeBinding::read(&found, &mut Vec::new()));
        let mut paths = BTreeMap::new();
        for (name, bound) in binding.iter().flat_map(|binding| &binding.bindings) {
            let path = bound.policy.text("path").unwrap_or_default();
            if let Some(path) = path.strip_prefix("{{module_data_root}}/") {
                paths.insert(name.clone(), path.to_owned());
            }
        }
        let storage = binding
            .and_then(|binding| binding.storage)
            .and_then(|name| read(&name))
            .map(|found| Storage::read(&found, &mut Vec::new()));
        Self { paths, storage }
    }

    fn of_step(&self, step: &Step) -> Option<String> {
        let StepKind::SideEffect(name) = &step.kind else {
            return None;
        };
        if let Some(path) = self.paths.get(name) {
            return Some(path.clone());
        }
        let storage = self.storage.as_ref()?;
        storage.stores.get(step.store.as_deref()?).cloned()
    }
}

/// A file as claims are held against it.
struct Store {
    /// Lines of a registry or a log; of one JSON object its members.
    lines: Vec<Value>,
    is_object: bool,
}

impl Store {
    fn read(root: &Path, name: &str, limits: &Limits) -> Result<Self, String> {
        let below = Path::new(name);
        if below
            .components()
            .any(|part| !matches!(part, Component::Normal(_)))
        {
            return Err("its name leads out of the data root".to_owned());
        }
        let path = root.join(below);
        if path
            .symlink_metadata()
            .is_ok_and(|found| found.is_symlink())
        {
            return Err("it is a link".to_owned());
        }
        let bytes = match read_bounded(&path, limits.snapshot_bytes) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err("there is no such file".to_owned());
            }
            Err(error) => return Err(error.to_string()),
        };
        let text = String::from_utf8_lossy(&bytes);
        let parse = |line: &str| ordered::parse_lenient(line.as_bytes(), limits.depth).ok();
        if let Some(line) = unlinked(&text, name, parse) {
            return Err(format!("its line {line} does not name the line before it"));
        }
        let lines: Vec<Value> = text.lines().filter_map(parse).collect();
        let whole = text.lines().filter(|line| !line.trim().is_empty()).count();
        if whole > 0 && lines.len() == whole {
            return Ok(Self {
                is_object: whole == 1
                    && lines[0].get("key").is_none()
                    && lines[0].get("record_id").is_none(),
                lines,
            });
        }
        match parse(&text) {
            Some(object @ Value::Object(_)) => Ok(Self {
                lines: vec![object],
                is_object: true,
            }),
            _ if whole == 0 => Err("the file is empty".to_owned()),
            _ => Err("the file holds lines that cannot be read".to_owned()),
        }
    }

    /// Why the claim is not borne out.
    fn lacks(
        &self,
        claim: &Claim<'_>,
        taken: &mut BTreeMap<(String, usize), ()>,
    ) -> Option<String> {
        if self.is_object {
            return None;
        }
        let named = |name: &str| claim.outputs.and_then(|outputs| outputs.text(name));
        let by = |name: &str, line: &Value| {
            named(name).is_none_or(|known| line.text(name) == Some(known))
        };
        let tombstone = |line: &Value| line.get("tombstone").and_then(Value::as_bool) == Some(true);
        let fits = |line: &Value| match claim.effect.as_str() {
            "appended" => by("record_id", line) && within(line, claim.window),
            "tombstoned" => tombstone(line) && by("address", line),
            "created" => !tombstone(line) && by("address", line),
            _ => true,
        };
        // Each line bears out one claim only.
        let free = (0..self.lines.len())
            .find(|at| fits(&self.lines[*at]) && !taken.contains_key(&(claim.store.clone(), *at)));
        match free {
            Some(at) => {
                taken.insert((claim.store.clone(), at), ());
                None
            }
            None => Some("no line of the file bears it out".to_owned()),
        }
    }
}

/// The first line of a chained log that does not name the one before it.
fn unlinked(text: &str, name: &str, parse: impl Fn(&str) -> Option<Value>) -> Option<usize> {
    let link = |line: &str| Some(parse(line)?.text(log::LINK)?.to_owned());
    link(text.lines().next()?)?;
    let mut due = log::first_link(name);
    for (at, line) in text.lines().enumerate() {
        if link(line).as_ref() != Some(&due) {
            return Some(at + 1);
        }
        due = hashing::sha256_hex(line.as_bytes());
    }
    None
}

/// Whether a line of a log was written within a window. A line without a time of its own may have
/// been.
fn within(line: &Value, window: Option<(Timestamp, Timestamp)>) -> bool {
    let Some((from, to)) = window else {
        return true;
    };
    let Some(text) = line.text("timestamp") else {
        return true;
    };
    let written = text.parse::<Timestamp>().ok().or_else(|| {
        let naive: DateTime = text.parse().ok()?;
        Some(naive.to_zoned(TimeZone::UTC).ok()?.timestamp())
    });
    written.is_some_and(|written| from <= written && written <= to)
}
