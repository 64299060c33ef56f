// SPDX-License-Identifier: Apache-2.0
//! Tables: a cell is read beside the other cells of its row, and under the head of its column.

use super::fold::{Folded, Inline, fold};
use super::marks::cells;
use super::{Block, Line, Shape, Sink};

/// A table that is drawn with bars, row by row. The first row becomes the head when a rule follows
/// it, so a row is held back until the next is seen.
#[derive(Default)]
pub(super) struct Table {
    rows: usize,
    pending: Vec<Line>,
    head: Vec<String>,
}

impl Table {
    /// The next row, or the rule below the head.
    pub(super) fn row(
        &mut self,
        text: &[u8],
        line: Line,
        headings: &[String],
        sink: &mut Sink<'_>,
    ) {
        let cells = cells(text, line);
        let is_rule = |cell: &Line| {
            let bytes = &text[cell.start..cell.end];
            bytes.iter().all(|b| b" :-=".contains(b))
        };
        if !cells.is_empty() && cells.iter().all(is_rule) {
            self.take_head(text);
            return;
        }
        let before = std::mem::replace(&mut self.pending, cells);
        self.rows += 1;
        self.emit(text, &before, headings, sink);
    }

    /// The row before was the head, if it was the first.
    pub(super) fn take_head(&mut self, text: &[u8]) {
        if self.rows == 1 {
            let head = std::mem::take(&mut self.pending);
            self.head = head
                .iter()
                .map(|&cell| fold(text, &[cell], Inline::Markup).text)
                .collect();
        }
    }

    /// Nothing more of this table follows.
    pub(super) fn end(&mut self, text: &[u8], headings: &[String], sink: &mut Sink<'_>) {
        let ended = std::mem::take(self);
        ended.emit(text, &ended.pending, headings, sink);
    }

    fn emit(&self, text: &[u8], row: &[Line], headings: &[String], sink: &mut Sink<'_>) {
        if !sink.wants_lines(row) {
            return;
        }
        let row = row.iter().map(|&cell| fold(text, &[cell], Inline::Markup));
        stream(row.collect(), &self.head, headings, sink);
    }
}

/// Streams the cells of one row, each with the others beside it.
pub(super) fn stream(row: Vec<Folded>, head: &[String], headings: &[String], sink: &mut Sink<'_>) {
    let words: Vec<_> = row.iter().map(|cell| cell.text.clone()).collect();
    for (column, folded) in row.into_iter().enumerate() {
        if folded.is_empty() {
            continue;
        }
        let mut siblings = words.clone();
        siblings.remove(column);
        sink.push(&Block {
            folded,
            shape: Shape::Cell {
                is_first: column == 0,
            },
            headings,
            lead: head.get(column).map(String::as_str),
            siblings: &siblings,
        });
    }
}
