// SPDX-License-Identifier: Apache-2.0
//! What package archives say of themselves: file names, core metadata, manifests, `RECORD`.
//! Parsing only; no rule is judged here.

mod declaration;
pub(super) mod filename;
pub(super) mod license_text;
pub(super) mod manifest;
pub(super) mod metadata;
mod package_json;
pub(super) mod record;
pub(super) mod requirement;

use super::{Artifact, ArtifactKind};
pub(super) use crate::support::names::normal_name;

/// The folder that a package archive keeps its files in (`pkg-1.0/`, `package/`), with the final
/// `/`; empty in a tree, in a wheel, and where files stand at the top.
pub(super) fn root(artifact: &Artifact) -> String {
    match artifact.kind {
        ArtifactKind::Tree | ArtifactKind::Wheel | ArtifactKind::Container(_) => String::new(),
        ArtifactKind::Sdist | ArtifactKind::Crate | ArtifactKind::Npm => {
            if let Some(top) = artifact.top_folder() {
                return format!("{top}/");
            }
            // A stray file beside the folder: the manifest nearest the top decides.
            let manifests = ["PKG-INFO", "Cargo.toml", "package.json", "pyproject.toml"];
            artifact
                .entries
                .keys()
                .filter(|name| manifests.contains(&name.rsplit('/').next().unwrap_or(name)))
                .min_by_key(|name| (name.matches('/').count(), name.len()))
                .and_then(|name| name.rsplit_once('/'))
                .map_or(String::new(), |(folder, _)| format!("{folder}/"))
        }
    }
}

/// The `.dist-info` folders at the top of a wheel, without the final `/`.
pub(super) fn dist_infos(artifact: &Artifact) -> Vec<&str> {
    let mut found: Vec<&str> = artifact
        .entries
        .keys()
        .filter_map(|name| name.split_once('/'))
        .map(|(top, _)| top)
        .filter(|top| top.ends_with(".dist-info"))
        .collect();
    found.dedup();
    found
}

/// The `.dist-info` folder that a wheel's installer would read: the one with `METADATA`, or the
/// only one.
pub(super) fn dist_info(artifact: &Artifact) -> Option<&str> {
    let all = dist_infos(artifact);
    all.iter()
        .find(|folder| artifact.entries.contains_key(&format!("{folder}/METADATA")))
        .or_else(|| all.first())
        .copied()
}

/// Whether two Python version texts mean the same release (PEP 440); texts that are no versions
/// are compared as they stand.
pub(super) fn same_version(one: &str, other: &str) -> bool {
    let parse = |text: &str| text.trim().parse::<pep440_rs::Version>();
    match (parse(one), parse(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => one.trim() == other.trim(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_versions_are_compared_as_the_index_does() {
        assert_eq!(normal_name("My.Package__x"), "my-package-x");
        assert!(same_version("1.0", "1.0.0"));
        assert!(same_version("1.0rc1", "1.0-RC.1"));
        assert!(!same_version("1.0", "1.0.post1"));
    }
}
