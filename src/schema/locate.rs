// SPDX-License-Identifier: Apache-2.0
//! From a JSON Pointer (RFC 6901) to the bytes it names in the text of a document.
//!
//! The text is read again for the few pointers that a finding names.

use crate::model::ByteSpan;
use crate::support::json_text::Cursor;

/// The span of the value at `pointer`. For a member of an object it begins at its key, so that
/// the line shown names the key. `None` when the text has no such value.
pub fn locate(text: &[u8], pointer: &str) -> Option<ByteSpan> {
    let has_byte_order_mark = text.starts_with(b"\xef\xbb\xbf");
    let mut cursor = Cursor::new(text, if has_byte_order_mark { 3 } else { 0 });
    cursor.space();
    let mut start = cursor.at();
    for token in tokens(pointer) {
        cursor.space();
        match cursor.peek()? {
            b'{' => start = cursor.enter_object(&token)?,
            b'[' => start = cursor.enter_array(token.parse().ok()?)?,
            _ => return None,
        }
    }
    cursor.space();
    let opens = matches!(cursor.peek(), Some(b'{' | b'['));
    let value = cursor.value()?;
    // A long value would fill the report: point at where it begins.
    let end = if opens { value.start + 1 } else { value.end };
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
