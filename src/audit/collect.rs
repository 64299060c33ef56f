// SPDX-License-Identifier: Apache-2.0
//! Where everything that workers find comes together.

use super::engine::Engine;
use super::examine::{Note, Outcome};
use super::resolve::Pending;
use crate::checks::Artifact;
use crate::config::InlineWaiver;
use crate::matching::Hit;
use crate::model::{Draft, EntryPath, Scanned};
use crate::support::hashing;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Content of tree files kept for checks.
const TREE_KEPT: usize = 64 << 20;

/// Takes from all workers.
pub(super) struct Collector<'a> {
    engine: &'a Engine,
    files: AtomicU64,
    bytes: AtomicU64,
    archives: AtomicU64,
    entries: AtomicU64,
    collected: Mutex<Collected>,
}

/// What they found.
#[derive(Default)]
pub(super) struct Collected {
    pub(super) pending: Vec<Pending>,
    pub(super) waivers: Vec<(EntryPath, InlineWaiver)>,
    /// Path rules' hits, by rule and path: the strongest, and how many.
    pub(super) by_path: BTreeMap<(usize, EntryPath), (Hit, u64)>,
    /// Outermost containers, judged, as far as release checks need them.
    pub(super) containers: Vec<Artifact>,
    pub(super) tree: TreeContent,
    /// How much was left after it was put together last.
    reduced: usize,
}

/// What checks of the tree as a whole will need.
#[derive(Default)]
pub(super) struct TreeContent {
    /// Contents and their SHA-256, by name.
    pub(super) kept: BTreeMap<String, (Vec<u8>, [u8; 32])>,
    pub(super) notes: Vec<Note>,
    bytes: usize,
}

impl<'a> Collector<'a> {
    pub(super) fn new(engine: &'a Engine) -> Self {
        Self {
            engine,
            files: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            archives: AtomicU64::new(0),
            entries: AtomicU64::new(0),
            collected: Mutex::new(Collected::default()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Collected> {
        // A worker that panicked has lost its own result only; what the others found still counts.
        self.collected
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn count(&self, more: Scanned) {
        self.bytes.fetch_add(more.bytes, Ordering::Relaxed);
        self.archives.fetch_add(more.archives, Ordering::Relaxed);
        self.entries.fetch_add(more.entries, Ordering::Relaxed);
        self.files.fetch_add(more.files, Ordering::Relaxed);
    }

    /// Takes a judgement that needs no text.
    pub(super) fn draft(&self, draft: Draft) {
        if let Some((_, rule)) = self.engine.rule(draft.rule.as_str()) {
            let pending = Pending::of_draft(rule, draft, None);
            self.lock().pending.push(pending);
        }
    }

    /// Takes what single entries gave. Notes left in it are about files of the tree.
    pub(super) fn take(&self, outcome: Outcome) {
        if outcome.is_empty() {
            return;
        }
        let mut collected = self.lock();
        collected.pending.extend(outcome.pending);
        collected.waivers.extend(outcome.waivers);
        collected.tree.notes.extend(outcome.notes);
        for (hit, path) in outcome.by_path {
            let rank = |hit: &Hit| (hit.severity, hit.confidence);
            let seen = collected
                .by_path
                .entry((hit.rule, path))
                .or_insert_with(|| (hit.clone(), 0));
            seen.1 += 1;
            if rank(&hit) > rank(&seen.0) {
                seen.0 = hit;
            }
        }
    }

    /// Keeps the content of a tree file for checks of the whole tree.
    pub(super) fn keep(&self, name: &str, bytes: &[u8]) {
        let digest = hashing::sha256(bytes);
        let mut collected = self.lock();
        let tree = &mut collected.tree;
        if tree.bytes + bytes.len() <= TREE_KEPT {
            tree.bytes += bytes.len();
            tree.kept.insert(name.to_owned(), (bytes.to_vec(), digest));
        }
    }

    /// Takes an outermost container that was judged.
    pub(super) fn judged(&self, pending: Vec<Pending>, container: Option<Artifact>) {
        let mut collected = self.lock();
        collected.pending.extend(pending);
        collected.containers.extend(container);
    }

    /// Lets `fold` put together what was found so far, once it is more than `most` and has doubled.
    pub(super) fn reduce(&self, most: usize, fold: impl FnOnce(&mut Collected)) {
        let mut collected = self.lock();
        if collected.pending.len() > most.max(2 * collected.reduced) {
            fold(&mut collected);
            collected.reduced = collected.pending.len();
        }
    }

    /// Everything, when all workers are done.
    pub(super) fn finish(self) -> (Collected, Scanned) {
        let scanned = Scanned {
            files: self.files.into_inner(),
            bytes: self.bytes.into_inner(),
            archives: self.archives.into_inner(),
            entries: self.entries.into_inner(),
        };
        let collected = self.collected.into_inner();
        (collected.unwrap_or_else(PoisonError::into_inner), scanned)
    }
}
