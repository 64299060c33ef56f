// SPDX-License-Identifier: Apache-2.0
//! Finds every occurrence of every keyword, in any ASCII case, at a cost per byte that does not
//! grow with the number of keywords.
//!
//! Text is not read byte by byte but sampled: three bytes (a gram) at every second position.
//! A keyword of four bytes or more holds a gram at an even and one at an odd offset, so wherever
//! it stands in a text, exactly one of the two lies where the text is looked at. Three stages:
//!
//! 1. Each gram is folded to one case, hashed and looked up with the byte after it, where the
//!    keyword has one, in a table of bits ([`super::simd`]). No branch hangs on one look-up: 64 of
//!    them give one mask.
//! 2. For each bit of the mask, the gram with the byte after it, or with the byte before it,
//!    must be in a second table. Again without a branch.
//! 3. What is left is compared: eight bytes in one masked comparison for each gram of its bucket,
//!    then the whole keyword.
//!
//! A keyword of three bytes is a gram only at even places. At odd ones it stands in the tables behind
//! any byte, its last byte being the one after the gram: many entries, so such keywords should be few.
//!
//! What costs time is candidates, not look-ups. So each keyword stands for its rarest grams, rare
//! in ordinary text ([`super::grams`]).

use super::grams::{fold, folded, quad_rate, triple_rate};
use super::simd::{AHEAD, BLOCK, CHANCE, Grams, STRIDE};
use aho_corasick::AhoCorasick;
use std::cell::Cell;

const GRAM: usize = 3;
/// Shorter keywords are not sampled but found by an automaton, several times slower than all
/// others together.
pub(super) const SHORTEST: usize = GRAM;

/// Blocks whose masks are made in one go.
const AT_ONCE: usize = 32;
/// Bytes before a block that the second stage reads.
const MARGIN: usize = 2;
/// Bytes that a block's stages read in all.
const REACH: usize = MARGIN + BLOCK + AHEAD;

/// Look-ups in a MB.
const LOOK_UPS: f64 = 1e6 / STRIDE as f64;

const SECOND_BITS: u32 = 19;
const BUCKET_BITS: u32 = 14;

const FOLD: u64 = 0x2020_2020_2020_2020;
/// The golden ratio. Times 2^8, the fourth byte of a word falls out of the product.
const MULTIPLIER: u32 = 0x9e37_79b1;
const TRIPLE_MULTIPLIER: u32 = MULTIPLIER << 8;
/// Tells a gram with the byte before it from one with the byte after it.
const BEFORE_MULTIPLIER: u32 = 0xbb67_ae85;

/// The keyword sampler; see the module.
#[derive(Debug)]
pub(super) struct Prefilter {
    keywords: Keywords,
    first: Grams,
    second: Box<[u32; 1 << (SECOND_BITS - 5)]>,
    buckets: Buckets,
    /// Keywords too short to be sampled.
    tiny: Option<(AhoCorasick, Vec<u32>)>,
}

/// The keywords, one after the other.
#[derive(Debug, Default)]
struct Keywords {
    text: Vec<u8>,
    ends: Vec<usize>,
}

/// A gram of a keyword.
#[derive(Debug, Clone, Default)]
struct Gram {
    /// What stands in the eight bytes from two before the gram, where the keyword reaches.
    value: u64,
    mask: u64,
    /// Where the keyword starts, from the gram.
    start: isize,
    keyword: u32,
}

/// Grams by the hash of their bytes.
#[derive(Debug)]
struct Buckets {
    starts: Vec<u32>,
    grams: Vec<Gram>,
}

const fn triple_slot(word: u32, bits: u32) -> usize {
    (word.wrapping_mul(TRIPLE_MULTIPLIER) >> (32 - bits)) as usize
}

const fn second_slot(word: u32, multiplier: u32) -> usize {
    (word.wrapping_mul(multiplier) >> (32 - SECOND_BITS)) as usize
}

impl Prefilter {
    /// Prepares the search. A keyword's number is its place in the list; an empty keyword is
    /// never found.
    pub(super) fn new(keywords: &[&[u8]]) -> Result<Self, String> {
        let mut first = Grams::new();
        let mut second = Box::new([0; 1 << (SECOND_BITS - 5)]);
        let mut grams = Vec::with_capacity(STRIDE * keywords.len());
        let mut tiny = Vec::new();
        let mut quads = Vec::new();
        for (number, keyword) in keywords.iter().enumerate() {
            let number = u32::try_from(number).map_err(|_| "too many keywords".to_owned())?;
            let mut add = |anchor: Anchor| {
                first.insert(anchor.gram, anchor.next);
                let slot = anchor.second;
                second[slot / 32] |= 1 << (slot % 32);
                grams.push((anchor.gram, Gram::new(keyword, anchor.start, number)));
            };
            match keyword.len() {
                0 => {}
                GRAM => Anchor::of_three(keyword).for_each(add),
                length if length < SHORTEST => tiny.push(number),
                _ => {
                    quads.clear();
                    let words = keyword.windows(4).map(folded::<4>);
                    quads.extend(words.map(|word| (word, quad_rate(word))));
                    (0..STRIDE).for_each(|residue| add(Anchor::rarest(keyword, residue, &quads)));
                }
            }
        }
        let tiny = if tiny.is_empty() {
            None
        } else {
            let words = tiny.iter().map(|&number| keywords[number as usize]);
            let automaton = AhoCorasick::builder()
                .ascii_case_insensitive(true)
                .build(words)
                .map_err(|error| error.to_string())?;
            Some((automaton, tiny))
        };
        Ok(Self {
            keywords: Keywords::new(keywords),
            first,
            second,
            buckets: Buckets::new(grams),
            tiny,
        })
    }

    /// Calls `found(keyword, start)` for every occurrence, roughly in order of place: a later
    /// call's start may lie before an earlier one's by no more than a keyword's length. Tiny
    /// keywords come after all others.
    pub(super) fn find(&self, text: &[u8], mut found: impl FnMut(u32, usize)) {
        let mut waiting = WAITING.take().unwrap_or_default();
        // The first block has no margin, the last no end: both are copied between zeros. What
        // zeros seem to complete, the comparison refuses.
        let mut padded = [0; REACH];
        let length = text.len().min(REACH - MARGIN);
        padded[MARGIN..MARGIN + length].copy_from_slice(&text[..length]);
        self.lone(&padded, 0, &mut waiting);
        let mut base = BLOCK;
        let mut masks = [0; AT_ONCE];
        while let Some(rest) = text.get(base - MARGIN..).filter(|rest| rest.len() >= REACH) {
            let masks = &mut masks[..AT_ONCE.min(1 + (rest.len() - REACH) / BLOCK)];
            self.first.look_up(&rest[MARGIN..], masks);
            let blocks = rest.windows(REACH).step_by(BLOCK);
            for (block, &mask) in blocks.zip(&*masks) {
                if self.sift(block, mask, base, &mut waiting) {
                    self.settle(text, &mut waiting, &mut found);
                }
                base += BLOCK;
            }
        }
        while base < text.len() {
            let rest = &text[base - MARGIN..];
            let length = rest.len().min(REACH);
            padded = [0; REACH];
            padded[..length].copy_from_slice(&rest[..length]);
            if self.lone(&padded, base, &mut waiting) {
                self.settle(text, &mut waiting, &mut found);
            }
            base += BLOCK;
        }
        self.settle(text, &mut waiting, &mut found);
        WAITING.set(Some(waiting));
        if let Some((automaton, numbers)) = &self.tiny {
            for hit in automaton.find_overlapping_iter(text) {
                found(numbers[hit.pattern().as_usize()], hit.start());
            }
        }
    }

    /// Stages one and two over one block. Says whether what waits should be settled.
    fn lone(&self, block: &[u8; REACH], base: usize, waiting: &mut Waiting) -> bool {
        let mut mask = [0];
        self.first.look_up(&block[MARGIN..], &mut mask);
        self.sift(block, mask[0], base, waiting)
    }

    /// Stage two over one block. Says whether what waits should be settled.
    #[inline(always)]
    fn sift(&self, block: &[u8], mut mask: u64, base: usize, waiting: &mut Waiting) -> bool {
        while mask != 0 {
            let step = mask.trailing_zeros() as usize % 64;
            mask &= mask - 1;
            let at = step * STRIDE;
            let Some(eight) = block[at..].first_chunk() else {
                break;
            };
            let around = u64::from_le_bytes(*eight) | FOLD;
            let passed = self.second((around >> 16) as u32, MULTIPLIER)
                | self.second((around >> 8) as u32, BEFORE_MULTIPLIER);
            waiting.push(base + at, passed & 1);
        }
        waiting.many()
    }

    #[inline(always)]
    fn second(&self, word: u32, multiplier: u32) -> u32 {
        let slot = second_slot(word, multiplier);
        self.second[slot / 32] >> (slot % 32)
    }

    /// Stage three.
    #[inline(never)]
    fn settle(&self, text: &[u8], waiting: &mut Waiting, found: &mut impl FnMut(u32, usize)) {
        for &at in waiting.take() {
            let around = around(text, at);
            for gram in self.buckets.of((around >> 16) as u32) {
                if around & gram.mask != gram.value {
                    continue;
                }
                let keyword = self.keywords.get(gram.keyword);
                let Some(start) = at.checked_add_signed(gram.start) else {
                    continue;
                };
                if text
                    .get(start..start + keyword.len())
                    .is_some_and(|bytes| bytes.eq_ignore_ascii_case(keyword))
                {
                    found(gram.keyword, start);
                }
            }
        }
    }
}

/// Places that passed two stages.
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

    /// Notes a place if `counts` is 1, else leaves it to be overwritten.
    #[inline(always)]
    fn push(&mut self, place: usize, counts: u32) {
        self.places[self.count % Self::ROOM] = place;
        self.count += counts as usize;
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

/// A choice of gram for a keyword.
struct Anchor {
    /// Where the keyword starts, from the gram.
    start: isize,
    gram: u32,
    /// The byte after it, if the keyword has one.
    next: Option<u8>,
    /// Its bit in the second table.
    second: usize,
}

/// Four folded bytes, and how often they occur.
type Quad = (u32, f64);

impl Anchor {
    /// The cheapest gram whose offset has this residue, of a keyword of four bytes or more. `quads`
    /// are the keyword's four bytes from each place.
    fn rarest(keyword: &[u8], residue: usize, quads: &[Quad]) -> Self {
        let mut cheapest = (f64::INFINITY, residue);
        for offset in (residue..=keyword.len() - GRAM).step_by(STRIDE) {
            let check = Self::check(offset, quads).1;
            let first = match quads.get(offset) {
                Some(&(_, rate)) => rate,
                // Before any byte a gram takes a whole word of the table, which others meet by chance.
                None => triple_rate(folded::<3>(&keyword[offset..])) + LOOK_UPS / CHANCE,
            };
            // A candidate of the third stage costs about as much as eight of the second.
            let cost = first + 8.0 * check;
            if cost < cheapest.0 {
                cheapest = (cost, offset);
            }
        }
        let offset = cheapest.1;
        Self {
            start: -offset.cast_signed(),
            gram: folded::<3>(&keyword[offset..]),
            next: keyword.get(offset + GRAM).copied(),
            second: Self::check(offset, quads).0,
        }
    }

    /// The bit of the gram at `offset` in the second table, with the rarer of the bytes around it,
    /// and how often both occur.
    fn check(offset: usize, quads: &[Quad]) -> (usize, f64) {
        let before = offset.checked_sub(1).and_then(|start| quads.get(start));
        match (quads.get(offset), before) {
            (Some(after), before) if before.is_none_or(|before| after.1 <= before.1) => {
                (second_slot(after.0, MULTIPLIER), after.1)
            }
            (_, Some(before)) => (second_slot(before.0, BEFORE_MULTIPLIER), before.1),
            _ => unreachable!("four bytes or more hold one beside each three"),
        }
    }

    /// A keyword of three bytes: a gram before any byte, or begun by any byte.
    fn of_three(keyword: &[u8]) -> impl Iterator<Item = Self> {
        let whole = folded::<3>(keyword);
        let any = (0..=u8::MAX).filter(|&byte| fold(byte) == byte);
        let any = any.map(u32::from);
        let alone = any.clone().map(move |after| Self {
            start: 0,
            gram: whole,
            next: None,
            second: second_slot(whole | after << 24, MULTIPLIER),
        });
        let next = keyword.last().copied();
        let begun = any.map(move |before| Self {
            start: 1,
            gram: folded::<3>(&(whole << 8 | before).to_le_bytes()),
            next,
            second: second_slot(whole << 8 | before, MULTIPLIER),
        });
        alone.chain(begun)
    }
}

impl Keywords {
    fn new(words: &[&[u8]]) -> Self {
        let mut all = Self::default();
        all.ends.reserve_exact(words.len());
        for word in words {
            all.text.extend_from_slice(word);
            all.ends.push(all.text.len());
        }
        all
    }

    fn get(&self, number: u32) -> &[u8] {
        let number = number as usize;
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start..self.ends[number]]
    }
}

impl Gram {
    fn new(keyword: &[u8], start: isize, number: u32) -> Self {
        let (mut value, mut mask) = ([0; 8], [0; 8]);
        for place in 0..8usize {
            let index = place.checked_add_signed(-start);
            let index = index.and_then(|index| index.checked_sub(MARGIN));
            if let Some(&byte) = index.and_then(|index| keyword.get(index)) {
                value[place] = fold(byte);
                mask[place] = 0xff;
            }
        }
        Self {
            value: u64::from_le_bytes(value),
            mask: u64::from_le_bytes(mask),
            start,
            keyword: number,
        }
    }
}

impl Buckets {
    fn new(mut grams: Vec<(u32, Gram)>) -> Self {
        // Of the whole of a keyword of three bytes there is one for each byte behind it.
        grams.dedup_by_key(|(gram, entry)| (*gram, entry.keyword, entry.start));
        let bucket = |gram: u32| triple_slot(gram, BUCKET_BITS);
        let mut starts = vec![0; (1 << BUCKET_BITS) + 1];
        for (gram, _) in &grams {
            starts[bucket(*gram) + 1] += 1;
        }
        for index in 1..starts.len() {
            starts[index] += starts[index - 1];
        }
        let mut free = starts.clone();
        let mut placed = vec![Gram::default(); grams.len()];
        for (gram, entry) in grams {
            let place: &mut u32 = &mut free[bucket(gram)];
            placed[*place as usize] = entry;
            *place += 1;
        }
        Self {
            starts,
            grams: placed,
        }
    }

    fn of(&self, word: u32) -> &[Gram] {
        let bucket = triple_slot(word, BUCKET_BITS);
        &self.grams[self.starts[bucket] as usize..self.starts[bucket + 1] as usize]
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sampled(keywords: &[Vec<u8>], text: &[u8]) -> Vec<(usize, u32)> {
        let words: Vec<&[u8]> = keywords.iter().map(Vec::as_slice).collect();
        let mut all = Vec::new();
        Prefilter::new(&words)
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
