// SPDX-License-Identifier: Apache-2.0
//! Build trees inside a tree or a package, told by what a folder holds rather than by its name:
//! `build` is a module of many packages, and `dist` is where npm packages keep their code.

use super::{Artifact, ArtifactCheck, ArtifactKind};
use crate::classify::{Kind, Purpose, purposes};
use crate::model::{Confidence, Draft, EntryPath, Severity};
use crate::rules::Rule;
use std::collections::BTreeMap;

/// Emits one finding per build folder.
pub(super) struct BuildTree;

/// Emits one finding per folder that holds loose class files.
pub(super) struct ClassFiles;

impl ArtifactCheck for BuildTree {
    fn name(&self) -> &'static str {
        "build-tree"
    }

    fn keeps(&self, _name: &str, _kind: Kind) -> bool {
        false
    }

    fn check(&self, rule: &Rule, artifact: &Artifact, out: &mut Vec<Draft>) {
        for (folder, what) in build_folders(artifact) {
            let path = member(artifact, &folder);
            let mut draft = Draft::new(rule.meta.id.clone(), &path, what);
            if in_fixtures(&folder) {
                draft = draft.severity(Severity::Info).confidence(Confidence::Low);
            }
            out.push(draft);
        }
    }
}

impl ArtifactCheck for ClassFiles {
    fn name(&self) -> &'static str {
        "class-files"
    }

    fn keeps(&self, _name: &str, _kind: Kind) -> bool {
        false
    }

    fn check(&self, rule: &Rule, artifact: &Artifact, out: &mut Vec<Draft>) {
        // A jar is a plain zip full of class files, as it should be.
        if matches!(artifact.kind, ArtifactKind::Container(_)) {
            return;
        }
        let mut folders: BTreeMap<&str, usize> = BTreeMap::new();
        for name in artifact.entries.keys() {
            if name.ends_with(".class") {
                let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
                *folders.entry(folder).or_default() += 1;
            }
        }
        for (folder, count) in folders {
            let files = if count == 1 { "file" } else { "files" };
            let description = format!("The folder holds {count} compiled class {files}.");
            let mut draft =
                Draft::new(rule.meta.id.clone(), &member(artifact, folder), description);
            if in_fixtures(folder) {
                draft = draft.severity(Severity::Info).confidence(Confidence::Low);
            }
            out.push(draft);
        }
    }
}

fn member(artifact: &Artifact, folder: &str) -> EntryPath {
    if folder.is_empty() {
        artifact.path.clone()
    } else {
        artifact.member(folder)
    }
}

/// Inputs of tests were put there on purpose.
fn in_fixtures(folder: &str) -> bool {
    purposes(folder).any(|word| word == Purpose::Test)
}

/// Each outermost build folder and what tells it.
fn build_folders(artifact: &Artifact) -> BTreeMap<String, &'static str> {
    let top = artifact.top_folder().unwrap_or("");
    let mut found: BTreeMap<String, &'static str> = BTreeMap::new();
    for name in artifact.entries.keys() {
        if let Some((folder, what)) = told_by(artifact, name) {
            found.entry(folder.to_owned()).or_insert(what);
        }
    }
    if artifact.kind == ArtifactKind::Wheel {
        let holds = |name: &str| artifact.entries.contains_key(name);
        let named = |folder: &str| {
            let prefix = format!("{folder}/");
            artifact
                .entries
                .range(prefix.clone()..)
                .next()
                .is_some_and(|(name, _)| name.starts_with(&prefix))
        };
        for folder in ["build", "dist"] {
            if named(folder) && !holds(&format!("{folder}/__init__.py")) {
                found.entry(folder.to_owned()).or_insert(
                    "A top-level build folder is installed beside the modules of all other packages.",
                );
            }
        }
    }
    // A build folder of the top folder's own name would be the package itself.
    found.remove(top);
    let folders: Vec<String> = found.keys().cloned().collect();
    found.retain(|folder, _| {
        !folders
            .iter()
            .any(|outer| folder.len() > outer.len() && folder.starts_with(&format!("{outer}/")))
    });
    found
}

/// The build folder that this member proves, if it proves one.
fn told_by<'n>(artifact: &Artifact, name: &'n str) -> Option<(&'n str, &'static str)> {
    // Of most names this says enough.
    let telling = ["build/", "target/", "dist/", ".egg-info/"];
    if !telling.iter().any(|part| name.contains(part)) {
        return None;
    }
    // `end` components of the name, from its start.
    let parts: Vec<&str> = name.split('/').collect();
    let folder = |end: usize| {
        &name[..parts[..end]
            .iter()
            .map(|part| part.len() + 1)
            .sum::<usize>()
            - 1]
    };
    for (at, part) in parts.iter().enumerate().take(parts.len().saturating_sub(1)) {
        let next = parts[at + 1];
        let deeper = parts.len() > at + 2;
        match *part {
            "build"
                if deeper
                    && (next.starts_with("lib.") && next.contains('-')
                        || next.starts_with("temp.")
                        || next.starts_with("bdist.")
                        || next.starts_with("scripts-")) =>
            {
                return Some((
                    folder(at + 1),
                    "The folder is the build tree of setuptools.",
                ));
            }
            "build"
                if next == "CMakeCache.txt"
                    || next == "CMakeFiles" && deeper
                    || next == "build.ninja"
                    || next == "meson-private" && deeper =>
            {
                return Some((
                    folder(at + 1),
                    "The folder is the build tree of CMake or Meson.",
                ));
            }
            "target"
                if deeper
                    && matches!(next, "debug" | "release")
                    && parts.get(at + 2).is_some_and(|below| {
                        matches!(
                            *below,
                            "deps" | ".fingerprint" | "incremental" | "build" | ".cargo-lock"
                        )
                    }) =>
            {
                return Some((folder(at + 1), "The folder is the target folder of Cargo."));
            }
            "target" if next == ".rustc_info.json" => {
                return Some((folder(at + 1), "The folder is the target folder of Cargo."));
            }
            "target"
                if deeper
                    && matches!(next, "maven-status" | "maven-archiver" | "surefire-reports") =>
            {
                return Some((folder(at + 1), "The folder is the target folder of Maven."));
            }
            "dist"
                if !deeper
                    && (next.ends_with(".whl") || next.ends_with(".tar.gz"))
                    && artifact.kind != ArtifactKind::Tree =>
            {
                return Some((
                    folder(at + 1),
                    "The folder holds built archives: a package inside the package.",
                ));
            }
            part if at == 0
                && part.ends_with(".egg-info")
                && artifact.kind == ArtifactKind::Wheel =>
            {
                return Some((
                    folder(1),
                    "Metadata of setuptools' development install; a wheel has `.dist-info`.",
                ));
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::EntryKind;
    use crate::checks::IndexEntry;
    use crate::classify::Origin;

    fn artifact(kind: ArtifactKind, names: &[&str]) -> Artifact {
        let entry = IndexEntry {
            kind: EntryKind::File,
            size: 1,
            sha256: None,
            mode: None,
            owner: None,
        };
        Artifact {
            path: EntryPath::root("dist/x"),
            kind,
            origin: Origin::Archive,
            upload: false,
            cut: false,
            entries: names
                .iter()
                .map(|name| ((*name).to_owned(), entry.clone()))
                .collect(),
            kept: BTreeMap::new(),
            notes: BTreeMap::new(),
        }
    }

    fn folders(kind: ArtifactKind, names: &[&str]) -> Vec<String> {
        build_folders(&artifact(kind, names)).into_keys().collect()
    }

    #[test]
    fn a_top_level_build_in_a_wheel_is_told_from_a_package_of_that_name() {
        assert_eq!(
            folders(ArtifactKind::Wheel, &["build/lib/x.py", "x/__init__.py"]),
            ["build"]
        );
        assert!(folders(ArtifactKind::Wheel, &["build/__init__.py", "build/env.py"]).is_empty());
        assert!(folders(ArtifactKind::Wheel, &["x/build/env.py"]).is_empty());
    }

    #[test]
    fn build_trees_are_told_by_content() {
        assert_eq!(
            folders(
                ArtifactKind::Sdist,
                &[
                    "x-1/build/lib.linux-x86_64-cpython-312/x.py",
                    "x-1/build/temp.linux/x.o"
                ]
            ),
            ["x-1/build"]
        );
        assert_eq!(
            folders(
                ArtifactKind::Crate,
                &["x-1/target/debug/deps/x.d", "x-1/target/.rustc_info.json"]
            ),
            ["x-1/target"]
        );
        assert_eq!(
            folders(
                ArtifactKind::Sdist,
                &["x-1/dist/x-0.9.tar.gz", "x-1/setup.py"]
            ),
            ["x-1/dist"]
        );
        assert!(
            folders(
                ArtifactKind::Crate,
                &["x-1/src/build/mod.rs", "x-1/src/target/debug.rs"]
            )
            .is_empty()
        );
        assert!(
            folders(
                ArtifactKind::Npm,
                &["package/dist/x.js", "package/build/x.js"]
            )
            .is_empty()
        );
    }

    #[test]
    fn egg_info_belongs_into_an_sdist_only() {
        assert_eq!(
            folders(ArtifactKind::Wheel, &["x.egg-info/PKG-INFO", "x/a.py"]),
            ["x.egg-info"]
        );
        assert!(folders(ArtifactKind::Sdist, &["x-1/x.egg-info/PKG-INFO"]).is_empty());
    }
}
