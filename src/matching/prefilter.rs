// SPDX-License-Identifier: Apache-2.0
//! Finds every occurrence of every keyword, in any ASCII case, at a cost per byte that does not
//! grow with the number of keywords.
//!
//! Text is not read byte by byte but sampled: three bytes (a gram) at every second position.
//! A keyword of four bytes or more holds a gram at an even and one at an odd offset, so wherever
//! it stands in a text, exactly one of the two lies where the text is looked at. Three stages:
//!
//! 1. Each gram is folded to one case, hashed and looked up with the bytes beside it, where the
//!    keyword has them, in a table of bits ([`super::simd`]). No branch hangs on one look-up: 64 of
//!    them give one mask.
//! 2. For each bit of the mask, the gram with the byte after it, or with the byte before it, or with
//!    three around it, must be in a second table. Again without a branch.
//! 3. What is left is compared with the grams that have a bit in the same word of the second table:
//!    eight bytes in one masked comparison, of the first grams without a branch, and what fits then
//!    with the whole keyword.
//!
//! A keyword of three bytes is a gram only at even places. At odd ones it stands in the tables behind
//! any byte, its last byte being the one after the gram: many entries, so such keywords should be few.
//!
//! The tables are made by [`super::tables`].

use super::simd::{self, AHEAD, BEHIND, BLOCK};
use super::tables::{
    BEFORE_MULTIPLIER, FIRST_WORDS, MARGIN, MULTIPLIER, SECOND_WORDS, STRIDE, Sampled, Table,
    WORD_BITS, Word, fits, keyword, number, second_slot, wide_slot,
};
use aho_corasick::AhoCorasick;
use std::cell::Cell;

/// Blocks whose masks are made in one go.
const AT_ONCE: usize = 32;
/// Bytes that a block's stages read in all.
const REACH: usize = MARGIN + BLOCK + AHEAD;

const FOLD: u64 = 0x2020_2020_2020_2020;

/// The keyword sampler; see the module.
#[derive(Debug)]
pub(super) struct Prefilter {
    table: Table,
    tiny: Option<AhoCorasick>,
}

/// The tables of the first two stages.
#[derive(Clone, Copy)]
struct Stages<'a> {
    first: &'a [Word; FIRST_WORDS],
    second: &'a [Word; SECOND_WORDS],
}

impl Prefilter {
    /// Prepares the search.
    pub(super) fn new(table: Table) -> Result<Self, String> {
        let tiny = &table.sampled.tiny;
        let words = tiny
            .iter()
            .map(|word| table.keywords.get(number(Some(word))));
        let tiny = if tiny.is_empty() {
            None
        } else {
            let automaton = AhoCorasick::builder()
                .ascii_case_insensitive(true)
                .build(words)
                .map_err(|error| error.to_string())?;
            Some(automaton)
        };
        Ok(Self { table, tiny })
    }

    /// A keyword's length.
    #[inline]
    pub(super) fn length(&self, keyword: u32) -> usize {
        self.table.keywords.length(keyword)
    }

    /// The rules that a keyword calls, each once, in order.
    #[inline]
    pub(super) fn rules(&self, keyword: u32) -> impl Iterator<Item = usize> + '_ {
        self.table.keywords.rules(keyword)
    }

    /// Calls `found(keyword, start)` for every occurrence, roughly in order of place: a later
    /// call's start may lie before an earlier one's by no more than a keyword's length. Tiny
    /// keywords come after all others.
    pub(super) fn find(&self, text: &[u8], mut found: impl FnMut(u32, usize)) {
        let Sampled { first, second, .. } = &self.table.sampled;
        if let (Some(first), Some(second)) = (first.first_chunk(), second.first_chunk()) {
            self.sample(Stages { first, second }, text, &mut found);
        }
        if let Some(automaton) = &self.tiny {
            for hit in automaton.find_overlapping_iter(text) {
                let keyword = self.table.sampled.tiny.get(hit.pattern().as_usize());
                found(number(keyword), hit.start());
            }
        }
    }

    fn sample(&self, stages: Stages<'_>, text: &[u8], found: &mut impl FnMut(u32, usize)) {
        let mut waiting = WAITING.take().unwrap_or_default();
        // The first block has no margin, the last no end: both are copied between zeros. What
        // zeros seem to complete, the comparison refuses.
        let mut padded = [0; REACH];
        let length = text.len().min(REACH - MARGIN);
        padded[MARGIN..MARGIN + length].copy_from_slice(&text[..length]);
        stages.lone(&padded, 0, &mut waiting);
        let mut base = BLOCK;
        let mut masks = [0; AT_ONCE];
        while let Some(rest) = text.get(base - MARGIN..).filter(|rest| rest.len() >= REACH) {
            let masks = &mut masks[..AT_ONCE.min(1 + (rest.len() - REACH) / BLOCK)];
            simd::look_up(stages.first, &rest[MARGIN - BEHIND..], masks);
            let blocks = rest.windows(REACH).step_by(BLOCK);
            for (block, &mask) in blocks.zip(&*masks) {
                if stages.sift(block, mask, base, &mut waiting) {
                    self.settle(text, &mut waiting, found);
                }
                base += BLOCK;
            }
        }
        while base < text.len() {
            let rest = &text[base - MARGIN..];
            let length = rest.len().min(REACH);
            padded = [0; REACH];
            padded[..length].copy_from_slice(&rest[..length]);
            if stages.lone(&padded, base, &mut waiting) {
                self.settle(text, &mut waiting, found);
            }
            base += BLOCK;
        }
        self.settle(text, &mut waiting, found);
        WAITING.set(Some(waiting));
    }

    /// Stage three.
    #[inline(never)]
    fn settle(&self, text: &[u8], waiting: &mut Waiting, found: &mut impl FnMut(u32, usize)) {
        let Table { keywords, sampled } = &self.table;
        let (keywords, grams) = (keywords.listed(), &*sampled.grams);
        let starts: Option<&[Word; SECOND_WORDS + 1]> = sampled.starts.first_chunk();
        let (Some(starts), Some(last)) = (starts, grams.len().checked_sub(1)) else {
            return;
        };
        let mut whole = |fit: &mut Fit| {
            for &(at, gram) in fit.take() {
                let (number, start) = keyword(&grams[gram]);
                if let Some(start) = at.checked_add_signed(start)
                    && starts_with(&text[start.min(text.len())..], keywords.get(number))
                {
                    found(number, start);
                }
            }
        };
        let mut fit = Fit::default();
        for &noted in waiting.take() {
            let at = noted >> SHAPES;
            let around = around(text, at);
            let slots = slots(around);
            let mut shapes = noted % (1 << SHAPES);
            while let Some(slot) = slots.get(shapes.trailing_zeros() as usize) {
                let bucket = slot / WORD_BITS;
                shapes &= shapes - 1;
                if shapes != 0 {
                    // Few places pass in more than one shape; in one word the same grams would be found twice.
                    shapes &= !among(&slots, bucket);
                }
                let start = number(Some(&starts[bucket])) as usize;
                let end = number(Some(&starts[bucket + 1])) as usize;
                for step in 0..Fit::PLAIN {
                    let gram = (start + step).min(last);
                    let fits = fits(&grams[gram], around) & (start + step < end);
                    fit.push((at, gram), fits);
                }
                let more = start + Fit::PLAIN;
                for (gram, held) in (more..).zip(grams.get(more..end).unwrap_or_default()) {
                    if fits(held, around) {
                        fit.push((at, gram), true);
                        if fit.many() {
                            whole(&mut fit);
                        }
                    }
                }
                if fit.many() {
                    whole(&mut fit);
                }
            }
        }
        whole(&mut fit);
    }
}

/// Grams that fit in eight bytes, and where.
struct Fit {
    places: [(usize, usize); Self::ROOM],
    count: usize,
}

impl Default for Fit {
    fn default() -> Self {
        Self {
            places: [(0, 0); Self::ROOM],
            count: 0,
        }
    }
}

impl Fit {
    const ROOM: usize = 64;
    /// Grams of one word that are compared without a branch.
    const PLAIN: usize = 2;

    /// Notes a place and a gram, or leaves them to be overwritten.
    #[inline(always)]
    fn push(&mut self, one: (usize, usize), fits: bool) {
        self.places[self.count % Self::ROOM] = one;
        self.count += usize::from(fits);
    }

    /// Whether those of another word might not fit.
    #[inline(always)]
    fn many(&self) -> bool {
        self.count >= Self::ROOM - Self::PLAIN
    }

    fn take(&mut self) -> &[(usize, usize)] {
        let count = std::mem::take(&mut self.count);
        &self.places[..count.min(Self::ROOM)]
    }
}

/// The shapes whose bits lie in this word of the second table.
fn among(slots: &[usize; SHAPES], bucket: usize) -> usize {
    let [after, before, wide] = slots;
    let same = |slot: &usize| usize::from(slot / WORD_BITS == bucket);
    same(after) | same(before) << 1 | same(wide) << 2
}

/// In how many ways a gram and what stands around it are looked up in the second table.
const SHAPES: usize = 3;

/// The bits in the second table of eight folded bytes, from two before a gram.
#[inline(always)]
fn slots(around: u64) -> [usize; SHAPES] {
    [
        second_slot((around >> 16) as u32, MULTIPLIER),
        second_slot((around >> 8) as u32, BEFORE_MULTIPLIER),
        wide_slot(around),
    ]
}

/// Whether the keyword begins the text, in any case.
#[inline(always)]
fn starts_with(text: &[u8], keyword: &[u8]) -> bool {
    // Most that do not differ soon, and two words tell it sooner than two slices.
    if let (Some(here), Some(wanted)) = (text.first_chunk(), keyword.first_chunk())
        && (u64::from_le_bytes(*here) ^ u64::from_le_bytes(*wanted)) & !FOLD != 0
    {
        return false;
    }
    // Most that begin alike are the same to the letter.
    text.get(..keyword.len())
        .is_some_and(|text| text == keyword || text.eq_ignore_ascii_case(keyword))
}

impl Stages<'_> {
    /// Stages one and two over one block. Says whether what waits should be settled.
    fn lone(self, block: &[u8; REACH], base: usize, waiting: &mut Waiting) -> bool {
        let mut mask = [0];
        simd::look_up(self.first, &block[MARGIN - BEHIND..], &mut mask);
        self.sift(block, mask[0], base, waiting)
    }

    /// Stage two over one block. Says whether what waits should be settled.
    #[inline(always)]
    fn sift(self, block: &[u8], mut mask: u64, base: usize, waiting: &mut Waiting) -> bool {
        while mask != 0 {
            let step = mask.trailing_zeros() as usize % 64;
            mask &= mask - 1;
            let at = step * STRIDE;
            let Some(eight) = block[at..].first_chunk() else {
                break;
            };
            let around = u64::from_le_bytes(*eight) | FOLD;
            let [after, before, wide] = slots(around);
            let shapes = self.second(after) | self.second(before) << 1 | self.second(wide) << 2;
            waiting.push(base + at, shapes);
        }
        waiting.many()
    }

    /// A bit of the second table.
    #[inline(always)]
    fn second(self, slot: usize) -> usize {
        (u32::from_le_bytes(self.second[slot / WORD_BITS]) >> (slot % WORD_BITS)) as usize & 1
    }
}

/// Places that passed two stages, each before a bit for each shape that passed.
struct Waiting {
    places: [usize; Self::ROOM],
    count: usize,
}

thread_local! {
    /// Kept from text to text: to clear it takes longer than to look through a small file.
    static WAITING: Cell<Option<Box<Waiting>>> = const { Cell::new(None) };
}

impl Default for Waiting {
    fn default() -> Self {
        Self {
            places: [0; Self::ROOM],
            count: 0,
        }
    }
}

impl Waiting {
    const ROOM: usize = 256;

    /// Notes a place if a shape passed, else leaves it to be overwritten.
    #[inline(always)]
    fn push(&mut self, place: usize, shapes: usize) {
        self.places[self.count % Self::ROOM] = place << SHAPES | shapes;
        self.count += usize::from(shapes != 0);
    }

    /// Whether another block might not fit.
    fn many(&self) -> bool {
        self.count > Self::ROOM - 64
    }

    fn take(&mut self) -> &[usize] {
        let count = std::mem::take(&mut self.count);
        &self.places[..count.min(Self::ROOM)]
    }
}

/// The folded eight bytes from two before `at`; zeros outside the text.
fn around(text: &[u8], at: usize) -> u64 {
    if let Some(start) = at.checked_sub(MARGIN)
        && let Some(bytes) = text.get(start..).and_then(|rest| rest.first_chunk::<8>())
    {
        return u64::from_le_bytes(*bytes) | FOLD;
    }
    let mut bytes = [0; 8];
    for (place, byte) in bytes.iter_mut().enumerate() {
        let index = (at + place).checked_sub(MARGIN);
        *byte = index
            .and_then(|index| text.get(index))
            .copied()
            .unwrap_or(0);
    }
    u64::from_le_bytes(bytes) | FOLD
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::super::tables::Keywords;
    use super::*;
    use proptest::prelude::*;

    fn sampled(keywords: &[Vec<u8>], text: &[u8]) -> Vec<(usize, u32)> {
        let keywords = Keywords::plain(keywords);
        let sampled = Sampled::of(&keywords).unwrap();
        let mut all = Vec::new();
        Prefilter::new(Table { keywords, sampled })
            .unwrap()
            .find(text, |keyword, start| all.push((start, keyword)));
        all.sort_unstable();
        all
    }

    fn naive(keywords: &[Vec<u8>], text: &[u8]) -> Vec<(usize, u32)> {
        let mut all = Vec::new();
        for (number, keyword) in keywords.iter().enumerate() {
            for (start, window) in text.windows(keyword.len().max(1)).enumerate() {
                if window.eq_ignore_ascii_case(keyword) {
                    all.push((start, number as u32));
                }
            }
        }
        all.sort_unstable();
        all
    }

    fn bytes(words: &[&str]) -> Vec<Vec<u8>> {
        words.iter().map(|w| w.as_bytes().to_vec()).collect()
    }

    #[test]
    fn a_keyword_is_found_at_every_offset_of_a_block() {
        let keywords = bytes(&["abcdef", "ghp_", "token", "x-y", "passphrase", "a", "q"]);
        for keyword in &keywords {
            for before in 0..60 {
                for after in [0, 1, 2, 7, 31, 64] {
                    let mut text = vec![b'.'; before];
                    text.extend(keyword.to_ascii_uppercase());
                    text.extend(vec![b'.'; after]);
                    assert_eq!(sampled(&keywords, &text), naive(&keywords, &text));
                }
            }
        }
    }

    #[test]
    fn bytes_that_folding_confuses_are_told_apart() {
        let keywords = bytes(&["[key]@", "{KEY}`", "a_b\nc-d", "-_-_"]);
        for text in [
            "{key}`",
            "[key]@",
            "A_B\nC-D",
            "a\u{7f}b*c\rd",
            "-\u{7f}-\u{7f}",
        ] {
            let text = text.as_bytes();
            assert_eq!(sampled(&keywords, text), naive(&keywords, text));
        }
    }

    /// Few letters, so that keywords share parts and texts are full of them and of near misses.
    fn dense() -> impl Strategy<Value = Vec<u8>> {
        prop::collection::vec(prop::sample::select(b"aAbB@`_\n".to_vec()), 0..200)
    }

    fn dense_keyword() -> impl Strategy<Value = Vec<u8>> {
        prop::collection::vec(prop::sample::select(b"abB@_".to_vec()), 0..14)
    }

    proptest! {
        #[test]
        fn sampling_finds_what_a_naive_search_finds(
            keywords in prop::collection::vec(dense_keyword(), 0..12),
            text in dense(),
        ) {
            prop_assert_eq!(sampled(&keywords, &text), naive(&keywords, &text));
        }

        #[test]
        fn any_bytes_and_pieces_of_the_keywords(
            keywords in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..20), 1..30),
            picks in prop::collection::vec((any::<prop::sample::Index>(), 0..20usize, any::<bool>()), 0..40),
            noise in prop::collection::vec(any::<u8>(), 0..9),
        ) {
            let mut text = Vec::new();
            for (pick, cut, whole) in picks {
                let keyword = pick.get(&keywords);
                let end = if whole { keyword.len() } else { cut.min(keyword.len()) };
                text.extend(keyword[..end].iter().map(u8::to_ascii_uppercase));
                text.extend(&noise[..cut.min(noise.len())]);
            }
            prop_assert_eq!(sampled(&keywords, &text), naive(&keywords, &text));
        }
    }
}
