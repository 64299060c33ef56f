// SPDX-License-Identifier: Apache-2.0
//! Bidirectional control characters: an attack on the reader, or an entry of a character table.

use super::{Context, Opinion};

/// `bidi-override`: acquits a control character of a table that a tool wrote: on a line that
/// nobody reads, beside another character that is no letter of code (the bounds of a range, the
/// neighbours of a list of code points). To mislead, the character must stand in readable code.
pub(super) fn overrides(context: &Context<'_>) -> Opinion {
    const READABLE: usize = 1500;
    let before = context.hit.start.checked_sub(1);
    let before = before.and_then(|at| context.text.get(at)).copied();
    let after = context.text.get(context.hit.end).copied();
    if is_whole_literal(context, before, after) || is_bound(context, before, after) {
        return Opinion::Acquitted;
    }
    if context.line().len() < READABLE {
        return Opinion::Plain;
    }
    let bounds = |byte: Option<u8>| {
        byte.is_some_and(|b| matches!(b, b'-' | b'[' | b']' | 0) || !b.is_ascii())
    };
    // `\0<control>`, `\u2029<control>`: its neighbour is written as an escape.
    let left = &context.text[..context.hit.start];
    let unit = left.len().checked_sub(6).map(|from| &left[from..]);
    let escaped = left.ends_with(b"\\0")
        || unit.is_some_and(|six| {
            six.starts_with(b"\\u") && six[2..].iter().all(u8::is_ascii_hexdigit)
        });
    if (bounds(before) || escaped) && (bounds(after) || after == Some(b'\\')) {
        Opinion::Acquitted
    } else {
        Opinion::Plain
    }
}

/// A string of nothing but an isolate that begins (left to right) or ends: code puts such
/// around text that it shows, and before Latin letters they change nothing that a reader sees.
fn is_whole_literal(context: &Context<'_>, before: Option<u8>, after: Option<u8>) -> bool {
    let quoted = before == after && matches!(before, Some(b'"' | b'\'' | b'`'));
    quoted && matches!(context.secret(), b"\xe2\x81\xa6" | b"\xe2\x81\xa9")
}

/// The lower bound of a range of characters between brackets, behind another that is not of ASCII: `[‧X-퟿]`
/// in a pattern.
fn is_bound(context: &Context<'_>, before: Option<u8>, after: Option<u8>) -> bool {
    /// Bytes behind it in which its bracket closes.
    const RANGE: usize = 256;
    const CONTROLS: [&[u8]; 2] = [b"\xe2\x80", b"\xe2\x81"];
    let upper = context.text.get(context.hit.end + 1..).unwrap_or_default();
    let line_start =
        memchr::memrchr(b'\n', &context.text[..context.hit.start]).map_or(0, |at| at + 1);
    let line_before = &context.text[line_start..context.hit.start];
    let opened =
        memchr::memrchr2(b'[', b']', line_before).is_some_and(|at| line_before[at] == b'[');
    let near = &upper[..upper.len().min(RANGE)];
    let closed = memchr::memchr3(b'[', b']', b'\n', near).is_some_and(|at| near[at] == b']');
    opened
        && closed
        && before.is_some_and(|b| !b.is_ascii())
        && after == Some(b'-')
        && upper.first().is_some_and(|b| !b.is_ascii())
        && !CONTROLS.iter().any(|control| upper.starts_with(control))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::super::tests::weigh;
    use crate::rules::Judge;

    #[test]
    fn tables_are_told_from_code() {
        let judge = Judge {
            validators: vec!["bidi-override".to_owned()],
            ..Judge::default()
        };
        let counts = |text: &str| weigh(&judge, text, "\u{202e}", "a.js").is_some();
        let long = "x".repeat(2000);
        assert!(counts("if access \u{202e} level"));
        assert!(counts("[\u{202a}-\u{202e}]"));
        assert!(counts("a\u{202e}-b") && counts("\u{2027}\u{202e}-b"));
        assert!(!counts("[!-\u{2027}\u{202e}-\u{d7ff}]"));
        let isolate = |text: &str| weigh(&judge, text, "\u{2066}", "a.js").is_some();
        assert!(isolate("x = 'a\u{2066}b'") && isolate("// \u{2066} x"));
        assert!(!isolate("text: \"\u{2066}\", more"));
        assert!(counts("text: \"\u{202e}\", more"));
        assert!(counts(&format!("{long}; if (access\u{202e} level)")));
        assert!(!counts(&format!(
            "{long}[\u{202a}-\u{202e}\u{2060}-\u{206f}]"
        )));
        assert!(!counts(&format!("{long}\\u2029\u{202e}\\uFEFF")));
        assert!(!counts(&format!("{long}\u{202c}\\0\u{202e}\u{8000}")));
    }
}
