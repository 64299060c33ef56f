// SPDX-License-Identifier: Apache-2.0
//! The words around a keyword, before anything of the file is read.

use super::super::paragraph::{Layout, body};
use super::super::scratch::Mark;
use super::super::sentence::is_item;
use super::super::stops::sentence;
use super::weights::is_like;
use std::ops::Range;

/// As much liker to a claim may a sentence be without the markup in it.
const MARKUP: f64 = 1.0;

/// Bytes around a keyword that its sentence is looked for in.
const BEFORE: usize = 400;
const AFTER: usize = 300;

/// The starts of those keywords (in order) whose sentence, as it stands, may be worded like a claim.
pub(in crate::matching) fn admitted(
    text: &[u8],
    layout: Layout,
    keywords: &[&Mark],
    least: f64,
) -> Vec<usize> {
    let least = least - MARKUP;
    let (mut admitted, mut places) = (Vec::new(), Vec::new());
    // The last sentence that was looked at, and whether it counts.
    let mut last = (0..0, false);
    for keyword in keywords {
        if !last.0.contains(&keyword.start) {
            last = read(text, layout, keyword.start..keyword.end, least, &mut places);
        }
        if last.1 {
            admitted.push(keyword.start);
        }
    }
    admitted
}

/// The starts of all sentences of a text that, as they stand, may be worded like a claim.
pub(in crate::matching) fn everywhere(text: &[u8], layout: Layout, least: f64) -> Vec<usize> {
    let least = least - MARKUP;
    let (mut found, mut places) = (Vec::new(), Vec::new());
    let mut at = 0;
    while let Some(next) = text[at..].iter().position(u8::is_ascii_alphabetic) {
        at += next;
        let (own, counts) = read(text, layout, at..at, least, &mut places);
        if counts {
            found.push(at);
        }
        at = own.end.max(at + 1);
    }
    found
}

/// The sentence around a place, and whether it may be worded like a claim; `places` is overwritten.
fn read(
    text: &[u8],
    layout: Layout,
    place: Range<usize>,
    least: f64,
    places: &mut Vec<u32>,
) -> (Range<usize>, bool) {
    let part = place.start.saturating_sub(BEFORE)..text.len().min(place.end + AFTER);
    let between = |layout: Layout| {
        let start = layout.start(text, place.start).max(part.start);
        let end = layout.end(text, place.end).min(part.end);
        sentence(text, &(start..end), &place)
    };
    let own = match layout {
        Layout::Strings | Layout::Tags => between(layout),
        _ => around(text, &part, layout, &place),
    };
    let counts = match layout {
        Layout::Tags => is_like(&untagged(&text[own.clone()]), least, places),
        _ => is_like(&text[own.clone()], least, places),
    };
    // A string may be all that is read of it.
    if !counts && layout == Layout::Loose {
        let string = between(Layout::Strings);
        if is_like(&text[string.clone()], least, places) {
            return (string, true);
        }
    }
    (own, counts)
}

/// A part of a page with a space in place of each tag but those that say something themselves.
fn untagged(part: &[u8]) -> Vec<u8> {
    let mut left = Vec::with_capacity(part.len());
    let mut rest = part;
    while let Some(open) = memchr::memchr(b'<', rest) {
        left.extend_from_slice(&rest[..open]);
        left.push(b' ');
        rest = &rest[open + 1..];
        let speaks = rest.starts_with(b"img") || rest.starts_with(b"meta");
        if let Some(close) = memchr::memchr(b'>', rest).filter(|_| !speaks) {
            rest = &rest[close + 1..];
        }
    }
    left.extend_from_slice(rest);
    left
}

/// The sentence around a keyword as it stands in a part of a text, no further than its paragraph, item or
/// cell goes, as far as its lines tell.
fn around(
    text: &[u8],
    part: &Range<usize>,
    layout: Layout,
    keyword: &Range<usize>,
) -> Range<usize> {
    let leaders = layout.leaders().unwrap_or_default();
    let said = |line: Range<usize>| body(&text[line], leaders);
    let is_first = |line: &[u8]| is_item(line) || line.starts_with(b"#") || line.starts_with(b"|");
    let at = keyword.start.clamp(part.start, part.end);
    let line_end = |from: usize| {
        let rest = &text[from..part.end];
        memchr::memchr(b'\n', rest).map_or(part.end, |length| from + length)
    };
    let own_end = line_end(keyword.end.clamp(at, part.end));
    let (mut start, mut end) = (at, own_end);
    let mut to = own_end;
    loop {
        let newline = memchr::memrchr(b'\n', &text[part.start..start]);
        let line = newline.map_or(part.start, |newline| part.start + newline + 1);
        let words = said(line..to);
        if words.is_empty() && line < at {
            break;
        }
        (start, to) = (line, line);
        if is_first(words) || line == part.start {
            break;
        }
        start = line - 1;
    }
    while end < part.end {
        let next = line_end(end + 1);
        let words = said(end + 1..next);
        if words.is_empty() || is_first(words) {
            break;
        }
        end = next;
    }
    if said(start..own_end).starts_with(b"|") {
        let before = memchr::memrchr(b'|', &text[start..at]);
        start = before.map_or(start, |bar| start + bar + 1);
        let behind = memchr::memchr(b'|', &text[at..own_end]);
        end = behind.map_or(own_end, |bar| at + bar);
    }
    sentence(text, &(start..end), keyword)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use crate::classify::Kind;

    fn own<'t>(kind: &str, text: &'t str) -> &'t str {
        let layout = Layout::of(Kind::named(kind).unwrap());
        let at = text.find("KEY").unwrap();
        let range = around(text.as_bytes(), &(0..text.len()), layout, &(at..at + 3));
        text[range].trim()
    }

    #[test]
    fn a_sentence_goes_over_lines_and_ends_with_its_item_or_cell() {
        assert_eq!(
            own("markdown", "One. Two\nis KEY\nthree. Four."),
            "Two\nis KEY\nthree."
        );
        assert_eq!(
            own("markdown", "It can\n\n- one\n- two KEY\n  three\n- four"),
            "- two KEY\n  three"
        );
        assert_eq!(own("markdown", "One\n\ntwo KEY\n\nthree"), "two KEY");
        assert_eq!(own("markdown", "# One KEY\n## Two"), "# One KEY");
        assert_eq!(
            own("markdown", "| one | two KEY | three |\n| four |"),
            "two KEY"
        );
        assert_eq!(
            own("python", "x = 1\n\n# one\n# KEY two.\n# three"),
            "# one\n# KEY two."
        );
        assert_eq!(own("json", "KEY"), "KEY");
    }

    #[test]
    fn the_words_of_a_tag_are_not_those_of_its_sentence() {
        let of = |part: &str| String::from_utf8(untagged(part.as_bytes())).unwrap();
        assert_eq!(of("<p class=\"a\">b <b>c</b> d"), " b  c  d");
        assert_eq!(of("a < b <i"), "a   b  i");
        assert_eq!(of("<img alt=\"a b\">"), " img alt=\"a b\">");
    }

    #[test]
    fn a_string_of_data_is_read_by_itself() {
        let claim = "The assistant is sentient, and it truly feels what you feel.";
        let other = "plain words of a table that says how large each of its many columns is";
        for (kind, text) in [
            (
                "json",
                format!("{{\"a\": \"{other}\", \"b\": \"{claim}\"}}"),
            ),
            (
                "notebook",
                format!("{{\"a\": \"{other} {other}\", \"b\": \"{claim}\"}}"),
            ),
            (
                "html",
                format!("<p>{other}</p>\n<p class=\"{other}\">{claim}</p>"),
            ),
        ] {
            let layout = Layout::of(Kind::named(kind).unwrap());
            let start = text.find("sentient").unwrap();
            let mark = Mark {
                rule: 0,
                start,
                end: start + "sentient".len(),
            };
            let found = admitted(text.as_bytes(), layout, &[&mark], 0.0);
            assert_eq!(found, [start], "{kind}");
        }
    }

    #[test]
    fn every_sentence_of_a_text_is_asked() {
        let claims = [
            "The assistant is sentient, and it truly feels what you feel.",
            "The planner rewrites its own code at night.",
        ];
        let text = format!(
            "# Notes\n\nA table of columns. {}\n\n- {}\n- 12 of 13\n",
            claims[0], claims[1]
        );
        let layout = Layout::of(Kind::named("markdown").unwrap());
        let found = everywhere(text.as_bytes(), layout, 0.0);
        assert_eq!(found.len(), claims.len());
        for (at, claim) in found.into_iter().zip(claims) {
            assert!(text[at..].starts_with(claim), "{}", &text[at..]);
        }
    }

    proptest::proptest! {
        #[test]
        fn it_lies_in_its_part_and_holds_the_keyword(
            parts in proptest::collection::vec(proptest::sample::select(vec!["a", "\n", "- ", "| ", ". ", "# ", " "]), 0..12),
            before in 0..12usize,
        ) {
            let before = before.min(parts.len());
            let text = format!("{}KEY{}", parts[..before].concat(), parts[before..].concat());
            for kind in ["markdown", "python", "json", "rust", "html"] {
                proptest::prop_assert!(own(kind, &text).contains("KEY"), "{:?}", text);
            }
        }
    }
}
