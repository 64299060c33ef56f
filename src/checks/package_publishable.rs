// SPDX-License-Identifier: Apache-2.0
//! Judges what a manifest says that its registry refuses or that no user can install: a package
//! marked as private, dependencies that lie on one machine, an absent version.

use super::package::{manifest, root};
use super::params::draft;
use super::{Artifact, ArtifactCheck, ArtifactKind};
use crate::classify::Kind;
use crate::model::{Draft, Severity};
use crate::rules::Rule;
use serde_json::Value;

/// `check = "package-publishable"`.
pub(super) struct PackagePublishable;

/// How npm, Yarn and pnpm write a dependency that only the author's tree can resolve.
const LOCAL: &[&str] = &[
    "file:",
    "link:",
    "portal:",
    "workspace:",
    "catalog:",
    "./",
    "../",
    "/",
    "~/",
];

impl ArtifactCheck for PackagePublishable {
    fn name(&self) -> &'static str {
        "package-publishable"
    }

    fn keeps(&self, name: &str, _kind: Kind) -> bool {
        manifest::keeps(name)
    }

    fn check(&self, rule: &Rule, artifact: &Artifact, out: &mut Vec<Draft>) {
        match artifact.kind {
            ArtifactKind::Npm => npm(rule, artifact, out),
            ArtifactKind::Crate => cargo(rule, artifact, out),
            _ => {}
        }
    }
}

fn npm(rule: &Rule, artifact: &Artifact, out: &mut Vec<Draft>) {
    let name = format!("{}package.json", root(artifact));
    let Some(bytes) = artifact.kept.get(&name) else {
        return;
    };
    let Ok(Value::Object(manifest)) = serde_json::from_slice::<Value>(bytes) else {
        return;
    };
    let path = artifact.member(&name);
    if manifest.get("private").and_then(Value::as_bool) == Some(true) {
        let text = "`private` is true: npm refuses to publish the package.";
        out.push(
            draft(rule, &path, text)
                .repair("Take `private` out of the manifest, or do not publish the package."),
        );
    }
    let mut say = |text: String, severity| out.push(draft(rule, &path, text).severity(severity));
    match manifest.get("version").and_then(Value::as_str) {
        None => say(
            "`package.json` has no `version`.".to_owned(),
            Severity::High,
        ),
        Some(version)
            if semver::Version::parse(version.trim_start_matches(['v', '='])).is_err() =>
        {
            say(
                format!("`version` is `{version}`, which is no semantic version."),
                Severity::High,
            )
        }
        Some(_) => {}
    }
    let bundled = |dependency: &str| {
        ["bundleDependencies", "bundledDependencies"]
            .iter()
            .any(|key| {
                manifest.get(*key).is_some_and(|list| match list {
                    Value::Bool(all) => *all,
                    Value::Array(list) => list.iter().any(|name| name == dependency),
                    _ => false,
                })
            })
    };
    for key in ["dependencies", "optionalDependencies", "peerDependencies"] {
        let Some(Value::Object(all)) = manifest.get(key) else {
            continue;
        };
        for (dependency, wanted) in all {
            let Some(wanted) = wanted.as_str() else {
                continue;
            };
            if LOCAL.iter().any(|start| wanted.starts_with(start)) && !bundled(dependency) {
                say(
                    format!(
                        "`{key}` asks for `{dependency}` from `{wanted}`, which only the author's tree can resolve."
                    ),
                    Severity::High,
                );
            } else if wanted.starts_with("git") && wanted.contains(':') {
                let behind = wanted.contains("ssh");
                say(
                    format!("`{key}` asks for `{dependency}` from the repository `{wanted}`."),
                    if behind {
                        Severity::Medium
                    } else {
                        Severity::Low
                    },
                );
            }
        }
    }
}

fn cargo(rule: &Rule, artifact: &Artifact, out: &mut Vec<Draft>) {
    let name = format!("{}Cargo.toml", root(artifact));
    let Some(text) = artifact
        .kept
        .get(&name)
        .and_then(|bytes| std::str::from_utf8(bytes).ok())
    else {
        return;
    };
    let Ok(manifest) = text.parse::<toml::Table>() else {
        return;
    };
    let path = artifact.member(&name);
    let package = manifest.get("package").and_then(toml::Value::as_table);
    let publish = package.and_then(|package| package.get("publish"));
    if publish.is_some_and(|value| {
        value.as_bool() == Some(false) || value.as_array().is_some_and(Vec::is_empty)
    }) {
        let text = "`publish` is false: Cargo refuses to publish the crate.";
        out.push(
            draft(rule, &path, text)
                .repair("Take `publish` out of the manifest, or do not publish the crate."),
        );
    }
    let mut say = |text: String, severity| out.push(draft(rule, &path, text).severity(severity));
    let mut sections = vec![&manifest];
    if let Some(targets) = manifest.get("target").and_then(toml::Value::as_table) {
        sections.extend(targets.values().filter_map(toml::Value::as_table));
    }
    for section in sections {
        for key in ["dependencies", "build-dependencies"] {
            let all = section.get(key).and_then(toml::Value::as_table);
            for (dependency, wanted) in all.into_iter().flatten() {
                let Some(wanted) = wanted.as_table() else {
                    continue;
                };
                let from = ["path", "git"]
                    .into_iter()
                    .find(|from| wanted.contains_key(*from));
                if let (Some(from), false) = (from, wanted.contains_key("version")) {
                    say(
                        format!(
                            "`{key}` asks for `{dependency}` by `{from}` and no version; crates.io refuses that."
                        ),
                        Severity::High,
                    );
                }
            }
        }
    }
}
