// SPDX-License-Identifier: Apache-2.0
//! `schema-invalid`: every JSON Schema compiles in the draft it declares.

use super::Artifact;
use super::schema_check::{OverSchemas, draft};
use super::schema_index::{Document, Index};
use super::schema_place::{Weight, weight};
use super::schema_reference::Target;
use crate::model::{Confidence, Draft, Severity};
use crate::rules::Rule;
use crate::schema::{self, Compile, CompileError, Dialect};
use serde_json::Value;
use std::collections::BTreeMap;

/// The check.
pub(super) const CHECK: OverSchemas = OverSchemas {
    name: "schema-invalid",
    of_absence: false,
    judge,
};

/// Distinct patterns looked at per document.
const PATTERNS: usize = 5_000;

/// Patterns named per document.
const NAMED: usize = 5;

fn judge(rule: &Rule, artifact: &Artifact, index: &Index, out: &mut Vec<Draft>) {
    for (_, document) in index.schemas() {
        if let Some(pointer) = &document.untidy {
            let text = format!(
                "The reference at {pointer} holds characters that a URI may not hold; strict validators refuse it."
            );
            out.push(
                draft(rule, artifact, document.place(), pointer, text).severity(Severity::Low),
            );
        }
        let Err(error) = compiles(artifact, index, document) else {
            broken_patterns(rule, artifact, document, out);
            continue;
        };
        let at =
            |pointer: &str, text: String| draft(rule, artifact, document.place(), pointer, text);
        match error {
            CompileError::Invalid {
                pointer,
                pattern: true,
                ..
            } => out.push(broken_pattern(rule, artifact, document, &pointer)),
            CompileError::Invalid {
                pointer, message, ..
            } => {
                let shown = if pointer.is_empty() {
                    "its root"
                } else {
                    &pointer
                };
                // The meta-schema says of a wrong type only that no alternative fits.
                let message = if pointer.ends_with("/type") {
                    "`type` names no type that JSON Schema has".to_owned()
                } else {
                    message
                };
                out.push(at(
                    &pointer,
                    format!("The JSON Schema does not compile: at {shown}, {message}."),
                ));
            }
            // What our own resolver accepts and the compiler does not is a matter of
            // interpretation; say so, but let nobody's release fail on it.
            CompileError::Reference(message) => out.push(
                at("", format!("The JSON Schema does not compile: {message}."))
                    .severity(Severity::Low)
                    .confidence(Confidence::Low),
            ),
            CompileError::TooLarge(_) => out.push(
                at("", format!("The JSON Schema was not compiled: {error}."))
                    .severity(Severity::Info),
            ),
            CompileError::Dialect(_) => {}
        }
    }
    for (name, error) in &index.broken {
        // A template becomes YAML later.
        let template = |bytes: &Vec<u8>| memchr::memmem::find(bytes, b"{{").is_some();
        if weight(name) == Weight::Test || artifact.kept.get(name).is_some_and(template) {
            continue;
        }
        let text = format!("The file is called a schema and is no YAML: {error}.");
        out.push(draft(rule, artifact, (name, weight(name)), "", text));
    }
    for name in &index.too_deep {
        out.push(
                Draft::new(
                    rule.meta.id.clone(),
                    &artifact.member(name),
                    "The JSON document is nested more than 127 levels deep and was not read as a schema.",
                )
                .severity(Severity::Low),
            );
    }
}

/// Compiles a schema on its own: references to other documents were judged elsewhere, and
/// following them from every schema would cost the square of their number.
fn compiles(artifact: &Artifact, index: &Index, document: &Document) -> Result<(), CompileError> {
    let drafts: &[Option<schema::Draft>] = match Dialect::of(&document.value) {
        Dialect::Known(_) => &[None],
        Dialect::Undeclared => &[
            Some(schema::Draft::Draft202012),
            Some(schema::Draft::Draft7),
            Some(schema::Draft::Draft4),
        ],
        Dialect::Old | Dialect::Custom(_) => return Ok(()),
    };
    let mut alone = Value::clone(&document.value);
    for reference in index.references(artifact, document) {
        if matches!(reference.target, Target::Found(_)) && reference.text.starts_with('#') {
            continue;
        }
        let Some((parent, keyword)) = reference.pointer.rsplit_once('/') else {
            continue;
        };
        if let Some(Value::Object(object)) = alone.pointer_mut(parent) {
            object.remove(keyword);
        }
    }
    let mut first = Ok(());
    for draft in drafts {
        let compile = Compile {
            draft: *draft,
            base: Some(&document.uri),
            ..Compile::default()
        };
        match compile.build(&alone, &schema::Documents::new()) {
            Ok(_) => return Ok(()),
            Err(error) if first.is_ok() => first = Err(error),
            Err(_) => {}
        }
    }
    first
}

/// Patterns in parts that nothing refers to are not seen by the compiler.
fn broken_patterns(rule: &Rule, artifact: &Artifact, document: &Document, out: &mut Vec<Draft>) {
    if matches!(
        Dialect::of(&document.value),
        Dialect::Old | Dialect::Custom(_)
    ) {
        return;
    }
    let mut patterns: BTreeMap<&str, String> = BTreeMap::new();
    for subschema in schema::subschemas(&document.value) {
        let mut add = |pattern, pointer| {
            if patterns.len() < PATTERNS {
                patterns.entry(pattern).or_insert(pointer);
            }
        };
        if let Some(pattern) = subschema.value.get("pattern").and_then(Value::as_str) {
            add(pattern, schema::join(&subschema.pointer, "pattern"));
        }
        if let Some(Value::Object(map)) = subschema.value.get("patternProperties") {
            let pointer = schema::join(&subschema.pointer, "patternProperties");
            for pattern in map.keys() {
                add(pattern, schema::join(&pointer, pattern));
            }
        }
    }
    let broken = patterns
        .into_iter()
        .filter(|(pattern, _)| !schema::pattern_compiles(pattern));
    for (_, pointer) in broken.take(NAMED) {
        out.push(broken_pattern(rule, artifact, document, &pointer));
    }
}

/// Engines differ in what they take for a regular expression, so this weighs less.
fn broken_pattern(rule: &Rule, artifact: &Artifact, document: &Document, pointer: &str) -> Draft {
    let text = format!("The regular expression at {pointer} is not one that ECMA-262 allows.");
    let mut draft =
        draft(rule, artifact, document.place(), pointer, text).confidence(Confidence::Medium);
    let severity = draft.severity.unwrap_or(rule.meta.severity);
    draft.severity = Some(severity.min(Severity::Medium));
    draft
}
