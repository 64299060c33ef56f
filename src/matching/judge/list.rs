// SPDX-License-Identifier: Apache-2.0
//! A name and a value with a comma between them: arguments of a call, or neighbours in a list that
//! have nothing to do with each other.

use super::Context;

/// Bytes before the name in which the bracket that opens its list is looked for.
const REACH: usize = 512;

/// Whether the name and the value are elements of one list: `["name", "credentialVendor", ...]`.
pub(super) fn are_neighbours(context: &Context<'_>) -> bool {
    let before = context.before();
    let word = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
    let Some(end) = before.iter().rposition(word) else {
        return false;
    };
    let between = &before[end + 1..];
    let only_comma = between
        .iter()
        .all(|b| matches!(b, b',' | b'"' | b'\'' | b'`' | b'\\') || b.is_ascii_whitespace());
    // A flag and its argument: `["--password", "..."]`.
    let name = before.trim_ascii_start();
    let flag = name
        .iter()
        .find(|b| !matches!(b, b'"' | b'\'' | b'`' | b',' | b'['));
    if !only_comma || !between.contains(&b',') || flag == Some(&b'-') {
        return false;
    }
    let floor = context.whole.start.saturating_sub(REACH);
    let ahead = &context.text[floor..context.whole.start];
    let ahead = ahead.trim_ascii_end();
    let ahead = ahead
        .strip_suffix(b"\"")
        .or_else(|| ahead.strip_suffix(b"'"))
        .unwrap_or(ahead);
    match opener(ahead) {
        Some(b'(') => false,
        // A pair on one line (`["X-Api-Key", "..."]`) belongs together; longer lists do not.
        Some(b'[') => between.contains(&b'\n') || ahead.trim_ascii_end().ends_with(b","),
        // A command's arguments: `buildConfigField "String", "API_KEY", ...`.
        _ => between.contains(&b'\n'),
    }
}

/// The last bracket that is open at the end of `text`.
fn opener(text: &[u8]) -> Option<u8> {
    let mut closed = 0usize;
    for byte in text.iter().rev() {
        match byte {
            b')' | b']' | b'}' => closed += 1,
            b'(' | b'[' | b'{' if closed > 0 => closed -= 1,
            b'(' | b'[' | b'{' => return Some(*byte),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::{Context, Known};
    use super::are_neighbours;
    use crate::classify::Kind;
    use crate::model::ByteSpan;

    fn neighbours(text: &str) -> bool {
        let (name, value) = (text.find("token").unwrap_or(0), text.find("VALUE"));
        let hit = value.map_or(ByteSpan::new(0, 0), |at| ByteSpan::new(at, at + 5));
        are_neighbours(&Context {
            text: text.as_bytes(),
            whole: ByteSpan::new(name, hit.end + 1),
            hit,
            path: "a.json",
            kind: Kind::of("a.json", b"", false),
            known: &Known::default(),
        })
    }

    #[test]
    fn elements_of_a_list_are_neighbours() {
        for text in [
            "\"required\":[\n  \"token\",\n  \"VALUE\"\n]",
            "[\"name\", \"token\", \"VALUE\"]",
            "[\n \"a(b)\",\n \"token\",\n \"VALUE\",\n]",
        ] {
            assert!(neighbours(text), "{text}");
        }
    }

    #[test]
    fn arguments_and_pairs_are_not() {
        for text in [
            "setItem(\"token\", \"VALUE\")",
            "define(\n  'token',\n  'VALUE'\n)",
            "put(store, \"token\", \"VALUE\")",
            "headers = [[\"token\", \"VALUE\"]]",
            "{\"token\": \"VALUE\"}",
            "android {\n  field \"String\", \"token\", \"VALUE\"",
            "token = [\"VALUE\"]",
        ] {
            assert!(!neighbours(text), "{text}");
        }
    }
}
