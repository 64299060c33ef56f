// SPDX-License-Identifier: Apache-2.0
//! Whether a keyword of a statement rule is worth reading the text around it: a claim needs more
//! words than one, and most keywords stand without the others. Looking for those costs a hundredth
//! of cutting a file into sentences.

use super::claim_pattern::ClaimPattern;
use super::engine::Mark;
use super::gist::said;
use super::paragraph::Layout;
use crate::rules::StatementRule;
use aho_corasick::AhoCorasick;

/// What must stand around a keyword of one rule.
#[derive(Debug)]
pub(super) struct Nearby {
    /// Keywords that are whole words.
    words: Vec<String>,
    patterns: Vec<ClaimPattern>,
    /// Finds the words that patterns need; `None` where a pattern needs none that is known.
    finder: Option<AhoCorasick>,
    /// Of each pattern: lists of words, as bits of their numbers, of each of which one must stand.
    needs: Vec<Vec<u128>>,
}

impl Nearby {
    pub(super) fn new(rule: &StatementRule, patterns: &[ClaimPattern]) -> Self {
        let mut all: Vec<&str> = Vec::new();
        let mut needs = Vec::new();
        for pattern in patterns {
            let mut lists = Vec::new();
            for list in pattern.needs() {
                let mut bits = list.iter().map(|word| {
                    let at = all.iter().position(|known| known == word);
                    let at = at.unwrap_or_else(|| {
                        all.push(word);
                        all.len() - 1
                    });
                    1u128.checked_shl(at as u32)
                });
                // A list with a word beyond what a number holds asks for nothing.
                if let Some(bits) = bits.try_fold(0, |all, bit| Some(all | bit?)) {
                    lists.push(bits);
                }
            }
            needs.push(lists);
        }
        all.truncate(128);
        let known = !needs.iter().any(Vec::is_empty);
        let build = || {
            let mut builder = AhoCorasick::builder();
            builder.ascii_case_insensitive(true).build(&all).ok()
        };
        Self {
            words: rule.words.clone(),
            patterns: patterns.to_vec(),
            finder: known.then(build).flatten(),
            needs,
        }
    }

    /// Adds the starts of those marks (of this rule, in order) around which a pattern may match.
    pub(super) fn admit(
        &self,
        text: &[u8],
        layout: Layout,
        marks: &[Mark],
        places: &mut Vec<usize>,
    ) {
        let speaks = |mark: &&Mark| self.stands(text, mark) && layout.may_speak(text, mark.start);
        let mut marks = marks.iter().filter(speaks);
        let mut next = marks.next();
        while let Some(first) = next {
            let kept = places.len();
            let from = layout.start(text, first.start);
            let mut to = layout.end(text, first.end);
            // Keywords near each other are judged together.
            while let Some(mark) = next.filter(|mark| mark.start <= to) {
                to = to.max(layout.end(text, mark.end));
                places.push(mark.start);
                next = marks.next();
            }
            if !self.may_match(&text[from..to], layout) {
                places.truncate(kept);
            }
        }
    }

    /// Whether a keyword that is a whole word stands as one.
    fn stands(&self, text: &[u8], mark: &Mark) -> bool {
        let found = &text[mark.start..mark.end];
        let mut words = self.words.iter();
        if !words.any(|word| word.as_bytes().eq_ignore_ascii_case(found)) {
            return true;
        }
        let alone = |own: Option<&u8>, other: Option<&u8>| {
            let letter = |byte: &u8| byte.is_ascii_alphanumeric();
            !(own.is_some_and(letter) && other.is_some_and(letter))
        };
        // In a string literal the letter may belong to an escape: `\nproven`.
        let escaped = matches!(text[..mark.start], [.., b'\\', _]);
        (escaped || alone(found.first(), text[..mark.start].last()))
            && alone(found.last(), text.get(mark.end))
    }

    /// Whether all words stand that one of the patterns needs and, where that can be told, in the
    /// order that it needs.
    fn may_match(&self, around: &[u8], layout: Layout) -> bool {
        let found = self.found(around);
        let holds = |lists: &Vec<u128>| lists.iter().all(|list| list & found != 0);
        let all = self.patterns.iter().zip(&self.needs);
        let mut possible = all.filter(|(_, lists)| holds(lists)).peekable();
        if possible.peek().is_none() {
            return false;
        }
        let said = layout.is_run(around).then(|| said(around)).flatten();
        said.is_none_or(|all| {
            possible.any(|(pattern, _)| all.iter().any(|said| pattern.may_say(said)))
        })
    }

    /// The words that stand there, as bits of their numbers; all where that is not known.
    fn found(&self, around: &[u8]) -> u128 {
        // The two letters beyond ASCII that patterns take for ASCII ones.
        let folds = |letter: &str| memchr::memmem::find(around, letter.as_bytes()).is_some();
        let Some(finder) = &self.finder else {
            return u128::MAX;
        };
        if folds("\u{17f}") || folds("\u{212a}") {
            return u128::MAX;
        }
        let words = finder.find_overlapping_iter(around);
        words.fold(0, |found, word| found | 1 << word.pattern().as_usize())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nearby(patterns: &[&str], words: &[&str]) -> Nearby {
        let patterns: Vec<_> = patterns.iter().map(|one| ClaimPattern::new(one)).collect();
        let rule = StatementRule {
            any_of: Vec::new().into(),
            keywords: Vec::new(),
            words: words.iter().map(ToString::to_string).collect(),
            allow: Vec::new().into(),
            section_not: Vec::new(),
            required_in: Vec::new(),
        };
        Nearby::new(&rule, &patterns)
    }

    fn admitted(nearby: &Nearby, text: &str, keyword: &str) -> Vec<usize> {
        let marks: Vec<_> = text
            .match_indices(keyword)
            .map(|(start, found)| Mark {
                rule: 0,
                start,
                end: start + found.len(),
            })
            .collect();
        let mut places = Vec::new();
        nearby.admit(text.as_bytes(), Layout::Loose, &marks, &mut places);
        places
    }

    #[test]
    fn a_word_is_no_part_of_another() {
        let nearby = nearby(&["x?"], &["proved"]);
        assert_eq!(admitted(&nearby, "improved proved", "proved"), [9]);
        assert!(admitted(&nearby, "provedly", "proved").is_empty());
        assert_eq!(
            admitted(&nearby, r#""\nproved" _proved_"#, "proved"),
            [3, 12]
        );
    }

    #[test]
    fn a_keyword_needs_the_other_words_of_a_pattern() {
        let nearby = nearby(&["proved (?:secure|safe)", "fully proved"], &[]);
        assert_eq!(admitted(&nearby, "proved\nto be Secure", "proved"), [0]);
        assert!(admitted(&nearby, "proved to be right", "proved").is_empty());
        let far = format!("fully{}proved", " ".repeat(3 << 10));
        assert!(admitted(&nearby, &far, "proved").is_empty());
        assert_eq!(
            admitted(&nearby, "proved to be \u{17f}ecure", "proved"),
            [0]
        );
        let two = format!("proved {}proved safe", "x".repeat(400));
        assert_eq!(admitted(&nearby, &two, "proved"), [0, 407]);
    }

    #[test]
    fn a_pattern_of_short_words_admits_every_keyword() {
        let nearby = nearby(&["is ASI", "proved secure"], &[]);
        assert_eq!(admitted(&nearby, "an ASI", " ASI"), [2]);
    }
}
