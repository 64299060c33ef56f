// SPDX-License-Identifier: Apache-2.0
//! Patterns over bytes as they lie in this program: read back in a tenth of the time that parsing
//! takes.
//!
//! One byte for the kind of each part, then what it holds; numbers in base 128, the lowest digits
//! first, as in DWARF's LEB128.

use regex_syntax::hir::{
    Capture, Class, ClassBytes, ClassBytesRange, ClassUnicode, ClassUnicodeRange, Hir, HirKind,
    Look, Repetition,
};

const EMPTY: u8 = 0;
const LITERAL: u8 = 1;
const CLASS: u8 = 2;
const LOOK: u8 = 3;
const REPETITION: u8 = 4;
const CAPTURE: u8 = 5;
const CONCAT: u8 = 6;
const ALTERNATION: u8 = 7;
const CHARACTERS: u8 = 8;

/// Adds a pattern.
pub(crate) fn pack(pattern: &Hir, out: &mut Vec<u8>) {
    let list = |tag, parts: &[Hir], out: &mut Vec<u8>| {
        out.push(tag);
        number(parts.len(), out);
        parts.iter().for_each(|part| pack(part, out));
    };
    match pattern.kind() {
        HirKind::Empty => out.push(EMPTY),
        HirKind::Literal(literal) => {
            out.push(LITERAL);
            bytes(&literal.0, out);
        }
        HirKind::Class(Class::Bytes(class)) => {
            out.push(CLASS);
            number(class.ranges().len(), out);
            let ranges = class.iter().flat_map(|range| [range.start(), range.end()]);
            out.extend(ranges);
        }
        // The parser makes such ones of single characters also where it reads bytes.
        HirKind::Class(Class::Unicode(class)) => {
            out.push(CHARACTERS);
            number(class.ranges().len(), out);
            let ranges = class.iter().flat_map(|range| [range.start(), range.end()]);
            ranges.for_each(|edge| number(edge as usize, out));
        }
        HirKind::Look(look) => {
            out.push(LOOK);
            number(look.as_repr() as usize, out);
        }
        HirKind::Repetition(repetition) => {
            out.push(REPETITION);
            number(repetition.min as usize, out);
            // One more than it is; nothing without an end.
            number(repetition.max.map_or(0, |max| max as usize + 1), out);
            out.push(u8::from(repetition.greedy));
            pack(&repetition.sub, out);
        }
        HirKind::Capture(capture) => {
            out.push(CAPTURE);
            number(capture.index as usize, out);
            bytes(capture.name.as_deref().unwrap_or_default().as_bytes(), out);
            pack(&capture.sub, out);
        }
        HirKind::Concat(parts) => list(CONCAT, parts, out),
        HirKind::Alternation(parts) => list(ALTERNATION, parts, out),
    }
}

/// Adds a number.
pub(crate) fn number(mut number: usize, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Adds bytes and before them how many.
pub(crate) fn bytes(bytes: &[u8], out: &mut Vec<u8>) {
    number(bytes.len(), out);
    out.extend(bytes);
}

/// Reads what was packed; `None` where it ends early or means nothing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Packed<'a>(pub(crate) &'a [u8]);

impl<'a> Packed<'a> {
    pub(crate) fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    pub(crate) fn number(&mut self) -> Option<usize> {
        let mut number = 0;
        for digit in 0..usize::BITS.div_ceil(7) {
            let byte = self.byte()?;
            number |= usize::from(byte & 0x7f) << (7 * digit);
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    pub(crate) fn bytes(&mut self) -> Option<&'a [u8]> {
        let count = self.number()?;
        self.take(count)
    }

    pub(crate) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    pub(crate) fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.bytes()?).ok()
    }

    pub(crate) fn pattern(&mut self) -> Option<Hir> {
        let small = |number| u32::try_from(number).ok();
        Some(match self.byte()? {
            EMPTY => Hir::empty(),
            LITERAL => Hir::literal(self.bytes()?),
            CLASS => {
                let count = self.number()?;
                let ranges = self.take(count.checked_mul(2)?)?.as_chunks::<2>().0;
                let ranges = ranges
                    .iter()
                    .map(|[first, last]| ClassBytesRange::new(*first, *last));
                Hir::class(Class::Bytes(ClassBytes::new(ranges)))
            }
            CHARACTERS => {
                let edge = |reader: &mut Self| char::from_u32(small(reader.number()?)?);
                let range =
                    |reader: &mut Self| Some(ClassUnicodeRange::new(edge(reader)?, edge(reader)?));
                Hir::class(Class::Unicode(ClassUnicode::new(self.list(range)?)))
            }
            LOOK => Hir::look(Look::from_repr(small(self.number()?)?)?),
            REPETITION => Hir::repetition(Repetition {
                min: small(self.number()?)?,
                max: self.number()?.checked_sub(1).and_then(small),
                greedy: self.byte()? != 0,
                sub: Box::new(self.pattern()?),
            }),
            CAPTURE => Hir::capture(Capture {
                index: small(self.number()?)?,
                name: Some(self.text()?)
                    .filter(|name| !name.is_empty())
                    .map(Into::into),
                sub: Box::new(self.pattern()?),
            }),
            CONCAT => Hir::concat(self.patterns()?),
            ALTERNATION => Hir::alternation(self.patterns()?),
            _ => return None,
        })
    }

    fn patterns(&mut self) -> Option<Vec<Hir>> {
        self.list(Self::pattern)
    }

    /// So many as the number before them says.
    pub(crate) fn list<T>(
        &mut self,
        mut read: impl FnMut(&mut Self) -> Option<T>,
    ) -> Option<Vec<T>> {
        let count = self.number()?;
        (0..count).map(|_| read(self)).collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parsed(pattern: &str) -> Hir {
        let mut parser = regex_syntax::ParserBuilder::new()
            .unicode(false)
            .utf8(false)
            .build();
        parser.parse(pattern).unwrap()
    }

    #[test]
    fn what_is_packed_is_read_back() {
        for pattern in [
            "",
            "abc",
            "[a-cx]",
            r"^\b(?:a|bc){2,}?$",
            r"(?P<hit>a)(b){0,300}",
            r"(?i:k)\xff|[^a]",
            r"(?u:\w)",
            "x(?:=|:)",
        ] {
            let mut packed = Vec::new();
            let pattern = parsed(pattern);
            pack(&pattern, &mut packed);
            let mut reader = Packed(&packed);
            assert_eq!(reader.pattern(), Some(pattern));
            assert!(reader.0.is_empty());
            for end in 0..packed.len() {
                assert_eq!(Packed(&packed[..end]).pattern(), None);
            }
        }
    }

    proptest! {
        #[test]
        fn numbers_are_read_back(of: usize) {
            let mut packed = Vec::new();
            number(of, &mut packed);
            prop_assert_eq!(Packed(&packed).number(), Some(of));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(0u8..9, 0..60)) {
            let _ = Packed(&bytes).pattern();
        }
    }
}
