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

fn push(text: &str, start: usize, end: usize, out: &mut Vec<Range<usize>>) {
    let part = &text[start..end];
    let from = start + (part.len() - part.trim_start().len());
    let to = from + part.trim().len();
    if from < to {
        out.push(from..to);
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
    fn nothing_is_lost_on_wide_stops() {
        assert_eq!(cut("一。二"), ["一。", "二"]);
        assert!(cut("  ").is_empty());
    }
}
