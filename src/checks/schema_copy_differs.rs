// SPDX-License-Identifier: Apache-2.0
//! `schema-copy-differs`: copies of one schema are the same, in the tree and in every archive
//! that is built from it.

use super::schema_check::draft;
use super::schema_index::{self, Document, Index};
use super::schema_place::{self, Weight};
use super::{Artifact, ArtifactKind, Release, ReleaseCheck};
use crate::classify::Kind;
use crate::model::Draft;
use crate::rules::Rule;
use crate::support::hashing;
use serde_json::Value;
use std::collections::BTreeMap;

/// The check.
#[derive(Debug)]
pub(super) struct SchemaCopyDiffers;

/// What makes two files copies of one schema: file name, `$id` (else title), and the
/// version-like folders they stand in (`v1/`, `2020-12/`).
pub(super) type CopyKey = (String, String, Vec<String>);

/// The key of a schema; `None` when nothing but its file name tells what it is.
pub(super) fn copy_key(document: &Document) -> Option<CopyKey> {
    let text = |keyword| document.value.get(keyword).and_then(Value::as_str);
    let identity = text("$id")
        .or_else(|| text("id"))
        .or_else(|| text("title"))?;
    let mut parts: Vec<&str> = document.name.split('/').collect();
    let base = parts.pop().unwrap_or_default();
    let versions = parts.into_iter().filter(|part| version_like(part));
    Some((
        base.to_owned(),
        identity.to_owned(),
        versions.map(str::to_owned).collect(),
    ))
}

fn version_like(folder: &str) -> bool {
    let lower = folder.to_ascii_lowercase();
    let plain = lower.strip_prefix('v').unwrap_or(&lower);
    let digits = |c: char| c.is_ascii_digit() || "._-".contains(c);
    let rest = plain.trim_start_matches(digits);
    // What a version is for may stand behind it: `v1.25.0-strict`.
    let number = &plain[..plain.len() - rest.len()];
    let variant = number.ends_with(['-', '_']) && (plain != lower || number.contains('.'));
    lower.starts_with("draft")
        || (plain.starts_with(|c: char| c.is_ascii_digit()) && (rest.is_empty() || variant))
}

impl ReleaseCheck for SchemaCopyDiffers {
    fn name(&self) -> &'static str {
        "schema-copy-differs"
    }

    fn keeps(&self, name: &str, kind: Kind) -> bool {
        schema_index::keeps(name, kind)
    }

    fn keeps_content(&self, name: &str, bytes: &[u8]) -> bool {
        schema_index::keeps_content(name, bytes)
    }

    fn check(&self, rule: &Rule, release: &Release<'_>, out: &mut Vec<Draft>) {
        // Key to the contents seen so far (hash to where), of the first artifact that has it.
        let mut known: BTreeMap<CopyKey, BTreeMap<String, String>> = BTreeMap::new();
        for artifact in release.artifacts.iter().filter(|a| is_release_part(a)) {
            let index = Index::of(artifact);
            let mut here: BTreeMap<CopyKey, BTreeMap<String, String>> = BTreeMap::new();
            for (_, document) in index.schemas() {
                let Some(key) = copy_key(document).filter(|_| document.weight > Weight::Test)
                else {
                    continue;
                };
                let hash = hashing::sha256_hex(document.value.to_string().as_bytes());
                let shown = artifact.member(&document.name).to_string();
                let within = here.entry(key.clone()).or_default();
                let elsewhere = known.get(&key);
                let other = match elsewhere {
                    Some(contents) if contents.contains_key(&hash) => None,
                    Some(contents) => contents.values().next(),
                    None if within.contains_key(&hash) => None,
                    None => within.values().next(),
                };
                if let Some(other) = other {
                    out.push(draft(
                        rule,
                        artifact,
                        document.place(),
                        "",
                        format!("This copy of the schema `{}` differs from {other}.", key.1),
                    ));
                }
                within.entry(hash).or_insert(shown);
            }
            for (key, contents) in here {
                known.entry(key).or_insert(contents);
            }
        }
    }
}

/// The tree and the packages built from it; not what tests carry along.
fn is_release_part(artifact: &Artifact) -> bool {
    let package = !matches!(artifact.kind, ArtifactKind::Container(_));
    package
        && artifact.path.depth() == 0
        && schema_place::weight(artifact.path.name()) > Weight::Test
}

#[cfg(test)]
mod tests {
    use super::version_like;

    #[test]
    fn version_folders_are_told_from_names() {
        for folder in ["v1", "2020-12", "1.0", "draft-07", "v1.25.0-local-strict"] {
            assert!(version_like(folder), "{folder}");
        }
        for folder in ["pkg-1.0", "schemas", "v", "vendor", "3d", "v-1", "1-basics"] {
            assert!(!version_like(folder), "{folder}");
        }
    }
}
