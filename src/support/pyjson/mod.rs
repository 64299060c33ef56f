// SPDX-License-Identifier: Apache-2.0
//! JSON as Python's `json` module reads and writes it.
//!
//! Identifiers are hashes over text, so every digit counts: integers of any length stay integers,
//! `1.0` stays a float, `NaN` is read and written. `serde_json` keeps none of these three without a
//! feature that changes it for the whole program.

mod build;
mod number;
pub mod ordered;
mod parse;
mod print;
mod repr;
pub mod stream;
mod value;

pub use number::Number;
pub use parse::{ParseError, parse, parse_bytes};
pub use print::{ascii, canonical, pretty, pretty_into};
pub use repr::{display, repr};
pub use value::{Object, Value};

use super::hashing;

/// Builds a [`Value::Object`]: `object! { "ok" => true, "task" => task }`.
#[macro_export]
macro_rules! object {
    ($($key:expr => $value:expr),* $(,)?) => {{
        #[allow(unused_mut, reason = "an empty object is not changed")]
        let mut map = $crate::support::pyjson::Object::new();
        $(map.insert(::std::string::String::from($key), $crate::support::pyjson::Value::from($value));)*
        $crate::support::pyjson::Value::Object(map)
    }};
}

/// Builds a [`Value::Array`]: `array!["a", 1, true]`.
#[macro_export]
macro_rules! array {
    ($($value:expr),* $(,)?) => {
        $crate::support::pyjson::Value::Array(vec![$($crate::support::pyjson::Value::from($value)),*])
    };
}

/// `prefix:` + the first 24 hex digits of SHA-256 over the canonical array of `parts`
/// (CCR specification, section 3.1).
pub fn stable_id(prefix: &str, parts: &[Value]) -> String {
    let mut text = String::from("[");
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        text.push_str(&canonical(part));
    }
    text.push(']');
    hashing::stable_id(prefix, &text)
}

/// SHA-256 over the canonical form, 64 hex digits.
pub fn content_hash(value: &Value) -> String {
    hashing::sha256_hex(canonical(value).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stable_ids_equal_the_references_vectors() {
        assert_eq!(stable_id("x", &[]), "x:4f53cda18c2baa0c0354bb5f");
        assert_eq!(
            stable_id("x:", &["é".into(), 1.0.into(), Value::Null, true.into()]),
            "x:debf325473ce64f3ddc47b82"
        );
        assert_eq!(
            stable_id("graph:effective", &[array![], array![]]),
            "graph:effective:643d5437104296e21d906ecb"
        );
    }
}
