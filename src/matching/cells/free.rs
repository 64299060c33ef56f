// SPDX-License-Identifier: Apache-2.0
//! What deleted rows leave in a page of an SQLite database: whole cells in the gap before the cells that
//! count and inside free blocks, and cells of which a free block has taken the first four bytes.
//!
//! Layout: "Database File Format" of sqlite.org, section 1.6 (free blocks).

use super::{Tell, be16, record, varint};
use std::ops::Range;

/// Values of one record, and bytes of those that have lost their header's beginning.
const COLUMNS: usize = 64;
const LONGEST: usize = 4 << 10;
/// What a free block writes over: where the next one is, and its own length.
const TAKEN: usize = 4;
/// Bytes of a value whose type is lost.
const LOST: usize = 64;
/// Bytes that are looked at for each byte of a page: a file that is made to be slow is not.
const WORK: usize = 64;

/// The free parts of one page.
pub(super) struct Free<'p> {
    page: &'p [u8],
    /// Whether cells have the number of a row.
    row: bool,
    left: usize,
}

impl<'p> Free<'p> {
    pub(super) fn new(page: &'p [u8], row: bool) -> Self {
        Self {
            page,
            row,
            left: page.len() * WORK,
        }
    }

    /// Hands over the texts of deleted cells. `gap` is what lies between the list of cells and the first
    /// one, `first` where the chain of free blocks begins; `live` are the cells that count, in order.
    pub(super) fn values(
        &mut self,
        gap: Range<usize>,
        first: usize,
        live: &[Range<usize>],
        tell: &mut impl Tell<'p>,
    ) {
        let mut reached = gap.end;
        let used = self.page.get(gap.clone()).unwrap_or_default();
        if let Some(used) = used.iter().position(|byte| *byte != 0) {
            let used = gap.start + used;
            self.cells(
                gap.start.max(used.saturating_sub(TAKEN - 1))..gap.end,
                used,
                tell,
            );
        }
        let mut block = first;
        // Blocks stand in the order of their places, and no byte belongs to two of them.
        while block >= reached && block != 0 {
            let (Some(next), Some(length)) = (be16(self.page, block), be16(self.page, block + 2))
            else {
                return;
            };
            reached = self.page.len().min(block.saturating_add(length));
            let before = live.partition_point(|cell| cell.end <= block);
            let taken = live.get(before).is_some_and(|cell| cell.start < reached);
            if !taken {
                self.cells(block..reached, block, tell);
            }
            block = next;
        }
    }

    /// The cells of a free part: where one ended another may begin, whole or, where blocks that touch were
    /// made one, without its first bytes. So it may at the start, up to `begins`.
    fn cells(&mut self, part: Range<usize>, mut begins: usize, tell: &mut impl Tell<'p>) {
        let mut at = part.start;
        while at < part.end {
            if let Some((header, end)) = self.cell(at, part.end) {
                record(self.page, header, end, tell);
                (at, begins) = (end, end);
                continue;
            }
            let end = match at <= begins {
                true => self.beheaded(at, part.end, tell),
                false => None,
            };
            match end {
                Some(end) => (at, begins) = (end, end),
                None => at += 1,
            }
        }
    }

    /// Where the header of the record of a cell begins and where the cell ends, when all its lengths
    /// agree.
    fn cell(&self, at: usize, end: usize) -> Option<(usize, usize)> {
        let page = self.page;
        // The payload has a header of two bytes at least, and a text worth telling.
        if *page.get(at)? < 14 {
            return None;
        }
        let (payload, mut header) = varint(page, at)?;
        if self.row {
            header = varint(page, header)?.1;
        }
        let behind = header
            .checked_add(payload)
            .filter(|behind| *behind <= end)?;
        let (length, mut kinds) = varint(page, header)?;
        let values = header
            .checked_add(length)
            .filter(|values| *values <= behind)?;
        let (mut sum, mut columns) = (0_usize, 0);
        while kinds < values {
            let (kind, next) = varint(page, kinds)?;
            sum = sum.checked_add(size(kind)?)?;
            kinds = next;
            columns += 1;
            if columns > COLUMNS {
                return None;
            }
        }
        let whole = columns > 0 && kinds == values && values.checked_add(sum)? == behind;
        whole.then_some((header, behind))
    }

    /// A cell whose first bytes a free block has taken: of its header the types of the last columns are
    /// left. Their values end where the block does, or where text does, when more follows. Hands them
    /// over and says where they end.
    fn beheaded(&mut self, at: usize, end: usize, tell: &mut impl Tell<'p>) -> Option<usize> {
        // Length, row and the header's own length take three to six bytes; the first type may be gone too.
        for from in at + TAKEN..at + TAKEN + 3 {
            let mut lengths: Vec<(usize, bool)> = Vec::new();
            let (mut here, mut sum, mut control) = (from, 0_usize, from);
            while let Some((kind, next)) = varint(self.page, here) {
                let Some(length) = size(kind).filter(|_| lengths.len() < COLUMNS) else {
                    break;
                };
                sum = sum.saturating_add(length);
                if sum > LONGEST || next + sum > end {
                    break;
                }
                lengths.push((length, kind >= 13 && kind % 2 == 1));
                here = next;
                control = self.control(control.max(here), end)?;
                for stop in [control, end] {
                    // Before the values of known types that of a lost one may stand.
                    let start = stop.checked_sub(sum);
                    let start = start.filter(|start| (here..=here + LOST).contains(start));
                    let Some(found) = start.and_then(|start| self.texts(start, &lengths)) else {
                        continue;
                    };
                    let mut before = None;
                    for text in found {
                        tell(text.0, text.1, before.replace(text));
                    }
                    return Some(stop);
                }
            }
        }
        None
    }

    /// Where the first byte stands that no text holds, or the end; `None` when the work is used up.
    fn control(&mut self, at: usize, end: usize) -> Option<usize> {
        let length = self
            .page
            .get(at..end)?
            .iter()
            .position(|byte| *byte < b'\t');
        let length = length.unwrap_or(end - at);
        self.left = self.left.checked_sub(length)?;
        Some(at + length)
    }

    /// The texts among values that begin at `start`; `None` where there is none, or what should be text is
    /// not.
    fn texts(&mut self, start: usize, lengths: &[(usize, bool)]) -> Option<Vec<(&'p [u8], usize)>> {
        let mut at = start;
        let mut found = Vec::new();
        for (length, text) in lengths {
            if *text && *length > 0 {
                self.left = self.left.checked_sub(*length)?;
                let text = self.page.get(at..at + length)?;
                let printable =
                    |byte: &u8| *byte >= b' ' && *byte != 0x7f || byte.is_ascii_whitespace();
                if !text.iter().all(printable) {
                    return None;
                }
                found.push((text, at));
            }
            at += length;
        }
        (!found.is_empty()).then_some(found)
    }
}

/// Bytes of a value of this type; none for types that are reserved.
fn size(kind: usize) -> Option<usize> {
    match kind {
        0..=4 => Some(kind),
        5 => Some(6),
        6 | 7 => Some(8),
        8 | 9 => Some(0),
        10 | 11 => None,
        _ => Some((kind - 12) / 2),
    }
}
