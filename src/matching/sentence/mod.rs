// SPDX-License-Identifier: Apache-2.0
//! Sentences out of files: what a reader reads, with the heading, the lead-in and the shape it
//! stands in, and the way back from each byte of it to the file.
//!
//! [`blocks`] chooses a reader by the kind of the file; each reader streams [`Block`]s, so that
//! memory follows the longest paragraph and not the file. Nothing here judges.

mod catalogue;
mod code;
mod config;
mod fold;
mod frame;
mod literal;
mod marks;
mod markup;
mod prose;
mod said;
mod split;
mod syntax;
mod table;

pub(crate) use fold::{Folded, Inline, entity, fold};
pub(crate) use markup::{Tag, tag};
pub(crate) use split::{is_abbreviation, sentences};

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
    Cell {
        /// The first of its row, which says what the others are about.
        is_first: bool,
    },
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

    /// One past the last byte for which [`Sink::wants_from`] holds.
    fn wanted_to(&self) -> usize {
        match self.marks {
            None => usize::MAX,
            Some(marks) => marks.last().map_or(0, |&at| at + 3),
        }
    }

    fn push(&mut self, block: &Block<'_>) {
        (self.emit)(block);
    }
}

/// Whether a line may be an item of a list or a quotation, to which the text above it can lead.
pub(crate) fn is_item(line: &[u8]) -> bool {
    is_quoted(line) || marks::item_mark(line).is_some()
}

/// Whether a line is quoted.
pub(crate) fn is_quoted(line: &[u8]) -> bool {
    line.first() == Some(&b'>')
}

/// The length of the mark of an item that a line begins with.
pub(crate) fn item_length(line: &[u8]) -> Option<usize> {
    marks::item_mark(line).map(|mark| mark.len)
}

/// Larger files that are no documentation and no source are data.
const LARGEST_CONFIG: usize = 2 << 20;

/// Whether a file holds the texts of a program's own interface, in one language.
pub(crate) fn is_catalogue(entry: &Classified<'_>) -> bool {
    entry.kind.id == "translation"
        || entry.kind.id == "json" && catalogue::is_json(entry.path.name())
}

/// Whether a file holds sentences for a reader at all; cheap, for callers that want to know first.
pub(crate) fn is_read(entry: &Classified<'_>) -> bool {
    let kind = entry.kind;
    let small = entry.text.bytes().len() <= LARGEST_CONFIG;
    !entry.text.is_binary()
        && ((kind.is("source") && !code::is_generated(entry.text.bytes()))
            || (kind.is("docs") && kind.id != "text")
            || (small
                && matches!(
                    kind.id,
                    "text"
                        | "metadata"
                        | "xml"
                        | "json"
                        | "notebook"
                        | "translation"
                        | "yaml"
                        | "toml"
                        | "ini"
                        | "env"
                )))
}

/// Streams the blocks of a file; nothing for binaries and for data that nobody reads as prose.
pub(crate) fn blocks(entry: &Classified<'_>, sink: &mut Sink<'_>) {
    if is_read(entry) {
        read_blocks(entry, sink);
    }
}

/// As [`blocks`] for a file of which [`is_read`] is known.
pub(crate) fn read_blocks(entry: &Classified<'_>, sink: &mut Sink<'_>) {
    let text = entry.text.bytes();
    let kind = entry.kind;
    if !sink.wants(0, text.len()) {
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
        "xml" if entry.path.name().ends_with(".svg") => {
            markup::read(text, markup::inside_drawing(text), sink);
        }
        "html" | "xml" | "component" => markup::read(text, 0, sink),
        "json" if catalogue::is_json(entry.path.name()) => config::json(text, |_| true, sink),
        "json" => config::json(text, config::is_described, sink),
        "notebook" => config::notebook(text, sink),
        "translation" => catalogue::read(text, sink),
        "yaml" | "toml" | "ini" | "env" => config::keyed(text, sink),
        _ if kind.is("source") && kind.comments != CommentStyle::None => {
            code::read(entry.path.name(), kind, text, sink);
        }
        _ => {}
    }
}

/// Cuts `text[from..to]` into lines without their ends.
pub(crate) fn lines(text: &[u8], from: usize, to: usize) -> Vec<Line> {
    each_line(text, from, to).collect()
}

/// As [`lines`], one by one.
fn each_line(text: &[u8], from: usize, to: usize) -> impl Iterator<Item = Line> {
    let ends = memchr::memchr_iter(b'\n', &text[from..to]).map(move |at| from + at);
    let mut start = from;
    let ended = ends.map(move |stop| {
        let cr = stop > start && text[stop - 1] == b'\r';
        let line = Line {
            start,
            end: stop - usize::from(cr),
        };
        start = stop + 1;
        line
    });
    let last = memchr::memrchr(b'\n', &text[from..to]).map_or(from, |at| from + at + 1);
    let rest = (last < to).then_some(Line {
        start: last,
        end: to,
    });
    ended.chain(rest)
}

/// How many lines [`lines`] would cut.
fn line_count(text: &[u8], start: usize, end: usize) -> usize {
    let part = &text[start..end];
    let ends = memchr::memchr_iter(b'\n', part).count();
    ends + usize::from(part.last().is_some_and(|&byte| byte != b'\n'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::EntryKind;
    use crate::classify::Origin;
    use crate::model::EntryPath;
    use proptest::prelude::*;

    /// Shape, headings, lead and text of each block.
    fn read(name: &str, text: &str) -> Vec<String> {
        let path = EntryPath::root(name);
        let entry = Classified::new(&path, Origin::Tree, &EntryKind::File, text.as_bytes());
        let mut out = Vec::new();
        let mut emit = |block: &Block<'_>| {
            let shape = match block.shape {
                Shape::Prose => "p",
                Shape::Heading => "h",
                Shape::Item { .. } => "li",
                Shape::Cell { .. } => "td",
                Shape::Quote => "q",
                Shape::Literal => "str",
            };
            let lead = block
                .lead
                .map_or(String::new(), |lead| format!(" <{lead}>"));
            out.push(format!(
                "{shape} {}{lead} {}",
                block.headings.join("/"),
                block.folded.text
            ));
        };
        let mut sink = Sink {
            marks: None,
            emit: &mut emit,
        };
        blocks(&entry, &mut sink);
        out
    }

    #[test]
    fn markdown_keeps_headings_leads_and_rows() {
        let text = "# A\n\nOne\ntwo.\n\n## B\n\nIt does not:\n\n- x\n  more\n- y:\n  - z\n\nEnd.\n\n| H |\n|---|\n| c |\n\n```\ncode\n```\n> said\n";
        assert_eq!(
            read("a.md", text),
            [
                "h  A",
                "p A One two.",
                "h A B",
                "p A/B It does not:",
                "li A/B <It does not:> x more",
                "li A/B <It does not:> y:",
                "li A/B <It does not y:> z",
                "p A/B End.",
                "td A/B <H> c",
                "q A/B said",
            ]
        );
    }

    #[test]
    fn source_gives_comments_docstrings_and_spoken_literals() {
        let text = "\"\"\"Doc one.\"\"\"\n# a\n# b\nx = ['in a list here']  # tail\nHELP = ('joined '\n  'text is one')\nif 'not a claim' in x:\n    print('said to the user')\n";
        assert_eq!(
            read("a.py", text),
            [
                "p  Doc one.",
                "p  a b",
                "p  tail",
                "str help joined text is one",
                "str print said to the user"
            ]
        );
        assert!(read("tests/a.py", "print('said in a test')\n").is_empty());
        let elixir = "defmodule A do\n  @moduledoc \"\"\"\n  Doc one.\n  \"\"\"\n  @doc ~S\"\"\"\n  Doc two.\n  \"\"\"\n  \
            @sql \"\"\"\n  select one\n  \"\"\"\nend\n";
        assert_eq!(read("a.ex", elixir), ["p  Doc one.", "p  Doc two."]);
    }

    #[test]
    fn rust_lifetimes_and_characters_are_no_strings() {
        let text = "fn f<'a>(x: &'a str, q: char) -> bool { q == '\"' || q == '\\'' } // it's here\n/// Doc \"x\".\nfn g() {}\n";
        assert_eq!(read("a.rs", text), ["p  it's here", "p  Doc \"x\"."]);
    }

    #[test]
    fn configuration_gives_only_what_describes() {
        assert_eq!(
            read(
                "a.json",
                r#"{"description": "A b.", "x": "C d.", "non_claims": ["E."]}"#
            ),
            ["p description A b.", "li non claims E."]
        );
        assert_eq!(
            read(
                "a.toml",
                "# note\n[package]\ndescription = \"A b.\"\nother = \"C\"\n"
            ),
            ["p  note", "p package/description A b."]
        );
        assert_eq!(
            read("a.yaml", "description: >\n  A\n  b.\nname: c\n"),
            ["p description A b."]
        );
        assert_eq!(
            read("x.dist-info/METADATA", "Name: x\nSummary: S t.\n\nBody.\n"),
            ["p  S t.", "p  Body."]
        );
    }

    #[test]
    fn html_gives_text_without_scripts() {
        let text = "<h1>T</h1><script>var x = 'no';</script><p>One <b>two</b>.</p><p>Not:</p><ul><li>a</li></ul>";
        assert_eq!(
            read("a.html", text),
            ["h  T", "p T One two .", "p T Not:", "li T <Not:> a"]
        );
        let text =
            "<meta name=\"description\" content=\"A b.\"><img src=\"x\" alt=\"C d.\"><p>E.</p>";
        assert_eq!(read("a.html", text), ["p  A b.", "p  C d.", "p  E."]);
    }

    #[test]
    fn lines_of_a_cell_are_one_paragraph() {
        let prose = r##"{"cell_type": "markdown", "source": ["# T\n", "A b\n", "c d.\n", "\n", "- e\n", "E.\n"]}"##;
        assert_eq!(
            read("a.ipynb", prose),
            ["li source # T", "li source A b c d.", "li source - e E."]
        );
        let code = r#"{"cell_type": "code", "source": ["a = 1\n", "b = 2\n"]}"#;
        assert_eq!(
            read("a.ipynb", code),
            ["li source a = 1", "li source b = 2"]
        );
    }

    #[test]
    fn translations_catalogues_and_drawings_are_read() {
        let text = "# note\nmsgid \"a b\"\nmsgstr \"\"\n\"C d \"\n\"e.\"\n\nmsgid \"f\"\nmsgstr[0] \"G h.\"\n";
        assert_eq!(read("a.po", text), ["p  C d e.", "p  G h."]);
        let text = r#"{"hero": {"title": "A b."}}"#;
        assert_eq!(read("src/i18n/pl.json", text), ["p hero/title A b."]);
        assert!(read("src/data.json", text).is_empty());
        let text = "<?xml version=\"1.0\"?><svg><style>x</style><text x=\"1\">A b.</text></svg>";
        assert_eq!(read("a.svg", text), ["p  A b."]);
    }

    #[test]
    fn what_a_keyword_stands_in_is_read_to_its_end() {
        let text = "x(help=\"A b \"\n   \"c d.\")\ny(help=\"E f g.\")\n";
        let path = EntryPath::root("a.py");
        let entry = Classified::new(&path, Origin::Tree, &EntryKind::File, text.as_bytes());
        let mut found = Vec::new();
        let mut emit = |block: &Block<'_>| found.push(block.folded.text.clone());
        let marks = [text.find("A b").unwrap()];
        blocks(
            &entry,
            &mut Sink {
                marks: Some(&marks),
                emit: &mut emit,
            },
        );
        assert_eq!(found, ["A b c d."]);
    }

    proptest! {
        /// No input makes a reader panic, and every span stays in the file.
        #[test]
        fn readers_survive_anything(
            text in "[ -~\n\t\"'`#/*<>|\\\\é-]{0,300}",
            name in prop::sample::select(vec!["a.md", "a.rst", "a.py", "a.rs", "a.js", "a.lua", "a.json", "a.yaml", "a.toml", "a.html", "a.txt", "PKG-INFO", "a.c", "a.bat", "a.ipynb", "a.po", "a.svg", "en.json"]),
        ) {
            let path = EntryPath::root(name);
            let entry = Classified::new(&path, Origin::Tree, &EntryKind::File, text.as_bytes());
            let mut spans = Vec::new();
            let mut emit = |block: &Block<'_>| {
                for range in sentences(&block.folded.text) {
                    spans.push(block.folded.span(range));
                }
            };
            let mut sink = Sink { marks: None, emit: &mut emit };
            blocks(&entry, &mut sink);
            for span in spans {
                prop_assert!(span.start <= span.end && span.end <= text.len());
            }
        }
    }
}
