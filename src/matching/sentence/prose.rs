// SPDX-License-Identifier: Apache-2.0
//! Documentation by lines: Markdown, reStructuredText, AsciiDoc, plain text, and the text of
//! comments and docstrings, which is written in any of them.
//!
//! One tolerant reader for all: headings by `#`, `=` or underline, lists with the text that leads
//! into them, tables, quoted blocks; code is passed over.

use super::fold::{Inline, fold};
use super::marks::{directive, heading_marks, is_shouted, is_word_list, item_mark, underline};
use super::said::{self, Said};
use super::table::Table;
use super::{Block, Line, Shape, Sink};

/// Longer paragraphs are data, and no reader's sentence.
const LONGEST_PARAGRAPH: usize = 16 << 10;

/// Where dialects disagree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// An indented block is code.
    Markdown,
    /// Indentation is layout; directives and `::` introduce code.
    Plain,
}

/// Streams the blocks of these lines.
pub(super) fn read(text: &[u8], lines: &[Line], dialect: Dialect, sink: &mut Sink<'_>) {
    read_under(text, lines, dialect, &[], sink);
}

/// The same below headings that are already known.
pub(super) fn read_under(
    text: &[u8],
    lines: &[Line],
    dialect: Dialect,
    above: &[String],
    sink: &mut Sink<'_>,
) {
    if !sink.wants_lines(lines) {
        return;
    }
    let mut reader = Reader {
        text,
        dialect,
        sink,
        headings: above.to_vec(),
        levels: vec![0; above.len()],
        para: Vec::new(),
        indent: 0,
        shape: Shape::Prose,
        items: Vec::new(),
        last: None,
        quote_lead: None,
        table: Table::default(),
        skip: Skip::No,
        blank: true,
    };
    for &line in lines {
        if !reader.sink.wants_from(line.start) && reader.para.is_empty() {
            break;
        }
        reader.line(line);
    }
    reader.flush();
    reader.table.end(reader.text, &reader.headings, reader.sink);
}

struct Item {
    indent: usize,
    lead: Option<String>,
    /// The item's own last sentence, once it is known.
    text: Option<Said>,
}

/// Lines of a paragraph beyond which it is read as another.
const LONGEST: usize = 200;

enum Skip {
    No,
    Fence(u8, usize),
    Until(&'static [u8]),
    Deeper(usize),
    Paragraph,
}

struct Reader<'t, 's, 'c> {
    text: &'t [u8],
    dialect: Dialect,
    sink: &'s mut Sink<'c>,
    headings: Vec<String>,
    levels: Vec<usize>,
    para: Vec<Line>,
    indent: usize,
    shape: Shape,
    items: Vec<Item>,
    /// The paragraph before, when it can introduce what follows.
    last: Option<Said>,
    quote_lead: Option<String>,
    table: Table,
    skip: Skip,
    blank: bool,
}

impl<'t> Reader<'t, '_, '_> {
    fn bytes(&self, line: Line) -> &'t [u8] {
        &self.text[line.start..line.end]
    }

    fn line(&mut self, line: Line) {
        let raw = self.bytes(line);
        let trimmed = raw.trim_ascii();
        let indent = raw
            .iter()
            .take_while(|b| b.is_ascii_whitespace())
            .map(|b| if *b == b'\t' { 4 } else { 1 })
            .sum();
        if self.skipped(trimmed, indent) {
            return;
        }
        if trimmed.is_empty() {
            self.flush();
            self.table.end(self.text, &self.headings, self.sink);
            self.blank = true;
            return;
        }
        let after_blank = std::mem::replace(&mut self.blank, false);
        let body = Line {
            start: line.start + (raw.len() - raw.trim_ascii_start().len()),
            end: line.end,
        };
        self.visible(body, trimmed, indent, after_blank);
    }

    /// Handles what is passed over: fences, comments, literal blocks.
    fn skipped(&mut self, trimmed: &[u8], indent: usize) -> bool {
        match self.skip {
            Skip::No => {}
            Skip::Fence(mark, count) => {
                let run = trimmed.iter().take_while(|&&b| b == mark).count();
                if run >= count && run == trimmed.len() {
                    self.skip = Skip::No;
                }
                return true;
            }
            Skip::Until(end) => {
                if contains(trimmed, end) {
                    self.skip = Skip::No;
                }
                return true;
            }
            Skip::Deeper(than) => {
                if trimmed.is_empty() || indent > than {
                    return true;
                }
                self.skip = Skip::No;
            }
            Skip::Paragraph => {
                if !trimmed.is_empty() {
                    return true;
                }
                self.skip = Skip::No;
            }
        }
        let fence = trimmed.first().copied().unwrap_or(0);
        let run = trimmed.iter().take_while(|&&b| b == fence).count();
        if (fence == b'`' || fence == b'~' && self.dialect == Dialect::Markdown)
            && run >= 3
            && !trimmed[run..].contains(&b'`')
        {
            self.flush();
            self.skip = Skip::Fence(fence, run);
            return true;
        }
        let opened: Option<(&[u8], &'static [u8])> = [
            (b"<!--".as_slice(), b"-->".as_slice()),
            (b"<pre", b"</pre>"),
            (b"<script", b"</script>"),
            (b"<style", b"</style>"),
        ]
        .into_iter()
        .find(|(open, _)| {
            trimmed.len() >= open.len() && trimmed[..open.len()].eq_ignore_ascii_case(open)
        });
        if let Some((_, close)) = opened {
            self.flush();
            if !contains(trimmed, close) {
                self.skip = Skip::Until(close);
            }
            return true;
        }
        if trimmed.starts_with(b">>> ") {
            self.flush();
            self.skip = Skip::Paragraph;
            return true;
        }
        false
    }

    fn visible(&mut self, mut body: Line, trimmed: &[u8], indent: usize, after_blank: bool) {
        if self.dialect == Dialect::Markdown && after_blank && indent >= 4 && self.items.is_empty()
        {
            return;
        }
        if let Some(level) = underline(trimmed) {
            if self.para.len() == 1 && matches!(self.shape, Shape::Prose) {
                let line = self.para.remove(0);
                self.heading(line, level);
            } else {
                self.flush();
            }
            return;
        }
        if let Some((level, from)) = heading_marks(trimmed) {
            self.flush();
            body.start += from;
            self.heading(body, level);
            return;
        }
        if trimmed.starts_with(b"|") {
            self.flush();
            self.table.row(self.text, body, &self.headings, self.sink);
            return;
        }
        if trimmed.starts_with(b"+-") || trimmed.starts_with(b"+=") {
            if trimmed.starts_with(b"+=") {
                self.table.take_head(self.text);
            }
            return;
        }
        if let Some(rest) = trimmed.strip_prefix(b".. ") {
            self.flush();
            match directive(rest) {
                Some(at) => body.start += 3 + at,
                None => {
                    self.skip = Skip::Deeper(indent);
                    return;
                }
            }
        }
        let mut quoted = false;
        while self.text.get(body.start) == Some(&b'>') && body.start < body.end {
            quoted = true;
            body.start += 1;
            while body.start < body.end && self.text[body.start] == b' ' {
                body.start += 1;
            }
        }
        if quoted && !matches!(self.shape, Shape::Quote) && !self.para.is_empty() {
            self.flush();
        }
        if quoted && self.quote_lead.is_none() {
            self.quote_lead = self.last.as_ref().and_then(|said| said.lead(self.text));
            if self.quote_lead.is_none() {
                self.last = None;
            }
        }
        if let Some(mark) = item_mark(self.bytes(body)) {
            self.flush();
            body.start += mark.len;
            self.item(indent);
            self.shape = Shape::Item {
                open_task: mark.open_task,
            };
            self.indent = indent;
            self.append(body);
            return;
        }
        if self.para.is_empty() {
            self.indent = indent;
            let inside = self.items.last().is_some_and(|item| indent > item.indent);
            if !inside {
                while self.items.last().is_some_and(|item| indent <= item.indent) {
                    self.items.pop();
                }
            }
            self.shape = if quoted {
                Shape::Quote
            } else if inside {
                Shape::Item { open_task: false }
            } else {
                Shape::Prose
            };
            if !quoted {
                self.quote_lead = None;
            }
        }
        if body.start < body.end {
            self.append(body);
        }
    }

    /// Opens an item, finding what leads into its list.
    fn item(&mut self, indent: usize) {
        let mut sibling = None;
        while self.items.last().is_some_and(|item| item.indent >= indent) {
            sibling = self.items.pop().filter(|item| item.indent == indent);
        }
        let lead = match (sibling, self.items.last()) {
            (Some(item), _) => item.lead,
            (None, Some(parent)) => {
                let own = parent.text.as_ref().and_then(|said| said.lead(self.text));
                match own {
                    Some(text) => Some(join(parent.lead.as_deref(), &text)),
                    None => parent.lead.clone(),
                }
            }
            (None, None) => self.last.take().and_then(|said| said.lead(self.text)),
        };
        self.items.push(Item {
            indent,
            lead,
            text: None,
        });
    }

    /// Adds a line to the paragraph. A list of words is no paragraph, however long it is.
    fn append(&mut self, line: Line) {
        if self.para.len() >= LONGEST {
            self.flush();
        }
        self.para.push(line);
    }

    fn flush(&mut self) {
        if self.para.is_empty() {
            return;
        }
        let lines = std::mem::take(&mut self.para);
        let size: usize = lines.iter().map(|line| line.end - line.start).sum();
        if size > LONGEST_PARAGRAPH {
            self.last = None;
            self.shape = Shape::Prose;
            return;
        }
        if is_word_list(&lines, size) {
            self.last = None;
            return;
        }
        let wanted = self.sink.wants_lines(&lines);
        if !wanted && !self.may_lead(&lines) {
            self.last = None;
            self.shape = Shape::Prose;
            return;
        }
        if !wanted && said::is_plain(self.text, &lines) {
            self.said(Said::Unread(lines));
            return;
        }
        let folded = fold(self.text, &lines, Inline::Markup);
        if folded.is_empty() {
            return;
        }
        let shouted = self.dialect == Dialect::Plain
            && lines.len() == 1
            && self.shape == Shape::Prose
            && is_shouted(&folded.text);
        if shouted {
            self.enter(folded.text, 2);
            return;
        }
        if self.dialect == Dialect::Plain && folded.text.ends_with("::") {
            self.skip = Skip::Deeper(self.indent);
        }
        let lead = match self.shape {
            Shape::Item { .. } => self.items.last().and_then(|item| item.lead.clone()),
            Shape::Quote => self.quote_lead.clone(),
            _ => None,
        };
        let last = said::last_sentence(&folded.text);
        if wanted {
            self.sink.push(&Block {
                folded,
                shape: self.shape,
                headings: &self.headings,
                lead: lead.as_deref(),
                siblings: &[],
            });
        }
        self.said(Said::Read(last));
    }

    /// Remembers how a paragraph ended, for what stands below it.
    fn said(&mut self, said: Said) {
        if let (Shape::Item { .. }, Some(item)) = (self.shape, self.items.last_mut()) {
            item.text = Some(said);
            self.last = None;
        } else {
            self.last = Some(said);
        }
        self.shape = Shape::Prose;
    }

    /// Whether what stands below may need this paragraph; judged by its last byte, before any work.
    fn may_lead(&self, lines: &[Line]) -> bool {
        let Some(last) = lines.last() else {
            return false;
        };
        let text = self.bytes(*last).trim_ascii_end();
        !text.ends_with(b".")
            || contains(text, b"following")
            || self.dialect == Dialect::Plain && lines.len() == 1
    }

    fn heading(&mut self, line: Line, level: usize) {
        let folded = fold(self.text, &[line], Inline::Markup);
        let text = folded.text.trim_end_matches(['#', '=', ' ']).to_owned();
        self.leave(level);
        self.sink.push(&Block {
            folded,
            shape: Shape::Heading,
            headings: &self.headings,
            lead: None,
            siblings: &[],
        });
        self.enter(text, level);
    }

    fn leave(&mut self, level: usize) {
        while self.levels.last().is_some_and(|&l| l >= level) {
            self.levels.pop();
            self.headings.pop();
        }
    }

    fn enter(&mut self, text: String, level: usize) {
        self.leave(level);
        self.levels.push(level);
        self.headings.push(text);
        self.items.clear();
        self.last = None;
        self.quote_lead = None;
    }
}

fn join(lead: Option<&str>, text: &str) -> String {
    match lead {
        Some(lead) => format!("{} {text}", lead.trim_end_matches([':', ' '])),
        None => text.to_owned(),
    }
}

fn contains(text: &[u8], what: &[u8]) -> bool {
    memchr::memmem::find(text, what).is_some()
}
