// SPDX-License-Identifier: Apache-2.0
//! Words that take a sentence back, and words that only sound so: "never fails" claims, "does not fail" may
//! be the end of a claim's denial.

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

#[cfg(test)]
mod tests {
    use super::denies;

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
