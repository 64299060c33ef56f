// SPDX-License-Identifier: Apache-2.0
//! Where a member of a JSON document stands in its bytes, for findings and derivations that point
//! at what they speak of. The document was parsed before; what this cannot follow has no place.

use crate::model::ByteSpan;

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
    let mut cursor = Cursor { bytes, at: 0 };
    cursor.space();
    let mut span = cursor.whole()?;
    for step in path {
        let mut inner = Cursor {
            bytes: &bytes[..span.end],
            at: span.start,
        };
        match inner.enter(*step) {
            Some(found) => span = found,
            None => break,
        }
    }
    Some(span)
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Cursor<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn space(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    fn text(&mut self) -> Option<()> {
        self.at += 1;
        loop {
            match self.peek()? {
                b'"' => {
                    self.at += 1;
                    return Some(());
                }
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
    }

    /// Steps over the value that begins here.
    fn whole(&mut self) -> Option<ByteSpan> {
        let start = self.at;
        let mut depth = 0usize;
        loop {
            match self.peek()? {
                b'"' => self.text()?,
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' => {
                    depth = depth.checked_sub(1)?;
                    self.at += 1;
                }
                byte if byte.is_ascii_whitespace() || matches!(byte, b',' | b':') => {
                    self.at += 1;
                    continue;
                }
                _ => {
                    while self.peek().is_some_and(|byte| {
                        !byte.is_ascii_whitespace() && !matches!(byte, b',' | b']' | b'}')
                    }) {
                        self.at += 1;
                    }
                }
            }
            if depth == 0 {
                return Some(ByteSpan::new(start, self.at));
            }
        }
    }

    fn enter(&mut self, step: Step<'_>) -> Option<ByteSpan> {
        let open = self.peek()?;
        self.at += 1;
        for index in 0.. {
            self.space();
            if self.peek()? == b',' {
                self.at += 1;
                self.space();
            }
            if matches!(self.peek()?, b'}' | b']') {
                return None;
            }
            let mut ours = step == Step::Item(index);
            if open == b'{' {
                let name = self.whole()?;
                let text = self.bytes.get(name.range())?;
                let text: Option<String> = serde_json::from_slice(text).ok();
                ours = matches!((step, text), (Step::Key(key), Some(text)) if key == text);
                self.space();
                if self.peek()? != b':' {
                    return None;
                }
                self.at += 1;
                self.space();
            }
            let value = self.whole()?;
            if ours {
                return Some(value);
            }
        }
        None
    }
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
