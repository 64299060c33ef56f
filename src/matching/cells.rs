// SPDX-License-Identifier: Apache-2.0
//! The values of records of an SQLite database, each for itself.
//!
//! In the file the values of a record stand side by side with nothing between them, so a value that
//! begins with a provider's mark follows the letters of another one, and no rule that asks for the
//! edge of a word finds it. Pages are read one after the other, not along the tree, and cells in the
//! order of their bytes, so that a damaged or hostile file costs no more than its length. What
//! overflows a page is left to the search of the whole file. What deleted rows left is read, too.
//!
//! A value whose neighbour names it (`api_key` in one column, the key in the next) is handed out a second
//! time beside its name, as it would stand in a file of settings.
//!
//! Layout: "Database File Format" of sqlite.org, sections 1.3 (header), 1.6 (pages), 2.1 (records).

mod free;

use crate::model::ByteSpan;
use free::Free;
use std::ops::Range;

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
            self.part(value, offset);
            self.text.push(0);
        }
    }

    fn part(&mut self, value: &[u8], offset: usize) {
        self.starts.push((self.text.len(), offset, value.len()));
        self.text.extend_from_slice(value);
    }
}

/// What hears of a value: its bytes, where they stand in the page, and the text in the column before.
trait Tell<'p>: FnMut(&'p [u8], usize, Option<(&'p [u8], usize)>) {}
impl<'p, T: FnMut(&'p [u8], usize, Option<(&'p [u8], usize)>)> Tell<'p> for T {}

/// Values of some pages: each for itself, and those that have a name, beside it.
#[derive(Debug, Default)]
pub struct Records {
    /// Each value for itself.
    pub values: Cells,
    /// Lines of JSON: a name and its value.
    pub named: Cells,
}

impl Records {
    fn add(&mut self, value: &[u8], at: usize, before: Option<(&[u8], usize)>) {
        self.values.add(value, at);
        if let Some((name, name_at)) = before.filter(|(name, _)| names_secret(name))
            && is_word(value)
        {
            let named = &mut self.named;
            named.text.push(b'"');
            named.part(name, name_at);
            named.text.extend_from_slice(b"\": \"");
            named.part(value, at);
            named.text.extend_from_slice(b"\",\n");
        }
    }
}

/// Whether a text may name a secret that stands beside it.
fn names_secret(text: &[u8]) -> bool {
    const WORDS: [&str; 7] = [
        "key",
        "token",
        "secret",
        "passw",
        "pwd",
        "credential",
        "auth",
    ];
    let letter = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let lower = text.to_ascii_lowercase();
    (3..=64).contains(&text.len())
        && text.iter().all(letter)
        && WORDS
            .iter()
            .any(|word| memchr::memmem::find(&lower, word.as_bytes()).is_some())
}

/// Whether a text is one word that needs no escape.
fn is_word(text: &[u8]) -> bool {
    let plain = |byte: &u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
    (8..=512).contains(&text.len()) && text.iter().all(plain)
}

/// The values of all records in `bytes`, in pieces.
pub fn sqlite_values(bytes: &[u8]) -> impl Iterator<Item = Records> + '_ {
    let layout = Layout::of(bytes);
    let mut page = 0;
    std::iter::from_fn(move || {
        let layout = layout?;
        let mut found = Records::default();
        while found.values.text.len() < PIECE {
            let start = page * layout.page;
            let Some(content) = bytes.get(start..bytes.len().min(start + layout.page)) else {
                break;
            };
            if content.is_empty() {
                break;
            }
            let header = if page == 0 { FILE_HEADER } else { 0 };
            layout.values(content, header, &mut |value, at, before| {
                found.add(
                    value,
                    start + at,
                    before.map(|(name, at)| (name, start + at)),
                );
            });
            page += 1;
        }
        (!found.values.text.is_empty() || !found.named.text.is_empty()).then_some(found)
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
    fn values<'p>(self, page: &'p [u8], header: usize, tell: &mut impl Tell<'p>) {
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
        let gap =
            list + pointers.len()..cells.first().copied().unwrap_or(page.len()).min(page.len());
        let first = be16(page, header + 1).unwrap_or(0);
        // No byte belongs to two cells.
        let mut live: Vec<Range<usize>> = Vec::new();
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
            live.push(cell..end);
            record(page, at, end, tell);
        }
        // Cells of a table hold their row's number, those of an index none.
        if link == 0 {
            Free::new(page, row).values(gap, first, &live, tell);
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
fn record<'p>(page: &'p [u8], start: usize, end: usize, tell: &mut impl Tell<'p>) {
    let Some((length, mut at)) = varint(page, start) else {
        return;
    };
    let header = start.saturating_add(length);
    let mut value = header;
    let mut before = None;
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
            let text = (kind % 2 == 1).then_some((content, value));
            tell(content, value, before.take().filter(|_| text.is_some()));
            before = text;
        } else {
            before = None;
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
        let values = pieces.map(|piece| piece.values).flat_map(|piece| {
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

    /// A database of rows some of which were deleted.
    fn deleted(rows: usize, which: &str) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.db");
        let base = Connection::open(&file).unwrap();
        base.execute_batch("PRAGMA secure_delete = OFF; CREATE TABLE t (a TEXT, b TEXT);")
            .unwrap();
        for row in 0..rows {
            let values = (
                format!("name{row}"),
                format!("VALUE{row:03}{}", "x".repeat(30)),
            );
            base.execute("INSERT INTO t VALUES (?1, ?2)", values)
                .unwrap();
        }
        base.execute_batch(&format!("DELETE FROM t WHERE {which}"))
            .unwrap();
        drop(base);
        std::fs::read(file).unwrap()
    }

    #[test]
    fn what_deleted_rows_left_is_there() {
        for (rows, which) in [
            (6, "a = 'name5'"),
            (6, "a = 'name3'"),
            (6, "a IN ('name1', 'name2')"),
            (6, "a IN ('name2', 'name3', 'name4')"),
            (6, "TRUE"),
            (600, "a != 'name300'"),
        ] {
            let found = all(&deleted(rows, which));
            for row in 0..rows.min(6) {
                let value = format!("VALUE{row:03}{}", "x".repeat(30));
                assert!(found.contains(&value), "{value} {which}: {found:?}");
            }
        }
    }

    #[test]
    fn a_name_in_the_column_before_stands_beside_its_value() {
        let rows = [
            ("api_key", "kQ7vZx2LpW9sYt4R", 1),
            ("title", "kQ7vZx2LpW9sYt4R", 2),
        ];
        let bytes = {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("x.db");
            let base = Connection::open(&file).unwrap();
            base.execute_batch("CREATE TABLE t (a TEXT, b TEXT, n INTEGER)")
                .unwrap();
            for row in rows {
                base.execute("INSERT INTO t VALUES (?1, ?2, ?3)", row)
                    .unwrap();
            }
            drop(base);
            std::fs::read(file).unwrap()
        };
        let named: Vec<u8> = sqlite_values(&bytes)
            .flat_map(|piece| piece.named.text)
            .collect();
        assert_eq!(
            String::from_utf8(named).unwrap(),
            "\"api_key\": \"kQ7vZx2LpW9sYt4R\",\n"
        );
    }

    proptest! {
        #[test]
        fn damaged_rows_are_handed_out_once_and_from_where_they_stand(
            which in 0usize..3,
            places in proptest::collection::vec((4096usize..8192, any::<u8>()), 0..30),
        ) {
            static BASES: std::sync::LazyLock<[Vec<u8>; 3]> = std::sync::LazyLock::new(|| {
                ["a IN ('name2', 'name3')", "a != 'name3'", "a > 'name3'"].map(|which| deleted(60, which))
            });
            let mut bytes = BASES[which].clone();
            for (at, byte) in places {
                bytes[at] = byte;
            }
            let mut handed = vec![0_u8; bytes.len()];
            for piece in sqlite_values(&bytes) {
                for at in 0..piece.values.text.len() {
                    if let Some(span) = piece.values.in_file(ByteSpan::new(at, at + 1)) {
                        prop_assert_eq!(bytes[span.start], piece.values.text[at]);
                        handed[span.start] += 1;
                    }
                }
            }
            prop_assert!(handed.iter().all(|times| *times <= 1));
        }

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
            let sum: usize = sqlite_values(&bytes).map(|piece| piece.values.text.len()).sum();
            prop_assert!(sum <= 2 * bytes.len());
        }
    }
}
