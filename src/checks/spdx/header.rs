// SPDX-License-Identifier: Apache-2.0
//! SPDX short-form headers: where one stands in a file, and in which kind of comment.
//!
//! Only comment lines count, so a scanner's source or a page of documentation that mentions the
//! tag has no header by that. Code between `SPDX-SnippetBegin` and `SPDX-SnippetEnd` carries a
//! licence of its own and says nothing of the file; between `REUSE-IgnoreStart` and
//! `REUSE-IgnoreEnd` tags are only talked about.

use crate::classify::{CommentStyle, Kind};
use crate::model::ByteSpan;
use memchr::memmem::{Finder, rfind};
use std::sync::LazyLock;

/// Lines that count as the head of a file.
const HEAD_LINES: usize = 30;
/// Bytes that count as the head of a file.
pub(in crate::checks) const HEAD_BYTES: usize = 4 << 10;
/// How far a header that stands too late is looked for.
const LATE_BYTES: usize = 16 << 10;

const TAG: &str = "SPDX-License-Identifier:";

/// How a header stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::checks) enum Standing {
    /// In a comment in the first lines.
    Head,
    /// In a comment further down.
    Late,
    /// In the first lines, in a comment form that the language does not have.
    Foreign,
}

/// One header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::checks) struct Header {
    /// Line, from 1.
    pub(in crate::checks) line: usize,
    /// Bytes of the expression in the text.
    pub(in crate::checks) span: ByteSpan,
    /// How it stands.
    pub(in crate::checks) standing: Standing,
}

impl Header {
    /// The expression it states.
    pub(in crate::checks) fn expression<'t>(&self, text: &'t [u8]) -> std::borrow::Cow<'t, str> {
        String::from_utf8_lossy(text.get(self.span.range()).unwrap_or_default())
    }
}

/// Comment forms of one language.
#[derive(Debug, Clone, Copy)]
struct Comments {
    line: &'static [&'static str],
    block: &'static [(&'static str, &'static str)],
}

fn comments(kind: Kind) -> Option<Comments> {
    const C_BLOCK: (&str, &str) = ("/*", "*/");
    const MARKUP: (&str, &str) = ("<!--", "-->");
    let of = |line, block| Some(Comments { line, block });
    match (kind.id, kind.comments) {
        ("python", _) => of(&["#"], &[("\"\"\"", "\"\"\""), ("'''", "'''")]),
        ("php", _) => of(&["//", "#"], &[C_BLOCK, MARKUP]),
        ("objective-c", _) => of(&["//", "%"], &[C_BLOCK]),
        ("terraform", _) => of(&["#", "//"], &[C_BLOCK]),
        ("nix", _) => of(&["#"], &[C_BLOCK]),
        ("powershell", _) => of(&["#"], &[("<#", "#>")]),
        ("ruby", _) => of(&["#"], &[("=begin", "=end")]),
        ("perl", _) => of(&["#", "%"], &[("=", "=cut")]),
        ("julia", _) => of(&["#"], &[("#=", "=#")]),
        ("lua", _) => of(&["--"], &[("--[[", "]]")]),
        ("haskell" | "elm", _) => of(&["--"], &[("{-", "-}")]),
        ("sql", _) => of(&["--", "#"], &[C_BLOCK]),
        ("assembly", _) => of(&[";", "#", "//", "@", "|", "!"], &[C_BLOCK]),
        ("lisp", _) => of(&[";"], &[("#|", "|#")]),
        ("css", _) => of(&["//"], &[C_BLOCK]),
        ("component", _) => of(&["//"], &[C_BLOCK, MARKUP]),
        ("html", _) => of(&[], &[MARKUP, ("{#", "#}"), ("{{/*", "*/}}"), ("{%", "%}")]),
        ("cmake", _) => of(&["#"], &[("#[[", "]]")]),
        ("ini", _) => of(&["#", ";", "!"], &[]),
        ("tex", _) => of(&["%"], &[]),
        (_, CommentStyle::Hash) => of(&["#"], &[]),
        (_, CommentStyle::Slash) => of(&["//"], &[C_BLOCK]),
        (_, CommentStyle::Block) => of(&[], &[C_BLOCK]),
        (_, CommentStyle::Dash) => of(&["--"], &[]),
        (_, CommentStyle::Markup) => of(&[], &[MARKUP]),
        (_, CommentStyle::Semicolon) => of(&[";"], &[]),
        (_, CommentStyle::Percent) => of(&["%"], &[]),
        (_, CommentStyle::Quote) => of(&["\"", "#"], &[]),
        (_, CommentStyle::Batch) => of(&["rem", "REM", "Rem", "@rem", "@REM", "::"], &[]),
        (_, CommentStyle::Dots) => of(&[".."], &[]),
        (_, CommentStyle::Pascal) => of(&["//"], &[("(*", "*)")]),
        (_, CommentStyle::None) => None,
    }
}

/// Starts of comments of any language, for telling one that does not belong.
const ANY_LEADER: &[&str] = &["//", "/*", "#", "--", "<!--", "(*", "%", ";"];

/// Whether the tag stands where headers are looked for: cheap, for callers that go on only then.
pub(in crate::checks) fn mentions(text: &[u8]) -> bool {
    static FINDER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(TAG));
    FINDER.find(&text[..text.len().min(LATE_BYTES)]).is_some()
}

/// Finds the headers of a file: those in its head, else the first that stands too late.
pub(in crate::checks) fn find(text: &[u8], kind: Kind) -> Vec<Header> {
    let Some(comments) = comments(kind) else {
        return Vec::new();
    };
    if !mentions(text) {
        return Vec::new();
    }
    let window = &text[..text.len().min(LATE_BYTES)];
    let last = rfind(window, TAG.as_bytes()).unwrap_or(0);
    let mut found = Vec::new();
    let mut lines = Lines::new(comments);
    let mut line = String::new();
    let mut start = 0;
    for (index, raw) in window.split_inclusive(|&byte| byte == b'\n').enumerate() {
        let in_head = index < HEAD_LINES && start < HEAD_BYTES;
        // Most files have one header, in their first lines.
        if start > last || !in_head && !found.is_empty() {
            break;
        }
        // A byte that is not UTF-8 becomes `?`, one for one, so that places stay true.
        line.clear();
        match std::str::from_utf8(raw) {
            Ok(text) if text.is_ascii() => line.push_str(text),
            _ => {
                let ascii = |&b: &u8| if b.is_ascii() { char::from(b) } else { '?' };
                line.extend(raw.iter().map(ascii));
            }
        }
        if let Some((range, own)) = lines.next(line.trim_start_matches("???")) {
            let mark = line.len() - line.trim_start_matches("???").len();
            let standing = match (in_head, own) {
                (true, true) => Some(Standing::Head),
                (true, false) => Some(Standing::Foreign),
                (false, true) => Some(Standing::Late),
                (false, false) => None,
            };
            if let Some(standing) = standing {
                found.push(Header {
                    line: index + 1,
                    span: ByteSpan::new(start + mark + range.start, start + mark + range.end),
                    standing,
                });
            }
        }
        start += raw.len();
    }
    if found.iter().any(|header| header.standing == Standing::Head) {
        found.retain(|header| header.standing == Standing::Head);
    }
    found
}

/// The licence tags of a `.license` side file or a side licence in `LICENSES/`: no comment is
/// needed there (REUSE 3.3, "comment headers").
pub(in crate::checks) fn side_file(text: &[u8]) -> Vec<String> {
    let window = String::from_utf8_lossy(&text[..text.len().min(HEAD_BYTES)]).into_owned();
    window
        .lines()
        .filter_map(|line| line.split_once(TAG))
        .map(|(_, rest)| rest.trim().to_owned())
        .collect()
}

/// Walks lines, knowing whether one begins inside a block comment or a snippet.
struct Lines {
    comments: Comments,
    /// The end of the block comment that is open.
    open: Option<&'static str>,
    snippet: bool,
}

impl Lines {
    fn new(comments: Comments) -> Self {
        Self {
            comments,
            open: None,
            snippet: false,
        }
    }

    /// The expression's place in the line when the line is a header, and whether its comment
    /// form is the language's own.
    fn next(&mut self, line: &str) -> Option<(std::ops::Range<usize>, bool)> {
        let (body, own) = self.comment(line)?;
        let content = &line[body.clone()];
        if content.contains("SPDX-SnippetBegin") || content.contains("REUSE-IgnoreStart") {
            self.snippet = true;
        }
        if content.contains("SPDX-SnippetEnd") || content.contains("REUSE-IgnoreEnd") {
            self.snippet = false;
        }
        if self.snippet {
            return None;
        }
        let at = content.find(TAG)?;
        let before = &content[..at];
        let leads = before
            .chars()
            .all(|c| c.is_whitespace() || "/*#!-;%<:.|\"'=~{(@".contains(c));
        // Some put both on one line: `Copyright 2020 The Authors. SPDX-License-Identifier: MIT`.
        let lower = before.to_ascii_lowercase();
        let beside = own
            && (lower.contains("copyright") || lower.contains("(c)"))
            && !before.contains(['`', '"', '\'']);
        if !leads && !beside {
            return None;
        }
        let from = body.start + at + TAG.len();
        let mut rest = &line[from..body.end];
        for end in [
            "*/", "-->", "*)", "\"\"\"", "'''", "-}", "#}", "]]", "|#", "=#", "#>",
        ] {
            if let Some(cut) = rest.find(end) {
                rest = &rest[..cut];
            }
        }
        // Boxed comments end their lines with the frame.
        let boxed = |c: char| c.is_whitespace() || "*#|/%;".contains(c);
        let kept = rest.trim_end_matches(boxed);
        let lead = kept.len() - kept.trim_start().len();
        Some((from + lead..from + kept.len().max(lead), own))
    }

    /// The comment part of a line, if it begins as a comment; keeps track of blocks.
    fn comment(&mut self, line: &str) -> Option<(std::ops::Range<usize>, bool)> {
        if let Some(end) = self.open {
            return match line.find(end) {
                Some(at) => {
                    self.open = None;
                    Some((0..at, true))
                }
                None => Some((0..line.len(), true)),
            };
        }
        let from = line.len() - line.trim_start().len();
        let code = &line[from..];
        // Markup and PHP may have their comment after a declaration on the same line.
        for (begin, end) in self.comments.block {
            let prefixed = begin.starts_with(['"', '\''])
                && code
                    .strip_prefix(['r', 'R', 'u', 'U'])
                    .is_some_and(|rest| rest.starts_with(begin));
            let at = if prefixed {
                1
            } else if code.starts_with(begin) {
                0
            } else if *begin == "<!--" {
                match code.find(begin) {
                    Some(at) => at,
                    None => continue,
                }
            } else {
                continue;
            };
            let inside = from + at + begin.len();
            return match line[inside..].find(end) {
                Some(close) => Some((inside..inside + close, true)),
                None => {
                    self.open = Some(end);
                    Some((inside..line.len(), true))
                }
            };
        }
        let own = self.comments.line.iter().find(|leader| {
            code.strip_prefix(**leader).is_some_and(|rest| {
                // `rem` is a word, `::` and `#` are not.
                !leader.ends_with(|c: char| c.is_ascii_alphabetic())
                    || rest.starts_with(char::is_whitespace)
            })
        });
        if let Some(leader) = own {
            return Some((from + leader.len()..line.len(), true));
        }
        // Another language's comment, and nothing but the tag in it, at the very margin.
        let foreign = ANY_LEADER
            .iter()
            .find(|leader| line.starts_with(**leader))?;
        let rest = line[foreign.len()..].trim_start();
        (rest.starts_with(TAG) && !rest.contains(['"', '\'', '`']))
            .then_some((foreign.len()..line.len(), false))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &str, text: &str) -> Vec<(usize, String, Standing)> {
        let kind = Kind::of(name, text.as_bytes(), false);
        find(text.as_bytes(), kind)
            .into_iter()
            .map(|h| {
                (
                    h.line,
                    h.expression(text.as_bytes()).into_owned(),
                    h.standing,
                )
            })
            .collect()
    }

    fn one(name: &str, text: &str) -> (String, Standing) {
        let mut all = headers(name, text);
        assert_eq!(all.len(), 1, "{name}: {text}");
        let (_, expression, standing) = all.remove(0);
        (expression, standing)
    }

    #[test]
    fn every_languages_comment_is_read() {
        for (name, text) in [
            (
                "a.py",
                "#!/usr/bin/env python3\n# SPDX-License-Identifier: MIT\n",
            ),
            (
                "a.py",
                "\"\"\"Module.\n\nSPDX-License-Identifier: MIT\n\"\"\"\n",
            ),
            ("a.rs", "// SPDX-License-Identifier: MIT\n"),
            ("a.rs", "//! SPDX-License-Identifier: MIT\r\n"),
            ("a.c", "/* SPDX-License-Identifier: MIT */\n"),
            (
                "a.c",
                "/****\n * SPDX-License-Identifier: MIT       *\n ****/\n",
            ),
            (
                "a.html",
                "<!DOCTYPE html>\n<!-- SPDX-License-Identifier: MIT -->\n",
            ),
            (
                "a.xml",
                "<?xml version=\"1.0\"?><!-- SPDX-License-Identifier: MIT -->\n",
            ),
            ("a.lua", "--[[\nSPDX-License-Identifier: MIT\n]]\n"),
            ("a.bat", "@echo off\nrem SPDX-License-Identifier: MIT\n"),
            ("a.css", "/*! SPDX-License-Identifier: MIT */\n"),
            ("a.ml", "(* SPDX-License-Identifier: MIT *)\n"),
            ("a.rst", ".. SPDX-License-Identifier: MIT\n"),
            (
                "a.js",
                "// Copyright 2020 The Authors. SPDX-License-Identifier: MIT\n",
            ),
        ] {
            assert_eq!(
                one(name, text),
                ("MIT".to_owned(), Standing::Head),
                "{text}"
            );
        }
    }

    #[test]
    fn mentions_are_no_headers() {
        for (name, text) in [
            ("a.py", "TAG = \"SPDX-License-Identifier: MIT\"\n"),
            (
                "a.py",
                "# every file starts with `SPDX-License-Identifier: MIT`\n",
            ),
            (
                "a.md",
                "# Licences\n\nWrite `SPDX-License-Identifier: MIT`.\n",
            ),
            ("a.rs", "/// finds SPDX-License-Identifier: lines\n"),
            ("a.json", "{\"k\": \"// SPDX-License-Identifier: MIT\"}\n"),
            (
                "a.py",
                "# REUSE-IgnoreStart\n# SPDX-License-Identifier: ISC\n# REUSE-IgnoreEnd\n",
            ),
            (
                "a.py",
                "# SPDX-SnippetBegin\n# SPDX-License-Identifier: ISC\n# SPDX-SnippetEnd\n",
            ),
        ] {
            assert_eq!(headers(name, text), [], "{text}");
        }
    }

    #[test]
    fn late_and_foreign_headers_are_told_apart() {
        let late = format!("{}// SPDX-License-Identifier: MIT\n", "int x;\n".repeat(40));
        assert_eq!(one("a.c", &late).1, Standing::Late);
        assert_eq!(
            one("a.c", "# SPDX-License-Identifier: MIT\n").1,
            Standing::Foreign
        );
        assert_eq!(
            one("a.py", "// SPDX-License-Identifier: MIT\n").1,
            Standing::Foreign
        );
    }

    #[test]
    fn a_byte_order_mark_and_other_bytes_keep_places_true() {
        let text = "\u{feff}// SPDX-License-Identifier: ISC\n";
        assert_eq!(one("a.cs", text).0, "ISC");
        let text = "// é — Copyright é. SPDX-License-Identifier: ISC\n";
        assert_eq!(one("a.c", text).0, "ISC");
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "(SPDX-License-Identifier:|/\\*|\\*/|#|\"\"\"|\n|é|<!--|-->| |MIT|.){0,40}") {
            for name in ["a.py", "a.c", "a.html", "a.lua", "a.bat", "a.php"] {
                let kind = Kind::of(name, text.as_bytes(), false);
                for header in find(text.as_bytes(), kind) {
                    proptest::prop_assert!(header.span.end <= text.len());
                }
            }
        }
    }
}
