// SPDX-License-Identifier: Apache-2.0
//! Examines members of containers in batches, by whichever worker is free, and has each outermost
//! container judged when nothing of it is left to do.

use super::collect::Collector;
use super::engine::Engine;
use super::examine::{Note, Outcome, examine};
use super::judging;
use super::quiet::Quiet;
use super::rooms::Rooms;
use super::tools::with_tools;
use super::turns::Turns;
use crate::artifact::OwnedEntry;
use crate::checks::Artifact;
use crate::classify::{Classified, Origin};
use rayon::Scope;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes of members waiting for a worker beyond which a reader examines them itself. Enough to
/// keep another core busy; more would only grow memory and cool the caches.
const IN_FLIGHT: usize = 1 << 20;

/// An outermost container that is being read and examined: what is finished of it. The reader
/// and every batch of members under way hold it.
#[derive(Default)]
pub(super) struct Parcel {
    content: Mutex<(Vec<Artifact>, Vec<Note>)>,
}

impl Parcel {
    /// Takes notes that checks made of members.
    fn note(&self, notes: Vec<Note>) {
        if !notes.is_empty() {
            let mut content = self.content.lock().unwrap_or_else(PoisonError::into_inner);
            content.1.extend(notes);
        }
    }

    /// Takes an artifact that was read to its end.
    pub(super) fn finished(&self, artifact: Artifact) {
        let mut content = self.content.lock().unwrap_or_else(PoisonError::into_inner);
        content.0.push(artifact);
    }

    /// Its artifacts, the outermost and those inside it, and all notes.
    fn open(self) -> (Vec<Artifact>, Vec<Note>) {
        self.content
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Examines members; what it finds goes to the collector.
pub(super) struct Members<'a> {
    pub(super) engine: &'a Engine,
    pub(super) collector: &'a Collector<'a>,
    /// Whether archives of a dist folder are read: files that are about to be uploaded.
    pub(super) release: bool,
    /// Room of contents that were examined, for those still to be read.
    pub(super) rooms: Rooms,
    /// Turns of large members.
    pub(super) turns: Turns,
    /// Contents that need no second search.
    quiet: Quiet,
    in_flight: AtomicUsize,
    most_in_flight: usize,
}

impl<'a> Members<'a> {
    pub(super) fn new(
        engine: &'a Engine,
        collector: &'a Collector<'a>,
        (workers, release): (usize, bool),
    ) -> Self {
        Self {
            engine,
            collector,
            release,
            rooms: Rooms::new(workers <= 1),
            turns: Turns::default(),
            quiet: Quiet::default(),
            in_flight: AtomicUsize::new(0),
            // A lone worker examines what it has just unpacked while that is in its cache.
            most_in_flight: if workers > 1 { IN_FLIGHT } else { 0 },
        }
    }

    /// Whether nobody else could take a batch.
    pub(super) fn is_alone(&self) -> bool {
        self.most_in_flight == 0
    }

    /// Members of a container: handed to another worker, or examined here when enough wait.
    pub(super) fn batch<'s>(
        &'s self,
        scope: &Scope<'s>,
        parcel: &Arc<Parcel>,
        batch: Vec<OwnedEntry>,
        bytes: usize,
    ) where
        'a: 's,
    {
        let waiting = self.in_flight.load(Ordering::Relaxed);
        if waiting + bytes > self.most_in_flight {
            self.examine(batch, parcel);
            return;
        }
        self.in_flight.fetch_add(bytes, Ordering::Relaxed);
        let parcel = Arc::clone(parcel);
        scope.spawn(move |_| {
            self.examine(batch, &parcel);
            self.in_flight.fetch_sub(bytes, Ordering::Relaxed);
            self.release(parcel);
        });
    }

    fn examine(&self, batch: Vec<OwnedEntry>, parcel: &Parcel) {
        let mut all = Outcome::default();
        with_tools(|tools| {
            for member in batch {
                let entry =
                    Classified::new(&member.path, Origin::Archive, &member.kind, &member.bytes);
                let content = Quiet::content(&entry, &member.sha256);
                let known = content.map(|content| (&self.quiet, content));
                all.append(examine(
                    self.engine,
                    &entry,
                    (member.path.name(), known),
                    &mut tools.scratch,
                    &mut tools.hits,
                ));
                self.rooms.give(member.bytes);
            }
        });
        parcel.note(std::mem::take(&mut all.notes));
        self.collector.take(all);
    }

    /// Lets go of a container. Whoever holds it last, when it was read to its end and all its
    /// members were examined, judges it: what was kept for that lives no longer than needed.
    pub(super) fn release(&self, parcel: Arc<Parcel>) {
        if let Some(parcel) = Arc::into_inner(parcel) {
            let (pending, container) = judging::containers(self.engine, parcel.open());
            self.collector.judged(pending, container);
        }
    }
}
