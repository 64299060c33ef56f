// SPDX-License-Identifier: Apache-2.0
//! Texts compared with white space folded.

use crate::classify::Text;
use crate::model::ByteSpan;

/// A text with white space folded, and for each byte of it the byte it came from.
pub(super) struct Folded {
    pub(super) bytes: Vec<u8>,
    map: Vec<usize>,
}

impl Folded {
    pub(super) fn new(text: &Text<'_>) -> Self {
        let mut folded = Self {
            bytes: Vec::new(),
            map: Vec::new(),
        };
        for (at, &byte) in text.bytes().iter().enumerate() {
            let space = byte.is_ascii_whitespace();
            if space && folded.bytes.last().is_none_or(|&last| last == b' ') {
                continue;
            }
            folded.bytes.push(if space { b' ' } else { byte });
            folded.map.push(at);
        }
        folded
    }

    /// The first occurrence at or behind `from`, and where to look for the next.
    pub(super) fn find(&self, wanted: &str, from: usize) -> Option<(ByteSpan, usize)> {
        let wanted = wanted.split_whitespace().collect::<Vec<_>>().join(" ");
        if wanted.is_empty() || from > self.bytes.len() {
            return None;
        }
        let at = from + memchr::memmem::find(&self.bytes[from..], wanted.as_bytes())?;
        let end = at + wanted.len();
        let span = ByteSpan::new(self.map[at], self.map[end - 1] + 1);
        Some((span, end))
    }
}
