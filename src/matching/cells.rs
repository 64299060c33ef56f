// SPDX-License-Identifier: Apache-2.0
//! The values of records of an SQLite database, each for itself.
//!
//! In the file the values of a record stand side by side with nothing between them, so a value that
//! begins with a provider's mark follows the letters of another one, and no rule that asks for the
//! edge of a word finds it. Pages are read one after the other, not along the tree, and cells in the
//! order of their bytes, so that a damaged or hostile file costs no more than its length. What
//! overflows a page is left to the search of the whole file.
//!
//! Layout: "Database File Format" of sqlite.org, sections 1.3 (header), 1.6 (pages), 2.1 (records).

use crate::model::ByteSpan;

/// Bytes of the shortest value that is handed out: shorter ones hold no secret that tells itself.
const SHORTEST: usize = 12;
/// Text that is handed out at a time.
const PIECE: usize = 1 << 20;
/// What stands before the first page's own header.
const FILE_HEADER: usize = 100;

/// Some of the values, each followed by a NUL byte, and where they stand.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Cells {
    /// The values.
    pub text: Vec<u8>,
    /// Where a value begins in the text and in the file, and its length.
    starts: Vec<(usize, usize, usize)>,
}

impl Cells {
    /// The parts of a file that stand in the given places.
    pub fn at(bytes: &[u8], spans: &[ByteSpan]) -> Self {
        let mut found = Self::default();
        for span in spans {
            if let Some(value) = bytes.get(span.range()) {
                found.add(value, span.start);
            }
        }
        found
    }

    /// The bytes of the file that a part of one value stands in.
    pub fn in_file(&self, span: ByteSpan) -> Option<ByteSpan> {
        let number = self
            .starts
            .partition_point(|(start, ..)| *start <= span.start);
        let (start, offset, length) = *self.starts.get(number.checked_sub(1)?)?;
        let by = |at: usize| offset + (at - start);
        (span.end <= start + length).then(|| ByteSpan::new(by(span.start), by(span.end)))
    }

    fn add(&mut self, value: &[u8], offset: usize) {
        if value.len() >= SHORTEST {
            self.starts.push((self.text.len(), offset, value.len()));
            self.text.extend_from_slice(value);
            self.text.push(0);
        }
    }
}

/// The values of all records in `bytes`, in pieces.
pub fn sqlite_values(bytes: &[u8]) -> impl Iterator<Item = Cells> + '_ {
    let layout = Layout::of(bytes);
    let mut page = 0;
    std::iter::from_fn(move || {
        let layout = layout?;
        let mut found = Cells::default();
        while found.text.len() < PIECE {
            let start = page * layout.page;
            let Some(content) = bytes.get(start..bytes.len().min(start + layout.page)) else {
                break;
            };
            if content.is_empty() {
                break;
            }
            let header = if page == 0 { FILE_HEADER } else { 0 };
            layout.values(content, header, &mut |value, at| {
                found.add(value, start + at)
            });
            page += 1;
        }
        (!found.text.is_empty()).then_some(found)
    })
}

/// Sizes that hold for a whole database.
#[derive(Debug, Clone, Copy)]
struct Layout {
    page: usize,
    /// Bytes of a page that hold cells.
    usable: usize,
}

impl Layout {
    /// `None` when the file is no database, or its texts are not UTF-8.
    fn of(bytes: &[u8]) -> Option<Self> {
        let header = bytes.get(..FILE_HEADER)?;
        if !header.starts_with(b"SQLite format 3\0") {
            return None;
        }
        let page = match be16(header, 16)? {
            1 => 1 << 16,
            size => size,
        };
        let usable = page.checked_sub(usize::from(header[20]))?;
        let utf_8 = matches!(header[56..60], [0, 0, 0, 0 | 1]);
        (page.is_power_of_two() && page >= 512 && usable >= 480 && utf_8)
            .then_some(Self { page, usable })
    }

    /// Hands over every value of the cells in one page, and where it begins in the page.
    fn values<'p>(self, page: &'p [u8], header: usize, tell: &mut impl FnMut(&'p [u8], usize)) {
        let page = &page[..page.len().min(self.usable)];
        let (Some(kind), Some(count)) = (page.get(header), be16(page, header + 3)) else {
            return;
        };
        // Bytes of the page's header, of a cell before its payload's length, whether a row's number
        // follows that.
        let (head, link, row) = match kind {
            0x0d => (8, 0, true),
            0x0a => (8, 0, false),
            0x02 => (12, 4, false),
            _ => return,
        };
        let list = header + head;
        let Some(pointers) = page.get(list..(list + 2 * count).min(page.len())) else {
            return;
        };
        let mut cells: Vec<usize> = pointers
            .chunks_exact(2)
            .map(|pair| usize::from(pair[0]) << 8 | usize::from(pair[1]))
            .collect();
        cells.sort_unstable();
        // No byte belongs to two cells.
        let mut reached = list + pointers.len();
        for cell in cells {
            if cell < reached {
                continue;
            }
            let Some((payload, mut at)) = varint(page, cell + link) else {
                continue;
            };
            if row {
                let Some((_, behind)) = varint(page, at) else {
                    continue;
                };
                at = behind;
            }
            let end = page.len().min(at.saturating_add(self.local(payload, row)));
            reached = end;
            record(page, at, end, tell);
        }
    }

    /// How much of a payload stands in the page itself.
    fn local(self, payload: usize, row: bool) -> usize {
        let least = (self.usable - 12) * 32 / 255 - 23;
        let most = match row {
            true => self.usable - 35,
            false => (self.usable - 12) * 64 / 255 - 23,
        };
        if payload <= most {
            return payload;
        }
        let wanted = least + (payload - least) % (self.usable - 4);
        if wanted <= most { wanted } else { least }
    }
}

/// Hands over the texts and blobs of one record.
fn record<'p>(page: &'p [u8], start: usize, end: usize, tell: &mut impl FnMut(&'p [u8], usize)) {
    let Some((length, mut at)) = varint(page, start) else {
        return;
    };
    let header = start.saturating_add(length);
    let mut value = header;
    while at < header.min(end) {
        let Some((kind, behind)) = varint(page, at) else {
            return;
        };
        at = behind;
        let length = match kind {
            0..=4 => kind,
            5 => 6,
            6 | 7 => 8,
            8..=11 => 0,
            _ => (kind - 12) / 2,
        };
        let behind = value.saturating_add(length);
        if kind >= 12
            && let Some(content) = page.get(value..behind.min(end))
        {
            tell(content, value);
        }
        value = behind;
        if value >= end {
            return;
        }
    }
}

fn be16(bytes: &[u8], at: usize) -> Option<usize> {
    let pair = bytes.get(at..at + 2)?;
    Some(usize::from(pair[0]) << 8 | usize::from(pair[1]))
}

/// A number of one to nine bytes, seven bits each, eight in the ninth; and where it ends.
fn varint(bytes: &[u8], at: usize) -> Option<(usize, usize)> {
    let mut value = 0_u64;
    for (count, byte) in bytes.get(at..)?.iter().take(9).enumerate() {
        if count == 8 {
            value = value << 8 | u64::from(*byte);
        } else {
            value = value << 7 | u64::from(byte & 0x7f);
        }
        if count == 8 || *byte < 0x80 {
            return Some((usize::try_from(value).ok()?, at + count + 1));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;
    use proptest::prelude::*;
    use rusqlite::Connection;

    fn database(page: usize, rows: &[(&str, &str, i64)]) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.db");
        let base = Connection::open(&file).unwrap();
        base.execute_batch(&format!(
            "PRAGMA page_size = {page}; CREATE TABLE t (a TEXT, n INTEGER, b TEXT); CREATE INDEX i ON t (b);"
        ))
        .unwrap();
        for (a, b, n) in rows {
            base.execute("INSERT INTO t VALUES (?1, ?3, ?2)", (a, b, n))
                .unwrap();
        }
        drop(base);
        std::fs::read(file).unwrap()
    }

    fn all(bytes: &[u8]) -> Vec<String> {
        let pieces = sqlite_values(bytes);
        let values = pieces.flat_map(|piece| {
            let values = piece.text.split(|byte| *byte == 0);
            let mut at = 0;
            let mut found = Vec::new();
            for value in values.filter(|value| !value.is_empty()) {
                let span = piece.in_file(ByteSpan::new(at, at + value.len())).unwrap();
                assert_eq!(&bytes[span.range()], value);
                assert_eq!(piece.in_file(ByteSpan::new(at, at + value.len() + 1)), None);
                at += value.len() + 1;
                found.push(String::from_utf8_lossy(value).into_owned());
            }
            found
        });
        values.collect()
    }

    #[test]
    fn values_stand_for_themselves_in_tables_and_indexes() {
        for page in [512, 4096, 65536] {
            let rows: Vec<_> = (0..200)
                .map(|n| {
                    (
                        format!("account number {n}"),
                        format!("value-of-{n:04}-end"),
                    )
                })
                .collect();
            let rows: Vec<_> = rows
                .iter()
                .map(|(a, b)| (a.as_str(), b.as_str(), 7))
                .collect();
            let found = all(&database(page, &rows));
            for (a, b, _) in &rows {
                assert!(found.iter().any(|value| value == a), "{a} {page}");
                assert!(
                    found.iter().filter(|value| value == b).count() >= 2,
                    "{b} {page}"
                );
            }
        }
    }

    #[test]
    fn of_a_long_value_the_part_in_its_page_is_there() {
        let long = format!("begins here {}", "x".repeat(20_000));
        let found = all(&database(4096, &[("a", &long, 1)]));
        assert!(found.iter().any(|value| value.starts_with("begins here x")));
    }

    proptest! {
        #[test]
        fn any_damage_is_survived_within_the_length_of_the_file(
            places in proptest::collection::vec((0usize..8192, any::<u8>()), 0..40),
            length in 0usize..8192,
        ) {
            let mut bytes = vec![0; 8192];
            bytes[..16].copy_from_slice(b"SQLite format 3\0");
            bytes[16] = 0x10;
            bytes[100] = 0x0d;
            bytes[4096] = 0x0a;
            for (at, byte) in places {
                bytes[at] = byte;
            }
            bytes.truncate(length);
            let sum: usize = sqlite_values(&bytes).map(|piece| piece.text.len()).sum();
            prop_assert!(sum <= 2 * bytes.len());
        }
    }
}
