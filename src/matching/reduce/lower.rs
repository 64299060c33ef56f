// SPDX-License-Identifier: Apache-2.0
//! A claim's pattern over ASCII texts in lower case. Classes of letters of all scripts, and of each
//! letter in both cases, are what makes such patterns large.

use regex_syntax::hir::{
    Capture, Class, ClassBytes, ClassBytesRange, Hir, HirKind, Look, Repetition,
};

/// A pattern that finds in an ASCII text made lower case what `pattern` finds in the text. `None` where
/// a part of it tells cases apart.
pub(crate) fn lower(pattern: &Hir) -> Option<Hir> {
    let all = |parts: &[Hir]| parts.iter().map(lower).collect::<Option<Vec<_>>>();
    Some(match pattern.kind() {
        HirKind::Empty => Hir::empty(),
        HirKind::Literal(literal) if !literal.0.is_ascii() => Hir::fail(),
        HirKind::Literal(literal) if literal.0.iter().any(u8::is_ascii_alphabetic) => return None,
        HirKind::Literal(_) => pattern.clone(),
        HirKind::Class(Class::Unicode(class)) => {
            let ranges = class.iter().filter_map(|range| {
                let last = range.end().min('\u{7f}');
                let range = (range.start() <= last).then_some((range.start(), last))?;
                Some(ClassBytesRange::new(range.0 as u8, range.1 as u8))
            });
            without_capitals(ClassBytes::new(ranges))?
        }
        HirKind::Class(Class::Bytes(class)) => without_capitals(class.clone())?,
        HirKind::Look(look) => Hir::look(match look {
            Look::WordUnicode => Look::WordAscii,
            Look::WordUnicodeNegate => Look::WordAsciiNegate,
            Look::WordStartUnicode => Look::WordStartAscii,
            Look::WordEndUnicode => Look::WordEndAscii,
            Look::WordStartHalfUnicode => Look::WordStartHalfAscii,
            Look::WordEndHalfUnicode => Look::WordEndHalfAscii,
            other => *other,
        }),
        HirKind::Repetition(repetition) => Hir::repetition(Repetition {
            sub: Box::new(lower(&repetition.sub)?),
            ..repetition.clone()
        }),
        HirKind::Capture(capture) => Hir::capture(Capture {
            sub: Box::new(lower(&capture.sub)?),
            ..capture.clone()
        }),
        HirKind::Concat(parts) => Hir::concat(all(parts)?),
        HirKind::Alternation(parts) => Hir::alternation(all(parts)?),
    })
}

/// A class of ASCII characters that holds letters in both cases, without the capitals.
fn without_capitals(class: ClassBytes) -> Option<Hir> {
    let mut both = class.clone();
    both.case_fold_simple();
    if both != class {
        return None;
    }
    let mut kept = class;
    kept.difference(&ClassBytes::new([ClassBytesRange::new(b'A', b'Z')]));
    Some(Hir::class(Class::Bytes(kept)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    fn lowered(pattern: &str) -> Option<String> {
        let mut parser = regex_syntax::ParserBuilder::new()
            .case_insensitive(true)
            .build();
        lower(&parser.parse(pattern).unwrap()).map(|pattern| pattern.to_string())
    }

    #[test]
    fn letters_stand_in_lower_case() {
        assert_eq!(lowered("Abc1").unwrap(), "(?:abc1)");
        assert_eq!(lowered("[A-F]").unwrap(), "(?-u:[a-f])");
        // No ASCII text has that letter: a class without members.
        assert_eq!(lowered("é?k").unwrap(), "(?:[a&&b]?k)");
        assert_eq!(lowered(r"\b").unwrap(), r"(?-u:\b)");
    }

    #[test]
    fn cases_told_apart_are_not_lowered() {
        assert_eq!(lowered("(?-i:A)b"), None);
        assert_eq!(lowered("(?-i:[a-z])"), None);
        assert!(lowered("(?-i:[^1])").is_some());
    }
}
