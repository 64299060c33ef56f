// SPDX-License-Identifier: Apache-2.0
//! Reads inputs on worker threads: files are examined where they are read, containers opened.

use super::collect::Collector;
use super::container::Listener;
use super::engine::Engine;
use super::examine::examine;
use super::members::Members;
use super::request::Task;
use super::tools::{Tools, with_tools};
use crate::artifact::{self, EntryKind, Limits, Source};
use crate::classify::{Classified, Origin};
use crate::discover::{self, InputKind, LinkFate, Stat};
use crate::model::{Draft, EntryPath, Scanned};
use rayon::Scope;
use std::fs::File;
use std::io::{self, Cursor, Seek};
use std::sync::OnceLock;

/// Bytes read before it is decided whether a file is a container.
const FIRST: u64 = 256 << 10;
/// Reads and examines; what it finds goes to the collector.
pub(super) struct Reader<'a> {
    engine: &'a Engine,
    collector: &'a Collector<'a>,
    limits: Limits,
    members: Members<'a>,
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
            limits,
            members: Members::new(engine, collector, (workers, release)),
        }
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
            InputKind::File(stat) => {
                self.collector.count(Scanned {
                    files: 1,
                    ..Scanned::default()
                });
                if let Err(error) = self.file(scope, task, &path, stat) {
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
        stat: &OnceLock<Stat>,
    ) -> io::Result<()>
    where
        'a: 's,
    {
        let mut file = match with_tools(|tools| tools.opener.open(&task.input.disk)) {
            Ok(file) => file,
            Err(error) => {
                // What cannot be read still has a size.
                if let Ok(seen) = discover::look_at(&task.input.disk.path()) {
                    stat.get_or_init(|| seen);
                }
                return Err(error);
            }
        };
        let size = match stat.get() {
            Some(seen) => seen.size,
            None => {
                let seen = discover::look(&file)?;
                stat.get_or_init(|| seen).size
            }
        };
        let name = &task.input.name[task.name_from..];
        let done = with_tools(|tools| {
            tools.buffer.clear();
            tools.buffer.fill(&mut file, size, FIRST)?;
            if artifact::sniff(tools.buffer.bytes()).is_some()
                || artifact::named_like_archive(name)
                || artifact::named_like_git_object(name)
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
            tools.buffer.clear();
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
        if tools.buffer.bytes().len() as u64 != size {
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
            (name, None),
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

    /// Who takes what is found.
    pub(super) fn collector(&self) -> &Collector<'a> {
        self.collector
    }

    /// Bytes that are at hand: from a pipe, or out of history.
    pub(super) fn content<'s>(
        &'s self,
        scope: &Scope<'s>,
        path: &EntryPath,
        kind: &EntryKind,
        bytes: &[u8],
    ) where
        'a: 's,
    {
        self.collector.count(Scanned {
            files: 1,
            ..Scanned::default()
        });
        if artifact::sniff(bytes).is_some()
            && *kind == EntryKind::File
            && self.container(scope, path, path.name(), &mut Cursor::new(bytes), 0)
        {
            return;
        }
        self.collector.count(Scanned {
            bytes: bytes.len() as u64,
            ..Scanned::default()
        });
        let entry = Classified::new(path, Origin::Tree, kind, bytes);
        let outcome = with_tools(|tools| {
            examine(
                self.engine,
                &entry,
                (path.name(), None),
                &mut tools.scratch,
                &mut tools.hits,
            )
        });
        self.collector.take(outcome);
    }

    /// A text that stands in no file: rules on names and containers have nothing to say of it.
    pub(super) fn text(&self, path: &EntryPath, bytes: &[u8]) {
        self.collector.count(Scanned {
            bytes: bytes.len() as u64,
            ..Scanned::default()
        });
        let entry = Classified::new(path, Origin::Tree, &EntryKind::File, bytes);
        let outcome = with_tools(|tools| {
            let (scratch, hits) = (&mut tools.scratch, &mut tools.hits);
            examine(self.engine, &entry, ("", None), scratch, hits)
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
        let mut listener = Listener::new(&self.members, scope, name_from);
        let opened = artifact::walk(path, name, source, &self.limits, &mut listener);
        self.members.release(listener.into_parcel());
        opened
    }
}
