// SPDX-License-Identifier: Apache-2.0
//! A run directory, parsed; what cannot be parsed is kept as it is told.

use crate::governance::files::RunFiles;
use crate::governance::profile::Profile;
use crate::model::EntryPath;
use crate::support::hashing;
use crate::support::pyjson::ordered::{self, Value};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// Levels of a JSON document.
const JSON_DEPTH: usize = 64;

/// One run.
#[derive(Debug)]
pub struct Run<'a> {
    /// Names and vocabularies.
    pub profile: &'a Profile,
    /// The day on which it is judged.
    pub as_of: Date,
    /// Name of the directory.
    pub name: &'a str,
    /// Its files.
    pub files: &'a crate::governance::files::Files,
    /// `report.json`: absent, unreadable, or a value (an object, or anything else).
    pub report: Option<Result<Value, String>>,
    /// Lines of `events.normalized.jsonl`, blank ones left out.
    pub events: Vec<EventLine>,
    /// SHA-256 of each file's bytes, 64 hex digits.
    pub digests: BTreeMap<&'a str, String>,
}

/// A line of an event file.
#[derive(Debug, Clone)]
pub struct EventLine {
    /// From 1.
    pub line: usize,
    /// Where it begins.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// The value, or why it cannot be read.
    pub value: Result<Value, String>,
}

impl EventLine {
    /// The event's name.
    pub fn name(&self) -> Option<&str> {
        self.value.as_ref().ok()?.text("event")
    }

    /// A member.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.value.as_ref().ok()?.get(key)
    }

    /// A member of `data`.
    pub fn data(&self, key: &str) -> Option<&Value> {
        self.get("data")?.get(key)
    }

    /// A member that is text.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.get(key)?.as_str()
    }
}

impl<'a> Run<'a> {
    /// Parses what was read.
    pub fn open(files: &'a RunFiles, profile: &'a Profile, as_of: Date) -> Self {
        let content = &files.files;
        let report = content.get("report.json").map(|bytes| {
            ordered::parse_strict(bytes, JSON_DEPTH).map_err(|error| error.to_string())
        });
        let digests = content.content.iter();
        Self {
            profile,
            as_of,
            name: &files.name,
            files: content,
            report,
            events: content
                .get("events.normalized.jsonl")
                .map_or_else(Vec::new, lines),
            digests: digests
                .map(|(name, bytes)| (name.as_str(), hashing::sha256_hex(bytes)))
                .collect(),
        }
    }

    /// The report, when it is an object.
    pub fn object(&self) -> Option<&Value> {
        let report = self.report.as_ref()?.as_ref().ok()?;
        report.as_object().map(|_| report)
    }

    /// A member of the report.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.object()?.get(key)
    }

    /// A member of the report that is text.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.get(key)?.as_str()
    }

    /// A member of the report that is true or false.
    pub fn flag(&self, key: &str) -> Option<bool> {
        self.get(key)?.as_bool()
    }

    /// A member of the report that is a list of texts; what is no text is left out.
    pub fn names(&self, key: &str) -> Option<Vec<&str>> {
        let items = self.get(key)?.as_array()?;
        Some(items.iter().filter_map(Value::as_str).collect())
    }

    /// The claimed status.
    pub fn status(&self) -> Option<&str> {
        self.text("status")
    }

    /// Events of a name, in order.
    pub fn named<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s EventLine> {
        self.events
            .iter()
            .filter(move |event| event.name() == Some(name))
    }

    /// How findings name one of its files.
    pub fn entry(&self, file: &str) -> EntryPath {
        let name = EntryPath::escape(self.name.as_bytes());
        EntryPath::root(&format!("{name}/{file}"))
    }
}

/// Lines of a JSONL file, blank ones left out.
pub fn lines(bytes: &[u8]) -> Vec<EventLine> {
    let mut found = Vec::new();
    let mut start = 0;
    for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        let end = start + line.len();
        if !line.trim_ascii().is_empty() {
            let value = ordered::parse_strict(line, JSON_DEPTH).map_err(|error| error.to_string());
            found.push(EventLine {
                line: index + 1,
                start,
                end,
                value,
            });
        }
        start = end + 1;
    }
    found
}
