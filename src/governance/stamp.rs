// SPDX-License-Identifier: Apache-2.0
//! Times and days as evidence writes them: RFC 3339 and `YYYY-MM-DD`.

use jiff::Timestamp;
use jiff::civil::Date;

/// A moment, when the text is an RFC 3339 time in UTC that ends in `Z`.
pub fn utc(text: &str) -> Option<Timestamp> {
    let shaped = text.len() >= 20 && text.as_bytes()[10] == b'T' && text.ends_with('Z');
    if shaped { text.parse().ok() } else { None }
}

/// A moment, when the text is an RFC 3339 time with any offset.
pub fn with_offset(text: &str) -> Option<Timestamp> {
    let shaped = text.len() >= 20 && matches!(text.as_bytes()[10], b'T' | b't');
    if shaped { text.parse().ok() } else { None }
}

/// A day, when the text is `YYYY-MM-DD`.
pub fn day(text: &str) -> Option<Date> {
    let bytes = text.as_bytes();
    let shaped = bytes.len() == 10 && bytes[4] == b'-' && bytes[7] == b'-';
    if shaped { text.parse().ok() } else { None }
}

/// The moment that a run's name begins with: `YYYYMMDDTHHMMSSZ`.
pub fn compact(text: &str) -> Option<Timestamp> {
    let bytes = text.get(..16)?.as_bytes();
    let digits = |range: std::ops::Range<usize>| bytes[range].iter().all(u8::is_ascii_digit);
    if !digits(0..8) || bytes[8] != b'T' || !digits(9..15) || bytes[15] != b'Z' {
        return None;
    }
    let t = &text[..16];
    let spread = format!(
        "{}-{}-{}T{}:{}:{}Z",
        &t[..4],
        &t[4..6],
        &t[6..8],
        &t[9..11],
        &t[11..13],
        &t[13..15]
    );
    spread.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_formats_allow_and_nothing_else() {
        assert!(utc("2026-03-10T09:15:00Z").is_some());
        for wrong in [
            "2026-03-10 09:15:00Z",
            "2026-03-10T09:15:00+00:00",
            "2026-03-10",
            "",
            "é",
        ] {
            assert!(utc(wrong).is_none(), "{wrong}");
        }
        assert!(with_offset("2026-03-09T10:00:00+00:00").is_some());
        assert!(day("2026-03-10").is_some());
        for wrong in ["2026-3-10", "2026-02-30", "2026-03-10T", "20260310"] {
            assert!(day(wrong).is_none(), "{wrong}");
        }
        assert_eq!(
            compact("20260310T091500Z-demo-title-case-4242"),
            utc("2026-03-10T09:15:00Z")
        );
        assert!(compact("20261310T091500Z").is_none());
        assert!(compact("2026é310T091500Z").is_none());
    }
}
