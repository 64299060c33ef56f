// SPDX-License-Identifier: Apache-2.0
//! One pattern of a claim, compiled when a sentence holds the words that it cannot do without.
//! Such patterns are large, and most runs meet a keyword and none of the other words.

use regex::{Regex, RegexBuilder};
use regex_syntax::hir::{Hir, HirKind};
use std::sync::OnceLock;

/// Shorter parts of words stand everywhere.
const SHORTEST: usize = 4;

/// A pattern and what is known of it so far.
#[derive(Debug)]
pub(super) struct ClaimPattern {
    source: String,
    /// Of each list, one word stands in every match; lower case.
    needs: OnceLock<Vec<Vec<String>>>,
    regex: OnceLock<Result<Regex, String>>,
}

impl ClaimPattern {
    pub(super) fn new(source: &str) -> Self {
        Self {
            source: source.to_owned(),
            needs: OnceLock::new(),
            regex: OnceLock::new(),
        }
    }

    /// Whether the pattern may match a text, given in lower case. Beyond ASCII, letters fold in
    /// ways that this does not follow.
    pub(super) fn may_match(&self, lower: &str) -> bool {
        let needs = self.needs.get_or_init(|| {
            let parsed = regex_syntax::parse(&self.source);
            parsed.map(|pattern| needs(&pattern)).unwrap_or_default()
        });
        let has_one = |words: &Vec<String>| words.iter().any(|word| lower.contains(word.as_str()));
        !lower.is_ascii() || needs.iter().all(has_one)
    }

    /// `None` when it does not compile, which [`ClaimPattern::fault`] then tells.
    pub(super) fn regex(&self) -> Option<&Regex> {
        self.regex
            .get_or_init(|| {
                compile(&self.source).map_err(|error| format!("pattern does not compile: {error}"))
            })
            .as_ref()
            .ok()
    }

    /// Why it did not compile, when that was tried.
    pub(super) fn fault(&self) -> Option<&str> {
        self.regex.get()?.as_ref().err().map(String::as_str)
    }
}

/// Compiles a pattern as statement rules mean it.
pub(super) fn compile(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern).case_insensitive(true).build()
}

/// Lists of words of each of which one must stand in a match, whatever the case.
fn needs(pattern: &Hir) -> Vec<Vec<String>> {
    match pattern.kind() {
        HirKind::Literal(literal) => {
            let text = String::from_utf8_lossy(&literal.0).to_ascii_lowercase();
            let words = text.split(|c: char| !c.is_ascii_alphanumeric());
            let longest = words.max_by_key(|word| word.len()).unwrap_or_default();
            if longest.len() < SHORTEST {
                return Vec::new();
            }
            vec![vec![longest.to_owned()]]
        }
        HirKind::Repetition(repetition) if repetition.min > 0 => needs(&repetition.sub),
        HirKind::Capture(capture) => needs(&capture.sub),
        HirKind::Concat(parts) => parts.iter().flat_map(needs).collect(),
        HirKind::Alternation(parts) => {
            // Of each branch the list whose shortest word is longest.
            let shortest = |words: &Vec<String>| words.iter().map(String::len).min();
            let best = |part: &Hir| needs(part).into_iter().max_by_key(shortest);
            let all: Option<Vec<_>> = parts.iter().map(best).collect();
            all.map(|lists| vec![lists.concat()]).unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use crate::rules::{Body, load};

    #[test]
    fn words_that_every_match_holds() {
        let pattern =
            ClaimPattern::new(r"\b(?:is|are) (?:proven|proved) (?:to be )?(?:secure|Safe)");
        assert!(pattern.may_match("it is proven to be safe"));
        assert!(!pattern.may_match("it is proven"));
        assert!(!pattern.may_match("improve the secure one"));
        assert!(pattern.may_match("é"));
        assert!(ClaimPattern::new(r"x|secure").may_match("anything"));
        assert!(ClaimPattern::new(r"(?:secure)?").may_match("anything"));
    }

    #[test]
    fn examples_of_our_rules_pass_the_words() {
        let mut seen = 0;
        for rule in load("default", &[]).unwrap().rules {
            let Body::Statement(statement) = &rule.body else {
                continue;
            };
            for source in &statement.any_of {
                let pattern = ClaimPattern::new(source);
                for example in &rule.matches {
                    let text = example.text().to_ascii_lowercase();
                    if pattern.regex().unwrap().is_match(&text) {
                        assert!(pattern.may_match(&text), "{source}: {text}");
                        seen += 1;
                    }
                }
            }
        }
        assert!(seen > 10);
    }
}
