// SPDX-License-Identifier: Apache-2.0
//! P18 to P23: keys, types, schemas and families of reports, between PIC's source and CCR's
//! importer.

use crate::model::{Draft, Severity};
use crate::pic::context::{Context, elsewhere, some_of};
use crate::pic::matrix::{Matrix, ReportRow};
use crate::pic::model::ReportKeys;
use crate::rules::Rule;
use serde_json::Value;
use std::collections::BTreeSet;

/// Reports that the version writes and whose making was found.
fn reports<'c>(
    context: &'c Context<'_>,
) -> impl Iterator<Item = (&'c ReportRow, Option<ReportKeys<'c>>)> {
    context
        .matrix
        .reports
        .iter()
        .filter(|row| {
            row.since
                .as_deref()
                .is_none_or(|since| context.is_since(since))
        })
        .filter_map(|row| {
            let built_by = row.built_by.as_ref()?;
            Some((row, context.model.report_keys(built_by)))
        })
}

fn is_read(matrix: &Matrix, key: &str) -> bool {
    matrix
        .ccr_reads
        .iter()
        .any(|read| read.key == key || read.aliases.iter().any(|alias| alias == key))
}

/// P18.
pub(super) fn key_missing(context: &Context<'_>, rule: &Rule, out: &mut Vec<Draft>) {
    for (row, found) in reports(context) {
        let Some(found) = found else {
            // It may be made in a file that could not be read; that is said elsewhere.
            if !context.model.unreadable.is_empty() {
                continue;
            }
            let text = format!("Nothing in the source makes the report `{}`", row.id);
            let cli = context.model.cli.as_deref().unwrap_or_default();
            let draft = context.draft(rule, cli, None, text);
            out.push(if row.packet_verdict {
                draft
            } else {
                draft.severity(Severity::Low)
            });
            continue;
        };
        for (key, wanted) in &row.keys {
            let due = wanted
                .since
                .as_deref()
                .is_none_or(|since| context.is_since(since));
            if due && !found.keys.contains_key(key) {
                let text = format!("The report `{}` no longer has `{key}`", row.id);
                let draft = context.draft(rule, found.file, Some(found.span), text);
                out.push(if is_read(context.matrix, key) {
                    draft
                } else {
                    draft.severity(Severity::Low)
                });
            }
        }
    }
}

/// P19.
pub(super) fn key_type(context: &Context<'_>, rule: &Rule, out: &mut Vec<Draft>) {
    let mut told = BTreeSet::new();
    for (row, found) in reports(context) {
        let Some(found) = found else { continue };
        for (key, wanted) in &row.keys {
            let Some((kind, span)) = found.keys.get(key) else {
                continue;
            };
            if !fits(kind, &wanted.kind) && told.insert((found.file.to_owned(), *span, key)) {
                let text = format!(
                    "`{key}` of `{}` is declared as `{kind}`; expected: {}",
                    row.id, wanted.kind
                );
                out.push(context.draft(rule, found.file, Some(*span), text));
            }
        }
    }
}

/// Whether a declared Python type can hold what the matrix expects. A name that is no built-in
/// type may be anything but a boolean, a number or a list.
fn fits(declared: &str, wanted: &str) -> bool {
    let plain = declared.trim_end_matches("|None");
    match plain {
        "" | "Any" | "object" => true,
        "bool" => matches!(wanted, "boolean" | "any"),
        "str" => matches!(wanted, "text" | "any"),
        "int" => matches!(wanted, "integer" | "number" | "any"),
        "float" => matches!(wanted, "number" | "any"),
        _ if plain.starts_with("list[") => matches!(wanted, "list" | "any"),
        _ if plain.starts_with("dict[") => matches!(wanted, "object" | "any"),
        // An enumeration prints as text.
        _ => matches!(wanted, "object" | "text" | "any"),
    }
}

/// P20.
pub(super) fn key_unread(context: &Context<'_>, rule: &Rule, out: &mut Vec<Draft>) {
    for (row, found) in reports(context) {
        let Some(found) = found else { continue };
        for (severity, keys) in &context.matrix.bears {
            for key in keys {
                if !found.keys.contains_key(key) || is_read(context.matrix, key) {
                    continue;
                }
                let text = format!("`{key}` of the report `{}` would vanish on import", row.id);
                let draft = context.draft(rule, found.file, Some(found.span), text);
                out.push(if severity == "high" {
                    draft
                } else {
                    draft.severity(Severity::Medium)
                });
            }
        }
    }
}

/// P21.
pub(super) fn key_never_written(context: &Context<'_>, rule: &Rule, out: &mut Vec<Draft>) {
    let matrix = context.matrix;
    let written = |key: &str| {
        matrix.family_keys.iter().any(|known| known == key)
            || matrix.reports.iter().any(|row| row.keys.contains_key(key))
    };
    for read in &matrix.ccr_reads {
        if !written(&read.key) && !read.aliases.iter().any(|alias| written(alias)) {
            let text = format!("`{}` is read on import and never written by PIC", read.key);
            out.push(elsewhere(rule, &format!("matrix:{}", read.key), text));
        }
    }
}

/// P22.
pub(super) fn schema_shipped(context: &Context<'_>, rule: &Rule, out: &mut Vec<Draft>) {
    const ENDING: &str = ".schema.json";
    let package = context.input.package(&context.matrix.module);
    let folders = [format!("{package}data/schemas/"), "schemas/".to_owned()];
    for file in context.input.files.keys() {
        let Some(name) = folders
            .iter()
            .find_map(|folder| file.strip_prefix(folder.as_str()))
            .and_then(|name| name.strip_suffix(ENDING))
        else {
            continue;
        };
        let Some(bytes) = context.input.bytes(file) else {
            continue;
        };
        let schema: Value = match serde_json::from_slice(bytes) {
            Ok(schema) => schema,
            Err(error) => {
                let text = format!("The schema `{name}` is no JSON: {error}");
                out.push(context.draft(rule, file, None, text));
                continue;
            }
        };
        if !schema.is_object() {
            let text = format!("The schema `{name}` is no object");
            out.push(context.draft(rule, file, None, text));
            continue;
        }
        if context.matrix.not_records.iter().any(|known| known == name) {
            continue;
        }
        let properties = schema.get("properties").and_then(Value::as_object);
        let keys: BTreeSet<&str> = properties
            .into_iter()
            .flat_map(|object| object.keys())
            .map(String::as_str)
            .collect();
        let classes: Vec<BTreeSet<&str>> = context
            .model
            .records
            .iter()
            .filter(|record| record.what.name == name)
            .map(|record| context.model.fields(&record.what).into_keys().collect())
            .collect();
        // One class of the name that agrees is enough; a schema without a class describes no record.
        if classes.is_empty() || classes.contains(&keys) {
            continue;
        }
        let differing: Vec<&str> = classes[0].symmetric_difference(&keys).copied().collect();
        let text = format!(
            "The schema `{name}` and its record differ in {}",
            some_of(&differing, 6)
        );
        out.push(context.draft(rule, file, None, text));
    }
}

/// P23.
pub(super) fn unknown_family(context: &Context<'_>, rule: &Rule, out: &mut Vec<Draft>) {
    for (family, place) in &context.model.families {
        if !context
            .matrix
            .knows_family(family, context.version.as_ref())
        {
            let text = match context.matrix.knows_family(family, None) {
                true => format!("The report family `{family}` is newer than this version"),
                false => format!("The report family `{family}` is unknown"),
            };
            out.push(context.draft(rule, &place.file, Some(place.what), text));
        }
    }
}
