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
/// A word's first place.
const TOP: u32 = 1 << 31;

/// Bits of the second table, by their logarithm.
const SECOND_BITS: u32 = 20;
pub(crate) const SECOND_WORDS: usize = (1 << SECOND_BITS) / WORD_BITS;
/// Bits of a word of the second table.
pub(crate) const WORD_BITS: usize = 32;

/// The golden ratio.
pub(crate) const MULTIPLIER: u32 = 0x9e37_79b1;
/// Tells a gram with the byte before it from one with the byte after it.
pub(crate) const BEFORE_MULTIPLIER: u32 = 0xbb67_ae85;
/// Tells six bytes from four.
const WIDE_MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;
/// Times 2^8, so that the fourth byte of a word falls out of the product.
pub(crate) const FIRST_MULTIPLIER: u32 = MULTIPLIER << 8;

/// The word of a folded gram in the first table, whatever the fourth byte.
#[inline(always)]
pub(crate) const fn first_index(word: u32) -> usize {
    (word.wrapping_mul(FIRST_MULTIPLIER) >> (32 - FIRST_BITS)) as usize
}

/// The bits of a byte beside a gram that tell its class: as many places of a word as there are classes tell the byte
/// after it, and as many the one before it.
pub(crate) const CLASS_MASK: u32 = 15;

/// The places of a gram between two bytes, either of which may be any.
fn places(before: Option<u8>, next: Option<u8>) -> u32 {
    let class = |byte| u32::from(fold(byte)) & CLASS_MASK;
    let next = next.map_or(0xffff_0000, |next| TOP >> class(next));
    let before = before.map_or(0xffff, |before| TOP >> 16 >> class(before));
    next | before
}

/// Puts a folded gram between two bytes into the first table: a gram has a word, the bytes beside it
/// places there.
pub(crate) fn insert(
    first: &mut [Word; FIRST_WORDS],
    gram: u32,
    before: Option<u8>,
    next: Option<u8>,
) {
    let word = &mut first[first_index(gram)];
    *word = (u32::from_le_bytes(*word) | places(before, next)).to_le_bytes();
}

/// Whether the first table holds a gram between two bytes, by itself or by chance.
pub(super) fn holds(
    first: &[Word; FIRST_WORDS],
    gram: u32,
    before: Option<u8>,
    next: Option<u8>,
) -> bool {
    let places = places(before, next);
    u32::from_le_bytes(first[first_index(gram)]) & places == places
}

/// What part of all pairs of bytes a gram would pass between that it does not yet, with these two in the
/// first table.
pub(super) fn opened(
    first: &[Word; FIRST_WORDS],
    gram: u32,
    before: Option<u8>,
    next: Option<u8>,
) -> f64 {
    let held = u32::from_le_bytes(first[first_index(gram)]);
    let pairs = |word: u32| (word >> 16).count_ones() * (word & 0xffff).count_ones();
    f64::from(pairs(held | places(before, next)) - pairs(held)) / 256.0
}

/// The bit of four folded bytes in the second table.
#[inline(always)]
pub(crate) const fn second_slot(word: u32, multiplier: u32) -> usize {
    (word.wrapping_mul(multiplier) >> (32 - SECOND_BITS)) as usize
}

/// The bit of the first six of eight folded bytes in the second table.
#[inline(always)]
pub(crate) const fn wide_slot(eight: u64) -> usize {
    ((eight << 16).wrapping_mul(WIDE_MULTIPLIER) >> (64 - SECOND_BITS)) as usize
}
