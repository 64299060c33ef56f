// SPDX-License-Identifier: Apache-2.0
//! Whether an event stands in a log.

use super::{LineFault, Store, StorePath, lines};
use crate::pgs::capability::same;
use crate::support::pyjson::ordered::{Object, Value};
use indexmap::IndexMap;
use std::io;

/// What a log says of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recorded {
    /// It is recorded.
    Yes,
    /// It is not.
    No,
    /// The log cannot be read.
    Broken {
        /// Where.
        fault: LineFault,
        /// Whether the event stands before that line.
        before: bool,
    },
}

impl Store {
    /// Looks for an event whose record has these members.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn recorded(
        &mut self,
        path: &StorePath,
        event: &str,
        fields: &IndexMap<&str, &Value>,
    ) -> io::Result<Recorded> {
        let _lock = self.locked(path)?;
        if let Some(found) = self.recorded_in_index(path, event, fields)? {
            return Ok(found);
        }
        let mut found = false;
        let bytes = self.read(path)?.unwrap_or_default();
        let read = lines::read(&bytes, |_, line| {
            found |= matches(&line, event, fields);
            Ok(())
        });
        Ok(match read {
            Err(fault) => Recorded::Broken {
                fault,
                before: found,
            },
            Ok(_) if found => Recorded::Yes,
            Ok(_) => Recorded::No,
        })
    }
}

/// The event of a record: `event_code`, or `event_type` when that says nothing.
pub(super) fn event_of(record: &Value) -> Option<&str> {
    let code = record.text("event_code").filter(|code| !code.is_empty());
    code.or_else(|| record.text("event_type"))
}

fn matches(line: &Object, event: &str, fields: &IndexMap<&str, &Value>) -> bool {
    let Some(record) = line.get("record") else {
        return false;
    };
    event_of(record) == Some(event)
        && fields.iter().all(|(name, wanted)| {
            let found = record.get(name).unwrap_or(&Value::Null);
            same(found, wanted)
        })
}
