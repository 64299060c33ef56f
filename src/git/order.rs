// SPDX-License-Identifier: Apache-2.0
//! Commits in the order in which they came: parents first, then the older one. The order hangs on
//! nothing but the commits themselves.

use super::id::ObjectId;
use super::object::{Commit, Fault, ObjectKind};
use super::peel::{MOST, peel_noting};
use super::refs::Range;
use super::repository::Repository;
use super::store::Reader;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};

/// A commit, as findings show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommitNote {
    /// Its name.
    pub id: ObjectId,
    /// Seconds since 1970 when its author wrote it.
    pub authored: i64,
}

/// A commit on its way into the order.
pub(super) struct Node {
    pub(super) note: CommitNote,
    pub(super) tree: ObjectId,
    committed: i64,
    parents: Vec<ObjectId>,
}

/// The commits of a range.
#[derive(Default)]
pub(super) struct Ordered {
    /// Oldest first.
    pub(super) commits: Vec<Node>,
    /// Trees of the commits just outside the range: what stands there was not brought in by it.
    pub(super) before: Vec<ObjectId>,
    /// Trees and blobs that a reference names without a commit.
    pub(super) bare: Vec<(ObjectId, ObjectKind)>,
    /// Tags that the range names, each with what it names in the end.
    pub(super) tags: Vec<(ObjectId, ObjectId)>,
    /// Commits and tags that could not be read.
    pub(super) faults: Vec<(ObjectId, Fault)>,
    /// Commits whose parents are not here.
    pub(super) cut: u64,
}

/// Collects the commits of a range and puts them in order.
pub(super) fn commits(repository: &Repository, reader: &mut Reader<'_>, range: &Range) -> Ordered {
    let mut ordered = Ordered::default();
    let mut outside = HashMap::new();
    collect(
        repository,
        reader,
        &range.without,
        &HashMap::new(),
        &mut outside,
        &mut Ordered::default(),
    );
    let mut nodes = HashMap::new();
    collect(
        repository,
        reader,
        &range.with,
        &outside,
        &mut nodes,
        &mut ordered,
    );
    let mut before: HashSet<ObjectId> = HashSet::new();
    for node in nodes.values() {
        for parent in &node.parents {
            before.extend(outside.get(parent).map(|node: &Node| node.tree));
        }
    }
    ordered.before = before.into_iter().collect();
    ordered.before.sort_unstable();
    ordered.bare.sort_unstable_by_key(|(id, _)| *id);
    ordered.faults.sort_unstable_by_key(|(id, _)| *id);
    ordered.tags.sort_unstable();
    ordered.tags.dedup();
    drop(outside);

    let mut children: HashMap<ObjectId, Vec<ObjectId>> = HashMap::new();
    let mut waiting: HashMap<ObjectId, usize> = HashMap::new();
    let mut ready = BinaryHeap::new();
    for (id, node) in &nodes {
        let inside: HashSet<_> = node
            .parents
            .iter()
            .filter(|p| nodes.contains_key(p))
            .collect();
        if inside.is_empty() {
            ready.push(Reverse((node.committed, *id)));
        } else {
            waiting.insert(*id, inside.len());
        }
        for parent in inside {
            children.entry(*parent).or_default().push(*id);
        }
    }
    while let Some(Reverse((_, id))) = ready.pop() {
        for child in children.remove(&id).unwrap_or_default() {
            if let Some(left) = waiting.get_mut(&child) {
                *left -= 1;
                if *left == 0
                    && let Some(node) = nodes.get(&child)
                {
                    ready.push(Reverse((node.committed, child)));
                }
            }
        }
        ordered.commits.extend(nodes.remove(&id));
    }
    ordered
}

/// Reads everything that `tips` reach and `without` does not hold.
fn collect(
    repository: &Repository,
    reader: &mut Reader<'_>,
    tips: &[ObjectId],
    without: &HashMap<ObjectId, Node>,
    nodes: &mut HashMap<ObjectId, Node>,
    told: &mut Ordered,
) {
    let mut stack = Vec::new();
    for tip in tips {
        let mut tags = Vec::new();
        match peel_noting(reader, *tip, &mut tags) {
            Ok((id, kind)) => {
                told.tags.extend(tags.into_iter().map(|tag| (tag, id)));
                match kind {
                    ObjectKind::Commit => stack.push(id),
                    kind => told.bare.push((id, kind)),
                }
            }
            Err(fault) => told.faults.push((*tip, fault)),
        }
    }
    let mut seen: HashSet<ObjectId> = stack.iter().copied().collect();
    while let Some(id) = stack.pop() {
        if without.contains_key(&id) {
            continue;
        }
        let commit = reader.read(&id, MOST).and_then(|(kind, data)| match kind {
            ObjectKind::Commit => Commit::parse(&data),
            _ => Err(Fault::broken("it should be a commit and is none")),
        });
        let mut commit = match commit {
            Ok(commit) => commit,
            Err(fault) => {
                told.faults.push((id, fault));
                continue;
            }
        };
        if repository.shallow.contains(&id) {
            told.cut += 1;
            commit.parents.clear();
        }
        stack.extend(commit.parents.iter().filter(|parent| seen.insert(**parent)));
        nodes.insert(
            id,
            Node {
                note: CommitNote {
                    id,
                    authored: commit.authored,
                },
                tree: commit.tree,
                committed: commit.committed,
                parents: commit.parents,
            },
        );
    }
}
