// SPDX-License-Identifier: Apache-2.0
//! An [`Artifact`] in memory, from a list of files, with every content kept: what a check sees,
//! without an audit around it.

use ccr::artifact::EntryKind;
use ccr::checks::{self, Artifact, ArtifactKind, IndexEntry, Release};
use ccr::classify::{Classified, Origin};
use ccr::model::{Draft, EntryPath};
use ccr::rules::{Body, Rule};
use std::collections::BTreeMap;

/// An artifact of these files.
pub(crate) fn artifact(
    path: &str,
    kind: ArtifactKind,
    files: BTreeMap<String, Vec<u8>>,
) -> Artifact {
    let entry = |bytes: &Vec<u8>| IndexEntry {
        kind: EntryKind::File,
        size: bytes.len() as u64,
        sha256: None,
        mode: None,
        owner: None,
    };
    let origin = match kind {
        ArtifactKind::Tree => Origin::Tree,
        _ => Origin::Archive,
    };
    let mut artifact = Artifact {
        path: EntryPath::root(path),
        kind,
        origin,
        cut: false,
        upload: false,
        entries: files.iter().map(|(n, b)| (n.clone(), entry(b))).collect(),
        kept: files,
        notes: BTreeMap::new(),
    };
    for (name, bytes) in &artifact.kept {
        let path = artifact.member(name);
        let entry = Classified::new(&path, origin, &EntryKind::File, bytes);
        for check in checks::artifact_checks() {
            if let Some(note) = check.note(&entry) {
                artifact.notes.insert((check.name(), name.clone()), note);
            }
        }
    }
    artifact
}

/// What a rule with a structural check says of a release. Contents that the check would not
/// keep are withheld from it, as an audit withholds them.
pub(crate) fn run(rule: &Rule, artifacts: &[Artifact]) -> Vec<Draft> {
    let Body::Check { name, .. } = &rule.body else {
        panic!("{} names no check", rule.meta.id);
    };
    let mut out = Vec::new();
    for check in checks::entry_checks().iter().filter(|c| c.name() == name) {
        for artifact in artifacts {
            for (member, bytes) in &artifact.kept {
                let path = artifact.member(member);
                let entry = Classified::new(&path, artifact.origin, &EntryKind::File, bytes);
                if check.wants(&entry) {
                    check.check(rule, &entry, &mut out);
                }
            }
        }
    }
    for check in checks::artifact_checks()
        .iter()
        .filter(|c| c.name() == name)
    {
        for artifact in artifacts {
            let artifact = keep(artifact, |name, bytes, kind| {
                check.keeps(name, kind) && check.keeps_content(name, bytes)
            });
            check.check(rule, &artifact, &mut out);
        }
    }
    for check in checks::release_checks().iter().filter(|c| c.name() == name) {
        let artifacts: Vec<_> = artifacts
            .iter()
            .map(|artifact| {
                keep(artifact, |name, bytes, kind| {
                    check.keeps(name, kind) && check.keeps_content(name, bytes)
                })
            })
            .collect();
        let release = Release {
            artifacts: &artifacts,
        };
        check.check(rule, &release, &mut out);
    }
    out
}

fn keep(
    artifact: &Artifact,
    wanted: impl Fn(&str, &[u8], ccr::classify::Kind) -> bool,
) -> Artifact {
    let mut artifact = artifact.clone();
    let origin = artifact.origin;
    artifact.kept.retain(|name, bytes| {
        let path = EntryPath::root(name);
        let kind = Classified::new(&path, origin, &EntryKind::File, bytes).kind;
        wanted(name, bytes, kind)
    });
    artifact
}
