// SPDX-License-Identifier: Apache-2.0
//! Writing: the recorded runs are written again byte for byte from their events; our form is
//! complete, equal for equal runs, and readable after a crash.

use super::corpus::corpus;
use super::traced::{self, keys};
use ccr::pgs::files::Files;
use ccr::pgs::fqdn::Fqdn;
use ccr::pgs::limits::Limits;
use ccr::pgs::model::Workflow;
use ccr::pgs::snapshot::Snapshot;
use ccr::pgs::trace::chain::{Reading, Trace};
use ccr::pgs::trace::dot::{self, Visited};
use ccr::pgs::trace::record::{Generation, Record};
use ccr::pgs::trace::{
    Event, Format, Ground, Profile, Recorder as _, Registered, Settings, TraceFiles,
};
use ccr::support::pyjson::ordered::Value;
use jiff::Timestamp;
use std::cell::Cell;
use std::path::{Path, PathBuf};

/// The recorded runs.
pub(super) fn scenarios(corpus: &Path, generation: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(corpus.join(generation).join("scenarios")).unwrap();
    let mut found: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

pub(super) fn read(path: &Path) -> Trace {
    let bytes = std::fs::read(path).unwrap();
    Trace::read(bytes.as_slice(), &Limits::default(), Reading::default()).unwrap()
}

/// A record of the original's form as the event that makes it.
fn event(record: &Record, namespace: &str) -> Event {
    let text = |name: &str| record.text(name).to_owned();
    let maybe = |name: &str| record.payload.text(name).map(str::to_owned);
    let truth = |name: &str| record.payload.get(name).and_then(Value::as_bool).unwrap();
    let number = |name: &str| record.payload.get(name).and_then(Value::as_i64).unwrap();
    match record.kind.as_str() {
        "execution_start" => Event::ExecutionStart {
            workflow: Fqdn::parse(&format!("{namespace}::{}", text("workflow_code"))).unwrap(),
            profile: match record.text("policy_profile") {
                "BASIC" => Profile::Basic,
                _ => Profile::Advanced,
            },
            ground: Box::new(Ground::default()),
        },
        "registry_dump" => Event::RegistryDump {
            capabilities: record
                .payload
                .members_of("capabilities")
                .map(|(name, said)| Registered {
                    capability: name.clone(),
                    registered: said.get("registered").and_then(Value::as_bool).unwrap(),
                    runtime_class: said.text("runtime_class").unwrap().to_owned(),
                })
                .collect(),
        },
        "node_start" => Event::NodeStart {
            node: text("node_id"),
            kind: match record.text("node_type") {
                "intent" => "intent",
                "capability_contract" => "capability_contract",
                "exit" => "exit",
                other => panic!("no kind of node is called {other}"),
            },
            capability: maybe("capability_code"),
        },
        "capability_dispatch" => Event::CapabilityDispatch {
            contract: text("cc_code"),
            node: text("node_id"),
        },
        "capability_request" => Event::CapabilityRequest {
            capability: text("capability_code"),
            requested_by: text("requested_by"),
        },
        "capability_resolution" => Event::CapabilityResolution {
            capability: text("capability_code"),
            artifact_found: truth("artifact_found"),
            implementation_found: truth("implementation_found"),
            registered: truth("registered"),
        },
        "node_end" => Event::NodeEnd {
            node: text("node_id"),
            status: text("status"),
            duration_ms: number("duration_ms"),
        },
        "violation" => Event::Violation {
            node: text("node_id"),
            code: text("violation_code"),
            message: text("message"),
            field: maybe("field"),
            constraint: maybe("constraint"),
            fields: Vec::new(),
            original: true,
        },
        "error" => Event::Error {
            component: text("component"),
            error_type: text("error_type"),
            code: text("error_code"),
            message: text("message"),
            node: maybe("node_id"),
            workflow: maybe("workflow"),
            category: text("node_category"),
        },
        "workflow_complete" => Event::WorkflowComplete {
            success: record.text("status") == "SUCCESS",
            duration_ms: number("duration_ms"),
            condition: text("exit_condition"),
            reason: text("exit_reason_code"),
            effects_committed: 0,
        },
        other => panic!("no recorded run has {other}"),
    }
}

#[test]
fn recorded_runs_are_written_again_byte_for_byte() {
    let Some(corpus) = corpus() else { return };
    let limits = Limits::default();
    let files = Files::read(&corpus.join("v02/snapshot"), &limits).unwrap();
    let snapshot = Snapshot::of(files, limits).unwrap();
    let (mut count, mut chained) = (0, 0);
    for scenario in scenarios(&corpus, "v02") {
        let shown = scenario.display();
        let expected = std::fs::read_to_string(scenario.join("expected.json")).unwrap();
        let expected: serde_json::Value = serde_json::from_str(&expected).unwrap();
        let workflow = Fqdn::parse(expected["workflow"].as_str().unwrap()).unwrap();
        let trace = read(&scenario.join("trace.jsonl"));
        assert_eq!(trace.generation, Some(Generation::Original), "{shown}");
        assert_eq!(trace.breaks, [], "{shown}");
        chained += usize::from(trace.protection.chained);
        let times: Vec<Timestamp> = trace.records.iter().map(|r| r.time.unwrap()).collect();
        let next = Cell::new(0);
        let folder = tempfile::tempdir().unwrap();
        let mut files = TraceFiles::new(Settings {
            root: folder.path().to_owned(),
            format: Format::V0,
            now: Box::new(|| times[next.replace(next.get() + 1)]),
            signer: None,
            id: Some(trace.records[0].execution.clone()),
        });
        for record in &trace.records {
            files.record(event(record, workflow.namespace())).unwrap();
        }
        let written = files.finish().unwrap();
        let same = |ours: &Path, theirs: &str| {
            let ours = std::fs::read_to_string(ours).unwrap();
            let theirs = std::fs::read_to_string(scenario.join(theirs)).unwrap();
            assert_eq!(ours, theirs, "{shown}");
        };
        same(&written.jsonl, "trace.jsonl");
        same(&written.markdown, "trace.md");
        let artifact = snapshot.artifact(&workflow).unwrap();
        let model = Workflow::read(&artifact, &mut Vec::new());
        let path = expected["path"].as_array().unwrap().iter();
        let path = path.map(|pair| (pair[0].as_str().unwrap(), pair[1].as_str().unwrap()));
        let picture = dot::text(&model, &Visited::along(path));
        let theirs = std::fs::read_to_string(scenario.join("path.dot")).unwrap();
        assert_eq!(picture, theirs, "{shown}");
        count += 1;
    }
    assert_eq!((count, chained), (21, 18));
}

#[test]
fn the_token_native_runs_are_read() {
    let Some(corpus) = corpus() else { return };
    let found = scenarios(&corpus, "v03");
    assert_eq!(found.len(), 4);
    for scenario in found {
        let trace = read(&scenario.join("trace.jsonl"));
        assert_eq!(trace.generation, Some(Generation::Tokenized));
        assert_eq!(trace.breaks, [], "{}", scenario.display());
        assert!(trace.records.iter().any(|record| record.held_values));
    }
}

/// Writes a run of our own.
fn write(root: &Path, fixed: bool, signer: Option<&ccr::support::signing::SigningKey>) -> PathBuf {
    let snapshot = traced::snapshot(&traced::snapshot_texts());
    let ground = traced::ground(&snapshot);
    let next = Cell::new(0);
    let now = || {
        traced::moment(if fixed {
            0
        } else {
            next.replace(next.get() + 1)
        })
    };
    let mut files = TraceFiles::new(Settings {
        root: root.to_owned(),
        format: Format::V1,
        now: Box::new(now),
        signer: signer.map(|key| key as _),
        id: None,
    });
    for event in traced::events("order", Profile::Basic, false, ground) {
        files.record(event).unwrap();
    }
    files.finish().unwrap().jsonl
}

#[test]
fn equal_runs_leave_equal_traces() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let [one, two] = [0, 1].map(|at| write(folders[at].path(), true, None));
    assert_eq!(one.file_name(), two.file_name());
    assert_eq!(std::fs::read(&one).unwrap(), std::fs::read(&two).unwrap());
    // The same run a second time in one place has a name of its own.
    let again = write(folders[0].path(), true, None);
    assert_ne!(again, one);
    assert_eq!(read(&again).breaks, []);
}

#[test]
fn a_run_that_was_killed_leaves_a_readable_beginning() {
    let folder = tempfile::tempdir().unwrap();
    let snapshot = traced::snapshot(&traced::snapshot_texts());
    let events = traced::events("order", Profile::Advanced, false, traced::ground(&snapshot));
    let mut files = TraceFiles::new(Settings {
        root: folder.path().to_owned(),
        format: Format::V1,
        now: Box::new(|| traced::moment(0)),
        signer: None,
        id: None,
    });
    for event in events.into_iter().take(9) {
        files.record(event).unwrap();
    }
    let id = files.id().unwrap().to_owned();
    drop(files);
    let partial = folder.path().join(&id).join(format!("{id}.jsonl.partial"));
    let trace = read(&partial);
    assert_eq!(trace.records.len(), 9);
    let rules: Vec<_> = trace.breaks.iter().map(|one| one.rule).collect();
    assert_eq!(rules, ["pgs-trace-incomplete"]);
}

#[test]
fn a_signed_trace_is_one_of_its_key_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (secret, public) = keys(folder.path(), 3);
    let (_, other) = keys(folder.path(), 4);
    let path = write(&folder.path().join("traces"), false, Some(&secret));
    let bytes = std::fs::read(&path).unwrap();
    let rules = |key: &ccr::support::signing::VerifyingKey| {
        let reading = Reading {
            keep_values: false,
            keys: Some(key),
        };
        let trace = Trace::read(bytes.as_slice(), &Limits::default(), reading).unwrap();
        let rules: Vec<_> = trace.breaks.iter().map(|one| one.rule).collect();
        (trace.protection.trusted, rules)
    };
    assert_eq!(rules(&public), (true, vec![]));
    assert_eq!(rules(&other), (false, vec!["pgs-trace-signature-invalid"]));
}
