// SPDX-License-Identifier: Apache-2.0
//! Judges whether manifests say what registries, readers and resolvers need.

use super::package::manifest::{self, Ecosystem, License, Manifest};
use super::params::{self, draft, some_of};
use super::{Artifact, ArtifactCheck, ArtifactKind};
use crate::classify::Kind;
use crate::model::Draft;
use crate::rules::Rule;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// `check = "repo-manifest"`: each manifest that is published must have these fields. A field
/// written `a|b` is there when one of the two is.
pub(super) struct RepoManifest;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {
    #[serde(default)]
    rust: Vec<String>,
    #[serde(default)]
    python: Vec<String>,
    #[serde(default)]
    npm: Vec<String>,
}

impl ArtifactCheck for RepoManifest {
    fn name(&self) -> &'static str {
        "repo-manifest"
    }

    fn keeps(&self, name: &str, _kind: Kind) -> bool {
        manifest::keeps(name)
    }

    fn check(&self, rule: &Rule, artifact: &Artifact, out: &mut Vec<Draft>) {
        if artifact.kind != ArtifactKind::Tree {
            return;
        }
        let Some(params) = params::read::<Params>(rule, artifact, out) else {
            return;
        };
        // Members of a workspace that lack the same are one finding.
        let mut lacking: BTreeMap<(Ecosystem, Vec<&str>), Vec<String>> = BTreeMap::new();
        let manifests = manifest::manifests(artifact);
        let top: Vec<Ecosystem> = manifests
            .iter()
            .filter(|one| one.folder().is_empty())
            .map(|one| one.ecosystem)
            .collect();
        for manifest in manifests {
            // Where one ecosystem's package is at the top, another's further down is a part of it.
            if !top.is_empty() && !top.contains(&manifest.ecosystem) {
                continue;
            }
            // npm takes none without a version: a marker of a folder's module format.
            if manifest.ecosystem == Ecosystem::Npm
                && manifest.version.is_none()
                && !manifest.folder().is_empty()
            {
                continue;
            }
            let wanted = match manifest.ecosystem {
                Ecosystem::Rust => &params.rust,
                Ecosystem::Python => &params.python,
                Ecosystem::Npm => &params.npm,
            };
            if manifest.private || is_support(&manifest.file) {
                continue;
            }
            let Some(bytes) = artifact.kept.get(&manifest.file) else {
                continue;
            };
            let absent = absent(artifact, &manifest, bytes, wanted);
            if !absent.is_empty() {
                let of = lacking.entry((manifest.ecosystem, absent)).or_default();
                of.push(manifest.file);
            }
        }
        for ((_, fields), files) in lacking {
            let mut said = format!("The manifest lacks {}", some_of(&fields, 9));
            if let [_, others @ ..] = &files[..]
                && !others.is_empty()
            {
                said.push_str(&format!("; so do {}", some_of(others, 3)));
            }
            out.push(draft(rule, &artifact.member(&files[0]), said + "."));
        }
    }
}

/// Packages that a repository holds for itself.
fn is_support(file: &str) -> bool {
    let own = [
        "bench",
        "benches",
        "benchmark",
        "benchmarks",
        "ci",
        "doc",
        "docs",
        "demo",
        "demos",
        "example",
        "examples",
        "fuzz",
        "script",
        "scripts",
        "site",
        "test",
        "tests",
        "tools",
        "website",
        "xtask",
        ".github",
        "playground",
        "integration",
        "e2e",
    ];
    file.split('/').any(|part| own.contains(&part))
}

/// The wanted fields that a manifest does not have.
fn absent<'p>(
    artifact: &Artifact,
    manifest: &Manifest,
    bytes: &[u8],
    wanted: &'p [String],
) -> Vec<&'p str> {
    let Some((table, dynamic)) = fields(manifest, bytes) else {
        return Vec::new();
    };
    // An application that no registry takes: npm's have no name, Cargo's and Python's always.
    if manifest.name.is_none() {
        return Vec::new();
    }
    let is_there = |field: &str| match field {
        "license" if manifest.license != License::Missing => true,
        // cargo and npm take the one beside the manifest.
        "readme" if manifest.ecosystem != Ecosystem::Python => {
            artifact
                .entries
                .keys()
                .filter_map(|name| name.strip_prefix(manifest.folder()))
                .any(|rest| rest.to_ascii_lowercase().starts_with("readme"))
                || table.get("readme").is_some()
        }
        _ => {
            dynamic.iter().any(|name| name == field)
                || match table.get(field) {
                    None | Some(Value::Null) => false,
                    Some(Value::String(text)) => !text.trim().is_empty(),
                    Some(Value::Object(map)) => !map.is_empty(),
                    Some(_) => true,
                }
        }
    };
    wanted
        .iter()
        .map(String::as_str)
        .filter(|names| !names.split('|').any(is_there))
        .map(|names| names.split('|').next().unwrap_or(names))
        .collect()
}

/// The table of a manifest that describes the package, and the fields a build fills in.
fn fields(manifest: &Manifest, bytes: &[u8]) -> Option<(Value, Vec<String>)> {
    if manifest.ecosystem == Ecosystem::Npm {
        return Some((serde_json::from_slice(bytes).ok()?, Vec::new()));
    }
    let text = std::str::from_utf8(bytes).ok()?;
    let table: toml::Table = toml::from_str(text).ok()?;
    let root = serde_json::to_value(table).ok()?;
    if manifest.ecosystem == Ecosystem::Rust {
        return Some((root.get("package")?.clone(), Vec::new()));
    }
    let project = root.get("project");
    let table = project.or_else(|| root.pointer("/tool/poetry"))?.clone();
    let mut dynamic: Vec<String> = table
        .get("dynamic")
        .and_then(Value::as_array)
        .map(|list| {
            list.iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect()
        })
        .unwrap_or_default();
    // Poetry names the interpreter among the dependencies.
    if table.pointer("/dependencies/python").is_some() {
        dynamic.push("requires-python".to_owned());
    }
    Some((table, dynamic))
}
