// SPDX-License-Identifier: Apache-2.0
//! String literals that a person reads: one that a descriptive name owns, that is printed,
//! returned, or simply assigned. Patterns and lists of words are none.

use super::config::words;
use super::fold::{Inline, fold};
use super::frame::{Frame, Name};
use super::{Block, Line, Shape, Sink};

/// Names whose strings are read by people.
const DESCRIPTIVE: &[&str] = &[
    "about",
    "banner",
    "capabilit",
    "claim",
    "description",
    "doc",
    "epilog",
    "feature",
    "headline",
    "help",
    "intro",
    "message",
    "notice",
    "readme",
    "slogan",
    "statement",
    "summary",
    "tagline",
    "title",
    "usage",
];

/// Calls that print.
const PRINTING: &[&str] = &[
    "echo", "eprintln", "error", "info", "log", "print", "printf", "println", "puts", "say",
    "warn", "warning", "write", "writeln",
];

/// Calls that declare an argument of a command and say what it does.
const DECLARING: &[&str] = &[
    "add_option",
    "addoption",
    "argument",
    "option",
    "requiredoption",
    "with_option",
];

/// Streams a literal, in pieces that stand side by side, if a person reads it. `word` is the last
/// identifier before it.
pub(super) fn stream(
    text: &[u8],
    pieces: &[Line],
    frames: &[Frame],
    word: Name,
    sink: &mut Sink<'_>,
) {
    let names: Vec<_> = frames
        .iter()
        .flat_map(|frame| [frame.callee, frame.owner])
        .filter(|name| !name.is_empty())
        .map(|name| words(&name.text(text)))
        .collect();
    let described = names
        .iter()
        .any(|name| DESCRIPTIVE.iter().any(|part| name.contains(part)));
    let printed = frames.iter().any(|frame| {
        let callee = frame.callee.text(text).to_ascii_lowercase();
        PRINTING.contains(&callee.as_str()) || DECLARING.contains(&callee.as_str())
    });
    let inside = frames.iter().any(|f| f.collection);
    let given = !inside
        && (!frames.last().is_none_or(|f| f.owner.is_empty()) || word.text(text) == "return");
    if !(described || printed || given) {
        return;
    }
    let folded = fold(text, pieces, Inline::Escapes);
    let pattern = ["(?", "\\b", "\\s", ".*", "[a-z", "|"].iter().any(|mark| {
        pieces
            .iter()
            .any(|p| memchr::memmem::find(&text[p.start..p.end], mark.as_bytes()).is_some())
    });
    if pattern || folded.text.split(' ').count() < 3 {
        return;
    }
    sink.push(&Block {
        folded,
        shape: Shape::Literal,
        headings: &names,
        lead: None,
        siblings: &[],
    });
}
