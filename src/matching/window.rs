// SPDX-License-Identifier: Apache-2.0
//! The part of a text that a pattern may look at around a keyword.
//!
//! Windows of one rule that touch are merged, so that a line full of keywords is read once and
//! not once for each of them.

use crate::rules::Window;

/// Bytes before a keyword.
const BEFORE: usize = 512;
/// Bytes after it on its line, where the line is longer.
const AFTER_LINE: usize = 2 << 10;
/// Lines after its own, where the window is several lines.
const MORE_LINES: usize = 4;
/// Bytes after it in a block.
const AFTER_BLOCK: usize = 8 << 10;

/// A merged window is read in pieces of this size. A pattern that looks far ahead from every
/// match costs time quadratic in the text it is given; pieces bound that.
const PIECE: usize = 64 << 10;
/// What two pieces share: the window of any one keyword lies whole in one of them.
const OVERLAP: usize = BEFORE + AFTER_BLOCK + (1 << 10);

/// A window that waits for its pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pending {
    pub(super) rule: u32,
    pub(super) from: usize,
    pub(super) to: usize,
}

/// Finds windows. Remembers a stretch without line break, so that many keywords on one long line
/// do not search it again and again, and the lines after the last keyword, which many rules share.
#[derive(Debug, Default)]
pub(super) struct Windows {
    from: usize,
    to: usize,
    lines: Lines,
}

/// A keyword's place and its window of several lines.
#[derive(Debug, Default)]
struct Lines {
    keyword: (usize, usize),
    window: (usize, usize),
}

impl Windows {
    /// The window around a keyword at `start..end`.
    pub(super) fn around(
        &mut self,
        window: Window,
        text: &[u8],
        start: usize,
        end: usize,
    ) -> (usize, usize) {
        let floor = start.saturating_sub(BEFORE);
        match window {
            Window::Block => (floor, text.len().min(end + AFTER_BLOCK)),
            Window::File => (0, text.len()),
            Window::Line => self.line(text, floor, start, end),
            Window::Lines => {
                // No keyword is empty, so none is the one that nothing is known of.
                if self.lines.keyword != (start, end) {
                    let ceiling = text.len().min(end + AFTER_LINE);
                    let last = memchr::memchr_iter(b'\n', &text[end..ceiling]).nth(MORE_LINES);
                    let to = last.map_or(ceiling, |found| end + found);
                    self.lines = Lines {
                        keyword: (start, end),
                        window: (back(text, floor, start), to),
                    };
                }
                self.lines.window
            }
        }
    }

    fn line(&mut self, text: &[u8], floor: usize, start: usize, end: usize) -> (usize, usize) {
        let ceiling = text.len().min(end + AFTER_LINE);
        if !(self.from <= start && end <= self.to) {
            if memchr::memchr(b'\n', &text[start..end]).is_some() {
                // A keyword over several lines: all of them.
                return (back(text, floor, start), forth(text, end, ceiling));
            }
            (self.from, self.to) = (start, end);
        }
        if self.from > floor {
            self.from = back(text, floor, self.from);
        }
        if self.to < ceiling {
            self.to = forth(text, self.to, ceiling);
        }
        (self.from.max(floor), self.to.min(ceiling))
    }
}

/// The start of the line that `at` stands on, not before `floor`.
fn back(text: &[u8], floor: usize, at: usize) -> usize {
    memchr::memrchr(b'\n', &text[floor..at]).map_or(floor, |found| floor + found + 1)
}

/// The end of the line that `at` stands on, not after `ceiling`.
fn forth(text: &[u8], at: usize, ceiling: usize) -> usize {
    memchr::memchr(b'\n', &text[at..ceiling]).map_or(ceiling, |found| at + found)
}

/// Sorts windows by rule and place and merges those of one rule that touch.
pub(super) fn merge(windows: &mut Vec<Pending>) {
    windows.sort_unstable();
    windows.dedup_by(|next, kept| {
        let touch = next.rule == kept.rule && next.from <= kept.to;
        if touch {
            kept.to = kept.to.max(next.to);
        }
        touch
    });
}

/// A window cut into overlapping pieces: start, end, and the start of the next one.
pub(super) fn pieces(
    from: usize,
    to: usize,
) -> impl Iterator<Item = (usize, usize, Option<usize>)> {
    let mut next = Some(from);
    std::iter::from_fn(move || {
        let start = next?;
        // A last piece may be half as long again: no crumbs.
        if to - start <= PIECE + PIECE / 2 {
            next = None;
            return Some((start, to, None));
        }
        next = Some(start + PIECE - OVERLAP);
        Some((start, start + PIECE, next))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_long_line_is_cut_and_a_short_one_is_not() {
        let mut windows = Windows::default();
        let text = b"one\ntwo key two\nthree";
        assert_eq!(windows.around(Window::Line, text, 8, 11), (4, 15));
        let text = vec![b'x'; 10_000];
        let mut windows = Windows::default();
        let at =
            |windows: &mut Windows, start| windows.around(Window::Line, &text, start, start + 3);
        assert_eq!(at(&mut windows, 5000), (4488, 7051));
        assert_eq!(at(&mut windows, 5010), (4498, 7061));
        assert_eq!(at(&mut windows, 9990), (9478, 10_000));
        assert_eq!(at(&mut windows, 10), (0, 2061));
        assert_eq!(
            windows.around(Window::Block, &text, 1000, 1003),
            (488, 9195)
        );
    }

    #[test]
    fn several_lines_end_with_the_fourth_after_the_keyword() {
        let mut windows = Windows::default();
        let text = b"one\ntwo key two\n1\n2\n3\n4\n5\n";
        assert_eq!(windows.around(Window::Lines, text, 8, 11), (4, 23));
        let mut windows = Windows::default();
        assert_eq!(windows.around(Window::Lines, &text[..14], 8, 11), (4, 14));
    }

    proptest! {
        #[test]
        fn memory_of_the_line_changes_nothing(
            text in prop::collection::vec(prop::sample::select(b"aaaaaaa\n".to_vec()), 1..60),
            starts in prop::collection::vec(0..60usize, 1..20),
        ) {
            let mut windows = Windows::default();
            for start in starts {
                let start = start.min(text.len() - 1);
                let end = (start + 2).min(text.len());
                for window in [Window::Line, Window::Lines, Window::Lines] {
                    prop_assert_eq!(
                        windows.around(window, &text, start, end),
                        Windows::default().around(window, &text, start, end)
                    );
                }
            }
        }

        #[test]
        fn pieces_cover_and_hold_every_window(length in 0..400_000usize, at in 0..400_000usize) {
            let all: Vec<_> = pieces(7, 7 + length).collect();
            prop_assert_eq!(all[0].0, 7);
            prop_assert_eq!(all[all.len() - 1].1, 7 + length);
            let from = 7 + at.min(length);
            let to = (from + OVERLAP).min(7 + length);
            prop_assert!(all.iter().any(|&(start, end, _)| start <= from && to <= end));
        }
    }
}
