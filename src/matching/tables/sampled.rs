// SPDX-License-Identifier: Apache-2.0
//! The tables of the prefilter's three stages.

use super::anchor::{Anchor, Held, anchors};
use super::calls::Keywords;
use super::grams::fold;
use super::slots::{FIRST_WORDS, MARGIN, SECOND_WORDS, SHORTEST, WORD_BITS};
use super::words::{Word, Words, words};
use std::borrow::Cow;

/// How keywords are found. A table that is not as long as it must be holds nothing.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sampled {
    /// [`FIRST_WORDS`].
    pub(crate) first: Words,
    /// [`SECOND_WORDS`].
    pub(crate) second: Words,
    /// By the word of the second table where the grams begin that have a bit there, and at last
    /// where they end.
    pub(crate) starts: Words,
    pub(crate) grams: Cow<'static, [Gram]>,
    /// Keywords too short to be sampled.
    pub(crate) tiny: Words,
}

/// A gram of a keyword: what stands in the eight bytes from two before it, where the keyword reaches;
/// the number of the keyword; where it starts and where it reaches.
pub(crate) type Gram = [u8; 16];

/// Bytes that a gram is compared with.
const EIGHT: usize = 8;

/// Masks of the bytes that a keyword reaches.
pub(super) const MASKS: [u64; 32] = {
    let mut masks = [0; 32];
    let mut shape = 0;
    while shape < masks.len() {
        let (from, last) = (shape / EIGHT, shape % EIGHT);
        masks[shape] = (u64::MAX << (8 * from)) & (u64::MAX >> (8 * (EIGHT - 1 - last)));
        shape += 1;
    }
    masks
};

impl Sampled {
    /// Tables of keywords, named by their numbers; an empty keyword is never found.
    ///
    /// # Errors
    /// The keywords are more than tables can hold.
    pub(crate) fn of(keywords: &Keywords) -> Result<Self, String> {
        let mut first = vec![Word::default(); FIRST_WORDS];
        let mut held = Held {
            first: first.first_chunk_mut().ok_or("no table")?,
            counts: vec![0; SECOND_WORDS],
        };
        let mut second = vec![0u32; SECOND_WORDS];
        let mut grams = Vec::new();
        let (mut tiny, mut quads) = (Vec::new(), Vec::new());
        // Short ones have the least choice; what they take, longer ones may share.
        let mut by_length: Vec<u32> = (0..keywords.count()).collect();
        by_length.sort_by_key(|number| keywords.get(*number).len());
        for number in by_length {
            let keyword = keywords.get(number);
            match keyword.len() {
                0 => {}
                length if length < SHORTEST => tiny.push(number),
                _ => anchors(keyword, &mut quads, &mut held, |anchor| {
                    let bucket = anchor.slot / WORD_BITS;
                    second[bucket] |= 1 << (anchor.slot % WORD_BITS);
                    grams.push((bucket, gram(keyword, &anchor, number)));
                }),
            }
        }
        let count = u32::try_from(grams.len());
        let _ = count.map_err(|_| "too many keywords".to_owned())?;
        let mut starts = vec![0; SECOND_WORDS + 1];
        for (bucket, _) in &grams {
            starts[bucket + 1] += 1;
        }
        for index in 1..starts.len() {
            starts[index] += starts[index - 1];
        }
        let mut free = starts.clone();
        let mut placed = vec![Gram::default(); grams.len()];
        for (bucket, gram) in grams {
            let place: &mut u32 = &mut free[bucket];
            placed[*place as usize] = gram;
            *place += 1;
        }
        Ok(Self {
            first: first.into(),
            second: words(second),
            starts: words(starts),
            grams: placed.into(),
            tiny: words(tiny),
        })
    }
}

/// The gram that an anchor stands on.
fn gram(keyword: &[u8], anchor: &Anchor, number: u32) -> Gram {
    // A byte beside the keyword counts as its own: of all that may stand there, one gram fits.
    let beside = anchor.beside.map(|byte| match anchor.start {
        0 => [keyword[0], keyword[1], keyword[2], byte],
        _ => [byte, keyword[0], keyword[1], keyword[2]],
    });
    let (bytes, start) = match &beside {
        Some(bytes) => (bytes.as_slice(), 0),
        None => (keyword, anchor.start),
    };
    let from = (MARGIN as i32 + start).max(0) as usize;
    let reach = (MARGIN as i32 + start) + bytes.len() as i32;
    let end = EIGHT.min(reach as usize);
    let mut value = [0; EIGHT];
    for (place, byte) in value.iter_mut().enumerate().take(end).skip(from) {
        *byte = fold(bytes[(place as i32 - MARGIN as i32 - start) as usize]);
    }
    let shape = (from * EIGHT + end - 1) as i32;
    let place = anchor.start << 8 | shape;
    let mut gram = Gram::default();
    gram[..8].copy_from_slice(&value);
    gram[8..12].copy_from_slice(&number.to_le_bytes());
    gram[12..].copy_from_slice(&place.to_le_bytes());
    gram
}

/// Whether eight folded bytes, from two before it, hold a gram.
#[inline(always)]
pub(crate) fn fits(gram: &Gram, around: u64) -> bool {
    let (value, _, place) = parts(gram);
    around & MASKS[place as usize % MASKS.len()] == value
}

/// The keyword of a gram, and where it starts from there.
#[inline(always)]
pub(crate) fn keyword(gram: &Gram) -> (u32, isize) {
    let (_, number, place) = parts(gram);
    (number, (place >> 8) as isize)
}

#[inline(always)]
fn parts(gram: &Gram) -> (u64, u32, i32) {
    let gram = u128::from_le_bytes(*gram);
    (gram as u64, (gram >> 64) as u32, (gram >> 96) as i32)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::super::calls::Calls;
    use super::super::words::number;
    use super::Sampled;

    #[test]
    fn keywords_that_begin_alike_do_not_crowd_together() {
        let mut calls = Calls::default();
        for count in 0..1000u32 {
            let mixed = (count + 1).wrapping_mul(0x9e37_79b1);
            let letters = (0..6).map(|at| char::from(b'a' + (mixed >> (5 * at) & 15) as u8));
            let word: String = "acmecorp-".chars().chain(letters).collect();
            calls.add(&word, Some(0));
        }
        let sampled = Sampled::of(&calls.sort().unwrap()).unwrap();
        let starts: Vec<_> = sampled
            .starts
            .iter()
            .map(|word| number(Some(word)))
            .collect();
        let most = starts.windows(2).map(|pair| pair[1] - pair[0]).max();
        assert!(
            most.is_some_and(|most| (2..100).contains(&most)),
            "{most:?}"
        );
        assert_eq!(sampled.grams.len(), 2000);
    }
}
