// SPDX-License-Identifier: Apache-2.0
//! What a claim's pattern comes down to.

use super::lower::lower;
use super::needs::{Need, needs};
use super::pack::{Packed, bytes, number, pack};
use super::plain::{gist, gist_of_hit};
use regex_syntax::ParserBuilder;
use regex_syntax::hir::Hir;

/// Parts of a claim's pattern, in the order in which they are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// What of it plain texts have.
    Gist,
    /// The same of its hit.
    GistOfHit,
    /// What finds in ASCII texts in lower case what it finds.
    Lower,
}

impl Part {
    pub(crate) const ALL: [Self; 3] = [Self::Gist, Self::GistOfHit, Self::Lower];

    /// This part of a pattern; `None` where it has none, or does not compile.
    pub(crate) fn of(self, source: &str) -> Option<Hir> {
        match self {
            // These know letters in lower case alone: to fold them would cost more than all else.
            Self::Gist => parsed(source, false).map(|pattern| gist(&pattern)),
            Self::GistOfHit => parsed(source, false).map(|pattern| gist_of_hit(&pattern)),
            Self::Lower => lower(&parsed(source, true)?),
        }
    }
}

/// What every match of a pattern holds, in this order; nothing where that is not known.
pub(crate) fn needs_of(source: &str) -> Vec<Need> {
    let pattern = parsed(source, false);
    pattern.map(|pattern| needs(&pattern)).unwrap_or_default()
}

fn parsed(source: &str, any_case: bool) -> Option<Hir> {
    let mut parser = ParserBuilder::new().case_insensitive(any_case).build();
    parser.parse(source).ok()
}

/// All of a pattern, packed.
pub(crate) fn packed_claim(source: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let needs = needs_of(source);
    number(needs.len(), &mut out);
    for need in &needs {
        number(need.gap, &mut out);
        number(need.words.len(), &mut out);
        for word in &need.words {
            bytes(word.as_bytes(), &mut out);
        }
    }
    for part in Part::ALL {
        // Nothing for none.
        let mut packed = Vec::new();
        if let Some(part) = part.of(source) {
            pack(&part, &mut packed);
        }
        bytes(&packed, &mut out);
    }
    out
}

/// A pattern as [`packed_claim`] packs it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Claim<'t>(pub(crate) Packed<'t>);

impl Claim<'_> {
    /// As [`needs_of`] tells it.
    pub(crate) fn needs(self) -> Option<Vec<Need>> {
        let mut reader = self.0;
        let need = |reader: &mut Packed<'_>| {
            let gap = reader.number()?;
            let words = reader.list(|reader| reader.text().map(str::to_owned))?;
            Some(Need { words, gap })
        };
        reader.list(need)
    }

    /// As [`Part::of`] makes it.
    pub(crate) fn part(self, part: Part) -> Option<Hir> {
        let mut reader = self.0;
        for _ in 0..reader.number()? {
            reader.number()?;
            for _ in 0..reader.number()? {
                reader.bytes()?;
            }
        }
        for _ in 0..part as usize {
            reader.bytes()?;
        }
        Packed(reader.bytes()?).pattern()
    }
}
