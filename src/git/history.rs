// SPDX-License-Identifier: Apache-2.0
//! Every content that a range of history holds, once, with the commit that brought it in: the
//! first one in the order of [`super::order`] whose tree holds it.
//!
//! Each tree is read once, whatever the number of commits that share it, so the walk costs what
//! changed and not what is there. In memory stay a bit for each object, a line for each commit and
//! blob, and each path once.

use super::id::ObjectId;
use super::object::{EntryMode, Fault, ObjectKind, entries};
use super::order::{self, CommitNote};
use super::peel::MOST;
use super::refs::Range;
use super::repository::Repository;
use super::store::{Location, Reader};
use indexmap::IndexSet;
use std::collections::{HashMap, HashSet};

/// Folders inside folders: a tree that is deeper was made to be.
const DEPTH: usize = 1000;
/// Troubles that are kept one by one.
const TROUBLES: usize = 100;

/// The contents of a range.
#[derive(Default)]
pub struct History {
    /// Its commits, oldest first.
    pub commits: Vec<CommitNote>,
    /// The tags that it names.
    pub tags: Vec<TagNote>,
    /// Its contents, in the order in which they are read best.
    pub blobs: Vec<Blob>,
    /// What could not be read, as far as it is kept one by one.
    pub troubles: Vec<Trouble>,
    /// The others.
    pub more_troubles: u64,
    /// Contents that a partial clone left at its origin.
    pub absent: u64,
    /// Commits whose parents a shallow clone left at its origin.
    pub cut: u64,
    paths: IndexSet<Box<[u8]>>,
}

/// A tag with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TagNote {
    /// Its own name as an object.
    pub id: ObjectId,
    /// Number of the commit that it names, where the range holds it.
    pub commit: Option<u32>,
}

/// One content.
#[derive(Debug, Clone, Copy)]
pub struct Blob {
    /// Where it is.
    pub location: Location,
    /// Its name.
    pub id: ObjectId,
    /// Number of the commit that brought it in; none for what a reference names without a commit.
    pub commit: Option<u32>,
    /// Whether it is the target of a symbolic link.
    pub is_link: bool,
    path: u32,
}

/// An object that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Its name.
    pub id: ObjectId,
    /// The commit in which it stands.
    pub commit: Option<u32>,
    /// Its path there; empty for the commit itself.
    pub path: Vec<u8>,
    /// What is wrong.
    pub fault: Fault,
}

impl History {
    /// Walks a range.
    pub fn walk(repository: &Repository, range: &Range) -> Self {
        let mut reader = Reader::new(&repository.store);
        let ordered = order::commits(repository, &mut reader, range);
        let mut walk = Walk {
            repository,
            reader,
            seen: Seen::new(repository.store.pack_sizes()),
            found: Self {
                cut: ordered.cut,
                ..Self::default()
            },
            silent: true,
        };
        for (id, fault) in ordered.faults {
            walk.trouble(id, None, b"", fault);
        }
        for tree in ordered.before {
            walk.tree(tree, None);
        }
        walk.silent = false;
        for node in ordered.commits {
            let number = walk.found.commits.len() as u32;
            walk.found.commits.push(node.note);
            walk.tree(node.tree, Some(number));
        }
        for (id, kind) in ordered.bare {
            match kind {
                ObjectKind::Tree => walk.tree(id, None),
                _ => walk.blob(id, None, id.to_string().as_bytes(), false),
            }
        }
        let mut found = walk.found;
        found.tags = notes(&ordered.tags, &found.commits);
        found
            .blobs
            .sort_unstable_by_key(|blob| (blob.location, blob.id));
        found
    }

    /// The path of a content in the commit that brought it in.
    pub fn path(&self, blob: &Blob) -> &[u8] {
        self.paths
            .get_index(blob.path as usize)
            .map_or(&[], |path| path)
    }
}

/// The tags, with the numbers of the commits that they name.
fn notes(tags: &[(ObjectId, ObjectId)], commits: &[CommitNote]) -> Vec<TagNote> {
    let wanted: HashSet<ObjectId> = tags.iter().map(|(_, target)| *target).collect();
    let numbers: HashMap<ObjectId, u32> = commits
        .iter()
        .enumerate()
        .filter(|(_, note)| wanted.contains(&note.id))
        .map(|(number, note)| (note.id, number as u32))
        .collect();
    tags.iter()
        .map(|(id, target)| TagNote {
            id: *id,
            commit: numbers.get(target).copied(),
        })
        .collect()
}

struct Walk<'r> {
    repository: &'r Repository,
    reader: Reader<'r>,
    seen: Seen,
    found: History,
    /// Only mark what is there.
    silent: bool,
}

impl Walk<'_> {
    /// Everything below a tree that was not seen before.
    fn tree(&mut self, root: ObjectId, commit: Option<u32>) {
        let mut stack = vec![(root, Vec::new(), 0)];
        while let Some((id, path, depth)) = stack.pop() {
            if self.seen.recently(id) {
                continue;
            }
            let Some(location) = self.locate(id, commit, &path) else {
                continue;
            };
            if !self.seen.insert(location, id) {
                continue;
            }
            if depth > DEPTH {
                let fault = Fault::broken(format!("it lies below {DEPTH} folders"));
                self.trouble(id, commit, &path, fault);
                continue;
            }
            let data = match self.reader.read_at(&id, location, MOST) {
                Ok((ObjectKind::Tree, data)) => data,
                Ok(_) => {
                    let fault = Fault::broken("it should be a tree and is none");
                    self.trouble(id, commit, &path, fault);
                    continue;
                }
                Err(fault) => {
                    self.trouble(id, commit, &path, fault);
                    continue;
                }
            };
            let first = stack.len();
            for entry in entries(&data) {
                let entry = match entry {
                    Ok(entry) => entry,
                    Err(fault) => {
                        self.trouble(id, commit, &path, fault);
                        break;
                    }
                };
                let below = || match path.is_empty() {
                    true => entry.name.to_vec(),
                    false => [&path[..], b"/", entry.name].concat(),
                };
                match entry.mode {
                    EntryMode::Folder if self.seen.recently(entry.id) => {}
                    EntryMode::Folder => stack.push((entry.id, below(), depth + 1)),
                    EntryMode::Module => {}
                    _ if self.seen.recently(entry.id) => {}
                    mode => self.blob(entry.id, commit, &below(), mode == EntryMode::Link),
                }
            }
            // Taken from the end: folders in the order of their names.
            stack[first..].reverse();
        }
    }

    fn blob(&mut self, id: ObjectId, commit: Option<u32>, path: &[u8], is_link: bool) {
        let Some(location) = self.locate(id, commit, path) else {
            return;
        };
        if !self.seen.insert(location, id) || self.silent {
            return;
        }
        let number = match self.found.paths.get_index_of(path) {
            Some(number) => number,
            None => self.found.paths.insert_full(path.into()).0,
        };
        self.found.blobs.push(Blob {
            location,
            id,
            commit,
            is_link,
            path: number as u32,
        });
    }

    /// Where an object is; one that is not there is told once.
    fn locate(&mut self, id: ObjectId, commit: Option<u32>, path: &[u8]) -> Option<Location> {
        let location = self.repository.store.locate(&id);
        if location.is_none() && self.seen.missing.insert(id) && !self.silent {
            if self.repository.partial {
                self.found.absent += 1;
            } else {
                self.trouble(id, commit, path, Fault::Missing);
            }
        }
        location
    }

    fn trouble(&mut self, id: ObjectId, commit: Option<u32>, path: &[u8], fault: Fault) {
        if self.found.troubles.len() < TROUBLES {
            self.found.troubles.push(Trouble {
                id,
                commit,
                path: path.to_vec(),
                fault,
            });
        } else {
            self.found.more_troubles += 1;
        }
    }
}

/// The objects that the walk has met.
struct Seen {
    /// A bit for each object of each pack.
    packed: Vec<Vec<u64>>,
    loose: HashSet<ObjectId>,
    missing: HashSet<ObjectId>,
    /// Names met not long ago, each at the place that its first digits tell: a tree shares most of
    /// its entries with the one before, and these need no search.
    recent: Vec<Option<ObjectId>>,
}

/// Names that are remembered: a few megabytes.
const RECENT: usize = 1 << 17;

impl Seen {
    fn new(sizes: Vec<usize>) -> Self {
        Self {
            packed: sizes
                .iter()
                .map(|size| vec![0; size.div_ceil(64)])
                .collect(),
            loose: HashSet::new(),
            missing: HashSet::new(),
            recent: vec![None; RECENT],
        }
    }

    fn slot(id: &ObjectId) -> usize {
        let [a, b, c, ..] = *id.as_bytes();
        (usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c)) % RECENT
    }

    /// Whether it is certain that it was met.
    fn recently(&self, id: ObjectId) -> bool {
        self.recent[Self::slot(&id)] == Some(id)
    }

    /// Whether it was not met before.
    fn insert(&mut self, location: Location, id: ObjectId) -> bool {
        self.recent[Self::slot(&id)] = Some(id);
        match location {
            Location::Loose(_) => self.loose.insert(id),
            Location::Packed { pack, place, .. } => {
                let words = self.packed.get_mut(pack as usize);
                let Some(word) = words.and_then(|words| words.get_mut(place as usize / 64)) else {
                    return self.loose.insert(id);
                };
                let bit = 1 << (place % 64);
                let new = *word & bit == 0;
                *word |= bit;
                new
            }
        }
    }
}
