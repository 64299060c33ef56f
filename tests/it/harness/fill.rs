// SPDX-License-Identifier: Apache-2.0
//! Placeholders in `archive.toml` fixtures that depend on other entries of the same archive.

use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Replaces `@@SHA256:name@@` by the digest of that entry as `RECORD` writes it (URL-safe
/// base64 without padding) and `@@SIZE:name@@` by its size in bytes.
///
/// # Panics
/// The placeholder names an entry that the archive does not have, or is never closed.
pub(crate) fn entry_facts(text: &str, entries: &BTreeMap<String, Vec<u8>>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("@@S") {
        out.push_str(&rest[..at]);
        let body = &rest[at + 2..];
        let end = body.find("@@").expect("a placeholder ends in @@");
        let content = |name: &str| {
            entries
                .get(name)
                .unwrap_or_else(|| panic!("the placeholder names `{name}`, which is no entry"))
        };
        match body[..end].split_once(':') {
            Some(("SHA256", name)) => out.push_str(&base64url(&Sha256::digest(content(name)))),
            Some(("SIZE", name)) => out.push_str(&content(name).len().to_string()),
            // Somebody else's placeholder.
            _ => out.push_str(&rest[at..at + 2 + end + 2]),
        }
        rest = &body[end + 2..];
    }
    out.push_str(rest);
    out
}

/// RFC 4648, section 5, without padding; written apart from the product's, to test it.
fn base64url(bytes: &[u8]) -> String {
    let alphabet: Vec<char> = ('A'..='Z')
        .chain('a'..='z')
        .chain('0'..='9')
        .chain(['-', '_'])
        .collect();
    let mut bits = String::new();
    for byte in bytes {
        bits.push_str(&format!("{byte:08b}"));
    }
    while !bits.len().is_multiple_of(6) {
        bits.push('0');
    }
    bits.as_bytes()
        .chunks(6)
        .map(|six| alphabet[usize::from_str_radix(std::str::from_utf8(six).unwrap(), 2).unwrap()])
        .collect()
}

#[test]
fn placeholders_are_filled_from_the_entries() {
    let entries = BTreeMap::from([("a.py".to_owned(), b"foob".to_vec())]);
    let filled = entry_facts(
        "a.py,sha256=@@SHA256:a.py@@,@@SIZE:a.py@@ @@SECRET@@",
        &entries,
    );
    assert!(filled.starts_with("a.py,sha256="), "{filled}");
    assert!(filled.ends_with(",4 @@SECRET@@"), "{filled}");
    assert_eq!(base64url(b"foob"), "Zm9vYg");
}
