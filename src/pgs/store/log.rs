// SPDX-License-Identifier: Apache-2.0
//! A log: records are added at the end and stay.
//!
//! A log may be chained: its lines then end with `prev_hash`, the SHA-256 of the bytes of the line
//! before, on the first line that of the log's own name. A log that began so goes on so, whoever
//! writes to it; one that did not is left as it is.

use super::{Call, Change, Decision, RECORD_BYTES, Reply, Store, StorePath, lines};
use crate::pgs::capability::Operation;
use crate::pgs::clock::naive;
use crate::pgs::trace::Effect;
use crate::record;
use crate::support::hashing;
use crate::support::pyjson::ordered::{self, Object, Value};
use std::io;

pub(super) fn call(store: &mut Store, path: &StorePath, call: &Call<'_>) -> Decision {
    if call.operation == Operation::Append {
        append(store, path, call)
    } else {
        select(store, path, call)
    }
}

fn append(store: &mut Store, path: &StorePath, call: &Call<'_>) -> Decision {
    let count = store.count(path)?;
    let input = |name: &str| call.inputs.get(name).cloned().unwrap_or_default();
    let moment = naive(call.clock.now());
    let id = format!("{moment}_{count:06}");
    let mut line = record! {
        "record_id" => &id,
        "sequence_number" => count + 1,
        "timestamp" => moment,
        "actor_id" => input("actor_id"),
        "stream_id" => input("stream_id"),
        "record" => input("record"),
    };
    if let (Some(link), Some(members)) = (link(store, path, count == 0)?, line.as_object_mut()) {
        members.insert(LINK.to_owned(), link.into());
    }
    let line = format!("{}\n", line.line()).into_bytes();
    if line.len() > RECORD_BYTES {
        return Ok((Reply::violation("the record is too large"), None));
    }
    let mut reply = Reply::with("SUCCESS", "record_id", id).did(Effect::Appended);
    let number = Value::from(count + 1);
    reply.outputs.insert("sequence_number".to_owned(), number);
    Ok((reply, Some(Change::Append(line))))
}

/// The member that names the line before.
pub(in crate::pgs) const LINK: &str = "prev_hash";

/// What the next line names, when the log is chained.
fn link(store: &Store, path: &StorePath, first: bool) -> io::Result<Option<String>> {
    if first {
        return Ok(store.chains_logs.then(|| first_link(path.as_str())));
    }
    let Some((head, last)) = store.ends(path)? else {
        return Ok(None);
    };
    let chained = ordered::parse_lenient(&head, 128).is_ok_and(|line| line.get(LINK).is_some());
    Ok(chained.then(|| hashing::sha256_hex(&last)))
}

/// What the first line of a log names.
pub(in crate::pgs) fn first_link(name: &str) -> String {
    hashing::sha256_hex(name.as_bytes())
}

/// Records of a stream, all or within bounds. The original declares these and cannot reach them.
fn select(store: &Store, path: &StorePath, call: &Call<'_>) -> Decision {
    let given = |name: &str| call.inputs.get(name).filter(|value| !value.is_null());
    let number = |name: &str| given(name).and_then(Value::as_i64);
    let within: Box<dyn Fn(&Object) -> bool> = match call.operation {
        Operation::Range => {
            let (Some(start), Some(end)) = (number("start_sequence"), number("end_sequence"))
            else {
                return Ok((Reply::violation("a range has two numbers"), None));
            };
            Box::new(move |line| {
                let at = line.get("sequence_number").and_then(Value::as_i64);
                at.is_some_and(|at| (start..=end).contains(&at))
            })
        }
        Operation::Since => {
            let Some(since) = given("timestamp").and_then(Value::as_str) else {
                return Ok((Reply::violation("`timestamp` is no time"), None));
            };
            Box::new(move |line| {
                let at = line.get("timestamp").and_then(Value::as_str);
                at.is_some_and(|at| at > since)
            })
        }
        Operation::All => Box::new(|_| true),
        _ => {
            let reply = Reply::backend("NotOffered", &"a log does no such thing");
            return Ok((reply, None));
        }
    };
    let stream = given("stream_id");
    let mut entries = Vec::new();
    lines::read(&store.read(path)?.unwrap_or_default(), |_, line| {
        if within(&line) && stream.is_none_or(|stream| line.get("stream_id") == Some(stream)) {
            entries.push(Value::Object(line));
        }
        Ok(())
    })?;
    Ok((Reply::with("SUCCESS", "entries", entries), None))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;
    use crate::pgs::capability::EffectKind;
    use crate::pgs::clock::Clock;

    fn ask(store: &mut Store, operation: Operation, inputs: Value) -> Reply {
        let path = StorePath::parse("log.jsonl").unwrap();
        store.call(&Call {
            at: "",
            kind: EffectKind::Log,
            operation,
            path: Some(&path),
            inputs: inputs.as_object().unwrap(),
            clock: Clock::parse("2026-01-02T03:04:05.000600Z").unwrap(),
        })
    }

    #[test]
    fn records_are_numbered_and_written_as_the_original_writes_them() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("data")).unwrap();
        let given = record! { "record" => record! { "a" => "é" }, "stream_id" => "s" };
        let first = ask(&mut store, Operation::Append, given.clone());
        assert_eq!(first.outputs["sequence_number"], 1_i64.into());
        let second = ask(&mut store, Operation::Append, given);
        assert_eq!(
            second.outputs["record_id"],
            "2026-01-02T03:04:05.000600_000001".into()
        );
        let text = std::fs::read_to_string(folder.path().join("data/log.jsonl")).unwrap();
        assert_eq!(
            text.lines().next().unwrap(),
            "{\"record_id\": \"2026-01-02T03:04:05.000600_000000\", \"sequence_number\": 1, \
             \"timestamp\": \"2026-01-02T03:04:05.000600\", \"actor_id\": null, \
             \"stream_id\": \"s\", \"record\": {\"a\": \"\\u00e9\"}}"
        );
        let range = record! { "start_sequence" => 2_i64, "end_sequence" => 9_i64 };
        let found = ask(&mut store, Operation::Range, range);
        assert_eq!(found.outputs["entries"].as_array().unwrap().len(), 1);
        let other = ask(&mut store, Operation::All, record! { "stream_id" => "t" });
        assert_eq!(other.outputs["entries"], Value::Array(Vec::new()));
    }

    #[test]
    fn a_log_that_begins_chained_goes_on_chained() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("data");
        let file = root.join("log.jsonl");
        for overlay in [false, true] {
            let _ = std::fs::remove_dir_all(&root);
            let mut store = if overlay {
                Store::overlay(&root).unwrap()
            } else {
                Store::open(&root).unwrap()
            };
            let path = StorePath::parse("log.jsonl").unwrap();
            store.chain_logs();
            for record in 1..4_i64 {
                // Long lines, so that the last one is not found at first sight.
                let record = record! { "n" => record, "text" => "x".repeat(9_000) };
                let given = record! { "record" => record };
                assert_eq!(ask(&mut store, Operation::Append, given).outcome, "SUCCESS");
                store.chains_logs = false;
            }
            let text = String::from_utf8(store.read(&path).unwrap().unwrap()).unwrap();
            let mut link = first_link("log.jsonl");
            for line in text.lines() {
                let read = ordered::parse_strict(line.as_bytes(), 8).unwrap();
                assert_eq!(read.text(LINK), Some(link.as_str()));
                link = hashing::sha256_hex(line.as_bytes());
            }
            assert_eq!(text.lines().count(), 3);
        }
        let plain = "{\"record_id\": \"x\"}\n";
        let mut store = Store::open(&root).unwrap();
        std::fs::write(&file, plain).unwrap();
        store.chain_logs();
        ask(&mut store, Operation::Append, record! { "record" => 1_i64 });
        assert!(!std::fs::read_to_string(&file).unwrap().contains(LINK));
    }

    #[test]
    fn a_torn_last_line_is_not_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("data");
        let mut store = Store::open(&root).unwrap();
        std::fs::write(root.join("log.jsonl"), "{\"record_id\": \"x\"").unwrap();
        let reply = ask(&mut store, Operation::Append, record! { "record" => 1_i64 });
        assert_eq!(reply.outcome, "BACKEND_ERROR");
        let text = std::fs::read_to_string(root.join("log.jsonl")).unwrap();
        assert_eq!(text, "{\"record_id\": \"x\"");
    }
}
