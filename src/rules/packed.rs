// SPDX-License-Identifier: Apache-2.0
//! What `build.rs` packed of our rules, as MessagePack.

use super::error::RuleError;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Parts of rules that are read later, one after the other.
const PARTS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/parts.msgpack"));

/// The part of a rule that lies at this place.
pub(super) fn part<T: DeserializeOwned>(at: u32) -> Result<T, RuleError> {
    parse("parts", PARTS.get(at as usize..).unwrap_or_default())
}

/// Reads what was packed; `what` names it should that fail.
pub(super) fn parse<T: Deserialize<'static>>(
    what: &str,
    bytes: &'static [u8],
) -> Result<T, RuleError> {
    rmp_serde::from_slice(bytes).map_err(|error| unreadable(what, &error))
}

/// A fault of the program itself: what it was built with cannot be read.
pub(super) fn unreadable(what: &str, error: &rmp_serde::decode::Error) -> RuleError {
    RuleError::Syntax {
        file: format!("embedded rules: {what}"),
        cause: error.to_string(),
    }
}
