// SPDX-License-Identifier: Apache-2.0
//! How often short byte sequences stand in ordinary text, so that the prefilter can stand a
//! keyword on its rarest part and `rules check` can warn of a keyword that is everywhere.
//!
//! `grams.bin` was counted once over source code, configuration and prose (the test
//! `regenerate` at the end of this file makes it anew). It is a count-min sketch: each gram is
//! counted in one cell of each of two rows, and the smaller count is the estimate, so a rare
//! gram is overrated only where it shares both cells with common ones. A cell is the logarithm
//! of its count per MB in four bits.

/// Sequences of four folded bytes: what keywords longer than a gram are found by.
const QUAD_BITS: u32 = 18;
/// Sequences of three folded bytes: what passes by chance, and what the shortest keywords cost.
const TRIPLE_BITS: u32 = 15;
const ROWS: usize = 2;

const QUAD_ROW: usize = 1 << (QUAD_BITS - 1);
const TRIPLE_ROW: usize = 1 << (TRIPLE_BITS - 1);
const SIZE: usize = ROWS * (QUAD_ROW + TRIPLE_ROW);

static SKETCH: &[u8; SIZE] = include_bytes!("grams.bin");

/// Odd multipliers, one for each row (the golden ratio and the square root of three).
const MULTIPLIERS: [u32; ROWS] = [0x9e37_79b1, 0xbb67_ae85];

/// Level 1 stands for this many per MB; each further level doubles it.
const LOWEST: f64 = 1.0 / 16.0;
/// How many per MB each level stands for.
const RATES: [f64; 16] = {
    let mut rates = [LOWEST / 2.0; 16];
    let mut level = 1;
    while level < rates.len() {
        rates[level] = LOWEST * (1u32 << (level - 1)) as f64;
        level += 1;
    }
    rates
};

/// The folding that makes ASCII letters of both cases equal. It makes some other bytes equal
/// too (`@` and the grave accent), which the exact comparison at the end tells apart.
pub(crate) const fn fold(byte: u8) -> u8 {
    byte | 0x20
}

/// The first `N` bytes of `bytes`, folded, as a little-endian number.
pub(crate) fn folded<const N: usize>(bytes: &[u8]) -> u32 {
    let mut word = [0; 4];
    word[..N].copy_from_slice(&bytes[..N]);
    let folding = u32::from_le_bytes([fold(0); 4]) >> (32 - 8 * N);
    u32::from_le_bytes(word) | folding
}

/// Estimated occurrences per MB of a folded gram of four bytes.
pub(super) fn quad_rate(gram: u32) -> f64 {
    rate(0, QUAD_BITS, gram)
}

/// Estimated occurrences per MB of a folded gram of three bytes.
pub(super) fn triple_rate(gram: u32) -> f64 {
    rate(ROWS * QUAD_ROW, TRIPLE_BITS, gram)
}

/// Estimated occurrences of a keyword in a MB of ordinary text: those of its rarest part, so
/// more than the keyword itself has. Keywords of fewer than three bytes count as everywhere.
pub fn keyword_cost(keyword: &str) -> f64 {
    let bytes = keyword.as_bytes();
    let triples = bytes.windows(3).map(|w| triple_rate(folded::<3>(w)));
    let quads = bytes.windows(4).map(|w| quad_rate(folded::<4>(w)));
    triples.chain(quads).fold(1e6, f64::min)
}

fn cell(offset: usize, bits: u32, row: usize, gram: u32) -> (usize, u32) {
    let slot = (gram.wrapping_mul(MULTIPLIERS[row]) >> (32 - bits)) as usize;
    let row_bytes = 1 << (bits - 1);
    (offset + row * row_bytes + slot / 2, 4 * (slot as u32 % 2))
}

fn rate(offset: usize, bits: u32, gram: u32) -> f64 {
    let level = (0..ROWS)
        .map(|row| {
            let (at, shift) = cell(offset, bits, row, gram);
            (SKETCH[at] >> shift) & 15
        })
        .min();
    RATES[usize::from(level.unwrap_or(0))]
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::path::PathBuf;

    #[test]
    fn common_words_cost_more_than_token_prefixes() {
        assert!(keyword_cost("return") > 100.0 * keyword_cost("xoxb-"));
        assert!(keyword_cost("self") > 100.0 * keyword_cost("glpat-"));
        assert!(keyword_cost("a") > keyword_cost("self"));
        assert_eq!(keyword_cost("SELF"), keyword_cost("self"));
    }

    /// `CCR_GRAM_TREES=/folder:/folder cargo test --release -- --ignored grams::tests::regenerate`
    /// counts the text files below those folders and writes `grams.bin`. No file ending may
    /// outweigh the others, and odd ones (dictionaries, test vectors) hardly count.
    #[test]
    #[ignore = "reads folders named in the environment and writes a source file"]
    fn regenerate() {
        const COMMON: &str =
            " py pyi rs js ts c h cc cpp go java md rst txt html json toml yaml yml ";
        const CAP: usize = 24 << 20;
        const ODD_CAP: usize = 1 << 20;
        let trees = std::env::var("CCR_GRAM_TREES").unwrap();
        let mut counts = vec![0u64; SIZE * 2];
        let mut total = 0;
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for tree in trees.split(':') {
            let mut files: Vec<PathBuf> = walkdir::WalkDir::new(tree)
                .into_iter()
                .filter_map(Result::ok)
                .filter(|e| e.file_type().is_file())
                .map(walkdir::DirEntry::into_path)
                .collect();
            // By a hash of the name: a cap then takes a sample and not the first folder.
            files.sort_by_cached_key(|p| {
                crate::support::hashing::sha256_hex(p.to_string_lossy().as_bytes())
            });
            for file in files {
                let ending = file.extension().unwrap_or_default().to_string_lossy();
                let common = COMMON.contains(&format!(" {ending} "));
                let cap = if common { CAP } else { ODD_CAP };
                let taken = seen.entry(ending.into_owned()).or_default();
                let text = std::fs::read(&file).unwrap_or_default();
                if *taken > cap || text.len() > 1 << 20 || std::str::from_utf8(&text).is_err() {
                    continue;
                }
                *taken += text.len();
                total += text.len();
                let mut add = |offset, bits, gram| {
                    for row in 0..ROWS {
                        let (at, shift) = cell(offset, bits, row, gram);
                        counts[at * 2 + usize::from(shift != 0)] += 1;
                    }
                };
                for window in text.windows(4) {
                    add(0, QUAD_BITS, folded::<4>(window));
                    add(ROWS * QUAD_ROW, TRIPLE_BITS, folded::<3>(window));
                }
            }
        }
        let level = |count: u64| {
            let per_mb = count as f64 * 1e6 / total as f64;
            (0..15u8)
                .find(|l| per_mb < LOWEST * f64::from(1u32 << l) * 0.75)
                .unwrap_or(15)
        };
        let packed: Vec<u8> = counts
            .chunks(2)
            .map(|pair| level(pair[0]) | level(pair[1]) << 4)
            .collect();
        let target =
            PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/matching/tables/grams.bin");
        std::fs::write(target, packed).unwrap();
        assert!(total > 100 << 20, "{total} bytes are too few to count");
    }
}
