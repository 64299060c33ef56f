// SPDX-License-Identifier: Apache-2.0
//! Several files, events and index rows that change together or not at all.
//!
//! A change is first written whole to a [`Journal`], then carried out, then the journal is removed.

use super::cache::Cache;
use super::journal::{Append, Journal, make_parent, recover};
use super::lock::Lock;
use super::log::{self, Draft};
use super::tables;
use super::{Row, Store};
use crate::runtime::{RuntimeError, layout};
use crate::support::pyjson::{Value, canonical, pretty};
use crate::support::{atomic, clock};
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

/// A change in the making. Dropped without [`Transaction::commit`] it never happened.
#[derive(Debug)]
pub struct Transaction<'a> {
    store: &'a Store,
    _lock: Lock,
    now: String,
    /// New text of a file, or nothing where it is to go; by relative path.
    files: BTreeMap<String, Option<String>>,
    /// The documents among them, for the index.
    bodies: BTreeMap<String, Value>,
    events: Vec<Draft>,
    rows: Vec<Row>,
    /// Documents that stand on disk under another name already, too large for the journal.
    staged: BTreeMap<String, tempfile::TempPath>,
}

impl Store {
    /// Starts a change: waits for the lock, and first finishes what a killed command began.
    ///
    /// # Errors
    /// The root cannot be made or locked.
    pub fn begin(&self) -> Result<Transaction<'_>, RuntimeError> {
        Transaction::begin(self)
    }
}

impl<'a> Transaction<'a> {
    fn begin(store: &'a Store) -> Result<Self, RuntimeError> {
        let root = store.root();
        std::fs::create_dir_all(root).map_err(|e| RuntimeError::io(root, &e))?;
        let lock = Lock::exclusive(root)?;
        recover(store)?;
        Ok(Self {
            store,
            _lock: lock,
            now: clock::rfc3339(jiff::Timestamp::now()),
            files: BTreeMap::new(),
            bodies: BTreeMap::new(),
            events: Vec::new(),
            rows: Vec::new(),
            staged: BTreeMap::new(),
        })
    }

    /// The store that changes; it shows the state before the change.
    pub fn store(&self) -> &'a Store {
        self.store
    }

    /// The moment of the change, RFC 3339, whole seconds.
    pub fn now(&self) -> &str {
        &self.now
    }

    /// Ends a torn last line of the log; says whether there was one.
    ///
    /// # Errors
    /// The log cannot be written.
    pub fn end_torn_line(&self) -> Result<bool, RuntimeError> {
        log::end_torn_line(self.store.root())
    }

    /// Whether something stands at a path, the change counted in.
    pub fn exists(&self, path: &str) -> bool {
        match self.files.get(path) {
            Some(text) => text.is_some(),
            None => self.staged.contains_key(path) || self.store.exists(path),
        }
    }

    /// Writes a document where nothing stands yet.
    ///
    /// # Errors
    /// Something stands there.
    pub fn create(&mut self, path: &str, body: &Value) -> Result<(), RuntimeError> {
        if self.exists(path) {
            let shown = self.store.path(path).display().to_string();
            return Err(RuntimeError::Exists(shown));
        }
        self.put(path, body);
        Ok(())
    }

    /// Writes a document over whatever stands there.
    pub fn put(&mut self, path: &str, body: &Value) {
        self.files.insert(path.to_owned(), Some(pretty(body)));
        if self.store.policy().strict() && tables::remembers(path) {
            self.bodies.insert(path.to_owned(), body.clone());
        }
    }

    /// Writes a text.
    pub fn put_text(&mut self, path: &str, text: impl Into<String>) {
        self.files.insert(path.to_owned(), Some(text.into()));
    }

    /// Writes a large document now, under a name that no listing shows; the commit only renames
    /// it, so its text is neither kept in memory nor copied into the journal.
    ///
    /// # Errors
    /// The disk failed.
    pub fn stage(
        &mut self,
        path: &str,
        write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>,
    ) -> Result<(), RuntimeError> {
        let target = self.store.path(path);
        make_parent(&target)?;
        let fault = |e: io::Error| RuntimeError::io(&target, &e);
        let folder = target.parent().unwrap_or(&target);
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        let file = tempfile::Builder::new()
            .prefix(&format!(".{name}."))
            .suffix(".tmp")
            .tempfile_in(folder)
            .map_err(fault)?;
        let mut buffer = io::BufWriter::with_capacity(1 << 18, file);
        write(&mut buffer).map_err(fault)?;
        let file = buffer.into_inner().map_err(|e| fault(e.into_error()))?;
        atomic::publish(file.as_file()).map_err(fault)?;
        self.files.remove(path);
        self.staged.insert(path.to_owned(), file.into_temp_path());
        Ok(())
    }

    /// Takes a file away.
    pub fn remove(&mut self, path: &str) {
        self.files.insert(path.to_owned(), None);
        self.bodies.remove(path);
    }

    /// Moves a document: the new one is written, the old one goes.
    pub fn relocate(&mut self, from: &str, to: &str, body: &Value) {
        if from != to {
            self.remove(from);
        }
        self.put(to, body);
    }

    /// Adds an event; events keep their order.
    pub fn event(&mut self, draft: Draft) {
        self.events.push(draft);
    }

    /// Adds a row of the index.
    pub fn row(&mut self, row: Row) {
        self.rows.push(row);
    }

    /// Carries the change out.
    ///
    /// # Errors
    /// The disk or the index failed. What was not carried out stands in the journal and is
    /// carried out by the next command.
    pub fn commit(self) -> Result<(), RuntimeError> {
        let root = self.store.root();
        let mut lines = String::new();
        let mut links = String::new();
        if !self.events.is_empty() {
            log::end_torn_line(root)?;
            let chained = self.store.policy().strict();
            let (mut head, gap) = if chained {
                log::head(root)?
            } else {
                Default::default()
            };
            if let Some(gap) = gap {
                links.push_str(&gap);
                links.push('\n');
            }
            for draft in &self.events {
                let salt = chained.then(|| head.salt());
                let event = draft.event(&self.now, salt.as_deref());
                let line = canonical(&event);
                if chained {
                    let (link, next) = head.link(&event, &line);
                    links.push_str(&link);
                    links.push('\n');
                    head = next;
                }
                lines.push_str(&line);
                lines.push('\n');
            }
        }
        let mut moves = BTreeMap::new();
        for (path, staged) in self.staged {
            let kept = staged
                .keep()
                .map_err(|e| RuntimeError::io(&root.join(&path), &e.error))?;
            let name = kept.file_name().unwrap_or_default().to_string_lossy();
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            moves.insert(path.clone(), format!("{folder}/{name}"));
        }
        let journal = Journal {
            files: self.files,
            moves,
            appends: [(layout::EVENTS, lines), (layout::CHAIN, links)]
                .into_iter()
                .filter(|(_, text)| !text.is_empty())
                .map(|(path, text)| Append {
                    offset: length(&root.join(path)),
                    path: path.to_owned(),
                    text,
                })
                .collect(),
        };
        let documents: Vec<_> = journal
            .files
            .keys()
            .filter(|path| tables::remembers(path))
            .map(|path| (path.clone(), self.bodies.get(path).cloned()))
            .collect();
        let before: BTreeMap<_, _> = documents
            .iter()
            .filter_map(|(path, _)| path.rsplit_once('/'))
            .map(|(folder, _)| (folder.to_owned(), tables::folder_stamp(&root.join(folder))))
            .collect();
        journal.carry_out(root)?;
        if !self.rows.is_empty() {
            let mut database = self.store.database()?;
            let applied = database.apply(root, &self.rows, &self.now);
            self.store.keep_database(database);
            applied?;
        }
        if self.store.policy().strict() && !documents.is_empty() {
            let noted = Cache::create(self.store);
            if let Err(error) = noted.and_then(|mut cache| cache.note(&before, &documents)) {
                // The files are changed; what is not remembered is read again.
                self.store.skip(layout::DATABASE, error.to_string());
            }
        }
        Ok(())
    }
}

fn length(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |metadata| metadata.len())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;
    use crate::runtime::Policy;

    fn store(policy: Policy) -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path().to_owned(), policy);
        (folder, store)
    }

    fn draft(id: &str) -> Draft {
        Draft {
            action: "task.submit".to_owned(),
            object_type: "task".to_owned(),
            object_id: id.to_owned(),
            ..Draft::default()
        }
    }

    #[test]
    fn the_chain_names_the_first_broken_line() {
        let (_folder, store) = store(Policy::STRICT);
        for id in ["a", "b", "c"] {
            let mut change = store.begin().unwrap();
            change.event(draft(id));
            change.commit().unwrap();
        }
        let whole = log::verify_chain(store.root()).unwrap();
        assert_eq!((whole.lines, whole.chained, whole.fault), (3, 3, None));
        let log = std::fs::read_to_string(store.path(layout::EVENTS)).unwrap();
        std::fs::write(
            store.path(layout::EVENTS),
            log.replacen("\"b\"", "\"x\"", 1),
        )
        .unwrap();
        let broken = log::verify_chain(store.root()).unwrap();
        assert_eq!(broken.fault.unwrap().line, 2);
    }

    #[test]
    fn lines_of_the_other_mode_are_covered_together() {
        let (folder, strict) = store(Policy::STRICT);
        let lenient = Store::new(folder.path().to_owned(), Policy::COMPAT);
        for store in [&lenient, &lenient, &strict, &lenient, &strict] {
            let mut change = store.begin().unwrap();
            change.event(draft("a"));
            change.commit().unwrap();
        }
        let report = log::verify_chain(folder.path()).unwrap();
        assert_eq!(
            (report.chained, report.unchained, report.fault),
            (2, 3, None)
        );
    }
}
