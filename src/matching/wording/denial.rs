// SPDX-License-Identifier: Apache-2.0
//! Words that take a sentence back, and words that only sound so: "never fails" claims, "does not fail" may
//! be the end of a claim's denial.

use std::ops::Range;

/// Words that deny what a sentence says. `never`, `nothing` and `without` are not among them: claims are full
/// of them.
const DENIALS: &[&str] = &[
    "not", "cannot", "nor", "neither", "hardly", "barely", "scarcely", "rarely", "seldom",
];

/// The words of a sentence, apostrophes included.
fn words(sentence: &str) -> impl Iterator<Item = &str> {
    sentence
        .split(|char: char| !(char.is_alphanumeric() || matches!(char, '\'' | '\u{2019}')))
        .filter(|word| !word.is_empty())
}

/// Whether a sentence in lower case holds a word that may deny what it says, or begins with one.
pub(in crate::matching) fn denies(sentence: &str) -> bool {
    let mut words = words(sentence).peekable();
    let first = words.peek().copied();
    matches!(first, Some("no" | "none"))
        || words.any(|word| {
            DENIALS.contains(&word) || word.ends_with("n't") || word.ends_with("n\u{2019}t")
        })
}

/// Words behind which something is only supposed, wished for, or to be found out.
const SUPPOSITIONS: &[&str] = &[
    "whether",
    "if",
    "may",
    "might",
    "could",
    "would",
    "should",
    "suppose",
    "supposing",
    "imagine",
    "pretend",
    "pretends",
    "someday",
    "goal",
    "goals",
    "aim",
    "aims",
    "plan",
    "plans",
    "hope",
    "hopes",
    "myth",
    "doubt",
    "doubts",
    "unless",
    "until",
    "lest",
];
/// Words that go on from a noun behind "that"; behind another "that" stands what somebody says or thinks.
const RELATIVE: &[&str] = &[
    "never", "always", "cannot", "can", "can't", "do", "don't", "does", "doesn't", "is", "isn't",
    "are", "aren't", "has", "have", "was", "will", "won't",
];

/// Words behind which "that" begins what the sentence itself says, unless they are denied: "so that nobody can",
/// "we have proved that".
const ASSERTING: &[&str] = &[
    "so",
    "such",
    "proved",
    "proves",
    "proven",
    "guarantee",
    "guarantees",
    "guaranteed",
    "promise",
    "promises",
    "ensure",
    "ensures",
    "ensured",
    "certify",
    "certified",
    "confirmed",
    "warrant",
    "means",
    "fact",
    "sure",
];

/// Whether a sentence in lower case sets something apart as said, thought, supposed or wished: what it denies then
/// is no part of what it claims ("there is no proof that", "it is a myth that").
pub(in crate::matching) fn supposes(sentence: &str) -> bool {
    let mut words = words(sentence).peekable();
    let (mut asserts, mut denied) = (false, false);
    while let Some(word) = words.next() {
        let is_set_apart = |next: &&str| !asserts && !RELATIVE.contains(next);
        let says = word == "that" && words.peek().is_some_and(is_set_apart);
        if says || SUPPOSITIONS.contains(&word) {
            return true;
        }
        denied |= denies(word) || matches!(word, "never" | "nobody" | "nothing" | "without");
        asserts = !denied && ASSERTING.contains(&word);
    }
    false
}

/// Whether what a hit begins is denied by the word behind it: "grants nothing", "has no authority", "is not". Behind
/// an "and" or a "with" the denial is another's.
pub(in crate::matching) fn goes_on_denied(sentence: &str, hit: &Range<usize>) -> bool {
    let next = sentence[hit.end..].trim_start();
    let next = next.split(|char: char| !char.is_alphanumeric()).next();
    let last = sentence[hit.clone()].rsplit(' ').next();
    let denied = next.is_some_and(|next| {
        DENIALS.contains(&next) || matches!(next, "no" | "none" | "nothing" | "never")
    });
    denied && !matches!(last, Some("and" | "with" | "so" | "that" | "or"))
}

/// Marks between which a sentence says one thing.
const MARKS: [char; 6] = [';', ':', '(', ')', '\u{2014}', '\u{2013}'];
/// What begins something else behind a comma.
const ANEW: [&str; 3] = [", so ", ", and ", " - "];

/// The part around a hit in which a denial may take it back: up to marks that part what a sentence says, from
/// `own` on. A turn behind it ("but", "though") is no such mark.
pub(in crate::matching) fn clause(sentence: &str, own: usize, hit: &Range<usize>) -> Range<usize> {
    let (before, behind) = (&sentence[own..hit.start], &sentence[hit.end..]);
    let ends_of = |mark: &str| before.rfind(mark).map(|at| own + at + mark.len());
    let last = before.rmatch_indices(MARKS).next();
    let last = last.map(|(at, mark)| own + at + mark.len());
    let starts = ANEW.iter().filter_map(|mark| ends_of(mark));
    let start = starts.chain(last).max().unwrap_or(own);
    let next = behind.find(MARKS);
    let ends = ANEW.iter().filter_map(|mark| behind.find(mark));
    let end = ends
        .chain(next)
        .min()
        .map_or(sentence.len(), |at| hit.end + at);
    start..end
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::{clause, denies, goes_on_denied, supposes};

    #[test]
    fn what_a_hit_begins_may_be_denied_behind_it() {
        for (text, hit, denied) in [
            (
                "a green check grants nothing.",
                "a green check grants",
                true,
            ),
            ("it has no authority.", "it has", true),
            (
                "the point is proven and nobody may contest it.",
                "the point is proven and",
                false,
            ),
            ("it decides with no appeal.", "it decides with", false),
            ("it decides.", "it decides", false),
        ] {
            let start = text.find(hit).unwrap();
            assert_eq!(
                goes_on_denied(text, &(start..start + hit.len())),
                denied,
                "{text}"
            );
        }
    }

    #[test]
    fn a_clause_goes_from_mark_to_mark() {
        let of = |marked: &str| {
            let (start, end) = (marked.find('[').unwrap(), marked.find(']').unwrap() - 1);
            let text = marked.replace(['[', ']'], "");
            text[clause(&text, 0, &(start..end))].to_owned()
        };
        assert_eq!(of("a \u{2014} b [c] d; e"), " b c d");
        assert_eq!(of("a, so b [c] d, and e"), "b c d");
        assert_eq!(of("a b [c] d, but e"), "a b c d, but e");
        assert_eq!(of("[c]"), "c");
    }

    #[test]
    fn what_somebody_says_or_supposes_is_set_apart() {
        for sentence in [
            "we do not claim that the agent is alive.",
            "it is a myth that it learns by itself",
            "whether it learns is an open question.",
            "someday the agent may improve itself.",
            "nobody has proved that the queue cannot block.",
            "we do not guarantee that the agent obeys.",
        ] {
            assert!(supposes(sentence), "{sentence}");
        }
        for sentence in [
            "an engine that never loses an edit.",
            "its rulings can't be revised.",
            "we have proved that the queue cannot block.",
            "it hides the text so that the filter sees nothing.",
            "",
        ] {
            assert!(!supposes(sentence), "{sentence}");
        }
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
