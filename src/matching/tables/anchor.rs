// SPDX-License-Identifier: Apache-2.0
//! Which gram stands for a keyword. What costs time is candidates, not look-ups: so it is the rarest in
//! ordinary text.

use super::grams::{fold, folded, quad_rate, triple_rate};
use super::slots::{BEFORE_MULTIPLIER, CHANCE, GRAM, MULTIPLIER, SHORTEST, STRIDE, second_slot};

/// Look-ups in a MB.
const LOOK_UPS: f64 = 1e6 / STRIDE as f64;
/// Grams further behind are not asked for: where a keyword starts must fit into a gram.
const FURTHEST: usize = 1 << 16;

/// A choice of gram for a keyword.
pub(super) struct Anchor {
    /// Where the keyword starts, from the gram.
    pub(super) start: i32,
    pub(super) gram: u32,
    /// The byte after it, if the keyword has one.
    pub(super) next: Option<u8>,
    /// Its bit in the second table.
    pub(super) slot: usize,
    /// A byte beside a keyword of three bytes, before or after it, that this stands for.
    pub(super) beside: Option<u8>,
}

/// Four folded bytes, and how often they occur.
type Quad = (u32, f64);

/// The anchors of a keyword that is long enough: one at an even and one at an odd offset, or their like.
/// `quads` is room.
pub(super) fn anchors(keyword: &[u8], quads: &mut Vec<Quad>, mut take: impl FnMut(Anchor)) {
    if keyword.len() == SHORTEST {
        return Anchor::of_three(keyword).for_each(take);
    }
    quads.clear();
    let words = keyword.windows(GRAM + 1).map(folded::<4>);
    quads.extend(words.map(|word| (word, quad_rate(word))));
    (0..STRIDE).for_each(|residue| take(Anchor::rarest(keyword, residue, quads)));
}

impl Anchor {
    /// The cheapest gram whose offset has this residue, of a keyword of four bytes or more. `quads`
    /// are the keyword's four bytes from each place.
    fn rarest(keyword: &[u8], residue: usize, quads: &[Quad]) -> Self {
        let mut cheapest = (f64::INFINITY, residue);
        let last = FURTHEST.min(keyword.len() - GRAM);
        for offset in (residue..=last).step_by(STRIDE) {
            let check = Self::check(offset, quads).1;
            let first = match quads.get(offset) {
                Some(&(_, rate)) => rate,
                // Before any byte a gram takes a whole word of the table, which others meet by chance.
                None => triple_rate(folded::<3>(&keyword[offset..])) + LOOK_UPS / CHANCE,
            };
            // A candidate of the third stage costs about as much as three of the second.
            let cost = first + 3.0 * check;
            if cost < cheapest.0 {
                cheapest = (cost, offset);
            }
        }
        let offset = cheapest.1;
        Self {
            start: -(offset as i32),
            gram: folded::<3>(&keyword[offset..]),
            next: keyword.get(offset + GRAM).copied(),
            slot: Self::check(offset, quads).0,
            beside: None,
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
        let alone = any.clone().map(move |after| Self {
            start: 0,
            gram: whole,
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
                next,
                slot: second_slot(word, MULTIPLIER),
                beside: Some(before),
            }
        });
        alone.chain(begun)
    }
}
