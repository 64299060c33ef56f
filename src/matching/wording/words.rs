// SPDX-License-Identifier: Apache-2.0
//! The words of a sentence as the weights know them: what is denied is another word, and words that begin
//! alike share a stem.

use std::ops::Range;

/// What stands before the first word and behind the last.
pub(super) const EDGE: u32 = 0;
/// Numbers are one word.
pub(super) const NUMBER: u32 = 1;

/// A word with more letters has a stem of so many.
const STEM: usize = 5;

/// So many words behind a denial are denied.
const REACH: u8 = 6;
/// Marks that end its reach.
const MARKS: &[u8] = b",;:.()";
/// Every byte: in lower case where it is a letter or a digit, [`MARK`], or nothing.
const BYTES: [u8; 256] = {
    let mut all = [0; 256];
    let mut byte = 0u8;
    loop {
        if byte.is_ascii_alphanumeric() {
            all[byte as usize] = byte | 0x20;
        }
        if byte == u8::MAX {
            break;
        }
        byte += 1;
    }
    let mut at = 0;
    while at < MARKS.len() {
        all[MARKS[at] as usize] = MARK;
        at += 1;
    }
    all
};
const MARK: u8 = 1;
/// Set in letters, not in digits.
const LETTER: u8 = 0x40;
/// What makes another word of a word that is denied.
const DENIED: u32 = 0x5bd1_e995;

/// Words that deny what follows, apostrophes left out. More than those that take a claim back (`denial`): what a
/// "never" or a "without" makes of a word was learned.
const DENIALS: Set<35> = Set::of([
    "no", "not", "never", "cannot", "cant", "dont", "doesnt", "isnt", "arent", "wasnt", "werent",
    "wont", "wouldnt", "couldnt", "shouldnt", "didnt", "hasnt", "havent", "hadnt", "neednt",
    "mustnt", "aint", "nor", "neither", "none", "nobody", "nothing", "nowhere", "without",
    "hardly", "barely", "scarcely", "rarely", "seldom", "zero",
]);
/// Words that begin something else.
const TURNS: Set<10> = Set::of([
    "but", "because", "so", "although", "though", "while", "whereas", "unless", "and", "yet",
]);

/// Hashes of a few words.
struct Set<const N: usize> {
    hashes: [u32; N],
    /// A bit for the first bits of each, which nearly all other words fail.
    first: [u64; 64],
}

impl<const N: usize> Set<N> {
    const fn of(words: [&str; N]) -> Self {
        let (mut hashes, mut first) = ([0; N], [0; 64]);
        let mut at = 0;
        while at < N {
            let mut hash = BASIS;
            let mut letter = 0;
            while letter < words[at].len() {
                hash = with(hash, words[at].as_bytes()[letter]);
                letter += 1;
            }
            hashes[at] = hash;
            first[(hash >> 26) as usize] |= 1 << (hash >> 20 & 63);
            at += 1;
        }
        Self { hashes, first }
    }

    #[inline]
    fn holds(&self, hash: u32) -> bool {
        self.first[(hash >> 26) as usize] >> (hash >> 20 & 63) & 1 == 1
            && self.hashes.contains(&hash)
    }
}

/// A word of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) hash: u32,
    /// The hash of its first letters, where it has more.
    pub(super) stem: Option<u32>,
    /// Where it stands.
    pub(super) place: Range<usize>,
}

/// FNV-1a.
const BASIS: u32 = 0x811c_9dc5;

/// A hash with one more byte in lower case.
#[inline]
const fn with(hash: u32, byte: u8) -> u32 {
    (hash ^ byte as u32).wrapping_mul(0x0100_0193)
}

/// The words of a text. An apostrophe inside a word is no part of it; everything else that is neither
/// an ASCII letter nor a digit parts words.
#[inline]
pub(super) fn words(text: &[u8]) -> Words<'_> {
    Words {
        text,
        at: 0,
        denied: 0,
    }
}

pub(super) struct Words<'t> {
    text: &'t [u8],
    at: usize,
    /// So many more words are denied.
    denied: u8,
}

impl Iterator for Words<'_> {
    type Item = Word;

    #[inline]
    fn next(&mut self) -> Option<Word> {
        let Self { text, mut at, .. } = *self;
        let mut denied = self.denied;
        let mut byte = loop {
            match BYTES[usize::from(*text.get(at)?)] {
                MARK => denied = 0,
                0 => {}
                byte => break byte,
            }
            at += 1;
        };
        let start = at;
        let mut hash = BASIS;
        let (mut letters, mut stem) = (0, None);
        // The bits that any of the bytes has.
        let mut bits = 0;
        loop {
            while byte > MARK {
                bits |= byte;
                if letters == STEM {
                    stem = Some(hash);
                }
                hash = with(hash, byte);
                letters += 1;
                at += 1;
                byte = text.get(at).map_or(0, |byte| BYTES[usize::from(*byte)]);
            }
            let length = apostrophe(&text[at..]);
            if length == 0 {
                break;
            }
            at += length;
            byte = BYTES[usize::from(text[at])];
        }
        if bits & LETTER == 0 {
            (hash, stem) = (NUMBER, None);
        }
        if TURNS.holds(hash) {
            denied = 0;
        }
        let own = if denied > 0 { DENIED } else { 0 };
        self.denied = match DENIALS.holds(hash) {
            true => REACH,
            false => denied.saturating_sub(1),
        };
        self.at = at;
        Some(Word {
            hash: hash ^ own,
            stem: stem.map(|stem| stem ^ own),
            place: start..at,
        })
    }
}

/// The length of the apostrophe that a text begins with, if a letter follows it.
#[inline]
fn apostrophe(text: &[u8]) -> usize {
    match text {
        [b'\'', next, ..] if next.is_ascii_alphabetic() => 1,
        [0xe2, 0x80, 0x99, next, ..] if next.is_ascii_alphabetic() => 3,
        _ => 0,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<&str> {
        words(text.as_bytes())
            .map(|word| &text[word.place])
            .collect()
    }

    fn hash(text: &str) -> u32 {
        words(text.as_bytes()).next().unwrap().hash
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
        assert_eq!(hash("Don't"), hash("dont"));
        assert_eq!(hash("7"), hash("2026"));
        assert_ne!(hash("7a"), hash("7"));
    }

    #[test]
    fn words_that_begin_alike_share_a_stem() {
        let stem = |text: &str| words(text.as_bytes()).next().unwrap().stem;
        assert_eq!(stem("Proven"), stem("proves"));
        assert_eq!(stem("proven"), Some(hash("prove")));
        assert_ne!(stem("proven"), stem("provided"));
        assert_eq!(stem("prove"), None);
        assert_eq!(stem("20261123"), None);
    }

    #[test]
    fn what_is_denied_is_another_word() {
        let denied = |text: &str| -> Vec<bool> {
            let plain = |word: &Word| hash(&text[word.place.clone()]);
            words(text.as_bytes())
                .map(|word| word.hash != plain(&word))
                .collect()
        };
        assert_eq!(denied("It can't fail"), [false, false, true]);
        assert_eq!(denied("never fails, it runs"), [false, true, false, false]);
        assert_eq!(
            denied("no harm but a gain"),
            [false, true, false, false, false]
        );
        let far = denied("no a b c d e f g");
        assert_eq!(far.iter().filter(|denied| **denied).count(), 6);
        assert!(!far[7]);
    }
}
