// SPDX-License-Identifier: Apache-2.0
//! A path whose separators are escaped or replaced, as it would stand plainly.
//!
//! JSON, web pages, caches and editors write `/` as `\/`, `%2F`, `\u002F`, `&#x2F;`, or as another
//! character where a whole path becomes one file name; Windows programs write two bytes for each
//! letter. What surrounds such a path is written the same way, so it is undone for both, and
//! [`super::path_context`] reads plain text only.

use crate::model::ByteSpan;

/// How far left of a path its surroundings are undone.
const BEFORE: usize = 4 << 10;
/// How far right.
const AFTER: usize = 1 << 10;

/// A piece of text in its plain form, and the path in it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Plain {
    pub(super) text: Vec<u8>,
    pub(super) hit: ByteSpan,
}

/// The plain form of what stands at `hit`; `None` where it is plain already.
pub(super) fn plain(text: &[u8], hit: ByteSpan) -> Option<Plain> {
    let found = &text[hit.range()];
    if found.contains(&0) {
        Some(narrowed(text, hit))
    } else if let Some(separator) = replaced_by(found) {
        Some(restored(text, hit, separator))
    } else if is_escaped(found) {
        Some(unescaped(text, hit))
    } else {
        None
    }
}

fn is_escaped(found: &[u8]) -> bool {
    let mut at = 0;
    while at < found.len() {
        if escape(&found[at..]).is_some() {
            return true;
        }
        at += 1;
    }
    false
}

/// Escapes of the two separators and of the colon, lower case.
const ESCAPES: &[(&[u8], u8)] = &[
    (b"%2f", b'/'),
    (b"%5c", b'\\'),
    (b"%3a", b':'),
    (b"%252f", b'/'),
    (b"%255c", b'\\'),
    (b"%253a", b':'),
    (b"&#x2f;", b'/'),
    (b"&#47;", b'/'),
    (b"&#x5c;", b'\\'),
    (b"&#92;", b'\\'),
    (b"u002f", b'/'),
    (b"u005c", b'\\'),
];

/// The longest run of backslashes that belongs to one escape.
const BACKSLASHES: usize = 4;

/// The byte that is escaped at the start of `text`, and the length of the escape.
fn escape(text: &[u8]) -> Option<(u8, usize)> {
    match text.first()? {
        b'%' | b'&' => known(text),
        b'\\' => {
            let run = text.iter().take(BACKSLASHES).take_while(|&&b| b == b'\\');
            let run = run.count();
            match text.get(run)? {
                b'/' => Some((b'/', run + 1)),
                b'u' | b'U' => known(&text[run..]).map(|(byte, length)| (byte, run + length)),
                _ => None,
            }
        }
        _ => None,
    }
}

fn known(text: &[u8]) -> Option<(u8, usize)> {
    ESCAPES
        .iter()
        .find(|(form, _)| {
            text.get(..form.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(form))
        })
        .map(|(form, byte)| (*byte, form.len()))
}

fn unescaped(text: &[u8], hit: ByteSpan) -> Plain {
    let from = hit.start.saturating_sub(BEFORE);
    let to = (hit.end + AFTER).min(text.len());
    let mut out = Vec::with_capacity(to - from);
    let (mut start, mut end) = (0, 0);
    let mut at = from;
    while at < to {
        if at <= hit.start {
            start = out.len();
        }
        if at < hit.end {
            end = out.len() + 1;
        }
        let (byte, length) = escape(&text[at..to]).unwrap_or((text[at], 1));
        out.push(byte);
        at += length;
    }
    Plain {
        hit: ByteSpan::new(start, end.max(start)),
        text: out,
    }
}

/// The character that stands for every separator: `#home#name#src`, `-Users-name-dev`.
fn replaced_by(found: &[u8]) -> Option<u8> {
    let [separator @ (b'#' | b'!' | b'%' | b'-'), rest @ ..] = found else {
        return None;
    };
    [&b"home"[..], b"Users"]
        .iter()
        .any(|homes| rest.starts_with(homes) && rest.get(homes.len()) == Some(separator))
        .then_some(*separator)
}

fn restored(text: &[u8], hit: ByteSpan, separator: u8) -> Plain {
    let from = hit.start.saturating_sub(BEFORE);
    let to = (hit.end + AFTER).min(text.len());
    let mut out = text[from..to].to_vec();
    let start = hit.start - from;
    for byte in &mut out[start..] {
        match *byte {
            b if b == separator => *byte = b'/',
            b'/' | b'\\' | b'"' | b'\'' | b'<' | b'>' => break,
            b if b <= b' ' => break,
            _ => {}
        }
    }
    // The name of the whole path begins here, in whatever folder it is kept.
    if start > 0 {
        out[start - 1] = b' ';
    }
    Plain {
        text: out,
        hit: ByteSpan::new(start, hit.end - from),
    }
}

/// The UTF-16 string around a hit, one byte a letter; what is no ASCII ends it.
fn narrowed(text: &[u8], hit: ByteSpan) -> Plain {
    let unit = |at: usize| match text.get(at..at + 2) {
        Some(&[low @ 0x20..0x7f, 0]) => Some(low),
        _ => None,
    };
    let mut from = hit.start;
    while from >= 2 && hit.start - from < BEFORE && unit(from - 2).is_some() {
        from -= 2;
    }
    let mut out = Vec::new();
    let mut at = from;
    while at < hit.end + AFTER {
        let Some(byte) = unit(at) else { break };
        out.push(byte);
        at += 2;
    }
    let place = |at: usize| ((at - from) / 2).min(out.len());
    Plain {
        hit: ByteSpan::new(place(hit.start), place(hit.end)),
        text: out,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(text: &str, part: &str) -> Option<(String, String)> {
        let at = text.find(part).unwrap();
        let plain = plain(text.as_bytes(), ByteSpan::new(at, at + part.len()))?;
        let hit = String::from_utf8_lossy(&plain.text[plain.hit.range()]).into_owned();
        Some((String::from_utf8(plain.text).unwrap(), hit))
    }

    #[test]
    fn every_escape_is_undone_around_the_path_too() {
        let home = format!("/{}/kowal", "home");
        for (text, part, whole) in [
            (
                r#"x "\/home\/kowal\/src""#,
                r"\/home\/kowal",
                r#"x "@/src""#,
            ),
            (r"\\/home\\/kowal\\/src", r"\\/home\\/kowal", "@/src"),
            (
                "file%3A%2F%2F%2Fhome%2Fkowal%2Fx",
                "%2Fhome%2Fkowal",
                "file://@/x",
            ),
            ("=%252Fhome%252Fkowal%252Fx", "%252Fhome%252Fkowal", "=@/x"),
            (
                r"\u002Fhome\u002fkowal\u002Fx",
                r"\u002Fhome\u002fkowal",
                "@/x",
            ),
            (
                "<b>&#x2F;home&#47;kowal&#x2F;x",
                "&#x2F;home&#47;kowal",
                "<b>@/x",
            ),
            ("w/#home#kowal#x#y.c", "#home#kowal", "w @/x/y.c"),
            ("'-home-kowal-src'", "-home-kowal", " @/src'"),
        ] {
            let expected = (whole.replace('@', &home), home.clone());
            assert_eq!(shown(text, part), Some(expected), "{text}");
        }
        assert_eq!(shown(&format!("x {home}/src"), &home), None);
    }

    #[test]
    fn wide_text_is_narrowed_up_to_what_is_no_letter() {
        let wide = |text: &str| text.bytes().flat_map(|b| [b, 0]).collect::<Vec<_>>();
        let mut text = b"\x01\x02".to_vec();
        text.extend(wide("see C:\\U\\kowal\\x"));
        text.extend([0, 0, b'n', 0]);
        let at = 2 + 2 * "see ".len();
        let plain = plain(&text, ByteSpan::new(at, at + 2 * "C:\\U\\kowal".len())).unwrap();
        assert_eq!(plain.text, b"see C:\\U\\kowal\\x");
        assert_eq!(&plain.text[plain.hit.range()], b"C:\\U\\kowal");
    }

    proptest! {
        #[test]
        fn a_hit_stays_inside_its_text(
            text in prop::collection::vec(prop::sample::select(b"\\/%2fFu0&#x;-home!Users\0\0ab".to_vec()), 1..80),
            from in 0usize..80,
            length in 0usize..40,
        ) {
            let start = from % text.len();
            let hit = ByteSpan::new(start, (start + length).min(text.len()));
            if let Some(plain) = plain(&text, hit) {
                prop_assert!(plain.hit.start <= plain.hit.end && plain.hit.end <= plain.text.len());
            }
        }
    }
}
