// SPDX-License-Identifier: Apache-2.0
//! What we run ourselves: its trace holds on every level, its effects are there, and it can be run
//! again. Recorded runs of the original are run again too.

use super::corpus::corpus;
use super::lending;
use super::trace::scenarios;
use ccr::pgs::capability::manifest;
use ccr::pgs::clock::Clock;
use ccr::pgs::examine::{Against, Class, Examination, Level, Reached, Verify, examine, report};
use ccr::pgs::execute::{Options, run};
use ccr::pgs::files::Files;
use ccr::pgs::limits::Limits;
use ccr::pgs::replay::replay;
use ccr::pgs::seal;
use ccr::pgs::snapshot::Snapshot;
use ccr::pgs::store::Store;
use ccr::pgs::trace::{Format, Ground, Profile, Settings, TraceFiles};
use ccr::support::pyjson::ordered::{self, Value};
use std::path::{Path, PathBuf};

fn copy(from: &Path, to: &Path) {
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry.unwrap();
        let target = to.join(entry.path().strip_prefix(from).unwrap());
        if entry.file_type().is_dir() {
            std::fs::create_dir_all(target).unwrap();
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Runs a workflow of the lending desk and writes its trace.
fn record(
    folder: &Path,
    data: &Path,
    workflow: &str,
    payload: &Value,
    options: Options,
) -> PathBuf {
    let snapshot = lending::snapshot();
    let plan = lending::plan(&snapshot, workflow);
    let mut store = Store::open(data).unwrap();
    let ground = Ground {
        snapshot_root_hash: seal::root_hash(&snapshot.files),
        seal_status: "sealed".to_owned(),
        payload_hash: payload.digest(),
        state_digest_before: plan.state_digest(&mut store).unwrap(),
        capability_manifest_hash: manifest::digest(),
        clock: options.clock.name(),
        dry_run: false,
        payload: options.values.then(|| payload.clone()),
    };
    let mut files = TraceFiles::new(Settings {
        root: folder.join("traces"),
        format: Format::V1,
        now: Box::new(|| options.clock.now()),
        signer: None,
        id: None,
    });
    run(
        &plan,
        payload.clone(),
        &mut store,
        options,
        ground,
        &mut files,
    )
    .unwrap();
    files.finish().unwrap().jsonl
}

fn look(path: &Path, data: Option<&Path>, payload: Option<&Value>) -> Examination {
    let snapshot = lending::snapshot();
    let root = seal::root_hash(&snapshot.files);
    let against = Against {
        snapshot: Some(snapshot),
        snapshot_root: Some(root.clone()),
        sealed_root: Some(root),
        data_root: data.map(Path::to_owned),
        payload: payload.cloned(),
        ..Against::default()
    };
    let bytes = std::fs::read(path).unwrap();
    examine(bytes.as_slice(), &Limits::default(), Verify::All, &against).unwrap()
}

/// A day at the desk.
const DAY: &[(&str, &str, Class)] = &[
    ("WF_RETURN_V0", "return", Class::StructuralFailure),
    ("WF_BORROW_V0", "borrow_bad", Class::BusinessOutcome),
    ("WF_ENQUIRE_V0", "enquire", Class::BusinessOutcome),
    ("WF_BORROW_V0", "borrow", Class::Clean),
    ("WF_ENQUIRE_V0", "enquire", Class::Clean),
    ("WF_BORROW_V0", "borrow", Class::BusinessOutcome),
    ("WF_RETURN_V0", "return", Class::Clean),
    ("WF_REPORT_LOSS_V0", "loss", Class::Clean),
];

#[test]
fn a_day_at_the_desk_holds_on_every_level_and_runs_again() {
    let clocks = [Clock::Wall, lending::options().clock];
    for (clock, values) in clocks
        .into_iter()
        .flat_map(|clock| [(clock, true), (clock, false)])
    {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        std::fs::create_dir(&data).unwrap();
        for (nth, (workflow, name, class)) in DAY.iter().enumerate() {
            let before = folder.path().join(format!("before-{nth}"));
            copy(&data, &before);
            let options = Options {
                clock,
                values,
                profile: if nth % 2 == 0 {
                    Profile::Advanced
                } else {
                    Profile::Basic
                },
                ..Options::default()
            };
            let payload = lending::payload(name);
            let path = record(folder.path(), &data, workflow, &payload, options);
            let found = look(&path, Some(&data), Some(&payload));
            let remarks = [
                "pgs-trace-unsigned",
                "pgs-trace-values-recorded",
                "pgs-trace-verdict-ignored",
            ];
            let wrong: Vec<_> = found
                .breaks
                .iter()
                .filter(|one| !remarks.contains(&one.rule))
                .collect();
            assert!(wrong.is_empty(), "{workflow} {name} {clock:?}: {wrong:#?}");
            assert_eq!(
                found.class,
                *class,
                "{workflow} {name}: {}",
                report::text(&found, "t")
            );
            for (level, reached) in &found.levels {
                let open = *level == Level::Replay && !values;
                assert!(
                    open || matches!(reached, Reached::Holds(_)),
                    "{workflow} {name} {level:?}: {reached:?}"
                );
            }
            let again = replay(&found, &lending::snapshot(), &payload, &before).unwrap();
            assert_eq!(again.differences, [], "{workflow} {name} {clock:?}");
            assert!(again.compared > 0);
            if clock != Clock::Wall {
                assert_eq!(again.open, 0);
            }
        }
    }
}

#[test]
fn another_state_or_payload_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let payload = lending::payload("borrow");
    let options = Options {
        values: true,
        ..lending::options()
    };
    let path = record(folder.path(), &data, "WF_BORROW_V0", &payload, options);
    let found = look(&path, None, None);
    // The data now holds what the run did.
    let again = replay(&found, &lending::snapshot(), &payload, &data).unwrap();
    assert!(!again.differences.is_empty());
    let other = lending::payload("borrow_bad");
    assert!(replay(&found, &lending::snapshot(), &other, &data).is_err());
    let held = look(&path, None, Some(&other));
    assert_eq!(held.class, Class::ReplayDiverged);
    // An effect that somebody took back.
    std::fs::remove_file(data.join("events/loans.jsonl")).unwrap();
    let held = look(&path, Some(&data), None);
    assert_eq!(held.class, Class::ReplayDiverged);
    assert!(
        held.breaks
            .iter()
            .any(|one| one.rule == "pgs-trace-effect-missing")
    );
}

#[test]
fn recorded_runs_of_the_original_run_again() {
    let Some(corpus) = corpus() else { return };
    let limits = Limits::default();
    let files = Files::read(&corpus.join("v02/snapshot"), &limits).unwrap();
    let snapshot = Snapshot::of(files, limits).unwrap();
    let empty = tempfile::tempdir().unwrap();
    let mut count = 0;
    for scenario in scenarios(&corpus, "v02") {
        let text = std::fs::read_to_string(scenario.join("expected.json")).unwrap();
        let expected: serde_json::Value = serde_json::from_str(&text).unwrap();
        // The runs that began with no data.
        let order = expected["order"].as_i64().unwrap();
        if !matches!(order, 1 | 2 | 5 | 6 | 8) {
            continue;
        }
        let path = corpus
            .join("v02/payloads")
            .join(expected["payload"].as_str().unwrap());
        let payload = ordered::parse_strict(&std::fs::read(path).unwrap(), 128).unwrap();
        let bytes = std::fs::read(scenario.join("trace.jsonl")).unwrap();
        let against = Against::default();
        let found = examine(bytes.as_slice(), &limits, Verify::Chain, &against).unwrap();
        let again = replay(&found, &snapshot, &payload, empty.path()).unwrap();
        assert_eq!(again.differences, [], "{}", scenario.display());
        count += 1;
    }
    assert_eq!(count, 5);
}
