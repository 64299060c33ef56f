// SPDX-License-Identifier: Apache-2.0
//! How a paragraph ended, for what it may introduce. Few paragraphs introduce anything, so those
//! that nobody wanted are read only when something below them asks.

use super::Line;
use super::fold::{Inline, fold};
use super::split::sentences;

/// A paragraph's last sentence.
pub(super) enum Said {
    /// As a reader reads it.
    Read(String),
    /// The paragraph's lines, not read yet.
    Unread(Vec<Line>),
}

impl Said {
    /// The sentence, if it introduces what stands below it.
    pub(super) fn lead(&self, text: &[u8]) -> Option<String> {
        let sentence = match self {
            Self::Read(sentence) => sentence.clone(),
            Self::Unread(lines) => last_sentence(&fold(text, lines, Inline::Markup).text),
        };
        (!sentence.is_empty() && leads(&sentence)).then_some(sentence)
    }
}

/// Whether a paragraph's last sentence introduces what stands below it.
fn leads(sentence: &str) -> bool {
    let open = !sentence.ends_with(['.', '!', '?', ';']);
    open || sentence.contains("following")
}

/// The last sentence of folded text.
pub(super) fn last_sentence(text: &str) -> String {
    let ends = sentences(text);
    let last = ends.last().map_or("", |range| &text[range.clone()]);
    last.to_owned()
}

/// Whether it is sure, without folding them, that lines say something, are no heading in capitals
/// and introduce no code: a small letter stands in them that no markup can take away, and two
/// colons do not.
pub(super) fn is_plain(text: &[u8], lines: &[Line]) -> bool {
    let mut small = false;
    let mut colons = 0;
    for line in lines {
        let bytes = &text[line.start..line.end];
        for &byte in bytes {
            match byte {
                b'<' | b'&' | b'[' | b']' | b'!' | b'/' => return false,
                b':' => colons += 1,
                _ => small |= byte.is_ascii_lowercase(),
            }
        }
    }
    small && colons < 2
}
