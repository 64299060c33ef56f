// SPDX-License-Identifier: Apache-2.0
//! Built packages inside a package: an earlier build that a glob took along.

use super::package::{manifest, normal_name, root};
use super::params::draft;
use super::{Artifact, ArtifactCheck, ArtifactKind};
use crate::artifact::EntryKind;
use crate::classify::{Kind, Purpose, purposes};
use crate::model::Draft;
use crate::rules::Rule;

/// `check = "nested-package"`.
pub(super) struct NestedPackage;

/// Folders that build tools write packages to; below others archives are mostly data.
const FOLDERS: &[&str] = &[
    "",
    "dist/",
    "target/package/",
    "build/",
    "out/",
    "wheelhouse/",
];

impl ArtifactCheck for NestedPackage {
    fn name(&self) -> &'static str {
        "nested-package"
    }

    fn keeps(&self, name: &str, _kind: Kind) -> bool {
        manifest::keeps(name)
    }

    fn check(&self, rule: &Rule, artifact: &Artifact, out: &mut Vec<Draft>) {
        if !matches!(
            artifact.kind,
            ArtifactKind::Sdist | ArtifactKind::Crate | ArtifactKind::Npm
        ) {
            return;
        }
        let root = root(artifact);
        let own = manifest::manifests(artifact)
            .into_iter()
            .next()
            .and_then(|manifest| manifest.name)
            .map(|name| normal_name(name.text.rsplit('/').next().unwrap_or_default()));
        for (name, entry) in &artifact.entries {
            if entry.kind != EntryKind::File || purposes(name).any(|word| word == Purpose::Test) {
                continue;
            }
            let Some(inside) = name.strip_prefix(&root) else {
                continue;
            };
            let cut = inside.rfind('/').map_or(0, |at| at + 1);
            let (folder, base) = inside.split_at(cut);
            if FOLDERS.contains(&folder) && is_package(base, own.as_deref()) {
                let description = format!("The package holds another built package, `{inside}`.");
                out.push(draft(rule, &artifact.member(name), description));
            }
        }
    }
}

/// Whether a file is called as build tools call a package: a wheel or crate by its ending, others
/// when a name and a version can be told.
fn is_package(base: &str, own: Option<&str>) -> bool {
    let lower = base.to_ascii_lowercase();
    if lower.ends_with(".whl") || lower.ends_with(".crate") {
        return true;
    }
    let Some(stem) = lower
        .strip_suffix(".tar.gz")
        .or_else(|| lower.strip_suffix(".tgz"))
    else {
        return false;
    };
    let versioned = stem.rsplit_once('-').is_some_and(|(_, version)| {
        version.starts_with(|c: char| c.is_ascii_digit()) && version.contains('.')
    });
    versioned || own.is_some_and(|own| normal_name(stem) == own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_told_by_their_names() {
        for name in [
            "a-1.0-py3-none-any.whl",
            "a-1.0.crate",
            "a-1.0.tar.gz",
            "scope-a-1.2.3.tgz",
            "a.tgz",
        ] {
            assert!(is_package(name, Some("a")), "{name}");
        }
        for name in ["data.tar.gz", "a-b.tgz", "a-1.0.zip", "notes.txt"] {
            assert!(!is_package(name, Some("a")), "{name}");
        }
    }
}
