// SPDX-License-Identifier: Apache-2.0
//! What a claim's pattern comes down to.

use super::lower::lower;
use super::needs::{Need, needs};
use super::pack::{Packed, bytes, number, pack};
use super::plain::{gist, gist_of_hit};
use super::steps::steps;
use regex_syntax::ParserBuilder;
use regex_syntax::hir::Hir;

/// Parts of a claim's pattern, in the order in which they are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// What of it plain texts have.
    Gist,
    /// The same of its hit.
    GistOfHit,
    /// What matches ASCII texts in lower case that it matches.
    Lower,
}

impl Part {
    pub(crate) const ALL: [Self; 3] = [Self::Gist, Self::GistOfHit, Self::Lower];

    /// The steps of this part of a pattern; `None` where it has none, or does not compile.
    pub(crate) fn of(self, source: &str) -> Option<Vec<u8>> {
        let part = match self {
            // These know letters in lower case alone: to fold them would cost more than all else.
            Self::Gist => gist(&parsed(source, false)?),
            Self::GistOfHit => gist_of_hit(&parsed(source, false)?),
            Self::Lower => lower_of(source)?,
        };
        let mut out = Vec::new();
        steps(&part, &mut out);
        Some(out)
    }
}

/// What finds in ASCII texts in lower case what a pattern finds; `None` where it tells cases apart, or does
/// not compile.
pub(crate) fn lower_of(source: &str) -> Option<Hir> {
    lower(&parsed(source, true)?)
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
    // Nothing for none.
    for part in Part::ALL {
        bytes(&part.of(source).unwrap_or_default(), &mut out);
    }
    if let Some(lower) = lower_of(source) {
        pack(&lower, &mut out);
    }
    out
}

/// A pattern as [`packed_claim`] packs it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Claim<'t>(pub(crate) Packed<'t>);

impl<'t> Claim<'t> {
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
    pub(crate) fn steps(self, part: Part) -> Option<&'t [u8]> {
        let mut reader = self.behind_needs()?;
        for _ in 0..part as usize {
            reader.bytes()?;
        }
        reader.bytes().filter(|steps| !steps.is_empty())
    }

    /// As [`lower_of`] makes it.
    pub(crate) fn lower(self) -> Option<Hir> {
        self.steps(Part::Lower)?;
        let mut reader = self.behind_needs()?;
        for _ in Part::ALL {
            reader.bytes()?;
        }
        reader.pattern()
    }

    fn behind_needs(self) -> Option<Packed<'t>> {
        let mut reader = self.0;
        for _ in 0..reader.number()? {
            reader.number()?;
            for _ in 0..reader.number()? {
                reader.bytes()?;
            }
        }
        Some(reader)
    }
}
