// SPDX-License-Identifier: Apache-2.0
//! Finds words of a list in short texts. Made in one pass over the list: an automaton over the same words
//! takes longer to build than the texts that it sees to read.

/// Lists of words by the hash of their first letters: several times as many as words, since nearly every
/// place of a text is to meet an empty one.
const SLOTS: usize = 1 << SLOT_BITS;
const SLOT_BITS: u32 = 12;
/// Letters that are hashed; no word is shorter.
const HEAD: usize = 3;
/// No further word.
const NONE: u16 = u16::MAX;

/// Words in lower case.
#[derive(Debug)]
pub(super) struct Lexicon {
    words: Vec<Box<[u8]>>,
    /// The first word of each slot.
    first: Box<[u16; SLOTS]>,
    /// Behind each word the next one of its slot.
    next: Vec<u16>,
}

impl Lexicon {
    /// `None` where a word is too short, or there are too many.
    pub(super) fn new(words: &[&str]) -> Option<Self> {
        let mut own = Self {
            words: words.iter().map(|word| word.as_bytes().into()).collect(),
            first: Box::new([NONE; SLOTS]),
            next: Vec::with_capacity(words.len()),
        };
        for (number, word) in own.words.iter().enumerate() {
            let number = u16::try_from(number)
                .ok()
                .filter(|number| *number != NONE)?;
            let slot = &mut own.first[slot(word.first_chunk()?)];
            own.next.push(std::mem::replace(slot, number));
        }
        Some(own)
    }

    /// Whether a word stands in a text in lower case.
    pub(super) fn stand_in(&self, text: &[u8]) -> bool {
        text.array_windows().enumerate().any(|(at, head)| {
            let mut known = self.beginning_with(head);
            known.any(|index| text[at..].starts_with(&self.words[index]))
        })
    }

    /// Calls `each` with every word that stands in a text, whatever its case, and with where it ends.
    pub(super) fn find(&self, text: &[u8], mut each: impl FnMut(usize, usize)) {
        for (at, head) in text.array_windows().enumerate() {
            for index in self.beginning_with(head) {
                let word = &self.words[index];
                let end = at + word.len();
                let stands = text.get(at..end);
                if stands.is_some_and(|stands| stands.eq_ignore_ascii_case(word)) {
                    each(index, end);
                }
            }
        }
    }

    /// Words that may begin with these letters.
    #[inline]
    fn beginning_with(&self, head: &[u8; HEAD]) -> impl Iterator<Item = usize> + '_ {
        let mut number = self.first[slot(head)];
        std::iter::from_fn(move || {
            let index = usize::from(number);
            // There is nothing behind the last, which no word is numbered as.
            number = *self.next.get(index)?;
            Some(index)
        })
    }
}

#[inline]
fn slot(head: &[u8; HEAD]) -> usize {
    // Digits and signs may share a slot with others; the word is compared in full.
    let folded = u32::from_le_bytes([head[0], head[1], head[2], 0]) | 0x20_2020;
    (folded.wrapping_mul(0x9e37_79b1) >> (u32::BITS - SLOT_BITS)) as usize
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn short_words_are_not_for_it() {
        assert!(Lexicon::new(&["abc", "ab"]).is_none());
        assert!(Lexicon::new(&[]).is_some());
    }

    proptest! {
        #[test]
        fn every_word_is_found_wherever_it_stands(
            words in prop::collection::vec("[ab]{3,4}|[ab] [ab]", 0..9),
            text in "[abAB ]{0,20}",
        ) {
            let words: Vec<_> = words.iter().map(String::as_str).collect();
            let mut found = Vec::new();
            Lexicon::new(&words).unwrap().find(text.as_bytes(), |word, end| found.push((word, end)));
            found.sort_unstable();
            let mut expected = Vec::new();
            let lower = text.to_ascii_lowercase();
            for (number, word) in words.iter().enumerate() {
                let at = (0..text.len()).filter(|at| lower[*at..].starts_with(word));
                expected.extend(at.map(|at| (number, at + word.len())));
            }
            prop_assert_eq!(found, expected);
        }
    }
}
