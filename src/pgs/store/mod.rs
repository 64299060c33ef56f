// SPDX-License-Identifier: Apache-2.0
//! The data root of a run (specification of the PGS runtime, section 5): registries, logs and
//! documents in the original's layout. Everything goes through [`Store`]: on the disk, or in
//! memory above it for dry runs and replays.

mod change;
mod document;
mod index;
mod journal;
#[cfg(test)]
mod killed;
mod lines;
pub(super) mod log;
mod path;
mod recorded;
mod registry;

pub use lines::LineFault;
pub use path::{PathFault, StorePath, check_templates};
pub use recorded::Recorded;

use super::capability::{EffectKind, Operation};
use super::clock::Clock;
use super::trace::Effect;
use crate::support::pyjson::ordered::{Object, Value};
use index::Index;
use journal::{Change, Journal};
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Bytes of a key.
const KEY_BYTES: usize = 256;
/// Bytes of one record or value.
const RECORD_BYTES: usize = 10 << 20;

/// What a step asks of the data root.
#[derive(Debug)]
pub struct Call<'a> {
    /// The place in the run: node, step and operation.
    pub at: &'a str,
    /// What implements the side effect.
    pub kind: EffectKind,
    /// What it is to do.
    pub operation: Operation,
    /// The file; none for what keeps no file.
    pub path: Option<&'a StorePath>,
    /// Resolved inputs.
    pub inputs: &'a Object,
    /// Time.
    pub clock: Clock,
}

/// What a step gets back.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// The outcome.
    pub outcome: &'static str,
    /// Outputs, `result_status` left out.
    pub outputs: Object,
    /// What was done.
    pub effect: Effect,
    /// Why it failed, without values.
    pub error: Option<String>,
}

impl Reply {
    fn new(outcome: &'static str) -> Self {
        Self {
            outcome,
            outputs: Object::new(),
            effect: Effect::None,
            error: None,
        }
    }

    fn with(outcome: &'static str, name: &str, value: impl Into<Value>) -> Self {
        let mut reply = Self::new(outcome);
        reply.outputs.insert(name.to_owned(), value.into());
        reply
    }

    fn did(self, effect: Effect) -> Self {
        Self { effect, ..self }
    }

    fn violation(why: &str) -> Self {
        Self {
            error: Some(format!("ValueError: {why}")),
            ..Self::new("VIOLATION")
        }
    }

    /// What a program could not do.
    pub(crate) fn failed(class: &str, why: &dyn std::fmt::Display) -> Self {
        Self::backend(class, why)
    }

    /// The outcome of a name, when it is one that side effects have.
    pub(crate) fn outcome_of(name: &str) -> Option<&'static str> {
        journal::outcome(name)
    }

    fn backend(class: &str, why: &dyn std::fmt::Display) -> Self {
        Self {
            error: Some(format!("{class}: {why}")),
            ..Self::new("BACKEND_ERROR")
        }
    }
}

/// Why an operation could not be done.
#[derive(Debug, thiserror::Error)]
pub(super) enum StoreFault {
    #[error("{0}")]
    Line(#[from] LineFault),
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("{0}")]
    Content(String),
}

impl StoreFault {
    fn reply(&self, path: &StorePath) -> Reply {
        match self {
            Self::Line(fault) => Reply::backend("CorruptFile", &format!("{path} {fault}")),
            Self::Io(error) => Reply::backend("OSError", &format!("{path}: {}", error.kind())),
            Self::Content(why) => Reply::backend("CorruptFile", &format!("{path} {why}")),
        }
    }
}

/// The data root.
#[derive(Debug)]
pub struct Store {
    root: PathBuf,
    /// Folder beside the root for locks and what makes runs fast and resumable.
    state: PathBuf,
    /// Files as they would be, when nothing may be written.
    overlay: Option<BTreeMap<StorePath, Vec<u8>>>,
    index: Option<Index>,
    journal: Option<Journal>,
    /// Whether new logs are chained.
    chains_logs: bool,
    #[cfg(test)]
    kill_in: Option<usize>,
}

impl Store {
    /// Opens a data root, which is made when it is missing.
    ///
    /// # Errors
    /// It is no folder and cannot be made one.
    pub fn open(root: &Path) -> io::Result<Self> {
        fs::create_dir_all(root)?;
        let root = root.canonicalize()?;
        let state = state_folder(&root);
        for folder in ["locks", "runs", "new"] {
            fs::create_dir_all(state.join(folder))?;
        }
        Ok(Self {
            index: Index::open(&state),
            root,
            state,
            overlay: None,
            journal: None,
            chains_logs: false,
            #[cfg(test)]
            kill_in: None,
        })
    }

    /// Opens a data root to be read only: what runs write stays in memory.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn overlay(root: &Path) -> io::Result<Self> {
        let root = match root.canonicalize() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => root.to_owned(),
            other => other?,
        };
        Ok(Self {
            state: state_folder(&root),
            root,
            overlay: Some(BTreeMap::new()),
            index: None,
            journal: None,
            chains_logs: false,
            #[cfg(test)]
            kill_in: None,
        })
    }

    /// Chains the lines of every log that is begun from now on.
    pub fn chain_logs(&mut self) {
        self.chains_logs = true;
    }

    /// The first and the last line of a file, without their ends.
    fn ends(&self, path: &StorePath) -> io::Result<Option<(Vec<u8>, Vec<u8>)>> {
        if let Some(bytes) = self.overlay.as_ref().and_then(|files| files.get(path)) {
            return lines::ends(&mut io::Cursor::new(bytes)).map(Some);
        }
        match fs::File::open(path::contained(&self.root, path)?) {
            Ok(mut file) => lines::ends(&mut file).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether nothing is written.
    pub fn is_overlay(&self) -> bool {
        self.overlay.is_some()
    }

    /// What the overlay holds: files that runs changed.
    pub fn changed(&self) -> impl Iterator<Item = (&StorePath, &[u8])> {
        let files = self.overlay.iter().flatten();
        files.map(|(path, bytes)| (path, bytes.as_slice()))
    }

    /// The bytes of a file, or nothing when it is not there.
    ///
    /// # Errors
    /// It cannot be read, or leads out of the root.
    pub fn read(&self, path: &StorePath) -> io::Result<Option<Vec<u8>>> {
        if let Some(bytes) = self.overlay.as_ref().and_then(|files| files.get(path)) {
            return Ok(Some(bytes.clone()));
        }
        match fs::read(path::contained(&self.root, path)?) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Every file of lines below the root, sorted: what the original's admission reads.
    ///
    /// # Errors
    /// The root cannot be listed.
    pub fn all_logs(&self) -> io::Result<Vec<StorePath>> {
        let mut found: Vec<_> = self.changed().map(|(path, _)| path.clone()).collect();
        for entry in walkdir::WalkDir::new(&self.root) {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) if error.depth() == 0 => break,
                Err(error) => return Err(error.into()),
            };
            let below = entry.path().strip_prefix(&self.root).ok();
            let below = below.and_then(Path::to_str).unwrap_or_default();
            let below = below.replace(std::path::MAIN_SEPARATOR, "/");
            if entry.file_type().is_file()
                && let Ok(path) = StorePath::parse(&below)
            {
                found.push(path);
            }
        }
        found.retain(|path| path.as_str().ends_with(".jsonl"));
        found.sort();
        found.dedup();
        Ok(found)
    }

    /// Does what a step asks, once: what a run that was killed has done is remembered.
    pub fn call(&mut self, call: &Call<'_>) -> Reply {
        if let Some(journal) = &mut self.journal {
            match journal.recall(call.at) {
                Ok(Some(reply)) => return reply,
                Ok(None) => {}
                Err(error) => return Reply::backend("ResumeMismatch", &error),
            }
        }
        let Some(path) = call.path else {
            return Reply::backend("NotBound", &"nothing here implements this side effect");
        };
        self.locked_call(path, call)
            .unwrap_or_else(|fault| fault.reply(path))
    }

    /// Asks once for what leaves no file: what a run that was killed was answered is remembered.
    pub(crate) fn once(&mut self, at: &str, ask: impl FnOnce() -> Reply) -> Reply {
        if let Some(journal) = &mut self.journal {
            match journal.recall(at) {
                Ok(Some(reply)) => return reply,
                Ok(None) => {}
                Err(error) => return Reply::backend("ResumeMismatch", &error),
            }
        }
        let reply = ask();
        let noted = self
            .journal
            .as_mut()
            .map(|journal| journal.answer(at, &reply));
        match noted {
            Some(Err(error)) => Reply::backend("OSError", &error),
            _ => reply,
        }
    }

    fn locked_call(&mut self, path: &StorePath, call: &Call<'_>) -> Result<Reply, StoreFault> {
        let _lock = self.locked(path)?;
        let (reply, change) = match call.kind {
            EffectKind::Registry => registry::call(self, path, call)?,
            EffectKind::Log => log::call(self, path, call)?,
            EffectKind::Document => document::call(self, path, call)?,
            EffectKind::Mail => (Reply::backend("NotBound", &"mail is not built in"), None),
        };
        self.commit(call, path, &reply, change)?;
        Ok(reply)
    }
}

/// An answer, and what it asks of the file.
type Decision = Result<(Reply, Option<Change>), StoreFault>;

/// `<root>.ccr` beside the root.
fn state_folder(root: &Path) -> PathBuf {
    let mut name = root.file_name().unwrap_or_default().to_owned();
    name.push(".ccr");
    root.with_file_name(name)
}

/// A key: a text that is not empty and not too long.
fn key<'a>(inputs: &'a Object, name: &str) -> Result<&'a str, Reply> {
    match inputs.get(name).and_then(Value::as_str) {
        None | Some("") => Err(Reply::violation(&format!("`{name}` is no key"))),
        Some(key) if key.len() > KEY_BYTES => Err(Reply::violation(&format!(
            "`{name}` has more than {KEY_BYTES} bytes"
        ))),
        Some(key) => Ok(key),
    }
}
