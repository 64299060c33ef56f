// SPDX-License-Identifier: Apache-2.0
//! The prefilter's first stage: which places of a text may hold a gram of a keyword. The one module
//! with vector instructions, and the only one with `unsafe`: it takes eight look-ups at a time where
//! the processor can, and does the same one by one where not.
//!
//! What makes it sound: vectors are loaded from slices whose length is checked, an index into the
//! table is a number shifted until it has no more bits than the table has places, and the function
//! compiled for the instructions is called only where they were found.

#![cfg_attr(
    target_arch = "x86_64",
    expect(
        unsafe_code,
        reason = "loads and gathers have no safe form; earned by measurement"
    )
)]

use super::tables::{CLASS_MASK, FIRST_WORDS, STRIDE, Word, first_index, fold};

/// Bytes that one mask covers.
pub(super) const BLOCK: usize = 64 * STRIDE;
/// Bytes behind a block that are read as well.
pub(super) const AHEAD: usize = 8;
/// The same before it.
pub(super) const BEHIND: usize = 1;
/// Bytes that a block is looked up with.
const REACH: usize = BEHIND + BLOCK + AHEAD;
/// Where the places begin that tell the byte before a gram.
const OF_BEFORE: u32 = 16;

const FOLD: u32 = u32::from_le_bytes([fold(0); 4]);

/// Looks up the text at every second byte in the first table: bit `n` of mask `m` tells of the gram at
/// byte `m * BLOCK + n * STRIDE`, counted from [`BEHIND`]. The text goes on for [`AHEAD`] bytes behind the
/// last block.
pub(super) fn look_up(grams: &[Word; FIRST_WORDS], text: &[u8], masks: &mut [u64]) {
    let text = &text[..BEHIND + masks.len() * BLOCK + AHEAD];
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has the instructions that the function is compiled for.
        unsafe { by_eight::look_up(grams, text, masks) };
        return;
    }
    one_by_one(grams, text, masks);
}

/// What every processor can do.
fn one_by_one(grams: &[Word; FIRST_WORDS], text: &[u8], masks: &mut [u64]) {
    for (block, mask) in text.windows(REACH).step_by(BLOCK).zip(masks) {
        // Four chains, so that a doubling need not wait for the one before it.
        let mut quarters = [0u64; 4];
        for step in (0..16).rev() {
            for (quarter, mask) in quarters.iter_mut().enumerate() {
                let at = BEHIND + quarter * 32 + step * STRIDE;
                let word = [block[at], block[at + 1], block[at + 2], block[at + 3]];
                let word = u32::from_le_bytes(word) | FOLD;
                let places = u32::from_le_bytes(grams[first_index(word)]);
                let next = places << (word >> 24 & CLASS_MASK);
                let before = places << OF_BEFORE << (u32::from(block[at - 1]) & CLASS_MASK);
                *mask = *mask + *mask + u64::from((next & before) >> 31);
            }
        }
        let [a, b, c, d] = quarters;
        *mask = a | b << 16 | c << 32 | d << 48;
    }
}

#[cfg(target_arch = "x86_64")]
mod by_eight {
    use super::{BEHIND, BLOCK, FIRST_WORDS, FOLD, OF_BEFORE, REACH, STRIDE, Word};
    use crate::matching::tables::{CLASS_MASK, FIRST_BITS, FIRST_MULTIPLIER};
    use std::arch::x86_64::{
        __m256i, _mm_loadu_si128, _mm256_and_si256, _mm256_castsi256_ps, _mm256_i32gather_epi32,
        _mm256_movemask_ps, _mm256_mullo_epi32, _mm256_or_si256, _mm256_set_m128i,
        _mm256_set1_epi32, _mm256_setr_epi8, _mm256_shuffle_epi8, _mm256_sllv_epi32,
        _mm256_srli_epi32,
    };

    /// Look-ups in one vector.
    const LANES: usize = 8;

    /// As [`super::one_by_one`].
    #[target_feature(enable = "avx2")]
    pub(super) fn look_up(grams: &[Word; FIRST_WORDS], text: &[u8], masks: &mut [u64]) {
        for (block, mask) in text.windows(REACH).step_by(BLOCK).zip(masks) {
            let mut found = 0;
            for step in 0..BLOCK / (LANES * STRIDE) {
                let from = &block[step * LANES * STRIDE..];
                let bits = eight(grams, words(&from[BEHIND..]), words(from));
                found |= u64::from(bits) << (step * LANES);
            }
            *mask = found;
        }
    }

    /// The eight grams at even places from the start of the text, each with the byte after it,
    /// folded.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn words(text: &[u8]) -> __m256i {
        // The first four grams and a byte after each, then the other four.
        #[rustfmt::skip]
        let apart = _mm256_setr_epi8(
            0, 1, 2, 3, 2, 3, 4, 5, 4, 5, 6, 7, 6, 7, 8, 9,
            0, 1, 2, 3, 2, 3, 4, 5, 4, 5, 6, 7, 6, 7, 8, 9,
        );
        let (low, high): (&[u8; 16], &[u8; 16]) =
            match (text.first_chunk(), text[8..].first_chunk()) {
                (Some(low), Some(high)) => (low, high),
                _ => unreachable!("blocks go on for some bytes"),
            };
        // SAFETY: both are sixteen bytes long, and such a load needs no alignment.
        let (low, high) = unsafe {
            (
                _mm_loadu_si128(low.as_ptr().cast()),
                _mm_loadu_si128(high.as_ptr().cast()),
            )
        };
        let words = _mm256_shuffle_epi8(_mm256_set_m128i(high, low), apart);
        _mm256_or_si256(words, _mm256_set1_epi32(FOLD.cast_signed()))
    }

    /// Which of eight grams are in the set. `behind` are those a byte before them, for that byte.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn eight(grams: &[Word; FIRST_WORDS], words: __m256i, behind: __m256i) -> u8 {
        let hashes = _mm256_mullo_epi32(words, _mm256_set1_epi32(FIRST_MULTIPLIER.cast_signed()));
        let indexes = _mm256_srli_epi32::<{ 32 - FIRST_BITS as i32 }>(hashes);
        let next = _mm256_srli_epi32::<24>(words);
        let classes = _mm256_set1_epi32(CLASS_MASK.cast_signed());
        let next = _mm256_and_si256(next, classes);
        let before = _mm256_and_si256(behind, classes);
        let before = _mm256_or_si256(before, _mm256_set1_epi32(OF_BEFORE.cast_signed()));
        // SAFETY: each index has as many bits as the table has places, so it lies within, and what is
        // gathered needs no alignment.
        let held = unsafe { _mm256_i32gather_epi32::<4>(grams.as_ptr().cast(), indexes) };
        // The bits that were looked for become the signs.
        let (next, before) = (
            _mm256_sllv_epi32(held, next),
            _mm256_sllv_epi32(held, before),
        );
        let signs = _mm256_castsi256_ps(_mm256_and_si256(next, before));
        _mm256_movemask_ps(signs) as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::tables::{folded, insert};
    use proptest::prelude::*;

    #[test]
    fn a_gram_is_seen_where_it_stands() {
        let mut grams = [Word::default(); FIRST_WORDS];
        insert(&mut grams, folded::<3>(b"Key"), Some(b'#'), Some(b'S'));
        for at in (0..2 * BLOCK).step_by(STRIDE) {
            let mut text = vec![b'.'; BEHIND + 2 * BLOCK + AHEAD];
            text[at..at + 5].copy_from_slice(b"#kEYs");
            let mut masks = [0; 2];
            look_up(&grams, &text, &mut masks);
            assert_eq!(masks[at / BLOCK], 1 << (at % BLOCK / STRIDE), "{at}");
            assert_eq!(masks[1 - at / BLOCK], 0);
        }
    }

    proptest! {
        #[test]
        fn eight_at_a_time_agree_with_one_by_one(
            keywords in prop::collection::vec(prop::array::uniform5(any::<u8>()), 0..4000),
            (any_before, any_next) in any::<(bool, bool)>(),
            text in prop::collection::vec(any::<u8>(), 0..700),
        ) {
            let mut grams = [Word::default(); FIRST_WORDS];
            for keyword in &keywords {
                let before = Some(keyword[0]).filter(|_| !any_before);
                let next = Some(keyword[4]).filter(|_| !any_next);
                insert(&mut grams, folded::<3>(&keyword[1..]), before, next);
            }
            let blocks = text.len().saturating_sub(BEHIND + AHEAD) / BLOCK;
            let (mut here, mut plain) = (vec![0; blocks], vec![0; blocks]);
            if blocks > 0 {
                look_up(&grams, &text, &mut here);
                one_by_one(&grams, &text[..BEHIND + blocks * BLOCK + AHEAD], &mut plain);
            }
            prop_assert_eq!(here, plain);
        }
    }
}
