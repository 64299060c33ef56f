// SPDX-License-Identifier: Apache-2.0
//! `package.json` (npm documentation, "package.json") as a [`Manifest`].

use super::declaration::{Ecosystem, License, Manifest, Value};
use crate::model::ByteSpan;

/// Reads the file; `None` when it is unreadable or describes no package.
pub(super) fn read(file: &str, bytes: &[u8]) -> Option<Manifest> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let value: serde_json::Value = serde_json::from_slice(bytes).ok()?;
    let object = value.as_object()?;
    let at = |key: &str, value: &serde_json::Value| Value {
        text: value.as_str().unwrap_or_default().to_owned(),
        span: json_place(bytes, key, value),
    };
    let kind = |value: &serde_json::Value| {
        let kind = value
            .get("type")
            .or_else(|| value.get("name"))
            .unwrap_or(value);
        kind.as_str().unwrap_or_default().to_owned()
    };
    let license = match (object.get("license"), object.get("licenses")) {
        (Some(serde_json::Value::String(text)), _) => {
            if text == "UNLICENSED" {
                License::Elsewhere
            } else if let Some(name) = text.strip_prefix("SEE LICENSE IN ") {
                License::File(Value {
                    text: name.trim().trim_matches(['<', '>']).to_owned(),
                    span: json_place(bytes, "license", &object["license"]),
                })
            } else {
                License::Expression(at("license", &object["license"]))
            }
        }
        (Some(value @ serde_json::Value::Object(_)), _) => License::OldForm(Value {
            text: kind(value),
            span: json_place(bytes, "license", value),
        }),
        (_, Some(serde_json::Value::Array(list))) => License::OldForm(Value {
            text: list.iter().map(kind).collect::<Vec<_>>().join(" OR "),
            span: json_place(bytes, "licenses", &object["licenses"]),
        }),
        _ => License::Missing,
    };
    let field = |key: &str| {
        let value = object.get(key)?;
        value.is_string().then(|| at(key, value))
    };
    // Without a name nothing can be published; many trees hold such files for their tools.
    field("name").or_else(|| field("version"))?;
    Some(Manifest {
        file: file.to_owned(),
        ecosystem: Ecosystem::Npm,
        name: field("name"),
        version: field("version"),
        license,
        private: object.get("private").and_then(serde_json::Value::as_bool) == Some(true),
    })
}

/// The place of `"key": value`: of the value when it is a string, else of the key.
fn json_place(bytes: &[u8], key: &str, value: &serde_json::Value) -> Option<ByteSpan> {
    let quoted = format!("\"{key}\"");
    memchr::memmem::find_iter(bytes, quoted.as_bytes()).find_map(|at| {
        let end = at + quoted.len();
        let space = |from: usize| {
            let rest = bytes.get(from..).unwrap_or_default();
            from + rest
                .iter()
                .take_while(|byte| byte.is_ascii_whitespace())
                .count()
        };
        let colon = space(end);
        if bytes.get(colon) != Some(&b':') {
            return None;
        }
        if !value.is_string() {
            return Some(ByteSpan::new(at, end));
        }
        let start = space(colon + 1);
        let literal = value.to_string();
        bytes
            .get(start..)
            .is_some_and(|rest| rest.starts_with(literal.as_bytes()))
            .then(|| ByteSpan::new(start, start + literal.len()))
    })
}
