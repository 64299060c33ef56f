// SPDX-License-Identifier: Apache-2.0
//! Whether a keyword of a statement rule is worth reading the text around it: a claim needs more
//! words than one, and most keywords stand without the others. Looking for those costs a hundredth
//! of cutting a file into sentences.

use super::claim_pattern::ClaimPattern;
use super::gist::said;
use super::lexicon::Lexicon;
use super::listed::readings;
use super::paragraph::Layout;
use super::reach::Reach;
use super::reduce::Part;
use super::scratch::Mark;
use super::spoken::spoken;
use super::stops::sentences_with;
use super::wording;
use crate::rules::StatementRule;
use std::cell::OnceCell;
use std::ops::Range;

/// What must stand around a keyword of one rule.
#[derive(Debug)]
pub(super) struct Nearby {
    /// Keywords that are whole words, in lower case and in order.
    words: Vec<String>,
    /// Whether no keyword may be part of a longer word.
    only_words: bool,
    /// How much a sentence must be worded like a claim.
    worded: Option<f64>,
    /// Whether all sentences are asked for that, for want of keywords.
    weighs_everything: bool,
    patterns: Vec<ClaimPattern>,
    /// Finds the words that patterns need; `None` where a pattern needs none that is known.
    lexicon: Option<Lexicon>,
    /// Of each pattern: lists of words, of each of which one must stand, in this order.
    needs: Vec<Vec<List>>,
}

/// Words of which one must stand.
#[derive(Debug)]
struct List {
    words: Words,
    /// How many spaces may stand between one of the list before and this.
    gap: usize,
}

/// Words by their numbers.
#[derive(Debug, Default, Clone, Copy)]
struct Words([u64; Self::MOST / 64]);

impl Words {
    /// How many may have a number.
    const MOST: usize = 1024;

    /// This one; `None` for a higher number.
    fn one(word: usize) -> Option<Self> {
        let mut one = Self::default();
        *one.0.get_mut(word / 64)? |= 1 << (word % 64);
        Some(one)
    }

    fn all() -> Self {
        Self([u64::MAX; Self::MOST / 64])
    }

    /// Adds this one, where it has a number.
    fn add(&mut self, word: usize) {
        if let Some(part) = self.0.get_mut(word / 64) {
            *part |= 1 << (word % 64);
        }
    }

    /// These, which have a number.
    fn all_of(words: impl Iterator<Item = usize>) -> Self {
        let mut all = Self::default();
        words.for_each(|word| all.add(word));
        all
    }

    fn or(mut self, other: Self) -> Self {
        self.0
            .iter_mut()
            .zip(other.0)
            .for_each(|(own, other)| *own |= other);
        self
    }

    fn has(&self, word: usize) -> bool {
        self.0[word / 64] >> (word % 64) & 1 == 1
    }

    fn meets(&self, other: &Self) -> bool {
        self.0
            .iter()
            .zip(other.0)
            .any(|(own, other)| own & other != 0)
    }
}

/// A word that stands in a plain text.
struct Word {
    number: usize,
    /// Spaces before it.
    spaces: usize,
}

impl Nearby {
    pub(super) fn new(rule: &StatementRule, patterns: &[ClaimPattern]) -> Self {
        let mut all: Vec<&str> = Vec::new();
        let mut needs = Vec::new();
        for pattern in patterns {
            let mut lists = Vec::new();
            // A list with a word beyond what a number holds asks for nothing but its place.
            let mut passed: usize = 0;
            for need in pattern.needs() {
                let mut bits = need.words.iter().map(|word| {
                    let at = all.iter().position(|known| known == word);
                    let at = at.unwrap_or_else(|| {
                        all.push(word);
                        all.len() - 1
                    });
                    Words::one(at)
                });
                let gap = need.gap.saturating_add(passed);
                match bits.try_fold(Words::default(), |all, one| Some(all.or(one?))) {
                    Some(words) => {
                        lists.push(List { words, gap });
                        passed = 0;
                    }
                    None => passed = gap,
                }
            }
            needs.push(lists);
        }
        all.truncate(Words::MOST);
        let known = !needs.iter().any(Vec::is_empty);
        let mut words: Vec<_> = rule
            .words
            .iter()
            .map(|word| word.to_ascii_lowercase())
            .collect();
        words.sort_unstable();
        Self {
            words,
            only_words: rule.keywords.is_empty() && !rule.words.is_empty(),
            worded: rule.worded,
            weighs_everything: rule.weighs_everything(),
            patterns: patterns.to_vec(),
            lexicon: known.then(|| Lexicon::new(&all)).flatten(),
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
        if let Some(least) = self.worded {
            places.extend(match self.weighs_everything {
                true => wording::everywhere(text, layout, least),
                false => {
                    let stands: Vec<_> = marks.iter().filter(speaks).collect();
                    wording::admitted(text, layout, &stands, least)
                }
            });
            if self.patterns.is_empty() {
                return;
            }
        }
        let mut marks = marks.iter().filter(speaks).peekable();
        let mut keywords = Vec::new();
        while let Some(first) = marks.next() {
            let from = layout.start(text, first.start);
            let mut to = layout.end(text, first.end);
            keywords.clear();
            keywords.push(first.start..first.end);
            // Keywords near each other stand in one part.
            while let Some(mark) = marks.next_if(|mark| mark.start <= to) {
                to = to.max(layout.end(text, mark.end));
                keywords.push(mark.start..mark.end);
            }
            self.admit_in(text, layout, from..to, &keywords, places);
        }
    }

    /// The same for the keywords of one part of the text.
    fn admit_in(
        &self,
        text: &[u8],
        layout: Layout,
        part: Range<usize>,
        keywords: &[Range<usize>],
        places: &mut Vec<usize>,
    ) {
        let mut admit = |keywords: &[Range<usize>]| {
            places.extend(keywords.iter().map(|keyword| keyword.start));
        };
        if layout.is_run(&text[part.clone()]) {
            for (sentence, keywords) in sentences_with(text, part, keywords) {
                if self.may_claim(text, sentence, layout) {
                    admit(keywords);
                }
            }
        } else if let Some(readings) = readings(text, &part, layout, keywords) {
            for reading in readings {
                let led = self.stand(&reading.leads);
                for sentence in reading.sentences {
                    // Behind most texts that lead into it no pattern has its words.
                    let found = led.or(self.stand(&sentence.own));
                    let mut said = sentence.said(&reading.leads);
                    if self.holds_one(&found) && said.any(|said| self.may_hit(&said)) {
                        admit(sentence.keywords);
                    }
                }
            }
        } else if self.holds_one(&self.found(&text[part])) {
            admit(keywords);
        }
    }

    /// Whether a keyword that is a whole word stands as one.
    fn stands(&self, text: &[u8], mark: &Mark) -> bool {
        let found = &text[mark.start..mark.end];
        let alone = |own: Option<&u8>, other: Option<&u8>| {
            let letter = |byte: &u8| byte.is_ascii_alphanumeric();
            !(own.is_some_and(letter) && other.is_some_and(letter))
        };
        // In a string literal the letter may belong to an escape: `\nproven`.
        let escaped = matches!(text[..mark.start], [.., b'\\', _]);
        if (escaped || alone(found.first(), text[..mark.start].last()))
            && alone(found.last(), text.get(mark.end))
        {
            return true;
        }
        if self.only_words {
            return false;
        }
        let lower = || found.iter().map(u8::to_ascii_lowercase);
        let known = self
            .words
            .binary_search_by(|word| word.bytes().cmp(lower()));
        known.is_err()
    }

    /// Whether all words stand of one pattern, in any order.
    fn holds_one(&self, found: &Words) -> bool {
        self.needs.iter().any(|lists| holds(lists, found))
    }

    /// Whether a pattern may match in a sentence that is read as it stands.
    fn may_claim(&self, text: &[u8], sentence: Range<usize>, layout: Layout) -> bool {
        let Some(said) = said(&text[sentence.clone()]) else {
            return self.holds_one(&self.found(&text[sentence]));
        };
        let mut left = Vec::new();
        for said in &said {
            self.said_by(said, Part::Gist, &mut |pattern| left.push(pattern));
        }
        if left.is_empty() {
            return false;
        }
        let Some(spoken) = spoken(text, &sentence, layout) else {
            return true;
        };
        spoken.iter().any(|spoken| {
            let reach = Reach::new(spoken.as_bytes());
            left.iter()
                .any(|pattern| pattern.reaches(Part::Lower, reach.as_ref()))
        })
    }

    /// Whether the hit of a pattern may stand in a plain text. What leads into a list may begin above it, and
    /// with it a pattern before its hit.
    fn may_hit(&self, said: &[u8]) -> bool {
        let mut may_hit = false;
        self.said_by(said, Part::GistOfHit, &mut |_| may_hit = true);
        may_hit
    }

    /// Calls `each` with the patterns that a plain text may hold, as far as words and a part of them tell.
    fn said_by<'p>(&'p self, said: &[u8], part: Part, each: &mut dyn FnMut(&'p ClaimPattern)) {
        let words = self.words_in(said);
        let numbers = |words: &[Word]| Words::all_of(words.iter().map(|word| word.number));
        let found = words.as_deref().map(numbers);
        let reach = OnceCell::new();
        for (pattern, lists) in self.patterns.iter().zip(&self.needs) {
            let stand = found.is_none_or(|found| holds(lists, &found));
            let in_order = || words.as_ref().is_none_or(|words| in_order(lists, words));
            let reach = || reach.get_or_init(|| Reach::new(said)).as_ref();
            if stand && in_order() && pattern.reaches(part, reach()) {
                each(pattern);
            }
        }
    }

    /// The words of a plain text that patterns need, by where they end; `None` where that is not known.
    fn words_in(&self, said: &[u8]) -> Option<Vec<Word>> {
        let mut found = Vec::new();
        let lexicon = self.lexicon.as_ref()?;
        lexicon.find(said, |word, end| found.push((end, word)));
        found.sort_unstable();
        let (mut spaces, mut counted) = (0, 0);
        let words = found.into_iter().map(|(end, number)| {
            spaces += memchr::memchr_iter(b' ', &said[counted..end]).count();
            counted = end;
            Word { number, spaces }
        });
        Some(words.collect())
    }

    /// The words that stand there, all where that is not known.
    fn found(&self, around: &[u8]) -> Words {
        // The two letters beyond ASCII that patterns take for ASCII ones.
        let folds = |letter: &str| memchr::memmem::find(around, letter.as_bytes()).is_some();
        if folds("\u{17f}") || folds("\u{212a}") {
            return Words::all();
        }
        self.stand(&[around])
    }

    /// The words that stand in some of these, which have no letter beyond ASCII that counts.
    fn stand(&self, texts: &[impl AsRef<[u8]>]) -> Words {
        let Some(lexicon) = &self.lexicon else {
            return Words::all();
        };
        let mut found = Words::default();
        for text in texts {
            lexicon.find(text.as_ref(), |word, _| found.add(word));
        }
        found
    }
}

/// Whether a word of each list stands.
fn holds(lists: &[List], found: &Words) -> bool {
    lists.iter().all(|list| list.words.meets(found))
}

/// Whether words of all lists stand in this order, as near each other as they must.
fn in_order(lists: &[List], words: &[Word]) -> bool {
    // Where the last word stands with which a list, and all before it, have theirs.
    let mut reached: Vec<Option<usize>> = vec![None; lists.len()];
    for word in words {
        for (at, list) in lists.iter().enumerate().rev() {
            let before = at.checked_sub(1).map(|before| reached[before]);
            let near = |before: usize| word.spaces - before <= list.gap;
            if list.words.has(word.number) && before.is_none_or(|before| before.is_some_and(near)) {
                reached[at] = Some(word.spaces);
            }
        }
    }
    reached.last().is_none_or(Option::is_some)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    fn nearby(patterns: &[&str], words: &[&str]) -> Nearby {
        let patterns: Vec<_> = patterns.iter().map(|one| ClaimPattern::new(one)).collect();
        let rule = StatementRule {
            any_of: Vec::new().into(),
            worded: None,
            keywords: Vec::new().into(),
            words: words
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .into(),
            allow: Vec::new().into(),
            about: Vec::new().into(),
            elsewhere: Vec::new().into(),
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
    fn words_stand_in_order_and_near() {
        let nearby = nearby(&["proved (?:[\\w-]+ ){0,2}secure", "safe and proved"], &[]);
        for (text, may_match) in [
            ("it is proved to be secure", true),
            ("proved; not proved as secure", true),
            ("secure as proved", false),
            ("proved to be more than just secure", false),
            ("proved and safe", false),
        ] {
            let words = nearby.words_in(text.as_bytes()).unwrap_or_default();
            let any = nearby.needs.iter().any(|lists| in_order(lists, &words));
            assert_eq!(any, may_match, "{text}");
        }
    }

    #[test]
    fn a_list_is_read_item_by_item() {
        let nearby = nearby(&["proved secure"], &[]);
        let text = "- It is proved\n- of secure things\n\n- proved secure\n";
        let marks: Vec<_> = text
            .match_indices("proved")
            .map(|(start, found)| Mark {
                rule: 0,
                start,
                end: start + found.len(),
            })
            .collect();
        let admitted = |marks: &[Mark]| {
            let mut places = Vec::new();
            let layout = Layout::of(crate::classify::Kind::named("markdown").unwrap());
            nearby.admit(text.as_bytes(), layout, marks, &mut places);
            places
        };
        assert!(admitted(&marks[..1]).is_empty());
        assert_eq!(admitted(&marks[1..]), [marks[1].start]);
    }

    #[test]
    fn more_words_than_have_numbers_ask_for_nothing() {
        let mut patterns: Vec<_> = (0..Words::MOST)
            .map(|word| format!("word{word:03}"))
            .collect();
        patterns.push("word007 secure (?:x ){2}word008".to_owned());
        let patterns: Vec<_> = patterns.iter().map(String::as_str).collect();
        let nearby = nearby(&patterns, &[]);
        let gaps = |lists: &[List]| lists.iter().map(|list| list.gap).collect::<Vec<_>>();
        // The second list is known by its place alone.
        assert_eq!(gaps(&nearby.needs[Words::MOST]), [2, 6]);
    }

    #[test]
    fn a_pattern_of_short_words_admits_every_keyword() {
        let nearby = nearby(&["is ASI", "proved secure"], &[]);
        assert_eq!(admitted(&nearby, "an ASI", " ASI"), [2]);
    }
}
