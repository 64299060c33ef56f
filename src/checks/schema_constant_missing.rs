// SPDX-License-Identifier: Apache-2.0
//! `schema-constant-missing`: schemas that must pin a value pin it.
//!
//! Which ones is data: `params.prefix` limits the rule to schemas whose `schema_version` begins
//! so, and each row of `params.required_constants` names a `property`, its `const`, and the
//! `objects` it holds for (none: all) — the part of the version between prefix and `.vN`.

use super::schema_index::{self, Index, draft};
use super::schema_versions::{declared, object_of};
use super::{Artifact, ArtifactCheck};
use crate::classify::Kind;
use crate::model::Draft;
use crate::rules::{Body, Rule};
use crate::schema;
use serde::Deserialize;
use serde_json::Value;

/// The check.
#[derive(Debug)]
pub(super) struct SchemaConstantMissing;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {
    #[serde(default)]
    prefix: String,
    required_constants: Vec<Constant>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Constant {
    property: String,
    #[serde(rename = "const")]
    value: Value,
    #[serde(default)]
    objects: Vec<String>,
}

impl ArtifactCheck for SchemaConstantMissing {
    fn name(&self) -> &'static str {
        "schema-constant-missing"
    }

    fn keeps(&self, name: &str, kind: Kind) -> bool {
        schema_index::keeps(name, kind)
    }

    fn keeps_content(&self, name: &str, bytes: &[u8]) -> bool {
        schema_index::keeps_content(name, bytes)
    }

    fn check(&self, rule: &Rule, artifact: &Artifact, out: &mut Vec<Draft>) {
        let Body::Check { params, .. } = &rule.body else {
            return;
        };
        let Ok(params) = Params::deserialize(params) else {
            return;
        };
        let index = Index::of(artifact);
        for (_, document) in index.schemas() {
            for version in declared(&document.value) {
                let Some(rest) = version.text.strip_prefix(params.prefix.as_str()) else {
                    continue;
                };
                let object = object_of(rest).map_or(rest, |(object, _)| object);
                let Some((owner, _)) = version.pointer.rsplit_once('/') else {
                    continue;
                };
                for constant in &params.required_constants {
                    let named = constant.objects.iter().any(|known| known == object);
                    if !named && !constant.objects.is_empty() {
                        continue;
                    }
                    let pointer = schema::join(owner, &constant.property);
                    let Some(property) = document.value.pointer(&pointer) else {
                        continue;
                    };
                    if !pins(property, &constant.value) {
                        out.push(draft(
                            rule,
                            artifact,
                            document.place(),
                            &pointer,
                            format!(
                                "The schema of `{}` does not pin `{}` to {}.",
                                version.text, constant.property, constant.value
                            ),
                        ));
                    }
                }
            }
        }
    }
}

/// Whether a subschema admits just this value.
fn pins(property: &Value, value: &Value) -> bool {
    let only = |list: &Value| {
        list.as_array()
            .is_some_and(|items| items == std::slice::from_ref(value))
    };
    property.get("const") == Some(value) || property.get("enum").is_some_and(only)
}
