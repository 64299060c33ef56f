// SPDX-License-Identifier: Apache-2.0
//! `schema-version-disagrees`: instances, manifests and docs speak of versions that a schema of
//! the artifact declares.

use super::schema_check::draft;
use super::schema_constants::{self as constants, Constant};
use super::schema_index::{self, Index, MAX_BYTES};
use super::schema_place::Weight;
use super::schema_versions::{Known, learn, object_of};
use super::{Artifact, ArtifactCheck};
use crate::classify::{Classified, Kind, Text};
use crate::model::{ByteSpan, Draft, Severity};
use crate::rules::Rule;
use regex::Regex;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::OnceLock;

/// The check.
#[derive(Debug)]
pub(super) struct SchemaVersionDisagrees;

impl ArtifactCheck for SchemaVersionDisagrees {
    fn name(&self) -> &'static str {
        "schema-version-disagrees"
    }

    fn keeps(&self, name: &str, kind: Kind) -> bool {
        schema_index::keeps(name, kind) || (kind.is("docs") && !tells_history(name))
    }

    fn keeps_content(&self, name: &str, bytes: &[u8]) -> bool {
        if name.ends_with(".json") {
            return schema_index::keeps_content(name, bytes);
        }
        bytes.len() <= MAX_BYTES && mentions_version(bytes)
    }

    fn note(&self, entry: &Classified<'_>) -> Option<String> {
        constants::note(entry)
    }

    fn check(&self, rule: &Rule, artifact: &Artifact, out: &mut Vec<Draft>) {
        let index = Index::of(artifact);
        let mut known = Known::new();
        for (_, document) in index.schemas() {
            if document.weight > Weight::Test {
                learn(&mut known, &document.value);
            }
        }
        if known.is_empty() {
            return;
        }
        for document in index.documents.iter().filter(|d| !d.is_schema) {
            let version = document.value.get("schema_version").and_then(Value::as_str);
            if let Some(expected) = version.and_then(|version| disagreement(&known, version)) {
                let version = version.unwrap_or_default();
                out.push(draft(
                    rule,
                    artifact,
                    document.place(),
                    "/schema_version",
                    format!("It says `{version}`, but the schemas here declare {expected}."),
                ));
            }
        }
        for (name, constant) in constants::noted(artifact, self.name()) {
            if let Some(expected) = disagreement(&known, &constant.version) {
                let Constant {
                    line,
                    name: called,
                    version,
                } = constant;
                let what = format!(
                    "Line {line} sets {called} to `{version}`, but the schemas here declare {expected}."
                );
                out.push(Draft::new(
                    rule.meta.id.clone(),
                    &artifact.member(name),
                    what,
                ));
            }
        }
        for (name, bytes) in &artifact.kept {
            let kind = Kind::of(name, bytes, false);
            if kind.is("docs") && !tells_history(name) && bytes.len() <= MAX_BYTES {
                let text = Text::decode(bytes);
                mentions(rule, artifact, name, &text, &known, out);
            }
        }
    }
}

/// The declared versions of the same object, when `version` is none of them.
fn disagreement(known: &Known, version: &str) -> Option<String> {
    let (object, _) = object_of(version)?;
    let declared = known.get(object)?;
    if declared.contains(version) {
        return None;
    }
    let list: Vec<_> = declared.iter().map(|text| format!("`{text}`")).collect();
    Some(list.join(", "))
}

/// Old versions are the subject of change logs and upgrade guides.
fn tells_history(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    [
        "change", "history", "migrat", "upgrad", "release", "news", "deprecat",
    ]
    .iter()
    .any(|word| lower.contains(word))
}

/// Whether a text holds `.v` and a digit: cheap enough for every document.
fn mentions_version(bytes: &[u8]) -> bool {
    memchr::memmem::find_iter(bytes, b".v")
        .any(|at| bytes.get(at + 2).is_some_and(u8::is_ascii_digit))
}

fn version_pattern() -> &'static Regex {
    static PATTERN: OnceLock<Regex> = OnceLock::new();
    PATTERN.get_or_init(|| {
        Regex::new(r"[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z][A-Za-z0-9_]*)*\.v[0-9]+(?:\.[0-9]+)*")
            .expect("the pattern is a constant")
    })
}

/// Versions named in code spans and code blocks of a document.
fn mentions(
    rule: &Rule,
    artifact: &Artifact,
    name: &str,
    text: &Text<'_>,
    known: &Known,
    out: &mut Vec<Draft>,
) {
    let Ok(content) = std::str::from_utf8(text.bytes()) else {
        return;
    };
    let mut fenced = false;
    let mut start = 0;
    let mut said = BTreeSet::new();
    for line in content.split_inclusive('\n') {
        let trimmed = line.trim_start();
        if trimmed.starts_with("```") || trimmed.starts_with("~~~") {
            fenced = !fenced;
        } else {
            for found in version_pattern().find_iter(line) {
                let version = found.as_str();
                if !(fenced || in_code(&line[..found.start()])) || said.contains(version) {
                    continue;
                }
                let Some(expected) = disagreement(known, version) else {
                    continue;
                };
                said.insert(version);
                let span = ByteSpan::new(start + found.start(), start + found.end());
                out.push(
                    Draft::new(
                        rule.meta.id.clone(),
                        &artifact.member(name),
                        format!(
                            "The text names `{version}`, but the schemas here declare {expected}."
                        ),
                    )
                    .at(span)
                    .severity(Severity::Low.min(rule.meta.severity)),
                );
            }
        }
        start += line.len();
    }
}

/// Whether an odd number of back-tick runs stands before.
fn in_code(before: &str) -> bool {
    let mut runs = 0;
    let mut last = ' ';
    for c in before.chars() {
        if c == '`' && last != '`' {
            runs += 1;
        }
        last = c;
    }
    runs % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::in_code;

    #[test]
    fn runs_of_back_ticks_open_and_close_code() {
        assert!(in_code("a `"));
        assert!(in_code("a ``"));
        assert!(!in_code("a `b` "));
        assert!(!in_code("a"));
    }
}
