// SPDX-License-Identifier: Apache-2.0
//! The words that every match of a claim's pattern holds, in their order, and how near each other they
//! stand.

use super::plain::LOST;
use regex_syntax::hir::{Class, Hir, HirKind};

/// Shorter parts of words stand everywhere.
const SHORTEST: usize = 3;
/// Texts that a part of a pattern may match beyond which they are not listed.
const MOST: usize = 128;

/// Words of which one stands in every match, behind one of those of the need before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Need {
    /// In lower case.
    pub(crate) words: Vec<String>,
    /// How many spaces may stand between that one and this, in a text made plain.
    pub(crate) gap: usize,
}

/// What is needed so far, and how many spaces may follow the last of it.
#[derive(Default)]
struct Chain {
    needs: Vec<Need>,
    since: usize,
}

impl Chain {
    /// Adds a part with so many spaces at most, its own needs wherever they stand in it.
    fn add(&mut self, mut needs: Vec<Need>, spaces: usize) {
        let since = self.since.saturating_add(spaces);
        match needs.first_mut() {
            Some(first) => {
                first.gap = since;
                self.since = spaces;
            }
            None => self.since = since,
        }
        self.needs.append(&mut needs);
    }

    fn add_texts(&mut self, texts: &[String]) {
        let spaces = texts.iter().map(|text| spaces_in(text.as_bytes())).max();
        let spaces = spaces.unwrap_or(0);
        let need = |words| Need { words, gap: spaces };
        self.add(lists(texts).into_iter().map(need).collect(), spaces);
    }
}

/// What every match needs, whatever the case.
pub(crate) fn needs(pattern: &Hir) -> Vec<Need> {
    let mut chain = Chain::default();
    if let Some(texts) = finite(pattern) {
        chain.add_texts(&texts);
        return chain.needs;
    }
    match pattern.kind() {
        HirKind::Repetition(repetition) if repetition.min > 0 => needs(&repetition.sub),
        HirKind::Capture(capture) => needs(&capture.sub),
        HirKind::Concat(parts) => {
            // The parser splits words where alternatives share a beginning, so neighbours are
            // joined again.
            let mut run = vec![String::new()];
            for part in parts {
                let texts = finite(part);
                if let Some(joined) = texts.as_ref().and_then(|texts| joined(&run, texts)) {
                    run = joined;
                    continue;
                }
                chain.add_texts(&run);
                if texts.is_none() {
                    chain.add(needs(part), spaces(part));
                }
                run = texts.unwrap_or_else(|| vec![String::new()]);
            }
            chain.add_texts(&run);
            chain.needs
        }
        HirKind::Alternation(parts) => {
            // Of each branch the list whose shortest word is longest.
            let shortest = |need: &Need| need.words.iter().map(String::len).min();
            let best = |part: &Hir| needs(part).into_iter().max_by_key(shortest);
            let all: Option<Vec<_>> = parts.iter().map(|part| Some(best(part)?.words)).collect();
            let one = |words: Vec<Vec<String>>| Need {
                words: words.concat(),
                gap: 0,
            };
            all.map(one).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// How many spaces a match may hold at most, once it is made plain.
fn spaces(pattern: &Hir) -> usize {
    match pattern.kind() {
        HirKind::Empty | HirKind::Look(_) => 0,
        HirKind::Literal(literal) => spaces_in(&literal.0),
        HirKind::Class(class) => usize::from(match class {
            Class::Unicode(class) => {
                let ranges = class
                    .iter()
                    .map(|range| (range.start() as u32, range.end() as u32));
                any_space(ranges)
            }
            Class::Bytes(class) => {
                let ranges = class.iter();
                any_space(ranges.map(|range| (range.start().into(), range.end().into())))
            }
        }),
        HirKind::Repetition(repetition) => {
            let most = repetition.max.map_or(usize::MAX, |max| max as usize);
            spaces(&repetition.sub).saturating_mul(most)
        }
        HirKind::Capture(capture) => spaces(&capture.sub),
        HirKind::Concat(parts) => parts.iter().map(spaces).fold(0, usize::saturating_add),
        HirKind::Alternation(parts) => parts.iter().map(spaces).max().unwrap_or(0),
    }
}

/// Whether a class, its ranges in order, holds what a plain text has a space for.
fn any_space(ranges: impl Iterator<Item = (u32, u32)>) -> bool {
    let mut ascii = ranges.take_while(|range| range.0 <= 0x7f);
    ascii.any(|(first, last)| (first..=last.min(0x7f)).any(|byte| is_space(byte as u8)))
}

fn spaces_in(text: &[u8]) -> usize {
    text.iter().filter(|&&byte| is_space(byte)).count()
}

/// Whether a plain text has a space for it.
fn is_space(byte: u8) -> bool {
    byte.is_ascii() && !byte.is_ascii_alphanumeric() && !LOST.contains(&byte)
}

/// All texts that a pattern matches, in lower case, when they are few.
fn finite(pattern: &Hir) -> Option<Vec<String>> {
    match pattern.kind() {
        HirKind::Empty | HirKind::Look(_) => Some(vec![String::new()]),
        HirKind::Literal(literal) => {
            let text = std::str::from_utf8(&literal.0).ok()?;
            Some(vec![text.to_ascii_lowercase()])
        }
        HirKind::Class(Class::Unicode(class)) => {
            let ranges = class.ranges();
            let count: u32 = ranges
                .iter()
                .map(|r| r.end() as u32 - r.start() as u32 + 1)
                .sum();
            let of = |c: char| c.to_ascii_lowercase().to_string();
            (count <= 8).then(|| {
                ranges
                    .iter()
                    .flat_map(|r| r.start()..=r.end())
                    .map(of)
                    .collect()
            })
        }
        HirKind::Capture(capture) => finite(&capture.sub),
        HirKind::Concat(parts) => parts.iter().try_fold(vec![String::new()], |run, part| {
            finite(part).and_then(|texts| joined(&run, &texts))
        }),
        HirKind::Alternation(parts) => {
            let all: Option<Vec<_>> = parts.iter().map(finite).collect();
            all.map(|texts| texts.concat())
                .filter(|texts| texts.len() <= MOST)
        }
        _ => None,
    }
}

/// Each text of one list followed by each of another, when these are few.
fn joined(first: &[String], second: &[String]) -> Option<Vec<String>> {
    let pairs = first
        .iter()
        .flat_map(|a| second.iter().map(move |b| format!("{a}{b}")));
    (first.len() * second.len() <= MOST).then(|| pairs.collect())
}

/// Lists of words that hold for each of these texts: word by word when all have as many, else the
/// longest of each.
fn lists(texts: &[String]) -> Vec<Vec<String>> {
    let words = |text: &'_ String| -> Vec<String> {
        let words = text.split(|c: char| !c.is_ascii_alphanumeric());
        words
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let mut all: Vec<Vec<String>> = texts.iter().map(words).collect();
    let count = all.first().map_or(0, Vec::len);
    if all.iter().any(|words| words.len() != count) {
        for words in &mut all {
            words.sort_by_key(|word| std::cmp::Reverse(word.len()));
            words.truncate(1);
        }
        if all.iter().any(Vec::is_empty) {
            return Vec::new();
        }
    }
    let count = all.first().map_or(0, Vec::len);
    let column = |at: usize| -> Vec<String> {
        let mut list: Vec<String> = all.iter().map(|words| words[at].clone()).collect();
        list.sort();
        list.dedup();
        list
    };
    let columns = (0..count).map(column);
    columns
        .filter(|list| list.iter().all(|word| word.len() >= SHORTEST))
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    fn of(pattern: &str) -> Vec<(String, usize)> {
        let needs = needs(&regex_syntax::parse(pattern).unwrap());
        let each = needs
            .into_iter()
            .map(|need| (need.words.join("|"), need.gap));
        each.collect()
    }

    fn expected(needs: &[(&str, usize)]) -> Vec<(String, usize)> {
        let each = needs.iter().map(|(words, gap)| (words.to_string(), *gap));
        each.collect()
    }

    #[test]
    fn words_in_their_order_and_how_far_apart() {
        assert_eq!(
            of(r"proved (?:[\w-]+ ){0,3}?(?:secure|safe)\b"),
            expected(&[("proved", 1), ("safe|secure", 4)])
        );
        assert_eq!(
            of(r"never(?:,|[.]\w+)*\s+fails"),
            expected(&[("never", 0), ("fails", usize::MAX)])
        );
        // Within a part the words may stand anywhere.
        assert_eq!(
            of(r"bug-?free (?:x ){2}(?:safely |so soundly)"),
            expected(&[("bug", 0), ("free", 1), ("safely|soundly", 4)])
        );
        assert_eq!(
            of(r"\b(?:one of two|two and three)[*_]*x{4} (?:a, ){2}(?:[^ ]*fully){1,2} safe"),
            expected(&[
                ("one|two", 2),
                ("three|two", 2),
                ("fully", usize::MAX),
                ("safe", usize::MAX),
            ])
        );
    }
}
