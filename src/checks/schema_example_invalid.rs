// SPDX-License-Identifier: Apache-2.0
//! `schema-example-invalid`: instances validate against the schema they name, and the examples
//! and defaults inside a schema against their own subschema.

use super::Artifact;
use super::schema_check::{OverSchemas, draft};
use super::schema_index::{Document, Index};
use super::schema_place::Weight;
use super::schema_reference::Target;
use super::schema_uri::{FILE, file_uri};
use super::schema_versions::declared;
use crate::model::{Confidence, Draft, Severity};
use crate::rules::Rule;
use crate::schema::{self, Compile, Dialect, Documents, Schema};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The check.
pub(super) const CHECK: OverSchemas = OverSchemas {
    name: "schema-example-invalid",
    of_absence: false,
    judge,
};

/// Faults named per instance.
const NAMED: usize = 5;

/// Subschemas with examples that are compiled per document: each costs a compilation.
const SUBSCHEMAS: usize = 100;

/// Larger schemas are not compiled once more for each of their examples.
const EMBEDDED_BYTES: usize = 1 << 20;

fn judge(rule: &Rule, artifact: &Artifact, index: &Index, out: &mut Vec<Draft>) {
    if index.schemas().next().is_none() {
        return;
    }
    let mut validators = Validators::new(index);
    for document in index.documents.iter().filter(|d| !d.is_schema) {
        if wrong_on_purpose(&document.name) {
            continue;
        }
        if let Some(named) = validators.schema_of(document) {
            instance(rule, artifact, document, named, &mut validators, out);
        }
    }
    for (_, document) in index.schemas() {
        let small = artifact
            .kept
            .get(&document.name)
            .is_some_and(|bytes| bytes.len() <= EMBEDDED_BYTES);
        if small && document.weight > Weight::Test {
            embedded(rule, artifact, index, document, out);
        }
    }
}

/// Schemas by the ways in which instances name them, compiled when first needed.
struct Validators<'a> {
    index: &'a Index,
    known: Documents,
    by_version: BTreeMap<String, Vec<&'a Document>>,
    compiled: BTreeMap<String, Option<Schema>>,
}

impl<'a> Validators<'a> {
    fn new(index: &'a Index) -> Self {
        let mut by_version: BTreeMap<String, Vec<&Document>> = BTreeMap::new();
        for (_, document) in index.schemas() {
            for version in declared(&document.value) {
                let claimed = by_version.entry(version.text.clone()).or_default();
                let known = claimed.iter().any(|other| other.value == document.value);
                if version.is_of_document() && !known {
                    claimed.push(document);
                }
            }
        }
        Self {
            index,
            known: index.known(),
            by_version,
            compiled: BTreeMap::new(),
        }
    }

    /// The one schema that an instance names.
    fn schema_of(&self, document: &Document) -> Option<&'a Document> {
        let named = document.value.get("$schema").and_then(Value::as_str);
        if let Some(named) = named {
            let uri = schema::resolve(&file_uri(&document.name), named);
            return self.index.by_uri(&uri).filter(|found| found.is_schema);
        }
        let version = document.value.get("schema_version")?.as_str()?;
        match self.by_version.get(version)?.as_slice() {
            [one] => Some(one),
            _ => None,
        }
    }

    /// The compiled schema; `None` when it does not compile, which another rule reports.
    fn compiled(&mut self, document: &Document) -> Option<&Schema> {
        let known = &self.known;
        let build = || {
            let compile = Compile {
                base: Some(&document.uri),
                ..Compile::default()
            };
            compile.build(&document.value, known).ok()
        };
        self.compiled
            .entry(document.name.clone())
            .or_insert_with(build)
            .as_ref()
    }
}

fn instance(
    rule: &Rule,
    artifact: &Artifact,
    document: &Document,
    named: &Document,
    validators: &mut Validators<'_>,
    out: &mut Vec<Draft>,
) {
    let Some(compiled) = validators.compiled(named) else {
        return;
    };
    // Editors allow `$schema` in every document, whether the schema lists it or not.
    let listed = named.value.pointer("/properties/$schema").is_some();
    let without = match document.value.as_ref() {
        Value::Object(object) if !listed && object.contains_key("$schema") => {
            let mut object = object.clone();
            object.remove("$schema");
            Some(Value::Object(object))
        }
        _ => None,
    };
    let value = without.as_ref().unwrap_or(&document.value);
    if compiled.accepts(value) {
        return;
    }
    for fault in compiled.faults(value, NAMED) {
        let shown = shown(&fault.instance_path);
        out.push(draft(
            rule,
            artifact,
            document.place(),
            &fault.instance_path,
            format!(
                "It is not valid under {}: at {shown}, {}.",
                named.name, fault.message
            ),
        ));
    }
}

/// Examples and defaults inside a schema.
fn embedded(
    rule: &Rule,
    artifact: &Artifact,
    index: &Index,
    document: &Document,
    out: &mut Vec<Draft>,
) {
    if !matches!(Dialect::of(&document.value), Dialect::Known(_)) {
        return;
    }
    let all = schema::subschemas(&document.value);
    let with: Vec<_> = all
        .iter()
        .filter(|s| s.value.get("examples").is_some_and(Value::is_array))
        .take(SUBSCHEMAS)
        .collect();
    if with.is_empty() {
        return;
    }
    // Only what the document itself holds: a reference elsewhere is not followed here.
    let outside = index.references(artifact, document);
    if outside.iter().any(|reference| {
        !matches!(reference.target, Target::Found(_)) || !reference.text.starts_with('#')
    }) {
        return;
    }
    let mut known = Documents::new();
    known.insert(&document.uri, Arc::clone(&document.value));
    let dialect = document.value.get("$schema").cloned().unwrap_or_default();
    for subschema in with {
        let target = format!("{}#{}", document.uri, fragment(&subschema.pointer));
        let wrapper = json!({ "$schema": dialect, "$ref": target });
        let Ok(compiled) = schema::compile(&wrapper, &known) else {
            continue;
        };
        let examples = subschema.value.get("examples").and_then(Value::as_array);
        for (at, example) in examples.into_iter().flatten().enumerate() {
            if compiled.accepts(example) {
                continue;
            }
            let pointer = format!("{}/examples/{at}", subschema.pointer);
            let reason = compiled.faults(example, 1);
            let reason = reason.first().map_or("", |fault| fault.message.as_str());
            let text =
                format!("The example at {pointer} is not valid under its own schema: {reason}.");
            out.push(
                draft(rule, artifact, document.place(), &pointer, text)
                    .severity(Severity::Low)
                    .confidence(Confidence::Medium),
            );
        }
    }
}

/// A JSON Pointer as a URI fragment.
fn fragment(pointer: &str) -> String {
    file_uri(pointer).trim_start_matches(FILE).to_owned()
}

fn shown(pointer: &str) -> &str {
    if pointer.is_empty() {
        "its root"
    } else {
        pointer
    }
}

/// Negative examples say so in their name.
fn wrong_on_purpose(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    let marks = [
        "invalid",
        "bad",
        "broken",
        "fail",
        "fails",
        "failing",
        "failure",
        "malformed",
        "negative",
        "reject",
        "rejected",
        "wrong",
        "error",
        "errors",
        "incorrect",
        "corrupt",
    ];
    words.iter().any(|word| marks.contains(word))
}
