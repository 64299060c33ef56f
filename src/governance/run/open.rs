// SPDX-License-Identifier: Apache-2.0
//! A run directory, parsed; what cannot be parsed is kept as it is told.

use super::contract::Contract;
use super::derived::Replay;
use super::locate::{Step, locate};
use super::patch::Patch;
use super::wishes::RunWishes;
use crate::governance::files::RunFiles;
use crate::governance::json;
use crate::governance::profile::Profile;
use crate::governance::sensitive::{Reader, Sensitive};
use crate::model::{ByteSpan, EntryPath, Severity};
use crate::support::hashing;
use crate::support::pyjson::ordered::Value;
use jiff::civil::Date;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// The event file.
pub const EVENTS: &str = "events.normalized.jsonl";
/// The report.
pub const REPORT: &str = "report.json";
/// The seal.
pub const SEAL: &str = "seal.json";
/// The seal's detached signature, in the form of `ssh-keygen -Y sign`.
pub const SIGNATURE: &str = "seal.json.sig";
/// Namespace of the signature (PROTOCOL.sshsig).
pub const NAMESPACE: &str = "ccr.run_seal";
/// Form of the seal.
pub const SEAL_SCHEMA: &str = "ccr.run_seal.v1";
/// What the first event follows, and what stands for the report's own digest while it is taken.
pub const ZEROS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

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
    /// Lines of `trace.jsonl`, likewise.
    pub trace: Vec<EventLine>,
    /// SHA-256 of each file's bytes, 64 hex digits.
    pub digests: BTreeMap<&'a str, String>,
    /// `patch.diff`.
    pub patch: Option<Patch>,
    /// The contract that was handed in, else the run's own copy.
    pub contract: Option<Contract>,
    /// JSON files but the report, as far as they can be read.
    pub documents: BTreeMap<&'a str, Result<Value, String>>,
    /// What was handed in beside it.
    pub wishes: &'a RunWishes,
    reader: &'a Reader<'a>,
    sensitive: OnceLock<Sensitive>,
    pub(super) replay: OnceLock<Replay>,
}

/// What a judgement says of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// The file it speaks of.
    pub file: String,
    /// Its bytes, when it speaks of some.
    pub span: Option<ByteSpan>,
    /// What is wrong.
    pub text: String,
    /// Replaces the rule's severity.
    pub severity: Option<Severity>,
}

impl Told {
    /// About a file as a whole.
    pub fn of(file: &str, text: impl Into<String>) -> Self {
        Self {
            file: file.to_owned(),
            span: None,
            text: text.into(),
            severity: None,
        }
    }
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
    pub fn open(
        files: &'a RunFiles,
        profile: &'a Profile,
        as_of: Date,
        wishes: &'a RunWishes,
        reader: &'a Reader<'a>,
    ) -> Self {
        let content = &files.files;
        let report = content.get(REPORT).map(json::parse);
        let digests = content.content.iter();
        let is_document = |name: &str| name != REPORT && name.ends_with(".json");
        let documents: BTreeMap<&str, Result<Value, String>> = content
            .content
            .iter()
            .filter(|(name, _)| is_document(name))
            .map(|(name, bytes)| (name.as_str(), json::parse(bytes)))
            .collect();
        let own = profile.evidence.contract_files.iter();
        let own = own.filter_map(|name| documents.get(name.as_str())).next();
        let own = own.and_then(|value| value.as_ref().ok()).map(Contract::of);
        let lines_of = |name: &str| content.get(name).map_or_else(Vec::new, lines);
        Self {
            patch: content.get("patch.diff").map(Patch::read),
            contract: wishes.contract.clone().or(own),
            trace: lines_of("trace.jsonl"),
            documents,
            wishes,
            reader,
            sensitive: OnceLock::new(),
            replay: OnceLock::new(),
            profile,
            as_of,
            name: &files.name,
            files: content,
            report,
            events: lines_of(EVENTS),
            digests: digests
                .map(|(name, bytes)| (name.as_str(), hashing::sha256_hex(bytes)))
                .collect(),
        }
    }

    /// What its texts should not hold.
    pub fn sensitive(&self) -> &Sensitive {
        let read = || self.reader.read(self.files.contents());
        self.sensitive.get_or_init(read)
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

    /// Whether it claims to have passed.
    pub fn claims_pass(&self) -> bool {
        self.status() == Some("pass")
    }

    /// A text, flag or list whose name the profile gives.
    pub fn document(&self, name: &str) -> Option<&Value> {
        self.documents.get(name)?.as_ref().ok()
    }

    /// Blocker codes, in order.
    pub fn codes(&self) -> Vec<&str> {
        let blockers = self.get("blockers").and_then(Value::as_array);
        let mut codes = Vec::new();
        for blocker in blockers.unwrap_or_default() {
            codes.extend(match blocker {
                Value::String(text) => Some(text.as_str()),
                other => other.text("code"),
            });
        }
        codes
    }

    /// Whether a run that did not pass says so with one of these codes.
    pub fn declares(&self, pass: bool, codes: &[&str]) -> bool {
        !pass && self.codes().iter().any(|code| codes.contains(code))
    }

    /// Whether the backend is the one under evaluation.
    pub fn is_candidate(&self) -> bool {
        self.text("backend") == Some(self.profile.evidence.candidate.as_str())
    }

    /// Whether the backend's process was started, as far as the report says.
    pub fn started(&self) -> Option<bool> {
        self.flag(&self.profile.evidence.key.process_started)
    }

    /// The stage that was asked for, else the one the report names by number or by scope.
    pub fn stage(&self) -> Option<u64> {
        let named = || u64::try_from(self.get("stage")?.as_i64()?).ok();
        let scoped = || {
            let scope = self.text("allowed_mutation_scope")?;
            let stages = &self.profile.gates.stages;
            let stage = stages.iter().find(|stage| stage.scope == scope)?;
            Some(u64::from(stage.number))
        };
        self.wishes.stage.or_else(named).or_else(scoped)
    }

    /// Mutation modes as report, contract and events state them.
    pub fn modes(&self) -> Vec<&str> {
        let contract = self.contract.as_ref();
        let mut modes: Vec<&str> = self.text("mutation_mode").into_iter().collect();
        modes.extend(contract.and_then(|contract| contract.mutation_mode.as_deref()));
        let role = &self.profile.evidence.role.contract;
        let event = self.named(role).next();
        modes.extend(event.and_then(|event| event.data("mutation_mode")?.as_str()));
        modes
    }

    /// Whether its mode, or its contract, needs an approval.
    pub fn needs_approval(&self) -> bool {
        let contract = self.contract.as_ref();
        let asked = contract.and_then(|contract| contract.approval_required) == Some(true);
        asked
            || self
                .modes()
                .iter()
                .any(|mode| self.profile.gates.needs_approval(mode))
    }

    /// A judgement on a member of the report.
    pub fn at(&self, path: &[Step<'_>], text: impl Into<String>) -> Told {
        self.within(REPORT, path, text)
    }

    /// A judgement on a member of a JSON file.
    pub fn within(&self, file: &str, path: &[Step<'_>], text: impl Into<String>) -> Told {
        let bytes = self.files.get(file);
        Told {
            span: bytes.and_then(|bytes| locate(bytes, path)),
            ..Told::of(file, text)
        }
    }

    /// A judgement on an event.
    pub fn on(&self, event: &EventLine, text: impl Into<String>) -> Told {
        self.on_line(EVENTS, event, text)
    }

    /// A judgement on a line of a JSONL file.
    pub fn on_line(&self, file: &str, line: &EventLine, text: impl Into<String>) -> Told {
        Told {
            span: Some(ByteSpan::new(line.start, line.end)),
            ..Told::of(file, text)
        }
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
            let value = json::parse(line);
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
