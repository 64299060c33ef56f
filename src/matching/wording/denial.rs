// SPDX-License-Identifier: Apache-2.0
//! Words that take a sentence back, and words that only sound so: "never fails" claims, "does not fail" may
//! be the end of a claim's denial.

use std::ops::Range;

/// Words that deny what a sentence says. `never`, `nothing` and `without` are not among them: claims are full
/// of them.
const DENIALS: &[&str] = &[
    "not", "cannot", "nor", "neither", "hardly", "barely", "scarcely", "rarely", "seldom",
];

/// Whether a sentence in lower case holds a word that may deny what it says, or begins with one.
pub(in crate::matching) fn denies(sentence: &str) -> bool {
    let mut words = sentence
        .split(|char: char| !(char.is_alphanumeric() || matches!(char, '\'' | '\u{2019}')))
        .filter(|word| !word.is_empty())
        .peekable();
    let first = words.peek().copied();
    matches!(first, Some("no" | "none"))
        || words.any(|word| {
            DENIALS.contains(&word) || word.ends_with("n't") || word.ends_with("n\u{2019}t")
        })
}

/// Marks between which a sentence says one thing.
const MARKS: [char; 6] = [';', ':', '(', ')', '\u{2014}', '\u{2013}'];
/// What begins something else behind a comma.
const ANEW: [&str; 3] = [", so ", ", and ", " - "];

/// The part around a hit in which a denial may take it back: up to marks that part what a sentence says, from
/// `own` on. A turn behind it ("but", "though") is no such mark.
pub(in crate::matching) fn clause(sentence: &str, own: usize, hit: &Range<usize>) -> Range<usize> {
    let (before, behind) = (&sentence[own..hit.start], &sentence[hit.end..]);
    let last = |at: Option<usize>| at.map_or(own, |at| own + at + 1);
    let starts = ANEW.iter().map(|mark| last(before.rfind(mark)));
    let start = starts.fold(last(before.rfind(MARKS)), usize::max);
    let next = |at: Option<usize>| at.map_or(sentence.len(), |at| hit.end + at);
    let ends = ANEW.iter().map(|mark| next(behind.find(mark)));
    let end = ends.fold(next(behind.find(MARKS)), usize::min);
    let is_boundary = sentence.is_char_boundary(start);
    if is_boundary { start..end } else { own..end }
}

#[cfg(test)]
mod tests {
    use super::{clause, denies};

    #[test]
    fn a_clause_goes_from_mark_to_mark() {
        let of = |marked: &str| {
            let (start, end) = (marked.find('[').unwrap(), marked.find(']').unwrap() - 1);
            let text = marked.replace(['[', ']'], "");
            text[clause(&text, 0, &(start..end))].to_owned()
        };
        assert_eq!(of("a \u{2014} b [c] d; e"), " b c d");
        assert_eq!(of("a, so b [c] d, and e"), " so b c d");
        assert_eq!(of("a b [c] d, but e"), "a b c d, but e");
        assert_eq!(of("[c]"), "c");
    }

    #[test]
    fn what_only_sounds_so_denies_nothing() {
        for sentence in [
            "the answer is not final.",
            "it doesn't learn",
            "it doesn\u{2019}t learn",
            "no receipt confers rights",
            "this is neither safe nor sound",
        ] {
            assert!(denies(sentence), "{sentence}");
        }
        for sentence in [
            "it never fails",
            "nothing escapes it",
            "ready without a second thought",
            "there is no way around it",
            "a knot",
            "",
        ] {
            assert!(!denies(sentence), "{sentence}");
        }
    }
}
