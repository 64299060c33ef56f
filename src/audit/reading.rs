// SPDX-License-Identifier: Apache-2.0
//! Reads inputs on worker threads: files are examined where they are read, members of containers
//! in batches, by whichever worker is free.

use super::collect::Collector;
use super::container::{Listener, Parcel};
use super::engine::Engine;
use super::examine::{Outcome, examine};
use super::judging;
use super::listing::Task;
use crate::artifact::{self, EntryKind, Limits, OwnedEntry, Source};
use crate::classify::{Classified, Origin};
use crate::discover::{InputKind, LinkFate};
use crate::matching::{Hit, Scratch};
use crate::model::{Draft, EntryPath, Scanned};
use rayon::Scope;
use std::cell::Cell;
use std::fs::File;
use std::io::{self, Cursor, Read, Seek};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes of members waiting for a worker beyond which a reader examines them itself. Enough to
/// keep another core busy; more would only grow memory and cool the caches.
const IN_FLIGHT: usize = 8 << 20;
/// Bytes read before it is decided whether a file is a container.
const FIRST: u64 = 256 << 10;
/// Buffers above this are given back after use.
const LARGE: usize = 8 << 20;

/// What a worker uses again for each file.
#[derive(Default)]
struct Tools {
    buffer: Buffer,
    scratch: Scratch,
    hits: Vec<Hit>,
}

/// Bytes of a file, in room that is made once.
#[derive(Default)]
struct Buffer {
    room: Vec<u8>,
    filled: usize,
}

impl Buffer {
    fn bytes(&self) -> &[u8] {
        &self.room[..self.filled]
    }

    /// Adds what stands in `file` behind what is here, up to `most` bytes in all. A file that ends
    /// where its size says is not asked again whether it has ended: most are read in one call.
    fn fill(&mut self, file: &mut File, size: u64, most: u64) -> io::Result<()> {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let mut room = size.saturating_add(1).min(most);
        while self.filled < most {
            if self.filled >= room {
                room = room
                    .saturating_mul(2)
                    .max(self.filled + (64 << 10))
                    .min(most);
            }
            if self.room.len() < room {
                self.room.resize(room, 0);
            }
            match file.read(&mut self.room[self.filled..room]) {
                Ok(0) => break,
                Ok(read) => {
                    self.filled += read;
                    if self.filled == size && size < room {
                        break;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

thread_local! {
    static TOOLS: Cell<Option<Box<Tools>>> = const { Cell::new(None) };
}

/// Lends this worker's tools.
fn with_tools<T>(work: impl FnOnce(&mut Tools) -> T) -> T {
    let mut tools = TOOLS.take().unwrap_or_default();
    let result = work(&mut tools);
    if tools.buffer.room.len() > LARGE {
        // One large file must not make every worker large for the rest of the run.
        tools.buffer = Buffer::default();
    }
    TOOLS.set(Some(tools));
    result
}

/// Reads and examines; what it finds goes to the collector.
pub(super) struct Reader<'a> {
    pub(super) engine: &'a Engine,
    pub(super) collector: &'a Collector<'a>,
    /// Whether archives of a dist folder are read: files that are about to be uploaded.
    pub(super) release: bool,
    limits: Limits,
    in_flight: AtomicUsize,
    most_in_flight: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        engine: &'a Engine,
        collector: &'a Collector<'a>,
        limits: Limits,
        (workers, release): (usize, bool),
    ) -> Self {
        Self {
            engine,
            collector,
            release,
            limits,
            in_flight: AtomicUsize::new(0),
            // A lone worker examines what it has just unpacked while that is in its cache.
            most_in_flight: if workers > 1 { IN_FLIGHT } else { 0 },
        }
    }

    /// Whether nobody else could take a batch.
    pub(super) fn is_alone(&self) -> bool {
        self.most_in_flight == 0
    }

    /// One file or link of the tree, or one named file.
    pub(super) fn input<'s>(&'s self, scope: &Scope<'s>, task: &Task)
    where
        'a: 's,
    {
        let path = EntryPath::root(&task.input.name);
        match &task.input.kind {
            InputKind::Symlink { target, fate } => {
                let what = match fate {
                    LinkFate::Inside => None,
                    LinkFate::Outside => Some(("artifact-link-outside", "outside the root")),
                    LinkFate::Dangling => Some(("artifact-link-dangling", "at nothing")),
                };
                if let Some((rule, ends)) = what {
                    self.collector.draft(Draft::new(
                        rule,
                        &path,
                        format!("The symbolic link to `{target}` ends {ends}."),
                    ));
                }
            }
            InputKind::File { size, .. } => {
                self.collector.count(Scanned {
                    files: 1,
                    ..Scanned::default()
                });
                if let Err(error) = self.file(scope, task, &path, *size) {
                    self.collector.draft(Draft::new(
                        "text-unreadable",
                        &path,
                        format!("It cannot be read: {error}."),
                    ));
                }
            }
        }
    }

    fn file<'s>(
        &'s self,
        scope: &Scope<'s>,
        task: &Task,
        path: &EntryPath,
        size: u64,
    ) -> io::Result<()>
    where
        'a: 's,
    {
        let mut file = File::open(&task.input.disk)?;
        let name = &task.input.name[task.name_from..];
        let done = with_tools(|tools| {
            tools.buffer.filled = 0;
            tools.buffer.fill(&mut file, size, FIRST)?;
            if artifact::sniff(tools.buffer.bytes()).is_some() || artifact::named_like_archive(name)
            {
                return Ok(false);
            }
            self.plain(&mut file, task, (path, size), tools)
                .map(|()| true)
        })?;
        if done {
            return Ok(());
        }
        file.rewind()?;
        if self.container(scope, path, path.name(), &mut file, task.name_from) {
            return Ok(());
        }
        // No container after all: its bytes are searched like any other file's.
        file.rewind()?;
        with_tools(|tools| {
            tools.buffer.filled = 0;
            self.plain(&mut file, task, (path, size), tools)
        })
    }

    /// A file that is no container; its first bytes are in the buffer.
    fn plain(
        &self,
        file: &mut File,
        task: &Task,
        (path, size): (&EntryPath, u64),
        tools: &mut Tools,
    ) -> io::Result<()> {
        let most = self.limits.entry_bytes;
        if tools.buffer.filled as u64 != size {
            tools.buffer.fill(file, size, most.saturating_add(1))?;
        }
        let buffer = tools.buffer.bytes();
        if buffer.len() as u64 > most {
            self.collector.draft(Draft::new(
                "archive-budget-entry-bytes",
                path,
                format!("The file is larger than {most} bytes and was not searched to its end."),
            ));
        }
        self.collector.count(Scanned {
            bytes: buffer.len() as u64,
            ..Scanned::default()
        });
        let entry = Classified::new(path, Origin::Tree, &EntryKind::File, buffer);
        let name = &task.input.name[task.name_from..];
        let outcome = examine(
            self.engine,
            &entry,
            name,
            &mut tools.scratch,
            &mut tools.hits,
        );
        if self
            .engine
            .keeps(&task.input.name, entry.kind, buffer, true)
        {
            self.collector.keep(&task.input.name, buffer);
        }
        self.collector.take(outcome);
        Ok(())
    }

    /// Bytes from a pipe.
    pub(super) fn bytes<'s>(&'s self, scope: &Scope<'s>, name: &str, bytes: &[u8])
    where
        'a: 's,
    {
        let path = EntryPath::root(name);
        self.collector.count(Scanned {
            files: 1,
            ..Scanned::default()
        });
        if artifact::sniff(bytes).is_some()
            && self.container(scope, &path, name, &mut Cursor::new(bytes), 0)
        {
            return;
        }
        self.collector.count(Scanned {
            bytes: bytes.len() as u64,
            ..Scanned::default()
        });
        let entry = Classified::new(&path, Origin::Tree, &EntryKind::File, bytes);
        let outcome = with_tools(|tools| {
            examine(
                self.engine,
                &entry,
                name,
                &mut tools.scratch,
                &mut tools.hits,
            )
        });
        self.collector.take(outcome);
    }

    /// An outermost container; `false` when it is none.
    fn container<'s>(
        &'s self,
        scope: &Scope<'s>,
        path: &EntryPath,
        name: &str,
        source: &mut dyn Source,
        name_from: usize,
    ) -> bool
    where
        'a: 's,
    {
        let mut listener = Listener::new(self, scope, name_from);
        let opened = artifact::walk(path, name, source, &self.limits, &mut listener);
        self.release(listener.into_parcel());
        opened
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
            self.members(batch, parcel);
            return;
        }
        self.in_flight.fetch_add(bytes, Ordering::Relaxed);
        let parcel = Arc::clone(parcel);
        scope.spawn(move |_| {
            self.members(batch, &parcel);
            self.in_flight.fetch_sub(bytes, Ordering::Relaxed);
            self.release(parcel);
        });
    }

    fn members(&self, batch: Vec<OwnedEntry>, parcel: &Parcel) {
        let mut all = Outcome::default();
        with_tools(|tools| {
            for member in batch {
                let entry =
                    Classified::new(&member.path, Origin::Archive, &member.kind, &member.bytes);
                all.append(examine(
                    self.engine,
                    &entry,
                    member.path.name(),
                    &mut tools.scratch,
                    &mut tools.hits,
                ));
            }
        });
        parcel.note(std::mem::take(&mut all.notes));
        self.collector.take(all);
    }

    /// Lets go of a container. Whoever holds it last, when it was read to its end and all its
    /// members were examined, judges it: what was kept for that lives no longer than needed.
    fn release(&self, parcel: Arc<Parcel>) {
        if let Some(parcel) = Arc::into_inner(parcel) {
            let (pending, container) = judging::containers(self.engine, parcel.open());
            self.collector.judged(pending, container);
        }
    }
}
