// SPDX-License-Identifier: Apache-2.0
//! Listens to a container being read: builds its index, keeps the few contents that checks need,
//! and hands members to be examined in batches.

use super::judging;
use super::members::{Members, Parcel};
use super::turns::Turn;
use crate::artifact::{self, Anomaly, EntryKind, Format, OwnedEntry, Visitor};
use crate::checks::{self, Artifact, ArtifactKind, IndexEntry};
use crate::classify::{Origin, is_test_material};
use crate::model::{Draft, EntryPath, Scanned, Severity};
use crate::support::hashing;
use rayon::Scope;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Bytes gathered before a batch is handed over: large enough that handing over costs nothing,
/// small enough that two cores share one archive and that a core's cache holds it.
const BATCH_BYTES: usize = 512 << 10;
/// Content of one member kept for checks, and of all members of one artifact together.
const KEPT_ONE: usize = 8 << 20;
const KEPT_ALL: usize = 64 << 20;

/// Visitor of one outermost container.
pub(super) struct Listener<'s, 'scope> {
    members: &'scope Members<'scope>,
    scope: &'s Scope<'scope>,
    parcel: Arc<Parcel>,
    open: Vec<Open>,
    batch: Vec<OwnedEntry>,
    batch_bytes: usize,
    batch_most: usize,
    /// The turn of the large member that is held, and how many containers were open around it.
    turn: Option<(usize, Turn<'scope>)>,
    /// Where in the outermost name the part begins that says where the file stands.
    name_from: usize,
    /// A budget of the outermost container is spent: nothing that is opened now is read to its end.
    spent: bool,
}

/// A container whose members are coming by.
struct Open {
    artifact: Artifact,
    /// Its index, in the order of its members: sorted once, at its end.
    entries: Vec<(String, IndexEntry)>,
    /// Bytes kept of it.
    kept: usize,
    /// Made of a commit by git.
    of_commit: bool,
}

impl<'s, 'scope> Listener<'s, 'scope> {
    pub(super) fn new(
        members: &'scope Members<'scope>,
        scope: &'s Scope<'scope>,
        name_from: usize,
    ) -> Self {
        Self {
            members,
            scope,
            parcel: Arc::default(),
            open: Vec::new(),
            batch: Vec::new(),
            batch_bytes: 0,
            // A lone worker examines each member while it is in the cache nearest to it.
            batch_most: if members.is_alone() { 0 } else { BATCH_BYTES },
            turn: None,
            name_from,
            spent: false,
        }
    }

    fn flush(&mut self) {
        if self.batch.is_empty() {
            return;
        }
        let batch = std::mem::take(&mut self.batch);
        let bytes = std::mem::take(&mut self.batch_bytes);
        self.members.batch(self.scope, &self.parcel, batch, bytes);
    }

    /// Ends the turn of a large member among the members at hand.
    fn end_turn(&mut self) {
        let here = self.open.len();
        self.turn = self.turn.take().filter(|(depth, _)| *depth < here);
    }

    /// What was read; batches may still be under way.
    pub(super) fn into_parcel(mut self) -> Arc<Parcel> {
        self.flush();
        self.parcel
    }
}

impl Visitor for Listener<'_, '_> {
    fn room(&mut self, size: u64) -> Vec<u8> {
        self.end_turn();
        if self.turn.is_none() && !self.members.is_alone() {
            let turn = self.members.turns.wait(size);
            self.turn = turn.map(|turn| (self.open.len(), turn));
        }
        self.members.rooms.take(size)
    }

    fn enter(&mut self, path: &EntryPath, format: Format) {
        let artifact = Artifact {
            path: path.clone(),
            kind: ArtifactKind::Container(format),
            origin: Origin::Archive,
            upload: self.members.release && self.name_from > 0 && self.open.is_empty(),
            cut: false,
            entries: BTreeMap::new(),
            kept: BTreeMap::new(),
            notes: BTreeMap::new(),
        };
        self.open.push(Open {
            artifact,
            entries: Vec::new(),
            kept: 0,
            of_commit: false,
        });
        self.members.collector.count(Scanned {
            archives: 1,
            ..Scanned::default()
        });
    }

    fn of_commit(&mut self) {
        if let Some(open) = self.open.last_mut() {
            open.of_commit = true;
        }
    }

    fn entry(&mut self, entry: OwnedEntry) {
        let top = self.open.len() == 1;
        if let Some(open) = self.open.last_mut() {
            let name = entry.path.name().to_owned();
            let kind = judging::kind(&name, &entry.bytes);
            // Half a file says untrue things of the whole.
            let small = entry.complete
                && entry.bytes.len() <= KEPT_ONE
                && open.kept + entry.bytes.len() <= KEPT_ALL;
            if small
                && entry.kind == EntryKind::File
                && self.members.engine.keeps(&name, kind, &entry.bytes, top)
            {
                open.kept += entry.bytes.len();
                let kept = &mut open.artifact.kept;
                let mut copy = Vec::new();
                artifact::reserve(&mut copy, entry.bytes.len() as u64);
                copy.extend_from_slice(&entry.bytes);
                kept.insert(name.clone(), copy);
            }
            let indexed = IndexEntry {
                kind: entry.kind.clone(),
                size: entry.size,
                // Of what was not read to its end nothing can be held against a record.
                sha256: entry.complete.then_some(entry.sha256),
                mode: entry.mode,
                owner: entry.owner.clone(),
            };
            open.entries.push((name, indexed));
        }
        self.members.collector.count(Scanned {
            entries: 1,
            bytes: entry.bytes.len() as u64,
            ..Scanned::default()
        });
        // The content of a member that was opened came by as entries of its own, and its bytes are
        // empty here; what its name tells is judged all the same.
        self.batch_bytes += entry.bytes.len() + 256;
        self.batch.push(entry);
        if self.batch_bytes >= self.batch_most {
            self.flush();
        }
        self.end_turn();
    }

    fn said(&mut self, path: EntryPath, text: Vec<u8>) {
        // No member: it is searched, and stands in no index.
        self.batch_bytes += text.len() + 256;
        self.batch.push(OwnedEntry {
            path,
            kind: EntryKind::File,
            size: text.len() as u64,
            sha256: hashing::sha256(&text),
            complete: true,
            mode: None,
            owner: None,
            opened: false,
            bytes: text,
        });
    }

    fn anomaly(&mut self, anomaly: Anomaly) {
        self.spent |= artifact::spends_budget(anomaly.rule);
        if artifact::cuts_listing(anomaly.rule)
            && anomaly.path == anomaly.container
            && let Some(open) = self.open.last_mut()
        {
            open.artifact.cut = true;
        }
        let mut description = anomaly.detail;
        if let Some(offset) = anomaly.offset {
            description = format!("{} (at byte {offset})", description.trim_end_matches('.'));
        }
        let mut draft = Draft::new(anomaly.rule, &anomaly.path, description);
        // A budget that was hit leaves bytes unread, so it weighs the same wherever that happens.
        let segments = anomaly.path.segments();
        let inner = segments[1..].iter().any(|name| is_test_material(name));
        let outer = is_test_material(&segments[0][self.name_from..]);
        if !anomaly.rule.starts_with("archive-budget-") && (inner || outer) {
            let seen = draft.description.trim_end_matches('.');
            draft.description = format!("{seen}; rated low, since it stands in test material");
            draft = draft.severity(Severity::Low);
        }
        self.members.collector.draft(draft);
    }

    fn leave(&mut self, _: &EntryPath) {
        if let Some(open) = self.open.pop() {
            // What was opened may have been a large member itself.
            self.end_turn();
            let mut artifact = open.artifact;
            artifact.cut |= self.spent;
            // Of members with one name the last stays.
            artifact.entries = open.entries.into_iter().collect();
            // What lies inside another archive, or is input of tests, is nobody's upload.
            let alone = self.open.is_empty() && !open.of_commit;
            let named = alone && !is_test_material(artifact.path.name());
            artifact.kind = package_kind(&artifact, named);
            self.parcel.finished(artifact);
        }
    }
}

/// The kind of package, by what it holds; its name decides only between tarballs. What is about to
/// be uploaded is a package without its manifest still, and so is what is `named` like one to the
/// letter: archive and folder alike.
fn package_kind(artifact: &Artifact, named: bool) -> ArtifactKind {
    let names = || artifact.entries.keys();
    let ArtifactKind::Container(format) = artifact.kind else {
        return artifact.kind;
    };
    let top_file =
        |file: &str| names().any(|name| name.split_once('/').is_some_and(|(_, rest)| rest == file));
    if format == Format::Zip {
        let wheel = names().any(|name| {
            name.split_once('/')
                .is_some_and(|(top, rest)| top.ends_with(".dist-info") && rest == "WHEEL")
        });
        return if wheel || artifact.path.name().ends_with(".whl") {
            ArtifactKind::Wheel
        } else {
            artifact.kind
        };
    }
    let name = artifact.path.file_name();
    if name.ends_with(".crate") || top_file("Cargo.toml.orig") {
        ArtifactKind::Crate
    } else if artifact.entries.contains_key("package/package.json")
        || name.ends_with(".tgz") && artifact.top_folder() == Some("package")
    {
        ArtifactKind::Npm
    } else if top_file("PKG-INFO")
        || (artifact.upload || named && checks::is_sdist_name(name, artifact.top_folder()))
            && name.ends_with(".tar.gz")
            && ["pyproject.toml", "setup.py"].map(top_file).contains(&true)
    {
        ArtifactKind::Sdist
    } else if artifact.top_folder().is_some_and(|top| {
        artifact
            .entries
            .contains_key(&format!("{top}/package.json"))
    }) && name.ends_with(".tgz")
    {
        // npm takes off the first folder whatever it is called; some packages use their own name.
        ArtifactKind::Npm
    } else {
        artifact.kind
    }
}
