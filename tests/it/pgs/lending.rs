// SPDX-License-Identifier: Apache-2.0
//! Our own snapshot, a lending desk: every kind of node and every effect.

use ccr::pgs::clock::Clock;
use ccr::pgs::execute::{End, Options, Plan, run};
use ccr::pgs::files::Files;
use ccr::pgs::fqdn::Fqdn;
use ccr::pgs::limits::Limits;
use ccr::pgs::snapshot::Snapshot;
use ccr::pgs::store::Store;
use ccr::pgs::trace::{Effect, Event, Ground};
use ccr::support::pyjson::ordered::{self, Value};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/pgs")
}

pub(super) fn snapshot() -> Snapshot {
    let limits = Limits::default();
    let files = Files::read(&fixtures().join("snapshot"), &limits).unwrap();
    Snapshot::of(files, limits).unwrap()
}

pub(super) fn payload(name: &str) -> Value {
    let path = fixtures().join("payloads").join(format!("{name}.json"));
    ordered::parse_strict(&std::fs::read(path).unwrap(), 128).unwrap()
}

pub(super) fn plan(snapshot: &Snapshot, workflow: &str) -> Plan {
    let name = Fqdn::parse(&format!("lending::{workflow}")).unwrap();
    Plan::load(snapshot, &name, None).unwrap_or_else(|faults| panic!("{faults:#?}"))
}

pub(super) fn options() -> Options {
    Options {
        clock: Clock::parse("2026-03-04T05:06:07.000800Z").unwrap(),
        ..Options::default()
    }
}

/// Every file below a folder.
pub(super) fn files(root: &Path) -> BTreeMap<String, String> {
    let entries = walkdir::WalkDir::new(root).into_iter().map(Result::unwrap);
    entries
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            let name = entry.path().strip_prefix(root).unwrap().to_str().unwrap();
            let text = std::fs::read_to_string(entry.path()).unwrap();
            (name.to_owned(), text)
        })
        .collect()
}

fn go(store: &mut Store, workflow: &str, name: &str, options: Options) -> (End, Vec<Event>) {
    let snapshot = snapshot();
    let plan = plan(&snapshot, workflow);
    let mut events = Vec::new();
    let ground = Ground::default();
    let end = run(&plan, payload(name), store, options, ground, &mut events).unwrap();
    (end, events)
}

fn effects(events: &[Event]) -> Vec<Effect> {
    let effects = events.iter().filter_map(|event| match event {
        Event::StepEnd { effect, .. } if *effect != Effect::None => Some(*effect),
        _ => None,
    });
    effects.collect()
}

#[test]
fn a_book_is_lent_returned_lent_again_and_lost() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(&folder.path().join("data")).unwrap();
    let mut at = |workflow: &str, name: &str| {
        let (end, events) = go(&mut store, workflow, name, options());
        (end.ending.success, end.ending.reason, effects(&events))
    };
    let ends = |success: bool, reason: &str, effects: &[Effect]| {
        (success, reason.to_owned(), effects.to_vec())
    };
    use Effect::{Appended, Created, Overwritten, Tombstoned};
    // Nothing was borrowed yet.
    assert_eq!(
        at("WF_RETURN_V0", "return"),
        ends(false, "ADMISSION_DENIED", &[])
    );
    assert_eq!(
        at("WF_BORROW_V0", "borrow_bad"),
        ends(false, "EXIT_REJECTED", &[])
    );
    assert_eq!(
        at("WF_ENQUIRE_V0", "enquire"),
        ends(false, "EXIT_HTTP_404", &[])
    );
    assert_eq!(
        at("WF_ENQUIRE_V0", "return"),
        ends(false, "EXIT_HTTP_400", &[])
    );
    let lent = at("WF_BORROW_V0", "borrow");
    assert_eq!(lent, ends(true, "COMPLETED", &[Created, Appended, Created]));
    assert_eq!(at("WF_ENQUIRE_V0", "enquire"), ends(true, "COMPLETED", &[]));
    assert_eq!(
        at("WF_BORROW_V0", "borrow"),
        ends(false, "EXIT_ALREADY_EXISTS", &[])
    );
    assert_eq!(
        at("WF_RETURN_V0", "return"),
        ends(true, "COMPLETED", &[Tombstoned, Appended])
    );
    assert_eq!(
        at("WF_RETURN_V0", "return"),
        ends(false, "EXIT_NOT_FOUND", &[])
    );
    let again = at("WF_BORROW_V0", "borrow");
    assert_eq!(
        again,
        ends(true, "COMPLETED", &[Created, Appended, Overwritten])
    );
    let lost = at("WF_REPORT_LOSS_V0", "loss");
    assert_eq!(lost, ends(true, "COMPLETED", &[Appended, Tombstoned]));
    // What is lost does not come back.
    assert_eq!(
        at("WF_RETURN_V0", "return"),
        ends(false, "ADMISSION_DENIED", &[])
    );
}

#[test]
fn equal_inputs_have_equal_events_and_equal_files() {
    let both = ["a", "b"].map(|name| {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join(name);
        let mut store = Store::open(&root).unwrap();
        let (_, events) = go(&mut store, "WF_BORROW_V0", "borrow", options());
        (events, files(&root))
    });
    assert_eq!(both[0], both[1]);
}

#[test]
fn a_dry_run_says_what_a_run_would_do_and_does_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("data");
    let (dry, said) = go(
        &mut Store::overlay(&root).unwrap(),
        "WF_BORROW_V0",
        "borrow",
        options(),
    );
    assert!(!root.exists());
    let (wet, done) = go(
        &mut Store::open(&root).unwrap(),
        "WF_BORROW_V0",
        "borrow",
        options(),
    );
    assert_eq!((dry.effects_committed, wet.effects_committed), (0, 3));
    assert_eq!(said[..said.len() - 1], done[..done.len() - 1]);
}

#[test]
fn a_log_that_cannot_be_read_admits_nobody_but_in_compatibility_mode() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("data");
    let mut store = Store::open(&root).unwrap();
    go(&mut store, "WF_BORROW_V0", "borrow", options());
    let log = root.join("events/loans.jsonl");
    let text = std::fs::read_to_string(&log).unwrap();
    std::fs::write(&log, format!("{text}broken\n")).unwrap();
    let (end, _) = go(&mut store, "WF_RETURN_V0", "return", options());
    assert_eq!(end.ending.reason, "ADMISSION_DENIED");
    let message = end.message.unwrap();
    assert!(message.contains("events/loans.jsonl: line 2"), "{message}");
    let compat = Options {
        compat: true,
        ..options()
    };
    let (end, _) = go(&mut store, "WF_RETURN_V0", "return", compat);
    assert_eq!(end.ending.reason, "EXIT_BACKEND_ERROR");
}

#[test]
fn a_run_has_an_end() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(&folder.path().join("data")).unwrap();
    let short = Options {
        max_hops: 2,
        ..options()
    };
    let (end, _) = go(&mut store, "WF_BORROW_V0", "borrow", short);
    assert_eq!(end.ending.reason, "HOP_LIMIT");
}

#[test]
fn every_fault_of_loading_is_told_at_once() {
    let mut snapshot = snapshot();
    let mut files = Files::default();
    for (path, file) in &snapshot.files.files {
        let mut text = String::from_utf8(file.bytes.to_vec()).unwrap();
        if path.ends_with("CT_PURE_GENERATE_ID_V0.json") {
            // Another type of an input: no longer the contract that is built in.
            text = text.replace("\"type\": \"any\"", "\"type\": \"object\"");
        }
        if path.ends_with("RB_LENDING_V0.json") {
            text = text.replace(
                "{{module_data_root}}/registry",
                "{{module_data_root}}/../registry",
            );
        }
        if path.ends_with("WF_BORROW_V0.json") {
            text = text.replace("\"EXIT_LENT\"", "\"EXIT_GONE\"");
            text = text.replace(
                "\"ALREADY_EXISTS\": \"EXIT_TAKEN\"",
                "\"ALREADY_EXISTS\": \"CC_NAME_LOAN_V0\"",
            );
        }
        if !path.ends_with("CC_STAMP_CARD_V0.json") {
            let file = ccr::pgs::files::File::new(text.into_bytes());
            files.files.insert(path.clone(), file);
        }
    }
    snapshot.files = files;
    let name = Fqdn::parse("lending::WF_BORROW_V0").unwrap();
    let faults = Plan::load(&snapshot, &name, None).err().unwrap();
    let mut codes: Vec<_> = faults.iter().map(|fault| fault.code).collect();
    codes.sort_unstable();
    codes.dedup();
    let expected = [
        "CAP-CONTRACT-DRIFT",
        "CAPABILITY_NOT_FOUND",
        "RB_PATH",
        "WF_CYCLE",
    ];
    for code in expected {
        assert!(codes.contains(&code), "{code} of {codes:?}");
    }
}
