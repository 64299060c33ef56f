// SPDX-License-Identifier: Apache-2.0
//! The tokenized generation (section 1.9): P-TOK-HASH, P-TOK-COVER; what its tables say against the
//! artifacts is [`super::equivalence`].

use super::context::{Context, Found};
use super::domain::{Domain, TRUST};
use crate::rules::Rule;
use crate::support::hashing;
use crate::support::pyjson::ordered::{Object, Value, parse_strict};

/// The canonical digest of some members of a table.
fn digest(value: &Value, keys: &[&str]) -> String {
    let mut part = Object::new();
    for key in keys {
        part.insert(
            (*key).to_owned(),
            value.get(key).cloned().unwrap_or_default(),
        );
    }
    Value::Object(part).digest()
}

/// P-TOK-HASH.
pub(super) fn hash(context: &Context<'_>, rule: &Rule, found: &mut Found) {
    for domain in &context.domains {
        let metadata = domain.table("metadata.json");
        let topology = domain.table("topology.json");
        let path = domain.path("metadata.json");
        for file in [
            "dispatch.json",
            "handlers.json",
            "metadata.json",
            "topology.json",
        ] {
            if domain.table(file).is_null() {
                let text = format!(
                    "The tokenized domain `{}` has no readable {file}.",
                    domain.name
                );
                found
                    .drafts
                    .push(context.file(rule, &domain.path(file), text));
            }
        }
        let mut held = |path: &str, at: &str, said: Option<&str>, real: &str, what: &str| {
            if said != Some(real) {
                let said = said.unwrap_or("missing");
                let text = format!("`{at}` is {said}, and {what} hashes to {real}.");
                let draft = context.member(rule, path, &format!("/{at}"), text);
                found.drafts.push(draft);
            }
        };
        let real = digest(topology, &["nodes", "edges", "adjacency"]);
        held(
            &path,
            "projection_hash",
            metadata.text("projection_hash"),
            &real,
            "the topology",
        );
        let (forward, reverse) = (
            domain
                .vocabulary
                .get("forward.json")
                .unwrap_or(&Value::Null),
            domain
                .vocabulary
                .get("reverse.json")
                .unwrap_or(&Value::Null),
        );
        let both = crate::record! { "forward" => forward, "reverse" => reverse };
        let real = both.digest();
        let vocabulary = domain
            .vocabulary
            .get("metadata.json")
            .unwrap_or(&Value::Null);
        let place = domain.vocabulary_path("metadata.json");
        let said = vocabulary.text("projection_hash");
        held(&place, "projection_hash", said, &real, "the vocabulary");
        held(
            &path,
            "vocabulary_hash",
            metadata.text("vocabulary_hash"),
            &real,
            "the vocabulary",
        );
        if let Some((place, attestation)) = &domain.attestation {
            let stored = metadata.text("projection_hash").unwrap_or_default();
            let said = attestation.text("tokenized_projection_hash");
            held(
                place,
                "tokenized_projection_hash",
                said,
                stored,
                "the projection",
            );
            let real = hashing::sha256_hex(said.unwrap_or_default().as_bytes());
            let said = attestation.text("attestation_hash");
            held(place, "attestation_hash", said, &real, "the attested text");
        }
        bijection(context, rule, domain, found);
    }
    root(context, rule, found);
}

/// The hash over all attestations.
fn root(context: &Context<'_>, rule: &Rule, found: &mut Found) {
    let path = format!("{TRUST}snapshot_attestation.json");
    let Some(file) = context.files.get(&path) else {
        return;
    };
    let Ok(value) = parse_strict(&file.bytes, 128) else {
        return;
    };
    let mut hashes: Vec<&str> = context
        .domains
        .iter()
        .filter_map(|domain| domain.attestation.as_ref()?.1.text("attestation_hash"))
        .collect();
    hashes.sort_unstable();
    let real = hashing::sha256_hex(hashes.concat().as_bytes());
    if value.text("root_hash") != Some(real.as_str()) {
        let text = format!("`root_hash` is not the hash of the attestations, {real}.");
        found
            .drafts
            .push(context.member(rule, &path, "/root_hash", text));
    }
}

/// Each address one name, each name one address, names of artifacts in order from zero.
fn bijection(context: &Context<'_>, rule: &Rule, domain: &Domain, found: &mut Found) {
    let empty = Object::new();
    let of = |file: &str| {
        domain
            .vocabulary
            .get(file)
            .and_then(Value::as_object)
            .unwrap_or(&empty)
    };
    let (forward, reverse) = (of("forward.json"), of("reverse.json"));
    let path = domain.vocabulary_path("forward.json");
    let mut artifacts: Vec<(u64, &str)> = Vec::new();
    for (address, name) in forward {
        let number = address
            .strip_prefix("0x")
            .and_then(|hex| u64::from_str_radix(hex, 16).ok());
        let name = name.as_str().unwrap_or_default();
        let back = reverse.get(name).and_then(Value::as_str);
        let at = super::context::pointer(&[address.as_str()]);
        let Some(number) = number else {
            let text = format!("`{address}` is no address.");
            found.drafts.push(context.member(rule, &path, &at, text));
            continue;
        };
        if back != Some(address.as_str()) {
            let text =
                format!("`{address}` stands for `{name}`, and the way back leads elsewhere.");
            found.drafts.push(context.member(rule, &path, &at, text));
        }
        let ranges = [
            (0x4000, "edge_kind::"),
            (0x4100, "node_kind::"),
            (0x5000, "outcome::"),
            (0x6000, "transition::"),
        ];
        let range = ranges.iter().rev().find(|(start, _)| number >= *start);
        match range {
            None => artifacts.push((number, name)),
            Some((_, start)) if !name.starts_with(start) => {
                let text = format!("`{name}` stands in the range of `{start}`.");
                found.drafts.push(context.member(rule, &path, &at, text));
            }
            Some(_) => {}
        }
    }
    if forward.len() != reverse.len() {
        let text = format!(
            "{} addresses and {} names: not one for one.",
            forward.len(),
            reverse.len()
        );
        found.drafts.push(context.file(rule, &path, text));
    }
    artifacts.sort_unstable();
    let ordered = artifacts.windows(2).all(|pair| pair[0].1 < pair[1].1);
    let dense = artifacts
        .iter()
        .enumerate()
        .all(|(at, (number, _))| at as u64 == *number);
    if !ordered || !dense {
        let text = "Addresses of artifacts are not given in the order of their names from zero.";
        found.drafts.push(context.file(rule, &path, text));
    }
}

/// P-TOK-COVER.
pub(super) fn cover(context: &Context<'_>, rule: &Rule, found: &mut Found) {
    for domain in &context.domains {
        let metadata = domain.table("metadata.json");
        for file in ["dispatch.json", "handlers.json"] {
            let digest = domain.table(file).digest();
            let raw = context
                .files
                .get(&domain.path(file))
                .map(|file| file.sha256().to_owned());
            let named = metadata
                .as_object()
                .into_iter()
                .flatten()
                .any(|(_, value)| {
                    let said = value.as_str();
                    said == Some(digest.as_str()) || said.is_some() && said == raw.as_deref()
                });
            if !named {
                let text = format!("{file} is executed, and no hash of the snapshot covers it.");
                found
                    .drafts
                    .push(context.file(rule, &domain.path(file), text));
            }
        }
    }
}
