// SPDX-License-Identifier: Apache-2.0
//! Holds the artifacts of one release against each other: the tree's manifest, the sdist, the
//! wheels, the crate.

use super::package::manifest::{self, Ecosystem, Manifest};
use super::package::metadata::Metadata;
use super::package::{normal_name, same_version};
use super::params::{draft, fault, some_of};
use super::spdx::expression::judge;
use super::{Artifact, ArtifactKind, Release, ReleaseCheck};
use crate::classify::Kind;
use crate::model::Draft;
use crate::rules::Rule;
use std::collections::{BTreeMap, BTreeSet};

/// `check = "release-agreement"`, with `fault` = `version`, `name`, `metadata` or `license`.
pub(super) struct ReleaseAgreement;

/// One manifest and the artifact that it speaks for.
struct Told<'a> {
    artifact: &'a Artifact,
    manifest: Manifest,
    /// Name as the ecosystem compares it.
    key: (Ecosystem, String),
}

impl ReleaseCheck for ReleaseAgreement {
    fn name(&self) -> &'static str {
        "release-agreement"
    }

    fn keeps(&self, name: &str, _kind: Kind) -> bool {
        manifest::keeps(name)
    }

    fn check(&self, rule: &Rule, release: &Release<'_>, out: &mut Vec<Draft>) {
        let told: Vec<Told<'_>> = release
            .artifacts
            .iter()
            // What lies inside an archive is its content, not a part of the release.
            .filter(|artifact| artifact.path.depth() == 0)
            .flat_map(|artifact| {
                manifest::manifests(artifact)
                    .into_iter()
                    .map(move |m| (artifact, m))
            })
            .filter_map(|(artifact, manifest)| {
                let name = &manifest.name.as_ref()?.text;
                let key = match manifest.ecosystem {
                    Ecosystem::Python => normal_name(name),
                    Ecosystem::Rust | Ecosystem::Npm => name.clone(),
                };
                Some(Told {
                    artifact,
                    key: (manifest.ecosystem, key),
                    manifest,
                })
            })
            .collect();
        match fault(rule) {
            "name" => name(rule, &told, out),
            wanted => {
                let mut groups: BTreeMap<&(Ecosystem, String), Vec<&Told<'_>>> = BTreeMap::new();
                for one in &told {
                    groups.entry(&one.key).or_default().push(one);
                }
                for group in groups.values() {
                    match wanted {
                        "version" => version(rule, group, out),
                        "license" => license(rule, group, out),
                        "metadata" => metadata(rule, group, out),
                        _ => {}
                    }
                }
            }
        }
    }
}

fn is_tree(told: &Told<'_>) -> bool {
    told.artifact.kind == ArtifactKind::Tree
}

fn name(rule: &Rule, told: &[Told<'_>], out: &mut Vec<Draft>) {
    for archive in told.iter().filter(|one| !is_tree(one)) {
        let in_tree: BTreeSet<&str> = told
            .iter()
            .filter(|one| is_tree(one) && one.key.0 == archive.key.0)
            .map(|one| one.key.1.as_str())
            .collect();
        if !in_tree.is_empty() && !in_tree.contains(archive.key.1.as_str()) {
            let names: Vec<&str> = in_tree.into_iter().collect();
            out.push(draft(
                rule,
                &archive.artifact.path,
                format!(
                    "The archive is of `{}`, but the tree's manifests name {}.",
                    archive.key.1,
                    some_of(&names, 5)
                ),
            ));
        }
    }
}

fn version(rule: &Rule, group: &[&Told<'_>], out: &mut Vec<Draft>) {
    let text = |one: &Told<'_>| {
        let version = one.manifest.version.as_ref()?;
        (!version.text.is_empty()).then(|| version.text.clone())
    };
    let same = |one: &str, other: &str| match group[0].key.0 {
        Ecosystem::Python => same_version(one, other),
        Ecosystem::Rust | Ecosystem::Npm => one == other,
    };
    // The tree says what is to be released; without it, what most archives say (the first of
    // equals) is taken for meant.
    let tree = group
        .iter()
        .find(|one| is_tree(one))
        .and_then(|one| Some((text(one)?, "the tree")));
    let Some((meant, whose)) = tree.or_else(|| {
        let all: Vec<String> = group.iter().filter_map(|one| text(one)).collect();
        let count = |version: &String| all.iter().filter(|other| same(version, other)).count();
        let mut best = all.first()?.clone();
        for version in &all {
            if count(version) > count(&best) {
                best = version.clone();
            }
        }
        Some((best, "the others"))
    }) else {
        return;
    };
    for one in group.iter().filter(|one| !is_tree(one)) {
        if let Some(version) = text(one)
            && !same(&version, &meant)
        {
            out.push(draft(
                rule,
                &one.artifact.path,
                format!(
                    "`{}` is version {version} here, but {meant} in {whose}.",
                    one.key.1
                ),
            ));
        }
    }
}

fn license(rule: &Rule, group: &[&Told<'_>], out: &mut Vec<Draft>) {
    let declared = |one: &Told<'_>| {
        let judged = judge(&one.manifest.declared()?.text);
        judged.is_sound().then_some(judged.canonical)
    };
    let mut first: Option<(&Told<'_>, String)> = None;
    for one in group {
        let Some(own) = declared(one) else {
            continue;
        };
        match &first {
            None => first = Some((one, own)),
            Some((reference, meant)) if *meant != own => {
                let found = draft(
                    rule,
                    &one.artifact.member(&one.manifest.file),
                    format!(
                        "`{}` is declared `{own}` here, but `{meant}` in {}.",
                        one.key.1,
                        reference.artifact.member(&reference.manifest.file)
                    ),
                );
                let span = one.manifest.declared().and_then(|value| value.span);
                out.push(match span {
                    Some(span) => found.at(span),
                    None => found,
                });
            }
            Some(_) => {}
        }
    }
}

/// Fields of core metadata that a wheel takes over from its sdist.
const SHARED: &[&str] = &[
    "Requires-Dist",
    "Provides-Extra",
    "Requires-Python",
    "License-Expression",
];

fn metadata(rule: &Rule, group: &[&Told<'_>], out: &mut Vec<Draft>) {
    let parsed = |one: &Told<'_>| {
        let bytes = one.artifact.kept.get(&one.manifest.file)?;
        Metadata::parse(bytes).ok()
    };
    let Some((sdist, source)) = group
        .iter()
        .find(|one| {
            one.artifact.kind == ArtifactKind::Sdist && one.manifest.file.ends_with("PKG-INFO")
        })
        .and_then(|one| Some((one, parsed(one)?)))
    else {
        return;
    };
    // Before 2.2 an sdist promised nothing about its wheels (PEP 643).
    if !source.at_least((2, 2)) {
        return;
    }
    let version = |one: &Told<'_>| {
        one.manifest
            .version
            .as_ref()
            .map(|v| v.text.clone())
            .unwrap_or_default()
    };
    for wheel in group
        .iter()
        .filter(|one| one.artifact.kind == ArtifactKind::Wheel)
    {
        // Another version is reported as that.
        if !same_version(&version(wheel), &version(sdist)) {
            continue;
        }
        let Some(own) = parsed(wheel) else {
            continue;
        };
        for field in SHARED {
            let dynamic = source
                .all("Dynamic")
                .any(|d| d.value.eq_ignore_ascii_case(field));
            let plain = |metadata: &Metadata| -> BTreeSet<String> {
                metadata.values(field).into_iter().map(fold).collect()
            };
            let (here, there) = (plain(&own), plain(&source));
            if dynamic || here == there {
                continue;
            }
            let mut parts = Vec::new();
            for (only, place) in [(&here - &there, "wheel"), (&there - &here, "sdist")] {
                if !only.is_empty() {
                    let only: Vec<_> = only.into_iter().collect();
                    parts.push(format!("only in the {place}: {}", some_of(&only, 3)));
                }
            }
            let found = draft(
                rule,
                &wheel.artifact.member(&wheel.manifest.file),
                format!(
                    "`{field}` differs between wheel and sdist; {}.",
                    parts.join("; ")
                ),
            );
            out.push(match own.get(field) {
                Some(first) => found.at(first.span),
                None => found,
            });
        }
    }
}

/// A requirement without what may be written either way: spaces, quotes, parentheses, case.
fn fold(value: &str) -> String {
    let mut parts: Vec<String> = Vec::new();
    let clean = value.replace('\'', "\"").to_ascii_lowercase();
    let (requirement, marker) = clean.split_once(';').unwrap_or((&clean, ""));
    let bare: String = requirement
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '(' | ')'))
        .collect();
    // The order of version clauses means nothing.
    let start = bare.find(['<', '>', '=', '!', '~']).unwrap_or(bare.len());
    let mut clauses: Vec<&str> = bare[start..].split(',').collect();
    clauses.sort_unstable();
    parts.push(normal_name(&bare[..start]));
    parts.push(clauses.join(","));
    let marker: String = marker.chars().filter(|c| !c.is_whitespace()).collect();
    if !marker.is_empty() {
        parts.push(format!(";{marker}"));
    }
    parts.concat()
}

#[cfg(test)]
mod tests {
    use super::fold;

    #[test]
    fn requirements_are_compared_by_meaning() {
        assert_eq!(
            fold("Foo_bar (>=1,<2) ; extra == 'x'"),
            fold("foo-bar<2,>=1; extra==\"x\"")
        );
        assert_ne!(fold("foo>=1"), fold("foo>=2"));
    }
}
