// SPDX-License-Identifier: Apache-2.0
//! A governed document: front matter, headings, and what stands under them (sections 1.3 to 1.6).

use super::facts::{self, Citation, Fact};
use super::items::{self, Item};
use crate::classify::yaml::Node;
use crate::governance::profile::{DocumentKind, Planning};
use crate::model::{ByteSpan, EntryPath};
use std::collections::HashSet;

/// One Markdown document below the governed folder.
#[derive(Debug, Clone)]
pub struct Document {
    /// Path below the governance root.
    pub path: String,
    /// The whole text.
    pub text: String,
    /// File name without its ending.
    pub stem: String,
    /// Id of its kind, when the profile knows the suffix.
    pub kind: Option<String>,
    /// Front matter.
    pub front: FrontMatter,
    /// Where the body begins.
    pub body: usize,
    /// Headings and what lies under them, in order. The first has level 0 and no title: what stands
    /// before any heading.
    pub sections: Vec<Section>,
    /// Facts, in order.
    pub facts: Vec<Fact>,
    /// Work items that it defines, in order.
    pub items: Vec<Item>,
    /// Runs and commits that it cites.
    pub citations: Vec<Citation>,
    /// Lines, in order.
    pub lines: Vec<Line>,
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

/// What stands between the `---` lines.
#[derive(Debug, Clone)]
pub enum FrontMatter {
    /// The document does not begin with `---`.
    Missing,
    /// It cannot be read: why, and where.
    Invalid(String, ByteSpan),
    /// Keys and values, in order.
    Keys(Vec<(String, Node)>),
}

/// A heading and what lies under it.
#[derive(Debug, Clone)]
pub struct Section {
    /// 1 to 6; 0 for what stands before any heading.
    pub level: usize,
    /// The heading's text.
    pub title: String,
    /// The name under which the profile knows it, lower case.
    pub folded: String,
    /// The heading's line.
    pub span: ByteSpan,
    /// Up to the next heading of any level.
    pub own: ByteSpan,
    /// Up to the next heading of this or a higher level.
    pub whole: ByteSpan,
    /// `YYYY-MM-DD` in the heading.
    pub date: Option<String>,
    /// Index of the section around it.
    pub parent: Option<usize>,
}

impl Document {
    /// Reads a document.
    pub fn parse(path: &str, text: &str, profile: &Planning) -> Self {
        let file = path.rsplit('/').next().unwrap_or(path);
        let stem = file.strip_suffix(".md").unwrap_or(file).to_owned();
        let (front, body) = front_matter(text);
        let mut document = Self {
            path: path.to_owned(),
            text: text.to_owned(),
            kind: profile.kind_of(&stem).map(|kind| kind.id.clone()),
            stem,
            front,
            body,
            sections: Vec::new(),
            facts: Vec::new(),
            items: Vec::new(),
            citations: Vec::new(),
            lines: Vec::new(),
        };
        document.outline(profile);
        document.items = items::read(&document, profile);
        document.facts = facts::read(&document);
        document.citations = facts::citations(&document);
        document
    }

    /// Its kind's table.
    pub fn kind_in<'p>(&self, profile: &'p Planning) -> Option<&'p DocumentKind> {
        let id = self.kind.as_ref()?;
        profile.kinds.iter().find(|kind| kind.id == *id)
    }

    /// Whether it is of one of these kinds.
    pub fn is(&self, kinds: &[&str]) -> bool {
        self.kind
            .as_deref()
            .is_some_and(|kind| kinds.contains(&kind))
    }

    /// How findings name it.
    pub fn entry(&self) -> EntryPath {
        EntryPath::root(&self.path)
    }

    /// Text at a place.
    pub fn slice(&self, span: ByteSpan) -> &str {
        self.text.get(span.range()).unwrap_or("")
    }

    /// A key of the front matter.
    pub fn key(&self, name: &str) -> Option<&Node> {
        match &self.front {
            FrontMatter::Keys(keys) => keys
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, node)| node),
            _ => None,
        }
    }

    /// A key of the front matter as text; nothing when it is empty.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.key(name)?
            .text()
            .map(str::trim)
            .filter(|text| !text.is_empty())
    }

    /// The document's status.
    pub fn status(&self) -> Option<&str> {
        self.value("status")
    }

    /// Facts under a normalised key.
    pub fn facts_of<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a Fact> {
        self.facts.iter().filter(move |fact| fact.key == key)
    }

    /// The section in which a place stands.
    pub fn section_at(&self, at: usize) -> usize {
        let after = self
            .sections
            .partition_point(|section| section.span.start <= at);
        after.saturating_sub(1)
    }

    /// A section and those around it, innermost first.
    pub fn around(&self, section: usize) -> impl Iterator<Item = &Section> {
        let mut next = Some(section);
        std::iter::from_fn(move || {
            let section = self.sections.get(next?)?;
            next = section.parent;
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
                .any(|word| title.contains(&word.to_lowercase()) || section.folded == *word)
        })
    }

    /// The line in which a place of the body stands.
    pub fn line_at(&self, at: usize) -> Option<&Line> {
        let after = self.lines.partition_point(|line| line.start <= at);
        after.checked_sub(1).and_then(|line| self.lines.get(line))
    }

    /// Text of a line.
    pub fn line(&self, line: &Line) -> &str {
        self.text.get(line.start..line.end).unwrap_or("")
    }

    fn outline(&mut self, profile: &Planning) {
        let mut fence: Option<(char, usize)> = None;
        let mut at = self.body;
        self.sections.push(Section {
            level: 0,
            title: String::new(),
            folded: String::new(),
            span: ByteSpan::new(at, at),
            own: ByteSpan::new(at, self.text.len()),
            whole: ByteSpan::new(at, self.text.len()),
            date: None,
            parent: None,
        });
        let mut open: Vec<usize> = vec![0];
        let text = std::mem::take(&mut self.text);
        for line in text[at..].split_inclusive('\n') {
            let start = at;
            at += line.len();
            let line = line.trim_end_matches(['\n', '\r']);
            let end = start + line.len();
            let was_fenced = fence.is_some();
            fence = next_fence(fence, line);
            let fenced = was_fenced || fence.is_some();
            if let Some((level, title)) = heading(line).filter(|_| !fenced) {
                while open.len() > 1 && self.sections[open[open.len() - 1]].level >= level {
                    let closed = open.pop().unwrap_or(0);
                    self.sections[closed].whole.end = start;
                }
                if let Some(last) = self.sections.last_mut() {
                    last.own.end = start;
                }
                let index = self.sections.len();
                self.sections.push(Section {
                    level,
                    title: title.to_owned(),
                    folded: profile.folded(title),
                    span: ByteSpan::new(start, end),
                    own: ByteSpan::new(at, text.len()),
                    whole: ByteSpan::new(at, text.len()),
                    date: date_in(title),
                    parent: open.last().copied(),
                });
                open.push(index);
            }
            let section = self.sections.len() - 1;
            self.lines.push(Line {
                start,
                end,
                section,
                fenced,
            });
        }
        self.text = text;
    }
}

/// The front matter and where the body begins.
fn front_matter(text: &str) -> (FrontMatter, usize) {
    let first = text.lines().next().unwrap_or("");
    if first.trim_end() != "---" {
        return (FrontMatter::Missing, 0);
    }
    let from = text.find('\n').map_or(text.len(), |at| at + 1);
    let mut at = from;
    for line in text[from..].split_inclusive('\n') {
        let next = at + line.len();
        if line.trim_end() == "---" {
            return (keys(&text[from..at], from), next);
        }
        at = next;
    }
    let whole = ByteSpan::new(0, first.len());
    let why = "it is never closed by a second `---` line".to_owned();
    (FrontMatter::Invalid(why, whole), text.len())
}

fn keys(block: &str, from: usize) -> FrontMatter {
    let whole = ByteSpan::new(from, from + block.trim_end().len());
    match Node::parse(block) {
        Err(why) => FrontMatter::Invalid(why, whole),
        Ok(node) => match node.into_entries() {
            None => FrontMatter::Invalid("it is no mapping of keys to values".to_owned(), whole),
            Some(mut entries) => {
                let mut known = HashSet::new();
                for (name, node) in &entries {
                    if !known.insert(name.as_str()) {
                        let why = format!("the key `{name}` stands twice");
                        return FrontMatter::Invalid(why, shifted(node.span, from));
                    }
                }
                for (_, node) in &mut entries {
                    node.shift(from);
                }
                FrontMatter::Keys(entries)
            }
        },
    }
}

fn shifted(span: ByteSpan, by: usize) -> ByteSpan {
    ByteSpan::new(span.start + by, span.end + by)
}

/// Level and text of an ATX heading (CommonMark 0.31, section 4.2).
pub(super) fn heading(line: &str) -> Option<(usize, &str)> {
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
    Some((level, title))
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
pub(super) fn date_in(text: &str) -> Option<String> {
    let starts = text.char_indices().map(|(at, _)| at);
    let mut days = starts.filter_map(|at| text.get(at..at + 10));
    days.find(|day| crate::governance::stamp::day(day).is_some())
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::governance::profile::Profile;

    fn parse(text: &str) -> Document {
        Document::parse(".sot/CTO-X-PRD.md", text, &Profile::embedded().planning)
    }

    #[test]
    fn front_matter_headings_and_places_are_read() {
        let text = "---\nname: cto-x-prd\nstatus: \"draft\"\n---\n# T\n\nx\n## Problem Statement\na\n```\n## not\n```\n### Run - 2026-03-10\nb\n## Scope\nc";
        let document = parse(text);
        assert_eq!(document.kind.as_deref(), Some("prd"));
        assert_eq!(document.value("name"), Some("cto-x-prd"));
        let status = document.key("status").unwrap();
        assert!(document.slice(status.span).contains("draft"));
        let titles: Vec<_> = document.sections.iter().map(|s| s.title.as_str()).collect();
        assert_eq!(
            titles,
            ["", "T", "Problem Statement", "Run - 2026-03-10", "Scope"]
        );
        assert_eq!(document.sections[2].folded, "problem");
        assert_eq!(document.sections[3].date.as_deref(), Some("2026-03-10"));
        assert_eq!(document.sections[3].parent, Some(2));
        assert!(document.slice(document.sections[2].whole).ends_with("b\n"));
        assert_eq!(document.slice(document.sections[4].own), "c");
    }

    #[test]
    fn broken_front_matter_is_told() {
        assert!(matches!(parse("name: x\n").front, FrontMatter::Missing));
        for wrong in [
            "---\nname: x\n",
            "---\n- a\n---\n",
            "---\na: 1\na: 2\n---\n",
            "---\na: [\n---\n",
        ] {
            assert!(
                matches!(parse(wrong).front, FrontMatter::Invalid(..)),
                "{wrong}"
            );
        }
    }
}
