// SPDX-License-Identifier: Apache-2.0
//! Configuration and metadata: the values that describe a project to its readers. Keys stand in
//! for headings.

use super::fold::{Inline, fold};
use super::prose::{self, Dialect};
use super::{Block, Line, Shape, Sink, each_line, lines};

/// Keys whose values are read as sentences. Other values are data: phrase lists, patterns, examples.
const DESCRIBED: &[&str] = &[
    "description",
    "summary",
    "about",
    "abstract",
    "tagline",
    "short description",
    "long description",
    "headline",
    "subtitle",
    "features",
    "capabilities",
    "claims",
    "statements",
    "non claims",
    "nonclaims",
    "notes",
    "purpose",
    "documentation",
    "readme",
    "$comment",
    // `_comment`, as keys are read.
    " comment",
    "help",
];

/// Bytes of the longest of them.
const LONGEST_KEY: usize = 17;

/// Whether values below this key are sentences for readers.
pub(super) fn is_described(key: &str) -> bool {
    if !key.is_ascii() {
        return DESCRIBED.contains(&words(key).as_str());
    }
    // As `words`, without room of its own: this is asked for every key of every document.
    let mut room = [0; 2 * LONGEST_KEY];
    let mut length = 0;
    let mut lower = false;
    if key.len() > LONGEST_KEY {
        return false;
    }
    for &byte in key.as_bytes() {
        if byte.is_ascii_uppercase() && lower {
            room[length] = b' ';
            length += 1;
        }
        lower = byte.is_ascii_lowercase();
        room[length] = match byte {
            b'_' | b'-' | b'.' => b' ',
            byte => byte.to_ascii_lowercase(),
        };
        length += 1;
    }
    DESCRIBED
        .iter()
        .any(|known| known.as_bytes() == &room[..length])
}

/// A key or identifier as words: `nonClaims`, `non_claims` and `NON-CLAIMS` are "non claims".
pub(super) fn words(key: &str) -> String {
    let mut out = String::with_capacity(key.len() + 4);
    let mut lower = false;
    for c in key.chars() {
        if c.is_uppercase() && lower {
            out.push(' ');
        }
        lower = c.is_lowercase();
        match c {
            '_' | '-' | '.' => out.push(' '),
            c => out.extend(c.to_lowercase()),
        }
    }
    out
}

pub(super) fn emit(
    text: &[u8],
    pieces: &[Line],
    inline: Inline,
    shape: Shape,
    keys: &[String],
    sink: &mut Sink<'_>,
) {
    if !sink.wants_lines(pieces) {
        return;
    }
    let folded = fold(text, pieces, inline);
    if !folded.is_empty() {
        sink.push(&Block {
            folded,
            shape,
            headings: keys,
            lead: None,
            siblings: &[],
        });
    }
}

/// A key where it stands: few are ever read, so they are not copied out.
type Key = Line;

fn spelled(text: &[u8], key: Key) -> String {
    words(&String::from_utf8_lossy(&text[key.start..key.end]))
}

/// String values of a JSON document (comments and trailing commas do no harm) below a key that
/// `keep` names.
pub(super) fn json(text: &[u8], keep: fn(&str) -> bool, sink: &mut Sink<'_>) {
    strings(text, keep, false, sink);
}

/// The sources of a notebook's cells: each line is a string of a list, and a sentence of prose may go on in
/// the next.
pub(super) fn notebook(text: &[u8], sink: &mut Sink<'_>) {
    strings(text, |key| key == "source", true, sink);
}

/// As [`json`]; with `cells`, the strings of a cell of prose are joined like the lines that they are.
fn strings(text: &[u8], keep: fn(&str) -> bool, cells: bool, sink: &mut Sink<'_>) {
    struct Frame {
        array: bool,
        key: Option<Key>,
        kept: bool,
    }
    let mut frames: Vec<Frame> = Vec::new();
    let mut at = 0;
    // Lines of one paragraph, and whether the cell at hand is prose.
    let mut paragraph: Vec<Line> = Vec::new();
    let mut prose = false;
    let stop = text.len().min(sink.wanted_to());
    while at < stop || !paragraph.is_empty() && at < text.len() {
        match text[at] {
            b'{' | b'[' => {
                let kept = frames.last().is_some_and(|f| f.kept);
                frames.push(Frame {
                    array: text[at] == b'[',
                    key: None,
                    kept,
                });
                // Hostile nesting costs a frame a byte; no reader follows it this far.
                if frames.len() > 512 {
                    return;
                }
            }
            b'}' | b']' => {
                flush_cell(
                    text,
                    &mut paragraph,
                    frames.iter().filter_map(|f| f.key),
                    sink,
                );
                frames.pop();
            }
            b',' => {
                let outer = frames.len() > 1 && frames[frames.len() - 2].kept;
                if let Some(frame) = frames.last_mut()
                    && !frame.array
                {
                    frame.kept = outer;
                    frame.key = None;
                }
            }
            b'"' => {
                let start = at + 1;
                at = string_end(text, start);
                let end = at.min(text.len());
                let mut next = end + 1;
                while text.get(next).is_some_and(u8::is_ascii_whitespace) {
                    next += 1;
                }
                let piece = Line { start, end };
                if text.get(next) == Some(&b':') {
                    if let Some(frame) = frames.last_mut() {
                        frame.kept =
                            frame.kept || keep(&String::from_utf8_lossy(&text[start..end]));
                        frame.key = Some(piece);
                    }
                } else if cells && frames.last().is_some_and(|f| !f.array && !f.kept) {
                    let key = frames.last().and_then(|f| f.key);
                    if key.is_some_and(|key| &text[key.start..key.end] == b"cell_type") {
                        prose = &text[start..end] == b"markdown";
                    }
                } else if cells && prose && frames.last().is_some_and(|f| f.kept && f.array) {
                    let said = &text[start..end];
                    let ended = said.strip_suffix(b"\\n").unwrap_or(said);
                    let line = Line {
                        start,
                        end: start + ended.len(),
                    };
                    let first = ended.trim_ascii_start().first();
                    let alone = first.is_none_or(|byte| b"#|<>-*+=\\".contains(byte));
                    if alone || super::is_item(ended) {
                        let keys = frames.iter().filter_map(|f| f.key);
                        flush_cell(text, &mut paragraph, keys, sink);
                    }
                    paragraph.push(line);
                    if first == Some(&b'#') {
                        let keys = frames.iter().filter_map(|f| f.key);
                        flush_cell(text, &mut paragraph, keys, sink);
                    }
                } else if frames.last().is_some_and(|f| f.kept) && sink.wants_lines(&[piece]) {
                    let keys = frames.iter().filter_map(|f| f.key);
                    let keys: Vec<_> = keys.map(|key| spelled(text, key)).collect();
                    let shape = if frames.last().is_some_and(|f| f.array) {
                        Shape::Item { open_task: false }
                    } else {
                        Shape::Prose
                    };
                    emit(text, &[piece], Inline::Escapes, shape, &keys, sink);
                }
            }
            _ => {}
        }
        at += 1;
    }
}

/// Emits the lines of a paragraph of a cell.
fn flush_cell(
    text: &[u8],
    paragraph: &mut Vec<Line>,
    keys: impl Iterator<Item = Key>,
    sink: &mut Sink<'_>,
) {
    if !paragraph.is_empty() && sink.wants_lines(paragraph) {
        let keys: Vec<_> = keys.map(|key| spelled(text, key)).collect();
        let shape = Shape::Item { open_task: false };
        emit(text, paragraph, Inline::Escapes, shape, &keys, sink);
    }
    paragraph.clear();
}

/// Where the string that begins at `at` has its closing quote; behind the text when it has none.
fn string_end(text: &[u8], mut at: usize) -> usize {
    while let Some(found) = text
        .get(at..)
        .and_then(|rest| memchr::memchr2(b'"', b'\\', rest))
    {
        at += found;
        if text[at] == b'"' {
            return at;
        }
        at += 2;
    }
    text.len()
}

/// YAML, TOML and INI by lines: comments, and values of keys that describe.
pub(super) fn keyed(text: &[u8], sink: &mut Sink<'_>) {
    // A section stands at 0, a key one deeper than its indentation.
    let mut keys: Vec<(usize, Key)> = Vec::new();
    let mut comment: Vec<Line> = Vec::new();
    let mut value: Vec<Line> = Vec::new();
    let mut block = false;
    for line in each_line(text, 0, text.len()) {
        if !sink.wants_from(line.start) && comment.is_empty() && value.is_empty() {
            return;
        }
        let raw = &text[line.start..line.end];
        let trimmed = raw.trim_ascii();
        let mut indent = raw.len() - raw.trim_ascii_start().len();
        let inside = keys.last().is_some_and(|(depth, _)| indent + 1 > *depth);
        if block && (trimmed.is_empty() || inside) {
            value.push(line);
            continue;
        }
        if !trimmed.is_empty() && matches!(trimmed[0], b'#' | b';') {
            let marks = trimmed.iter().take_while(|&&b| b == trimmed[0]).count();
            comment.push(Line {
                start: line.start + indent + marks,
                end: line.end,
            });
            continue;
        }
        prose::read(text, &comment, Dialect::Plain, sink);
        comment.clear();
        let mut start = line.start + indent;
        let item = trimmed.starts_with(b"- ");
        if item {
            start += 2;
            indent += 2;
        }
        let key = split_key(&text[start..line.end]);
        if key.is_none() && !item && inside && !value.is_empty() {
            value.push(Line { start, ..line });
            continue;
        }
        flush_value(text, &keys, &value, block, sink);
        value.clear();
        block = false;
        if trimmed.starts_with(b"[") && trimmed.ends_with(b"]") && key.is_none() {
            let first = line.start + indent;
            let brackets = |b: &&u8| matches!(b, b'[' | b']');
            let lead = trimmed.iter().take_while(brackets).count();
            let tail = trimmed[lead..].iter().rev().take_while(brackets).count();
            let name = Key {
                start: first + lead,
                end: first + trimmed.len() - tail,
            };
            keys.clear();
            keys.push((0, name));
            continue;
        }
        if trimmed.is_empty() || trimmed == b"]" {
            continue;
        }
        if let Some((name, from)) = key {
            while keys.last().is_some_and(|(depth, _)| *depth > indent) {
                keys.pop();
            }
            let name = Key {
                start: start + name.start,
                end: start + name.end,
            };
            keys.push((indent + 1, name));
            start += from;
        }
        let rest = text[start..line.end].trim_ascii();
        if matches!(rest, b"|" | b">" | b"|-" | b">-" | b"|+" | b">+") {
            block = true;
        } else if !rest.is_empty() && rest != b"[" {
            value.push(Line { start, ..line });
        }
    }
    prose::read(text, &comment, Dialect::Plain, sink);
    flush_value(text, &keys, &value, block, sink);
}

/// `key: value`, `key = value`, quotes around the key allowed; the key and where the value starts.
fn split_key(line: &[u8]) -> Option<(Key, usize)> {
    let quote = usize::from(matches!(line.first(), Some(b'"' | b'\'')));
    let len = line[quote..]
        .iter()
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'$'))
        .count();
    if len == 0 {
        return None;
    }
    let mut at = quote + len + quote;
    while matches!(line.get(at), Some(b' ' | b'\t')) {
        at += 1;
    }
    let separated = match line.get(at)? {
        b'=' => true,
        b':' => matches!(line.get(at + 1), None | Some(b' ' | b'\t')),
        _ => false,
    };
    let name = Key {
        start: quote,
        end: quote + len,
    };
    separated.then_some((name, at + 1))
}

fn flush_value(
    text: &[u8],
    keys: &[(usize, Key)],
    value: &[Line],
    block: bool,
    sink: &mut Sink<'_>,
) {
    let Some(first) = value.first() else { return };
    if !sink.wants_lines(value) {
        return;
    }
    let names: Vec<_> = keys.iter().map(|(_, key)| spelled(text, *key)).collect();
    if !names.iter().any(|name| is_described(name)) {
        return;
    }
    if block {
        prose::read_under(text, value, Dialect::Plain, &names, sink);
        return;
    }
    let whole = &text[first.start..first.end];
    if whole.trim_ascii().starts_with(b"[") || whole.trim_ascii().ends_with(b",") {
        for line in value {
            for piece in quoted(text, *line) {
                let item = Shape::Item { open_task: false };
                emit(text, &[piece], Inline::Escapes, item, &names, sink);
            }
        }
        return;
    }
    let pieces: Vec<_> = value.iter().map(|&line| unquoted(text, line)).collect();
    emit(text, &pieces, Inline::Escapes, Shape::Prose, &names, sink);
}

/// The quoted strings of a line.
fn quoted(text: &[u8], line: Line) -> Vec<Line> {
    let mut out = Vec::new();
    let mut at = line.start;
    while at < line.end {
        let quote = text[at];
        at += 1;
        if !matches!(quote, b'"' | b'\'') {
            continue;
        }
        let start = at;
        while at < line.end && text[at] != quote {
            at += 1 + usize::from(text[at] == b'\\');
        }
        let end = at.min(line.end);
        out.push(Line { start, end });
        at += 1;
    }
    out
}

/// A value without its quotes.
fn unquoted(text: &[u8], line: Line) -> Line {
    let quote = |b: &u8| matches!(b, b'"' | b'\'' | b' ' | b'\t');
    let part = &text[line.start..line.end];
    let lead = part.iter().take_while(|b| quote(b)).count();
    let tail = part[lead..].iter().rev().take_while(|b| quote(b)).count();
    Line {
        start: line.start + lead,
        end: line.end - tail,
    }
}

/// `METADATA` and `PKG-INFO` (core metadata specification): the summary and the long description.
pub(super) fn metadata(name: &str, text: &[u8], sink: &mut Sink<'_>) {
    if !matches!(name, "METADATA" | "PKG-INFO") {
        return;
    }
    let all = lines(text, 0, text.len());
    let mut dialect = Dialect::Plain;
    let mut folded: Vec<Line> = Vec::new();
    let mut in_description = false;
    for (index, line) in all.iter().enumerate() {
        let raw = &text[line.start..line.end];
        if raw.is_empty() {
            prose::read(text, &folded, dialect, sink);
            prose::read(text, &all[index + 1..], dialect, sink);
            return;
        }
        if raw.starts_with(b"Description-Content-Type:") && contains_markdown(raw) {
            dialect = Dialect::Markdown;
        }
        if raw.starts_with(b" ") || raw.starts_with(b"\t") {
            if in_description {
                // Continuations are indented by eight, or by seven and a bar.
                let cut = raw.len().min(8);
                folded.push(Line {
                    start: line.start + cut,
                    end: line.end,
                });
            }
            continue;
        }
        in_description = raw.starts_with(b"Description:");
        if in_description {
            folded.push(Line {
                start: line.start + 12,
                end: line.end,
            });
        } else if raw.starts_with(b"Summary:") {
            let piece = Line {
                start: line.start + 8,
                end: line.end,
            };
            emit(text, &[piece], Inline::Markup, Shape::Prose, &[], sink);
        }
    }
    prose::read(text, &folded, dialect, sink);
}

fn contains_markdown(line: &[u8]) -> bool {
    memchr::memmem::find(line, b"markdown").is_some()
}
