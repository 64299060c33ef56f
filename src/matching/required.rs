// SPDX-License-Identifier: Apache-2.0
//! A byte without which a pattern cannot match: one look for it decides most windows, at a
//! hundredth of what the pattern costs.

use regex_syntax::hir::{Class, Hir, HirKind};

/// Bytes worth looking for, rarest in ordinary text first. Letters, digits and the marks of every
/// sentence stand in nearly every window.
const RARE: &[u8] = b"\0@~^`|\\#$%&!?{}<>[]+*;=\"'";

/// The rarest byte that stands in every match of `pattern` and in none of the keywords, which are
/// there anyway.
pub(super) fn required_byte(pattern: &Hir, keywords: &[String]) -> Option<u8> {
    let every = bytes_of(pattern);
    RARE.iter().copied().find(|&byte| {
        every.has(byte) && !keywords.iter().any(|word| word.as_bytes().contains(&byte))
    })
}

/// A set of bytes.
#[derive(Clone, Copy, Default)]
struct Bytes([u64; 4]);

impl Bytes {
    fn has(self, byte: u8) -> bool {
        self.0[usize::from(byte / 64)] >> (byte % 64) & 1 == 1
    }

    fn add(&mut self, byte: u8) {
        self.0[usize::from(byte / 64)] |= 1 << (byte % 64);
    }

    fn combine(self, other: Self, with: impl Fn(u64, u64) -> u64) -> Self {
        let mut out = Self::default();
        for (slot, (a, b)) in out.0.iter_mut().zip(self.0.into_iter().zip(other.0)) {
            *slot = with(a, b);
        }
        out
    }
}

/// The bytes that stand in every match.
fn bytes_of(pattern: &Hir) -> Bytes {
    let mut out = Bytes::default();
    match pattern.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => literal.0.iter().for_each(|&byte| out.add(byte)),
        HirKind::Class(class) => {
            let only = match class {
                Class::Bytes(set) => match set.ranges() {
                    [range] if range.start() == range.end() => Some(range.start()),
                    _ => None,
                },
                Class::Unicode(_) => None,
            };
            if let Some(byte) = only {
                out.add(byte);
            }
        }
        HirKind::Repetition(repetition) => {
            if repetition.min > 0 {
                out = bytes_of(&repetition.sub);
            }
        }
        HirKind::Capture(capture) => out = bytes_of(&capture.sub),
        HirKind::Concat(parts) => {
            for part in parts {
                out = out.combine(bytes_of(part), |a, b| a | b);
            }
        }
        HirKind::Alternation(parts) => {
            let mut all = parts.iter().map(bytes_of);
            if let Some(first) = all.next() {
                out = all.fold(first, |seen, next| seen.combine(next, |a, b| a & b));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn required(pattern: &str, keywords: &[&str]) -> Option<u8> {
        let words: Vec<String> = keywords.iter().map(ToString::to_string).collect();
        let config = regex_automata::util::syntax::Config::new()
            .unicode(false)
            .utf8(false);
        let hir = regex_automata::util::syntax::parse_with(pattern, &config);
        required_byte(&hir.ok()?, &words)
    }

    #[test]
    fn what_every_match_holds_is_required() {
        assert_eq!(required(r"\w+://\S+:\S{3,9}@\w+", &["://"]), Some(b'@'));
        assert_eq!(required(r"a(?:x@|@y)b", &[]), Some(b'@'));
        assert_eq!(required(r"(?i)key[=]x{2}", &[]), Some(b'='));
    }

    #[test]
    fn what_may_be_missing_is_not() {
        assert_eq!(required(r"a@?b", &[]), None);
        assert_eq!(required(r"a@|b", &[]), None);
        assert_eq!(required(r"a@*[@#]", &[]), None);
        assert_eq!(required(r"key@x", &["key@"]), None);
    }
}
