// SPDX-License-Identifier: Apache-2.0
//! Clauses of a sentence, as far as marks and a few words part them.

use std::ops::Range;

/// Words that begin a clause without a mark before them.
const HEADS: &[&str] = &[
    " without ",
    " so that ",
    " because ",
    " since ",
    " although ",
    " even though ",
    " instead of ",
    " and nobody ",
    " and no ",
    " with no ",
    " with nobody ",
];

/// The clauses of a sentence in lower case that begins at `own`, in order; none where it has but one.
pub(in crate::matching) fn clauses(sentence: &str, own: usize) -> Vec<Range<usize>> {
    let mut cuts: Vec<_> = sentence
        .char_indices()
        .filter(|&(at, char)| {
            let rest = &sentence[at + char.len_utf8()..];
            at > own
                && match char {
                    ',' | ';' | ':' | '(' | ')' => rest.starts_with(' ') || "()".contains(char),
                    '\u{2013}' | '\u{2014}' => true,
                    '-' => rest.starts_with(' ') && sentence[..at].ends_with(' '),
                    _ => false,
                }
        })
        .map(|(at, _)| at)
        .collect();
    for head in HEADS {
        let found = sentence.match_indices(head).map(|(at, _)| at);
        cuts.extend(found.filter(|&at| at > own));
    }
    if cuts.is_empty() {
        return Vec::new();
    }
    cuts.push(sentence.len());
    cuts.sort_unstable();
    let mut start = own;
    let mut out = Vec::new();
    for cut in cuts {
        if cut > start {
            out.push(start..cut);
        }
        start = cut;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::clauses;

    fn cut(sentence: &str) -> Vec<&str> {
        let all = clauses(sentence, 0).into_iter();
        all.map(|range| &sentence[range]).collect()
    }

    #[test]
    fn marks_and_heads_part_clauses() {
        assert_eq!(
            cut("it edits itself, no one is asked."),
            ["it edits itself", ", no one is asked."]
        );
        assert_eq!(cut("it runs without us"), ["it runs", " without us"]);
        assert_eq!(cut("a \u{2014} b"), ["a ", "\u{2014} b"]);
        assert!(cut("one-way at 10:30").is_empty());
        assert!(cut("").is_empty());
    }

    proptest::proptest! {
        #[test]
        fn clauses_follow_each_other_to_the_end(text in "[a-z ,;:()\u{2014}-]{0,40}", own in 0..20usize) {
            let own = own.min(text.len());
            proptest::prop_assume!(text.is_char_boundary(own));
            let all = clauses(&text, own);
            let mut at = own;
            for clause in &all {
                proptest::prop_assert_eq!(clause.start, at);
                at = clause.end;
            }
            proptest::prop_assert!(all.is_empty() || at == text.len());
        }
    }
}
