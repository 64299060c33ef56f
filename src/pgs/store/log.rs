// SPDX-License-Identifier: Apache-2.0
//! A log: records are added at the end and stay.

use super::{Call, Change, Decision, RECORD_BYTES, Reply, Store, StorePath, lines};
use crate::pgs::capability::Operation;
use crate::pgs::clock::naive;
use crate::pgs::trace::Effect;
use crate::record;
use crate::support::pyjson::ordered::{Object, Value};

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
    let line = record! {
        "record_id" => &id,
        "sequence_number" => count + 1,
        "timestamp" => moment,
        "actor_id" => input("actor_id"),
        "stream_id" => input("stream_id"),
        "record" => input("record"),
    };
    let line = format!("{}\n", line.line()).into_bytes();
    if line.len() > RECORD_BYTES {
        return Ok((Reply::violation("the record is too large"), None));
    }
    let mut reply = Reply::with("SUCCESS", "record_id", id).did(Effect::Appended);
    let number = Value::from(count + 1);
    reply.outputs.insert("sequence_number".to_owned(), number);
    Ok((reply, Some(Change::Append(line))))
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
