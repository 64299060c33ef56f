// SPDX-License-Identifier: Apache-2.0
//! Finds every occurrence of every keyword, in any ASCII case, at a cost per byte that does not
//! grow with the number of keywords.
//!
//! Text is not read byte by byte but sampled. A keyword of six bytes or more has, for each of
//! the three residues modulo 3, a place where four of its bytes (a gram) stand; wherever the
//! keyword stands in a text, exactly one of the three grams lies on a multiple of 3. So only
//! every third position of the text is looked at: four bytes are folded to one case, hashed and
//! looked up in a table of bits. Of the grams with the same residue the one that is rarest in
//! ordinary text is taken ([`super::grams`]): what costs time is not the look-up but every
//! candidate that it lets through. Keywords of four and five bytes are found in the same way by
//! three bytes at every second position, in the same loop.
//!
//! A candidate is then compared: eight bytes around it in one masked comparison for each gram
//! of its bucket, and the whole keyword last.

use super::grams::{folded, quad_rate, triple_rate};
use aho_corasick::AhoCorasick;

/// Bytes that one turn of the loop covers: a multiple of both strides.
const BLOCK: usize = 24;
/// Bytes that one turn reads: the last gram begins inside the block and ends outside.
const REACH: usize = 32;

const LONG_STRIDE: usize = 3;
const SHORT_STRIDE: usize = 2;
/// The shortest keyword that holds a gram of four bytes for each residue modulo 3.
const LONG: usize = 4 + LONG_STRIDE - 1;
/// The shortest keyword that holds a gram of three bytes for each residue modulo 2.
const SHORT: usize = 3 + SHORT_STRIDE - 1;

const LONG_BITS: u32 = 17;
const SHORT_BITS: u32 = 15;
const LONG_WORDS: usize = 1 << (LONG_BITS - 5);
const SHORT_WORDS: usize = 1 << (SHORT_BITS - 5);
const BUCKET_BITS: u32 = 12;

/// The keyword sampler; see the module.
#[derive(Debug)]
pub(super) struct Prefilter {
    keywords: Vec<Box<[u8]>>,
    long: Box<[u32; LONG_WORDS]>,
    short: Box<[u32; SHORT_WORDS]>,
    long_buckets: Buckets,
    short_buckets: Buckets,
    /// Keywords too short to be sampled.
    tiny: Option<(AhoCorasick, Vec<u32>)>,
}

/// A gram of a keyword.
#[derive(Debug, Clone)]
struct Gram {
    /// What stands in the eight bytes from two before the gram, where the keyword reaches.
    value: u64,
    mask: u64,
    /// Where the gram stands in the keyword.
    offset: u32,
    keyword: u32,
}

/// Grams by the hash of their bytes.
#[derive(Debug)]
struct Buckets {
    starts: Vec<u32>,
    grams: Vec<Gram>,
}

const fn hash(gram: u32) -> u32 {
    gram.wrapping_mul(0x9e37_79b1)
}

impl Prefilter {
    /// Prepares the search. A keyword's number is its place in the list; an empty keyword is
    /// never found.
    pub(super) fn new(keywords: &[&[u8]]) -> Result<Self, String> {
        let mut long = Vec::new();
        let mut short = Vec::new();
        let mut tiny = Vec::new();
        for (number, keyword) in keywords.iter().enumerate() {
            let number = u32::try_from(number).map_err(|_| "too many keywords".to_owned())?;
            if keyword.len() >= LONG {
                anchor::<4, LONG_STRIDE>(keyword, number, quad_rate, &mut long);
            } else if keyword.len() >= SHORT {
                anchor::<3, SHORT_STRIDE>(keyword, number, triple_rate, &mut short);
            } else if !keyword.is_empty() {
                tiny.push(number);
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
            keywords: keywords.iter().map(|&word| Box::from(word)).collect(),
            long: bits::<LONG_WORDS>(&long, LONG_BITS),
            short: bits::<SHORT_WORDS>(&short, SHORT_BITS),
            long_buckets: Buckets::new(long),
            short_buckets: Buckets::new(short),
            tiny,
        })
    }

    /// Calls `found(keyword, start)` for every occurrence, roughly in order of place: a later
    /// call's start may lie before an earlier one's, by no more than a keyword's length and a
    /// block. Tiny keywords come after all others.
    pub(super) fn find(&self, text: &[u8], mut found: impl FnMut(u32, usize)) {
        let mut base = 0;
        while let Some(block) = text
            .get(base..)
            .and_then(|rest| rest.first_chunk::<REACH>())
        {
            let candidates = self.probe(block);
            if candidates != 0 {
                self.settle(text, base, candidates, &mut found);
            }
            base += BLOCK;
        }
        // The rest, with zeros behind it: what they seem to complete, the comparison refuses.
        while base < text.len() {
            let rest = &text[base..];
            let mut block = [0; REACH];
            let length = rest.len().min(REACH);
            block[..length].copy_from_slice(&rest[..length]);
            let candidates = self.probe(&block);
            if candidates != 0 {
                self.settle(text, base, candidates, &mut found);
            }
            base += BLOCK;
        }
        if let Some((automaton, numbers)) = &self.tiny {
            for hit in automaton.find_overlapping_iter(text) {
                found(numbers[hit.pattern().as_usize()], hit.start());
            }
        }
    }

    /// Looks up the grams of one block: bits 0 to 7 stand for those at each third byte, bits 8
    /// to 19 for those at each second one.
    #[inline(always)]
    fn probe(&self, block: &[u8; REACH]) -> u32 {
        let mut candidates = 0;
        for turn in 0..BLOCK / 6 {
            let at = turn * 6;
            let eight: [u8; 8] = [
                block[at],
                block[at + 1],
                block[at + 2],
                block[at + 3],
                block[at + 4],
                block[at + 5],
                block[at + 6],
                block[at + 7],
            ];
            let word = u64::from_le_bytes(eight) | 0x2020_2020_2020_2020;
            for step in 0..2 {
                let slot = hash((word >> (24 * step)) as u32) >> (32 - LONG_BITS);
                let bit = (self.long[(slot >> 5) as usize] >> (slot & 31)) & 1;
                candidates |= bit << (turn * 2 + step);
            }
            for step in 0..3 {
                let slot = hash((word >> (16 * step)) as u32 & 0xff_ffff) >> (32 - SHORT_BITS);
                let bit = (self.short[(slot >> 5) as usize] >> (slot & 31)) & 1;
                candidates |= bit << (8 + turn * 3 + step);
            }
        }
        candidates
    }

    /// Compares the candidates of one block.
    #[cold]
    #[inline(never)]
    fn settle(
        &self,
        text: &[u8],
        base: usize,
        mut candidates: u32,
        found: &mut impl FnMut(u32, usize),
    ) {
        while candidates != 0 {
            let bit = candidates.trailing_zeros() as usize;
            candidates &= candidates - 1;
            let (at, buckets, keep) = if bit < 8 {
                (base + bit * LONG_STRIDE, &self.long_buckets, u32::MAX)
            } else {
                (
                    base + (bit - 8) * SHORT_STRIDE,
                    &self.short_buckets,
                    0xff_ffff,
                )
            };
            let around = around(text, at);
            for gram in buckets.of((around >> 16) as u32 & keep) {
                if around & gram.mask != gram.value {
                    continue;
                }
                let keyword = &self.keywords[gram.keyword as usize];
                let Some(start) = at.checked_sub(gram.offset as usize) else {
                    continue;
                };
                if text[start..]
                    .get(..keyword.len())
                    .is_some_and(|bytes| bytes.eq_ignore_ascii_case(keyword))
                {
                    found(gram.keyword, start);
                }
            }
        }
    }
}

/// The folded eight bytes from two before `at`; zeros outside the text.
fn around(text: &[u8], at: usize) -> u64 {
    if let Some(start) = at.checked_sub(2)
        && let Some(bytes) = text.get(start..).and_then(|rest| rest.first_chunk::<8>())
    {
        return u64::from_le_bytes(*bytes) | 0x2020_2020_2020_2020;
    }
    let mut bytes = [0; 8];
    for (place, byte) in bytes.iter_mut().enumerate() {
        let index = (at + place).checked_sub(2);
        *byte = index
            .and_then(|index| text.get(index))
            .copied()
            .unwrap_or(0);
    }
    u64::from_le_bytes(bytes) | 0x2020_2020_2020_2020
}

/// Chooses, for each residue, the rarest gram of `N` bytes.
fn anchor<const N: usize, const STRIDE: usize>(
    keyword: &[u8],
    number: u32,
    rate: fn(u32) -> f64,
    out: &mut Vec<(u32, Gram)>,
) {
    for residue in 0..STRIDE {
        let rarest = (residue..=keyword.len() - N)
            .step_by(STRIDE)
            .map(|offset| (offset, folded::<N>(&keyword[offset..])))
            .min_by(|a, b| rate(a.1).total_cmp(&rate(b.1)));
        let Some((offset, gram)) = rarest else {
            continue;
        };
        let (mut value, mut mask) = ([0; 8], [0; 8]);
        for place in 0..8 {
            let index = (offset + place).checked_sub(2);
            if let Some(&byte) = index.and_then(|index| keyword.get(index)) {
                value[place] = super::grams::fold(byte);
                mask[place] = 0xff;
            }
        }
        out.push((
            gram,
            Gram {
                value: u64::from_le_bytes(value),
                mask: u64::from_le_bytes(mask),
                offset: offset as u32,
                keyword: number,
            },
        ));
    }
}

fn bits<const WORDS: usize>(grams: &[(u32, Gram)], bits: u32) -> Box<[u32; WORDS]> {
    let mut table = Box::new([0; WORDS]);
    for (gram, _) in grams {
        let slot = hash(*gram) >> (32 - bits);
        table[(slot >> 5) as usize] |= 1 << (slot & 31);
    }
    table
}

impl Buckets {
    fn new(mut grams: Vec<(u32, Gram)>) -> Self {
        let bucket = |gram: u32| hash(gram) >> (32 - BUCKET_BITS);
        grams.sort_by_key(|(gram, entry)| (bucket(*gram), *gram, entry.keyword));
        let mut starts = vec![0; (1 << BUCKET_BITS) + 1];
        for (gram, _) in &grams {
            starts[bucket(*gram) as usize + 1] += 1;
        }
        for index in 1..starts.len() {
            starts[index] += starts[index - 1];
        }
        Self {
            starts,
            grams: grams.into_iter().map(|(_, gram)| gram).collect(),
        }
    }

    fn of(&self, gram: u32) -> &[Gram] {
        let bucket = (hash(gram) >> (32 - BUCKET_BITS)) as usize;
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
