// SPDX-License-Identifier: Apache-2.0
//! What surrounds a path: what touches it, what follows it, and whether the lines around it
//! illustrate something. Facts only; [`super::path_root`] says where it begins, and
//! [`super::path_judge`] weighs it.

use super::docstring;
use super::path_words as words;
use crate::classify::{CommentStyle, Kind};
use crate::model::ByteSpan;

/// How far left of a path its surroundings are read.
const BEFORE: usize = 160;
/// How far right.
const AFTER: usize = 320;

/// A path and what surrounds it.
pub(super) struct Seen<'a> {
    /// The path as found: root, homes folder, name.
    pub(super) hit: &'a [u8],
    /// The entry before it.
    pub(super) before: &'a [u8],
    /// The line before it, cut.
    line_before: &'a [u8],
    /// The characters that touch it on the left, up to a delimiter.
    pub(super) touching: &'a [u8],
    /// What follows it, up to a delimiter.
    tail: &'a [u8],
    /// The rest of its line, cut.
    line_after: &'a [u8],
    /// The byte right after it.
    next: Option<u8>,
    pub(super) kind: Kind,
}

impl<'a> Seen<'a> {
    pub(super) fn new(text: &'a [u8], hit: ByteSpan, kind: Kind) -> Self {
        let found = &text[hit.range()];
        let found = trim_separators(found);
        let end = hit.start + found.len();
        let floor = hit.start.saturating_sub(BEFORE);
        let line_start =
            memchr::memrchr2(b'\n', 0, &text[floor..hit.start]).map_or(floor, |at| floor + at + 1);
        let line_before = &text[line_start..hit.start];
        let touching_from = line_before
            .iter()
            .rposition(|&b| is_delimiter(b))
            .map_or(0, |at| at + 1);
        let after = &text[end..(end + AFTER).min(text.len())];
        let spaced = !kind.is("text") || is_windows(found);
        let tail_end = after
            .iter()
            .position(|&b| ends_path(b) && !(b == b' ' && spaced && kind.is("binary")))
            .unwrap_or(after.len());
        Self {
            hit: found,
            before: &text[..hit.start],
            line_before,
            touching: unescaped(line_before, touching_from),
            tail: &after[..tail_end],
            line_after: &after[..memchr::memchr(b'\n', after).unwrap_or(after.len())],
            next: after.first().copied(),
            kind,
        }
    }

    /// Whether the byte before is the length of the string that begins with the path: byte code,
    /// class files and serialised messages keep strings so, and the length may look like a letter
    /// (with a tag before it, but not with a name).
    pub(super) fn has_length_before(&self) -> bool {
        let length = self.before.last().map_or(0, |&b| usize::from(b));
        // What ends a path may be part of a longer string, and then this is no length of it.
        let whole = self.hit.len() + self.tail.len();
        self.kind.is("binary") && length == whole && self.touching.len() <= 3
    }

    pub(super) fn compiled(&self) -> bool {
        self.kind.is("binary") || self.kind.id == "source-map"
    }

    /// The user's name, lower case.
    pub(super) fn name(&self) -> String {
        let lower = self.hit.to_ascii_lowercase();
        let from = [&b"/"[..], b"\\", b"%2f", b"%5c"]
            .iter()
            .filter_map(|sep| memchr::memmem::rfind(&lower, sep).map(|at| at + sep.len()))
            .max()
            .unwrap_or(0);
        let name: Vec<u8> = lower[from..].iter().copied().filter(|&b| b != 0).collect();
        let name = String::from_utf8_lossy(&name);
        // Quotes and dots of other scripts end a name; so do letters of a script that is written
        // without spaces, behind a name in ASCII.
        let plain = name.starts_with(|c: char| c.is_ascii());
        let ends = |c: char| !c.is_ascii() && (!c.is_alphanumeric() || plain && c >= UNSPACED);
        let name = name.split(ends).next().unwrap_or_default();
        // `name@domain`: the account of a directory service.
        let name = name.split('@').next().unwrap_or_default();
        name.trim_end_matches(['.', '-', ',', '_'])
            .trim_start_matches('_')
            .to_owned()
    }

    /// The components below the home.
    pub(super) fn below(&self) -> impl Iterator<Item = &'a [u8]> {
        let tail = match self.tail.first() {
            Some(b'/' | b'\\' | b'%') => self.tail,
            _ => &[],
        };
        tail.split(|&b| matches!(b, b'/' | b'\\'))
            .filter(|part| !part.is_empty() && *part != b"." && *part != b"..")
    }

    /// Whether what follows is found in a file system rather than on a site.
    pub(super) fn follows_folders(&self) -> bool {
        let parts: Vec<&[u8]> = self.below().collect();
        let Some(first) = parts.first() else {
            return false;
        };
        let first = String::from_utf8_lossy(first).to_ascii_lowercase();
        words::is_home_folder(&first) || parts.len() >= 3
    }
}

/// From here on scripts are written without spaces between words.
pub(super) const UNSPACED: char = '\u{2e80}';

fn trim_separators(mut path: &[u8]) -> &[u8] {
    while let [rest @ .., b'/' | b'\\'] = path {
        path = rest;
    }
    path
}

pub(super) fn is_windows(path: &[u8]) -> bool {
    matches!(path, [_, b':', ..] | [_, b'\\', b':', ..] | [b'\\', ..])
}

/// What separates a path from the text before it.
fn is_delimiter(b: u8) -> bool {
    b <= b' '
        || b == 0x7f
        || matches!(
            b,
            b'"' | b'\''
                | b'`'
                | b'='
                | b'('
                | b'['
                | b'{'
                | b','
                | b';'
                | b'|'
                | b'<'
                | b'>'
                | b'!'
                | b'&'
                | b'*'
        )
}

/// What ends a path. A space may be part of one, but in text it more often is not.
fn ends_path(b: u8) -> bool {
    b < b' '
        || matches!(
            b,
            b' ' | b'"'
                | b'\''
                | b'`'
                | b'<'
                | b'>'
                | b'|'
                | b'*'
                | b'?'
                | b','
                | b';'
                | b':'
                | b')'
                | b']'
                | b'}'
                | b'('
                | b'['
                | b'='
        )
}

/// What touches a path, without an escape of a string literal or a colour of a terminal: in
/// `"\n/home"` the path begins after `\n`.
fn unescaped(line_before: &[u8], from: usize) -> &[u8] {
    let touching = &line_before[from..];
    // `[0;32m`: the parts of a colour stand between semicolons.
    let coloured = |text: &[u8]| {
        let digit = |b: &u8| b.is_ascii_digit() || *b == b';';
        let before = &line_before[..from];
        let codes = before.iter().rev().take_while(|b| digit(b)).count();
        matches!(text, [digits @ .., b'm'] if digits.iter().all(u8::is_ascii_digit))
            && before[..before.len() - codes].ends_with(b"[")
    };
    let escaped = |at: usize| match &touching[at + 1..] {
        [b'n' | b't' | b'r' | b'0' | b'f' | b'v'] => true,
        [b'x', hex @ ..] => hex.len() == 2 && hex.iter().all(u8::is_ascii_hexdigit),
        [b'u', hex @ ..] => hex.len() == 4 && hex.iter().all(u8::is_ascii_hexdigit),
        _ => false,
    };
    if coloured(touching) || memchr::memrchr(b'\\', touching).is_some_and(escaped) {
        &[]
    } else {
        touching
    }
}

pub(super) fn ends_with_fold(text: &[u8], end: &[u8]) -> bool {
    text.len() >= end.len() && text[text.len() - end.len()..].eq_ignore_ascii_case(end)
}

/// Whether the name goes on with something to fill in: `/home/dev-{id}`, `/home/dev%s`.
pub(super) fn is_template(seen: &Seen<'_>) -> bool {
    match seen.next {
        Some(b'{' | b'$' | b'<' | b'*') => true,
        Some(b'%') => {
            !ends_with_fold(&seen.tail[..seen.tail.len().min(3)], b"%2f")
                && !ends_with_fold(&seen.tail[..seen.tail.len().min(3)], b"%5c")
        }
        _ => false,
    }
}

/// An identifier rather than a name: a number, a UUID, a hash.
pub(super) fn is_identifier(name: &str) -> bool {
    let hex = |c: char| c.is_ascii_hexdigit() || c == '-';
    // `task_176770443285540`
    let numbered = name
        .rsplit_once('_')
        .is_some_and(|(_, number)| number.len() >= 8 && number.bytes().all(|b| b.is_ascii_digit()));
    numbered
        || name.bytes().all(|b| b.is_ascii_digit())
        || name.len() >= 16 && name.chars().all(hex)
}

/// Endings of files: of what a site serves, or of what lies in a folder and is no folder itself.
pub(super) const FILE_ENDINGS: &[&str] = &[
    ".html", ".htm", ".php", ".js", ".css", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".aspx",
    ".jsp", ".json", ".xml", ".md", ".ts", ".tsx", ".jsx", ".vue", ".webp", ".ico", ".txt", ".py",
    ".yml", ".yaml", ".toml", ".cfg", ".log", ".zip", ".gz",
];

/// Words before a path on its line that make it a route of an application or a link.
const ROUTING: &[&[u8]] = &[
    b"href",
    b"src=",
    b"action=",
    b"to=",
    b"url",
    b"route",
    b".get(",
    b".post(",
    b".put(",
    b".delete(",
    b".patch(",
    b".use(",
    b"navigate",
    b"redirect",
    b"location",
    b"mapping",
    b"history.",
    b"get ",
    b"post ",
    b"put ",
    b"patch ",
    b"delete ",
    b"head ",
    b"path(",
    b"endpoint",
    b"permalink",
    b"link",
    b"pathname",
    b"fetch(",
    b"request",
    b"scim",
    b"api",
    b"http",
];

pub(super) fn is_routed(seen: &Seen<'_>) -> bool {
    if !is_requested(seen) && (is_addressed(seen) || names_file(seen)) {
        return false;
    }
    let holds = |words: &[&[u8]], text: &[u8]| {
        let lower = text.to_ascii_lowercase();
        words.iter().any(|word| {
            memchr::memmem::find_iter(&lower, word)
                .any(|at| !word[0].is_ascii_alphabetic() || opens_word(text, at))
        })
    };
    holds(ROUTING, seen.line_before) || holds(ROUTED, seen.line_after)
}

/// Whether a request of a server's log, or of a manual, asks for the path.
pub(super) fn is_requested(seen: &Seen<'_>) -> bool {
    const METHODS: &[&[u8]] = &[b"GET ", b"POST ", b"PUT ", b"PATCH ", b"DELETE ", b"HEAD "];
    METHODS
        .iter()
        .any(|method| seen.line_before.ends_with(method))
        || memchr::memmem::find(seen.line_after, b" HTTP/").is_some()
}

/// Whether what touches the path says that it is one of a file system: `file://`, or the names that
/// tools give to the file they speak of.
fn is_addressed(seen: &Seen<'_>) -> bool {
    const NAMES: &[&[u8]] = &[
        b"sourceURL=",
        b"file=\"",
        b"filename=\"",
        // What a build script tells cargo.
        b"link-search=",
        b"native=",
        b"framework=",
    ];
    ends_with_fold(seen.touching, b"file://")
        || NAMES
            .iter()
            .any(|name| ends_with_fold(seen.line_before, name))
}

/// Endings of files that lie in somebody's folders and that no site serves.
const WORK_ENDINGS: &[&str] = &[
    ".a", ".c", ".cc", ".cpp", ".csv", ".cu", ".db", ".f90", ".go", ".h", ".h5", ".hpp", ".ini",
    ".ipynb", ".java", ".lock", ".log", ".npy", ".o", ".parquet", ".pkl", ".proto", ".pt", ".py",
    ".r", ".rs", ".sh", ".so", ".sql", ".sqlite", ".swift", ".tex", ".tsv", ".txt",
];

/// Whether a file below a folder of the home ends as files of work do.
fn names_file(seen: &Seen<'_>) -> bool {
    let parts: Vec<&[u8]> = seen.below().collect();
    let Some(leaf) = parts.last().filter(|_| parts.len() >= 2) else {
        return false;
    };
    let leaf = String::from_utf8_lossy(leaf).to_ascii_lowercase();
    WORK_ENDINGS.iter().any(|end| leaf.ends_with(end))
}

/// Whether a word begins at `at`: behind no letter, or with a capital (`baseUrl`).
fn opens_word(text: &[u8], at: usize) -> bool {
    let Some(before) = at.checked_sub(1).map(|before| text[before]) else {
        return true;
    };
    !(before.is_ascii_alphanumeric() || before == b'_')
        || text[at].is_ascii_uppercase() && before.is_ascii_lowercase()
}

/// Words behind a path on its line that make it a route.
const ROUTED: &[&[u8]] = &[
    b"component",
    b"controller",
    b"element=",
    b"handler",
    b"loadchildren",
    b"redirect",
    b"http/1",
];

/// Words that announce an example.
const CUES: &[&[u8]] = &[
    b"e.g",
    b"example",
    b"such as",
    b"for instance",
    b"i.e",
    b"like ",
    b"suppose",
    b"would ",
    b"returns",
    b"becomes",
    b"->",
    b"=>",
    b"usage",
];

/// Where in a source file a line stands.
pub(super) fn is_remark(seen: &Seen<'_>) -> bool {
    let start = seen.line_before.trim_ascii_start();
    let opens = [
        &b"#"[..],
        b"//",
        b"/*",
        b"*",
        b"--",
        b"<!--",
        b";",
        b"%",
        b"..",
        b">>>",
        b"rem ",
    ];
    // What tools write about where a file was made is no remark of a person.
    let lower = seen.line_before.to_ascii_lowercase();
    let made = [&b"generated"[..], b"source:", b"#line "]
        .iter()
        .any(|word| memchr::memmem::find(&lower, word).is_some());
    if made {
        return false;
    }
    !start.starts_with(b"#!") && opens.iter().any(|mark| start.starts_with(mark))
        || [&b" # "[..], b" // ", b" /* "]
            .iter()
            .any(|mark| memchr::memmem::find(seen.line_before, mark).is_some())
}

pub(super) fn has_cue(seen: &Seen<'_>) -> bool {
    let find = |text: &[u8], cues: &[&[u8]]| {
        let text = text.to_ascii_lowercase();
        cues.iter()
            .any(|cue| memchr::memmem::find(&text, cue).is_some())
    };
    // An announcement may stand on the line before.
    let near = &seen.before[seen.before.len().saturating_sub(NEAR)..];
    find(seen.line_before, CUES) || find(near, &CUES[..STRONG_CUES])
}

/// How far back an announcement is looked for across lines, and how many of [`CUES`] are plain
/// enough for that.
const NEAR: usize = 100;
const STRONG_CUES: usize = 5;

/// How far back the beginning of a test module or of a documentation block is looked for.
const LOOK_BACK: usize = 256 << 10;

/// Whether the lines around the path are a test, or documentation within the source.
pub(super) fn illustrates_here(seen: &Seen<'_>) -> bool {
    if memchr::memmem::find(seen.line_before, b"assert").is_some()
        || memchr::memmem::find(seen.line_before, b"expect(").is_some()
    {
        return true;
    }
    let before = &seen.before[seen.before.len().saturating_sub(LOOK_BACK)..];
    let start = seen.line_before.trim_ascii_start();
    match seen.kind.id {
        // A docstring; other strings of this form are rare enough to be read as one.
        "python" => docstring::is_open(before),
        "rust" if memchr::memmem::find(before, b"#[cfg(test)]").is_some() => true,
        _ if seen.kind.comments == CommentStyle::Slash => {
            let opened =
                memchr::memmem::rfind(before, b"/**").max(memchr::memmem::rfind(before, b"/*!"));
            let in_block =
                opened.is_some_and(|from| memchr::memmem::find(&before[from..], b"*/").is_none());
            in_block || start.starts_with(b"///") || start.starts_with(b"//!")
        }
        _ => false,
    }
}
