// SPDX-License-Identifier: Apache-2.0
//! Which gram stands for a keyword. What costs time is candidates, not look-ups: so it is the rarest in
//! ordinary text.

use super::grams::{fold, folded, quad_rate, triple_rate};
use super::slots::{
    BEFORE_MULTIPLIER, FIRST_WORDS, GRAM, MARGIN, MULTIPLIER, SHORTEST, STRIDE, WORD_BITS, holds,
    insert, opened, second_slot, wide_slot,
};
use super::words::Word;

/// Grams further behind are not asked for: where a keyword starts must fit into a gram.
const FURTHEST: usize = 1 << 16;
/// Bytes of a keyword that are told together where it holds them.
const WIDE: usize = 6;

// What was measured over real sources to cost least; small changes of these make no difference.

/// What a candidate of the third stage costs, in those of the second.
const THIRD: f64 = 3.0;
/// What a new place in the first table costs, by other grams that meet it by chance.
const PLACE: f64 = 2.0;
/// What each gram costs that has a bit in the same word of the second table already: all of them are compared with
/// what passes there. Keywords that share a rare beginning would else all stand on it.
const CROWD: f64 = PLACE / 32.0;
/// How often more bytes occur, against the rarest four of them.
const MORE: f64 = 0.5;

/// A choice of gram for a keyword.
pub(super) struct Anchor {
    /// Where the keyword starts, from the gram.
    pub(super) start: i32,
    gram: u32,
    /// The bytes beside it, where the keyword has them.
    before: Option<u8>,
    next: Option<u8>,
    /// Its bit in the second table.
    pub(super) slot: usize,
    /// A byte beside a keyword of three bytes, before or after it, that this stands for.
    pub(super) beside: Option<u8>,
}

/// Four folded bytes, and how often they occur.
type Quad = (u32, f64);

/// What is put into the tables so far.
pub(super) struct Held<'a> {
    /// The first table.
    pub(super) first: &'a mut [Word; FIRST_WORDS],
    /// How many grams have a bit in each word of the second.
    pub(super) counts: Vec<u32>,
}

impl Held<'_> {
    fn put(&mut self, anchor: &Anchor) {
        insert(self.first, anchor.gram, anchor.before, anchor.next);
        self.counts[anchor.slot / WORD_BITS] += 1;
    }
}

/// The anchors of a keyword that is long enough: one at an even and one at an odd offset, or their like.
/// They are put into what is held, and `quads` is room.
pub(super) fn anchors(
    keyword: &[u8],
    quads: &mut Vec<Quad>,
    held: &mut Held<'_>,
    mut take: impl FnMut(Anchor),
) {
    let mut put = |held: &mut Held<'_>, anchor: Anchor| {
        held.put(&anchor);
        take(anchor);
    };
    if keyword.len() == SHORTEST {
        Anchor::of_three(keyword).for_each(|anchor| put(held, anchor));
        return;
    }
    quads.clear();
    let words = keyword.windows(GRAM + 1).map(folded::<4>);
    quads.extend(words.map(|word| (word, quad_rate(word))));
    for residue in 0..STRIDE {
        let anchor = Anchor::rarest(keyword, residue, quads, held);
        put(held, anchor);
    }
}

impl Anchor {
    /// The cheapest gram whose offset has this residue, of a keyword of four bytes or more. `quads`
    /// are the keyword's four bytes from each place, `held` what others have put into the tables.
    fn rarest(keyword: &[u8], residue: usize, quads: &[Quad], held: &Held<'_>) -> Self {
        let first = &*held.first;
        let mut cheapest: Option<(f64, Self)> = None;
        let last = FURTHEST.min(keyword.len() - GRAM);
        for offset in (residue..=last).step_by(STRIDE) {
            let (slot, check) = Self::check(keyword, offset, quads);
            let anchor = Self {
                start: -(offset as i32),
                gram: folded::<3>(&keyword[offset..]),
                before: offset.checked_sub(1).map(|before| keyword[before]),
                next: keyword.get(offset + GRAM).copied(),
                slot,
                beside: None,
            };
            // What the table holds already passes anyway.
            let own = match holds(first, anchor.gram, anchor.before, anchor.next) {
                true => 0.0,
                false => PLACE + by_chance(&anchor, first) + beside(offset, quads),
            };
            let crowd = CROWD * f64::from(held.counts[anchor.slot / WORD_BITS]);
            let cost = own + THIRD * check + crowd;
            if cheapest.as_ref().is_none_or(|(least, _)| cost < *least) {
                cheapest = Some((cost, anchor));
            }
        }
        match cheapest {
            Some((_, anchor)) => anchor,
            None => unreachable!("four bytes or more hold a gram at either residue"),
        }
    }

    /// The bit of the gram at `offset` in the second table, with the bytes around it or the rarer of those
    /// beside it, and how often they occur.
    fn check(keyword: &[u8], offset: usize, quads: &[Quad]) -> (usize, f64) {
        let around = offset.checked_sub(MARGIN);
        if let Some(wide) = around.and_then(|start| keyword.get(start..start + WIDE)) {
            let mut eight = [0; 8];
            for (own, byte) in eight.iter_mut().zip(wide) {
                *own = fold(*byte);
            }
            let rates = quads[offset - MARGIN..=offset].iter().map(|quad| quad.1);
            let rate = MORE * rates.fold(f64::INFINITY, f64::min);
            return (wide_slot(u64::from_le_bytes(eight)), rate);
        }
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
        let alone = any.clone().map(move |after| Self {
            start: 0,
            gram: whole,
            before: None,
            next: Some(after),
            slot: second_slot(whole | u32::from(after) << 24, MULTIPLIER),
            beside: Some(after),
        });
        let next = keyword.last().copied();
        let begun = any.map(move |before| {
            let word = whole << 8 | u32::from(before);
            Self {
                start: 1,
                gram: folded::<3>(&word.to_le_bytes()),
                before: None,
                next,
                slot: second_slot(word, MULTIPLIER),
                beside: Some(before),
            }
        });
        alone.chain(begun)
    }
}

/// How often the gram of an anchor passes more than before between bytes that stand there for different
/// keywords: any of a word's bytes before a gram goes with any behind it.
fn by_chance(anchor: &Anchor, first: &[Word; FIRST_WORDS]) -> f64 {
    let Anchor {
        gram, before, next, ..
    } = anchor;
    opened(first, *gram, *before, *next) * triple_rate(*gram)
}

/// How often the gram at `offset` occurs between the bytes beside it.
fn beside(offset: usize, quads: &[Quad]) -> f64 {
    let before = offset.checked_sub(1).and_then(|start| quads.get(start));
    match (quads.get(offset), before) {
        (Some(after), Some(before)) => MORE * after.1.min(before.1),
        (one, other) => one.or(other).map_or(f64::INFINITY, |quad| quad.1),
    }
}
