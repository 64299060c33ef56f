// SPDX-License-Identifier: Apache-2.0
//! `schema_version` strings: where schemas declare them and what they are made of.

use crate::schema;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A version that a schema declares for `schema_version`.
#[derive(Debug, Clone)]
pub(super) struct Version {
    /// For example `ccr.packet.v0.1`.
    pub(super) text: String,
    /// JSON Pointer of the subschema of `schema_version`.
    pub(super) pointer: String,
}

/// Every version that a schema declares, as `const` or in an `enum`.
pub(super) fn declared(value: &Value) -> Vec<Version> {
    let mut found = Vec::new();
    for subschema in schema::subschemas(value) {
        if !subschema.pointer.ends_with("/properties/schema_version") {
            continue;
        }
        let constant = subschema.value.get("const");
        let listed = subschema.value.get("enum").and_then(Value::as_array);
        for text in constant.into_iter().chain(listed.into_iter().flatten()) {
            if let Some(text) = text.as_str() {
                found.push(Version {
                    text: text.to_owned(),
                    pointer: subschema.pointer.clone(),
                });
            }
        }
    }
    found
}

impl Version {
    /// Whether it is the version of the document, not of something inside it.
    pub(super) fn is_of_document(&self) -> bool {
        let owner = self.pointer.trim_end_matches("/properties/schema_version");
        !owner
            .split('/')
            .any(|token| matches!(token, "properties" | "items" | "additionalProperties"))
    }
}

/// The object and the version: `ccr.packet` and `v0.1` of `ccr.packet.v0.1`.
pub(super) fn object_of(text: &str) -> Option<(&str, &str)> {
    let mut from = text.len();
    while let Some(at) = text[..from].rfind(".v") {
        let version = &text[at + 1..];
        let digits = version[1..]
            .split('.')
            .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
        if digits && at > 0 {
            return Some((&text[..at], version));
        }
        from = at;
    }
    None
}

/// Object to the versions declared for it.
pub(super) type Known = BTreeMap<String, BTreeSet<String>>;

/// Adds the versions a schema declares.
pub(super) fn learn(known: &mut Known, value: &Value) {
    for version in declared(value) {
        if let Some((object, _)) = object_of(&version.text) {
            known
                .entry(object.to_owned())
                .or_default()
                .insert(version.text.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_split_at_their_last_part() {
        assert_eq!(object_of("ccr.packet.v0.1"), Some(("ccr.packet", "v0.1")));
        assert_eq!(object_of("a.v1.b.v2"), Some(("a.v1.b", "v2")));
        assert_eq!(object_of("1.0"), None);
        assert_eq!(object_of("a.value"), None);
    }
}
