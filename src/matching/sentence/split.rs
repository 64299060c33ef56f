// SPDX-License-Identifier: Apache-2.0
//! Where a sentence ends.

use std::ops::Range;

/// Words whose full stop ends nothing.
const ABBREVIATIONS: &[&str] = &[
    "e.g", "i.e", "eg", "ie", "cf", "vs", "approx", "resp", "dr", "mr", "mrs", "ms", "prof", "fig",
    "figs", "eq", "sec", "ch", "vol", "pp", "al", "st", "inc", "ltd", "corp", "dept", "est",
    "incl", "excl", "viz", "ver",
];

/// Cuts folded text into sentences, closing quotes and brackets included.
pub(crate) fn sentences(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut start = 0;
    let mut at = 0;
    while at < bytes.len() {
        // The first byte of a wide full stop begins characters only.
        let wide = bytes[at] == 0xe3 && text[at..].starts_with('。');
        if !wide && !matches!(bytes[at], b'.' | b'!' | b'?') {
            at += 1;
            continue;
        }
        let mark = at;
        at += if wide { '。'.len_utf8() } else { 1 };
        while at < bytes.len() && matches!(bytes[at], b'.' | b'!' | b'?') {
            at += 1;
        }
        while at < bytes.len() && matches!(bytes[at], b'"' | b'\'' | b')' | b']') {
            at += 1;
        }
        let ends = at == bytes.len() || bytes[at] == b' ' || wide;
        if ends && !(bytes[mark] == b'.' && at == mark + 1 && is_abbreviation(&text[start..mark])) {
            push(text, start, at, &mut out);
            start = at;
        }
    }
    push(text, start, bytes.len(), &mut out);
    out
}

/// Nobody writes a sentence of so many bytes: each of its claims is judged by all that stands around it, so what
/// is longer is read in parts.
const LONGEST: usize = 2048;

fn push(text: &str, start: usize, end: usize, out: &mut Vec<Range<usize>>) {
    let mut from = start;
    while from < end {
        let to = part_end(text, from, end);
        let part = &text[from..to];
        let first = from + (part.len() - part.trim_start().len());
        let last = first + part.trim().len();
        if first < last {
            out.push(first..last);
        }
        from = to;
    }
}

/// Where the part of a sentence that begins at `from` ends: behind a word, if one ends early enough.
fn part_end(text: &str, from: usize, end: usize) -> usize {
    if end - from <= LONGEST {
        return end;
    }
    let most = text.floor_char_boundary(from + LONGEST);
    match text[from..most].rfind(' ') {
        Some(space) if space > 0 => from + space,
        _ => most,
    }
}

/// Whether the last word of a text is written with a full stop that ends nothing.
pub(crate) fn is_abbreviation(before: &str) -> bool {
    let word = before
        .rsplit([' ', '(', '"', '\''])
        .next()
        .unwrap_or(before);
    let initial = word.len() == 1 && word.as_bytes()[0].is_ascii_uppercase() && word != "I";
    initial || ABBREVIATIONS.iter().any(|a| a.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<&str> {
        sentences(text).into_iter().map(|r| &text[r]).collect()
    }

    #[test]
    fn full_stops_end_sentences_and_abbreviations_do_not() {
        assert_eq!(
            cut("It runs, e.g. on v1.2 of Xen. Is it fast? \"Yes.\" Then"),
            [
                "It runs, e.g. on v1.2 of Xen.",
                "Is it fast?",
                "\"Yes.\"",
                "Then"
            ]
        );
    }

    #[test]
    fn what_nobody_writes_as_one_sentence_is_read_in_parts() {
        let long = "safe and ".repeat(LONGEST);
        let parts = cut(&long);
        assert!(
            parts
                .iter()
                .all(|part| part.len() <= LONGEST && part.starts_with(['s', 'a']))
        );
        assert_eq!(parts.join(" "), long.trim_end());
        let one = "\u{e9}".repeat(LONGEST);
        assert_eq!(cut(&one).concat(), one);
        assert_eq!(cut(&one).len(), 2);
    }

    #[test]
    fn nothing_is_lost_on_wide_stops() {
        assert_eq!(cut("一。二"), ["一。", "二"]);
        assert!(cut("  ").is_empty());
    }
}
