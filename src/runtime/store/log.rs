// SPDX-License-Identifier: Apache-2.0
//! The log of events and the hash chain beside it.
//!
//! A line of the chain covers one line of the log: `hash` is SHA-256 over the hash before it, a
//! newline, and the line. Lines that something else appended (the reference writes no chain) are
//! covered by one link with `unchained`, the number of lines; its hash covers their digest.

use super::Store;
use crate::object;
use crate::runtime::error::is_absent;
use crate::runtime::{RuntimeError, layout};
use crate::support::hashing::sha256_hex;
use crate::support::pyjson::{self, Value, canonical, stable_id};
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

/// An event before it has a time and an id.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    /// Who acted; `ccr` when empty.
    pub actor: String,
    /// For example `task.submit`.
    pub action: String,
    /// One of the schema's object types.
    pub object_type: String,
    /// What it is about.
    pub object_id: String,
    /// The status before, when it had one.
    pub before: Option<String>,
    /// The status after.
    pub after: Option<String>,
    /// Files and ids that belong to it; sorted on writing.
    pub refs: Vec<String>,
    /// Residual ids; sorted on writing.
    pub residuals: Vec<String>,
    /// Why, or what must be known.
    pub note: String,
}

/// The last link of the chain: what the next one continues.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Head {
    hash: String,
    line: i64,
    bytes: u64,
}

impl Draft {
    /// The event. With a salt, two events of one second differ even when they say the same.
    pub(super) fn event(&self, timestamp: &str, salt: Option<&str>) -> Value {
        let actor = if self.actor.is_empty() {
            "ccr"
        } else {
            &self.actor
        };
        let sorted = |values: &[String]| {
            let mut values = values.to_vec();
            values.sort();
            Value::from(values)
        };
        let mut parts: Vec<Value> = vec![
            timestamp.into(),
            actor.into(),
            self.action.as_str().into(),
            self.object_type.as_str().into(),
            self.object_id.as_str().into(),
            self.before.clone().into(),
            self.after.clone().into(),
        ];
        if let Some(salt) = salt {
            parts.extend([
                sorted(&self.refs),
                sorted(&self.residuals),
                self.note.as_str().into(),
                salt.into(),
            ]);
        }
        object! {
            "action" => self.action.as_str(),
            "actor" => actor,
            "dry_run" => false,
            "event_id" => stable_id("event", &parts),
            "note" => self.note.as_str(),
            "object_id" => self.object_id.as_str(),
            "object_type" => self.object_type.as_str(),
            "refs" => sorted(&self.refs),
            "residuals" => sorted(&self.residuals),
            "status_after" => self.after.clone(),
            "status_before" => self.before.clone(),
            "timestamp" => timestamp,
        }
    }
}

impl Head {
    pub(super) fn salt(&self) -> String {
        format!("{}:{}", self.line, self.hash)
    }

    /// The link over one line, and the head after it.
    pub(super) fn link(&self, event: &Value, line: &str) -> (String, Self) {
        let next = Self {
            hash: sha256_hex(format!("{}\n{line}", self.hash).as_bytes()),
            line: self.line + 1,
            bytes: self.bytes + line.len() as u64 + 1,
        };
        let link = object! {
            "bytes" => offset(next.bytes),
            "event_id" => event.get("event_id").cloned(),
            "hash" => next.hash.as_str(),
            "line" => next.line,
            "previous" => self.hash.as_str(),
        };
        (canonical(&link), next)
    }

    /// The link over bytes that came without links.
    fn gap(&self, bytes: &[u8]) -> (String, Self) {
        let lines = bytes.iter().filter(|byte| **byte == b'\n').count()
            + usize::from(bytes.last().is_some_and(|byte| *byte != b'\n'));
        let lines = i64::try_from(lines).unwrap_or(i64::MAX);
        let next = Self {
            hash: sha256_hex(format!("{}\n{}", self.hash, sha256_hex(bytes)).as_bytes()),
            line: self.line + lines,
            bytes: self.bytes + bytes.len() as u64,
        };
        let link = object! {
            "bytes" => offset(next.bytes),
            "hash" => next.hash.as_str(),
            "line" => next.line,
            "previous" => self.hash.as_str(),
            "unchained" => lines,
        };
        (canonical(&link), next)
    }
}

fn offset(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

/// Ends a last line that a killed writer left torn, so that the next event is a line of its own.
pub(super) fn end_torn_line(root: &Path) -> Result<bool, RuntimeError> {
    let path = root.join(layout::EVENTS);
    let fault = |e: std::io::Error| RuntimeError::io(&path, &e);
    let mut file = match File::options().read(true).append(true).open(&path) {
        Ok(file) => file,
        Err(error) if is_absent(&error) => return Ok(false),
        Err(error) => return Err(fault(error)),
    };
    if file.metadata().map_err(fault)?.len() == 0 {
        return Ok(false);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1)).map_err(fault)?;
    file.read_exact(&mut last).map_err(fault)?;
    if last == *b"\n" {
        return Ok(false);
    }
    file.write_all(b"\n").map_err(fault)?;
    Ok(true)
}

/// The head of the chain, and the link that first covers lines the chain does not know yet.
///
/// A log that is shorter than the chain says keeps the chain's head: the break stays visible.
pub(super) fn head(root: &Path) -> Result<(Head, Option<String>), RuntimeError> {
    let head = last_link(&root.join(layout::CHAIN))?;
    let log = root.join(layout::EVENTS);
    let mut file = match File::open(&log) {
        Ok(file) => file,
        Err(error) if is_absent(&error) => return Ok((head, None)),
        Err(error) => return Err(RuntimeError::io(&log, &error)),
    };
    let fault = |e: std::io::Error| RuntimeError::io(&log, &e);
    let length = file.metadata().map_err(fault)?.len();
    if length <= head.bytes {
        let head = Head {
            bytes: length,
            ..head
        };
        return Ok((head, None));
    }
    file.seek(SeekFrom::Start(head.bytes)).map_err(fault)?;
    let mut rest = Vec::new();
    file.read_to_end(&mut rest).map_err(fault)?;
    let (link, next) = head.gap(&rest);
    Ok((next, Some(link)))
}

/// Reads the end of the chain only: its length must not show in the cost of an event.
fn last_link(path: &Path) -> Result<Head, RuntimeError> {
    const TAIL: u64 = 4096;
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if is_absent(&error) => return Ok(Head::default()),
        Err(error) => return Err(RuntimeError::io(path, &error)),
    };
    let fault = |e: std::io::Error| RuntimeError::io(path, &e);
    let length = file.metadata().map_err(fault)?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))
        .map_err(fault)?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail).map_err(fault)?;
    let link = tail.split(|byte| *byte == b'\n').rev().find_map(Link::read);
    Ok(link.map(|link| link.head).unwrap_or_default())
}

/// One line of the chain.
struct Link {
    head: Head,
    previous: String,
    unchained: Option<i64>,
}

impl Link {
    fn read(line: &[u8]) -> Option<Self> {
        let value = pyjson::parse_bytes(line).ok()?;
        Some(Self {
            head: Head {
                hash: value.text("hash")?.to_owned(),
                line: value.get("line")?.as_i64()?,
                bytes: u64::try_from(value.get("bytes")?.as_i64()?).ok()?,
            },
            previous: value.text("previous")?.to_owned(),
            unchained: value.get("unchained").and_then(Value::as_i64),
        })
    }
}

/// The first place where log and chain part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainFault {
    /// Line of the log, from 1.
    pub line: i64,
    /// What is wrong there.
    pub reason: String,
}

/// What a check of the whole log found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChainReport {
    /// Lines of the log.
    pub lines: i64,
    /// Lines that a link of their own covers.
    pub chained: i64,
    /// Lines that came without links and are covered together, or not yet.
    pub unchained: i64,
    /// The last line does not end, and no link knows it: a writer was killed, or is writing now.
    /// It is counted among `lines` and nowhere else.
    pub torn: Option<i64>,
    /// The hash of the last link; empty without a chain.
    pub head: String,
    /// The first break.
    pub fault: Option<ChainFault>,
}

/// Holds the log against its chain.
///
/// # Errors
/// A file cannot be read.
pub fn verify_chain(root: &Path) -> Result<ChainReport, RuntimeError> {
    let log = read_all(&root.join(layout::EVENTS))?;
    let chain = read_all(&root.join(layout::CHAIN))?;
    let mut report = ChainReport::default();
    let mut head = Head::default();
    let mut at = 0usize;
    for (number, text) in chain
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .enumerate()
    {
        let here = report.lines + 1;
        let fault = |line: i64, reason: String| Some(ChainFault { line, reason });
        let Some(link) = Link::read(text) else {
            report.fault = fault(
                here,
                format!("line {} of the chain cannot be read", number + 1),
            );
            break;
        };
        let end = usize::try_from(link.head.bytes).unwrap_or(usize::MAX);
        let Some(covered) = log.get(at..end).filter(|_| end > at) else {
            report.fault = fault(here, "the log ends before its chain does".to_owned());
            break;
        };
        if link.previous != head.hash {
            report.fault = fault(here, "the chain does not continue here".to_owned());
            break;
        }
        let next = if link.unchained.is_some() {
            head.gap(covered).1
        } else {
            let line = String::from_utf8_lossy(covered);
            head.link(&Value::Null, line.trim_end_matches('\n')).1
        };
        if next != link.head {
            report.fault = fault(here, "the line is not what the chain says".to_owned());
            break;
        }
        let lines = next.line - head.line;
        report.lines += lines;
        match link.unchained {
            Some(_) => report.unchained += lines,
            None => report.chained += lines,
        }
        report.head.clone_from(&next.hash);
        at = end;
        head = next;
    }
    if report.fault.is_none() {
        let rest = &log[at..];
        let whole = memchr::memrchr(b'\n', rest).map_or(0, |end| end + 1);
        let (_, next) = head.gap(&rest[..whole]);
        report.unchained += next.line - head.line;
        report.lines += next.line - head.line;
        if whole < rest.len() {
            report.lines += 1;
            report.torn = Some(report.lines);
        }
    }
    Ok(report)
}

impl Store {
    /// The events of the log; a line that is no object is named and passed over.
    ///
    /// # Errors
    /// The log cannot be read.
    pub fn events(&self) -> Result<Vec<Value>, RuntimeError> {
        let mut events = Vec::new();
        self.each_event(|_, event| {
            events.push(event);
            Ok(())
        })?;
        Ok(events)
    }

    /// Each event of the log with the number of its line, from 1; a line that is no object is named
    /// and passed over.
    ///
    /// # Errors
    /// The log cannot be read, or those of `take`.
    pub fn each_event(
        &self,
        mut take: impl FnMut(usize, Value) -> Result<(), RuntimeError>,
    ) -> Result<(), RuntimeError> {
        let text = read_all(&self.path(layout::EVENTS))?;
        for (at, line) in text.split(|byte| *byte == b'\n').enumerate() {
            if line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let place = || format!("{}:{}", layout::EVENTS, at + 1);
            match pyjson::parse_bytes(line) {
                Ok(event @ Value::Object(_)) => take(at + 1, event)?,
                Ok(_) => self.skip(&place(), "the line is not a JSON object"),
                Err(error) => self.skip(&place(), error.to_string()),
            }
        }
        Ok(())
    }
}

fn read_all(path: &Path) -> Result<Vec<u8>, RuntimeError> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(bytes),
        Err(error) if is_absent(&error) => Ok(Vec::new()),
        Err(error) => Err(RuntimeError::io(path, &error)),
    }
}
