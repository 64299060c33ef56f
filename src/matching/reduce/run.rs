// SPDX-License-Identifier: Apache-2.0
//! Where a hit could stand at all: a run of bytes of its class, long enough, behind a byte that may
//! stand before it, and of mixed characters where the judgement acquits words. One pass over a window at
//! a byte a step, where the pattern's automaton would build states for each new text.

use super::pack::{Packed, number};
use regex_syntax::hir::{Capture, Class, Hir, HirKind};

/// Validators that acquit a value of letters without a digit, unless upper and lower case stand in no
/// order: of words, and of base64 read as what it says.
const WANT_MIXTURE: &[&str] = &[
    "credential",
    "generic-value",
    "letters-and-digits",
    "note-value",
];
/// A capital after something else, so often in a value without digits, may be more than words.
const RISES: usize = 2;
/// Shorter runs stand in nearly every window.
const WORTH: usize = 5;

const INSIDE: u8 = 1;
const AHEAD: u8 = 2;
const UPPER: u8 = 4;
const DIGIT: u8 = 8;

/// What is known of a pattern's hits without running it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Run {
    /// Of each byte whether a hit may hold it, whether it may stand before one, and its kind.
    marks: Box<[u8; 256]>,
    /// Bytes of the shortest hit.
    shortest: usize,
    /// Whether a hit needs a digit or a mixture of cases.
    made: bool,
}

impl Run {
    /// What every hit of `pattern` is part of. `None` where that would hold back little.
    pub(crate) fn of(pattern: &Hir, validators: &[String]) -> Option<Self> {
        let mut hits = Vec::new();
        find(pattern, Bytes::ALL, &mut hits);
        if hits.is_empty() {
            hits.push((Bytes::ALL, pattern));
        }
        let (mut inside, mut ahead) = (Bytes::NONE, Bytes::NONE);
        let mut shortest = usize::MAX;
        for (before, hit) in hits {
            inside = inside.or(all(hit));
            ahead = ahead.or(before);
            shortest = shortest.min(hit.properties().minimum_len().unwrap_or(0));
        }
        let wants = |name: &String| WANT_MIXTURE.contains(&name.as_str());
        let made = validators.iter().any(wants);
        if shortest < WORTH || (inside == Bytes::ALL && !made) {
            return None;
        }
        Some(Self::new(inside, ahead, shortest, made))
    }

    fn new(inside: Bytes, ahead: Bytes, shortest: usize, made: bool) -> Self {
        let marks = std::array::from_fn(|byte| {
            let byte = byte as u8;
            let mark = |holds: bool, bit: u8| if holds { bit } else { 0 };
            mark(inside.has(byte), INSIDE)
                | mark(ahead.has(byte), AHEAD)
                | mark(byte.is_ascii_uppercase(), UPPER)
                | mark(byte.is_ascii_digit(), DIGIT)
        });
        Self {
            marks: Box::new(marks),
            shortest,
            made,
        }
    }

    pub(crate) fn pack(&self, out: &mut Vec<u8>) {
        for bit in [INSIDE, AHEAD] {
            let marks = self.marks.as_chunks::<8>().0;
            out.extend(marks.iter().map(|eight| {
                let marked = eight
                    .iter()
                    .enumerate()
                    .filter(|(_, mark)| **mark & bit != 0);
                marked.fold(0, |bits, (place, _)| bits | 1 << place)
            }));
        }
        number(self.shortest, out);
        out.push(u8::from(self.made));
    }

    pub(crate) fn unpack(reader: &mut Packed<'_>) -> Option<Self> {
        let mut bytes = || {
            let words = reader.take(32)?.as_chunks::<8>().0;
            Some(Bytes(std::array::from_fn(|word| {
                u64::from_le_bytes(words[word])
            })))
        };
        let (inside, ahead) = (bytes()?, bytes()?);
        let shortest = reader.number()?;
        Some(Self::new(inside, ahead, shortest, reader.byte()? != 0))
    }

    /// Whether a hit could stand in `text`, which holds the whole match.
    pub(crate) fn stands(&self, text: &[u8]) -> bool {
        self.stands_where(text, |_| true)
    }

    /// Whether a hit could begin at a place that `accepts` agrees to.
    pub(crate) fn stands_where(&self, text: &[u8], mut accepts: impl FnMut(usize) -> bool) -> bool {
        // Where the next run could begin: at the start, or behind a byte that is in none.
        let mut at = 0;
        'runs: while let Some(least) = text.get(at..at + self.shortest) {
            let mut seen = 0;
            // Looked at from behind, so that most bytes between two words are never looked at.
            for (place, byte) in least.iter().enumerate().rev() {
                let mark = self.marks[usize::from(*byte)];
                if mark & INSIDE == 0 {
                    at += place + 1;
                    continue 'runs;
                }
                seen |= mark;
            }
            let mut end = at + self.shortest;
            for byte in &text[end..] {
                let mark = self.marks[usize::from(*byte)];
                if mark & INSIDE == 0 {
                    break;
                }
                seen |= mark;
                end += 1;
            }
            // Most runs are words of small letters.
            let may_count = !self.made || seen & (UPPER | DIGIT) != 0;
            if may_count && self.holds(text, at, end, &mut accepts) {
                return true;
            }
            at = end + 1;
        }
        false
    }

    /// Whether a hit could stand in one run.
    fn holds(
        &self,
        text: &[u8],
        start: usize,
        end: usize,
        accepts: &mut impl FnMut(usize) -> bool,
    ) -> bool {
        let mark = |byte: u8| self.marks[usize::from(byte)];
        // A hit that the match begins with has nothing of the match before it; then any byte may
        // stand there, and any is as good as none.
        let begins = |at: &usize| *at == 0 || mark(text[*at - 1]) & AHEAD != 0;
        let mut places = (start..=end - self.shortest).filter(begins);
        let Some(first) = places.next() else {
            return false;
        };
        (!self.made || self.is_made(&text[first..end])) && (accepts(first) || places.any(accepts))
    }

    /// Whether a run holds a digit or a mixture of cases.
    fn is_made(&self, run: &[u8]) -> bool {
        let mut rises = 0;
        // The first byte rises from nothing.
        let mut before = UPPER;
        for byte in run {
            let mark = self.marks[usize::from(*byte)];
            rises += usize::from(before & UPPER == 0 && mark & UPPER != 0);
            if mark & DIGIT != 0 || rises == RISES {
                return true;
            }
            before = mark;
        }
        false
    }
}

/// A set of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bytes([u64; 4]);

impl Bytes {
    const NONE: Self = Self([0; 4]);
    const ALL: Self = Self([u64::MAX; 4]);

    fn has(self, byte: u8) -> bool {
        self.0[usize::from(byte >> 6)] >> (byte & 63) & 1 == 1
    }

    fn with(mut self, byte: u8) -> Self {
        self.0[usize::from(byte >> 6)] |= 1 << (byte & 63);
        self
    }

    fn or(self, other: Self) -> Self {
        Self(std::array::from_fn(|word| self.0[word] | other.0[word]))
    }

    fn of(class: &Class) -> Self {
        let Class::Bytes(class) = class else {
            return Self::ALL;
        };
        let bytes = class.iter().flat_map(|range| range.start()..=range.end());
        bytes.fold(Self::NONE, Self::with)
    }
}

/// Every byte that a match may hold.
fn all(pattern: &Hir) -> Bytes {
    match pattern.kind() {
        HirKind::Empty | HirKind::Look(_) => Bytes::NONE,
        HirKind::Literal(literal) => literal.0.iter().copied().fold(Bytes::NONE, Bytes::with),
        HirKind::Class(class) => Bytes::of(class),
        HirKind::Repetition(repetition) => all(&repetition.sub),
        HirKind::Capture(capture) => all(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().map(all).fold(Bytes::NONE, Bytes::or)
        }
    }
}

/// What may stand at the end of a match, when `before` may stand ahead of it.
fn last(pattern: &Hir, before: Bytes) -> Bytes {
    match pattern.kind() {
        HirKind::Empty | HirKind::Look(_) => before,
        HirKind::Literal(literal) => match literal.0.last() {
            Some(&byte) => Bytes::NONE.with(byte),
            None => before,
        },
        HirKind::Class(class) => Bytes::of(class),
        HirKind::Repetition(repetition) => {
            // Another time adds nothing: what stood before it is then the end of the time before.
            let once = last(&repetition.sub, before);
            if repetition.min == 0 {
                once.or(before)
            } else {
                once
            }
        }
        HirKind::Capture(capture) => last(&capture.sub, before),
        HirKind::Concat(parts) => parts.iter().fold(before, |seen, part| last(part, seen)),
        HirKind::Alternation(parts) => {
            let ends = parts.iter().map(|part| last(part, before));
            ends.fold(Bytes::NONE, Bytes::or)
        }
    }
}

/// Whether a group is a hit: `hit`, `hit_2` and so on.
pub(crate) fn is_hit(capture: &Capture) -> bool {
    let name = capture.name.as_deref().unwrap_or_default();
    name == "hit" || name.starts_with("hit_")
}

/// The groups that are hits, each with what may stand before it.
fn find<'a>(pattern: &'a Hir, before: Bytes, hits: &mut Vec<(Bytes, &'a Hir)>) {
    match pattern.kind() {
        HirKind::Capture(capture) if is_hit(capture) => hits.push((before, &capture.sub)),
        HirKind::Capture(capture) => find(&capture.sub, before, hits),
        // What stands before depends on which time it is.
        HirKind::Repetition(repetition) => find(&repetition.sub, Bytes::ALL, hits),
        HirKind::Concat(parts) => {
            let mut before = before;
            for part in parts {
                find(part, before, hits);
                before = last(part, before);
            }
        }
        HirKind::Alternation(parts) => parts.iter().for_each(|part| find(part, before, hits)),
        HirKind::Empty | HirKind::Look(_) | HirKind::Literal(_) | HirKind::Class(_) => {}
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::super::super::compile::regex;
    use super::super::super::samples::{patterns, texts};
    use super::super::parsed;
    use super::*;
    use crate::rules::Subject;
    use proptest::prelude::*;

    fn run(pattern: &str, validators: &[&str]) -> Option<Run> {
        let validators: Vec<String> = validators.iter().map(ToString::to_string).collect();
        Run::of(&parsed(pattern).unwrap(), &validators)
    }

    #[test]
    fn a_run_is_long_enough_and_begins_behind_the_right_byte() {
        let run = run(r#"key\s*=\s*"(?P<hit>[a-z0-9]{8,})""#, &[]).unwrap();
        assert!(run.stands(br#"key = "abcdefgh""#));
        assert!(!run.stands(br#"key = "abcdefg""#));
        assert!(!run.stands(b"key = abcdefgh"));
        assert!(!run.stands(b""));
        // Nothing of the match before it.
        assert!(run.stands(b"abcdefgh"));
    }

    #[test]
    fn a_byte_inside_may_be_the_one_before() {
        let run = run(r"key[:=](?P<hit>[a-z0-9:=]{8,})", &[]).unwrap();
        assert!(run.stands(b"key:abcdefgh"));
        assert!(run.stands(b" keyabcdefgh=abcdefgh"));
        assert!(!run.stands(b" keyabcdefgh=abcdefg"));
    }

    #[test]
    fn words_are_held_back_where_the_judgement_acquits_them() {
        let pattern = r#"key="(?P<hit>[^\s"]{6,})""#;
        assert!(run(pattern, &[]).unwrap().stands(br#"key="correct""#));
        let run = run(pattern, &["generic-value"]).unwrap();
        assert!(!run.stands(br#"key="correct" 1234567"#));
        assert!(run.stands(br#"key="correct7""#));
        assert!(!run.stands(br#"key="accessToken""#));
        assert!(run.stands(br#"key="cGFzc3dvcmRQYXNz""#));
    }

    #[test]
    fn what_would_hold_back_little_is_left_out() {
        assert_eq!(run(r"key=(?P<hit>\d{1,9})", &[]), None);
        assert_eq!(run(r"(?s)key=.{9,}", &[]), None);
        assert!(run(r"ghx_\w{36}", &[]).is_some());
        // The shortest of several hits, and what any of them may hold.
        let run = run(r"a=(?P<hit>[a-f]{9})|b=(?P<hit_2>\d{6})", &[]).unwrap();
        assert!(run.stands(b"b=123456"));
        assert!(!run.stands(b"b=12345"));
    }

    #[test]
    fn no_example_of_our_rules_is_held_back() {
        let mut seen = 0;
        let all = patterns();
        for (rule, pattern) in all.filter(|(_, pattern)| pattern.subject != Subject::Path) {
            let validators: Vec<&str> = pattern
                .judge
                .validators
                .iter()
                .map(String::as_str)
                .collect();
            let Some(run) = run(&pattern.pattern.text(), &validators) else {
                continue;
            };
            for example in rule.matches() {
                let text = example.text();
                seen += 1;
                assert!(run.stands(text.as_bytes()), "{} {text}", rule.meta.id);
            }
        }
        assert!(seen > 500, "{seen}");
    }

    const PATTERNS: [&str; 6] = [
        r#"a\s*[=:]\s*["']?(?P<hit>[ab1:]{5,9})"#,
        r"(?:a|b:)+(?P<hit>[ab1]{5,}?)(?:=|$)",
        r"(?:x?(?P<hit>[a1]{6}))+|b(?P<hit_2>[b:]{5})",
        r"[a:]{0,3}(?P<hit>(?:ab|1=){3,4})'",
        r"\b(?:a(?:b|=)?){2}",
        r#"(?:(?:"|'){2}(?:=?))*(?P<hit>b[a1]{4})"#,
    ];

    proptest! {
        #[test]
        fn where_a_pattern_matches_its_run_stands(text in texts()) {
            for pattern in PATTERNS {
                let regex = regex(pattern).unwrap();
                if let Some(run) = run(pattern, &[]) {
                    for found in regex.find_iter(&text) {
                        prop_assert!(run.stands(&text[found.range()]), "{pattern}");
                        prop_assert!(run.stands(&text), "{pattern}");
                    }
                }
            }
        }
    }
}
