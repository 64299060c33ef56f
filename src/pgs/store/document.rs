// SPDX-License-Identifier: Apache-2.0
//! A document: one JSON object whose members are set and removed, replaced as a whole.

use super::{Call, Change, Decision, RECORD_BYTES, Reply, Store, StoreFault, StorePath, key};
use crate::pgs::capability::Operation;
use crate::pgs::trace::Effect;
use crate::support::pyjson::ordered::{self, Object, Value};

/// Levels of JSON in a document.
const DEPTH: usize = 128;

pub(super) fn call(store: &Store, path: &StorePath, call: &Call<'_>) -> Decision {
    let mut members = match store.read(path)? {
        None => Object::new(),
        Some(bytes) => match ordered::parse_lenient(&bytes, DEPTH) {
            Ok(Value::Object(members)) => members,
            Ok(_) => return Err(StoreFault::Content("is no object".to_owned())),
            Err(error) => return Err(StoreFault::Content(format!("is no JSON: {error}"))),
        },
    };
    if call.operation == Operation::List {
        let keys: Vec<_> = members.keys().map(String::as_str).collect();
        return Ok((Reply::with("SUCCESS", "keys", keys), None));
    }
    let key = match key(call.inputs, "key") {
        Ok(key) => key,
        Err(reply) => return Ok((reply, None)),
    };
    let reply = match call.operation {
        Operation::Get => match members.get(key) {
            Some(value) => Reply::with("SUCCESS", "value", value),
            None => Reply::new("NOT_FOUND"),
        },
        Operation::Exists => Reply::with("SUCCESS", "exists", members.contains_key(key)),
        Operation::Put => {
            let value = call.inputs.get("value").cloned().unwrap_or_default();
            if value.line().len() > RECORD_BYTES {
                return Ok((Reply::violation("the value is too large"), None));
            }
            let before = members.insert(key.to_owned(), value);
            let effect = if before.is_some() {
                Effect::Overwritten
            } else {
                Effect::Created
            };
            return Ok((Reply::new("SUCCESS").did(effect), whole(members)));
        }
        Operation::Delete if members.shift_remove(key).is_some() => {
            let reply = Reply::new("SUCCESS").did(Effect::Tombstoned);
            return Ok((reply, whole(members)));
        }
        Operation::Delete => Reply::new("NOT_FOUND"),
        _ => Reply::backend("NotOffered", &"a document does no such thing"),
    };
    Ok((reply, None))
}

fn whole(members: Object) -> Option<Change> {
    let text = Value::Object(members).indented();
    Some(Change::Replace(text.into_bytes()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;
    use crate::pgs::capability::EffectKind;
    use crate::pgs::clock::Clock;
    use crate::record;

    fn ask(store: &mut Store, operation: Operation, inputs: Value) -> Reply {
        let path = StorePath::parse("facts.json").unwrap();
        store.call(&Call {
            at: "",
            kind: EffectKind::Document,
            operation,
            path: Some(&path),
            inputs: inputs.as_object().unwrap(),
            clock: Clock::Wall,
        })
    }

    #[test]
    fn members_are_set_read_and_removed() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("data")).unwrap();
        let of = |key: &str| record! { "key" => key };
        let put = |value: i64| record! { "key" => "k", "value" => record! { "n" => value } };
        assert_eq!(
            ask(&mut store, Operation::Get, of("k")).outcome,
            "NOT_FOUND"
        );
        assert_eq!(
            ask(&mut store, Operation::Put, put(1)).effect,
            Effect::Created
        );
        assert_eq!(
            ask(&mut store, Operation::Put, put(2)).effect,
            Effect::Overwritten
        );
        let text = std::fs::read_to_string(folder.path().join("data/facts.json")).unwrap();
        assert_eq!(text, "{\n  \"k\": {\n    \"n\": 2\n  }\n}");
        let got = ask(&mut store, Operation::Get, of("k"));
        assert_eq!(got.outputs["value"], record! { "n" => 2_i64 });
        let listed = ask(&mut store, Operation::List, record! {});
        assert_eq!(listed.outputs["keys"], vec!["k"].into());
        assert_eq!(
            ask(&mut store, Operation::Delete, of("k")).effect,
            Effect::Tombstoned
        );
        assert_eq!(
            ask(&mut store, Operation::Delete, of("k")).outcome,
            "NOT_FOUND"
        );
        assert_eq!(
            ask(&mut store, Operation::Exists, of("")).outcome,
            "VIOLATION"
        );
    }

    #[test]
    fn an_overlay_leaves_the_files_alone() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("data");
        std::fs::create_dir(&root).unwrap();
        std::fs::write(root.join("facts.json"), "{\"k\": 1}").unwrap();
        let mut store = Store::overlay(&root).unwrap();
        let put = record! { "key" => "k", "value" => 2_i64 };
        assert_eq!(
            ask(&mut store, Operation::Put, put).effect,
            Effect::Overwritten
        );
        let got = ask(&mut store, Operation::Get, record! { "key" => "k" });
        assert_eq!(got.outputs["value"], 2_i64.into());
        assert_eq!(
            std::fs::read(root.join("facts.json")).unwrap(),
            b"{\"k\": 1}"
        );
        assert_eq!(store.changed().count(), 1);
        let beside = std::fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(beside, 1, "an overlay leaves nothing beside the root");
    }
}
