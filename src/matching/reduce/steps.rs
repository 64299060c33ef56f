// SPDX-License-Identifier: Apache-2.0
//! A pattern over ASCII texts as steps from places to places: what `matching::reach` walks without
//! compiling anything first.
//!
//! One byte for the kind of each step, then what it holds; each step inside another stands behind its
//! length, so that it can be left out. Alternatives that begin alike are one with alternatives behind
//! it: a text is asked for each letter once.

use super::pack::{bytes, number};
use regex_syntax::hir::{Class, Hir, HirKind};

/// Nothing.
pub(crate) const EMPTY: u8 = 0;
/// These bytes, to the end of the step.
pub(crate) const LITERAL: u8 = 1;
/// One of a class of ASCII characters: a bit for each, the lowest first.
pub(crate) const CLASS: u8 = 2;
/// What stands around a place, as `regex_syntax` numbers it.
pub(crate) const LOOK: u8 = 3;
/// At least so often, and at most so often (one more; nothing without an end), this step.
pub(crate) const REPETITION: u8 = 4;
/// These, one behind the other.
pub(crate) const CONCAT: u8 = 5;
/// One of these.
pub(crate) const ALTERNATION: u8 = 6;

/// A step.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Empty,
    Literal(Vec<u8>),
    Class(u128),
    Look(u32),
    Repetition(u32, Option<u32>, Box<Self>),
    Concat(Vec<Self>),
    Alternation(Vec<Self>),
}

/// Adds the steps of a pattern. What it matches beyond ASCII is left out.
pub(crate) fn steps(pattern: &Hir, out: &mut Vec<u8>) {
    write(&step(pattern), out);
}

fn step(pattern: &Hir) -> Step {
    match pattern.kind() {
        HirKind::Empty => Step::Empty,
        HirKind::Literal(literal) => Step::Literal(literal.0.to_vec()),
        HirKind::Class(class) => Step::Class(ascii(class)),
        HirKind::Look(look) => Step::Look(look.as_repr()),
        HirKind::Repetition(repetition) => Step::Repetition(
            repetition.min,
            repetition.max,
            Box::new(step(&repetition.sub)),
        ),
        HirKind::Capture(capture) => step(&capture.sub),
        HirKind::Concat(parts) => concat(parts.iter().map(step)),
        HirKind::Alternation(parts) => alternation(parts.iter().map(step)),
    }
}

/// The ASCII characters of a class.
fn ascii(class: &Class) -> u128 {
    let bits =
        |first: u32, last: u32| (first..=last.min(0x7f)).fold(0, |all: u128, one| all | 1 << one);
    match class {
        Class::Unicode(class) => class.iter().fold(0, |all, range| {
            all | bits(range.start() as u32, range.end() as u32)
        }),
        Class::Bytes(class) => class.iter().fold(0, |all, range| {
            all | bits(range.start().into(), range.end().into())
        }),
    }
}

fn concat(parts: impl Iterator<Item = Step>) -> Step {
    let mut all = Vec::new();
    for part in parts {
        match (part, all.last_mut()) {
            (Step::Empty, _) => {}
            (Step::Concat(parts), _) => all.extend(parts),
            (Step::Literal(next), Some(Step::Literal(last))) => last.extend(next),
            (part, _) => all.push(part),
        }
    }
    match all.len() {
        0 => Step::Empty,
        1 => all.remove(0),
        _ => Step::Concat(all),
    }
}

/// Alternatives by the byte that they begin with.
fn alternation(parts: impl Iterator<Item = Step>) -> Step {
    let mut all: Vec<Step> = Vec::new();
    for part in parts {
        match part {
            Step::Alternation(parts) => all.extend(parts),
            part => all.push(part),
        }
    }
    let mut out: Vec<Step> = Vec::new();
    let mut begun: Vec<(u8, Vec<Step>)> = Vec::new();
    for part in all {
        match cut(part) {
            Ok((first, rest)) => match begun.iter_mut().find(|(known, _)| *known == first) {
                Some((_, rests)) => rests.push(rest),
                None => begun.push((first, vec![rest])),
            },
            Err(part) if out.contains(&part) => {}
            Err(part) => out.push(part),
        }
    }
    for (first, mut rests) in begun {
        let rest = match rests.len() {
            1 => rests.remove(0),
            _ => alternation(rests.into_iter()),
        };
        out.push(concat([Step::Literal(vec![first]), rest].into_iter()));
    }
    match out.len() {
        1 => out.remove(0),
        _ => Step::Alternation(out),
    }
}

/// The first byte of what begins with one, and the rest.
fn cut(step: Step) -> Result<(u8, Step), Step> {
    match step {
        Step::Literal(mut literal) if !literal.is_empty() => {
            let first = literal.remove(0);
            let rest = match literal.is_empty() {
                true => Step::Empty,
                false => Step::Literal(literal),
            };
            Ok((first, rest))
        }
        Step::Concat(mut parts) if matches!(parts.first(), Some(Step::Literal(_))) => {
            let (first, rest) = cut(parts.remove(0))?;
            Ok((first, concat(std::iter::once(rest).chain(parts))))
        }
        other => Err(other),
    }
}

fn write(step: &Step, out: &mut Vec<u8>) {
    let list = |tag, parts: &[Step], out: &mut Vec<u8>| {
        out.push(tag);
        for part in parts {
            let mut inner = Vec::new();
            write(part, &mut inner);
            bytes(&inner, out);
        }
    };
    match step {
        Step::Empty => out.push(EMPTY),
        Step::Literal(literal) => {
            out.push(LITERAL);
            out.extend(literal);
        }
        Step::Class(class) => {
            out.push(CLASS);
            out.extend(class.to_le_bytes());
        }
        Step::Look(look) => {
            out.push(LOOK);
            number(*look as usize, out);
        }
        Step::Repetition(min, max, sub) => {
            out.push(REPETITION);
            number(*min as usize, out);
            number(max.map_or(0, |max| max as usize + 1), out);
            write(sub, out);
        }
        Step::Concat(parts) => list(CONCAT, parts, out),
        Step::Alternation(parts) => list(ALTERNATION, parts, out),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    fn of(pattern: &str) -> Step {
        step(&regex_syntax::parse(pattern).unwrap())
    }

    fn literal(text: &str) -> Step {
        Step::Literal(text.into())
    }

    #[test]
    fn alternatives_that_begin_alike_are_one() {
        let expected = Step::Alternation(vec![
            Step::Concat(vec![
                literal("s"),
                Step::Alternation(vec![literal("afe"), literal("ound")]),
            ]),
            literal("proved"),
        ]);
        assert_eq!(of("safe|proved|sound"), expected);
        assert_eq!(of("(?:ab)(?P<hit>cd)"), literal("abcd"));
    }

    #[test]
    fn classes_keep_their_ascii_members() {
        assert_eq!(of("[bcé]"), Step::Class(3 << b'b'));
        assert_eq!(of(r"\w"), of("[a-zA-Z0-9_]"));
    }
}
