// SPDX-License-Identifier: Apache-2.0
//! Decimal digits of any script, as Python's `int` and `\d` read them.

use std::sync::LazyLock;

/// The value of a decimal digit (`7`, `٧`, `７`).
pub fn value(digit: char) -> Option<i64> {
    /// Ranges of Unicode's decimal digits; each holds whole runs from zero to nine.
    static RANGES: LazyLock<Vec<(u32, u32)>> = LazyLock::new(|| {
        let class = regex_syntax::parse(r"\p{Nd}").map(regex_syntax::hir::Hir::into_kind);
        match class {
            Ok(regex_syntax::hir::HirKind::Class(regex_syntax::hir::Class::Unicode(class))) => {
                class
                    .ranges()
                    .iter()
                    .map(|range| (range.start().into(), range.end().into()))
                    .collect()
            }
            _ => Vec::new(),
        }
    });
    if digit.is_ascii() {
        return digit.to_digit(10).map(i64::from);
    }
    let code = u32::from(digit);
    RANGES
        .iter()
        .find(|(first, last)| (*first..=*last).contains(&code))
        .map(|(first, _)| i64::from((code - first) % 10))
}

/// A whole number without a sign; what is longer than 64 bits stays at their end.
pub fn number(text: &str) -> Option<i64> {
    let mut digits = text.chars().peekable();
    digits.peek()?;
    digits.try_fold(0_i64, |number, digit| {
        Some(number.saturating_mul(10).saturating_add(value(digit)?))
    })
}

/// A whole number as Python's `int` reads it: a sign, spaces around and underscores between digits
/// are fine.
pub fn signed(text: &str) -> Option<i64> {
    let text = text.trim();
    let plain = text.strip_prefix(['-', '+']).unwrap_or(text);
    if plain.split('_').any(str::is_empty) {
        return None;
    }
    let value = number(&plain.replace('_', ""))?;
    Some(if text.starts_with('-') { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::{number, signed};

    #[test]
    fn digits_of_any_script_count() {
        assert_eq!(number("0130"), Some(130));
        assert_eq!(number("\u{663}\u{ff11}\u{1d7d9}"), Some(311));
        assert_eq!(number(&"9".repeat(40)), Some(i64::MAX));
        assert_eq!(signed(" -1_0 "), Some(-10));
        assert_eq!(signed("+7"), Some(7));
        for text in ["", "-", "_1", "1__0", "1_", "--1", "1.0", "0x1"] {
            assert_eq!(signed(text), None, "{text:?}");
        }
        for text in ["", "\u{b2}", "1 ", "-1", "\u{2160}"] {
            assert_eq!(number(text), None, "{text:?}");
        }
    }
}
