// SPDX-License-Identifier: Apache-2.0
//! The URIs of schemas: what a file of the artifact is called, and against what a reference in
//! it is read.

use crate::schema;
use serde_json::Value;

/// Scheme of the URIs that files without `$id` get.
pub(super) const FILE: &str = "file:///artifact/";

/// The URI of a file of the artifact.
pub(super) fn file_uri(name: &str) -> String {
    let mut uri = String::from(FILE);
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}

/// `$id`, or draft 4's `id` where it can only be meant so.
pub(super) fn id_of(value: &Value) -> Option<&str> {
    let id = value.get("$id").and_then(Value::as_str);
    let old = || {
        let id = value.get("id").and_then(Value::as_str)?;
        (id.starts_with('#') || id.contains("://") || id.starts_with("urn:")).then_some(id)
    };
    id.or_else(old)
}

/// The base URI of each subschema.
pub(super) fn bases(all: &[schema::Subschema<'_>], root: &str) -> Vec<String> {
    let mut bases: Vec<String> = Vec::with_capacity(all.len());
    for subschema in all {
        let outer = subschema.parent.map_or(root, |parent| &bases[parent]);
        let base = match id_of(subschema.value) {
            Some(id) if !id.starts_with('#') && subschema.parent.is_some() => {
                schema::split_fragment(&schema::resolve(outer, id))
                    .0
                    .to_owned()
            }
            _ => outer.to_owned(),
        };
        bases.push(base);
    }
    bases
}

/// Whether a URI is one of json-schema.org.
pub(super) fn is_official(uri: &str) -> bool {
    let path = uri
        .strip_prefix("http://json-schema.org/")
        .or_else(|| uri.strip_prefix("https://json-schema.org/"));
    path.is_some_and(|path| path == "schema" || path.starts_with("draft"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    #[test]
    fn file_uris_survive_the_way_back() {
        let name = "a b/c#d%.json";
        let uri = file_uri(name);
        let back = schema::percent_decode(uri.strip_prefix(FILE).unwrap());
        assert_eq!(back, name);
    }
}
