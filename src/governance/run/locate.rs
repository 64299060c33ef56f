// SPDX-License-Identifier: Apache-2.0
//! Where a member of a JSON document stands in its bytes, for findings and derivations that point
//! at what they speak of. The document was parsed before; what this cannot follow has no place.

use crate::model::ByteSpan;
use crate::support::json_text::Cursor;

/// One step into a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<'a> {
    /// Member of an object.
    Key(&'a str),
    /// Item of a list, from 0.
    Item(usize),
}

/// Bytes of the value at `path`, or of the deepest value on the way that is there.
pub fn locate(bytes: &[u8], path: &[Step<'_>]) -> Option<ByteSpan> {
    let mut cursor = Cursor::new(bytes, 0);
    cursor.space();
    let mut span = cursor.value()?;
    for step in path {
        let mut inner = Cursor::new(&bytes[..span.end], span.start);
        let entered = match *step {
            Step::Key(key) => inner.enter_object(key),
            Step::Item(index) => inner.enter_array(index),
        };
        match entered.and_then(|_| inner.value()) {
            Some(found) => span = found,
            None => break,
        }
    }
    Some(ByteSpan::new(span.start, span.end))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn members_and_items_are_found() {
        let text = br#" {"a": [1, {"b\"": "x,}"}, true], "c": -1.5e3 }"#;
        let at = |path: &[Step<'_>]| {
            let span = locate(text, path).unwrap();
            std::str::from_utf8(&text[span.range()]).unwrap()
        };
        assert_eq!(
            at(&[Step::Key("a"), Step::Item(1), Step::Key("b\"")]),
            "\"x,}\""
        );
        assert_eq!(at(&[Step::Key("a"), Step::Item(2)]), "true");
        assert_eq!(at(&[Step::Key("c")]), "-1.5e3");
        assert_eq!(at(&[Step::Key("a"), Step::Item(0), Step::Key("z")]), "1");
    }

    proptest! {
        #[test]
        fn never_panics(text in "[{}\\[\\],:\"\\\\a1 ]{0,60}") {
            let _ = locate(text.as_bytes(), &[Step::Key("a"), Step::Item(1), Step::Key("a")]);
        }
    }
}
