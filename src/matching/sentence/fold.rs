// SPDX-License-Identifier: Apache-2.0
//! Inline markup off, white space folded, quotes and dashes made plain, each byte of the result
//! knowing the bytes of the file it came from.

use super::Line;
use crate::model::ByteSpan;
use std::ops::Range;

/// Text as a reader reads it.
#[derive(Debug, Default)]
pub(crate) struct Folded {
    /// The text.
    pub(crate) text: String,
    /// For each byte of `text`, the bytes of the file it stands for.
    map: Vec<(usize, usize)>,
    /// Parts that are named and not said: code spans and struck-out text.
    pub(crate) mentions: Vec<Range<usize>>,
}

impl Folded {
    /// The bytes of the file behind a range of the text.
    pub(crate) fn span(&self, range: Range<usize>) -> ByteSpan {
        let end = range.end.min(self.map.len());
        match (self.map.get(range.start), self.map[..end].last()) {
            (Some(&(start, _)), Some(&(_, end))) => ByteSpan::new(start, end),
            _ => ByteSpan::new(0, 0),
        }
    }

    /// Whether nothing was said.
    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    fn push(&mut self, c: char, start: usize, end: usize) {
        self.text.push(c);
        self.map
            .extend(std::iter::repeat_n((start, end), c.len_utf8()));
    }

    fn space(&mut self, start: usize, end: usize) {
        if !self.text.is_empty() && !self.text.ends_with(' ') {
            self.push(' ', start, end);
        }
    }

    fn finish(mut self) -> Self {
        while self.text.ends_with(' ') {
            self.text.pop();
            self.map.pop();
        }
        let len = self.text.len();
        for mention in &mut self.mentions {
            mention.end = mention.end.min(len);
        }
        self
    }
}

/// How the text writes its markup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Inline {
    /// Markdown, reStructuredText, AsciiDoc, HTML inside them.
    Markup,
    /// A string literal with backslash escapes.
    Escapes,
}

/// How far the end of a named character is looked for.
const NAMED: usize = 9;

#[derive(Clone, Copy)]
struct Char {
    c: char,
    start: usize,
    end: usize,
}

/// Folds some lines of a file into one text.
pub(crate) fn fold(text: &[u8], lines: &[Line], inline: Inline) -> Folded {
    let size: usize = lines.iter().map(|line| line.end - line.start + 1).sum();
    if inline == Inline::Markup
        && let Some(out) = simple(text, lines, size)
    {
        return out.finish();
    }
    let chars = chars(text, lines);
    let mut out = Folded::default();
    match inline {
        Inline::Markup => markup(&chars, &mut out),
        Inline::Escapes => escapes(&chars, &mut out),
    }
    out.finish()
}

/// The characters of some lines, a line feed behind each.
fn chars(text: &[u8], lines: &[Line]) -> Vec<Char> {
    let mut chars = Vec::new();
    for line in lines {
        let mut at = line.start;
        for chunk in text[line.start..line.end].utf8_chunks() {
            for c in chunk.valid().chars() {
                let end = at + c.len_utf8();
                chars.push(Char { c, start: at, end });
                at = end;
            }
            for _ in chunk.invalid() {
                // Latin-1 text reaches us as bytes; which letter it was does not matter here.
                chars.push(Char {
                    c: char::REPLACEMENT_CHARACTER,
                    start: at,
                    end: at + 1,
                });
                at += 1;
            }
        }
        chars.push(Char {
            c: '\n',
            start: line.end,
            end: line.end,
        });
    }
    chars
}

/// Folds text that holds no markup but emphasis and bare addresses; `None` for any other.
fn simple(text: &[u8], lines: &[Line], size: usize) -> Option<Folded> {
    let mut out = Folded {
        text: String::with_capacity(size),
        map: Vec::with_capacity(size),
        mentions: Vec::new(),
    };
    let mut before = b'\n';
    for (number, line) in lines.iter().enumerate() {
        let mut at = line.start;
        let next = |at: usize| {
            if at + 1 < line.end {
                text[at + 1]
            } else {
                b'\n'
            }
        };
        while at < line.end {
            let byte = text[at];
            match byte {
                b'\\' | b'`' | b'<' | b'[' | b']' | b'&' | b'~' | 0x80.. => return None,
                b'*' => {}
                b'_' => {
                    // The very first character has none before it.
                    let inside = !(number == 0 && at == line.start)
                        && before.is_ascii_alphanumeric()
                        && next(at).is_ascii_alphanumeric();
                    if inside {
                        out.push('_', at, at + 1);
                    }
                }
                b'h' if text[at..line.end].starts_with(b"http://")
                    || text[at..line.end].starts_with(b"https://") =>
                {
                    let rest = text[at..line.end].iter();
                    at += rest
                        .take_while(|&&b| {
                            let ends = matches!(b, b')' | b'>' | b']' | b'"' | 0);
                            !ends && !char::from(b).is_whitespace()
                        })
                        .count();
                    before = text[at - 1];
                    continue;
                }
                _ if char::from(byte).is_whitespace() => out.space(at, at + 1),
                _ => out.push(char::from(byte), at, at + 1),
            }
            before = byte;
            at += 1;
        }
        before = b'\n';
        out.space(line.end, line.end);
    }
    Some(out)
}

/// One character with look-alikes made plain.
fn plain(ch: Char, out: &mut Folded) {
    let c = match ch.c {
        c if c.is_whitespace() => {
            out.space(ch.start, ch.end);
            return;
        }
        // Invisible: they would only split words.
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' => return,
        '“' | '”' | '„' | '«' | '»' => '"',
        '‘' | '’' | '‚' => '\'',
        '\u{2010}' | '\u{2011}' => '-',
        c => c,
    };
    out.push(c, ch.start, ch.end);
}

fn escapes(chars: &[Char], out: &mut Folded) {
    let mut at = 0;
    while let Some(&ch) = chars.get(at) {
        at += 1;
        if ch.c != '\\' {
            plain(ch, out);
            continue;
        }
        let Some(&next) = chars.get(at) else { break };
        at += 1;
        match next.c {
            'n' | 'r' | 't' | '\n' => out.space(ch.start, next.end),
            'u' => {
                let hex: String = chars[at..].iter().take(4).map(|c| c.c).collect();
                if let Some(c) = u32::from_str_radix(&hex, 16).ok().and_then(char::from_u32) {
                    plain(Char { c, ..ch }, out);
                    at += 4;
                }
            }
            _ => plain(next, out),
        }
    }
}

fn markup(chars: &[Char], out: &mut Folded) {
    let c = |at: usize| chars.get(at).map_or('\0', |ch| ch.c);
    let mut struck: Option<usize> = None;
    let mut at = 0;
    while let Some(&ch) = chars.get(at) {
        match ch.c {
            '\\' if c(at + 1).is_ascii_punctuation() => {
                plain(chars[at + 1], out);
                at += 2;
            }
            '`' => at = code_span(chars, at, out),
            '<' if c(at + 1).is_ascii_alphabetic() || matches!(c(at + 1), '/' | '!') => {
                match find(chars, at, '>', 400) {
                    Some(close) => {
                        out.space(ch.start, chars[close].end);
                        at = close + 1;
                    }
                    None => at += 1,
                }
            }
            // An image says nothing.
            '!' if c(at + 1) == '[' => {
                at = match find(chars, at, ']', 300) {
                    Some(close) => target(chars, close + 1),
                    None => at + 1,
                };
                out.space(ch.start, ch.end);
            }
            '[' if c(at + 1) == '^' => at = find(chars, at, ']', 40).map_or(at + 1, |to| to + 1),
            '[' => at += 1,
            ']' => at = target(chars, at + 1),
            '*' => at += 1,
            '_' if !(at > 0 && c(at - 1).is_alphanumeric() && c(at + 1).is_alphanumeric()) => {
                at += 1
            }
            '~' if c(at + 1) == '~' => {
                match struck.take() {
                    Some(from) => out.mentions.push(from..out.text.len()),
                    None => struck = Some(out.text.len()),
                }
                at += 2;
            }
            '&' => at = named(chars, at, out),
            'h' if is_url(chars, at) => {
                while !c(at).is_whitespace() && !matches!(c(at), ')' | '>' | ']' | '"' | '\0') {
                    at += 1;
                }
            }
            _ => {
                plain(ch, out);
                at += 1;
            }
        }
    }
}

/// A code span keeps its words and is remembered as a mention.
fn code_span(chars: &[Char], at: usize, out: &mut Folded) -> usize {
    let run = |from: usize| chars[from..].iter().take_while(|ch| ch.c == '`').count();
    let ticks = run(at);
    let mut close = at + ticks;
    while close < chars.len() {
        if chars[close].c == '`' {
            let found = run(close);
            if found == ticks {
                let from = out.text.len();
                for &ch in &chars[at + ticks..close] {
                    plain(ch, out);
                }
                out.mentions.push(from..out.text.len());
                return close + ticks;
            }
            close += found;
        } else {
            close += 1;
        }
    }
    at + ticks
}

/// Past `(url)` or `[reference]` after a link's text.
fn target(chars: &[Char], at: usize) -> usize {
    let close = match chars.get(at).map(|ch| ch.c) {
        Some('(') => ')',
        Some('[') => ']',
        _ => return at,
    };
    find(chars, at, close, 2_000).map_or(at, |to| to + 1)
}

fn find(chars: &[Char], from: usize, c: char, within: usize) -> Option<usize> {
    let to = chars.len().min(from + within);
    chars[from..to]
        .iter()
        .position(|ch| ch.c == c)
        .map(|at| from + at)
}

fn is_url(chars: &[Char], at: usize) -> bool {
    let head: String = chars[at..].iter().take(8).map(|ch| ch.c).collect();
    head.starts_with("http://") || head.starts_with("https://")
}

/// A named character that a text begins with: its length and what it stands for; `None` for one that is read
/// as it stands.
pub(crate) fn entity(text: &[u8]) -> Option<(usize, char)> {
    let near = text.get(1..)?;
    let length = memchr::memchr(b';', &near[..near.len().min(NAMED)])?;
    let c = match &near[..length] {
        b"amp" => '&',
        b"lt" => '<',
        b"gt" => '>',
        b"quot" | b"ldquo" | b"rdquo" | b"#34" => '"',
        b"apos" | b"rsquo" | b"lsquo" | b"#39" | b"#x27" => '\'',
        b"nbsp" | b"#160" => ' ',
        b"mdash" | b"ndash" => '—',
        _ => return None,
    };
    Some((length + 2, c))
}

/// Adds the character named at `at`; returns where the text goes on.
fn named(chars: &[Char], at: usize, out: &mut Folded) -> usize {
    let near = chars[at..].iter().take(1 + NAMED);
    let near: Vec<u8> = near
        .map(|ch| u8::try_from(ch.c).unwrap_or_default())
        .collect();
    let Some((length, c)) = entity(&near) else {
        plain(chars[at], out);
        return at + 1;
    };
    let whole = Char {
        c,
        start: chars[at].start,
        end: chars[at + length - 1].end,
    };
    plain(whole, out);
    at + length
}

#[cfg(test)]
mod tests {
    use super::super::lines;
    use super::*;

    fn folded(text: &str, inline: Inline) -> Folded {
        fold(
            text.as_bytes(),
            &lines(text.as_bytes(), 0, text.len()),
            inline,
        )
    }

    #[test]
    fn markup_goes_and_words_stay() {
        let text = "It **does\nnot** [detect](http://x.y/z) `real_asi` &amp; ![b](c) <b>run</b> at https://x.y now";
        let out = folded(text, Inline::Markup);
        assert_eq!(out.text, "It does not detect real_asi & run at now");
        assert_eq!(out.mentions.len(), 1);
        assert_eq!(&out.text[out.mentions[0].clone()], "real_asi");
    }

    #[test]
    fn spans_lead_back_to_the_file() {
        let text = "A “quoted” [part](url)\nhere";
        let out = folded(text, Inline::Markup);
        assert_eq!(out.text, "A \"quoted\" part here");
        let at = out.text.find("part here").unwrap();
        let span = out.span(at..at + 9);
        assert_eq!(&text[span.range()], "part](url)\nhere");
    }

    proptest::proptest! {
        #[test]
        fn the_simple_way_agrees_with_the_whole_one(
            lines in proptest::collection::vec("(a|_|\\*|b|\\.| |!|:|#|http://|https://x|'|\"|\\)|~|\x0b){0,12}", 0..4),
        ) {
            let text = lines.join("\n");
            let bytes = text.as_bytes();
            let cut = lines_of(bytes);
            if let Some(quick) = simple(bytes, &cut, bytes.len() + 1) {
                let quick = quick.finish();
                let mut slow = Folded::default();
                markup(&chars(bytes, &cut), &mut slow);
                let slow = slow.finish();
                proptest::prop_assert_eq!(quick.text, slow.text);
                proptest::prop_assert_eq!(quick.map, slow.map);
            }
        }
    }

    fn lines_of(text: &[u8]) -> Vec<Line> {
        lines(text, 0, text.len())
    }

    #[test]
    fn escapes_and_bad_bytes_are_survived() {
        assert_eq!(
            folded(r#"a\nb \"c\" \u2014 d\"#, Inline::Escapes).text,
            "a b \"c\" — d"
        );
        let out = fold(b"caf\xe9 x", &[Line { start: 0, end: 6 }], Inline::Markup);
        assert_eq!(out.text, "caf\u{fffd} x");
        assert_eq!(out.span(0..out.text.len()), ByteSpan::new(0, 6));
    }
}
