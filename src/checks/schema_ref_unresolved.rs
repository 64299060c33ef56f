// SPDX-License-Identifier: Apache-2.0
//! `schema-ref-unresolved`: every reference of a schema resolves offline.

use super::Artifact;
use super::schema_check::{OverSchemas, draft};
use super::schema_index::Index;
use super::schema_reference::Target;
use crate::model::{Draft, Severity};
use crate::rules::Rule;
use serde_json::Value;
use std::collections::BTreeSet;

/// The check.
pub(super) const CHECK: OverSchemas = OverSchemas {
    name: "schema-ref-unresolved",
    of_absence: true,
    judge,
};

/// References named per document; the rest is counted.
const NAMED: usize = 20;

fn judge(rule: &Rule, artifact: &Artifact, index: &Index, out: &mut Vec<Draft>) {
    schemas_of_instances(rule, artifact, index, out);
    for (_, document) in index.schemas() {
        let mut seen = BTreeSet::new();
        let mut unnamed = 0_usize;
        for reference in index.references(artifact, document) {
            // A document is missing once, however often it is referred to; a part by its name.
            let (key, text, remote) = match &reference.target {
                Target::Found(_) => continue,
                Target::MissingPart => (
                    reference.text.clone(),
                    format!(
                        "The reference `{}` leads to a part that does not exist.",
                        reference.text
                    ),
                    false,
                ),
                Target::MissingFile(name) => (
                    name.clone(),
                    format!(
                        "The reference `{}` leads to a file that is not in this artifact.",
                        reference.text
                    ),
                    false,
                ),
                Target::Remote(uri) => (
                    uri.clone(),
                    format!(
                        "The reference `{}` leads to a document that is not in this artifact; \
                             the schema can only be used with a network.",
                        reference.text
                    ),
                    true,
                ),
            };
            if !seen.insert(key) {
                continue;
            }
            if seen.len() > NAMED {
                unnamed += 1;
                continue;
            }
            let draft = draft(rule, artifact, document.place(), &reference.pointer, text);
            out.push(if remote {
                draft.severity(Severity::Low)
            } else {
                draft
            });
        }
        if unnamed > 0 {
            let text = format!("{unnamed} more references do not resolve.");
            out.push(draft(rule, artifact, document.place(), "", text).severity(Severity::Low));
        }
    }
}

/// Documents that name their schema by a relative path at which there is none.
fn schemas_of_instances(rule: &Rule, artifact: &Artifact, index: &Index, out: &mut Vec<Draft>) {
    for document in index.documents.iter().filter(|one| !one.is_schema) {
        let Some(named) = document.value.get("$schema").and_then(Value::as_str) else {
            continue;
        };
        // What is installed beside the package is not part of it.
        let relative = named.starts_with("./") || named.starts_with("../");
        if !relative || !named.ends_with(".json") || named.contains("node_modules") {
            continue;
        }
        let target = index.resolve((artifact, document), &document.uri, named);
        let Target::MissingFile(file) = target else {
            continue;
        };
        // A path that leaves the artifact says nothing about it.
        let up = named.matches("../").count();
        if up > document.name.matches('/').count() || file.is_empty() {
            continue;
        }
        let text =
            format!("The schema `{named}`, which the document names, is not in this artifact.");
        let place = document.place();
        out.push(draft(rule, artifact, place, "/$schema", text).severity(Severity::Low));
    }
}
