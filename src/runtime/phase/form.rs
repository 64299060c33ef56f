// SPDX-License-Identifier: Apache-2.0
//! The commands that build, measure, judge, and write what came out (CCR specification, sections
//! 1.3, 1.4 and 6.7). What they read and what they write belong to one transaction.

use super::graph::Graph;
use super::inputs::Inputs;
use super::{
    Options, SUMMARY_FROM, certificate, comparison, observation, place, repair, shown,
    threshold as limits,
};
use crate::object;
use crate::runtime::store::{Draft, Row, Transaction};
use crate::runtime::{Answer, Outcome, Policy, Reply, Runtime, RuntimeError, document, read_input};
use crate::support::pyjson::{Value, content_hash, pretty};
use std::path::Path;

/// A phase as it stands.
struct State {
    inputs: Inputs,
    graph: Graph,
    observation: Value,
}

impl State {
    fn load(runtime: &Runtime) -> Result<Self, RuntimeError> {
        let mut inputs = Inputs::load(runtime)?;
        let graph = Graph::new(&mut inputs, runtime.policy());
        let observation = observation::measure(&graph, &inputs, runtime.policy());
        Ok(Self {
            inputs,
            graph,
            observation,
        })
    }
}

/// A document of a phase on its way to the disk.
struct Artifact {
    folder: &'static str,
    id: String,
    status: String,
}

impl Artifact {
    fn new(folder: &'static str, body: &Value, id: &str, status: &str) -> Self {
        Self {
            folder,
            id: shown(body, id, "unknown"),
            status: shown(body, status, ""),
        }
    }

    fn path(&self) -> String {
        place(self.folder, &self.id)
    }

    fn row(&self, sha256: String) -> Row {
        Row::Digest {
            object_type: "phase".to_owned(),
            object_id: self.id.clone(),
            status: Some(self.status.clone()),
            path: self.path(),
            sha256,
        }
    }

    fn event(&self, action: &str, refs: Vec<String>, note: &str) -> Draft {
        Draft {
            action: action.to_owned(),
            object_type: "phase".to_owned(),
            object_id: self.id.clone(),
            after: Some(self.status.clone()),
            refs,
            note: note.to_owned(),
            ..Draft::default()
        }
    }
}

fn put_graph(change: &mut Transaction<'_>, graph: &Graph) -> Result<(), RuntimeError> {
    change.stage(&graph.path(), |out| graph.write(out))?;
    change.row(Row::Digest {
        object_type: "phase".to_owned(),
        object_id: graph.id.clone(),
        status: Some("graph".to_owned()),
        path: graph.path(),
        sha256: graph.digest(true),
    });
    Ok(())
}

fn put_observation(change: &mut Transaction<'_>, observation: &Value) {
    let artifact = Artifact::new("observations", observation, "observation_id", "");
    change.put(&artifact.path(), observation);
    let accepted = observation.get("accepted").is_some_and(Value::truthy);
    change.row(Row::PhaseObservation {
        observation_id: artifact.id.clone(),
        status: if accepted { "accepted" } else { "diagnostic" }.to_owned(),
        path: artifact.path(),
        body: observation.clone(),
    });
}

fn put_certificate(
    change: &mut Transaction<'_>,
    artifact: &Artifact,
    body: &Value,
) -> Result<(), RuntimeError> {
    if body.items("defects").len() < SUMMARY_FROM {
        change.put(&artifact.path(), body);
    } else {
        change.stage(&artifact.path(), |out| {
            out.write_all(pretty(body).as_bytes())
        })?;
    }
    change.row(artifact.row(content_hash(body)));
    Ok(())
}

fn absolute(runtime: &Runtime, path: &str) -> String {
    runtime.store.path(path).display().to_string()
}

/// The answer; a dry run says that it was one.
fn reply(mut body: Value, options: Options, outcome: Outcome) -> Reply {
    if options.dry_run {
        body.set("dry_run", true);
    }
    Reply::ending(body, outcome)
}

/// `ccr phase graph`
///
/// # Errors
/// The store failed.
pub fn graph(runtime: &Runtime, options: Options) -> Answer {
    let change = options.begin(runtime)?;
    let mut inputs = Inputs::load(runtime)?;
    let graph = Graph::new(&mut inputs, runtime.policy());
    let path = absolute(runtime, &graph.path());
    if let Some(mut change) = change {
        put_graph(&mut change, &graph)?;
        change.event(Draft {
            action: "phase.graph".to_owned(),
            object_type: "phase".to_owned(),
            object_id: graph.id.clone(),
            after: Some("graph".to_owned()),
            refs: vec![path.clone()],
            note: "Effective packet graph built without external execution.".to_owned(),
            ..Draft::default()
        });
        change.commit()?;
    }
    let body = object! {
        "graph" => graph.shown(runtime.policy()), "ok" => true, "path" => path,
    };
    Ok(reply(body, options, Outcome::Done))
}

/// `ccr phase observe`
///
/// # Errors
/// The store failed.
pub fn observe(runtime: &Runtime, options: Options) -> Answer {
    let change = options.begin(runtime)?;
    let state = State::load(runtime)?;
    let mut artifact = Artifact::new("observations", &state.observation, "observation_id", "");
    let path = absolute(runtime, &artifact.path());
    if let Some(mut change) = change {
        put_observation(&mut change, &state.observation);
        artifact.status = "observed".to_owned();
        let note = "Phase observation records execution availability without execution.";
        change.event(artifact.event("phase.observe", vec![path.clone()], note));
        change.commit()?;
    }
    let body = object! { "observation" => state.observation, "ok" => true, "path" => path };
    Ok(reply(body, options, Outcome::Done))
}

/// A threshold specification from a file. In strict mode it must be valid; of a status, the
/// specification inside counts.
fn read_spec(runtime: &Runtime, file: &Path) -> Result<Value, RuntimeError> {
    let spec = read_input(file)?;
    if runtime.policy().compat() {
        return Ok(spec);
    }
    document::require(runtime, "asi-proxy-threshold", &spec, file)?;
    let is_status = spec.text("schema_version") == Some("ccr.asi_proxy_threshold_status.v1");
    match spec.get("threshold") {
        Some(inner @ Value::Object(_)) if is_status => Ok(inner.clone()),
        _ if is_status => Err(RuntimeError::Value(format!(
            "{}: a threshold status without its threshold",
            file.display()
        ))),
        _ => Ok(spec),
    }
}

/// `ccr phase threshold`
///
/// # Errors
/// A file that cannot be used; the store failed.
pub fn threshold(
    runtime: &Runtime,
    file: &Path,
    observation: Option<&Path>,
    options: Options,
) -> Answer {
    let spec = read_spec(runtime, file)?;
    let given = match observation {
        Some(file) => {
            let body = read_input(file)?;
            if runtime.policy().strict() {
                document::require(runtime, "phase-observation", &body, file)?;
            }
            Some(body)
        }
        None => None,
    };
    let change = options.begin(runtime)?;
    let measured = match given {
        Some(body) => body,
        None => State::load(runtime)?.observation,
    };
    let status = limits::evaluate(&measured, &spec, runtime.policy())?;
    let artifact = Artifact::new("thresholds", &status, "status_id", "certificate_status");
    let path = absolute(runtime, &artifact.path());
    if let Some(mut change) = change {
        change.put(&artifact.path(), &status);
        change.row(artifact.row(content_hash(&status)));
        let refs = vec![path.clone(), file.display().to_string()];
        let note = "ASI-proxy threshold evaluated as protocol-relative status.";
        change.event(artifact.event("phase.threshold", refs, note));
        change.commit()?;
    }
    let accepted = status.get("accepted").is_some_and(Value::truthy);
    let outcome = if accepted {
        Outcome::Done
    } else {
        Outcome::Refused
    };
    let body = object! { "ok" => true, "path" => path, "threshold_status" => status };
    Ok(reply(body, options, outcome))
}

/// `ccr phase compare`
///
/// # Errors
/// A document that is not valid; the store failed.
pub fn compare(runtime: &Runtime, baseline: &Path, candidate: &Path, options: Options) -> Answer {
    let base = read_input(baseline)?;
    let observation = read_input(candidate)?;
    document::require(runtime, "baseline", &base, baseline)?;
    document::require(runtime, "phase-observation", &observation, candidate)?;
    let change = options.begin(runtime)?;
    let now = change
        .as_ref()
        .map_or_else(crate::runtime::now, |change| change.now().to_owned());
    let body = comparison::compare(&base, &observation, runtime.policy(), &now);
    let accepted = body.get("accepted").is_some_and(Value::truthy);
    let mut artifact = Artifact::new("comparisons", &body, "comparison_id", "");
    artifact.status = if accepted { "accepted" } else { "diagnostic" }.to_owned();
    let path = absolute(runtime, &artifact.path());
    if let Some(mut change) = change {
        change.put(&artifact.path(), &body);
        change.row(artifact.row(content_hash(&body)));
        let refs = vec![
            path.clone(),
            baseline.display().to_string(),
            candidate.display().to_string(),
        ];
        let note =
            "Baseline comparison preserves resource mismatches as residual-ready diagnostics.";
        change.event(artifact.event("phase.compare", refs, note));
        change.commit()?;
    }
    let shown = object! { "comparison" => body, "ok" => true, "path" => path };
    Ok(reply(shown, options, options.ending(accepted)))
}

/// `ccr phase certify`
///
/// # Errors
/// A file that cannot be used; the store failed.
pub fn certify(runtime: &Runtime, file: Option<&Path>, options: Options) -> Answer {
    let spec = match file {
        Some(file) => read_spec(runtime, file)?,
        None => limits::default_spec("development"),
    };
    let change = options.begin(runtime)?;
    let state = State::load(runtime)?;
    let (body, _) = judge(&state, &spec, runtime.policy())?;
    let artifact = Artifact::new(
        "certificates",
        &body,
        "certificate_id",
        "certificate_status",
    );
    let path = absolute(runtime, &artifact.path());
    if let Some(mut change) = change {
        put_certificate(&mut change, &artifact, &body)?;
        let note = "CollectivePhaseCertificateCandidate generated; this is not real ASI proof.";
        change.event(artifact.event("phase.certify", vec![path.clone()], note));
        change.commit()?;
    }
    let accepted = body.get("accepted").is_some_and(Value::truthy);
    let body = object! {
        "certificate" => certificate::to_show(&body, runtime.policy()),
        "ok" => true,
        "path" => path,
    };
    Ok(reply(body, options, options.ending(accepted)))
}

/// The certificate candidate and the threshold status it rests on.
fn judge(state: &State, spec: &Value, policy: Policy) -> Result<(Value, Value), RuntimeError> {
    let status = limits::evaluate(&state.observation, spec, policy)?;
    let ledger = &state.inputs.ledger;
    let body = certificate::candidate(&state.graph, &state.observation, &status, ledger, policy);
    Ok((body, status))
}

/// `ccr phase form`
///
/// # Errors
/// An unknown profile (strict mode); the store failed.
pub fn form(runtime: &Runtime, profile: &str, options: Options) -> Answer {
    super::require_profile(runtime, profile)?;
    let policy = runtime.policy();
    let mut change = options.begin(runtime)?;
    let state = State::load(runtime)?;
    let spec = limits::default_spec(profile);
    let (candidate, status) = judge(&state, &spec, policy)?;
    let artifact = Artifact::new(
        "certificates",
        &candidate,
        "certificate_id",
        "certificate_status",
    );
    let observation = Artifact::new("observations", &state.observation, "observation_id", "");
    let threshold = Artifact::new("thresholds", &status, "status_id", "certificate_status");
    let paths = [
        artifact.path(),
        state.graph.path(),
        observation.path(),
        threshold.path(),
    ]
    .map(|path| absolute(runtime, &path));
    let failed = status.items("failed_components");
    let repair_tasks = repair::create(runtime, change.as_mut(), &observation.id, failed)?;
    if let Some(mut change) = change {
        put_graph(&mut change, &state.graph)?;
        put_observation(&mut change, &state.observation);
        change.put(&threshold.path(), &status);
        put_certificate(&mut change, &artifact, &candidate)?;
        let note = "Local phase formation cycle completed without external execution.";
        change.event(artifact.event("phase.form", paths.to_vec(), note));
        change.commit()?;
    }
    let accepted = candidate.get("accepted").is_some_and(Value::truthy);
    let [
        certificate_path,
        graph_path,
        observation_path,
        threshold_path,
    ] = paths;
    let body = object! {
        "certificate" => certificate::to_show(&candidate, policy),
        "certificate_path" => certificate_path,
        "graph" => state.graph.shown(policy),
        "graph_path" => graph_path,
        "observation" => state.observation,
        "observation_path" => observation_path,
        "ok" => true,
        "repair_tasks" => repair_tasks,
        "threshold_status" => status,
        "threshold_status_path" => threshold_path,
    };
    Ok(reply(body, options, options.ending(accepted)))
}
