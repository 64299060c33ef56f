// SPDX-License-Identifier: Apache-2.0
//! `schema-constant-missing`: schemas that must pin a value pin it.
//!
//! Which ones is data: `params.prefix` limits the rule to schemas whose `schema_version` begins
//! so, and each row of `params.required_constants` names a `property`, its `const`, and the
//! `objects` it holds for (none: all) — the part of the version between prefix and `.vN`.

use super::Artifact;
use super::params;
use super::schema_check::{OverSchemas, draft};
use super::schema_index::Index;
use super::schema_versions::{declared, object_of};
use crate::model::Draft;
use crate::rules::Rule;
use crate::schema;
use serde::Deserialize;
use serde_json::Value;

/// The check.
pub(super) const CHECK: OverSchemas = OverSchemas {
    name: "schema-constant-missing",
    of_absence: true,
    judge,
};

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

fn judge(rule: &Rule, artifact: &Artifact, index: &Index, out: &mut Vec<Draft>) {
    let Some(params) = params::read::<Params>(rule, artifact, out) else {
        return;
    };
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

/// Whether a subschema admits just this value.
fn pins(property: &Value, value: &Value) -> bool {
    let only = |list: &Value| {
        list.as_array()
            .is_some_and(|items| items == std::slice::from_ref(value))
    };
    property.get("const") == Some(value) || property.get("enum").is_some_and(only)
}
