// SPDX-License-Identifier: Apache-2.0
//! Lines of a trace and the chain that holds them together (specification of the PGS runtime,
//! sections 6.1 and 6.2). Knows no file and no clock.

use super::event::{Event, Ground, Profile};
use super::{Signature, form};
use crate::pgs::clock::zoned;
use crate::record;
use crate::support::hashing;
use crate::support::pyjson::ordered::{Object, Value};
use jiff::Timestamp;

/// Name of our form, as each of its lines says.
pub const OURS: &str = "pgs-trace/1";

/// Name of the original's form, as each of its lines says.
pub const ORIGINAL: &str = "V0";

/// The form of a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// The original's.
    V0,
    /// `pgs-trace/1`.
    V1,
}

/// The first `prev_hash` of our form.
pub fn first_link(execution_id: &str) -> String {
    hashing::sha256_hex(execution_id.as_bytes())
}

/// The `event_hash` of an event of our form: over its canonical text without that member.
pub fn event_hash(event: &Value) -> String {
    let Some(members) = event.as_object() else {
        return event.digest();
    };
    let mut without = members.clone();
    without.shift_remove("event_hash");
    Value::Object(without).digest()
}

/// The first `prev_hash` of the original's form.
pub fn first_original_link(execution_id: &str) -> String {
    short(execution_id.as_bytes())
}

/// The `prev_hash` that follows an event of the original's form.
pub fn original_link(event: &Value) -> String {
    short(event.line().as_bytes())
}

fn short(bytes: &[u8]) -> String {
    let mut digits = hashing::sha256_hex(bytes);
    digits.truncate(16);
    digits
}

/// Name of the `nth` run of equal ground at a time: `T_20261120_213311_549_0A1B2C3D`.
pub fn execution_id(time: Timestamp, workflow: &str, ground: &Ground, nth: usize) -> String {
    let digest = record! {
        "snapshot_root" => &ground.snapshot_root_hash,
        "wf" => workflow,
        "payload_hash" => &ground.payload_hash,
        "state_digest_before" => &ground.state_digest_before,
        "n" => nth,
    }
    .digest()
    .to_uppercase();
    let millis = time.subsec_nanosecond().unsigned_abs() / 1_000_000;
    let when = time.strftime("%Y%m%d_%H%M%S");
    format!("T_{when}_{millis:03}_{}", &digest[..8])
}

/// Turns events into lines.
#[derive(Debug, Clone)]
pub struct Encoder {
    format: Format,
    profile: Profile,
    id: String,
    sequence: usize,
    previous: String,
}

impl Encoder {
    /// A trace of this name.
    pub fn new(format: Format, profile: Profile, id: &str) -> Self {
        Self {
            format,
            profile,
            id: id.to_owned(),
            sequence: 0,
            previous: match format {
                Format::V0 => first_original_link(id),
                Format::V1 => first_link(id),
            },
        }
    }

    /// The line of an event, with its final newline; nothing when the form or the profile leaves
    /// the event out.
    pub fn line(&mut self, event: &Event, time: Timestamp) -> Option<String> {
        let said = match self.format {
            Format::V0 => form::original(event, self.profile)?,
            Format::V1 => form::ours(event, self.profile)?,
        };
        Some(self.write(said.kind, said.payload, time))
    }

    /// The digest of the last line.
    pub fn head(&self) -> &str {
        &self.previous
    }

    /// How many lines there are.
    pub fn count(&self) -> usize {
        self.sequence
    }

    /// The last line of our form: how many events stand before it, and the digest of the last.
    pub fn seal(&mut self, signature: Option<&Signature>, time: Timestamp) -> String {
        let mut payload = Object::new();
        payload.insert("event_count".to_owned(), self.sequence.into());
        payload.insert("head_hash".to_owned(), (&self.previous).into());
        if let Some(signature) = signature {
            let said = record! {
                "alg" => &signature.alg,
                "key_id" => &signature.key_id,
                "sig" => &signature.sig,
            };
            payload.insert("signature".to_owned(), said);
        }
        self.write("trace_seal", Value::Object(payload), time)
    }

    fn write(&mut self, kind: &str, payload: Value, time: Timestamp) -> String {
        self.sequence += 1;
        let version = match self.format {
            Format::V0 => ORIGINAL,
            Format::V1 => OURS,
        };
        let mut event = record! {
            "trace_schema_version" => version,
            "event_type" => kind,
            "timestamp" => zoned(time),
            "execution_id" => &self.id,
            "sequence" => self.sequence,
            "payload" => payload,
        };
        let chained = self.format == Format::V1 || self.profile == Profile::Advanced;
        if let Some(members) = event.as_object_mut().filter(|_| chained) {
            members.insert("prev_hash".to_owned(), (&self.previous).into());
        }
        let mut line = match self.format {
            Format::V0 => {
                self.previous = original_link(&event);
                event.raw_line()
            }
            Format::V1 => {
                self.previous = event_hash(&event);
                if let Some(members) = event.as_object_mut() {
                    members.insert("event_hash".to_owned(), (&self.previous).into());
                }
                event.canonical()
            }
        };
        line.push('\n');
        line
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    #[test]
    fn an_id_hangs_on_time_ground_and_number() {
        let time: Timestamp = "2026-11-20T21:33:11.049597Z".parse().unwrap();
        let ground = Ground::default();
        let id = execution_id(time, "a::WF_X_V0", &ground, 0);
        assert!(id.starts_with("T_20261120_213311_049_"), "{id}");
        assert_eq!(id.len(), "T_20261120_213311_049_".len() + 8);
        assert_eq!(id, execution_id(time, "a::WF_X_V0", &ground, 0));
        assert_ne!(id, execution_id(time, "a::WF_X_V0", &ground, 1));
        assert_ne!(id, execution_id(time, "a::WF_Y_V0", &ground, 0));
    }
}
