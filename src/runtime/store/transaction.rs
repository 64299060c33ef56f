// SPDX-License-Identifier: Apache-2.0
//! Several files, events and index rows that change together or not at all.
//!
//! A change is first written whole to a journal, then carried out, then the journal is removed.
//! Who is killed in between leaves the journal; the next command carries it out again, which is
//! the same as carrying it out once.

use super::Store;
use super::lock::Lock;
use super::log::{self, Draft};
use crate::object;
use crate::runtime::cache::{self, Cache};
use crate::runtime::{RuntimeError, database, layout};
use crate::support::pyjson::{self, Value, canonical, pretty};
use crate::support::{atomic, clock};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

/// A row of the index, as the reference writes it.
#[derive(Debug, Clone, PartialEq)]
pub enum Row {
    /// `objects`; the hash is taken from the document.
    Object {
        /// `packet`, `task`, `residual`, `report` or `phase`.
        object_type: String,
        /// Its id.
        object_id: String,
        /// Its status.
        status: Option<String>,
        /// Relative to the root.
        path: String,
        /// The document.
        body: Value,
    },
    /// `objects`, for a document that was written piece by piece.
    Digest {
        /// As in [`Row::Object`].
        object_type: String,
        /// Its id.
        object_id: String,
        /// Its status.
        status: Option<String>,
        /// Relative to the root.
        path: String,
        /// SHA-256 over its canonical form, 64 hex digits.
        sha256: String,
    },
    /// `provider_runs`
    ProviderRun {
        /// Id of the plan or run.
        run_id: String,
        /// `pic` or `http`.
        provider: String,
        /// What was asked of it.
        action: String,
        /// `planned`, `ok` or `failed`.
        status: String,
        /// Nothing was executed.
        dry_run: bool,
        /// Where the report stands, relative to the root.
        report_path: Option<String>,
    },
    /// `phase_observations`
    PhaseObservation {
        /// Id of the observation.
        observation_id: String,
        /// `accepted` or `diagnostic`.
        status: String,
        /// Relative to the root.
        path: String,
        /// The observation itself.
        body: Value,
    },
}

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

impl<'a> Transaction<'a> {
    pub(super) fn begin(store: &'a Store) -> Result<Self, RuntimeError> {
        let root = store.root();
        std::fs::create_dir_all(root).map_err(|e| RuntimeError::io(root, &e))?;
        let lock = Lock::exclusive(root)?;
        recover(root)?;
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
        if self.store.policy().strict() && is_document(path) {
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
            .filter(|path| is_document(path))
            .map(|path| (path.clone(), self.bodies.get(path).cloned()))
            .collect();
        let before: BTreeMap<_, _> = documents
            .iter()
            .filter_map(|(path, _)| path.rsplit_once('/'))
            .map(|(folder, _)| (folder.to_owned(), cache::folder_stamp(&root.join(folder))))
            .collect();
        journal.carry_out(root)?;
        if !self.rows.is_empty() {
            database::Database::open(root)?.apply(root, &self.rows, &self.now)?;
        }
        if self.store.policy().strict() && !documents.is_empty() {
            Cache::create(self.store)?.note(&before, &documents)?;
        }
        Ok(())
    }
}

/// Whether a path is one that the index remembers.
fn is_document(path: &str) -> bool {
    ["packets/", "tasks/", "residuals/"]
        .iter()
        .any(|folder| path.starts_with(folder))
}

fn length(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |metadata| metadata.len())
}

/// Lines to append at a place.
#[derive(Debug)]
struct Append {
    path: String,
    offset: u64,
    text: String,
}

/// What a change does to files. The index is not in it: it can be rebuilt from them.
#[derive(Debug)]
struct Journal {
    files: BTreeMap<String, Option<String>>,
    /// Final path to the path where the text stands already.
    moves: BTreeMap<String, String>,
    appends: Vec<Append>,
}

impl Journal {
    fn carry_out(&self, root: &Path) -> Result<(), RuntimeError> {
        let steps = self.files.len() + self.moves.len() + self.appends.len();
        let path = root.join(layout::JOURNAL);
        let fault = |e: io::Error| RuntimeError::io(&path, &e);
        if steps > 1 {
            make_parent(&path)?;
            atomic::write(&path, canonical(&self.to_value()).as_bytes()).map_err(fault)?;
        }
        self.apply(root)?;
        if steps > 1 {
            std::fs::remove_file(&path).map_err(fault)?;
        }
        Ok(())
    }

    /// Every step may be done twice. Writes come before removals: a document in motion is seen
    /// twice rather than never.
    fn apply(&self, root: &Path) -> Result<(), RuntimeError> {
        for (relative, text) in &self.files {
            if let Some(text) = text {
                let path = root.join(relative);
                make_parent(&path)?;
                atomic::write(&path, text.as_bytes()).map_err(|e| RuntimeError::io(&path, &e))?;
            }
        }
        for (to, from) in &self.moves {
            let (to, from) = (root.join(to), root.join(from));
            match std::fs::rename(&from, &to) {
                // Renamed before the command was killed.
                Err(e) if e.kind() == io::ErrorKind::NotFound && to.exists() => {}
                done => done.map_err(|e| RuntimeError::io(&to, &e))?,
            }
        }
        for append in &self.appends {
            let path = root.join(&append.path);
            make_parent(&path)?;
            append
                .apply(&path)
                .map_err(|e| RuntimeError::io(&path, &e))?;
        }
        for (relative, text) in &self.files {
            if text.is_none() {
                let path = root.join(relative);
                match std::fs::remove_file(&path) {
                    Err(e) if e.kind() != io::ErrorKind::NotFound => {
                        return Err(RuntimeError::io(&path, &e));
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    fn to_value(&self) -> Value {
        let files: pyjson::Object = self
            .files
            .iter()
            .map(|(path, text)| (path.clone(), Value::from(text.clone())))
            .collect();
        let appends: Vec<Value> = self
            .appends
            .iter()
            .map(|append| {
                object! {
                    "path" => append.path.as_str(),
                    "offset" => i64::try_from(append.offset).unwrap_or(i64::MAX),
                    "text" => append.text.as_str(),
                }
            })
            .collect();
        let mut journal = object! { "appends" => appends, "files" => files };
        if !self.moves.is_empty() {
            let moves: pyjson::Object = self
                .moves
                .iter()
                .map(|(to, from)| (to.clone(), from.as_str().into()))
                .collect();
            journal.set("moves", moves);
        }
        journal
    }

    fn from_value(value: &Value) -> Option<Self> {
        let inside = |path: &str| !path.split('/').any(|part| part == ".." || part.is_empty());
        let mut files = BTreeMap::new();
        let mut moves = BTreeMap::new();
        for (to, from) in value
            .get("moves")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            let from = from.as_str()?;
            if !inside(to) || !inside(from) {
                return None;
            }
            moves.insert(to.clone(), from.to_owned());
        }
        for (path, text) in value.get("files")?.as_object()? {
            if !inside(path) {
                return None;
            }
            files.insert(path.clone(), text.as_str().map(str::to_owned));
        }
        let mut appends = Vec::new();
        for append in value.get("appends")?.as_array()? {
            let path = append.text("path")?;
            if ![layout::EVENTS, layout::CHAIN].contains(&path) {
                return None;
            }
            appends.push(Append {
                path: path.to_owned(),
                offset: u64::try_from(append.get("offset")?.as_i64()?).ok()?,
                text: append.text("text")?.to_owned(),
            });
        }
        Some(Self {
            files,
            moves,
            appends,
        })
    }
}

impl Append {
    /// Appends, unless the lines are there already; a torn end of these very lines is completed.
    fn apply(&self, path: &Path) -> io::Result<()> {
        let mut file = File::options()
            .read(true)
            .append(true)
            .create(true)
            .open(path)?;
        let length = file.metadata()?.len();
        let mut rest = self.text.as_bytes();
        if length > self.offset {
            use std::io::{Read as _, Seek as _};
            let mut tail = Vec::new();
            file.seek(io::SeekFrom::Start(self.offset))?;
            (&mut file).take(rest.len() as u64).read_to_end(&mut tail)?;
            if rest.starts_with(&tail) {
                rest = &rest[tail.len()..];
            }
        }
        file.write_all(rest)?;
        file.sync_data()
    }
}

fn make_parent(path: &Path) -> Result<(), RuntimeError> {
    let parent = path.parent().unwrap_or(path);
    std::fs::create_dir_all(parent).map_err(|e| RuntimeError::io(parent, &e))
}

/// Finishes what a killed command began. The lock is held.
fn recover(root: &Path) -> Result<(), RuntimeError> {
    let path = root.join(layout::JOURNAL);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            return Ok(());
        }
        Err(error) => return Err(RuntimeError::io(&path, &error)),
    };
    let journal = pyjson::parse_bytes(&bytes)
        .ok()
        .as_ref()
        .and_then(Journal::from_value);
    // It is written whole or not at all, so another form means another hand.
    let Some(journal) = journal else {
        return Err(RuntimeError::Value(format!(
            "{}: not a journal of this program; look at it, then move it away",
            layout::JOURNAL
        )));
    };
    journal.apply(root)?;
    std::fs::remove_file(&path).map_err(|e| RuntimeError::io(&path, &e))
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
    fn a_killed_command_is_finished_by_the_next() {
        let (_folder, store) = store(Policy::STRICT);
        let mut first = store.begin().unwrap();
        first.put("tasks/open/a.json", &object! { "a" => 1 });
        first.event(draft("a"));
        first.commit().unwrap();
        // What a kill between journal and files leaves, at every byte of the torn line.
        let log = std::fs::read_to_string(store.path(layout::EVENTS)).unwrap();
        for torn in 0..=log.len() {
            let journal = Journal {
                files: BTreeMap::from([
                    ("tasks/leased/a.json".to_owned(), Some("{}\n".to_owned())),
                    ("tasks/open/a.json".to_owned(), None),
                ]),
                moves: BTreeMap::new(),
                appends: vec![Append {
                    path: layout::EVENTS.to_owned(),
                    offset: 0,
                    text: log.clone(),
                }],
            };
            std::fs::write(store.path(layout::EVENTS), &log[..torn]).unwrap();
            std::fs::write(store.path(layout::JOURNAL), canonical(&journal.to_value())).unwrap();
            drop(store.begin().unwrap());
            assert!(!store.exists(layout::JOURNAL));
            assert!(!store.exists("tasks/open/a.json"));
            assert!(store.exists("tasks/leased/a.json"));
            assert_eq!(
                std::fs::read_to_string(store.path(layout::EVENTS)).unwrap(),
                log
            );
        }
    }

    #[test]
    fn a_journal_cannot_reach_outside() {
        let (_folder, store) = store(Policy::STRICT);
        std::fs::create_dir_all(store.path("blackboard")).unwrap();
        let text = r#"{"appends":[],"files":{"../escape":"x"}}"#;
        std::fs::write(store.path(layout::JOURNAL), text).unwrap();
        assert!(store.begin().is_err());
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
