// SPDX-License-Identifier: Apache-2.0
//! A claim's pattern over plain texts: ASCII letters in lower case and digits, a space for what parts
//! words, and nothing for what may stand inside them or be markup. A space may be left out, and so may
//! a character that a text would lose.

use regex_syntax::hir::{Class, ClassBytes, ClassBytesRange, Hir, HirKind, Repetition};

/// What a plain text loses: these and all that is not ASCII.
pub(crate) const LOST: &[u8] = b"-'_*`[]~\"\\";

/// Of a pattern over characters: what matches the plain form of each text that it matches.
pub(crate) fn gist(pattern: &Hir) -> Hir {
    plain(pattern)
}

/// The same of its hit and what stands behind it alone. What it wants before its hit may stand
/// elsewhere, and are subjects and verbs by the hundred.
pub(crate) fn gist_of_hit(pattern: &Hir) -> Hir {
    gist(from_hit(pattern).as_ref().unwrap_or(pattern))
}

/// The group `hit` of a pattern with what stands behind it, when there is one and every match has it.
fn from_hit(pattern: &Hir) -> Option<Hir> {
    match pattern.kind() {
        HirKind::Capture(capture) if capture.name.as_deref() == Some("hit") => {
            Some((*capture.sub).clone())
        }
        HirKind::Capture(capture) => from_hit(&capture.sub),
        HirKind::Concat(parts) => parts.iter().enumerate().find_map(|(at, part)| {
            let tail = from_hit(part)?;
            let behind = parts[at + 1..].iter().cloned();
            Some(Hir::concat(std::iter::once(tail).chain(behind).collect()))
        }),
        _ => None,
    }
}

/// A pattern over plain texts.
fn plain(pattern: &Hir) -> Hir {
    match pattern.kind() {
        HirKind::Empty | HirKind::Look(_) => Hir::empty(),
        HirKind::Literal(literal) => {
            let runs = literal
                .0
                .chunk_by(|a, b| a.is_ascii_alphanumeric() && b.is_ascii_alphanumeric());
            let part = |run: &[u8]| match run {
                [first, ..] if first.is_ascii_alphanumeric() => {
                    Hir::literal(run.to_ascii_lowercase())
                }
                other => Hir::concat(
                    other
                        .iter()
                        .map(|&byte| class([(byte, byte)], false))
                        .collect(),
                ),
            };
            Hir::concat(runs.map(part).collect())
        }
        HirKind::Class(Class::Unicode(members)) => {
            // The ranges stand in order.
            let ascii = members.iter().take_while(|range| range.start().is_ascii());
            let ascii = ascii.map(|range| (range.start() as u8, range.end().min('\u{7f}') as u8));
            let beyond = members
                .ranges()
                .last()
                .is_some_and(|range| !range.end().is_ascii());
            class(ascii, beyond)
        }
        HirKind::Class(Class::Bytes(members)) => class(
            members.iter().map(|range| (range.start(), range.end())),
            false,
        ),
        HirKind::Repetition(repetition) => Hir::repetition(Repetition {
            sub: Box::new(plain(&repetition.sub)),
            ..repetition.clone()
        }),
        HirKind::Capture(capture) => plain(&capture.sub),
        HirKind::Concat(parts) => Hir::concat(parts.iter().map(plain).collect()),
        HirKind::Alternation(parts) => Hir::alternation(parts.iter().map(plain).collect()),
    }
}

/// One character of some: what a plain text has of it. `beyond`: it may be none of ASCII.
fn class(members: impl IntoIterator<Item = (u8, u8)>, beyond: bool) -> Hir {
    let bytes = members.into_iter().flat_map(|(first, last)| first..=last);
    let (mut kept, mut lost) = (ClassBytes::empty(), beyond);
    for byte in bytes {
        if byte.is_ascii_alphanumeric() {
            let byte = byte.to_ascii_lowercase();
            kept.push(ClassBytesRange::new(byte, byte));
        } else {
            lost = true;
            if byte.is_ascii() && !LOST.contains(&byte) {
                kept.push(ClassBytesRange::new(b' ', b' '));
            }
        }
    }
    // A letter in any case, which may be a sign beyond ASCII: a text with such a sign is not judged.
    let letter =
        matches!(kept.ranges(), [one] if one.len() == 1 && one.start().is_ascii_alphabetic());
    let kept = Hir::class(Class::Bytes(kept));
    if !lost || beyond && letter {
        return kept;
    }
    Hir::repetition(Repetition {
        min: 0,
        max: Some(1),
        greedy: true,
        sub: Box::new(kept),
    })
}
