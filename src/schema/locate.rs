// SPDX-License-Identifier: Apache-2.0
//! From a JSON Pointer (RFC 6901) to the bytes it names in the text of a document.
//!
//! The parser keeps no places, so the text is read again for the few pointers that a finding
//! names. Iterative, one pass, bounded by the text.

use crate::model::ByteSpan;

/// The span of the value at `pointer`. For a member of an object it begins at its key, so that
/// the line shown names the key. `None` when the text has no such value.
pub fn locate(text: &[u8], pointer: &str) -> Option<ByteSpan> {
    let mut cursor = Cursor { text, at: 0 };
    cursor.skip_mark();
    cursor.space();
    let mut start = cursor.at;
    for token in tokens(pointer) {
        cursor.space();
        match cursor.peek()? {
            b'{' => start = cursor.enter_object(&token)?,
            b'[' => start = cursor.enter_array(token.parse().ok()?)?,
            _ => return None,
        }
    }
    cursor.space();
    let value = cursor.at;
    cursor.value()?;
    // A long value would fill the report: point at where it begins.
    let end = if matches!(text.get(value), Some(b'{' | b'[')) {
        value + 1
    } else {
        cursor.at
    };
    Some(ByteSpan::new(start, end))
}

/// The unescaped tokens of a JSON Pointer.
pub fn tokens(pointer: &str) -> Vec<String> {
    pointer
        .split('/')
        .skip(1)
        .map(|token| token.replace("~1", "/").replace("~0", "~"))
        .collect()
}

/// `pointer` with one more token, escaped.
pub fn join(pointer: &str, token: &str) -> String {
    let token = token.replace('~', "~0").replace('/', "~1");
    format!("{pointer}/{token}")
}

struct Cursor<'a> {
    text: &'a [u8],
    at: usize,
}

impl Cursor<'_> {
    fn skip_mark(&mut self) {
        if self.text.starts_with(b"\xef\xbb\xbf") {
            self.at = 3;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    /// Past a string whose opening quote is here; its raw content.
    fn string(&mut self) -> Option<(usize, usize)> {
        if self.peek()? != b'"' {
            return None;
        }
        self.at += 1;
        let start = self.at;
        loop {
            match self.peek()? {
                b'"' => break,
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        Some((start, self.at - 1))
    }

    /// Past one value.
    fn value(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            match self.peek()? {
                b'"' => {
                    self.string()?;
                }
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' => {
                    depth = depth.checked_sub(1)?;
                    self.at += 1;
                }
                b' ' | b'\t' | b'\r' | b'\n' | b',' | b':' => {
                    self.at += 1;
                    continue;
                }
                _ => {
                    while !matches!(
                        self.peek(),
                        None | Some(b',' | b'}' | b']' | b' ' | b'\t' | b'\r' | b'\n')
                    ) {
                        self.at += 1;
                    }
                }
            }
            if depth == 0 {
                return Some(());
            }
        }
    }

    /// To the value of `key`; where its key begins. Of duplicate keys the last one counts, as
    /// for the parser.
    fn enter_object(&mut self, key: &str) -> Option<usize> {
        self.at += 1;
        let mut found = None;
        loop {
            self.space();
            match self.peek()? {
                b'}' => break,
                b',' => {
                    self.at += 1;
                    continue;
                }
                _ => {}
            }
            let start = self.at;
            let (from, to) = self.string()?;
            self.space();
            if self.peek()? != b':' {
                return None;
            }
            self.at += 1;
            self.space();
            if same_string(&self.text[from..to], key) {
                found = Some((start, self.at));
            }
            self.value()?;
        }
        let (start, value) = found?;
        self.at = value;
        Some(start)
    }

    /// To the item `index`; where it begins.
    fn enter_array(&mut self, index: usize) -> Option<usize> {
        self.at += 1;
        let mut count = 0;
        loop {
            self.space();
            match self.peek()? {
                b']' => return None,
                b',' => {
                    self.at += 1;
                    continue;
                }
                _ => {}
            }
            if count == index {
                return Some(self.at);
            }
            self.value()?;
            count += 1;
        }
    }
}

/// Whether the raw content of a JSON string is `text`.
fn same_string(raw: &[u8], text: &str) -> bool {
    if !raw.contains(&b'\\') {
        return raw == text.as_bytes();
    }
    let mut quoted = Vec::with_capacity(raw.len() + 2);
    quoted.push(b'"');
    quoted.extend_from_slice(raw);
    quoted.push(b'"');
    serde_json::from_slice::<String>(&quoted).is_ok_and(|plain| plain == text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(text: &str, pointer: &str) -> Option<String> {
        locate(text.as_bytes(), pointer).map(|span| text[span.range()].to_owned())
    }

    #[test]
    fn members_begin_at_their_key_and_items_at_themselves() {
        let text = r#"{ "a" : [1, {"b/c": "x"}], "a~": true }"#;
        assert_eq!(found(text, "/a/0").as_deref(), Some("1"));
        assert_eq!(found(text, "/a/1/b~1c").as_deref(), Some(r#""b/c": "x""#));
        assert_eq!(found(text, "/a~0").as_deref(), Some(r#""a~": true"#));
        assert_eq!(found(text, "/a").as_deref(), Some(r#""a" : ["#));
        assert_eq!(found(text, "/b"), None);
    }

    #[test]
    fn of_duplicate_keys_the_last_is_named() {
        assert_eq!(found(r#"{"a":1,"a":2}"#, "/a").as_deref(), Some(r#""a":2"#));
    }

    proptest! {
        #[test]
        fn no_text_and_no_pointer_panics(text in ".{0,64}", pointer in "(/[a-z0-9~]{0,3}){0,4}") {
            if let Some(span) = locate(text.as_bytes(), &pointer) {
                prop_assert!(span.end <= text.len());
            }
        }
    }
}
