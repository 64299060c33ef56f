// SPDX-License-Identifier: Apache-2.0
//! The recorded runs, in their order and on the data roots they shared: path, status, reason, the
//! original's events, and in the end every byte of the data.

use super::corpus::corpus;
use ccr::pgs::execute::{Options, Plan, run};
use ccr::pgs::files::Files;
use ccr::pgs::fqdn::Fqdn;
use ccr::pgs::limits::Limits;
use ccr::pgs::snapshot::Snapshot;
use ccr::pgs::store::Store;
use ccr::pgs::trace::{Event, Ground, Profile};
use ccr::support::pyjson::ordered::{self, Value};
use std::collections::BTreeMap;
use std::path::Path;

fn json(path: &Path) -> Value {
    ordered::parse_strict(&std::fs::read(path).unwrap(), 128).unwrap()
}

/// The original's name of an event, or nothing for one that is ours.
fn original(event: &Event) -> Option<&'static str> {
    Some(match event {
        Event::ExecutionStart { .. } => "execution_start",
        Event::RegistryDump { .. } => "registry_dump",
        Event::NodeStart { .. } => "node_start",
        Event::CapabilityDispatch { .. } => "capability_dispatch",
        Event::CapabilityRequest { .. } => "capability_request",
        Event::CapabilityResolution { .. } => "capability_resolution",
        Event::NodeEnd { .. } => "node_end",
        Event::Violation { original: true, .. } => "violation",
        Event::Error { .. } => "error",
        Event::WorkflowComplete { .. } => "workflow_complete",
        _ => return None,
    })
}

/// Files below a folder, with what differs between runs masked.
fn masked(root: &Path) -> BTreeMap<String, String> {
    let mask = |pattern: &str| regex::Regex::new(pattern).unwrap();
    let masks = [
        mask(r#""record_id": "[^"]*""#),
        mask(r#""timestamp": "2026-[^"]*""#),
        mask(r#""address": "ADDR_[0-9a-f]{32}""#),
    ];
    let files = walkdir::WalkDir::new(root).into_iter().map(Result::unwrap);
    files
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            let name = entry.path().strip_prefix(root).unwrap();
            let mut text = std::fs::read_to_string(entry.path()).unwrap();
            for (at, mask) in masks.iter().enumerate() {
                text = mask.replace_all(&text, format!("<{at}>")).into_owned();
            }
            (name.to_str().unwrap().to_owned(), text)
        })
        .collect()
}

/// Every recorded run; which verdicts were ignored, by scenario.
fn reproduce(compat: bool) -> BTreeMap<String, usize> {
    let mut ignored = BTreeMap::new();
    let Some(corpus) = corpus() else {
        return ignored;
    };
    let v02 = corpus.join("v02");
    let limits = Limits::default();
    let files = Files::read(&v02.join("snapshot"), &limits).unwrap();
    let snapshot = Snapshot::of(files, limits).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let seed = folder.path().join("data-b");
    std::fs::create_dir(&seed).unwrap();
    std::fs::copy(
        v02.join("seeds/license_facts.json"),
        seed.join("license_facts.json"),
    )
    .unwrap();
    let mut names: Vec<_> = std::fs::read_dir(v02.join("scenarios"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    for name in &names {
        let expected = json(&v02.join("scenarios").join(name).join("expected.json"));
        let text = |key: &str| expected.text(key).unwrap();
        let plan = Plan::load(&snapshot, &Fqdn::parse(text("workflow")).unwrap(), None);
        let plan = plan.unwrap_or_else(|faults| panic!("{name}: {faults:#?}"));
        let payload = json(&v02.join("payloads").join(text("payload")));
        let mut store = Store::open(&folder.path().join(text("data_root"))).unwrap();
        let options = Options {
            profile: match text("mode") {
                "runtime" => Profile::Basic,
                _ => Profile::Advanced,
            },
            compat,
            ..Options::default()
        };
        let mut events = Vec::new();
        let ground = Ground::default();
        let end = run(&plan, payload, &mut store, options, ground, &mut events).unwrap();
        let path: Vec<Value> = end
            .path
            .iter()
            .map(|(node, outcome)| Value::from(vec![node.as_str(), outcome.as_str()]))
            .collect();
        assert_eq!(
            Value::Array(path),
            expected.get("path").unwrap().clone(),
            "{name}"
        );
        let status = if end.ending.success {
            "SUCCESS"
        } else {
            "FAILED"
        };
        assert_eq!(status, text("status"), "{name}");
        assert_eq!(end.ending.reason, text("exit_reason_code"), "{name}");
        assert_eq!(end.ending.condition(), text("exit_condition"), "{name}");
        let seen: Vec<_> = events.iter().filter_map(original).collect();
        let wanted: Vec<_> = expected
            .items("event_types")
            .iter()
            .filter_map(Value::as_str)
            .collect();
        assert_eq!(seen, wanted, "{name}");
        let verdicts = events
            .iter()
            .filter(|event| matches!(event, Event::VerdictIgnored { .. }));
        ignored.insert(name[..2].to_owned(), verdicts.count());
    }
    for root in ["a", "b"] {
        let found = masked(&folder.path().join(format!("data-{root}")));
        assert_eq!(found, masked(&v02.join(format!("final-data-{root}"))));
    }
    assert_eq!(ignored.len(), 21);
    ignored
}

#[test]
fn every_recorded_run_is_reproduced() {
    let ignored = reproduce(false);
    // What the recordings call upstream defects is said aloud.
    let told: Vec<_> = ignored.iter().filter(|(_, count)| **count > 0).collect();
    if !ignored.is_empty() {
        let told: Vec<_> = told.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(told, ["13", "14", "19"]);
    }
}

#[test]
fn every_recorded_run_is_reproduced_in_compatibility_mode() {
    reproduce(true);
}
