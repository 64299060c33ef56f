// SPDX-License-Identifier: Apache-2.0
//! The frame of the schema checks: what they keep, the index they judge by, and their drafts.

use super::schema_index::{Index, keeps, keeps_content};
use super::schema_place::{Weight, is_yaml_name};
use super::schema_yaml;
use super::{Artifact, ArtifactCheck};
use crate::classify::{Kind, Text};
use crate::model::{Draft, Severity};
use crate::rules::Rule;
use crate::schema;

/// A check that needs nothing but the JSON documents of an artifact.
pub(super) struct OverSchemas {
    /// Name in rule tables.
    pub(super) name: &'static str,
    /// Whether it tells of what is not there: what a reference leads to, or a constant stands for, may lie in
    /// what was not read.
    pub(super) of_absence: bool,
    /// Judges one artifact.
    pub(super) judge: fn(&Rule, &Artifact, &Index, &mut Vec<Draft>),
}

impl ArtifactCheck for OverSchemas {
    fn name(&self) -> &'static str {
        self.name
    }

    fn keeps(&self, name: &str, kind: Kind) -> bool {
        keeps(name, kind)
    }

    fn keeps_content(&self, name: &str, bytes: &[u8]) -> bool {
        keeps_content(name, bytes)
    }

    fn keeps_as(&self) -> &'static str {
        "schemas"
    }

    fn needs_all(&self, _fault: &str) -> bool {
        self.of_absence
    }

    fn check(&self, rule: &Rule, artifact: &Artifact, out: &mut Vec<Draft>) {
        (self.judge)(rule, artifact, &Index::of(artifact), out);
    }
}

/// A draft at a JSON Pointer of a kept document, its severity lowered by the document's weight.
pub(super) fn draft(
    rule: &Rule,
    artifact: &Artifact,
    document: (&str, Weight),
    pointer: &str,
    description: impl Into<String>,
) -> Draft {
    let (name, weight) = document;
    let mut draft = Draft::new(rule.meta.id.clone(), &artifact.member(name), description);
    let text = artifact.kept.get(name).map(|bytes| Text::decode(bytes));
    draft.span = text.and_then(|text| match is_yaml_name(name) {
        true => schema_yaml::locate(text.bytes(), pointer),
        false => schema::locate(text.bytes(), pointer),
    });
    let most = match weight {
        Weight::Test => Severity::Low,
        Weight::Other => Severity::Medium,
        Weight::Shipped => Severity::Critical,
    };
    if most < rule.meta.severity {
        draft.severity = Some(most);
    }
    draft
}
