// SPDX-License-Identifier: Apache-2.0
//! Bytes without which a pattern cannot match: a look for them decides most windows, at a
//! hundredth of what the pattern costs.

use super::pack::{Packed, bytes, number};
use regex_syntax::hir::{Class, Hir, HirKind};

/// Bytes worth looking for, and of how many of a hundred lines with a keyword each is part. Letters,
/// digits and the marks of every sentence stand in nearly every window.
const RATES: &[(u8, u32)] = &[
    (b'\0', 1),
    (b'@', 5),
    (b'~', 2),
    (b'^', 2),
    (b'`', 8),
    (b'|', 7),
    (b'\\', 10),
    (b'#', 10),
    (b'$', 10),
    (b'%', 8),
    (b'&', 8),
    (b'!', 8),
    (b'?', 6),
    (b'+', 10),
    (b'[', 20),
    (b']', 20),
    (b'{', 22),
    (b'}', 22),
    (b'<', 20),
    (b'>', 25),
    (b'*', 25),
    (b'\'', 25),
    (b';', 35),
    (b'"', 35),
    (b'=', 45),
];
/// A set that stands in more of a hundred lines is not worth a look.
const WORTH: u32 = 75;
/// Sets that are looked for, the rarest.
const SETS: usize = 2;

/// Of each of these sets a byte stands in every match.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Required(Vec<Vec<u8>>);

impl Required {
    /// What `pattern` cannot do without. What every keyword holds is there anyway.
    pub(crate) fn of(pattern: &Hir, keywords: &[String]) -> Self {
        let mut sets = sets(pattern);
        sets.retain(|set| {
            let held = |word: &String| word.bytes().any(|byte| set.has(byte));
            set.rate() < WORTH && (keywords.is_empty() || !keywords.iter().all(held))
        });
        sets.sort_by_key(|set| (set.rate(), set.0));
        let mut rarest: Vec<Set> = Vec::new();
        for set in sets {
            // Where a set stands, a wider one stands as well.
            if !rarest.iter().any(|known| known.0 & !set.0 == 0) {
                rarest.push(set);
            }
        }
        Self(rarest.iter().take(SETS).map(|set| set.list()).collect())
    }

    pub(crate) fn pack(&self, out: &mut Vec<u8>) {
        number(self.0.len(), out);
        self.0.iter().for_each(|set| bytes(set, out));
    }

    pub(crate) fn unpack(reader: &mut Packed<'_>) -> Option<Self> {
        reader
            .list(|reader| reader.bytes().map(<[u8]>::to_vec))
            .map(Self)
    }

    /// Whether all that is required stands in `text`.
    pub(crate) fn stands(&self, text: &[u8]) -> bool {
        self.0.iter().all(|set| {
            let found = match **set {
                [a] => memchr::memchr(a, text),
                [a, b] => memchr::memchr2(a, b, text),
                [a, b, c] => memchr::memchr3(a, b, c, text),
                _ => return true,
            };
            found.is_some()
        })
    }
}

/// A few bytes of [`RATES`], as bits of their places there.
#[derive(Debug, Clone, Copy)]
struct Set(u32);

impl Set {
    /// A set of one; `None` where the byte is not worth looking for.
    fn of(byte: u8) -> Option<Self> {
        let place = RATES.iter().position(|(known, _)| *known == byte)?;
        Some(Self(1 << place))
    }

    fn members(self) -> impl Iterator<Item = (u8, u32)> {
        let all = RATES.iter().enumerate();
        all.filter(move |(place, _)| self.0 >> place & 1 == 1)
            .map(|(_, member)| *member)
    }

    fn list(self) -> Vec<u8> {
        self.members().map(|(byte, _)| byte).collect()
    }

    fn has(self, byte: u8) -> bool {
        self.members().any(|(member, _)| member == byte)
    }

    fn rate(self) -> u32 {
        self.members().map(|(_, rate)| rate).sum()
    }

    /// Both together, if they are few enough to be looked for at once.
    fn or(self, other: Self) -> Option<Self> {
        let both = self.0 | other.0;
        (both.count_ones() <= 3).then_some(Self(both))
    }
}

/// Sets of each of which a byte stands in every match.
fn sets(pattern: &Hir) -> Vec<Set> {
    match pattern.kind() {
        HirKind::Empty | HirKind::Look(_) => Vec::new(),
        HirKind::Literal(literal) => literal.0.iter().copied().filter_map(Set::of).collect(),
        HirKind::Class(class) => class_set(class).into_iter().collect(),
        HirKind::Repetition(repetition) if repetition.min > 0 => sets(&repetition.sub),
        HirKind::Repetition(_) => Vec::new(),
        HirKind::Capture(capture) => sets(&capture.sub),
        HirKind::Concat(parts) => parts.iter().flat_map(sets).collect(),
        HirKind::Alternation(parts) => {
            // Of each branch its rarest set, all together. Sets that several branches share stay
            // small by themselves.
            let branches: Vec<Vec<Set>> = parts.iter().map(sets).collect();
            let Some((first, rest)) = branches.split_first() else {
                return Vec::new();
            };
            let joined = |start: &Set| {
                rest.iter().try_fold(*start, |seen, branch| {
                    let wider = branch.iter().filter_map(|set| seen.or(*set));
                    wider.min_by_key(|set| set.rate())
                })
            };
            first.iter().filter_map(joined).collect()
        }
    }
}

/// A class as a set, if it is small and all of it worth looking for.
fn class_set(class: &Class) -> Option<Set> {
    let Class::Bytes(class) = class else {
        return None;
    };
    let mut bytes = class
        .ranges()
        .iter()
        .flat_map(|range| range.start()..=range.end());
    let first = Set::of(bytes.next()?)?;
    bytes.try_fold(first, |seen, byte| seen.or(Set::of(byte)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn required(pattern: &str, keywords: &[&str]) -> Vec<String> {
        let words: Vec<String> = keywords.iter().map(ToString::to_string).collect();
        let pattern = super::super::parsed(pattern).unwrap_or_else(regex_syntax::hir::Hir::fail);
        let Required(sets) = Required::of(&pattern, &words);
        let shown = sets.iter().map(|set| String::from_utf8_lossy(set));
        shown.map(|set| set.into_owned()).collect()
    }

    #[test]
    fn what_every_match_holds_is_required() {
        assert_eq!(required(r"\w+://\S+:\S{3,9}@\w+", &["://"]), ["@"]);
        assert_eq!(required(r"a(?:x@|@y)b", &[]), ["@"]);
        assert_eq!(required(r"(?i)key[=]x{2}", &[]), ["="]);
        assert_eq!(required(r#"key[="'](a|b)"#, &["key"]), Vec::<String>::new());
        assert_eq!(required(r#"key["'`]\w+["'`]"#, &["key"]), ["`'\""]);
        assert_eq!(required(r"key(?:@x=|y@|#)", &["key"]), ["@#"]);
        assert_eq!(required(r"a@b#c$d", &["c$"]), ["@", "#"]);
    }

    #[test]
    fn what_may_be_missing_is_not() {
        let none: [&str; 0] = [];
        assert_eq!(required(r"a@?b", &[]), none);
        assert_eq!(required(r"a@|b", &[]), none);
        assert_eq!(required(r"a[@#x]", &[]), none);
        assert_eq!(required(r"a(?:[@#]|[$%])", &[]), none);
        assert_eq!(required(r"key@x", &["key@"]), none);
    }

    #[test]
    fn one_of_each_set_is_enough() {
        let needed = Required(vec![vec![b'@'], vec![b'"', b'\'']]);
        assert!(needed.stands(b"a@b 'c"));
        assert!(!needed.stands(b"a@b"));
        assert!(!needed.stands(b"'\""));
        assert!(Required::default().stands(b""));
    }
}
