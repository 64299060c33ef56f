// SPDX-License-Identifier: Apache-2.0
//! Whether a pattern matches anywhere in a short text, with nothing compiled: each step of the pattern
//! takes the set of places that were reached, a bit for each place of the text, to the set that it
//! reaches. Automata of such patterns cost more to build than the sentences that they see to read.

use super::reduce::Packed;
use super::reduce::steps::{ALTERNATION, CLASS, CONCAT, EMPTY, LITERAL, LOOK, REPETITION};
use regex_syntax::hir::Look;
use std::cell::RefCell;

/// ASCII.
const SYMBOLS: usize = 128;

/// A text that patterns are asked for.
#[derive(Debug)]
pub(super) enum Reach {
    /// Up to 127 bytes; then each of twice the length or more.
    Two(Box<Text<2>>),
    Four(Box<Text<4>>),
    Eight(Box<Text<8>>),
    Sixteen(Box<Text<16>>),
    Most(Box<Text<48>>),
}

impl Reach {
    /// Of an ASCII text; bytes beyond ASCII fit nothing. `None` for one that is too long.
    pub(super) fn new(text: &[u8]) -> Option<Self> {
        // One place more than there are bytes.
        Some(match text.len() / 64 {
            0..2 => Self::Two(Text::new(text)),
            2..4 => Self::Four(Text::new(text)),
            4..8 => Self::Eight(Text::new(text)),
            8..16 => Self::Sixteen(Text::new(text)),
            16..48 => Self::Most(Text::new(text)),
            _ => return None,
        })
    }

    /// Whether a pattern, as steps, matches somewhere.
    pub(super) fn matches(&self, steps: &[u8]) -> bool {
        match self {
            Self::Two(text) => text.matches(steps),
            Self::Four(text) => text.matches(steps),
            Self::Eight(text) => text.matches(steps),
            Self::Sixteen(text) => text.matches(steps),
            Self::Most(text) => text.matches(steps),
        }
    }
}

/// Places of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Places<const W: usize>([u64; W]);

impl<const W: usize> Places<W> {
    const NONE: Self = Self([0; W]);

    #[inline]
    fn one(place: usize) -> Self {
        let mut one = Self::NONE;
        one.0[place / 64] = 1 << (place % 64);
        one
    }

    /// The first so many.
    #[inline]
    fn first(count: usize) -> Self {
        let bits = |word: usize| match count.saturating_sub(64 * word) {
            0 => 0,
            rest @ 1..64 => (1 << rest) - 1,
            _ => u64::MAX,
        };
        Self(std::array::from_fn(bits))
    }

    #[inline]
    fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    #[inline]
    fn and(mut self, other: &Self) -> Self {
        self.0
            .iter_mut()
            .zip(other.0)
            .for_each(|(own, other)| *own &= other);
        self
    }

    #[inline]
    fn or(mut self, other: &Self) -> Self {
        self.0
            .iter_mut()
            .zip(other.0)
            .for_each(|(own, other)| *own |= other);
        self
    }

    #[inline]
    fn without(mut self, other: &Self) -> Self {
        self.0
            .iter_mut()
            .zip(other.0)
            .for_each(|(own, other)| *own &= !other);
        self
    }

    /// Each one place further.
    #[inline]
    fn next(mut self) -> Self {
        let mut carried = 0;
        for word in &mut self.0 {
            let carry = *word >> 63;
            *word = *word << 1 | carried;
            carried = carry;
        }
        self
    }
}

/// Where each symbol stands.
#[derive(Debug)]
pub(super) struct Text<const W: usize> {
    at: [Places<W>; SYMBOLS],
    length: usize,
    /// Where one of a class stands, of those that were asked for.
    classes: RefCell<Vec<(u128, Places<W>)>>,
}

impl<const W: usize> Text<W> {
    fn new(text: &[u8]) -> Box<Self> {
        let mut own = Box::new(Self {
            at: [Places::NONE; SYMBOLS],
            length: text.len(),
            classes: RefCell::default(),
        });
        for (place, byte) in text.iter().enumerate() {
            if let Some(places) = own.at.get_mut(usize::from(*byte)) {
                places.0[place / 64] |= 1 << (place % 64);
            }
        }
        own
    }

    fn matches(&self, steps: &[u8]) -> bool {
        !self.reach(steps, self.all()).is_empty()
    }

    fn all(&self) -> Places<W> {
        Places::first(self.length + 1)
    }

    /// All places where a step ends that begins at one of `from`.
    fn reach(&self, step: &[u8], from: Places<W>) -> Places<W> {
        let Some((kind, rest)) = step.split_first() else {
            return from;
        };
        let mut rest = Packed(rest);
        match *kind {
            EMPTY => from,
            LITERAL => self.literal(rest.0, from),
            CLASS => {
                let bits = rest
                    .0
                    .first_chunk()
                    .map_or(0, |bits| u128::from_le_bytes(*bits));
                from.and(&self.any_of(bits)).next()
            }
            LOOK => match rest.number() {
                Some(look) => self.look(look, from),
                None => from,
            },
            REPETITION => {
                let (Some(min), Some(max)) = (rest.number(), rest.number()) else {
                    return from;
                };
                self.repeated(min, max.checked_sub(1), rest.0, from)
            }
            CONCAT => {
                let mut reached = from;
                while let Some(part) = rest.bytes() {
                    reached = self.reach(part, reached);
                    if reached.is_empty() {
                        break;
                    }
                }
                reached
            }
            ALTERNATION => {
                let mut reached = Places::NONE;
                while let Some(part) = rest.bytes() {
                    reached = reached.or(&self.reach(part, from));
                }
                reached
            }
            // No step is of another kind.
            _ => from,
        }
    }

    fn literal(&self, literal: &[u8], from: Places<W>) -> Places<W> {
        let mut reached = from;
        for byte in literal {
            let Some(at) = self.at.get(usize::from(*byte)) else {
                return Places::NONE;
            };
            reached = reached.and(at);
            if reached.is_empty() {
                return reached;
            }
            reached = reached.next();
        }
        reached
    }

    /// Where one of these symbols stands.
    fn any_of(&self, symbols: u128) -> Places<W> {
        let mut classes = self.classes.borrow_mut();
        if let Some((_, places)) = classes.iter().find(|(known, _)| *known == symbols) {
            return *places;
        }
        let places = self.sum_of(symbols);
        classes.push((symbols, places));
        places
    }

    fn sum_of(&self, mut symbols: u128) -> Places<W> {
        // Of a class of most symbols the others are fewer.
        let most = symbols.count_ones() as usize > SYMBOLS / 2;
        if most {
            symbols = !symbols;
        }
        let mut places = Places::NONE;
        while symbols != 0 {
            places = places.or(&self.at[symbols.trailing_zeros() as usize]);
            symbols &= symbols - 1;
        }
        if most {
            Places::first(self.length).without(&places)
        } else {
            places
        }
    }

    /// The places of `from` around which this stands.
    fn look(&self, look: usize, from: Places<W>) -> Places<W> {
        let look = u32::try_from(look).ok().and_then(Look::from_repr);
        let word = || self.any_of(WORD);
        match look {
            Some(Look::Start) => from.and(&Places::one(0)),
            Some(Look::End) => from.and(&Places::one(self.length)),
            Some(Look::WordAscii) => from.and(&edges(&word())),
            Some(Look::WordAsciiNegate) => from.without(&edges(&word())),
            Some(Look::WordStartAscii) => from.and(&word()).without(&word().next()),
            Some(Look::WordEndAscii) => from.and(&word().next()).without(&word()),
            Some(Look::WordStartHalfAscii) => from.without(&word().next()),
            Some(Look::WordEndHalfAscii) => from.without(&word()),
            // Of lines and of letters beyond ASCII nothing is known here.
            _ => from,
        }
    }

    fn repeated(&self, min: usize, max: Option<usize>, step: &[u8], from: Places<W>) -> Places<W> {
        let mut last = from;
        for _ in 0..min {
            last = self.reach(step, last);
            if last.is_empty() {
                return last;
            }
        }
        let mut reached = last;
        for _ in min..max.unwrap_or(usize::MAX) {
            // From where it has been before, with more of them left, it leads nowhere new.
            last = self.reach(step, last);
            let fresh = last.without(&reached);
            if fresh.is_empty() {
                break;
            }
            reached = reached.or(&fresh);
            last = fresh;
        }
        reached
    }
}

/// ASCII letters, digits and `_`.
const WORD: u128 = {
    let mut word = 0;
    let mut symbol = 0;
    while symbol < SYMBOLS {
        if (symbol as u8).is_ascii_alphanumeric() || symbol as u8 == b'_' {
            word |= 1 << symbol;
        }
        symbol += 1;
    }
    word
};

/// Where a word begins or ends, given where its letters stand.
fn edges<const W: usize>(word: &Places<W>) -> Places<W> {
    let before = word.next();
    word.without(&before).or(&before.without(word))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::super::reduce::steps::steps;
    use super::*;
    use proptest::prelude::*;
    use regex_automata::meta::Regex;
    use regex_syntax::ParserBuilder;

    fn parsed(pattern: &str) -> regex_syntax::hir::Hir {
        let mut parser = ParserBuilder::new().unicode(false).utf8(false).build();
        parser.parse(pattern).unwrap()
    }

    fn matches(pattern: &str, text: &str) -> bool {
        let mut packed = Vec::new();
        steps(&parsed(pattern), &mut packed);
        Reach::new(text.as_bytes()).unwrap().matches(&packed)
    }

    #[test]
    fn texts_of_every_length() {
        for length in [
            0, 1, 62, 63, 64, 126, 127, 128, 255, 256, 511, 1023, 1024, 3000,
        ] {
            let text = format!("{}ab", " ".repeat(length));
            assert!(matches(" ?ab$", &text), "{length}");
            assert!(!matches(r"ab.|\Ba|ba", &text), "{length}");
        }
        assert!(Reach::new(&[b' '; 48 * 64]).is_none());
    }

    #[test]
    fn bad_steps_are_survived() {
        let text = Reach::new(b"ab").unwrap();
        for steps in [
            &b""[..],
            b"\x02",
            b"\x03",
            b"\x04\x80",
            b"\x05\x09",
            b"\x06\xff",
            b"\x09",
        ] {
            let _ = text.matches(steps);
        }
    }

    proptest! {
        #[test]
        fn it_matches_where_the_pattern_does(
            pattern in prop::sample::select(vec![
                r"\b(?:a|ab|abc)+\b", r"^[ab]{2,3}c?$", r"(?:a|b )*c\.", r"\Bb{2,}|c$", r"(?:(?:a|b)? ){0,2}c",
                r"[^a ]{3}a", r"(?P<hit>ab?){3}c", r"(?:|a)b(?:c|)\b", r"(?:a*b?){2} ", r"\b{start}b|c\b{end-half}c",
                r"a(?:b|bc|bcd|c|cd){1,4} a", r"(?:a{2}){1,2}b", r"a.{2,4}b", r"(?:ab|a){2,2}c", r"(?:[a-b]+ ){2,3}?c",
            ]),
            text in prop::collection::vec(prop::sample::select(vec!['a', 'b', 'c', ' ', '.']), 0..24),
            room in 0usize..130,
        ) {
            let text: String = text.into_iter().collect();
            let text = format!("{}{text}", ".".repeat(room));
            let whole = Regex::builder().build_from_hir(&parsed(pattern)).unwrap();
            prop_assert_eq!(matches(pattern, &text), whole.is_match(&text), "{:?} {:?}", pattern, text);
        }
    }
}
