// SPDX-License-Identifier: Apache-2.0
//! The skeleton of a document's text: lines, headings and what lies under them (section 1.3).

use crate::governance::profile::Planning;
use crate::model::ByteSpan;
use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// A text and its sections. Its lines are read when they are asked for: kept, those of a large tree
/// would take more room than its texts.
#[derive(Debug, Clone)]
pub struct Outline {
    /// The whole text.
    pub text: Arc<String>,
    /// Where the body begins.
    pub body: usize,
    /// Headings and what lies under them, in order. The first has level 0 and no title: what stands
    /// before any heading.
    pub sections: Vec<Section>,
}

/// One line of the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// Where it begins.
    pub start: usize,
    /// Where it ends, before its line break.
    pub end: usize,
    /// Index of its section.
    pub section: usize,
    /// Whether it stands in a fenced block, fences included.
    pub fenced: bool,
}

/// A heading and what lies under it. Trees have many: a section keeps places in the text, as
/// numbers of 32 bits, and its title is read there.
#[derive(Debug, Clone)]
pub struct Section {
    /// 1 to 6; 0 for what stands before any heading.
    pub level: u8,
    /// The heading's text.
    pub title: Title,
    /// The name under which the profile knows it, where that is another than its own.
    alias: Option<Arc<str>>,
    /// The heading's line.
    span: Place,
    /// Where the next heading of any level begins.
    own: u32,
    /// What lies under it, up to the next heading of this or a higher level.
    whole: Place,
    /// Index of the section around it.
    parent: Option<u32>,
}

/// Where something stands in a text below 4 GiB: governed files are a small part of that.
#[derive(Debug, Clone, Copy)]
struct Place(u32, u32);

impl Place {
    fn of(start: usize, end: usize) -> Self {
        Self(small(start), small(end))
    }
}

impl From<Place> for ByteSpan {
    fn from(Place(start, end): Place) -> Self {
        Self::new(start as usize, end as usize)
    }
}

fn small(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// A heading's text, where it stands.
#[derive(Debug, Clone)]
pub struct Title {
    text: Arc<String>,
    place: Place,
}

impl Deref for Title {
    type Target = str;

    fn deref(&self) -> &str {
        let span = ByteSpan::from(self.place);
        self.text.get(span.range()).unwrap_or("")
    }
}

impl fmt::Display for Title {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl Section {
    /// The name under which the profile knows it, lower case.
    pub fn folded(&self) -> Cow<'_, str> {
        match &self.alias {
            Some(alias) => Cow::Borrowed(alias),
            None => Cow::Owned(self.title.to_lowercase()),
        }
    }

    /// The heading's line.
    pub fn span(&self) -> ByteSpan {
        self.span.into()
    }

    /// Up to the next heading of any level.
    pub fn own(&self) -> ByteSpan {
        Place(self.whole.0, self.own).into()
    }

    /// Up to the next heading of this or a higher level.
    pub fn whole(&self) -> ByteSpan {
        self.whole.into()
    }

    /// `YYYY-MM-DD` in the heading.
    pub fn date(&self) -> Option<&str> {
        date_in(&self.title)
    }

    /// Index of the section around it.
    pub fn parent(&self) -> Option<usize> {
        self.parent.map(|parent| parent as usize)
    }
}

impl Outline {
    /// Reads what stands behind the front matter.
    pub fn read(text: Arc<String>, body: usize, profile: &Planning) -> Self {
        let whole = Arc::clone(&text);
        let mut outline = Self {
            text,
            body,
            sections: Vec::new(),
        };
        let end = small(whole.len());
        let section = |level, line: Place, title: Place, at, parent| Section {
            level,
            title: Title {
                text: Arc::clone(&whole),
                place: title,
            },
            alias: None,
            span: line,
            own: end,
            whole: Place(at, end),
            parent,
        };
        let none = Place::of(body, body);
        outline
            .sections
            .push(section(0, none, none, small(body), None));
        let mut open: Vec<usize> = vec![0];
        for (Piece { start, end, fenced }, at) in pieces(&whole, body, whole.len()) {
            let line = &whole[start..end];
            if let Some((level, title)) = heading(line).filter(|_| !fenced) {
                while open.len() > 1 && outline.sections[open[open.len() - 1]].level >= level {
                    let closed = open.pop().unwrap_or(0);
                    outline.sections[closed].whole.1 = small(start);
                }
                if let Some(last) = outline.sections.last_mut() {
                    last.own = small(start);
                }
                let from = start + line.find(title).unwrap_or(0);
                let place = Place::of(from, from + title.len());
                let parent = open.last().copied().map(small);
                open.push(outline.sections.len());
                let line = Place::of(start, end);
                let mut section = section(level, line, place, small(at), parent);
                section.alias = profile.alias(title);
                outline.sections.push(section);
            }
        }
        outline.sections.shrink_to_fit();
        outline
    }

    /// Lines of the body, in order.
    pub fn lines(&self) -> Vec<Line> {
        self.lines_in(ByteSpan::new(self.body, self.text.len()))
    }

    /// Lines of a section, in order.
    pub fn lines_in(&self, span: ByteSpan) -> Vec<Line> {
        // Where a section begins, no block is open: the heading before it would stand in it.
        let mut section = self.section_at(span.start);
        let mut lines = Vec::new();
        for (Piece { start, end, fenced }, _) in pieces(&self.text, span.start, span.end) {
            let next = |at: usize| self.sections.get(at + 1);
            while next(section).is_some_and(|next| next.span.0 as usize <= start) {
                section += 1;
            }
            lines.push(Line {
                start,
                end,
                section,
                fenced,
            });
        }
        lines
    }

    /// Text at a place.
    pub fn slice(&self, span: ByteSpan) -> &str {
        self.text.get(span.range()).unwrap_or("")
    }

    /// The section in which a place stands.
    pub fn section_at(&self, at: usize) -> usize {
        let after = self
            .sections
            .partition_point(|section| section.span.0 as usize <= at);
        after.saturating_sub(1)
    }

    /// A section and those around it, innermost first.
    pub fn around(&self, section: usize) -> impl Iterator<Item = &Section> {
        let mut next = Some(section);
        std::iter::from_fn(move || {
            let section = self.sections.get(next?)?;
            next = section.parent();
            Some(section)
        })
    }

    /// Whether a section, or one around it, has one of these words in its heading.
    pub fn under(&self, section: usize, words: &[String]) -> bool {
        let mut around = self.around(section);
        around.any(|section| {
            let title = section.title.to_lowercase();
            words
                .iter()
                .any(|word| title.contains(&word.to_lowercase()) || section.folded() == *word)
        })
    }

    /// The line in which a place of the body stands.
    pub fn line_at(&self, at: usize) -> Option<&str> {
        let before = self.text.get(self.body..at)?;
        let start = self.body + before.rfind('\n').map_or(0, |at| at + 1);
        let line = self.text[start..].split_inclusive('\n').next()?;
        Some(line.trim_end_matches(['\n', '\r']))
    }

    /// Text of a line.
    pub fn line(&self, line: &Line) -> &str {
        self.text.get(line.start..line.end).unwrap_or("")
    }
}

/// A line before its section is known.
struct Piece {
    start: usize,
    end: usize,
    fenced: bool,
}

/// Lines of a text between two places, and where the next begins.
fn pieces(text: &str, from: usize, to: usize) -> impl Iterator<Item = (Piece, usize)> {
    let mut fence: Option<(char, usize)> = None;
    let mut at = from;
    let lines = text.get(from..to).unwrap_or("").split_inclusive('\n');
    lines.map(move |line| {
        let start = at;
        at += line.len();
        let line = line.trim_end_matches(['\n', '\r']);
        let was_fenced = fence.is_some();
        fence = next_fence(fence, line);
        let piece = Piece {
            start,
            end: start + line.len(),
            fenced: was_fenced || fence.is_some(),
        };
        (piece, at)
    })
}

/// Level and text of an ATX heading (CommonMark 0.31, section 4.2).
pub(super) fn heading(line: &str) -> Option<(u8, &str)> {
    let line = line.trim_end();
    let indent = line.len() - line.trim_start_matches(' ').len();
    let rest = &line[indent..];
    let level = rest.bytes().take_while(|byte| *byte == b'#').count();
    if indent > 3 || !(1..=6).contains(&level) {
        return None;
    }
    let title = &rest[level..];
    if !title.is_empty() && !title.starts_with([' ', '\t']) {
        return None;
    }
    let title = title.trim();
    let closed = title.trim_end_matches('#');
    let title = if closed.is_empty() || closed.ends_with([' ', '\t']) {
        closed.trim_end()
    } else {
        title
    };
    Some((u8::try_from(level).ok()?, title))
}

/// The fence that is open behind a line: its character and length.
fn next_fence(open: Option<(char, usize)>, line: &str) -> Option<(char, usize)> {
    let text = line.trim_start();
    let mark = text.chars().next().filter(|c| matches!(c, '`' | '~'));
    let length = mark.map_or(0, |mark| text.chars().take_while(|c| *c == mark).count());
    match (open, mark) {
        (None, Some(mark)) if length >= 3 => Some((mark, length)),
        (Some((known, least)), Some(mark))
            if mark == known && length >= least && text.trim_end().chars().all(|c| c == mark) =>
        {
            None
        }
        (open, _) => open,
    }
}

/// A day in a text.
pub(super) fn date_in(text: &str) -> Option<&str> {
    let starts = text.char_indices().map(|(at, _)| at);
    let mut days = starts.filter_map(|at| text.get(at..at + 10));
    days.find(|day| crate::governance::stamp::day(day).is_some())
}
