// SPDX-License-Identifier: Apache-2.0
//! HTML and XML: text between block tags, with headings, lists and table rows.

use super::fold::{Inline, fold};
use super::said::{Said, is_plain, last_sentence};
use super::{Block, Line, Shape, Sink, table};

/// Tags that stand inside a sentence.
const INLINE: &[&str] = &[
    "a", "abbr", "b", "bdi", "bdo", "cite", "dfn", "em", "font", "i", "ins", "mark", "small",
    "span", "strong", "sub", "sup", "time", "u", "wbr",
];

/// Tags whose content is not prose.
const OPAQUE: &[&str] = &[
    "script", "style", "pre", "svg", "template", "textarea", "code", "del", "s",
];

/// Tags whose content a text above may lead into.
const LED: &[&str] = &["li", "dd", "dt", "blockquote", "q"];

/// Longer names of tags are none of these, nor of those below.
const LONGEST_NAME: usize = 16;

/// What a tag is to the text around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tag {
    /// It stands inside a sentence, or is none.
    Inline,
    /// It parts blocks.
    Block,
    /// It begins a block that a text above may lead into.
    Item,
    /// What it holds is not read, nor is a comment.
    Opaque,
}

/// The tag that a text begins with.
pub(crate) fn tag(text: &[u8]) -> Tag {
    let closing = text.get(1) == Some(&b'/');
    let name = &text[text.len().min(1 + usize::from(closing))..];
    let length = name.iter().take_while(|b| b.is_ascii_alphanumeric());
    let name = &name[..length.take(LONGEST_NAME + 1).count()];
    let among = |names: &[&str]| {
        names
            .iter()
            .any(|one| one.as_bytes().eq_ignore_ascii_case(name))
    };
    match text.get(1) {
        Some(b'!') if text.starts_with(b"<!--") => Tag::Opaque,
        Some(b'!' | b'?') => Tag::Block,
        _ if name.is_empty() || among(INLINE) => Tag::Inline,
        _ if among(OPAQUE) => Tag::Opaque,
        _ if !closing && among(LED) => Tag::Item,
        _ => Tag::Block,
    }
}

/// Where the texts of a drawing begin: inside its outermost tag, which in a page is none of the prose.
pub(super) fn inside_drawing(text: &[u8]) -> usize {
    let open = memchr::memmem::find(text, b"<svg").unwrap_or(0);
    memchr::memchr(b'>', &text[open..]).map_or(text.len(), |end| open + end + 1)
}

/// Streams the blocks of a page, from a place on.
pub(super) fn read(text: &[u8], from: usize, sink: &mut Sink<'_>) {
    let mut page = Page {
        text,
        sink,
        pieces: Vec::new(),
        shape: Shape::Prose,
        headings: Vec::new(),
        levels: Vec::new(),
        last: None,
        lists: Vec::new(),
        row: None,
    };
    let mut at = from;
    // A paragraph that was begun is read to its end.
    while at < text.len() && (page.sink.wants_from(at) || !page.pieces.is_empty()) {
        let Some(open) = memchr::memchr(b'<', &text[at..]).map(|found| at + found) else {
            page.piece(at, text.len());
            break;
        };
        page.piece(at, open);
        at = page.tag(open);
    }
    page.flush();
    page.end_row();
}

/// What a tag itself says to readers: the description of a page, what stands in for an image.
fn told(text: &[u8], name: &str, open: usize, next: usize) -> Option<Line> {
    let tag = &text[open..next];
    let holds = |word: &[u8]| memchr::memmem::find(tag, word).is_some();
    let attribute: &[u8] = match name {
        "meta" if holds(b"description") => b" content=\"",
        "img" => b" alt=\"",
        _ => return None,
    };
    let start = memchr::memmem::find(tag, attribute)? + attribute.len();
    let length = memchr::memchr(b'"', &tag[start..])?;
    let start = open + start;
    (length > 0).then_some(Line {
        start,
        end: start + length,
    })
}

struct Page<'t, 's, 'c> {
    text: &'t [u8],
    sink: &'s mut Sink<'c>,
    pieces: Vec<Line>,
    shape: Shape,
    headings: Vec<String>,
    levels: Vec<usize>,
    /// The paragraph before, when it can introduce what follows.
    last: Option<Said>,
    /// The lead of each open list.
    lists: Vec<Option<String>>,
    /// The cells of the row at hand.
    row: Option<Vec<Vec<Line>>>,
}

impl Page<'_, '_, '_> {
    fn piece(&mut self, start: usize, end: usize) {
        if start < end {
            self.pieces.push(Line { start, end });
        }
    }

    /// Handles the tag at `open`; returns where the text goes on.
    fn tag(&mut self, open: usize) -> usize {
        let rest = &self.text[open..];
        if rest.starts_with(b"<!--") {
            return after(self.text, open + 4, b"-->");
        }
        let closing = rest.get(1) == Some(&b'/');
        let from = 1 + usize::from(closing);
        let len = rest[from..]
            .iter()
            .take_while(|b| b.is_ascii_alphanumeric())
            .count();
        if len == 0 && !matches!(rest.get(1), Some(b'!' | b'?')) {
            self.piece(open, open + 1);
            return open + 1;
        }
        let mut lower = [0; LONGEST_NAME];
        let name = lower.get_mut(..len).and_then(|lower| {
            lower.copy_from_slice(&rest[from..from + len]);
            lower.make_ascii_lowercase();
            std::str::from_utf8(lower).ok()
        });
        // One that is longer than all we know is any other.
        let name = name.unwrap_or("other");
        let mut next = after(self.text, open, b">");
        let alone = self.text[..next].ends_with(b"/>");
        if !closing && let Some(said) = told(self.text, name, open, next) {
            self.flush();
            let shape = self.shape;
            if shape == Shape::Heading {
                self.shape = Shape::Prose;
            }
            self.pieces.push(said);
            self.flush();
            self.shape = shape;
        } else if OPAQUE.contains(&name) {
            if !closing && !alone {
                let end = format!("</{name}");
                next = after(self.text, after(self.text, next, end.as_bytes()), b">");
            }
        } else if !INLINE.contains(&name) {
            self.flush();
            self.block(name, closing);
        }
        next
    }

    fn block(&mut self, name: &str, closing: bool) {
        match name {
            "ul" | "ol" | "dl" => {
                if closing {
                    self.lists.pop();
                } else {
                    let lead = self.last.take().and_then(|said| said.lead(self.text));
                    let outer = self.lists.last().cloned().flatten();
                    self.lists.push(lead.or(outer));
                }
            }
            "tr" => {
                self.end_row();
                self.row = (!closing).then(Vec::new);
            }
            _ => {}
        }
        self.shape = match name {
            _ if closing => Shape::Prose,
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                let level = usize::from(name.as_bytes()[1] - b'0');
                while self.levels.last().is_some_and(|&l| l >= level) {
                    self.levels.pop();
                    self.headings.pop();
                }
                self.levels.push(level);
                Shape::Heading
            }
            "li" | "dd" | "dt" => Shape::Item { open_task: false },
            "td" | "th" => Shape::Cell { is_first: false },
            _ if LED.contains(&name) => Shape::Quote,
            _ => Shape::Prose,
        };
    }

    fn flush(&mut self) {
        let pieces = std::mem::take(&mut self.pieces);
        let empty = |piece: &Line| self.text[piece.start..piece.end].trim_ascii().is_empty();
        if pieces.iter().all(empty) {
            return;
        }
        if let (Shape::Cell { .. }, Some(row)) = (self.shape, &mut self.row) {
            row.push(pieces);
            return;
        }
        let wanted = self.shape == Shape::Heading || self.sink.wants_lines(&pieces);
        if !wanted && is_plain(self.text, &pieces) {
            self.last = Some(Said::Unread(pieces));
            return;
        }
        if !wanted && self.leads_nowhere(&pieces) {
            self.last = None;
            return;
        }
        let folded = fold(self.text, &pieces, Inline::Markup);
        if folded.is_empty() {
            return;
        }
        let said = match self.shape {
            Shape::Heading => folded.text.clone(),
            _ => last_sentence(&folded.text),
        };
        if wanted {
            let lead = match self.shape {
                Shape::Item { .. } => self.lists.last().cloned().flatten(),
                Shape::Quote => self.last.take().and_then(|said| said.lead(self.text)),
                _ => None,
            };
            self.sink.push(&Block {
                folded,
                shape: self.shape,
                headings: &self.headings,
                lead: lead.as_deref(),
                siblings: &[],
            });
        }
        if self.shape != Shape::Heading {
            self.last = Some(Said::Read(said));
            return;
        }
        self.last = None;
        // `block` left room for it.
        if self.headings.len() < self.levels.len() {
            self.headings.push(said);
        }
    }

    /// Whether text surely introduces nothing, by its end.
    fn leads_nowhere(&self, pieces: &[Line]) -> bool {
        let mut texts = pieces
            .iter()
            .map(|piece| &self.text[piece.start..piece.end]);
        let last = texts
            .clone()
            .rev()
            .find_map(|text| text.trim_ascii_end().last());
        let ended = last.is_some_and(|last| b".!?;".contains(last));
        ended && !texts.any(|text| memchr::memmem::find(text, b"following").is_some())
    }

    fn end_row(&mut self) {
        let Some(row) = self.row.take() else {
            return;
        };
        if row.iter().any(|cell| self.sink.wants_lines(cell)) {
            let cells = row.iter().map(|cell| fold(self.text, cell, Inline::Markup));
            let said = cells.filter(|cell| !cell.is_empty()).collect();
            table::stream(said, &[], &self.headings, self.sink);
        }
    }
}

/// One past `what`, or the end.
fn after(text: &[u8], from: usize, what: &[u8]) -> usize {
    let from = from.min(text.len());
    memchr::memmem::find(&text[from..], what).map_or(text.len(), |at| from + at + what.len())
}
