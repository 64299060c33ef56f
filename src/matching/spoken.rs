// SPDX-License-Identifier: Apache-2.0
//! A sentence read where it stands, without its file: as the reader of its kind of file would read it,
//! where a few lines tell that.

use super::judgement::decoration;
use super::paragraph::{Layout, body};
use super::sentence::{Inline, Line, fold, lines, sentences};
use std::ops::Range;

/// What a part of a text says, sentence by sentence, in lower case; `None` where that takes more of the
/// file, or is not ASCII.
pub(super) fn spoken(text: &[u8], part: &Range<usize>, layout: Layout) -> Option<Vec<String>> {
    let leaders = layout.leaders()?;
    let mut own = Vec::new();
    for line in lines(text, part.start, part.end) {
        let whole = &text[line.start..line.end];
        let said = body(whole, leaders);
        let Some(first) = said.first() else {
            continue;
        };
        // A row of a table is cut into cells.
        if whole.contains(&b'|') {
            return None;
        }
        let goes_on = line.start == part.start && is_behind_stop(text, part.start);
        // Code may stand before a comment that nothing leads.
        let led = leaders.is_empty() || said.len() < whole.trim_ascii_start().len();
        let begins = led && first.is_ascii_alphanumeric();
        if !(goes_on || begins) {
            return None;
        }
        own.push(Line {
            start: line.end - said.len(),
            end: line.end,
        });
    }
    let ways: &[Inline] = match leaders.is_empty() {
        true => &[Inline::Markup],
        // In code it may be a string.
        false => &[Inline::Markup, Inline::Escapes],
    };
    let mut all = Vec::new();
    for way in ways {
        let folded = fold(text, &own, *way).text;
        if !folded.is_ascii() {
            return None;
        }
        for range in sentences(&folded) {
            let sentence = &folded[range];
            all.push(sentence[decoration(sentence)..].to_ascii_lowercase());
        }
    }
    Some(all)
}

/// Whether a part that begins at `start` begins behind the end of a sentence, on its line.
fn is_behind_stop(text: &[u8], start: usize) -> bool {
    let before = text[..start].last();
    before.is_some_and(|before| b".!?)]".contains(before)) && text.get(start) != Some(&b'\n')
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use crate::classify::Kind;

    fn read(kind: &str, text: &str, from: &str) -> Option<Vec<String>> {
        let layout = Layout::of(Kind::named(kind).unwrap());
        let start = text.find(from).unwrap();
        spoken(text.as_bytes(), &(start..text.len()), layout)
    }

    #[test]
    fn prose_is_read_without_its_markup() {
        let text = "One. Two **is**\nat [x](y) _now_. Three!";
        let expected = ["two is at x now.", "three!"];
        assert_eq!(read("markdown", text, " Two").unwrap(), expected);
    }

    #[test]
    fn comments_are_read_without_their_marks() {
        let text = "a()\n// One is\n// two.\n";
        assert_eq!(read("rust", text, "\n// One").unwrap(), ["one is two."; 2]);
        assert_eq!(read("rust", text, "a()"), None);
    }

    #[test]
    fn what_the_lines_do_not_tell() {
        for text in [
            "# One",
            "| One |",
            "One\n===\nTwo",
            ".. One",
            "One \u{e9}",
            "> One",
        ] {
            assert_eq!(read("markdown", text, text), None, "{text}");
        }
    }
}
