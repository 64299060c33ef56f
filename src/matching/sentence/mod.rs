// SPDX-License-Identifier: Apache-2.0
//! Sentences out of files: what a reader reads, with the heading, the lead-in and the shape it
//! stands in, and the way back from each byte of it to the file.
//!
//! [`blocks`] chooses a reader by the kind of the file; each reader streams [`Block`]s, so that
//! memory follows the longest paragraph and not the file. Nothing here judges.

mod code;
mod config;
mod fold;
mod markup;
mod prose;
mod split;

pub(crate) use fold::Folded;
pub(crate) use split::sentences;

use crate::classify::{Classified, CommentStyle};

/// What a block is to its reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A paragraph.
    Prose,
    /// A heading.
    Heading,
    /// An item of a list, `true` when it is an unticked task.
    Item {
        /// `[ ]` stands before it.
        open_task: bool,
    },
    /// A cell of a table.
    Cell,
    /// A quoted block.
    Quote,
    /// A string in source code that is no documentation.
    Literal,
}

/// A piece of text that holds whole sentences, and what surrounds it.
#[derive(Debug)]
pub(crate) struct Block<'c> {
    /// Its text, white space folded and inline markup removed.
    pub(crate) folded: Folded,
    /// What it is.
    pub(crate) shape: Shape,
    /// Headings above it, outermost first (keys, in a configuration file).
    pub(crate) headings: &'c [String],
    /// The text that introduces it: "CCR does not" before a list, the head of a column.
    pub(crate) lead: Option<&'c str>,
    /// Other cells of its row.
    pub(crate) siblings: &'c [String],
}

/// Bytes of the file that hold one line of prose, comment marks cut off.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line {
    /// First byte.
    pub(crate) start: usize,
    /// One past the last.
    pub(crate) end: usize,
}

/// Who receives blocks, and what it cares for.
pub(crate) struct Sink<'s> {
    /// Places of keywords in the text, in order; blocks that hold none are passed over. `None`: all
    /// blocks are wanted.
    pub(crate) marks: Option<&'s [usize]>,
    /// Called for each block.
    pub(crate) emit: &'s mut dyn FnMut(&Block<'_>),
}

impl Sink<'_> {
    /// Whether a keyword begins in these bytes.
    fn wants(&self, start: usize, end: usize) -> bool {
        self.marks.is_none_or(|marks| {
            let next = marks.partition_point(|&at| at < start);
            marks.get(next).is_some_and(|&at| at < end)
        })
    }

    /// The same for lines, which need not touch.
    fn wants_lines(&self, lines: &[Line]) -> bool {
        match (lines.first(), lines.last()) {
            // A keyword may begin with the line end or the quote before the text.
            (Some(first), Some(last)) => self.wants(first.start.saturating_sub(2), last.end),
            _ => false,
        }
    }

    /// Whether a keyword begins at or behind this byte: when none does, reading may stop.
    fn wants_from(&self, start: usize) -> bool {
        self.marks
            .is_none_or(|marks| marks.last().is_some_and(|&at| at + 2 >= start))
    }

    fn push(&mut self, block: &Block<'_>) {
        (self.emit)(block);
    }
}

/// Streams the blocks of a file; nothing for binaries and for data that nobody reads as prose.
pub(crate) fn blocks(entry: &Classified<'_>, sink: &mut Sink<'_>) {
    let text = entry.text.bytes();
    let kind = entry.kind;
    if !sink.wants(0, text.len()) || entry.text.is_binary() {
        return;
    }
    match kind.id {
        "markdown" | "rst" | "asciidoc" | "plain" | "text" => {
            let dialect = match kind.id {
                "markdown" => prose::Dialect::Markdown,
                _ => prose::Dialect::Plain,
            };
            prose::read(text, &lines(text, 0, text.len()), dialect, sink);
        }
        "metadata" => config::metadata(entry.path.file_name(), text, sink),
        "html" | "xml" | "component" => markup::read(text, sink),
        "json" => config::json(text, config::is_described, sink),
        "notebook" => config::json(text, |key| key == "source", sink),
        "yaml" | "toml" | "ini" => config::keyed(text, sink),
        _ if kind.is("source") && kind.comments != CommentStyle::None => {
            code::read(entry.path.name(), kind, text, sink);
        }
        _ => {}
    }
}

/// Cuts `text[from..to]` into lines without their ends.
pub(crate) fn lines(text: &[u8], from: usize, to: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut start = from;
    for at in memchr::memchr_iter(b'\n', &text[from..to]) {
        let stop = from + at;
        let end = if stop > start && text[stop - 1] == b'\r' {
            stop - 1
        } else {
            stop
        };
        lines.push(Line { start, end });
        start = stop + 1;
    }
    if start < to {
        lines.push(Line { start, end: to });
    }
    lines
}
