// SPDX-License-Identifier: Apache-2.0
//! A governed document: front matter, headings, and what stands under them (sections 1.3 to 1.6).

use super::facts::{self, Citation, Fact};
use super::items::{self, Head, Item};
use super::outline::Outline;
use crate::classify::yaml::Node;
use crate::governance::profile::{DocumentKind, Planning};
use crate::model::{ByteSpan, EntryPath};
use std::collections::HashSet;
use std::ops::Deref;
use std::sync::Arc;

/// One Markdown document below the governed folder.
#[derive(Debug, Clone)]
pub struct Document {
    /// Path below the governance root.
    pub path: String,
    /// File name without its ending.
    pub stem: String,
    /// Id of its kind, when the profile knows the suffix.
    pub kind: Option<String>,
    /// Front matter.
    pub front: FrontMatter,
    /// Its text in lines and sections.
    pub outline: Outline,
    /// With what ids of work items begin.
    prefix: Arc<str>,
    /// Runs and commits that it cites.
    pub citations: Vec<Citation>,
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

impl Deref for Document {
    type Target = Outline;

    fn deref(&self) -> &Outline {
        &self.outline
    }
}

impl Document {
    /// Reads a document.
    pub fn parse(path: &str, text: &str, profile: &Planning) -> Self {
        Self::of(path, Arc::new(text.to_owned()), profile)
    }

    /// Reads a document whose text others hold as well.
    pub fn of(path: &str, text: Arc<String>, profile: &Planning) -> Self {
        let file = path.rsplit('/').next().unwrap_or(path);
        let stem = file.strip_suffix(".md").unwrap_or(file).to_owned();
        let (front, body) = front_matter(&text);
        let outline = Outline::read(text, body, profile);
        Self {
            path: path.to_owned(),
            kind: profile.kind_of(&stem).map(|kind| kind.id.clone()),
            stem,
            front,
            prefix: profile.work_prefix.as_str().into(),
            citations: facts::citations(&outline),
            outline,
        }
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

    /// Facts, in order. Read anew each time, as items are: what is kept of a document is its text
    /// and where its sections stand.
    pub fn facts(&self) -> Vec<Fact> {
        facts::read(&self.outline)
    }

    /// Facts under a normalised key.
    pub fn facts_of<'a>(&self, key: &'a str) -> impl Iterator<Item = Fact> + use<'a> {
        let facts = self.facts().into_iter();
        facts.filter(move |fact| fact.key == key)
    }

    /// Work items that it defines, in order.
    pub fn items(&self) -> impl Iterator<Item = Item> {
        self.heads().map(|head| head.item(&self.outline))
    }

    /// Their headings, in order.
    pub fn heads(&self) -> impl Iterator<Item = Head<'_>> {
        items::heads(&self.outline, &self.prefix)
    }

    /// The heading of the work item in whose body a place stands.
    pub fn around_item(&self, span: ByteSpan) -> Option<Head<'_>> {
        let mut heads = self.heads();
        heads.find(|head| head.body.start <= span.start && span.end <= head.body.end)
    }

    /// The heading of the work item that a section is.
    pub fn head(&self, section: usize) -> Option<Head<'_>> {
        Head::at(&self.outline, section, &self.prefix)
    }

    /// The work item that a section is.
    pub fn item(&self, section: usize) -> Option<Item> {
        Some(self.head(section)?.item(&self.outline))
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
        Err(why) => {
            let (why, span) =
                placed(&why, block).unwrap_or((why.as_str(), ByteSpan::new(0, whole.len())));
            FrontMatter::Invalid(why.to_owned(), shifted(span, from))
        }
        Ok(node) => match node.into_entries() {
            None => FrontMatter::Invalid("it is no mapping of keys to values".to_owned(), whole),
            Some(mut entries) => {
                entries.shrink_to_fit();
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

/// What is wrong on a line of a block, and that line: readers count lines from the block's first.
fn placed<'w>(why: &'w str, block: &str) -> Option<(&'w str, ByteSpan)> {
    let (place, why) = why.strip_prefix("line ")?.split_once(": ")?;
    let line: usize = place.split(' ').next()?.parse().ok()?;
    let before = block.split_inclusive('\n').take(line.checked_sub(1)?);
    let start: usize = before.map(str::len).sum();
    let text = block.get(start..)?.lines().next()?;
    Some((why, ByteSpan::new(start, start + text.len())))
}

fn shifted(span: ByteSpan, by: usize) -> ByteSpan {
    ByteSpan::new(span.start + by, span.end + by)
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
        let titles: Vec<_> = document.sections.iter().map(|s| &*s.title).collect();
        assert_eq!(
            titles,
            ["", "T", "Problem Statement", "Run - 2026-03-10", "Scope"]
        );
        assert_eq!(document.sections[2].folded(), "problem");
        assert_eq!(document.sections[3].date(), Some("2026-03-10"));
        assert_eq!(document.sections[3].parent(), Some(2));
        assert!(
            document
                .slice(document.sections[2].whole())
                .ends_with("b\n")
        );
        assert_eq!(document.slice(document.sections[4].own()), "c");
    }

    #[test]
    fn what_is_wrong_in_front_matter_is_told_at_its_line() {
        let document = parse("---\nname: x\nstatus: [\nowner: x\n---\n# T\n");
        let FrontMatter::Invalid(why, span) = &document.front else {
            panic!("{:?}", document.front)
        };
        assert!(!why.contains("line "), "{why}");
        assert!(span.start > 4 && !document.slice(*span).is_empty());
        let document = parse("---\na: 1\nb: 2\na: 3\n---\n# T\n");
        let FrontMatter::Invalid(why, span) = &document.front else {
            panic!("{:?}", document.front)
        };
        assert_eq!(document.slice(*span), "a: 3", "{why}");
        assert!(!why.contains("Policy"), "{why}");
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
