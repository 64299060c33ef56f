// SPDX-License-Identifier: Apache-2.0
//! The forms of traces, told apart by the keys of a line.

use crate::support::pyjson::ordered::Value;

/// Who wrote a trace.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Generation {
    /// The symbolic generation: `TRACE_SCHEMA_V0`.
    #[default]
    Original,
    /// The token-native generation.
    Tokenized,
    /// `pgs-trace/1`.
    Ours,
}

impl Generation {
    /// As reports name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Original => "TRACE_SCHEMA_V0",
            Self::Tokenized => "token-native v0",
            Self::Ours => super::encode::OURS,
        }
    }

    /// By the keys of a line.
    pub fn of(event: &Value) -> Option<Self> {
        let has = |name: &str| event.get(name).is_some();
        if event.text("trace_schema_version") == Some(super::encode::OURS) || has("event_hash") {
            Some(Self::Ours)
        } else if has("trace_id") && has("ts_ns") {
            Some(Self::Tokenized)
        } else if has("execution_id") && has("sequence") && has("event_type") {
            Some(Self::Original)
        } else {
            None
        }
    }
}
