// SPDX-License-Identifier: Apache-2.0
//! Source code: comments and documentation strings as prose, and those string literals that speak
//! to a user. Identifiers and phrase lists claim nothing.

use super::frame::{Frame, Name};
use super::literal;
use super::prose::{self, Dialect};
use super::syntax::{Role, Syntax, is_word};
use super::{Line, Sink, line_count, lines};
use crate::classify::Kind;

/// Longer literals are data.
const LONGEST_LITERAL: usize = 4_000;

/// Streams the prose of one source file.
pub(super) fn read(name: &str, kind: Kind, text: &[u8], sink: &mut Sink<'_>) {
    let mut lexer = Lexer {
        text,
        syntax: Syntax::of(kind),
        sink,
        at: 0,
        comment: Vec::new(),
        comment_line: 0,
        literal: Vec::new(),
        frames: vec![Frame::default()],
        word: Name::default(),
        before: b'\n',
        literals: !is_test(name),
        line: 0,
        line_has_code: false,
    };
    lexer.run();
    lexer.flush_comment();
    lexer.flush_literal();
}

/// Whether a text ends with an attribute of Elixir that documents what follows it (`@doc """`).
fn is_documented(before: &[u8]) -> bool {
    let before = before.trim_ascii_end();
    let sigil = [&b"~S"[..], b"~s"];
    let sigil = sigil.iter().find_map(|sigil| before.strip_suffix(*sigil));
    let before = sigil.unwrap_or(before).trim_ascii_end();
    [&b"@moduledoc"[..], b"@doc", b"@typedoc", b"@shortdoc"]
        .iter()
        .any(|attribute| before.ends_with(attribute))
}

/// Minified or generated code, told by the length of its lines: nobody reads it.
pub(super) fn is_generated(text: &[u8]) -> bool {
    if text.len() <= (16 << 10) {
        return false;
    }
    // Lines of more than 250 bytes are so many at most. Of what people write the first part tells.
    let most = text.len() / 251;
    let mut lines = 1;
    let mut parts = text.chunks(4 << 10);
    parts.all(|part| {
        lines += memchr::memchr_iter(b'\n', part).count();
        lines <= most
    })
}

/// Strings of tests are examples.
fn is_test(name: &str) -> bool {
    let mut parts = name.split('/').rev();
    let file = parts.next().unwrap_or(name).to_ascii_lowercase();
    let stem = file.split('.').next().unwrap_or(&file);
    let folder = parts.any(|part| {
        let part = part.to_ascii_lowercase();
        matches!(
            part.as_str(),
            "test"
                | "tests"
                | "testing"
                | "__tests__"
                | "spec"
                | "specs"
                | "fixtures"
                | "testdata"
                | "benches"
        )
    });
    folder
        || stem == "conftest"
        || stem.starts_with("test_")
        || stem.ends_with("_test")
        || stem.ends_with("_tests")
        || file.contains(".test.")
        || file.contains(".spec.")
}

struct Lexer<'t, 's, 'c> {
    text: &'t [u8],
    syntax: Syntax,
    sink: &'s mut Sink<'c>,
    at: usize,
    /// Lines of the comment being joined.
    comment: Vec<Line>,
    comment_line: usize,
    /// Adjacent string literals.
    literal: Vec<Line>,
    frames: Vec<Frame>,
    /// The last identifier.
    word: Name,
    /// The last byte of code that is no white space (`\n` at a line's start).
    before: u8,
    literals: bool,
    line: usize,
    line_has_code: bool,
}

impl<'t> Lexer<'t, '_, '_> {
    fn run(&mut self) {
        // Behind the last keyword nothing is wanted but the rest of what it stands in: a sentence may go on in
        // the next string, or on the next line of a comment.
        let wanted = self.text.len().min(self.sink.wanted_to());
        while self.at < wanted || self.at < self.text.len() && self.is_inside() {
            let byte = self.text[self.at];
            match self.syntax.roles[usize::from(byte)] {
                Role::Space => self.at += 1,
                Role::Word => self.word(),
                Role::Newline => self.newline(),
                Role::Code => self.code(byte),
                Role::Mark => {
                    if !(self.comment_here() || self.string_here(byte)) {
                        self.code(byte);
                    }
                }
            }
        }
    }

    fn is_inside(&self) -> bool {
        !self.literal.is_empty() || !self.comment.is_empty()
    }

    fn newline(&mut self) {
        self.at += 1;
        self.line += 1;
        self.line_has_code = false;
        if !self.top().collection && self.before != b'=' {
            if !self.syntax.rust {
                self.flush_literal();
            }
            self.before = b'\n';
            if self.literal.is_empty() {
                self.top().owner = Name::default();
            }
        }
    }

    /// The innermost frame; the outermost is never popped.
    fn top(&mut self) -> &mut Frame {
        self.frames.last_mut().expect("the outermost frame stays")
    }

    fn comment_here(&mut self) -> bool {
        let rest = &self.text[self.at..];
        if !self.syntax.opens[usize::from(rest[0])] {
            return false;
        }
        let spaced = self.at == 0 || self.text[self.at - 1].is_ascii_whitespace();
        if let Some((open, close)) = self
            .syntax
            .block
            .iter()
            .find(|(open, _)| rest.starts_with(open))
        {
            self.flush_comment();
            let start = self.at + open.len();
            let end = memchr::memmem::find(&self.text[start..], close)
                .map_or(self.text.len(), |at| start + at);
            self.line += line_count(self.text, start, end).saturating_sub(1);
            self.at = (end + close.len()).min(self.text.len());
            if !self.sink.wants(start.saturating_sub(2), end) {
                return true;
            }
            let mut body = lines(self.text, start, end);
            for line in &mut body {
                let part = &self.text[line.start..line.end];
                let lead = part.len() - part.trim_ascii_start().len();
                let stars = part[lead..].iter().take_while(|&&b| b == b'*').count();
                if stars > 0 {
                    line.start += lead + stars;
                } else if part[lead..].starts_with(b"!") {
                    line.start += lead + 1;
                }
            }
            prose::read(self.text, &body, Dialect::Plain, self.sink);
            return true;
        }
        let Some(open) = self.syntax.line.iter().find(|open| rest.starts_with(open)) else {
            return false;
        };
        if open.len() == 1 && self.syntax.spaced_hash && !spaced {
            return false;
        }
        let end = memchr::memchr(b'\n', rest).map_or(self.text.len(), |at| self.at + at);
        let mark = open.len()
            + rest[open.len()..]
                .iter()
                .take_while(|&&b| b == open[open.len() - 1] || b == b'!')
                .count();
        let joins = !self.line_has_code && self.comment_line + 1 == self.line;
        if !joins {
            self.flush_comment();
        }
        let start = (self.at + mark).min(end);
        self.comment.push(Line { start, end });
        // A comment behind code stands alone.
        self.comment_line = if self.line_has_code {
            usize::MAX - 1
        } else {
            self.line
        };
        self.at = end;
        true
    }

    #[inline]
    fn flush_comment(&mut self) {
        // Asked at every word, and hardly ever is there one.
        if !self.comment.is_empty() {
            self.read_comment();
        }
    }

    #[inline(never)]
    fn read_comment(&mut self) {
        prose::read(self.text, &self.comment, Dialect::Plain, self.sink);
        self.comment.clear();
    }

    fn string_here(&mut self, byte: u8) -> bool {
        if !matches!(byte, b'"' | b'\'' | b'`' | b'r' | b'b') {
            return false;
        }
        let rest = &self.text[self.at..];
        if self.syntax.triple && (rest.starts_with(b"\"\"\"") || rest.starts_with(b"'''")) {
            let quote = &rest[..3];
            let start = self.at + 3;
            let end = memchr::memmem::find(&self.text[start..], quote)
                .map_or(self.text.len(), |at| start + at);
            self.long_string(start, end, 3);
            return true;
        }
        if self.syntax.rust && matches!(byte, b'r' | b'b') && !is_word(self.last_byte()) {
            let from = 1 + usize::from(rest.starts_with(b"br"));
            let hashes = rest[from.min(rest.len())..]
                .iter()
                .take_while(|&&b| b == b'#')
                .count();
            if rest[from - 1] == b'r' && rest.get(from + hashes) == Some(&b'"') {
                let start = self.at + from + hashes + 1;
                let mut close = vec![b'"'];
                close.resize(1 + hashes, b'#');
                let end = memchr::memmem::find(&self.text[start..], &close)
                    .map_or(self.text.len(), |at| start + at);
                self.long_string(start, end, close.len());
                return true;
            }
        }
        match byte {
            b'`' if self.syntax.tick => {
                let start = self.at + 1;
                let end = memchr::memchr(b'`', &self.text[start..])
                    .map_or(self.text.len(), |at| start + at);
                self.long_string(start, end, 1);
                true
            }
            b'"' if self.syntax.double => self.short_string(b'"'),
            b'\'' if self.syntax.single => self.short_string(b'\''),
            b'\'' => {
                // A character, or a lifetime.
                let near = &rest[1..rest.len().min(12)];
                let skip = match near {
                    [b'\\', tail @ ..] => tail
                        .iter()
                        .skip(1)
                        .position(|&b| b == b'\'')
                        .map(|at| at + 4),
                    _ => near
                        .iter()
                        .take(5)
                        .position(|&b| b == b'\'')
                        .filter(|&at| at > 0)
                        .map(|at| at + 2),
                };
                self.at += skip.unwrap_or(1);
                self.seen(b'\'');
                true
            }
            _ => false,
        }
    }

    fn last_byte(&self) -> u8 {
        self.at.checked_sub(1).map_or(b'\n', |at| self.text[at])
    }

    fn seen(&mut self, byte: u8) {
        self.before = byte;
        self.line_has_code = true;
        self.flush_comment();
    }

    /// A literal that may run over lines: documentation where a statement could stand.
    fn long_string(&mut self, start: usize, end: usize, close: usize) {
        let prefix = matches!(self.before, b'r' | b'R' | b'u' | b'U' | b'b' | b'f')
            && self.word.end + 3 == start;
        let statement = matches!(self.before, b'\n' | b':')
            || is_documented(&self.text[..start.saturating_sub(close)])
            || prefix && !self.top().collection && self.top().owner.is_empty();
        if close == 3 && statement && self.frames.iter().all(|f| !f.collection) {
            self.flush_comment();
            self.flush_literal();
            if self.sink.wants(start.saturating_sub(2), end) {
                let body = lines(self.text, start, end);
                prose::read(self.text, &body, Dialect::Plain, self.sink);
            }
        } else {
            if end - start <= LONGEST_LITERAL {
                self.literal.extend(lines(self.text, start, end));
            }
            self.seen(b'"');
        }
        self.line += line_count(self.text, start, end).saturating_sub(1);
        self.at = (end + close).min(self.text.len());
        self.line_has_code = true;
    }

    fn short_string(&mut self, quote: u8) -> bool {
        let start = self.at + 1;
        let mut end = start;
        let mut over_lines = false;
        while let Some(&byte) = self.text.get(end) {
            match byte {
                _ if byte == quote => break,
                b'\n' if !self.syntax.rust => {
                    // Not a string after all: an apostrophe, a quote in a here-document.
                    self.at = end;
                    return true;
                }
                b'\n' => over_lines = true,
                b'\\' => {
                    over_lines |= self.text.get(end + 1) == Some(&b'\n');
                    end += 1;
                }
                _ => {}
            }
            end += 1;
        }
        let end = end.min(self.text.len());
        if over_lines {
            self.line += line_count(self.text, start, end).saturating_sub(1);
            if end - start <= LONGEST_LITERAL {
                self.literal.extend(lines(self.text, start, end));
            }
        } else if start < end && end - start <= LONGEST_LITERAL {
            self.literal.push(Line { start, end });
        }
        self.at = (end + 1).min(self.text.len());
        self.seen(b'"');
        true
    }

    #[inline(always)]
    fn word(&mut self) {
        let start = self.at;
        let rest = &self.text[start..];
        let length = rest.iter().position(|&byte| !is_word(byte));
        let length = length.unwrap_or(rest.len());
        self.at = start + length;
        // A prefix of a string (`f"`) names nothing.
        let quoted = length <= 2 && matches!(rest.get(length), Some(b'"' | b'\''));
        if !quoted {
            self.flush_literal();
        }
        self.word = Name {
            start,
            end: self.at,
        };
        self.seen(self.text[self.at - 1]);
    }

    fn code(&mut self, byte: u8) {
        if is_word(byte) {
            self.word();
            return;
        }
        self.at += 1;
        match byte {
            b'(' | b'[' | b'{' => {
                self.flush_literal();
                let near = self.text[self.word.end.min(self.at - 1)..self.at - 1]
                    .iter()
                    .all(|&b| b.is_ascii_whitespace() || b == b'!');
                let callee = if byte != b'{' && near {
                    self.word
                } else {
                    Name::default()
                };
                let collection = match byte {
                    b'{' => matches!(self.before, b'=' | b':' | b'(' | b',' | b'[' | b'{'),
                    _ => true,
                };
                self.frames.push(Frame {
                    callee,
                    owner: Name::default(),
                    collection,
                });
            }
            b')' | b']' | b'}' => {
                self.flush_literal();
                if self.frames.len() > 1 {
                    self.frames.pop();
                }
            }
            b'=' if self.text.get(self.at) != Some(&b'=') && !b"=!<>".contains(&self.before) => {
                self.flush_literal();
                self.top().owner = self.word;
            }
            b':' if self.top().collection && self.text.get(self.at) != Some(&b':') => {
                let name = match self.literal.as_slice() {
                    [key] => Name {
                        start: key.start,
                        end: key.end,
                    },
                    _ => self.word,
                };
                self.literal.clear();
                self.top().owner = name;
            }
            b',' | b';' => {
                self.flush_literal();
                self.top().owner = Name::default();
            }
            b'#' if self.syntax.rust && self.text[self.at..].starts_with(b"[cfg(test)]") => {
                self.flush_literal();
                self.literals = false;
            }
            // Joined strings are one text.
            b'+' | b'\\' => {}
            _ => self.flush_literal(),
        }
        self.seen(byte);
    }

    #[inline]
    fn flush_literal(&mut self) {
        if !self.literal.is_empty() {
            self.read_literal();
        }
    }

    #[inline(never)]
    fn read_literal(&mut self) {
        if self.literals && self.sink.wants_lines(&self.literal) {
            let pieces = std::mem::take(&mut self.literal);
            literal::stream(self.text, &pieces, &self.frames, self.word, self.sink);
        }
        self.literal.clear();
    }
}
