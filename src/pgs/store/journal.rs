// SPDX-License-Identifier: Apache-2.0
//! What makes a run resumable: a file per run beside the data root that says what each side effect
//! answered, and, before a file is changed, what the change will be. A run that was killed is gone
//! on with by the next run of the same workflow over the same payload: what was done is remembered
//! and not done again, what was announced is completed.
//!
//! The order is lock, announcement (on the disk), change (on the disk), answer, unlock. So whoever
//! holds a file's lock and finds an announcement without an answer for it knows that its run is
//! dead, and settles it before anything else is written there.

use super::{Reply, StorePath};
use crate::pgs::trace::Effect;
use crate::record;
use crate::support::hashing;
use crate::support::pyjson::ordered::{self, Object, Value};
use std::collections::VecDeque;
use std::fs::{self, File, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

/// Ending of a journal whose run lives, or died unnoticed.
const OPEN: &str = "run";
/// Ending of a journal whose run is known to be dead.
const STOPPED: &str = "stopped";

/// How a file is changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    /// Bytes are added at the end.
    Append(Vec<u8>),
    /// The whole content is another.
    Replace(Vec<u8>),
}

/// One step as a journal has it.
#[derive(Debug, Clone)]
struct Entry {
    at: String,
    reply: Reply,
    /// What was announced, while no answer says it is done.
    pending: Option<Pending>,
}

#[derive(Debug, Clone)]
pub(super) struct Pending {
    pub(super) path: StorePath,
    pub(super) change: Announced,
}

/// A change as it was announced.
#[derive(Debug, Clone)]
pub(super) enum Announced {
    /// These bytes from this place on.
    Append { from: u64, bytes: Vec<u8> },
    /// Content with this digest.
    Replace { after: String },
}

/// The journal of the run that goes on.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    file: File,
    recalled: VecDeque<(String, Reply)>,
}

impl Journal {
    /// Begins a run, or goes on with a dead one of the same key. `settle` completes what was
    /// announced and says whether it is done.
    pub(super) fn begin(
        folder: &Path,
        key: &str,
        settle: &mut dyn FnMut(&Pending) -> io::Result<bool>,
    ) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let mut adopted = None;
        for path in listed(folder)? {
            let stem = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            let same = stem.starts_with(key);
            if !same && path.extension().is_some_and(|end| end == STOPPED) {
                continue;
            }
            let Some(mut file) = dead(&path)? else {
                continue;
            };
            let entries = settled(&mut file, settle)?;
            if same && adopted.is_none() {
                let recalled = entries.into_iter().map(|entry| (entry.at, entry.reply));
                adopted = Some((path, file, recalled.collect()));
            } else if path.extension().is_none_or(|end| end != STOPPED) {
                fs::rename(&path, path.with_extension(STOPPED))?;
            }
        }
        if let Some((path, file, recalled)) = adopted {
            let live = path.with_extension(OPEN);
            fs::rename(&path, &live)?;
            return Ok(Self {
                path: live,
                file,
                recalled,
            });
        }
        // Locked before it has the name that others look for.
        let new = tempfile::Builder::new()
            .prefix(&format!("{key}."))
            .suffix(".new")
            .tempfile_in(folder)?;
        let (mut file, path) = new.keep().map_err(|error| error.error)?;
        file.lock()?;
        writeln!(file, "{}", record! { "run" => key }.line())?;
        let live = path.with_extension(OPEN);
        fs::rename(&path, &live)?;
        Ok(Self {
            path: live,
            file,
            recalled: VecDeque::new(),
        })
    }

    /// How many steps are remembered.
    pub(super) fn remembered(&self) -> usize {
        self.recalled.len()
    }

    /// What this step answered before the run was killed. A step that is another than the one
    /// remembered is an error: the run went another way.
    pub(super) fn recall(&mut self, at: &str) -> io::Result<Option<Reply>> {
        match self.recalled.pop_front() {
            None => Ok(None),
            Some((was, reply)) if was == at => Ok(Some(reply)),
            Some((was, _)) => Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("the run that was stopped came to {was}, this one to {at}"),
            )),
        }
    }

    /// Notes the answer of a step that changes nothing.
    pub(super) fn answer(&mut self, at: &str, reply: &Reply) -> io::Result<()> {
        self.write(&record! { "at" => at, "reply" => written(reply) })
    }

    /// Announces a change, on the disk before it is made.
    pub(super) fn announce(
        &mut self,
        at: &str,
        reply: &Reply,
        path: &StorePath,
        from: u64,
        change: &Change,
    ) -> io::Result<()> {
        let change = match change {
            Change::Append(bytes) => record! {
                "from" => usize::try_from(from).unwrap_or(usize::MAX),
                "append" => String::from_utf8_lossy(bytes).into_owned(),
            },
            Change::Replace(bytes) => record! { "after" => hashing::sha256_hex(bytes) },
        };
        let line = record! {
            "at" => at, "reply" => written(reply), "path" => path.as_str(), "change" => change,
        };
        self.write(&line)?;
        self.file.sync_data()
    }

    /// Notes whether the announced change is made.
    pub(super) fn done(&mut self, done: bool) -> io::Result<()> {
        self.write(&record! { "done" => done })
    }

    fn write(&mut self, line: &Value) -> io::Result<()> {
        self.file.seek(SeekFrom::End(0))?;
        self.file.write_all(format!("{}\n", line.line()).as_bytes())
    }

    /// Ends the run: nothing of it is left to do.
    pub(super) fn end(self) -> io::Result<()> {
        fs::remove_file(&self.path)
    }

    /// Settles what dead runs announced for one file, whose lock the caller holds.
    pub(super) fn settle_for(
        folder: &Path,
        own: Option<&Self>,
        path: &StorePath,
        settle: &mut dyn FnMut(&Pending) -> io::Result<bool>,
    ) -> io::Result<()> {
        for journal in listed(folder)? {
            let other = own.is_none_or(|own| own.path != journal);
            if !other || journal.extension().is_none_or(|end| end != OPEN) {
                continue;
            }
            let mut file = match File::options().read(true).write(true).open(&journal) {
                // Its run has just ended.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                other => other?,
            };
            let entries = read(&mut file, false)?;
            let pending = entries.last().and_then(|entry| entry.pending.as_ref());
            if let Some(pending) = pending.filter(|pending| pending.path == *path) {
                mark(&mut file, settle(pending)?)?;
            }
        }
        Ok(())
    }
}

/// Every journal, in order of names.
fn listed(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let known = path
            .extension()
            .is_some_and(|end| end == OPEN || end == STOPPED);
        found.extend(known.then_some(path));
    }
    found.sort();
    Ok(found)
}

/// The journal, locked, when its run is dead.
fn dead(path: &Path) -> io::Result<Option<File>> {
    let file = match File::options().read(true).write(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other?,
    };
    match file.try_lock() {
        Ok(()) => Ok(path.exists().then_some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Entries of a dead run, with what it announced completed or struck.
fn settled(
    file: &mut File,
    settle: &mut dyn FnMut(&Pending) -> io::Result<bool>,
) -> io::Result<Vec<Entry>> {
    let mut entries = read(file, true)?;
    if let Some(pending) = entries.last_mut().and_then(|entry| entry.pending.take()) {
        let done = settle(&pending)?;
        mark(file, done)?;
        if !done {
            entries.pop();
        }
    }
    Ok(entries)
}

fn mark(file: &mut File, done: bool) -> io::Result<()> {
    file.seek(SeekFrom::End(0))?;
    file.write_all(format!("{}\n", record! { "done" => done }.line()).as_bytes())?;
    file.sync_data()
}

/// The entries of a journal; a torn last line says nothing, because nothing was done after it.
fn read(file: &mut File, cut: bool) -> io::Result<Vec<Entry>> {
    let mut text = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut text)?;
    let whole = text
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |at| at + 1);
    if cut && whole < text.len() {
        file.set_len(whole as u64)?;
    }
    let mut entries: Vec<Entry> = Vec::new();
    for line in text[..whole]
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
    {
        let line = ordered::parse_lenient(line, 256)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.to_string()))?;
        match line.get("done").and_then(Value::as_bool) {
            Some(true) => {
                if let Some(entry) = entries.last_mut() {
                    entry.pending = None;
                }
            }
            Some(false) => {
                entries.pop();
            }
            None => entries.extend(entry(&line)),
        }
    }
    Ok(entries)
}

fn entry(line: &Value) -> Option<Entry> {
    let reply = line.get("reply")?;
    let pending = line.get("change").and_then(|change| {
        let path = StorePath::parse(line.text("path")?).ok()?;
        let change = match (change.text("append"), change.text("after")) {
            (Some(text), _) => Announced::Append {
                from: u64::try_from(change.get("from")?.as_i64()?).ok()?,
                bytes: text.as_bytes().to_vec(),
            },
            (None, Some(after)) => Announced::Replace {
                after: after.to_owned(),
            },
            (None, None) => return None,
        };
        Some(Pending { path, change })
    });
    Some(Entry {
        at: line.text("at")?.to_owned(),
        reply: Reply {
            outcome: outcome(reply.text("outcome")?)?,
            outputs: reply.get("outputs")?.as_object()?.clone(),
            effect: effect(reply.text("effect")?)?,
            error: reply.text("error").map(str::to_owned),
        },
        pending,
    })
}

fn written(reply: &Reply) -> Value {
    record! {
        "outcome" => reply.outcome,
        "outputs" => Object::clone(&reply.outputs),
        "effect" => reply.effect.name(),
        "error" => reply.error.clone(),
    }
}

fn outcome(name: &str) -> Option<&'static str> {
    let known = [
        "SUCCESS",
        "ALREADY_EXISTS",
        "NOT_FOUND",
        "VIOLATION",
        "BACKEND_ERROR",
    ];
    known.into_iter().find(|known| *known == name)
}

fn effect(name: &str) -> Option<Effect> {
    let known = [
        Effect::None,
        Effect::Created,
        Effect::Appended,
        Effect::Overwritten,
        Effect::Tombstoned,
    ];
    known.into_iter().find(|known| known.name() == name)
}
