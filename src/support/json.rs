// SPDX-License-Identifier: Apache-2.0
//! The reference's canonical and pretty JSON (CCR specification, section 2.1) and the
//! identifiers hashed over it (section 3.1).

use super::hashing;
use serde_json::Value;

/// Keys sorted, compact, non-ASCII raw: the form that is hashed.
///
/// `serde_json`'s map is ordered by key (the `preserve_order` feature is off), and its writer
/// escapes just what the reference escapes; numbers differ only in exotic floats, which audits
/// do not hash.
pub fn canonical(value: &Value) -> String {
    value.to_string()
}

/// Keys sorted, two spaces of indent, one final newline: the form that is printed.
pub fn pretty(value: &Value) -> String {
    let mut text = serde_json::to_string_pretty(value).expect("a JSON value always serialises");
    text.push('\n');
    text
}

/// `prefix:` + the first 24 hex digits of SHA-256 over the canonical array of `parts`.
pub fn stable_id(prefix: &str, parts: &[Value]) -> String {
    hashing::stable_id(prefix, &canonical(&Value::Array(parts.to_vec())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn stable_ids_equal_the_references_vectors() {
        assert_eq!(stable_id("x", &[]), "x:4f53cda18c2baa0c0354bb5f");
        assert_eq!(
            stable_id("x:", &[json!("é"), json!(1.0), Value::Null, json!(true)]),
            "x:debf325473ce64f3ddc47b82"
        );
        assert_eq!(
            stable_id("graph:effective", &[json!([]), json!([])]),
            "graph:effective:643d5437104296e21d906ecb"
        );
    }
}
