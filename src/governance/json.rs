// SPDX-License-Identifier: Apache-2.0
//! JSON of runs and records: what another reader could take for something else is refused: a name
//! that stands twice, a number that JSON does not have, nesting without end.

use crate::support::pyjson::ordered::{self, Value};

/// Levels of a document.
const DEPTH: usize = 64;

/// Reads a document or a line.
///
/// # Errors
/// What is wrong with it, and where.
pub fn parse(bytes: &[u8]) -> Result<Value, String> {
    let value = ordered::parse_strict(bytes, DEPTH).map_err(|error| error.to_string())?;
    if value.has_non_finite() {
        return Err("it holds `NaN`, `Infinity`, or a number that is too large for one".to_owned());
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_two_readers_may_read_differently_is_refused() {
        for text in [
            "{\"a\": 1, \"\\u0061\": 2}",
            "{\"a\": NaN}",
            "[[-Infinity]]",
            "{\"a\": {\"b\": 1e999}}",
            "\u{feff}{}",
            "{} {}",
            "{'a': 1}",
        ] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
        assert!(parse("[".repeat(100_000).as_bytes()).is_err());
        assert!(parse(b"\xff").is_err());
        assert!(parse(b"{\"a\": 1e308, \"b\": 123456789012345678901234567890}").is_ok());
    }
}
