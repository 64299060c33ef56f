// SPDX-License-Identifier: Apache-2.0
//! What drawings share: text that stays text, and lines that leave and arrive upright.

use std::fmt::Write as _;

/// A place: to the right, and down.
pub type Point = (f64, f64);

/// Text for XML and HTML: markup escaped, characters that neither has a word for replaced.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// Continues a path from point to point.
pub fn curve(from: Point, to: Point, path: &mut String) {
    if (from.0 - to.0).abs() < 0.5 {
        let _ = write!(path, " L{:.1},{:.1}", to.0, to.1);
    } else {
        let middle = f64::midpoint(from.1, to.1);
        let _ = write!(
            path,
            " C{:.1},{middle:.1} {:.1},{middle:.1} {:.1},{:.1}",
            from.0, to.0, to.0, to.1
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_and_what_steers_stay_text() {
        assert_eq!(escape("<a b='\"&\u{1}"), "&lt;a b=&#39;&quot;&amp;\u{fffd}");
    }

    #[test]
    fn straight_where_it_can_be() {
        let mut path = String::new();
        curve((1.0, 0.0), (1.0, 9.0), &mut path);
        curve((1.0, 9.0), (5.0, 19.0), &mut path);
        assert_eq!(path, " L1.0,9.0 C1.0,14.0 5.0,14.0 5.0,19.0");
    }
}
