// SPDX-License-Identifier: Apache-2.0
//! Holds the name and version inside a package against its file name and folder.

use super::package::manifest::{self, Manifest, Value};
use super::package::{filename, normal_name, root, same_version};
use super::params::{draft, fault};
use super::{Artifact, ArtifactCheck, ArtifactKind};
use crate::artifact::EntryKind;
use crate::classify::Kind;
use crate::model::{Confidence, Draft, Severity};
use crate::rules::Rule;

/// `check = "package-identity"`, with `fault` = `mismatch`, `missing` or `form`.
pub(super) struct PackageIdentity;

impl ArtifactCheck for PackageIdentity {
    fn name(&self) -> &'static str {
        "package-identity"
    }

    fn keeps(&self, name: &str, _kind: Kind) -> bool {
        manifest::keeps(name)
    }

    fn needs_all(&self, fault: &str) -> bool {
        matches!(fault, "mismatch" | "missing")
    }

    fn check(&self, rule: &Rule, artifact: &Artifact, out: &mut Vec<Draft>) {
        match fault(rule) {
            "mismatch" => mismatch(rule, artifact, out),
            "missing" => missing(rule, artifact, out),
            "form" => form(rule, artifact, out),
            _ => {}
        }
    }
}

fn missing(rule: &Rule, artifact: &Artifact, out: &mut Vec<Draft>) {
    let file = match artifact.kind {
        ArtifactKind::Sdist => "PKG-INFO",
        ArtifactKind::Crate => "Cargo.toml",
        ArtifactKind::Npm => "package.json",
        _ => return,
    };
    let root = root(artifact);
    let name = format!("{root}{file}");
    if !artifact.entries.contains_key(&name) {
        let description = format!("The package has no `{name}`.");
        let found = draft(rule, &artifact.path, description);
        // Elsewhere it may be a tarball of sources that only looks like a package.
        let looks = artifact.kind == ArtifactKind::Sdist && !artifact.upload;
        out.push(match looks {
            true => found.confidence(Confidence::Medium),
            false => found,
        });
    } else if file != "PKG-INFO"
        && let Some(bytes) = artifact.kept.get(&name)
        && manifest::read(&name, bytes).is_none()
    {
        let description = format!("`{name}` cannot be read as the manifest of a package.");
        let found = draft(rule, &artifact.member(&name), description);
        out.push(found.repair("Correct its syntax where it is written, and pack anew."));
    }
    // Installers read it before anything else of an sdist.
    let project = format!("{root}pyproject.toml");
    if artifact.kind == ArtifactKind::Sdist
        && let Some(bytes) = artifact.kept.get(&project)
        && !std::str::from_utf8(bytes).is_ok_and(|text| text.parse::<toml::Table>().is_ok())
    {
        let description = format!("`{project}` is no TOML that installers can read.");
        let found = draft(rule, &artifact.member(&project), description);
        out.push(found.repair("Correct its syntax where it is written, and build anew."));
    }
}

/// A place that names the package from outside: what it says and how it is called.
struct Outside {
    name: String,
    version: String,
    called: &'static str,
}

fn mismatch(rule: &Rule, artifact: &Artifact, out: &mut Vec<Draft>) {
    let Some(manifest) = manifest::manifests(artifact).into_iter().next() else {
        return;
    };
    let (Some(name), Some(version)) = (&manifest.name, &manifest.version) else {
        return;
    };
    let path = artifact.member(&manifest.file);
    let file = artifact.path.file_name();
    let top = root(artifact);
    let top = top.trim_end_matches('/');
    let outside = |parts: Option<(&str, &str)>, called| {
        let (name, version) = parts?;
        Some(Outside {
            name: name.to_owned(),
            version: version.to_owned(),
            called,
        })
    };
    let python = |one: &str, other: &str| normal_name(one) == normal_name(other);
    let exact = |one: &str, other: &str| one == other;
    match artifact.kind {
        ArtifactKind::Wheel => {
            let parsed = filename::wheel(file).ok();
            let parts = parsed
                .as_ref()
                .map(|p| (p.name.as_str(), p.version.as_str()));
            let all = [outside(parts, "file name")];
            compare(rule, &path, name, version, &all, python, same_version, out);
        }
        ArtifactKind::Sdist => {
            let all = [
                outside(filename::sdist(file), "file name"),
                outside(filename::split_python(top), "folder"),
            ];
            compare(rule, &path, name, version, &all, python, same_version, out);
            strays(rule, artifact, top, out);
        }
        ArtifactKind::Crate => {
            let stem = file.strip_suffix(".crate").and_then(filename::crate_stem);
            let all = [
                outside(stem, "file name"),
                outside(filename::crate_stem(top), "folder"),
            ];
            compare(rule, &path, name, version, &all, exact, exact, out);
            let wanted = format!("{}-{}", name.text, version.text);
            if top != wanted && filename::crate_stem(top).is_none() {
                let description =
                    format!("The crate keeps its files in `{top}`; Cargo reads `{wanted}` only.");
                out.push(draft(rule, &artifact.path, description));
            }
            strays(rule, artifact, &wanted, out);
        }
        ArtifactKind::Npm => npm(rule, artifact, &manifest, out),
        _ => {}
    }
}

/// Files beside the one folder that the format allows.
fn strays(rule: &Rule, artifact: &Artifact, folder: &str, out: &mut Vec<Draft>) {
    let below = format!("{folder}/");
    // Folders prove nothing, and some tools write one for the place itself.
    let stray = artifact
        .entries
        .iter()
        .find(|(name, entry)| entry.kind != EntryKind::Directory && !name.starts_with(&below));
    let holds = artifact.entries.keys().any(|name| name.starts_with(&below));
    if let (Some((name, _)), true) = (stray, holds && !folder.is_empty()) {
        let description =
            format!("`{name}` stands outside of `{folder}`, the one folder of the archive.");
        out.push(draft(rule, &artifact.member(name), description).severity(Severity::Medium));
    }
}

#[expect(
    clippy::too_many_arguments,
    reason = "two values against two places under two notions of equality"
)]
fn compare(
    rule: &Rule,
    path: &crate::model::EntryPath,
    name: &Value,
    version: &Value,
    outside: &[Option<Outside>],
    same_name: impl Fn(&str, &str) -> bool,
    same_version: impl Fn(&str, &str) -> bool,
    out: &mut Vec<Draft>,
) {
    let others = |of: fn(&Outside) -> &String| {
        let outside = outside.iter().flatten();
        outside.map(move |place| (place.called, of(place)))
    };
    let names = others(|place| &place.name).filter(|(_, other)| !same_name(&name.text, other));
    let versions =
        others(|place| &place.version).filter(|(_, other)| !same_version(&version.text, other));
    let found = [
        ("name", name, names.collect::<Vec<_>>()),
        ("version", version, versions.collect::<Vec<_>>()),
    ];
    for (word, value, differing) in found {
        let mut say = |what: String| {
            let text = format!("The metadata has {word} `{}`, {what}.", value.text);
            let found = draft(rule, path, text);
            out.push(match value.span {
                Some(span) => found.at(span),
                None => found,
            });
        };
        match differing.as_slice() {
            // Who renames one renames both: one fault.
            [(one, other), (two, same)] if other == same => {
                say(format!("the {one} and the {two} have `{other}`"));
            }
            all => all
                .iter()
                .for_each(|(called, other)| say(format!("the {called} has `{other}`"))),
        }
    }
}

/// The registry goes by `package.json` alone, so a strange file name misleads people only.
fn npm(rule: &Rule, artifact: &Artifact, manifest: &Manifest, out: &mut Vec<Draft>) {
    let (Some(name), Some(version)) = (&manifest.name, &manifest.version) else {
        return;
    };
    let file = artifact.path.file_name();
    if !file.ends_with(".tgz") {
        return;
    }
    let packed = filename::npm_pack(&name.text, &version.text);
    // The registry serves scoped packages without the scope in the name.
    let served = name.text.rsplit('/').next().unwrap_or(&name.text);
    if file != packed && file != format!("{served}-{}.tgz", version.text) {
        let found = draft(
            rule,
            &artifact.member(&manifest.file),
            format!(
                "`package.json` has {} {}, which would be packed as `{packed}`.",
                name.text, version.text
            ),
        )
        .severity(Severity::Low);
        out.push(match version.span {
            Some(span) => found.at(span),
            None => found,
        });
    }
}

/// PEP 625: `{normalised name with _}-{normalised version}.tar.gz`.
fn form(rule: &Rule, artifact: &Artifact, out: &mut Vec<Draft>) {
    if artifact.kind != ArtifactKind::Sdist {
        return;
    }
    let file = artifact.path.file_name();
    let Some((name, version)) = filename::sdist(file) else {
        return;
    };
    let Ok(parsed) = version.parse::<pep440_rs::Version>() else {
        return;
    };
    let wanted = format!("{}-{parsed}.tar.gz", normal_name(name).replace('-', "_"));
    if file != wanted {
        let description =
            format!("The sdist is named `{file}`; its normalised name is `{wanted}`.");
        out.push(
            draft(rule, &artifact.path, description).repair(
                "Build with a current version of the build backend, which names the file so.",
            ),
        );
    }
}
