// SPDX-License-Identifier: Apache-2.0
//! What patterns of claims come down to: smaller patterns, and the words that they need. Of the rules
//! that ship with this program `build.rs` makes it, which compiles this folder too, so nothing here
//! knows of the rest; to parse such a pattern and to reduce it takes longer than most files take.

mod lower;
mod needs;
mod pack;
mod plain;
mod wide;

pub(crate) use lower::lower;
pub(crate) use needs::{Need, needs};
pub(crate) use pack::{Packed, number};
pub(crate) use plain::{LOST, gist, gist_of_hit};
pub(crate) use wide::widened;

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
    parsed(source, false)
        .map(|pattern| needs(&pattern))
        .unwrap_or_default()
}

fn parsed(source: &str, any_case: bool) -> Option<Hir> {
    let mut parser = ParserBuilder::new().case_insensitive(any_case).build();
    parser.parse(source).ok()
}

/// Packs a table of patterns: how many, of each its key and where its record lies, in the order of
/// keys; then the records.
///
/// # Panics
/// When two patterns have one key.
pub(crate) fn table(sources: &[&str]) -> Vec<u8> {
    let mut sources: Vec<_> = sources
        .iter()
        .map(|source| (key(source), *source))
        .collect();
    sources.sort_unstable();
    sources.dedup();
    assert!(
        sources.is_sorted_by(|a, b| a.0 < b.0),
        "two patterns have one key"
    );
    let (mut index, mut records) = (Vec::new(), Vec::new());
    for (key, source) in &sources {
        index.extend(key.to_le_bytes());
        index.extend((records.len() as u64).to_le_bytes());
        record(source, &mut records);
    }
    [&(sources.len() as u64).to_le_bytes()[..], &index, &records].concat()
}

/// A number for a pattern: its 64-bit FNV-1a hash.
fn key(source: &str) -> u64 {
    let mix = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
    source.as_bytes().iter().fold(0xcbf2_9ce4_8422_2325, mix)
}

/// Adds what is known of one pattern.
fn record(source: &str, out: &mut Vec<u8>) {
    number(source.len(), out);
    let needs = needs_of(source);
    number(needs.len(), out);
    for need in &needs {
        number(need.gap, out);
        number(need.words.len(), out);
        for word in &need.words {
            pack::bytes(word.as_bytes(), out);
        }
    }
    for part in Part::ALL {
        let mut packed = Vec::new();
        let known = part
            .of(source)
            .is_some_and(|part| pack::pack(&part, &mut packed));
        pack::bytes(if known { &packed } else { b"" }, out);
    }
}

/// A pattern's record in a [`table`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Record<'t>(Packed<'t>);

impl<'t> Record<'t> {
    /// `None` where the table has none.
    pub(crate) fn find(table: &'t [u8], source: &str) -> Option<Self> {
        const NUMBER: usize = 8;
        let number = |at: usize| -> Option<u64> {
            let bytes = table.get(at..at + NUMBER)?;
            bytes.try_into().ok().map(u64::from_le_bytes)
        };
        let count = usize::try_from(number(0)?).ok()?;
        let index = table.get(NUMBER..NUMBER + 2 * NUMBER * count)?;
        let keys = index.as_chunks::<{ 2 * NUMBER }>().0;
        let wanted = key(source);
        let at = keys.partition_point(|entry| {
            let (key, _) = entry.split_at(NUMBER);
            key.try_into()
                .is_ok_and(|key| u64::from_le_bytes(key) < wanted)
        });
        let entry = NUMBER + 2 * NUMBER * at;
        if at == count || number(entry)? != wanted {
            return None;
        }
        let from = usize::try_from(number(entry + NUMBER)?).ok()?;
        let records = &table[NUMBER + index.len()..];
        let mut record = Packed(records.get(from..)?);
        (record.number()? == source.len()).then_some(Self(record))
    }

    /// As [`needs_of`] tells it.
    pub(crate) fn needs(self) -> Option<Vec<Need>> {
        let mut reader = self.0;
        let count = reader.number()?;
        (0..count)
            .map(|_| {
                let gap = reader.number()?;
                let count = reader.number()?;
                let words = (0..count).map(|_| reader.text().map(str::to_owned));
                Some(Need {
                    words: words.collect::<Option<_>>()?,
                    gap,
                })
            })
            .collect()
    }

    /// As [`Part::of`] makes it.
    pub(crate) fn part(self, part: Part) -> Option<Hir> {
        let mut reader = self.0;
        let count = reader.number()?;
        for _ in 0..count {
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
