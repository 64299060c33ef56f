// SPDX-License-Identifier: Apache-2.0
//! Sealing a run: event chain, digests, freshness, `seal.json` (specification, sections 2.3, 2.4,
//! 7.1 and 7.2).

use crate::governance::jcs;
use crate::governance::run::{REPORT, SEAL, SEAL_SCHEMA, SIGNATURE, ZEROS};
use crate::record;
use crate::support::hashing;
use crate::support::pyjson::ordered::{Object, Value};
use std::collections::BTreeMap;

/// Files of a run by name.
pub type Contents = BTreeMap<String, Vec<u8>>;

/// Events as a file in which each carries the hash of the one before it, and the last hash.
pub fn chain(events: Vec<Value>) -> (Vec<u8>, String) {
    let mut head = ZEROS.to_owned();
    let mut text = String::new();
    for mut event in events {
        if let Some(members) = event.as_object_mut() {
            members.shift_remove("hash");
            members.insert("prev_hash".to_owned(), Value::from(&head));
        }
        head = jcs::digest(&event);
        if let Some(members) = event.as_object_mut() {
            members.insert("hash".to_owned(), Value::from(&head));
        }
        text.push_str(&jcs::canonical(&event));
        text.push('\n');
    }
    (text.into_bytes(), head)
}

/// Whether a file is part of what a seal covers.
pub fn is_sealed(name: &str) -> bool {
    name != SEAL && name != SIGNATURE
}

/// Puts the digest of every sealed file into a report, its own last.
pub fn fill_digests(report: &mut Value, files: &Contents) {
    let mut digests = Object::new();
    for (name, bytes) in files {
        if is_sealed(name) && name != REPORT {
            digests.insert(name.clone(), Value::from(hashing::sha256_hex(bytes)));
        }
    }
    digests.insert(REPORT.to_owned(), Value::from(ZEROS));
    digests.sort_unstable_keys();
    report_set(report, "artifact_digests", Value::Object(digests));
    let own = jcs::digest(report);
    if let Some(Value::Object(digests)) = member_mut(report, "artifact_digests") {
        digests.insert(REPORT.to_owned(), Value::from(own));
    }
}

/// The seal over these files.
pub fn seal(
    files: &Contents,
    run_id: &str,
    sealed_at: &str,
    events_head: Option<&str>,
    previous: Option<&str>,
) -> Value {
    let listed: Vec<Value> = files
        .iter()
        .filter(|(name, _)| is_sealed(name))
        .map(|(name, bytes)| {
            record! {
                "path" => name,
                "size" => bytes.len(),
                "sha256" => hashing::sha256_hex(bytes),
            }
        })
        .collect();
    let text = |text: Option<&str>| text.map_or(Value::Null, Value::from);
    let mut seal = record! {
        "schema" => SEAL_SCHEMA,
        "run_id" => run_id,
        "sealed_at" => sealed_at,
        "files" => listed,
        "events_head" => text(events_head),
        "previous_seal" => text(previous),
    };
    let root = jcs::digest(&seal);
    report_set(&mut seal, "root", Value::from(root));
    seal
}

/// A value as a file: indented, one final newline.
pub fn file_of(value: &Value) -> Vec<u8> {
    let mut text = value.indented();
    text.push('\n');
    text.into_bytes()
}

fn member_mut<'v>(value: &'v mut Value, key: &str) -> Option<&'v mut Value> {
    value.as_object_mut()?.get_mut(key)
}

/// Sets a member of an object.
pub fn report_set(value: &mut Value, key: &str, member: Value) {
    if let Some(members) = value.as_object_mut() {
        members.insert(key.to_owned(), member);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_hangs_on_every_byte_but_its_own() {
        let mut files = Contents::new();
        files.insert("a".to_owned(), b"1".to_vec());
        files.insert("seal.json".to_owned(), b"old".to_vec());
        let root = |files: &Contents| {
            let seal = seal(files, "r", "2026-01-01T00:00:00Z", None, None);
            seal.text("root").unwrap().to_owned()
        };
        let first = root(&files);
        files.insert("seal.json".to_owned(), b"new".to_vec());
        files.insert("seal.json.sig".to_owned(), b"x".to_vec());
        assert_eq!(root(&files), first);
        files.insert("a".to_owned(), b"2".to_vec());
        assert_ne!(root(&files), first);
    }

    #[test]
    fn the_chain_begins_with_zeros_and_each_hash_is_the_next_ones_past() {
        let (text, head) = chain(vec![record! { "event" => "a" }, record! { "event" => "b" }]);
        let lines: Vec<_> = text
            .split(|b| *b == b'\n')
            .filter(|l| !l.is_empty())
            .collect();
        let parse = |line: &[u8]| crate::support::pyjson::ordered::parse_strict(line, 9).unwrap();
        assert_eq!(parse(lines[0]).text("prev_hash"), Some(ZEROS));
        assert_eq!(
            parse(lines[1]).text("prev_hash"),
            parse(lines[0]).text("hash")
        );
        assert_eq!(parse(lines[1]).text("hash"), Some(head.as_str()));
    }
}
