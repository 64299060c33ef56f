// SPDX-License-Identifier: Apache-2.0
//! A registry: keys that are inserted once, lines of JSON whatever the file is called. Its addresses
//! are derived, so that a replay finds the same ones.

use super::{Call, Change, Decision, RECORD_BYTES, Reply, Store, StorePath, key};
use crate::pgs::capability::Operation;
use crate::pgs::trace::Effect;
use crate::record;
use crate::support::pyjson::ordered::{Object, Value};

/// Names that a value may not bring along.
const RESERVED: [&str; 3] = ["key", "address", "tombstone"];

pub(super) fn call(store: &mut Store, path: &StorePath, call: &Call<'_>) -> Decision {
    if call.operation == Operation::Register {
        return register(store, path, call.inputs);
    }
    let name = match key(call.inputs, "key_or_address") {
        Ok(name) => name,
        Err(reply) => return Ok((reply, None)),
    };
    let found = store.named(path, name)?.filter(|(_, life)| life.live);
    let reply = match (call.operation, found) {
        (Operation::Exists, found) => Reply::with("SUCCESS", "exists", found.is_some()),
        (_, None) => Reply::new("NOT_FOUND"),
        (Operation::Resolve, Some((_, life))) => {
            let mut reply = Reply::new("SUCCESS");
            for name in ["target_cs", "target_ref"] {
                let value = life.entry.get(name).cloned().unwrap_or_default();
                reply.outputs.insert(name.to_owned(), value);
            }
            reply
        }
        (Operation::Deregister, Some((key, life))) => {
            let line = record! { "key" => key, "address" => life.address, "tombstone" => true };
            let line = format!("{}\n", line.line()).into_bytes();
            let reply = Reply::new("SUCCESS").did(Effect::Tombstoned);
            return Ok((reply, Some(Change::Append(line))));
        }
        _ => Reply::backend("NotOffered", &"a registry does no such thing"),
    };
    Ok((reply, None))
}

fn register(store: &mut Store, path: &StorePath, inputs: &Object) -> Decision {
    let key = match key(inputs, "key") {
        Ok(key) => key,
        Err(reply) => return Ok((reply, None)),
    };
    let before = store.life(path, key)?;
    if let Some(life) = before.as_ref().filter(|life| life.live) {
        let reply = Reply::with("ALREADY_EXISTS", "address", &life.address);
        return Ok((reply, None));
    }
    let address = address(path, key, before.map_or(0, |life| life.lives));
    let mut line = Object::from([
        ("key".to_owned(), key.into()),
        ("address".to_owned(), (&address).into()),
    ]);
    for name in ["target_cs", "target_ref"] {
        if let Some(value) = inputs.get(name).filter(|value| !value.is_null()) {
            line.insert(name.to_owned(), value.clone());
        }
    }
    match inputs.get("value") {
        None | Some(Value::Null) => {}
        Some(Value::Object(value)) if !RESERVED.iter().any(|name| value.contains_key(*name)) => {
            line.extend(value.clone());
        }
        Some(_) => {
            let why = "`value` is no object, or names the key itself";
            return Ok((Reply::violation(why), None));
        }
    }
    let line = format!("{}\n", Value::Object(line).line()).into_bytes();
    if line.len() > RECORD_BYTES {
        return Ok((Reply::violation("the entry is too large"), None));
    }
    let reply = Reply::with("SUCCESS", "address", address).did(Effect::Created);
    Ok((reply, Some(Change::Append(line))))
}

/// The address of a key's life: of its file, its name, and how many lives it had before.
fn address(path: &StorePath, key: &str, generation: usize) -> String {
    let of = record! { "store" => path.as_str(), "key" => key, "generation" => generation };
    format!("ADDR_{}", &of.digest()[..32])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;
    use crate::pgs::capability::EffectKind;
    use crate::pgs::clock::Clock;

    fn ask(store: &mut Store, operation: Operation, inputs: Value) -> Reply {
        let path = StorePath::parse("r/keys.json").unwrap();
        store.call(&Call {
            at: "",
            kind: EffectKind::Registry,
            operation,
            path: Some(&path),
            inputs: inputs.as_object().unwrap(),
            clock: Clock::Wall,
        })
    }

    #[test]
    fn a_key_is_inserted_once_ended_and_inserted_again_under_another_address() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("data")).unwrap();
        let of = |name: &str| record! { "key_or_address" => name };
        let given =
            record! { "key" => "k", "target_ref" => "t", "value" => record! { "n" => 1_i64 } };
        let first = ask(&mut store, Operation::Register, given.clone());
        assert_eq!((first.outcome, first.effect), ("SUCCESS", Effect::Created));
        let again = ask(&mut store, Operation::Register, given.clone());
        assert_eq!(
            (again.outcome, again.effect),
            ("ALREADY_EXISTS", Effect::None)
        );
        assert_eq!(again.outputs, first.outputs);
        let address = first.outputs["address"].as_str().unwrap().to_owned();
        let found = ask(&mut store, Operation::Resolve, of(&address));
        assert_eq!(found.outputs["target_ref"], "t".into());
        assert_eq!(found.outputs["target_cs"], Value::Null);
        let ended = ask(&mut store, Operation::Deregister, of("k"));
        assert_eq!(
            (ended.outcome, ended.effect),
            ("SUCCESS", Effect::Tombstoned)
        );
        assert_eq!(
            ask(&mut store, Operation::Deregister, of("k")).outcome,
            "NOT_FOUND"
        );
        assert_eq!(
            ask(&mut store, Operation::Resolve, of(&address)).outcome,
            "NOT_FOUND"
        );
        assert_eq!(
            ask(&mut store, Operation::Exists, of("k")).outputs["exists"],
            false.into()
        );
        let second = ask(&mut store, Operation::Register, given);
        assert_eq!(second.outcome, "SUCCESS");
        assert_ne!(second.outputs, first.outputs);
        let text = std::fs::read_to_string(folder.path().join("data/r/keys.json")).unwrap();
        let begin = format!(
            "{{\"key\": \"k\", \"address\": \"{address}\", \"target_ref\": \"t\", \"n\": 1}}\n\
             {{\"key\": \"k\", \"address\": \"{address}\", \"tombstone\": true}}\n"
        );
        assert!(text.starts_with(&begin), "{text}");
    }

    #[test]
    fn what_is_no_key_is_a_violation_and_a_torn_file_a_backend_error() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("data");
        let mut store = Store::open(&root).unwrap();
        for given in [
            record! {},
            record! { "key" => "" },
            record! { "key" => "k".repeat(257) },
            record! { "key" => "k", "value" => record! { "address" => "x" } },
        ] {
            assert_eq!(
                ask(&mut store, Operation::Register, given).outcome,
                "VIOLATION"
            );
        }
        std::fs::create_dir_all(root.join("r")).unwrap();
        std::fs::write(root.join("r/keys.json"), "{\"key\": \"k\", \"addr").unwrap();
        let torn = ask(&mut store, Operation::Register, record! { "key" => "k" });
        assert_eq!(torn.outcome, "BACKEND_ERROR");
        assert!(torn.error.unwrap().contains("line 1 is torn"));
    }
}
