// SPDX-License-Identifier: Apache-2.0
//! The chain of a trace: are these all lines of one run, in order, unchanged? (specification of the
//! PGS runtime, section 7.2, level `chain`)

use super::encode::{event_hash, first_link, first_original_link, original_link};
use super::fault::{self, Break};
use super::reader::{Line, Lines};
use super::record::{Generation, Record};
use super::{Signature, SignatureCheck, signed_message};
use crate::model::ByteSpan;
use crate::pgs::limits::Limits;
use crate::support::pyjson::ordered::{self, Value};
use std::io::{self, BufRead};

/// Breaks that are kept: a file of nothing but breaks is described well enough by these.
const MOST_BREAKS: usize = 1_000;

/// How to read a trace.
#[derive(Clone, Copy, Default)]
pub struct Reading<'a> {
    /// Keep values of the run in memory.
    pub keep_values: bool,
    /// Keys that are trusted.
    pub keys: Option<&'a dyn SignatureCheck>,
}

/// What holds a trace together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Protection {
    /// Every line names the digest of the one before it.
    pub chained: bool,
    /// A seal closes it.
    pub sealed: bool,
    /// The seal carries a signature.
    pub signed: bool,
    /// A trusted key made it.
    pub trusted: bool,
}

/// A trace as it was read.
#[derive(Debug, Default)]
pub struct Trace {
    /// Who wrote it; nothing when no line tells.
    pub generation: Option<Generation>,
    /// Its events.
    pub records: Vec<Record>,
    /// What is wrong with its lines.
    pub breaks: Vec<Break>,
    /// How it is protected.
    pub protection: Protection,
    /// Lines read.
    pub lines: u64,
    /// Bytes read.
    pub bytes: u64,
}

impl Trace {
    /// Reads and checks a trace, line by line.
    ///
    /// # Errors
    /// It cannot be read, or is larger than allowed.
    pub fn read(input: impl BufRead, limits: &Limits, reading: Reading<'_>) -> io::Result<Self> {
        let mut check = Check::new(limits.depth, reading);
        for line in Lines::new(input, limits.trace_bytes) {
            check.take(&line?);
        }
        Ok(check.finish())
    }

    /// The first event of a kind.
    pub fn first(&self, kind: &str) -> Option<&Record> {
        self.records.iter().find(|record| record.kind == kind)
    }
}

struct Check<'a> {
    depth: usize,
    reading: Reading<'a>,
    trace: Trace,
    /// What the next line's `prev_hash` must be; nothing when the line before could not be read.
    link: Option<String>,
    sequence: i64,
    chained: usize,
    last: Option<Ending>,
}

/// Of the last line.
struct Ending {
    number: u64,
    span: ByteSpan,
    ended: bool,
    is_seal: bool,
}

impl<'a> Check<'a> {
    fn new(depth: usize, reading: Reading<'a>) -> Self {
        Self {
            depth,
            reading,
            trace: Trace::default(),
            link: None,
            sequence: 0,
            chained: 0,
            last: None,
        }
    }

    fn wrong(&mut self, line: &Line, rule: &'static str, message: impl Into<String>) {
        if self.trace.breaks.len() < MOST_BREAKS {
            self.trace.breaks.push(Break {
                rule,
                line: line.number,
                span: line.span,
                message: message.into(),
            });
        }
    }

    fn take(&mut self, line: &Line) {
        self.trace.lines = line.number;
        self.trace.bytes = line.span.end as u64 + u64::from(line.ended);
        let after_seal = self.last.as_ref().is_some_and(|last| last.is_seal);
        self.last = Some(Ending {
            number: line.number,
            span: line.span,
            ended: line.ended,
            is_seal: after_seal,
        });
        if after_seal {
            self.wrong(line, fault::AFTER_END, "A line stands behind the seal");
        }
        let event = match ordered::parse_strict(&line.bytes, self.depth) {
            Ok(event @ Value::Object(_)) => event,
            Ok(_) => return self.unreadable(line, "it is no object"),
            Err(error) => return self.unreadable(line, &place_of(&error)),
        };
        let known = self.trace.generation.or_else(|| Generation::of(&event));
        let Some(generation) = known else {
            return self.unreadable(line, "its keys are those of no known form");
        };
        self.trace.generation = Some(generation);
        let keep = self.reading.keep_values;
        let mut found = Vec::new();
        let record = Record::read(line, &event, generation, keep, &mut found);
        let left = MOST_BREAKS.saturating_sub(self.trace.breaks.len());
        self.trace.breaks.extend(found.into_iter().take(left));
        self.written(line, &event, generation);
        self.frame(line, &record);
        match generation {
            Generation::Ours => self.link_ours(line, &event, &record),
            Generation::Original => self.link_original(line, &event, &record),
            Generation::Tokenized => {}
        }
        if let Some(last) = &mut self.last {
            last.is_seal |= record.kind == "trace_seal" && generation == Generation::Ours;
        }
        self.trace.records.push(record);
    }

    fn unreadable(&mut self, line: &Line, why: &str) {
        self.link = None;
        self.wrong(
            line,
            fault::UNREADABLE,
            format!("The line is no event: {why}"),
        );
    }

    /// The line is written as its form writes it: nothing may hide in spaces or escapes.
    fn written(&mut self, line: &Line, event: &Value, generation: Generation) {
        let same = match generation {
            Generation::Ours => event.canonical().as_bytes() == line.bytes,
            Generation::Original => event.raw_line().as_bytes() == line.bytes,
            Generation::Tokenized => return,
        };
        if !same {
            let text = format!("The line is not written as {} writes it", generation.name());
            self.wrong(line, fault::LINE_FORM, text);
        }
    }

    /// One run, counted, forward in time.
    fn frame(&mut self, line: &Line, record: &Record) {
        let before = self.trace.records.last();
        let mut found = Vec::new();
        if let Some(first) = self.trace.records.first()
            && first.execution != record.execution
        {
            found.push((
                fault::EXECUTIONS,
                "The line belongs to another run than the first".to_owned(),
            ));
        }
        if let Some(sequence) = record.sequence {
            if sequence != self.sequence + 1 {
                let text = format!(
                    "The event has the number {sequence}; {} was to follow",
                    self.sequence + 1
                );
                found.push((fault::SEQUENCE, text));
            }
            self.sequence = sequence;
        }
        let backwards = before.is_some_and(|before| {
            record
                .time
                .zip(before.time)
                .is_some_and(|(now, then)| now < then)
                || record
                    .ticks
                    .zip(before.ticks)
                    .is_some_and(|(now, then)| now < then)
        });
        if backwards {
            found.push((
                fault::TIME,
                "The event is older than the one before it".to_owned(),
            ));
        }
        for (rule, text) in found {
            self.wrong(line, rule, text);
        }
    }

    fn link_ours(&mut self, line: &Line, event: &Value, record: &Record) {
        let expected = match self.trace.records.last() {
            None => Some(first_link(&record.execution)),
            Some(_) => self.link.take(),
        };
        match (event.text("prev_hash"), expected) {
            (None, _) => self.wrong(line, fault::CHAIN, "The event names no `prev_hash`"),
            (Some(said), Some(expected)) if said != expected => {
                self.wrong(line, fault::CHAIN, follows(line.number));
            }
            _ => {}
        }
        let hash = event_hash(event);
        let said = event.text("event_hash").unwrap_or_default().to_owned();
        if said != hash {
            let text = "The event does not have the digest that it names: it was changed";
            self.wrong(line, fault::CHAIN, text);
        }
        if record.kind == "trace_seal" {
            self.seal(line, event, record);
        } else {
            self.chained += 1;
        }
        self.link = Some(said);
    }

    fn link_original(&mut self, line: &Line, event: &Value, record: &Record) {
        let expected = match self.trace.records.last() {
            None => Some(first_original_link(&record.execution)),
            Some(_) => self.link.take(),
        };
        match (event.text("prev_hash"), expected) {
            (Some(said), Some(expected)) => {
                self.chained += 1;
                if said != expected {
                    self.wrong(line, fault::CHAIN, follows(line.number));
                }
            }
            (Some(_), None) => self.chained += 1,
            (None, _) if self.chained > 0 => {
                self.wrong(line, fault::CHAIN, "The event names no `prev_hash`");
            }
            (None, _) => {}
        }
        self.link = Some(original_link(event));
    }

    fn seal(&mut self, line: &Line, event: &Value, record: &Record) {
        self.trace.protection.sealed = true;
        let payload = &record.payload;
        let before = i64::try_from(self.trace.records.len()).unwrap_or(i64::MAX);
        if payload.get("event_count").and_then(Value::as_i64) != Some(before) {
            let text = format!("The seal counts other than the {before} events before it");
            self.wrong(line, fault::SEAL, text);
        }
        let head = payload.text("head_hash").unwrap_or_default().to_owned();
        if event.text("prev_hash") != Some(head.as_str()) {
            self.wrong(line, fault::SEAL, "The seal names another last event");
        }
        let signature = payload.get("signature").map(|said| Signature {
            alg: said.text("alg").unwrap_or_default().to_owned(),
            key_id: said.text("key_id").unwrap_or_default().to_owned(),
            sig: said.text("sig").unwrap_or_default().to_owned(),
        });
        self.trace.protection.signed = signature.is_some();
        let Some(keys) = self.reading.keys else {
            return;
        };
        match signature {
            None => self.wrong(line, fault::SIGNATURE, "The seal carries no signature"),
            Some(signature) if keys.holds(&signed_message(&head), &signature) => {
                self.trace.protection.trusted = true;
            }
            Some(_) => {
                let text = "The seal's signature is not one of the given key over this trace";
                self.wrong(line, fault::SIGNATURE, text);
            }
        }
    }

    fn finish(mut self) -> Trace {
        let ours = self.trace.generation == Some(Generation::Ours);
        self.trace.protection.chained = ours || self.chained > 0;
        if let Some(last) = self.last.take() {
            let line = Line {
                number: last.number,
                span: last.span,
                bytes: Vec::new(),
                ended: last.ended,
            };
            if !last.ended && self.trace.generation != Some(Generation::Original) {
                self.wrong(&line, fault::INCOMPLETE, "The last line is cut short");
            }
            if ours && !self.trace.protection.sealed {
                let text = "The trace has no seal: its end may be missing";
                self.wrong(&line, fault::INCOMPLETE, text);
            }
        }
        self.trace
    }
}

fn follows(number: u64) -> String {
    format!(
        "Line {number} does not follow from line {}: one of them was changed, or lines between them were removed or moved",
        number.saturating_sub(1)
    )
}

/// What the parser says, without quoting the line.
fn place_of(error: &impl std::fmt::Display) -> String {
    let text = error.to_string();
    match text.split_once('"') {
        None => text,
        Some(_) => "a name stands twice in one object".to_owned(),
    }
}
