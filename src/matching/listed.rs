// SPDX-License-Identifier: Apache-2.0
//! What can be read in a part of a text that holds lists: a paragraph or an item by itself, or behind a
//! text above it that leads into its list.

use super::gist::said;
use super::paragraph::{Layout, body};
use super::sentence::{is_quoted, item_length};

/// A paragraph or an item, as bytes of the part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Piece {
    start: usize,
    end: usize,
    /// How far its item is indented, if it is one.
    indent: Option<usize>,
}

/// All that may be read around the places of `keywords`, made plain. `None` where lists stand in lists,
/// or where that cannot be told.
pub(super) fn readings(part: &[u8], layout: Layout, keywords: &[usize]) -> Option<Vec<Vec<u8>>> {
    let pieces = pieces(part, layout)?;
    let mut all = Vec::new();
    for (at, own) in pieces.iter().enumerate() {
        // A keyword may begin with the line end, the mark or the quote before the text.
        let before = at.checked_sub(1).map_or(0, |before| pieces[before].end);
        if !keywords.iter().any(|at| (before..own.end).contains(at)) {
            continue;
        }
        let above = &pieces[..at];
        let outer = |piece: &Piece| piece.indent.zip(own.indent).is_some_and(|(a, b)| a < b);
        if above.iter().any(outer) {
            return None;
        }
        let own = said(&part[own.start..own.end])?;
        for lead in above {
            for lead in said(&part[lead.start..lead.end])? {
                all.extend(own.iter().map(|own| joined(&lead, own)));
            }
        }
        all.extend(own);
    }
    Some(all)
}

/// Two plain texts, one behind the other.
fn joined(first: &[u8], second: &[u8]) -> Vec<u8> {
    [first.trim_ascii_end(), b" ", second.trim_ascii_start()].concat()
}

fn pieces(part: &[u8], layout: Layout) -> Option<Vec<Piece>> {
    let leaders = layout.leaders()?;
    let mut pieces: Vec<Piece> = Vec::new();
    // Whether the line before belongs to the last piece, and whether it was quoted.
    let (mut open, mut quoted) = (false, false);
    let mut start = 0;
    for line in part.split_inclusive(|&byte| byte == b'\n') {
        let end = start + line.len();
        let text = body(line, leaders);
        let indent = line.len() - text.len();
        let was_quoted = std::mem::replace(&mut quoted, is_quoted(text));
        let inner = match quoted {
            true => body(text, b">"),
            false => text,
        };
        let length = item_length(inner);
        // In code this may add one string to another.
        if length.is_some() && inner.first() == Some(&b'+') && !leaders.is_empty() {
            return None;
        }
        if inner.trim_ascii().is_empty() {
            open = false;
        } else if open && length.is_none() && (was_quoted || !quoted) {
            if let Some(last) = pieces.last_mut() {
                last.end = end;
            }
        } else {
            pieces.push(Piece {
                start: end - inner.len() + length.unwrap_or(0),
                end,
                indent: length.map(|_| indent),
            });
            open = true;
        }
        start = end;
    }
    Some(pieces)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use crate::classify::Kind;

    fn read(kind: &str, text: &str) -> Option<Vec<String>> {
        let layout = Layout::of(Kind::named(kind).unwrap());
        let keywords: Vec<_> = text.match_indices("KEY").map(|(at, _)| at).collect();
        let all = readings(text.as_bytes(), layout, &keywords)?;
        let plain = |said: Vec<u8>| String::from_utf8(said).unwrap().trim().to_owned();
        Some(all.into_iter().map(plain).collect())
    }

    #[test]
    fn an_item_is_read_behind_what_stands_above_it() {
        let text = "It can:\n\n- a\n  b\n1. KEY\n   c\n\nEnd.\n";
        let expected = ["it can key c", "a b key c", "key c"];
        assert_eq!(read("markdown", text).unwrap(), expected);
        let text = "# It can:\n#  - a\n#\n#  - KEY\n#    c\n";
        let expected = ["it can key c", "a key c", "key c"];
        assert_eq!(read("python", text).unwrap(), expected);
    }

    #[test]
    fn a_quotation_is_one_text() {
        let text = "- a\n\nHe says\n> one\n> KEY\nthree\n> - four";
        let expected = ["a one key three", "he says one key three", "one key three"];
        assert_eq!(read("markdown", text).unwrap(), expected);
        let text = "> - one\n> - KEY";
        assert_eq!(read("markdown", text).unwrap(), ["one key", "key"]);
    }

    #[test]
    fn a_keyword_may_begin_before_its_text() {
        let text = "- a\n-  KEY";
        let layout = Layout::of(Kind::named("markdown").unwrap());
        for at in 4..7 {
            let all = readings(text.as_bytes(), layout, &[at]).unwrap();
            assert_eq!(all, [b"a key".to_vec(), b"key".to_vec()], "{at}");
        }
    }

    #[test]
    fn what_cannot_be_told() {
        assert_eq!(read("markdown", "- It can\n  - KEY"), None);
        assert_eq!(read("java", "a = \"x\"\n + \"KEY\""), None);
        assert_eq!(read("yaml", "- KEY"), None);
        assert_eq!(read("markdown", "- a ![b](c) KEY"), None);
    }
}
