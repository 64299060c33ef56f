// SPDX-License-Identifier: Apache-2.0
//! `schema-api-ref`: references of API descriptions (OpenAPI, AsyncAPI) that lead nowhere.
//!
//! A description may be spread over files: from those that say what they are, references lead to
//! the others. What lies outside of the artifact is not judged, nor what is only quoted: examples,
//! defaults, extensions.

use super::Artifact;
use super::schema_check::{OverSchemas, draft};
use super::schema_index::{self, Index};
use super::schema_place::{is_json_name, is_yaml_name, weight};
use super::schema_yaml::{self, is_api};
use crate::model::Draft;
use crate::rules::Rule;
use crate::schema;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The check.
pub(super) const CHECK: OverSchemas = OverSchemas {
    name: "schema-api-ref",
    of_absence: true,
    judge,
};

/// References named per document; the rest is counted.
const NAMED: usize = 20;

/// Files of one artifact that are read because others refer to them.
const PARTS: usize = 5_000;

fn judge(rule: &Rule, artifact: &Artifact, index: &Index, out: &mut Vec<Draft>) {
    let roots = index.descriptions();
    let roots: Vec<(&str, Arc<Value>)> = roots
        .map(|(name, value)| (name, Arc::clone(value)))
        .collect();
    if roots.is_empty() {
        return;
    }
    let mut parts = Parts {
        artifact,
        index,
        read: BTreeMap::new(),
        open: Vec::new(),
    };
    for (name, value) in &roots {
        parts.read.insert((*name).to_owned(), Some(value.clone()));
        parts.open.push(((*name).to_owned(), Arc::clone(value)));
    }
    // Files in the order of their names, whichever referred to them.
    let mut found: BTreeMap<String, Vec<Broken>> = BTreeMap::new();
    while let Some((name, value)) = parts.open.pop() {
        let broken = broken(&mut parts, &roots, &name, &value);
        found.insert(name, broken);
    }
    for (name, broken) in found {
        let place = (name.as_str(), weight(&name));
        let more = broken.len().saturating_sub(NAMED);
        for Broken { pointer, text } in broken.into_iter().take(NAMED) {
            out.push(draft(rule, artifact, place, &pointer, text));
        }
        if more > 0 {
            let text = format!("{more} more references do not resolve.");
            out.push(draft(rule, artifact, place, "", text));
        }
    }
}

/// Descriptions that the references of a part may be read against.
const WHOLES: usize = 16;

/// A reference that leads nowhere.
struct Broken {
    pointer: String,
    text: String,
}

/// The files of the descriptions, read when a reference leads to them.
struct Parts<'a> {
    artifact: &'a Artifact,
    index: &'a Index,
    read: BTreeMap<String, Option<Arc<Value>>>,
    /// Read and not yet looked through.
    open: Vec<(String, Arc<Value>)>,
}

impl Parts<'_> {
    /// The content of a file, if it can be looked into.
    fn content(&mut self, name: &str) -> Option<Arc<Value>> {
        if let Some(known) = self.read.get(name) {
            return known.clone();
        }
        if self.read.len() >= PARTS {
            return None;
        }
        let documents = &self.index.documents;
        let known = documents.binary_search_by(|document| document.name.as_str().cmp(name));
        let known = known.ok().map(|at| Arc::clone(&documents[at].value));
        let read = known.or_else(|| {
            let bytes = self.artifact.kept.get(name)?;
            let value = match (is_yaml_name(name), is_json_name(name)) {
                (true, _) => schema_yaml::parse(bytes).ok(),
                (_, true) => schema_index::parse(bytes).ok(),
                _ => None,
            };
            value.map(Arc::new)
        });
        self.read.insert(name.to_owned(), read.clone());
        if let Some(value) = &read {
            self.open.push((name.to_owned(), Arc::clone(value)));
        }
        read
    }
}

/// The references of one file that lead nowhere.
fn broken(
    parts: &mut Parts<'_>,
    roots: &[(&str, Arc<Value>)],
    name: &str,
    value: &Value,
) -> Vec<Broken> {
    let is_root = is_api(value);
    let mut seen = BTreeSet::new();
    let mut broken = Vec::new();
    for (pointer, text) in references(value) {
        // Of templates and shell variables nobody knows what they will be.
        if text.contains(['{', '<', '$']) && !text.starts_with('#') || !seen.insert(text) {
            continue;
        }
        let (file, fragment) = schema::split_fragment(text);
        let fragment = schema::percent_decode(fragment.unwrap_or_default());
        let in_a_file = !fragment.is_empty() && !fragment.starts_with('/');
        let missing = if file.is_empty() {
            // Some bundlers read a part's references against the whole.
            let whole = roots.iter().take(if is_root { 0 } else { WHOLES });
            let mut all = std::iter::once(value).chain(whole.map(|(_, root)| &**root));
            !in_a_file && !all.any(|value| holds(value, &fragment))
        } else {
            let Some(target) = beside(name, file) else {
                continue;
            };
            if !parts.artifact.entries.contains_key(&target) {
                // A folder of the working tree may hold what is made by a build.
                let text = format!("The reference `{text}` leads to a file that is not here.");
                broken.push(Broken { pointer, text });
                continue;
            }
            let content = parts.content(&target);
            !in_a_file && content.is_some_and(|value| !holds(&value, &fragment))
        };
        if missing {
            let text = format!("The reference `{text}` leads to a part that does not exist.");
            broken.push(Broken { pointer, text });
        }
    }
    broken
}

/// The file that a relative reference in a file names; `None` where it cannot be told from here.
fn beside(name: &str, reference: &str) -> Option<String> {
    // A bare word is a name of something to some tools.
    if schema::has_scheme(reference)
        || reference.starts_with('/')
        || !reference.contains(['.', '/'])
        || reference.contains(['?', '\\'])
    {
        return None;
    }
    let mut folders: Vec<&str> = name.split('/').collect();
    folders.pop();
    let decoded = schema::percent_decode(reference);
    let mut parts: Vec<&str> = Vec::new();
    for part in folders.into_iter().chain(decoded.split('/')) {
        match part {
            "" | "." => {}
            // What lies above the artifact is not seen from here.
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// Whether a JSON Pointer leads somewhere. A way through another reference is taken for good.
fn holds(mut value: &Value, pointer: &str) -> bool {
    for token in schema::tokens(pointer) {
        let next = match value {
            Value::Object(object) => match object.get(&token) {
                None if object.contains_key("$ref") => return true,
                next => next,
            },
            Value::Array(items) => token.parse::<usize>().ok().and_then(|at| items.get(at)),
            _ => None,
        };
        let Some(next) = next else {
            return false;
        };
        value = next;
    }
    true
}

/// Keys below which everything is quoted.
const QUOTED: &[&str] = &["const", "default", "enum", "example"];

/// The references of a description, each with its JSON Pointer, in order.
fn references(root: &Value) -> Vec<(String, &str)> {
    let mut found = Vec::new();
    // A value, its pointer, whether its keys are names that the author chose.
    let mut open = vec![(root, String::new(), false)];
    while let Some((value, pointer, named)) = open.pop() {
        match value {
            Value::Object(object) => {
                // What a schema with a name of its own refers to is read against that name.
                if object.get("$id").is_some_and(Value::is_string) && !pointer.is_empty() {
                    continue;
                }
                for (key, value) in object.iter().rev() {
                    let below = schema::join(&pointer, key);
                    match value {
                        Value::String(text) if key == "$ref" && !named => {
                            found.push((below, text.as_str()));
                        }
                        Value::Object(_) | Value::Array(_) => {
                            let quoted =
                                !named && (QUOTED.contains(&key.as_str()) || key.starts_with("x-"));
                            let example = key == "value" && pointer.contains("/examples/");
                            let names = !named
                                && matches!(
                                    key.as_str(),
                                    "properties" | "patternProperties" | "schemas" | "definitions"
                                );
                            if !quoted && !example {
                                open.push((value, below, names));
                            }
                        }
                        _ => {}
                    }
                }
            }
            Value::Array(items) => {
                for (at, value) in items.iter().enumerate().rev() {
                    open.push((value, format!("{pointer}/{at}"), false));
                }
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_quoted_is_no_reference() {
        let value = json!({
            "paths": {"/a": {"$ref": "a.yaml"}},
            "components": {"schemas": {
                "default": {"$ref": "#/b"},
                "x": {"properties": {"$ref": {"type": "string"}, "example": {"$ref": "#/c"}},
                      "example": {"$ref": "#/d"}, "default": {"$ref": "#/e"}},
            }},
            "x-own": {"$ref": "#/f"},
        });
        let mut texts: Vec<&str> = references(&value)
            .into_iter()
            .map(|(_, text)| text)
            .collect();
        texts.sort_unstable();
        assert_eq!(texts, ["#/b", "#/c", "a.yaml"]);
    }

    #[test]
    fn files_are_named_from_where_the_reference_stands() {
        assert_eq!(
            beside("api/openapi.yaml", "./x/a%20b.yaml").as_deref(),
            Some("api/x/a b.yaml")
        );
        assert_eq!(beside("api/o.yaml", "../a.yaml").as_deref(), Some("a.yaml"));
        assert_eq!(beside("o.yaml", "../a.yaml"), None);
        assert_eq!(beside("o.yaml", "https://example.org/a.yaml"), None);
        assert_eq!(beside("o.yaml", "Pet"), None);
    }
}
