// SPDX-License-Identifier: Apache-2.0
//! What lines of documentation mean by their form: headings, list items, table rows, columns of
//! words.

use super::Line;

/// The level that an underline gives to the line above it.
pub(super) fn underline(line: &[u8]) -> Option<usize> {
    let mark = *line.first()?;
    if line.len() < 3 || line.iter().any(|&b| b != mark) {
        return None;
    }
    match mark {
        b'=' => Some(1),
        b'-' => Some(2),
        b'~' => Some(3),
        b'^' => Some(4),
        b'"' | b'\'' | b'+' | b'.' | b'*' | b'#' | b'_' => Some(5),
        _ => None,
    }
}

/// `## Title` and `== Title`: the level, and where the title starts.
pub(super) fn heading_marks(line: &[u8]) -> Option<(usize, usize)> {
    let mark = *line.first()?;
    if !matches!(mark, b'#' | b'=') {
        return None;
    }
    let run = line.iter().take_while(|&&b| b == mark).count();
    (run <= 6 && line.get(run) == Some(&b' ')).then_some((run, run + 1))
}

/// Where the prose of an admonition starts; `None` for every other directive and comment.
pub(super) fn directive(rest: &[u8]) -> Option<usize> {
    const PROSE: &[&str] = &[
        "note",
        "warning",
        "important",
        "tip",
        "hint",
        "caution",
        "attention",
        "danger",
        "admonition",
        "seealso",
        "deprecated",
    ];
    let at = memchr::memmem::find(rest, b"::")?;
    let name = std::str::from_utf8(&rest[..at]).ok()?;
    PROSE.contains(&name).then_some(at + 2)
}

/// The mark of a list item.
pub(super) struct Mark {
    /// Bytes before the item's text.
    pub(super) len: usize,
    /// An unticked box stands in it.
    pub(super) open_task: bool,
}

/// The mark of a list item: `-`, `*`, `+`, `•`, `1.`, `2)`, `a.`, and a task's box.
pub(super) fn item_mark(line: &[u8]) -> Option<Mark> {
    let mut len = match line {
        [b'-' | b'*' | b'+', b' ' | b'\t', ..] => 2,
        _ if line.starts_with("•".as_bytes()) => "•".len(),
        [b'*', b'*', rest @ ..] | [b'.', rest @ ..] if !rest.is_empty() => {
            // AsciiDoc nests by repeating the mark.
            let run = line.iter().take_while(|&&b| b == line[0]).count();
            if line.get(run) != Some(&b' ') {
                return None;
            }
            run + 1
        }
        _ => {
            let open = usize::from(line.first() == Some(&b'('));
            let digits = line[open..]
                .iter()
                .take_while(|b| b.is_ascii_digit())
                .count();
            let letters =
                usize::from(digits == 0 && line.get(open).is_some_and(u8::is_ascii_lowercase));
            let stop = open + digits + letters;
            let closed = match line.get(stop) {
                Some(b')') => true,
                Some(b'.') => open == 0 && letters == 0,
                _ => false,
            };
            if digits + letters == 0 || digits > 3 || !closed || line.get(stop + 1) != Some(&b' ') {
                return None;
            }
            stop + 2
        }
    };
    while line.get(len) == Some(&b' ') {
        len += 1;
    }
    let mut open_task = false;
    if let Some([b'[', state, b']', b' ', ..]) = line.get(len..) {
        open_task = *state == b' ';
        len += 4;
    }
    Some(Mark { len, open_task })
}

/// The cells of a row between its bars, trimmed.
pub(super) fn cells(text: &[u8], line: Line) -> Vec<Line> {
    let mut cells = Vec::new();
    let first = line.start + 1;
    let mut start = first;
    let mut code = false;
    for at in first..=line.end {
        let byte = if at < line.end { text[at] } else { b'|' };
        code ^= byte == b'`' && at < line.end;
        let bar = byte == b'|' && (at == line.end || (!code && text[at - 1] != b'\\'));
        if bar {
            let cell = &text[start..at];
            let lead = cell.len() - cell.trim_ascii_start().len();
            let size = cell.trim_ascii().len();
            if at < line.end || size > 0 {
                cells.push(Line {
                    start: start + lead,
                    end: start + lead + size,
                });
            }
            start = at + 1;
        }
    }
    cells
}

/// A column of words, one a line: data, though it stands in a text file.
pub(super) fn is_word_list(lines: &[Line], size: usize) -> bool {
    lines.len() >= 12 && size / lines.len() < 20
}

/// A line in capitals over its paragraph, as plain text writes headings.
pub(super) fn is_shouted(text: &str) -> bool {
    text.chars().filter(|c| c.is_uppercase()).count() >= 4
        && !text.chars().any(char::is_lowercase)
        && text.split(' ').count() <= 6
        && !text.ends_with(['.', '!', ','])
}
