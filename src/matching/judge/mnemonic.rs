// SPDX-License-Identifier: Apache-2.0
//! Recovery phrases of wallets (BIP-39): words of one list, the last of which carries a checksum.

use super::{Context, Opinion};
use sha2::{Digest as _, Sha256};
use std::sync::LazyLock;

static WORDS: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let lines = include_str!("bip39-english.txt").lines();
    let words = lines.filter(|line| !line.starts_with('#'));
    words.flat_map(str::split_ascii_whitespace).collect()
});

/// Bits that a word stands for.
const BITS: usize = 11;

/// `mnemonic`: every word is one of the list. With a checksum that holds it is certain; other wallets
/// take their words from the same list and check them in another way.
pub(super) fn phrase(context: &Context<'_>) -> Opinion {
    match chosen(context.secret()) {
        Some(numbers) if checks(&numbers) => Opinion::Sure,
        Some(_) => Opinion::Plain,
        None => Opinion::Acquitted,
    }
}

/// `mnemonic-checked`: the same where nothing around says what it is, so that only the checksum tells it from twelve
/// words.
pub(super) fn checked(context: &Context<'_>) -> Opinion {
    match chosen(context.secret()) {
        // A line of the list itself is in its order.
        Some(numbers) if !numbers.is_sorted() && checks(&numbers) => Opinion::Plain,
        _ => Opinion::Acquitted,
    }
}

/// The places of a phrase's words in the list; `None` where one is not in it, or where few are said again and again,
/// as in phrases of manuals and tests.
fn chosen(phrase: &[u8]) -> Option<Vec<usize>> {
    let numbers = numbers(phrase)?;
    let mut distinct = numbers.clone();
    distinct.sort_unstable();
    distinct.dedup();
    (distinct.len() * 3 >= numbers.len() * 2).then_some(numbers)
}

/// The places of the words in the list; `None` where one is not in it.
fn numbers(phrase: &[u8]) -> Option<Vec<usize>> {
    phrase
        .split(|byte| !byte.is_ascii_alphabetic())
        .filter(|word| !word.is_empty())
        .map(|word| {
            let word = word.to_ascii_lowercase();
            WORDS
                .binary_search_by(|known| known.as_bytes().cmp(&word))
                .ok()
        })
        .collect()
}

/// Of the bits that the words stand for, the last 33rd part is the beginning of the hash of the others.
fn checks(numbers: &[usize]) -> bool {
    let total = numbers.len() * BITS;
    if !matches!(numbers.len(), 12 | 15 | 18 | 21 | 24) {
        return false;
    }
    let bit = |at: usize| numbers[at / BITS] >> (BITS - 1 - at % BITS) & 1;
    let entropy = total * 32 / 33;
    let bytes: Vec<u8> = (0..entropy / 8)
        .map(|byte| (0..8).fold(0, |value, at| value << 1 | bit(8 * byte + at) as u8))
        .collect();
    let hash = Sha256::digest(&bytes);
    (entropy..total).all(|at| {
        let at_hash = at - entropy;
        usize::from(hash[at_hash / 8] >> (7 - at_hash % 8) & 1) == bit(at)
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::super::tests::weigh;
    use super::*;
    use crate::model::Confidence;
    use crate::rules::Judge;

    fn verdict(phrase: &str) -> Option<Option<Confidence>> {
        let judge = Judge {
            validators: vec!["mnemonic".to_owned()],
            ..Judge::default()
        };
        weigh(&judge, phrase, phrase, "src/a.py").map(|weight| weight.confidence)
    }

    #[test]
    fn the_list_is_whole_and_in_order() {
        assert_eq!(WORDS.len(), 2048);
        assert!(WORDS.is_sorted());
        assert_eq!((WORDS[0], WORDS[2047]), ("abandon", "zoo"));
    }

    #[test]
    fn the_checksum_of_bip_39_tells_a_phrase_from_words() {
        // A test vector of BIP-39, in the shapes in which phrases stand.
        let vector = [
            "legal winner thank year wave sausage worth useful legal",
            "winner thank yellow",
        ];
        let vector = vector.join(" ");
        assert!(checks(&numbers(vector.as_bytes()).unwrap()));
        assert!(!checks(
            &numbers(vector.replace("yellow", "zoo").as_bytes()).unwrap()
        ));
        let longer = [
            "hamster diagram private dutch cause delay private meat slide",
            "toddler razor book happy fancy gospel tennis maple dilemma",
            "loan word shrug inflict delay length",
        ]
        .join(" ");
        assert_eq!(verdict(&longer), Some(Some(Confidence::High)));
        assert_eq!(
            verdict(&longer.replace(' ', "\", \"")),
            Some(Some(Confidence::High))
        );
        assert_eq!(verdict(&longer.replace("length", "zoo")), Some(None));
        assert_eq!(verdict(&longer.replace("length", "lengthy")), None);
        assert_eq!(verdict(&"test ".repeat(12)), None);
    }
}
