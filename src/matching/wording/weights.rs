// SPDX-License-Identifier: Apache-2.0
//! Weights of words and of pairs of neighbours, and what they sum to.

use std::ops::Range;

const SLOT_BITS: u32 = 17;
pub(super) const SLOTS: usize = 1 << SLOT_BITS;

/// The weight that a step of a stored one stands for and the weight of every sentence, both
/// little-endian `f32`; then the weights.
static STORED: &[u8; 8 + SLOTS] = include_bytes!("weights.bin");

/// As much liker to a claim must a cell, a heading and a text in code be.
pub(in crate::matching) const OF_TITLES: f64 = 1.5;

/// Fewer words are a name.
const FEWEST: usize = 4;

/// What stands before the first word and behind the last.
const EDGE: u32 = 0;
/// Numbers are one word.
const NUMBER: u32 = 1;

/// A word of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) hash: u32,
    /// Where it stands.
    pub(super) place: Range<usize>,
}

/// The words of a text. An apostrophe inside a word is no part of it; everything else that is neither
/// an ASCII letter nor a digit parts words.
pub(super) fn words(text: &[u8]) -> Vec<Word> {
    let mut all = Vec::new();
    let mut at = 0;
    while at < text.len() {
        if !text[at].is_ascii_alphanumeric() {
            at += 1;
            continue;
        }
        let start = at;
        // FNV-1a.
        let mut hash = 0x811c_9dc5u32;
        let mut is_number = true;
        loop {
            match text.get(at) {
                Some(byte) if byte.is_ascii_alphanumeric() => {
                    is_number &= byte.is_ascii_digit();
                    hash = (hash ^ u32::from(byte | 0x20)).wrapping_mul(0x0100_0193);
                    at += 1;
                }
                Some(_) => match apostrophe(&text[at..]) {
                    0 => break,
                    length => at += length,
                },
                None => break,
            }
        }
        all.push(Word {
            hash: if is_number { NUMBER } else { hash },
            place: start..at,
        });
    }
    all
}

/// The length of the apostrophe that a text begins with, if a letter follows it.
fn apostrophe(text: &[u8]) -> usize {
    match text {
        [b'\'', next, ..] if next.is_ascii_alphabetic() => 1,
        [0xe2, 0x80, 0x99, next, ..] if next.is_ascii_alphabetic() => 3,
        _ => 0,
    }
}

/// The weight's place of a word.
const fn single(word: u32) -> usize {
    (word.wrapping_mul(0x9e37_79b1) >> (32 - SLOT_BITS)) as usize
}

/// The weight's place of a pair of words.
const fn pair(first: u32, second: u32) -> usize {
    let both = first
        .wrapping_mul(0x85eb_ca6b)
        .rotate_left(15)
        .wrapping_add(second)
        .wrapping_mul(0xc2b2_ae35);
    ((both ^ both >> 15).wrapping_mul(0x9e37_79b1) >> (32 - SLOT_BITS)) as usize
}

/// Calls `each` with the weight's place of every word and of every pair, edges included.
pub(super) fn slots(words: &[Word], mut each: impl FnMut(usize)) {
    let mut before = EDGE;
    for word in words {
        each(single(word.hash));
        each(pair(before, word.hash));
        before = word.hash;
    }
    each(pair(before, EDGE));
}

/// How many weights a sentence of so many words has.
const fn count(words: usize) -> usize {
    2 * words + 1
}

fn weight(slot: usize) -> i32 {
    i32::from(STORED[8 + slot].cast_signed())
}

fn stored(at: usize) -> f64 {
    let bytes = [STORED[at], STORED[at + 1], STORED[at + 2], STORED[at + 3]];
    f64::from(f32::from_le_bytes(bytes))
}

/// How much a sentence is worded like a claim: the logarithm of the odds. Higher is likelier.
pub(super) fn likeness(sentence: &[u8]) -> f64 {
    likeness_of(&words(sentence))
}

fn likeness_of(words: &[Word]) -> f64 {
    let mut sum = 0;
    slots(words, |slot| sum += weight(slot));
    stored(4) + stored(0) * f64::from(sum) / (count(words.len()) as f64).sqrt()
}

/// A sentence with spaces in place of what it only names (code, links).
pub(in crate::matching) fn without(sentence: &str, mentions: &[Range<usize>]) -> String {
    let mut left = sentence.to_owned();
    for mention in mentions {
        let range = mention.start.min(left.len())..mention.end.min(left.len());
        if left.is_char_boundary(range.start) && left.is_char_boundary(range.end) {
            let blank = " ".repeat(range.len());
            left.replace_range(range, &blank);
        }
    }
    left
}

/// The words in a row that make a sentence like a claim, if it is as much like one as `least`.
pub(in crate::matching) fn phrase(sentence: &str, least: f64) -> Option<Range<usize>> {
    let words = words(sentence.as_bytes());
    if words.len() < FEWEST || likeness_of(&words) < least {
        return None;
    }
    // The part whose weights sum to the most.
    let (mut best, mut best_sum) = (None, 0);
    let (mut first, mut sum) = (0, 0);
    for (at, word) in words.iter().enumerate() {
        if sum > 0 {
            sum += weight(pair(words[at - 1].hash, word.hash));
        } else {
            (first, sum) = (at, 0);
        }
        sum += weight(single(word.hash));
        if sum > best_sum {
            (best, best_sum) = (Some(first..at + 1), sum);
        }
    }
    let best = best?;
    Some(words[best.start].place.start..words[best.end - 1].place.end)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cut(text: &str) -> Vec<&str> {
        let words = words(text.as_bytes());
        words.into_iter().map(|word| &text[word.place]).collect()
    }

    #[test]
    fn words_are_letters_and_digits() {
        assert_eq!(
            cut("It's a 100 % \"safe\" one-way,"),
            ["It's", "a", "100", "safe", "one", "way"]
        );
        assert_eq!(
            cut("caf\u{e9} don\u{2019}t 'x'"),
            ["caf", "don\u{2019}t", "x"]
        );
        let hash = |text: &str| words(text.as_bytes())[0].hash;
        assert_eq!(hash("Don't"), hash("dont"));
        assert_eq!(hash("7"), hash("2026"));
        assert_ne!(hash("7a"), hash("7"));
    }

    #[test]
    fn claims_are_liker_to_claims_than_other_sentences() {
        for (claim, other) in [
            (
                "The agent rewrites its own code and nobody can stop it.",
                "The agent writes its own log and nobody has to ask for it.",
            ),
            (
                "A green run is all the authority you need to ship.",
                "A green run is all you see in the list of jobs.",
            ),
            (
                "Provably correct and absolutely secure in every case.",
                "Prints the path and the size in every case.",
            ),
        ] {
            let apart = likeness(claim.as_bytes()) - likeness(other.as_bytes());
            assert!(apart > 2.0, "{claim}: {apart}");
        }
    }

    #[test]
    fn the_phrase_is_what_weighs_most() {
        let text = "On Tuesday, if all goes well, the planner rewrites its own code at night.";
        let phrase = phrase(text, f64::NEG_INFINITY).unwrap();
        assert!(text[phrase].contains("rewrites its own"));
        assert_eq!(super::phrase(text, f64::INFINITY), None);
    }

    proptest! {
        #[test]
        fn any_text_has_a_likeness_and_its_phrase_lies_in_it(text in "\\PC{0,80}") {
            prop_assert!(likeness(text.as_bytes()).is_finite());
            if let Some(phrase) = phrase(&text, f64::NEG_INFINITY) {
                prop_assert!(text.is_char_boundary(phrase.start) && text.is_char_boundary(phrase.end));
                prop_assert!(!text[phrase].trim().is_empty());
            }
        }
    }
}
