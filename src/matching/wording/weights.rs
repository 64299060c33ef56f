// SPDX-License-Identifier: Apache-2.0
//! Weights of words, of their stems and of pairs of neighbours, and what they sum to.

use super::words::{EDGE, Word, words};
use std::ops::Range;

const SLOT_BITS: u32 = 19;
pub(super) const SLOTS: usize = 1 << SLOT_BITS;
/// Two slots share their weights for kinds, which few sentences are asked for.
pub(super) const KIND_SLOTS: usize = SLOTS / 2;

/// Kinds of claims, in the order of their columns in `weights.bin` (after a change run `learn::regenerate`),
/// each with weights of its own: a sentence that is a little like every kind is
/// ordinary talk, one that is much like a single kind is a claim. In front of them stand the weights for
/// claims of any kind.
pub(super) const KINDS: [&str; 11] = [
    "asi",
    "selfchange",
    "weights",
    "bypass",
    "authority",
    "settlement",
    "proven",
    "certified",
    "secure",
    "prodready",
    "overclaim",
];
/// Weights of a slot: for any kind, then for each.
pub(super) const ROW: usize = 1 + KINDS.len();

/// Bytes of a stored number.
const NUMBER_BYTES: usize = size_of::<f32>();
/// Bytes before the weights.
const HEAD: usize = 2 * ROW * NUMBER_BYTES;

/// For each weight of a slot the step that one stored stands for, for each what every sentence weighs, all
/// little-endian `f32`; then slot by slot the weights for any kind, and by two slots those for each.
static STORED: &[u8; HEAD + SLOTS + KIND_SLOTS * KINDS.len()] = include_bytes!("weights.bin");

/// As much liker to a claim must a cell, a heading and a text in code be: names and titles share their
/// words with what they are about.
pub(in crate::matching) const OF_TITLES: f64 = 1.0;
/// The same for what is the reader's own ("Your tables are ready"), of which projects seldom claim anything.
pub(in crate::matching) const OF_READERS: f64 = 2.0;

/// The same for a few words, of which each weighs much.
const OF_BRIEF: f64 = 2.0;
/// So many are a few.
const BRIEF: usize = 6;
/// The same for a name or a title of fewer words than most claims have.
const OF_BRIEFEST: f64 = 7.0;
const BRIEFEST: usize = 3;

/// The likeliest kind adds at most so much, so that what is far from any claim need not be asked for its kind.
const MOST_OF_KIND: f64 = 3.0;

/// A sentence of so much likeness claims with whatever it denies ("and cannot be appealed"): what denials make of a
/// claim was learned, too.
const SURE: f64 = 1.0;

/// A part of a sentence claims as well as its heaviest where it weighs at least so much of that.
const HEAVY: f64 = 0.8;

/// A single word claims nothing.
const FEWEST: usize = 2;

/// As many words at least claim something.
const FEWEST_OF_CLAIM: usize = 3;

/// The weight's place of a word.
const fn single(word: u32) -> usize {
    (word.wrapping_mul(0x9e37_79b1) >> (32 - SLOT_BITS)) as usize
}

/// The weight's place of a pair of words.
const fn pair(first: u32, second: u32) -> usize {
    let both = first
        .wrapping_mul(0x85eb_ca6b)
        .rotate_left(15)
        .wrapping_add(second)
        .wrapping_mul(0xc2b2_ae35);
    ((both ^ both >> 15).wrapping_mul(0x9e37_79b1) >> (32 - SLOT_BITS)) as usize
}

/// Calls `each` with the weights' place of every word, of its stem and of every pair, edges included; says how
/// many they are.
#[inline]
pub(super) fn slots(words: impl Iterator<Item = Word>, mut each: impl FnMut(usize)) -> usize {
    let mut before = EDGE;
    let mut count = 1;
    for word in words {
        each(single(word.hash));
        each(pair(before, word.hash));
        before = word.hash;
        count += 2;
        if let Some(stem) = word.stem {
            each(single(stem));
            count += 1;
        }
    }
    each(pair(before, EDGE));
    count
}

/// The weight of a slot for any kind.
#[inline]
fn for_any(slot: usize) -> i8 {
    STORED[HEAD + slot].cast_signed()
}

/// Where the weights of a slot for each kind stand among all such.
pub(super) const fn kind_slot(slot: usize) -> usize {
    slot / (SLOTS / KIND_SLOTS)
}

/// The weights of a slot for each kind.
#[inline]
fn of_kinds(slot: usize) -> [i8; KINDS.len()] {
    let at = HEAD + SLOTS + kind_slot(slot) * KINDS.len();
    let mut row = [0; KINDS.len()];
    for (weight, byte) in row.iter_mut().zip(&STORED[at..at + KINDS.len()]) {
        *weight = byte.cast_signed();
    }
    row
}

/// A number of the head: steps first.
fn stored(at: usize) -> f64 {
    let at = at * NUMBER_BYTES;
    let bytes = [STORED[at], STORED[at + 1], STORED[at + 2], STORED[at + 3]];
    f64::from(f32::from_le_bytes(bytes))
}

/// Whether a sentence is worded like a claim as much as `least`; `places` is overwritten.
pub(super) fn is_like(sentence: &[u8], least: f64, places: &mut Vec<u32>) -> bool {
    likeness_of(words(sentence), least, places).is_some()
}

/// How much a sentence is worded like a claim: the logarithm of the odds that it is any, and that
/// it is one of its likeliest kind, which counts at most [`MOST_OF_KIND`], added. Higher is likelier; nothing
/// where it is less than `least`. With it the likeliest kind's place in a row. `places` is overwritten with those
/// of the weights.
#[inline]
fn likeness_of(
    words: impl Iterator<Item = Word>,
    least: f64,
    places: &mut Vec<u32>,
) -> Option<(f64, usize)> {
    places.clear();
    let count = slots(words, |slot| places.push(slot as u32));
    // Most weights are far away in memory: asked for in a row, they are waited for together.
    let sum = places
        .iter()
        .map(|slot| i32::from(for_any(*slot as usize)))
        .sum();
    let root = (count as f64).sqrt();
    let odds = |at: usize, sum: i32| stored(ROW + at) + stored(at) * f64::from(sum) / root;
    let any = odds(0, sum);
    // Nearly all sentences end here.
    if any + MOST_OF_KIND < least {
        return None;
    }
    // Narrow sums saturate; that takes more than 258 slots of the largest weight.
    let mut sums = [0i16; KINDS.len()];
    for slot in places {
        for (sum, weight) in sums.iter_mut().zip(of_kinds(*slot as usize)) {
            *sum = sum.saturating_add(i16::from(weight));
        }
    }
    let (mut likeliest, mut most) = (1, f64::NEG_INFINITY);
    for (at, sum) in sums.into_iter().enumerate() {
        let odds = odds(1 + at, i32::from(sum));
        if odds > most {
            (likeliest, most) = (1 + at, odds);
        }
    }
    let likeness = any + most.min(MOST_OF_KIND);
    (likeness >= least).then_some((likeness, likeliest))
}

/// A sentence with spaces in place of what it only names (code, links).
pub(in crate::matching) fn without(sentence: &str, mentions: &[Range<usize>]) -> String {
    let mut left = sentence.to_owned();
    for mention in mentions {
        let range = mention.start.min(left.len())..mention.end.min(left.len());
        if left.is_char_boundary(range.start) && left.is_char_boundary(range.end) {
            let blank = " ".repeat(range.len());
            left.replace_range(range, &blank);
        }
    }
    left
}

/// What makes a sentence like a claim.
#[derive(Debug, Default)]
pub(in crate::matching) struct Phrases {
    /// Words in a row, the heaviest first.
    pub(in crate::matching) rows: Vec<Range<usize>>,
    /// Whether the sentence is so much like a claim, and only supposes so little, that none of its own words takes it
    /// back.
    pub(in crate::matching) is_sure: bool,
}

/// The words in a row that make a sentence like a claim, if it is as much like one as `least`: one row at most of
/// each part between two cuts, which are asked for then alone, and none of much less weight than the heaviest. What is
/// surely a claim has no cuts, unless it only supposes something.
pub(in crate::matching) fn phrases(
    sentence: &str,
    cuts: impl FnOnce() -> Vec<Range<usize>>,
    least: f64,
    supposes: impl FnOnce() -> bool,
) -> Phrases {
    let mut words: Vec<_> = words(sentence.as_bytes()).collect();
    if words.len() < FEWEST {
        return Phrases::default();
    }
    let brief = match words.len() {
        count if count <= BRIEFEST => OF_BRIEFEST,
        count if count <= BRIEF => OF_BRIEF,
        _ => 0.0,
    };
    let Some((likeness, kind)) = likeness_of(words.iter().cloned(), least + brief, &mut Vec::new())
    else {
        return Phrases::default();
    };
    let is_sure = likeness >= SURE + brief && !supposes();
    let (step, step_of_kind) = (stored(0), stored(kind));
    let weight = |slot: usize| {
        let of_kind = of_kinds(slot)[kind - 1];
        step * f64::from(for_any(slot)) + step_of_kind * f64::from(of_kind)
    };
    // Words are in order, and so are cuts: those up to the end of a word tell its part, the last of them whether it is cut.
    let cuts = if is_sure { Vec::new() } else { cuts() };
    let part = |word: &Word| cuts.partition_point(|cut| cut.start < word.place.end);
    let is_cut = |word: &Word| {
        let last = part(word).checked_sub(1);
        last.is_some_and(|last| word.place.start < cuts[last].end)
    };
    words.retain(|word| !is_cut(word));
    let mut found: Vec<_> = words
        .chunk_by(|one, next| part(one) == part(next))
        .filter_map(|part| heaviest(part, weight))
        .collect();
    found.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    let most = found.first().map_or(0.0, |(sum, _)| *sum);
    let heavy = found.into_iter().filter(|(sum, _)| *sum >= most * HEAVY);
    let mut rows: Vec<_> = heavy.map(|(_, range)| range).collect();
    if is_sure && rows.is_empty() {
        rows.push(words[0].place.start..words[words.len() - 1].place.end);
    }
    Phrases { rows, is_sure }
}

/// Those words in a row whose weights sum to the most, and the sum; nothing where they are too few to claim anything.
fn heaviest(words: &[Word], weight: impl Fn(usize) -> f64) -> Option<(f64, Range<usize>)> {
    let (mut best, mut best_sum) = (None, 0.0);
    let (mut first, mut sum) = (0, 0.0);
    for (at, word) in words.iter().enumerate() {
        if sum > 0.0 {
            sum += weight(pair(words[at - 1].hash, word.hash));
        } else {
            (first, sum) = (at, 0.0);
        }
        sum += weight(single(word.hash)) + word.stem.map_or(0.0, |stem| weight(single(stem)));
        if sum > best_sum {
            (best, best_sum) = (Some(first..at + 1), sum);
        }
    }
    let best = best.filter(|best| best.len() >= FEWEST_OF_CLAIM)?;
    let place = words[best.start].place.start..words[best.end - 1].place.end;
    Some((best_sum, place))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(text: &str) -> f64 {
        let whole = likeness_of(words(text.as_bytes()), f64::NEG_INFINITY, &mut Vec::new());
        whole.unwrap().0
    }

    #[test]
    fn claims_are_liker_to_claims_than_other_sentences() {
        for (claim, other) in [
            (
                "The agent rewrites its own code and nobody can stop it.",
                "The agent writes its own log and nobody has to ask for it.",
            ),
            (
                "A green run is all the authority you need to ship.",
                "A green run is all you see in the list of jobs.",
            ),
            (
                "Provably correct and absolutely secure in every case.",
                "Prints the path and the size in every case.",
            ),
        ] {
            let apart = of(claim) - of(other);
            assert!(apart > 1.0, "{claim}: {apart}");
        }
    }

    #[test]
    fn what_a_product_is_called_tells_nothing() {
        let called = |name: &str| of(&format!("Our {name} client renews every certificate."));
        let others = ["Foobarium", "Wexel", "Zibblewock"].map(called);
        assert!(called("ACME") < others.into_iter().fold(f64::MIN, f64::max) + 0.5);
    }

    #[test]
    fn the_phrase_is_what_weighs_most() {
        let text = "On Tuesday, if all goes well, the planner rewrites its own code at night.";
        let found = phrases(text, Vec::new, f64::NEG_INFINITY, || true).rows;
        assert!(text[found[0].clone()].contains("rewrites its own"));
        assert!(
            phrases(text, Vec::new, f64::INFINITY, || true)
                .rows
                .is_empty()
        );
    }

    #[test]
    fn a_cut_parts_phrases_unless_the_sentence_surely_claims() {
        let text = "The planner rewrites its own code and nobody supervises it.";
        let cut = text.find("nobody").unwrap();
        let cuts = || std::iter::once(cut..cut + "nobody".len()).collect();
        let found = phrases(text, cuts, f64::NEG_INFINITY, || true);
        assert!(!found.is_sure);
        assert!(text[found.rows[0].clone()].contains("rewrites its own code"));
        let beyond = |row: &Range<usize>| row.start <= cut && cut < row.end;
        assert!(!found.rows.iter().any(beyond));
        let found = phrases(
            text,
            || panic!("no cuts are asked for"),
            f64::NEG_INFINITY,
            || false,
        );
        assert!(found.is_sure);
        assert!(text[found.rows[0].clone()].contains("rewrites its own code"));
        let other = "The planner writes a log of what it has read on Tuesday.";
        assert!(!phrases(other, Vec::new, f64::NEG_INFINITY, || false).is_sure);
    }

    proptest! {
        #[test]
        fn any_text_has_a_likeness_and_its_phrase_lies_in_it(text in "\\PC{0,80}", supposes: bool) {
            let whole = of(&text);
            prop_assert!(whole.is_finite());
            for least in [-12.0, -6.0, 0.0] {
                prop_assert_eq!(is_like(text.as_bytes(), least, &mut Vec::new()), whole >= least);
            }
            let commas: Vec<_> = text.match_indices([',', 'e']).map(|(at, cut)| at..at + cut.len()).collect();
            let found = phrases(&text, || commas, f64::NEG_INFINITY, || supposes);
            prop_assert!(!(found.is_sure && supposes));
            for phrase in found.rows {
                prop_assert!(text.is_char_boundary(phrase.start) && text.is_char_boundary(phrase.end));
                prop_assert!(!text[phrase.clone()].trim().is_empty());
                prop_assert!(found.is_sure || !text[phrase].contains(','));
            }
        }
    }
}
