// SPDX-License-Identifier: Apache-2.0
//! Where a sentence surely ends in a text as it stands in its file, before anything of it is read: a
//! claim stands in one sentence, so that the words around a keyword are looked for there alone.
//!
//! A stop that markup could take away, or that may belong to an abbreviation, ends nothing here; what is
//! then taken for one sentence is longer than it is.

use super::sentence::is_abbreviation;
use std::ops::Range;

/// How far before a stop it is looked for a tag or a link around it.
const MARKUP: usize = 400;

/// The sentences of a part of a text that hold some of `keywords` (in order), each with those.
pub(super) fn sentences_with<'k>(
    text: &[u8],
    part: Range<usize>,
    mut keywords: &'k [Range<usize>],
) -> impl Iterator<Item = (Range<usize>, &'k [Range<usize>])> {
    std::iter::from_fn(move || {
        let sentence = sentence(text, &part, keywords.first()?);
        let inside = |keyword: &&Range<usize>| keyword.start < sentence.end;
        let count = keywords.iter().take_while(inside).count();
        let (own, rest) = keywords.split_at(count.max(1));
        keywords = rest;
        Some((sentence, own))
    })
}

/// The sentence around a place within a part of a text.
pub(super) fn sentence(text: &[u8], part: &Range<usize>, place: &Range<usize>) -> Range<usize> {
    // The end of the sentence that a stop belongs to, where it surely ends one.
    let end_of = |stop: usize| {
        let behind = &text[stop + 1..part.end];
        let closing = behind.iter().take_while(|byte| is_closing(byte)).count();
        let end = stop + 1 + closing;
        let parted = end < part.end && text[end].is_ascii_whitespace();
        (parted && ends(&text[part.start..end])).then_some(end)
    };
    let before = &text[part.start..place.start.clamp(part.start, part.end)];
    let start = memchr::memrchr3_iter(b'.', b'!', b'?', before)
        .filter_map(|stop| end_of(part.start + stop))
        .find(|end| *end <= place.start);
    // A keyword may end with a stop.
    let from = place.end.saturating_sub(2).clamp(part.start, part.end);
    let end = memchr::memchr3_iter(b'.', b'!', b'?', &text[from..part.end])
        .filter_map(|stop| end_of(from + stop))
        .find(|end| *end >= place.end);
    start.unwrap_or(part.start)..end.unwrap_or(part.end)
}

fn is_closing(byte: &u8) -> bool {
    matches!(byte, b')' | b']')
}

/// Whether a text that white space follows surely ends with a sentence.
fn ends(text: &[u8]) -> bool {
    let closed = text.len()
        - text
            .iter()
            .rev()
            .take_while(|byte| is_closing(byte))
            .count();
    let stop = |byte: &&u8| matches!(byte, b'.' | b'!' | b'?');
    let stops = text[..closed].iter().rev().take_while(stop).count();
    if stops == 0 {
        return false;
    }
    let before = &text[..closed - stops];
    let Some(last) = before.last() else {
        return false;
    };
    // Behind a quote or a mark of markup the word before it would have to be read.
    if !(last.is_ascii_alphanumeric() || *last == b')') {
        return false;
    }
    let one = stops == 1 && closed == text.len() && text[closed - 1] == b'.';
    let is_short = one && may_be_short(before);
    !(is_short || is_inside_markup(text))
}

/// Whether the last word may be an abbreviation.
fn may_be_short(before: &[u8]) -> bool {
    let part = |byte: &&u8| byte.is_ascii_alphabetic() || **byte == b'.';
    let length = before.iter().rev().take_while(part).count();
    let word = &before[before.len() - length..];
    let tail = word.rsplit(|byte| *byte == b'.').next().unwrap_or(word);
    [word, tail].iter().any(|word| {
        std::str::from_utf8(word).is_ok_and(|word| word.len() == 1 || is_abbreviation(word))
    })
}

/// Whether the end of a text may be part of a tag, of a link or of an image.
fn is_inside_markup(text: &[u8]) -> bool {
    let near = &text[text.len().saturating_sub(MARKUP)..];
    let opened = |open: u8, close: u8| {
        let last = memchr::memrchr2(open, close, near)?;
        (near[last] == open).then_some(last)
    };
    let tag = opened(b'<', b'>').is_some_and(|at| {
        let next = near.get(at + 1).copied().unwrap_or_default();
        next.is_ascii_alphabetic() || b"/!".contains(&next)
    });
    let target = || opened(b'(', b')').is_some_and(|at| near[..at].ends_with(b"]"));
    tag || opened(b'[', b']').is_some() || target()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::super::sentence::sentences;
    use super::*;

    fn around<'t>(text: &'t str, keyword: &str) -> &'t str {
        let at = text.find(keyword).unwrap();
        let range = sentence(text.as_bytes(), &(0..text.len()), &(at..at + keyword.len()));
        text[range].trim()
    }

    #[test]
    fn a_stop_and_white_space_end_a_sentence() {
        assert_eq!(around("One. Two KEY three. Four", "KEY"), "Two KEY three.");
        assert_eq!(
            around("One!\n// Two KEY (three.)\n// Four", "KEY"),
            "// Two KEY (three.)"
        );
        assert_eq!(around("One?! KEY... Two", "KEY"), "KEY...");
        assert_eq!(around("One. KEY", " KEY"), "KEY");
        assert_eq!(around("KEY. Two", "KEY. T"), "KEY. Two");
        assert_eq!(around("KEY v1.2 is", "KEY"), "KEY v1.2 is");
    }

    #[test]
    fn what_may_end_nothing_does_not() {
        for text in [
            "see e.g. KEY",
            "see *e.g.* KEY",
            "see *e.g*. KEY",
            "J. KEY",
            "\"One.\" KEY",
            "One\\. KEY",
            "One <a title=\"b. c\"> KEY",
            "One [b](c \"d. e\") KEY",
            "One ![b. c](d) KEY",
            "etc.KEY",
        ] {
            assert_eq!(around(text, "KEY"), text);
        }
    }

    proptest::proptest! {
        #[test]
        fn every_end_found_is_one_of_the_readers(
            parts in proptest::collection::vec(proptest::sample::select(vec![
                "e.g", "I", "J", "word", "v1", ".", "!", "?", ")", "(", "\"", " ", " ", "'", "-", "vs", "x.y",
            ]), 0..16),
        ) {
            let text = parts.concat();
            let text: Vec<_> = text.split_whitespace().collect();
            let text = text.join(" ");
            let ends_of: Vec<_> = sentences(&text).into_iter().map(|range| range.end).collect();
            for at in (0..text.len()).filter(|at| text.as_bytes()[*at] == b' ') {
                if ends(&text.as_bytes()[..at]) {
                    proptest::prop_assert!(ends_of.contains(&at), "{text:?} {at}");
                }
            }
        }
    }
}
