// SPDX-License-Identifier: Apache-2.0
//! Judges the core metadata of a Python package on its own.

use super::package::metadata::{KNOWN_VERSIONS, Metadata};
use super::package::requirement::{self, Source};
use super::package::{dist_info, root};
use super::params::draft;
use super::{Artifact, ArtifactCheck, ArtifactKind};
use crate::classify::Kind;
use crate::model::{Draft, EntryPath};
use crate::rules::Rule;

/// `check = "package-metadata"`.
pub(super) struct PackageMetadata;

impl ArtifactCheck for PackageMetadata {
    fn name(&self) -> &'static str {
        "package-metadata"
    }

    fn keeps(&self, name: &str, _kind: Kind) -> bool {
        super::package::manifest::keeps(name)
    }

    fn check(&self, rule: &Rule, artifact: &Artifact, out: &mut Vec<Draft>) {
        let name = match artifact.kind {
            ArtifactKind::Wheel => dist_info(artifact).map(|info| format!("{info}/METADATA")),
            ArtifactKind::Sdist => Some(format!("{}PKG-INFO", root(artifact))),
            _ => None,
        };
        let Some((name, bytes)) = name.and_then(|name| artifact.kept.get_key_value(&name)) else {
            return;
        };
        let path = artifact.member(name);
        let file = path.file_name().to_owned();
        let metadata = match Metadata::parse(bytes) {
            Ok(metadata) => metadata,
            Err(problem) => {
                out.push(draft(
                    rule,
                    &path,
                    format!("`{file}` cannot be read: {problem}."),
                ));
                return;
            }
        };
        for key in ["Metadata-Version", "Name", "Version"] {
            let count = metadata.all(key).count();
            if count != 1 {
                let much = if count == 0 { "no" } else { "more than one" };
                out.push(draft(rule, &path, format!("`{file}` has {much} `{key}`.")));
            }
        }
        for (key, problem) in [
            ("Metadata-Version", "is not a version of core metadata"),
            ("Name", "is not a package name"),
            ("Version", "is not a version (PEP 440)"),
        ] {
            let sound = |value: &str| match key {
                "Metadata-Version" => KNOWN_VERSIONS.contains(&value),
                "Name" => is_name(value),
                _ => value.parse::<pep440_rs::Version>().is_ok(),
            };
            if let Some(field) = metadata.get(key)
                && !sound(&field.value)
            {
                let description = format!("`{key}: {}` {problem}.", field.value);
                out.push(draft(rule, &path, description).at(field.span));
            }
        }
        requirements(rule, &path, &metadata, out);
    }
}

/// What the package asks for: specifiers that do not parse, and packages from an address.
fn requirements(rule: &Rule, path: &EntryPath, metadata: &Metadata, out: &mut Vec<Draft>) {
    if let Some(field) = metadata.get("Requires-Python")
        && !requirement::specifiers(&field.value)
    {
        let description = format!(
            "`Requires-Python: {}` is no version specifier (PEP 440).",
            field.value
        );
        out.push(draft(rule, path, description).at(field.span));
    }
    for field in metadata.all("Requires-Dist") {
        match requirement::read(&field.value) {
            Ok(Source::Index) => {}
            Ok(Source::Url(_)) => {
                let description = format!(
                    "`Requires-Dist: {}` takes a package from an address; public indexes refuse that.",
                    field.value
                );
                let found = draft(rule, path, description).at(field.span);
                out.push(found.repair("Publish the dependency and name a version of it."));
            }
            Err(problem) => {
                let description = format!(
                    "`Requires-Dist: {}` is no dependency specifier: {problem}.",
                    field.value
                );
                out.push(draft(rule, path, description).at(field.span));
            }
        }
    }
}

/// PyPA "Names and normalization": ASCII letters, digits, `.`, `-`, `_`; first and last a letter
/// or digit.
fn is_name(name: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let outer = |c: char| c.is_ascii_alphanumeric();
    name.starts_with(outer) && name.ends_with(outer) && name.chars().all(inner)
}
