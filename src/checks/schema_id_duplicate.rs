// SPDX-License-Identifier: Apache-2.0
//! `schema-id-duplicate`: an `$id` names one schema within an artifact.

use super::Artifact;
use super::schema_check::{OverSchemas, draft};
use super::schema_copy_differs::copy_key;
use super::schema_index::{Identified, Index};
use super::schema_place::{Weight, is_yaml_name};
use crate::model::Draft;
use crate::rules::Rule;
use crate::schema;
use std::collections::BTreeMap;

/// The check.
pub(super) const CHECK: OverSchemas = OverSchemas {
    name: "schema-id-duplicate",
    of_absence: false,
    judge,
};

/// Whether one of two files is what a build made of the other: JSON of YAML.
fn made_from(one: &str, other: &str) -> bool {
    let stem = |name: &str| {
        let base = name.rsplit('/').next().unwrap_or_default();
        base.rsplit_once('.').map(|(stem, _)| stem.to_owned())
    };
    is_yaml_name(one) != is_yaml_name(other) && stem(one) == stem(other)
}

fn judge(rule: &Rule, artifact: &Artifact, index: &Index, out: &mut Vec<Draft>) {
    let mut first: BTreeMap<&str, &Identified> = BTreeMap::new();
    // Two folders that hold the same files are told once: what the fault is, and how many more have it.
    let mut parallel: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut found: Vec<(&Identified, String, usize)> = Vec::new();
    for identified in &index.ids {
        let document = &index.documents[identified.document];
        // Suites of tests use one name for many schemas, on purpose.
        if document.weight == Weight::Test {
            continue;
        }
        let Some(other) = first.get(identified.uri.as_str()) else {
            first.insert(&identified.uri, identified);
            continue;
        };
        let original = &index.documents[other.document];
        let content = document.value.pointer(&identified.pointer);
        let same_content = content == original.value.pointer(&other.pointer);
        // Two states of one file are the business of `schema-copy-differs`.
        let copies = other.document != identified.document
            && copy_key(document).is_some_and(|key| copy_key(original) == Some(key));
        if same_content || copies || made_from(&document.name, &original.name) {
            continue;
        }
        let place = if other.document == identified.document {
            "in the same document".to_owned()
        } else {
            format!("in {}", original.name)
        };
        let (folder, base) = split(&document.name);
        let (other_folder, other_base) = split(&original.name);
        if base == other_base && folder != other_folder {
            let told = parallel.entry((folder, other_folder));
            let told = *told.or_insert(found.len());
            if let Some((_, _, more)) = found.get_mut(told) {
                *more += 1;
                continue;
            }
        }
        found.push((identified, place, 0));
    }
    for (identified, place, more) in found {
        let mut text = format!(
            "The $id `{}` already names another schema, {place}.",
            identified.uri
        );
        if more > 0 {
            text = format!("{text} So do those of {more} more files of this folder.");
        }
        let document = &index.documents[identified.document];
        let pointer = schema::join(&identified.pointer, "$id");
        out.push(draft(rule, artifact, document.place(), &pointer, text));
    }
}

/// Folder and name of a file.
fn split(name: &str) -> (&str, &str) {
    name.rsplit_once('/').unwrap_or(("", name))
}
