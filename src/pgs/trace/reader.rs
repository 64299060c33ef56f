// SPDX-License-Identifier: Apache-2.0
//! Lines of a trace with their places, one at a time, never more bytes than allowed.

use crate::model::ByteSpan;
use std::io::{self, BufRead, Read as _};

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// From 1.
    pub number: u64,
    /// Its bytes in the file, without the line's end.
    pub span: ByteSpan,
    /// The same bytes.
    pub bytes: Vec<u8>,
    /// Whether a newline ends it: a line that was cut short has none.
    pub ended: bool,
}

/// The lines of a trace.
pub struct Lines<R> {
    input: R,
    number: u64,
    at: usize,
    most: u64,
}

impl<R: BufRead> Lines<R> {
    /// Reads `most` bytes at most.
    pub fn new(input: R, most: u64) -> Self {
        Self {
            input,
            number: 0,
            at: 0,
            most,
        }
    }
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = io::Result<Line>;

    fn next(&mut self) -> Option<Self::Item> {
        let left = self.most.saturating_sub(self.at as u64);
        let mut bytes = Vec::new();
        match (&mut self.input)
            .take(left + 1)
            .read_until(b'\n', &mut bytes)
        {
            Ok(0) => return None,
            Ok(_) if bytes.len() as u64 > left => {
                self.at = usize::try_from(self.most).unwrap_or(usize::MAX);
                let text = format!("larger than {} bytes", self.most);
                return Some(Err(io::Error::new(io::ErrorKind::FileTooLarge, text)));
            }
            Ok(_) => {}
            Err(error) => return Some(Err(error)),
        }
        self.number += 1;
        let start = self.at;
        self.at += bytes.len();
        let ended = bytes.last() == Some(&b'\n');
        if ended {
            bytes.pop();
        }
        Some(Ok(Line {
            number: self.number,
            span: ByteSpan::new(start, start + bytes.len()),
            bytes,
            ended,
        }))
    }
}

/// A line with the values of these members covered, byte for byte, so that places stay; members of
/// the outermost object are its frame and stay, and a line that cannot be read is covered whole. For
/// showing a line without what it recorded.
pub fn covered(line: &[u8], names: &[&str]) -> Vec<u8> {
    let mut out = line.to_vec();
    let readable = serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok();
    if !readable {
        out.fill(b'*');
        return out;
    }
    let (mut at, mut depth) = (0, 0_usize);
    while at < line.len() {
        match line[at] {
            b'"' => {}
            other => {
                match other {
                    b'{' => depth += 1,
                    b'}' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                at += 1;
                continue;
            }
        }
        let end = string_end(line, at);
        let name = line.get(at + 1..end - 1).unwrap_or_default();
        let after = skip_space(line, end);
        at = end;
        let is_key = depth > 1 && line.get(after) == Some(&b':');
        if is_key && names.iter().any(|known| known.as_bytes() == name) {
            let start = skip_space(line, after + 1);
            let end = value_end(line, start);
            if !matches!(line.get(start), Some(b'n')) {
                out[start..end].fill(b'*');
            }
            at = end;
        }
    }
    out
}

fn skip_space(line: &[u8], from: usize) -> usize {
    let rest = line.get(from..).unwrap_or_default();
    from + rest.iter().take_while(|b| b.is_ascii_whitespace()).count()
}

/// One past the closing quote of the text that begins at `from`.
fn string_end(line: &[u8], from: usize) -> usize {
    let mut at = from + 1;
    while at < line.len() {
        match line[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    line.len()
}

/// One past the value that begins at `from`.
fn value_end(line: &[u8], from: usize) -> usize {
    let mut depth = 0_usize;
    let mut at = from;
    while at < line.len() {
        match line[at] {
            b'"' => {
                at = string_end(line, at);
                if depth == 0 {
                    return at;
                }
                continue;
            }
            b'[' | b'{' => depth += 1,
            b']' | b'}' => {
                if depth <= 1 {
                    return if depth == 1 { at + 1 } else { at };
                }
                depth -= 1;
            }
            b',' if depth == 0 => return at,
            _ => {}
        }
        at += 1;
    }
    line.len()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;
    use proptest::prelude::*;

    fn lines(text: &[u8], most: u64) -> Vec<Line> {
        Lines::new(text, most).map(Result::unwrap).collect()
    }

    #[test]
    fn lines_have_numbers_and_places() {
        let found = lines(b"ab\n\ncd", 100);
        let places = found
            .iter()
            .map(|l| (l.number, l.span.start, l.span.end, l.ended));
        assert_eq!(
            places.collect::<Vec<_>>(),
            [(1, 0, 2, true), (2, 3, 3, true), (3, 4, 6, false)]
        );
    }

    #[test]
    fn no_more_is_read_than_allowed() {
        let ends: Vec<bool> = Lines::new(&b"ab\ncdef\n"[..], 5)
            .map(|l| l.is_ok())
            .take(3)
            .collect();
        assert_eq!(ends, [true, false, false]);
        assert_eq!(lines(b"ab\ncd\n", 6).len(), 2);
    }

    #[test]
    fn values_are_covered_in_place() {
        let line =
            br#"{"a":{"inputs":{"x":"}\"y"},"n":1,"outputs": 12,"m":null},"inputs":3,"z":[1]}"#;
        let seen = String::from_utf8(covered(line, &["inputs", "outputs"])).unwrap();
        assert_eq!(
            seen,
            r#"{"a":{"inputs":************,"n":1,"outputs": **,"m":null},"inputs":3,"z":[1]}"#
        );
        assert_eq!(covered(b"{\"inputs\":", &["inputs"]), b"**********");
    }

    proptest! {
        #[test]
        fn covering_keeps_places_and_never_panics(text in "\\PC{0,60}", raw in proptest::collection::vec(any::<u8>(), 0..60)) {
            let line = serde_json::json!({ "inputs": text, "k": [text], "outputs": { "inputs": 1 } }).to_string();
            let seen = covered(line.as_bytes(), &["inputs", "outputs"]);
            prop_assert_eq!(seen.len(), line.len());
            prop_assert_eq!(covered(&raw, &["inputs"]).len(), raw.len());
        }
    }
}
