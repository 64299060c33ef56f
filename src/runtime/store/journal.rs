// SPDX-License-Identifier: Apache-2.0
//! What a change does to files, written down before it is done.
//!
//! Who is killed in between leaves the journal; the next command carries it out again, which is
//! the same as carrying it out once. The journal itself is not synced: it survives a killed
//! process, and for a machine that loses power the order is enough. New documents and the log
//! reach the disk before anything is taken away, and all of it before the command answers.

use super::Store;
use crate::object;
use crate::runtime::{RuntimeError, layout};
use crate::support::atomic;
use crate::support::pyjson::{self, Value, canonical};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

/// Lines to append at a place.
#[derive(Debug)]
pub(super) struct Append {
    pub(super) path: String,
    pub(super) offset: u64,
    pub(super) text: String,
}

/// What a change does to files. The index is not in it: it can be rebuilt from them.
#[derive(Debug)]
pub(super) struct Journal {
    pub(super) files: BTreeMap<String, Option<String>>,
    /// Final path to the path where the text stands already.
    pub(super) moves: BTreeMap<String, String>,
    pub(super) appends: Vec<Append>,
}

impl Journal {
    pub(super) fn carry_out(&self, root: &Path) -> Result<(), RuntimeError> {
        let steps = self.files.len() + self.moves.len() + self.appends.len();
        let path = root.join(layout::JOURNAL);
        let fault = |e: io::Error| RuntimeError::io(&path, &e);
        if steps > 1 {
            make_parent(&path)?;
            stop::here(&path)?;
            atomic::place(&path, canonical(&self.to_value()).as_bytes()).map_err(fault)?;
        }
        self.apply(root)?;
        if steps > 1 {
            stop::here(&path)?;
            std::fs::remove_file(&path).map_err(fault)?;
        }
        Ok(())
    }

    /// Every step may be done twice. Writes come before removals: a document in motion is seen
    /// twice rather than never.
    fn apply(&self, root: &Path) -> Result<(), RuntimeError> {
        let mut folders = BTreeSet::new();
        for (relative, text) in &self.files {
            if let Some(text) = text {
                let path = root.join(relative);
                make_parent(&path)?;
                stop::here(&path)?;
                atomic::publish_as(&path, text.as_bytes())
                    .map_err(|e| RuntimeError::io(&path, &e))?;
                folders.extend(path.parent().map(Path::to_owned));
            }
        }
        for (to, from) in &self.moves {
            let (to, from) = (root.join(to), root.join(from));
            stop::here(&to)?;
            match std::fs::rename(&from, &to) {
                // Renamed before the command was killed.
                Err(e) if e.kind() == io::ErrorKind::NotFound && to.exists() => {}
                done => done.map_err(|e| RuntimeError::io(&to, &e))?,
            }
            folders.extend(to.parent().map(Path::to_owned));
        }
        for append in &self.appends {
            let path = root.join(&append.path);
            make_parent(&path)?;
            stop::here(&path)?;
            append
                .apply(&path)
                .map_err(|e| RuntimeError::io(&path, &e))?;
        }
        for folder in &folders {
            atomic::sync_folder(folder).map_err(|e| RuntimeError::io(folder, &e))?;
        }
        for (relative, text) in &self.files {
            if text.is_none() {
                let path = root.join(relative);
                stop::here(&path)?;
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
        #[cfg(test)]
        stop::torn(&mut file, rest)?;
        file.write_all(rest)?;
        file.sync_data()
    }
}

pub(super) fn make_parent(path: &Path) -> Result<(), RuntimeError> {
    let parent = path.parent().unwrap_or(path);
    std::fs::create_dir_all(parent).map_err(|e| RuntimeError::io(parent, &e))
}

/// Finishes what a killed command began. The lock is held.
pub(super) fn recover(store: &Store) -> Result<(), RuntimeError> {
    let path = store.path(layout::JOURNAL);
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
    let Ok(value) = pyjson::parse_bytes(&bytes) else {
        // Only a machine that lost power leaves a torn one; nothing was taken away then.
        let aside = store.path(layout::TORN_JOURNAL);
        std::fs::rename(&path, &aside).map_err(|e| RuntimeError::io(&path, &e))?;
        store.skip(layout::TORN_JOURNAL, "a torn journal was set aside");
        return Ok(());
    };
    let Some(journal) = Journal::from_value(&value) else {
        return Err(RuntimeError::Value(format!(
            "{}: not a journal of this program; look at it, then move it away",
            layout::JOURNAL
        )));
    };
    journal.apply(store.root())?;
    std::fs::remove_file(&path).map_err(|e| RuntimeError::io(&path, &e))
}

/// Where a test ends the program: before the n-th step of a change.
#[cfg(not(test))]
mod stop {
    use super::{Path, RuntimeError};

    #[expect(clippy::unnecessary_wraps, reason = "the test's twin fails")]
    pub(super) fn here(_path: &Path) -> Result<(), RuntimeError> {
        Ok(())
    }
}

#[cfg(test)]
pub(super) mod stop {
    use super::{File, Path, RuntimeError, io};
    use std::cell::Cell;
    use std::io::Write as _;

    thread_local! {
        static LEFT: Cell<Option<usize>> = const { Cell::new(None) };
    }

    /// Lets so many steps pass, then ends everything that follows; `None` lets all pass.
    pub(crate) fn after(steps: Option<usize>) {
        LEFT.set(steps);
    }

    /// How many steps are left.
    pub(crate) fn left() -> Option<usize> {
        LEFT.get()
    }

    fn passes() -> bool {
        match LEFT.get() {
            None => true,
            Some(0) => false,
            Some(left) => {
                LEFT.set(Some(left - 1));
                true
            }
        }
    }

    pub(super) fn here(path: &Path) -> Result<(), RuntimeError> {
        if passes() {
            return Ok(());
        }
        Err(RuntimeError::io(path, &io::Error::other("killed")))
    }

    /// A kill in the middle of an append leaves half of it.
    pub(super) fn torn(file: &mut File, text: &[u8]) -> io::Result<()> {
        if passes() {
            return Ok(());
        }
        file.write_all(&text[..text.len() / 2])?;
        Err(io::Error::other("killed"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::super::{Draft, Store, verify_chain};
    use super::*;
    use crate::runtime::Policy;

    fn draft(id: &str, action: &str) -> Draft {
        Draft {
            action: action.to_owned(),
            object_type: "task".to_owned(),
            object_id: id.to_owned(),
            ..Draft::default()
        }
    }

    /// One task is moved, one is changed, one goes, one is new.
    fn change(store: &Store) -> Result<(), RuntimeError> {
        let mut change = store.begin()?;
        let task = |id: &str, status: &str| object! { "task_id" => id, "status" => status };
        change.relocate(
            "tasks/open/a.json",
            "tasks/leased/a.json",
            &task("a", "leased"),
        );
        change.put("tasks/open/b.json", &task("b", "open"));
        change.remove("tasks/open/c.json");
        change.stage("tasks/open/d.json", |out| {
            out.write_all(b"{\"task_id\":\"d\",\"status\":\"open\"}\n")
        })?;
        change.event(draft("a", "task.lease"));
        change.event(draft("b", "task.change"));
        change.commit()
    }

    /// Every file with its text, without the index.
    fn state(store: &Store) -> BTreeMap<String, String> {
        let files = walkdir::WalkDir::new(store.root())
            .into_iter()
            .map(Result::unwrap);
        files
            .filter(|entry| entry.file_type().is_file())
            .map(|entry| {
                let path = entry.path().strip_prefix(store.root()).unwrap();
                (path.display().to_string(), entry.path().to_owned())
            })
            .filter(|(name, _)| !name.starts_with("ccr.sqlite"))
            .map(|(name, path)| (name, std::fs::read_to_string(path).unwrap()))
            .collect()
    }

    #[test]
    fn a_kill_before_any_step_is_finished_or_never_happened() {
        for policy in [Policy::STRICT, Policy::COMPAT] {
            let (mut finished, mut never) = (0, 0);
            for steps in 0.. {
                let folder = tempfile::tempdir().unwrap();
                let store = Store::new(folder.path().to_owned(), policy);
                let mut first = store.begin().unwrap();
                for id in ["a", "b", "c"] {
                    first.put(
                        &format!("tasks/open/{id}.json"),
                        &object! { "task_id" => id, "status" => "open" },
                    );
                }
                first.event(draft("a", "task.submit"));
                first.commit().unwrap();
                let before = state(&store);
                stop::after(Some(steps));
                let ended = change(&store);
                let left = stop::left();
                stop::after(None);
                assert!(ended.is_ok() || left == Some(0));
                // Twice: finishing is itself killed at no cost.
                for again in 0..3 {
                    stop::after(Some(again));
                    drop(store.begin());
                    stop::after(None);
                }
                drop(store.begin().unwrap());
                let after = state(&store);
                let moved = after.contains_key("tasks/leased/a.json");
                if moved {
                    finished += 1;
                    for gone in ["tasks/open/a.json", "tasks/open/c.json", layout::JOURNAL] {
                        assert!(!after.contains_key(gone), "{gone} after {steps} steps");
                    }
                    assert!(after.contains_key("tasks/open/d.json"));
                    assert_eq!(after[layout::EVENTS].lines().count(), 3);
                } else {
                    never += 1;
                    let kept = |(name, _): &(&String, &String)| !name.ends_with(".tmp");
                    let after: Vec<_> = after.iter().filter(kept).collect();
                    assert_eq!(after, before.iter().collect::<Vec<_>>(), "{steps} steps");
                }
                assert_eq!(verify_chain(store.root()).unwrap().fault, None);
                if ended.is_ok() {
                    break;
                }
            }
            assert!(finished > 6 && never == 1, "{finished} {never}");
        }
    }

    fn store(policy: Policy) -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path().to_owned(), policy);
        (folder, store)
    }

    #[test]
    fn a_killed_command_is_finished_by_the_next() {
        let (_folder, store) = store(Policy::STRICT);
        let mut first = store.begin().unwrap();
        first.put("tasks/open/a.json", &object! { "a" => 1 });
        first.event(draft("a", "task.submit"));
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
    fn a_torn_journal_stands_aside() {
        let (_folder, store) = store(Policy::STRICT);
        std::fs::create_dir_all(store.path("blackboard")).unwrap();
        std::fs::write(store.path(layout::JOURNAL), b"\0\0\0").unwrap();
        drop(store.begin().unwrap());
        assert!(store.exists(layout::TORN_JOURNAL) && !store.exists(layout::JOURNAL));
        assert_eq!(store.skipped().len(), 1);
    }
}
