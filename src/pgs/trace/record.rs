// SPDX-License-Identifier: Apache-2.0
//! One event as it was read: its place, its frame, its payload.

use super::fault::{self, Break};
pub use super::generation::Generation;
use super::reader::Line;
use super::shape;
use crate::model::ByteSpan;
use crate::support::pyjson::ordered::{Object, Value};
use jiff::Timestamp;

/// Members of payloads that hold values of the run.
pub const VALUE_MEMBERS: &[&str] = &["inputs", "outputs", "payload"];

/// Members of a line that a report covers: values of the run, and free text that may quote them.
pub const COVERED: &[&str] = &[
    "inputs",
    "outputs",
    "payload",
    "message",
    "traceback",
    "actual_value",
    "expected_value",
];

/// One event.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// From 1.
    pub line: u64,
    /// The line in the file.
    pub span: ByteSpan,
    /// `event_type`.
    pub kind: String,
    /// `execution_id` or `trace_id`.
    pub execution: String,
    /// Its number, in forms that have one.
    pub sequence: Option<i64>,
    /// When, in forms that say it.
    pub time: Option<Timestamp>,
    /// When, on a clock without meaning beyond the run.
    pub ticks: Option<i64>,
    /// `payload`; of the token-native generation the whole line. Values of the run are taken out
    /// unless they are asked for.
    pub payload: Value,
    /// Whether it held values of the run.
    pub held_values: bool,
}

impl Record {
    /// The text of a member of the payload.
    pub fn text(&self, name: &str) -> &str {
        self.payload.text(name).unwrap_or_default()
    }

    /// Something wrong with this event.
    pub fn fault(&self, rule: &'static str, message: impl Into<String>) -> Break {
        Break {
            rule,
            line: self.line,
            span: self.span,
            message: message.into(),
        }
    }

    /// Reads the event of a line, noting what it lacks. Digests of recorded values are held against
    /// the values here, because the values go.
    pub fn read(
        line: &Line,
        event: &Value,
        generation: Generation,
        keep_values: bool,
        breaks: &mut Vec<Break>,
    ) -> Self {
        let mut wrong = |rule: &'static str, message: String| {
            breaks.push(Break {
                rule,
                line: line.number,
                span: line.span,
                message,
            });
        };
        let mut text = |name: &str| {
            let found = event.text(name).unwrap_or_default().to_owned();
            if found.is_empty() {
                wrong(fault::SHAPE, format!("The event has no text `{name}`"));
            }
            found
        };
        let tokenized = generation == Generation::Tokenized;
        let kind = text("event_type");
        let execution = text(if tokenized {
            "trace_id"
        } else {
            "execution_id"
        });
        let time = if tokenized {
            String::new()
        } else {
            text("timestamp")
        };
        let time: Option<Timestamp> = (!time.is_empty())
            .then(|| {
                let parsed = time.parse().ok();
                if parsed.is_none() {
                    wrong(
                        fault::SHAPE,
                        "The event's `timestamp` is no time".to_owned(),
                    );
                }
                parsed
            })
            .flatten();
        let number_name = if tokenized { "ts_ns" } else { "sequence" };
        let number = event.get(number_name).and_then(Value::as_i64);
        if number.is_none() {
            wrong(
                fault::SHAPE,
                format!("The event has no number `{number_name}`"),
            );
        }
        let mut payload = match event.get("payload") {
            _ if tokenized => event.clone(),
            Some(payload @ Value::Object(_)) => payload.clone(),
            _ => {
                wrong(fault::SHAPE, "The event has no object `payload`".to_owned());
                Value::Object(Object::new())
            }
        };
        if !kind.is_empty() && !shape::is_known(generation, &kind) {
            let text = format!(
                "The form {} has no event {}",
                generation.name(),
                fault::shown(&kind)
            );
            wrong(fault::UNKNOWN_EVENT, text);
        }
        for name in shape::missing(generation, &kind, &payload) {
            wrong(
                fault::SHAPE,
                format!("{} lacks `{name}`", fault::shown(&kind)),
            );
        }
        for name in VALUE_MEMBERS {
            let Some(value) = payload.get(name) else {
                continue;
            };
            let Some(said) = payload.text(&format!("{name}_hash")) else {
                continue;
            };
            if value.digest() != said {
                let text = format!("The recorded `{name}` do not have the digest `{name}_hash`");
                wrong(fault::VALUE, text);
            }
        }
        let held_values = take_values(&mut payload, keep_values);
        Self {
            line: line.number,
            span: line.span,
            kind,
            execution,
            sequence: number.filter(|_| !tokenized),
            time,
            ticks: number.filter(|_| tokenized),
            payload,
            held_values,
        }
    }
}

/// Whether a payload, or the detail of one, holds values of the run; takes them out.
fn take_values(payload: &mut Value, keep: bool) -> bool {
    let mut held = false;
    let Some(members) = payload.as_object_mut() else {
        return false;
    };
    for name in VALUE_MEMBERS {
        if members.get(*name).is_some_and(|value| !value.is_null()) {
            held = true;
            if !keep {
                members.shift_remove(*name);
            }
        }
    }
    if let Some(detail) = members.get_mut("detail") {
        held |= take_values(detail, keep);
    }
    held
}
