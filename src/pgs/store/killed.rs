// SPDX-License-Identifier: Apache-2.0
//! A run that is killed anywhere and gone on with has every effect once.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use super::{Call, Reply, Store, StorePath};
use crate::pgs::capability::{EffectKind, Operation};
use crate::pgs::clock::Clock;
use crate::record;
use crate::support::pyjson::ordered::Value;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

fn ask(
    store: &mut Store,
    at: &str,
    kind: EffectKind,
    operation: Operation,
    inputs: Value,
) -> Reply {
    let path = match kind {
        EffectKind::Registry => "registry.json",
        EffectKind::Log => "log.jsonl",
        _ => "facts.json",
    };
    let path = StorePath::parse(path).unwrap();
    store.call(&Call {
        at,
        kind,
        operation,
        path: Some(&path),
        inputs: inputs.as_object().unwrap(),
        clock: Clock::parse("2026-01-01T00:00:00Z").unwrap(),
    })
}

/// One run: a step of every kind of effect, the later ones told what the earlier ones answered.
fn run(store: &mut Store, key: &str) -> Vec<Reply> {
    use EffectKind::{Document, Log, Registry};
    store.begin(key).unwrap();
    let named = || record! { "key_or_address" => "k", "key" => "k" };
    let mut replies = vec![ask(store, "exists", Registry, Operation::Exists, named())];
    replies.push(ask(
        store,
        "register",
        Registry,
        Operation::Register,
        named(),
    ));
    let note = record! { "record" => record! { "event_code" => "EV", "after" => replies.len() } };
    replies.push(ask(store, "note", Log, Operation::Append, note.clone()));
    let put = record! { "key" => "n", "value" => replies[2].outputs["sequence_number"].clone() };
    replies.push(ask(store, "put", Document, Operation::Put, put));
    replies.push(ask(store, "note again", Log, Operation::Append, note));
    replies.push(ask(store, "end", Registry, Operation::Deregister, named()));
    store.end().unwrap();
    replies
}

fn files(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(root).unwrap().map(Result::unwrap);
    entries
        .map(|entry| {
            let name = entry.file_name().into_string().unwrap();
            (name, std::fs::read(entry.path()).unwrap())
        })
        .collect()
}

#[test]
fn whatever_moment_a_run_is_killed_at_no_effect_is_lost_or_doubled() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole");
    let replies = run(&mut Store::open(&whole).unwrap(), "key");
    let expected = files(&whole);
    let mut kills = 0;
    for at in 1.. {
        let root = folder.path().join(at.to_string());
        let mut store = Store::open(&root).unwrap();
        store.kill_in = Some(at);
        let first = catch_unwind(AssertUnwindSafe(|| run(&mut store, "key")));
        drop(store);
        if first.is_ok() {
            break;
        }
        kills += 1;
        let again = run(&mut Store::open(&root).unwrap(), "key");
        assert_eq!(again, replies, "killed at {at}");
        assert_eq!(files(&root), expected, "killed at {at}");
        let left = std::fs::read_dir(root.with_extension("ccr").join("runs"));
        assert_eq!(left.unwrap().count(), 0, "killed at {at}");
    }
    assert!(kills > 12, "{kills}");
}

#[test]
fn another_run_settles_what_a_dead_one_announced_before_it_writes() {
    let folder = tempfile::tempdir().unwrap();
    for at in 1..12 {
        let root = folder.path().join(at.to_string());
        let mut store = Store::open(&root).unwrap();
        store.kill_in = Some(at);
        assert!(catch_unwind(AssertUnwindSafe(|| run(&mut store, "one"))).is_err());
        drop(store);
        // Another workflow on the same files, then the first one again.
        run(&mut Store::open(&root).unwrap(), "two");
        run(&mut Store::open(&root).unwrap(), "one");
        let text = String::from_utf8(files(&root)["log.jsonl"].clone()).unwrap();
        assert_eq!(text.lines().count(), 4, "killed at {at}: {text}");
    }
}

#[test]
fn a_second_run_is_no_resumption() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(&folder.path().join("data")).unwrap();
    let first = run(&mut store, "key");
    let second = run(&mut store, "key");
    assert_eq!(first[1].outcome, second[1].outcome);
    assert_ne!(
        first[1].outputs, second[1].outputs,
        "another life, another address"
    );
}

#[test]
fn the_copy_follows_the_file_whoever_writes_it() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("data");
    let mut store = Store::open(&root).unwrap();
    let of = |name: &str| record! { "key_or_address" => name, "key" => name };
    let ask = |store: &mut Store, operation, name: &str| {
        ask(store, "", EffectKind::Registry, operation, of(name)).outcome
    };
    assert_eq!(ask(&mut store, Operation::Register, "a"), "SUCCESS");
    let file = root.join("registry.json");
    let mut text = std::fs::read_to_string(&file).unwrap();
    text.push_str("{\"key\": \"b\", \"address\": \"B\"}\n");
    std::fs::write(&file, &text).unwrap();
    assert_eq!(ask(&mut store, Operation::Register, "b"), "ALREADY_EXISTS");
    assert_eq!(ask(&mut store, Operation::Resolve, "B"), "SUCCESS");
    std::fs::write(&file, "").unwrap();
    assert_eq!(ask(&mut store, Operation::Resolve, "a"), "NOT_FOUND");
    // A copy that is broken is made again.
    drop(store);
    std::fs::write(
        root.with_extension("ccr").join("index.sqlite"),
        "no database",
    )
    .unwrap();
    std::fs::write(&file, &text).unwrap();
    let mut store = Store::open(&root).unwrap();
    assert_eq!(ask(&mut store, Operation::Resolve, "b"), "SUCCESS");
}
