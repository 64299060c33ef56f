// SPDX-License-Identifier: Apache-2.0
//! P30 to P33: sample reports, here and in PIC's own examples.

use crate::model::{Draft, EntryPath, Severity};
use crate::pic::context::{Context, some_of};
use crate::pic::input::Kind;
use crate::pic::matrix::ReportRow;
use crate::pic::report::{claims, import as import_report, is_type, items_of, recognise, strict};
use crate::pic::repository::{Repository, Role, is_sample};
use crate::rules::Rule;
use serde_json::Value;
use std::collections::BTreeSet;

/// A file with a report, or one a line.
pub(super) struct Sample<'c> {
    /// Name.
    pub(super) name: &'c str,
    /// Where.
    path: EntryPath,
    bytes: &'c [u8],
    /// A file of the audited project, not of PIC.
    pub(super) own: bool,
    /// A report that was made here, not an example.
    stored: bool,
}

impl Sample<'_> {
    /// A draft about the file.
    pub(super) fn draft(&self, rule: &Rule, text: String) -> Draft {
        Draft::new(rule.meta.id.clone(), &self.path, text)
    }

    /// What can be read of it.
    pub(super) fn values(&self) -> Vec<Value> {
        self.read().into_iter().filter_map(Result::ok).collect()
    }

    /// Its documents, or why one is none.
    fn read(&self) -> Vec<Result<Value, String>> {
        if self.name.ends_with(".jsonl") {
            return self
                .bytes
                .split(|byte| *byte == b'\n')
                .enumerate()
                .filter(|(_, line)| !line.trim_ascii().is_empty())
                .map(|(n, line)| strict(line).map_err(|why| format!("line {}: {why}", n + 1)))
                .collect();
        }
        vec![strict(self.bytes)]
    }
}

/// Every sample: of the project, then of the input.
pub(super) fn all<'c>(context: &'c Context<'_>) -> Vec<Sample<'c>> {
    let mut found: Vec<Sample<'c>> = context
        .repository
        .files
        .iter()
        .filter(|(name, (role, _))| {
            *role == Role::Sample || *role == Role::Object && name.starts_with("reports/pic/")
        })
        .map(|(name, (role, bytes))| Sample {
            name,
            path: Repository::path(name),
            bytes,
            own: true,
            stored: *role == Role::Object,
        })
        .collect();
    let reports = context.input.kind == Some(Kind::Reports);
    for (name, file) in &context.input.files {
        let json = name.ends_with(".json") || name.ends_with(".jsonl");
        if let Some(bytes) = &file.bytes
            && (is_sample(name) || reports && json)
        {
            found.push(Sample {
                name,
                path: context.input.path(name),
                bytes,
                own: reports,
                stored: reports,
            });
        }
    }
    found
}

/// P30.
pub(super) fn parse(context: &Context<'_>, rule: &Rule, out: &mut Vec<Draft>) {
    for sample in all(context) {
        for why in sample.read().into_iter().filter_map(Result::err) {
            let draft = sample.draft(rule, format!("The report is not strict JSON: {why}"));
            out.push(if sample.own {
                draft
            } else {
                draft.severity(Severity::Low)
            });
        }
    }
}

/// Keys of a recognised report that its version must write and this file has not, or has with
/// another type.
fn amiss(context: &Context<'_>, row: &ReportRow, value: &Value) -> Vec<String> {
    row.keys
        .iter()
        .filter(|(_, key)| {
            key.since
                .as_deref()
                .is_none_or(|since| context.is_since(since))
        })
        .filter_map(|(name, key)| match value.get(name) {
            None => Some(format!("{name} is missing")),
            Some(value) if !is_type(value, &key.kind) => Some(format!("{name} is no {}", key.kind)),
            Some(_) => None,
        })
        .collect()
}

/// P31.
pub(super) fn recognised(context: &Context<'_>, rule: &Rule, out: &mut Vec<Draft>) {
    for sample in all(context) {
        for value in sample.values() {
            // What the importer and the emitting commands write is CCR's own.
            let schema = value.get("schema_version").and_then(Value::as_str);
            if schema.is_some_and(|schema| schema.starts_with("ccr.")) || !claims(&value) {
                continue;
            }
            let wrong = match recognise(context.matrix, &value) {
                // PIC's own examples are inputs too, and a record's defaults fill what is absent.
                _ if !sample.own && is_record(context, &value) => Vec::new(),
                Some(row) => amiss(context, row, &value),
                None => vec!["no report has this set of keys".to_owned()],
            };
            if !wrong.is_empty() {
                let text = format!(
                    "This is not a report that PIC writes: {}",
                    some_of(&wrong, 4).replace('`', "")
                );
                let draft = sample.draft(rule, text);
                out.push(if sample.stored && sample.own {
                    draft
                } else {
                    draft.severity(Severity::Low)
                });
                break;
            }
        }
    }
}

/// Whether PIC's own sample is an instance of one of PIC's own records, or of a summary that
/// names one.
fn is_record(context: &Context<'_>, value: &Value) -> bool {
    let Some(object) = value.as_object() else {
        return false;
    };
    context.model.records.iter().any(|record| {
        let fields = context.model.fields(&record.what);
        !fields.is_empty() && object.keys().all(|key| fields.contains_key(key.as_str()))
    }) || object
        .get("report_type")
        .and_then(Value::as_str)
        .is_some_and(|name| context.model.record(name).is_some())
}

/// P32.
pub(super) fn import(context: &Context<'_>, rule: &Rule, out: &mut Vec<Draft>) {
    let matrix = context.matrix;
    for sample in all(context) {
        for value in sample.values() {
            if recognise(matrix, &value).is_none() {
                continue;
            }
            let imported = match import_report(matrix, &value) {
                Ok(imported) => imported,
                Err(why) => {
                    out.push(sample.draft(rule, format!("Import fails: {why}")));
                    continue;
                }
            };
            // What must not be lost: every key that carries it, under whatever name.
            let carried: BTreeSet<&str> = matrix
                .bears
                .values()
                .flatten()
                .map(String::as_str)
                .chain(["missing_obligations", "settled_blockers", "residuals"])
                .collect();
            let kept: BTreeSet<String> = imported
                .lists
                .values()
                .flat_map(items_of)
                .map(|item| item.to_string())
                .collect();
            for key in carried {
                let items = value.get(key).map(items_of).unwrap_or_default();
                let lost = items
                    .iter()
                    .filter(|item| !kept.contains(&item.to_string()))
                    .count();
                if lost > 0 {
                    out.push(sample.draft(rule, format!("Import loses {lost} items of `{key}`")));
                }
            }
        }
    }
}

/// P33.
pub(super) fn roundtrip(context: &Context<'_>, rule: &Rule, out: &mut Vec<Draft>) {
    for sample in all(context) {
        for value in sample.values() {
            let Ok(first) = import_report(context.matrix, &value) else {
                continue;
            };
            let again = import_report(context.matrix, &first.stored());
            if again.is_ok_and(|again| again.lists != first.lists) {
                out.push(sample.draft(rule, "Importing it twice gives something else".to_owned()));
                break;
            }
        }
    }
}
