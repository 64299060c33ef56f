// SPDX-License-Identifier: Apache-2.0
//! The part of a text that a sentence around a keyword can take its words from: its paragraph, and
//! in a list what leads into it. Found by the look of a few lines, without reading the file from its
//! start; where that does not tell, the part is large rather than too small.

use super::sentence::is_item;
use super::tags;
use crate::classify::{CommentStyle, Kind};

/// Bytes before a keyword: a sentence may go on from the text that leads into its list, some items
/// above.
const BEFORE: usize = 2 << 10;
/// Bytes after it.
const AFTER: usize = 512;

/// How far before a keyword it is looked for what opens or ends a comment around it.
const COMMENT: usize = 64 << 10;
/// The same for a string: longer ones are not read.
const STRING: usize = 4 << 10;

/// How paragraphs of a kind of file end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// Not by empty lines, or not by these alone.
    Loose,
    /// By an empty line. These bytes may lead a line of a comment, and are no text.
    Lines(&'static [u8]),
    /// The same; and only comments, `/*` to `*/` or behind a mark on their line, and strings are
    /// read. A string ends with its line, unless a backtick or a backslash there says otherwise.
    Code(&'static [u8]),
    /// By the quotes of strings, in which alone it is read, each by itself.
    Strings,
    /// By tags.
    Tags,
}

impl Layout {
    /// The layout of a kind of file.
    pub(super) fn of(kind: Kind) -> Self {
        if matches!(kind.id, "markdown" | "rst" | "asciidoc" | "plain" | "text") {
            return Self::Lines(b"");
        }
        if kind.id == "json" {
            return Self::Strings;
        }
        if matches!(kind.id, "html" | "xml" | "component") {
            return Self::Tags;
        }
        if !kind.is("source") {
            return Self::Loose;
        }
        match kind.comments {
            CommentStyle::Hash => Self::Lines(b"#!/"),
            CommentStyle::Slash => match kind.id {
                "rust" | "java" | "kotlin" | "scala" | "swift" | "groovy" => Self::Lines(b"/*!#"),
                _ => Self::Code(b"/*!#"),
            },
            CommentStyle::Block => Self::Code(b"/*!"),
            CommentStyle::Semicolon => Self::Lines(b";!"),
            CommentStyle::Percent => Self::Lines(b"%!"),
            // In the others what leads a comment may also be the mark of an item.
            _ => Self::Loose,
        }
    }

    /// Bytes that lead lines, where empty lines end a paragraph.
    pub(super) fn leaders(self) -> Option<&'static [u8]> {
        match self {
            Self::Loose | Self::Strings | Self::Tags => None,
            Self::Lines(leaders) | Self::Code(leaders) => Some(leaders),
        }
    }

    /// Whether a keyword that begins at `at` may be part of a comment or a string, by the look of
    /// its line and of what opens over several lines.
    pub(super) fn may_speak(self, text: &[u8], at: usize) -> bool {
        let Self::Code(leaders) = self else {
            return true;
        };
        let floor = at.saturating_sub(COMMENT);
        let before = &text[floor..at];
        let newline = memchr::memrchr(b'\n', before);
        let start = newline.map_or(floor, |newline| floor + newline + 1);
        // A keyword may begin with the mark itself.
        let line = &text[start..text.len().min(at + 2)];
        let opens = |byte: &u8| b"\"'`".contains(byte) || leaders.contains(byte);
        if line.iter().any(opens) {
            return true;
        }
        if let Some(newline) = newline
            && before[..newline].trim_ascii_end().ends_with(b"\\")
        {
            return true;
        }
        let near = &before[before.len().saturating_sub(STRING)..];
        if memchr::memchr(b'`', near).is_some() {
            return true;
        }
        // Inside a comment, what opens it stands behind what ended the one before.
        let last = memchr::memrchr_iter(b'*', before).find_map(|star| {
            let opens = star > 0 && before[star - 1] == b'/';
            let ends = before.get(star + 1) == Some(&b'/');
            (opens || ends).then_some(opens)
        });
        last.unwrap_or(floor > 0)
    }

    /// Where the part begins, for a keyword that begins at `at`.
    pub(super) fn start(self, text: &[u8], at: usize) -> usize {
        let floor = at.saturating_sub(BEFORE);
        if self == Self::Strings {
            let before = &text[floor..at];
            let mut quotes = memchr::memrchr_iter(b'"', before);
            let opens = quotes.find(|quote| !is_escaped(&before[..*quote]));
            return opens.map_or(floor, |quote| floor + quote + 1);
        }
        if self == Self::Tags {
            return tags::start(text, floor, at);
        }
        let Some(leaders) = self.leaders() else {
            return floor;
        };
        let mut paragraph = None;
        let mut end = at;
        loop {
            let newline = memchr::memrchr(b'\n', &text[floor..end]);
            let start = newline.map_or(floor, |newline| floor + newline + 1);
            let line = body(&text[start..end], leaders);
            if is_item(line) {
                return floor;
            }
            // What stands before a keyword on its own line may well be empty.
            if end < at && paragraph.is_none() && line.trim_ascii().is_empty() {
                paragraph = Some(end);
            }
            match newline {
                Some(newline) => end = floor + newline,
                None => return paragraph.unwrap_or(floor),
            }
        }
    }

    /// Whether the words of a part are read in the order that they stand in: not where one text leads
    /// into many items, nor where it is not known what leads a line.
    pub(super) fn is_run(self, part: &[u8]) -> bool {
        let Some(leaders) = self.leaders() else {
            return match self {
                Self::Tags => tags::is_block(part),
                other => other == Self::Strings,
            };
        };
        let mut lines = part.split(|&byte| byte == b'\n');
        !lines.any(|line| is_item(body(line, leaders)))
    }

    /// Where the part ends, for a keyword that ends at `at`.
    pub(super) fn end(self, text: &[u8], at: usize) -> usize {
        let ceiling = text.len().min(at + AFTER);
        if self == Self::Strings {
            let behind = &text[at..ceiling];
            let mut quotes = memchr::memchr_iter(b'"', behind);
            let closes = quotes.find(|quote| !is_escaped(&behind[..*quote]));
            return closes.map_or(ceiling, |quote| at + quote);
        }
        if self == Self::Tags {
            return tags::end(text, at, ceiling);
        }
        let Some(leaders) = self.leaders() else {
            return ceiling;
        };
        let mut from = at;
        while let Some(newline) = memchr::memchr(b'\n', &text[from..ceiling]) {
            let next = from + newline + 1;
            let Some(stop) = memchr::memchr(b'\n', &text[next..ceiling]) else {
                break;
            };
            if body(&text[next..next + stop], leaders)
                .trim_ascii()
                .is_empty()
            {
                return next;
            }
            from = next;
        }
        ceiling
    }
}

/// Whether what stands behind `text` is escaped by its end.
fn is_escaped(text: &[u8]) -> bool {
    let slashes = text.iter().rev().take_while(|&&byte| byte == b'\\');
    slashes.count() % 2 == 1
}

/// A line without what leads it.
pub(super) fn body<'t>(line: &'t [u8], leaders: &[u8]) -> &'t [u8] {
    let line = line.trim_ascii_start();
    let led = line.iter().take_while(|byte| leaders.contains(byte));
    line[led.count()..].trim_ascii_start()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    fn part<'t>(kind: &str, text: &'t str, keyword: &str) -> &'t str {
        let at = text.find(keyword).unwrap();
        let layout = Layout::of(Kind::named(kind).unwrap());
        let start = layout.start(text.as_bytes(), at);
        &text[start..layout.end(text.as_bytes(), at + keyword.len())]
    }

    #[test]
    fn a_paragraph_ends_at_empty_lines() {
        let text = "One.\n\nTwo is\nKEY\nthree. \n \t\nFour.";
        assert_eq!(part("markdown", text, "KEY"), "\nTwo is\nKEY\nthree. \n");
        assert_eq!(part("yaml", text, "KEY"), text);
    }

    #[test]
    fn marks_of_comments_are_no_text() {
        let text = "/*\n * One.\n *\n * Two\n * KEY.\n **/\nint three;\n";
        let own = "\n * Two\n * KEY.\n";
        assert_eq!(part("c", text, "KEY"), own);
        let text = "one()\n# Two\n#\n# KEY\n\nthree()\n";
        assert_eq!(part("python", text, "KEY"), "\n# KEY\n");
    }

    #[test]
    fn in_a_list_what_leads_into_it_counts() {
        for item in ["- x", "3) x", "• x", "> x"] {
            let text = format!("It can\n\n{item}\n\n  KEY\n\nEnd.");
            let lead = text.strip_suffix("\nEnd.").unwrap();
            assert_eq!(part("markdown", &text, "KEY"), lead);
        }
        // A star leads lines of this comment, and is an item in that docstring.
        let text = "It can\n * x\n\n KEY";
        assert_eq!(part("c", text, "KEY"), "\n KEY");
        assert_eq!(part("python", text, "KEY"), text);
    }

    #[test]
    fn code_does_not_speak() {
        let layout = Layout::of(Kind::named("javascript").unwrap());
        let speaks = |text: &str| layout.may_speak(text.as_bytes(), text.find("KEY").unwrap());
        for text in [
            "// KEY",
            "x = 'KEY",
            "/* a\nKEY",
            "*/ /* a\nKEY",
            "`a\nKEY",
            "'a \\\nKEY",
            "KEY",
        ] {
            assert_eq!(speaks(text), text != "KEY", "{text}");
        }
        for text in ["x = 1;\nKEY()", "/* a */\nKEY", "x * y\nKEY", "'a'\nKEY"] {
            assert!(!speaks(text), "{text}");
        }
        assert!(layout.may_speak(b"x\n\"KEY", 2));
        let far = |text: &str, gap: usize| format!("{text}\n{}KEY", "x\n".repeat(gap / 2));
        assert!(!speaks(&far("`", STRING)));
        assert!(speaks(&far("", COMMENT)));
        for kind in ["rust", "python", "plain"] {
            let layout = Layout::of(Kind::named(kind).unwrap());
            assert!(layout.may_speak(b"KEY", 0), "{kind}");
        }
    }

    #[test]
    fn in_json_a_string_is_read_by_itself() {
        let text = r#"{"a": "One.", "b": "Two \" is KEY\\", "c": "three"}"#;
        assert_eq!(part("json", text, "KEY"), r#"Two \" is KEY\\"#);
        // A keyword may begin with the quote.
        let text = r#"["One", "KEY two"]"#;
        assert_eq!(part("json", text, "\"KEY"), ", \"KEY two");
        let layout = Layout::of(Kind::named("json").unwrap());
        assert!(layout.is_run(b"- one\n- two"));
    }

    #[test]
    fn far_is_too_far() {
        let text = format!("{0} KEY {0}", "word ".repeat(1000));
        let part = part("plain", &text, "KEY");
        assert_eq!(part.len(), BEFORE + "KEY".len() + AFTER);
    }
}
