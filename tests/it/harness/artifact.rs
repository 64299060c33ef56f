// SPDX-License-Identifier: Apache-2.0
//! Fixtures as [`Artifact`]s in memory, and structural checks run over them, without discovery
//! or archive reading between.
//!
//! In a case folder each file named `archive.toml` or `*.archive.toml` describes one archive;
//! all other files together are the tree.

use super::fill;
use ccr::artifact::{EntryKind, Format};
use ccr::checks::{self, Artifact, ArtifactKind, IndexEntry, Release};
use ccr::classify::{Classified, Kind, Origin, Text};
use ccr::model::{Draft, EntryPath};
use ccr::rules::{Body, Rule};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::Path;

/// An artifact before it was indexed.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) path: EntryPath,
    pub(crate) kind: ArtifactKind,
    pub(crate) entries: BTreeMap<String, Vec<u8>>,
}

#[derive(Deserialize)]
struct ArchiveToml {
    name: String,
    #[serde(default)]
    entry: Vec<EntryToml>,
}

#[derive(Deserialize)]
struct EntryToml {
    name: String,
    text: Option<String>,
    #[serde(default)]
    parts: Vec<String>,
}

impl Source {
    /// Reads the artifacts of a case.
    pub(crate) fn of_case(folder: &Path) -> Vec<Self> {
        let mut tree = BTreeMap::new();
        let mut archives = Vec::new();
        for file in walkdir::WalkDir::new(folder).sort_by_file_name() {
            let file = file.unwrap();
            if !file.file_type().is_file() {
                continue;
            }
            let name = file.path().strip_prefix(folder).unwrap();
            let name = name.to_str().unwrap().replace('\\', "/");
            let base = name.rsplit('/').next().unwrap();
            let bytes = std::fs::read(file.path()).unwrap();
            if base == "archive.toml" || base.ends_with(".archive.toml") {
                let folder = &name[..name.len() - base.len()];
                archives.push(Self::of_archive(
                    folder,
                    std::str::from_utf8(&bytes).unwrap(),
                ));
            } else {
                tree.insert(name, bytes);
            }
        }
        let mut all = Vec::new();
        if !tree.is_empty() {
            all.push(Self {
                path: EntryPath::root("."),
                kind: ArtifactKind::Tree,
                entries: tree,
            });
        }
        all.extend(archives);
        all
    }

    fn of_archive(folder: &str, toml: &str) -> Self {
        let archive: ArchiveToml = toml::from_str(toml).unwrap();
        let mut texts: BTreeMap<String, String> = BTreeMap::new();
        for entry in archive.entry {
            let text = entry.text.unwrap_or_else(|| entry.parts.concat());
            texts.insert(entry.name, text);
        }
        let raw: BTreeMap<String, Vec<u8>> = texts
            .iter()
            .map(|(name, text)| (name.clone(), text.clone().into_bytes()))
            .collect();
        let entries = texts
            .into_iter()
            .map(|(name, text)| (name, fill::entry_facts(&text, &raw).into_bytes()))
            .collect();
        Self {
            kind: kind(&archive.name),
            path: EntryPath::root(&format!("{folder}{}", archive.name)),
            entries,
        }
    }

    fn origin(&self) -> Origin {
        match self.kind {
            ArtifactKind::Tree => Origin::Tree,
            _ => Origin::Archive,
        }
    }

    fn path_of(&self, name: &str) -> EntryPath {
        match self.origin() {
            Origin::Tree => EntryPath::root(name),
            Origin::Archive => self.path.join(name),
        }
    }

    /// Indexes the artifact as the pipeline does: keeps what any check asked for, takes notes.
    pub(crate) fn index(&self) -> Artifact {
        let mut artifact = Artifact {
            path: self.path.clone(),
            kind: self.kind,
            origin: self.origin(),
            entries: BTreeMap::new(),
            kept: BTreeMap::new(),
            notes: BTreeMap::new(),
        };
        for (name, bytes) in &self.entries {
            let path = self.path_of(name);
            let entry_kind = if name.ends_with('/') {
                EntryKind::Directory
            } else {
                EntryKind::File
            };
            let entry = Classified::new(&path, self.origin(), &entry_kind, bytes);
            let wanted = |name: &str, kind: Kind| {
                checks::artifact_checks()
                    .iter()
                    .any(|check| check.keeps(name, kind))
                    || checks::release_checks()
                        .iter()
                        .any(|check| check.keeps(name, kind))
            };
            if wanted(name, entry.kind) {
                artifact.kept.insert(name.clone(), bytes.clone());
            }
            for check in checks::artifact_checks() {
                if let Some(note) = check.note(&entry) {
                    artifact.notes.insert((check.name(), name.clone()), note);
                }
            }
            artifact.entries.insert(
                name.clone(),
                IndexEntry {
                    kind: entry_kind.clone(),
                    size: bytes.len() as u64,
                    sha256: Some(Sha256::digest(bytes).into()),
                    mode: None,
                    owner: None,
                },
            );
        }
        artifact
    }

    /// The bytes that a draft's path names, when it is in this artifact.
    fn bytes_of(&self, path: &EntryPath) -> Option<&[u8]> {
        self.entries
            .iter()
            .find(|(name, _)| self.path_of(name) == *path)
            .map(|(_, bytes)| bytes.as_slice())
    }
}

/// The kind that a name says: fixtures are honest about it.
fn kind(name: &str) -> ArtifactKind {
    if name.ends_with(".whl") {
        ArtifactKind::Wheel
    } else if name.ends_with(".crate") {
        ArtifactKind::Crate
    } else if name.ends_with(".tgz") {
        ArtifactKind::Npm
    } else if name.ends_with(".tar.gz") {
        ArtifactKind::Sdist
    } else {
        ArtifactKind::Container(Format::Zip)
    }
}

/// Runs one structural rule over the artifacts of a case. Each draft's place is held against the
/// bytes that it speaks of.
pub(crate) fn run(rule: &Rule, sources: &[Source]) -> Vec<Draft> {
    let Body::Check { name, .. } = &rule.body else {
        panic!("{} is no structural rule", rule.meta.id)
    };
    let mut out = Vec::new();
    for check in checks::entry_checks()
        .iter()
        .filter(|check| check.name() == name)
    {
        for source in sources {
            for (name, bytes) in &source.entries {
                let path = source.path_of(name);
                let entry = Classified::new(&path, source.origin(), &EntryKind::File, bytes);
                if check.wants(&entry) {
                    check.check(rule, &entry, &mut out);
                }
            }
        }
    }
    let artifacts: Vec<Artifact> = sources.iter().map(Source::index).collect();
    for check in checks::artifact_checks()
        .iter()
        .filter(|check| check.name() == name)
    {
        for artifact in &artifacts {
            check.check(rule, artifact, &mut out);
        }
    }
    for check in checks::release_checks()
        .iter()
        .filter(|check| check.name() == name)
    {
        check.check(
            rule,
            &Release {
                artifacts: &artifacts,
            },
            &mut out,
        );
    }
    for draft in &out {
        let bytes = sources
            .iter()
            .find_map(|source| source.bytes_of(&draft.path));
        if let Some(span) = draft.span {
            let bytes = bytes.unwrap_or_else(|| panic!("{} is placed in no entry", draft.path));
            assert!(span.end <= Text::decode(bytes).bytes().len(), "{draft:?}");
        }
    }
    out
}
