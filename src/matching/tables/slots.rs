// SPDX-License-Identifier: Apache-2.0
//! Where grams lie in the tables of the prefilter's first two stages.

use super::grams::fold;
use super::words::Word;

/// Bytes of a gram.
pub(super) const GRAM: usize = 3;
/// Shorter keywords are not sampled but found by an automaton, several times slower than all
/// others together.
pub(crate) const SHORTEST: usize = GRAM;
/// Bytes before a gram that are compared with it.
pub(crate) const MARGIN: usize = 2;

/// Bytes between two look-ups.
pub(crate) const STRIDE: usize = 2;

/// Words of the first table, by their logarithm.
pub(crate) const FIRST_BITS: u32 = 15;
pub(crate) const FIRST_WORDS: usize = 1 << FIRST_BITS;
/// Look-ups of other grams of which one meets a given word.
pub(crate) const CHANCE: f64 = FIRST_WORDS as f64;
/// A word's first place.
const TOP: u32 = 1 << 31;

/// Bits of the second table, by their logarithm.
const SECOND_BITS: u32 = 20;
pub(crate) const SECOND_WORDS: usize = 1 << (SECOND_BITS - 5);

/// The golden ratio.
pub(crate) const MULTIPLIER: u32 = 0x9e37_79b1;
/// Tells a gram with the byte before it from one with the byte after it.
pub(crate) const BEFORE_MULTIPLIER: u32 = 0xbb67_ae85;
/// Times 2^8, so that the fourth byte of a word falls out of the product.
pub(crate) const FIRST_MULTIPLIER: u32 = MULTIPLIER << 8;

/// The word of a folded gram in the first table, whatever the fourth byte.
#[inline(always)]
pub(crate) const fn first_index(word: u32) -> usize {
    (word.wrapping_mul(FIRST_MULTIPLIER) >> (32 - FIRST_BITS)) as usize
}

/// Puts a folded gram before one byte, or before any, into the first table: a gram has a word, the byte
/// behind it a place there.
pub(crate) fn insert(first: &mut [Word; FIRST_WORDS], gram: u32, next: Option<u8>) {
    let places = next.map_or(u32::MAX, |next| TOP >> (fold(next) & 31));
    let word = &mut first[first_index(gram)];
    *word = (u32::from_le_bytes(*word) | places).to_le_bytes();
}

/// The bit of four folded bytes in the second table.
#[inline(always)]
pub(crate) const fn second_slot(word: u32, multiplier: u32) -> usize {
    (word.wrapping_mul(multiplier) >> (32 - SECOND_BITS)) as usize
}
