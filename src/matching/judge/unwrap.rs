// SPDX-License-Identifier: Apache-2.0
//! One layer of an encoding taken off a text: base64 (RFC 4648), hexadecimal digits, percent signs
//! (RFC 3986), gzip (RFC 1952) below base64, and the quotes of a text that code writes in pieces.

use super::decode;
use flate2::bufread::GzDecoder;
use std::io::Read as _;

/// What gzip unpacks to is read up to this, and up to so many times its size.
const MOST: usize = 1 << 20;
const RATIO: usize = 32;

/// A text that was decoded.
pub(super) struct Plain {
    pub(super) text: Vec<u8>,
    /// Whether it was unpacked, too.
    pub(super) unpacked: bool,
}

/// What an encoded text says, when that is text again. `before` is the byte in front of it, which
/// tells whether it begins in the middle of a longer one; gzip is opened where `unpack` says so.
pub(super) fn text_of(value: &[u8], before: Option<u8>, unpack: bool) -> Option<Plain> {
    let digits =
        |value: &[u8]| value.len().is_multiple_of(2) && value.iter().all(u8::is_ascii_hexdigit);
    if let Some(joined) = pieces(value) {
        return readable(joined);
    }
    if value.contains(&b'%') {
        return readable(percent(value));
    }
    if value.starts_with(b"\\x") {
        let digits: Vec<u8> = value
            .iter()
            .copied()
            .filter(|b| !matches!(b, b'\\' | b'x'))
            .collect();
        return readable(hex(&digits)?);
    }
    if digits(value) {
        return readable(hex(value)?);
    }
    let joined: Vec<u8>;
    let value = if value.iter().any(u8::is_ascii_whitespace) {
        let bytes = value.iter().copied();
        joined = bytes.filter(|b| !b.is_ascii_whitespace()).collect();
        &joined
    } else {
        value
    };
    // Where a window cuts into a longer text, its groups of four begin anywhere.
    let cut =
        before.is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'-' | b'_'));
    let starts = if cut { 4 } else { 1 };
    (0..starts).find_map(|start| {
        let value = value.get(start..)?;
        // A text that goes on behind the window is cut; whole groups of four still decode.
        let plain =
            decode::base64(value).or_else(|| decode::base64(&value[..value.len() / 4 * 4]))?;
        if plain.starts_with(&[0x1f, 0x8b, 8]) {
            return readable(gunzip(&plain).filter(|_| unpack)?).map(|plain| Plain {
                unpacked: true,
                ..plain
            });
        }
        readable(plain)
    })
}

/// Literals put together: the value begins inside the first and ends inside the last. What stands
/// between two of them is left out, and so is a line's break inside one.
fn pieces(value: &[u8]) -> Option<Vec<u8>> {
    let is_quote = |b: &u8| matches!(b, b'"' | b'\'' | b'`');
    let broken = memchr::memmem::find(value, b"\\\n").is_some()
        || memchr::memmem::find(value, b"\\\r\n").is_some();
    if !value.iter().any(is_quote) && !broken {
        return None;
    }
    let literals = value.split(is_quote).step_by(2).flatten();
    let joined: Vec<u8> = literals
        .copied()
        .filter(|b| !b.is_ascii_whitespace() && *b != b'\\')
        .collect();
    // What a string is in a file of settings.
    Some([b"\"", &joined[..], b"\""].concat())
}

/// The text in these bytes, when they are one. A character that a window cut is left out.
fn readable(plain: Vec<u8>) -> Option<Plain> {
    let wide = plain.len() >= 8
        && plain.len().is_multiple_of(2)
        && plain.iter().skip(1).step_by(2).all(|b| *b == 0);
    let mut text = match wide {
        // UTF-16, as PowerShell takes its commands.
        true => plain.into_iter().step_by(2).collect(),
        false => plain,
    };
    if let Err(error) = std::str::from_utf8(&text)
        && error.error_len().is_none()
    {
        text.truncate(error.valid_up_to());
    }
    let within = text
        .iter()
        .take_while(|b| (0x80..0xc0).contains(*b))
        .count();
    text.drain(..within.min(3));
    let printable = |b: &u8| *b >= 0x20 && *b != 0x7f || matches!(b, b'\n' | b'\r' | b'\t');
    let is_text = text.iter().all(printable) && std::str::from_utf8(&text).is_ok();
    is_text.then_some(Plain {
        text,
        unpacked: false,
    })
}

/// What gzip packs, as far as it is there and within bounds.
fn gunzip(packed: &[u8]) -> Option<Vec<u8>> {
    let most = packed.len().saturating_mul(RATIO).min(MOST);
    let mut plain = Vec::new();
    // An error at its end leaves what was read before.
    let _ = GzDecoder::new(packed)
        .take(most as u64)
        .read_to_end(&mut plain);
    (!plain.is_empty()).then_some(plain)
}

fn hex(digits: &[u8]) -> Option<Vec<u8>> {
    let value = |b: u8| char::from(b).to_digit(16).map(|digit| digit as u8);
    digits
        .chunks_exact(2)
        .map(|pair| Some(value(pair[0])? << 4 | value(pair[1])?))
        .collect()
}

/// Percent-encoding (RFC 3986, 2.1); what is not encoded stays.
fn percent(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len());
    let mut at = 0;
    while at < value.len() {
        let byte = value
            .get(at + 1..at + 3)
            .filter(|_| value[at] == b'%')
            .and_then(hex);
        match byte.as_deref() {
            Some([byte]) => {
                out.push(*byte);
                at += 3;
            }
            _ => {
                out.push(value[at]);
                at += 1;
            }
        }
    }
    out
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn literals_are_put_together() {
        let joined = |text: &str| pieces(text.as_bytes());
        for text in [
            "ab\" + \"cd",
            "ab\"\n  'cd",
            "ab\\\n  cd",
            "ab', 'cd",
            "ab\" \\\n f\"cd",
        ] {
            assert_eq!(joined(text).unwrap(), b"\"abcd\"", "{text}");
        }
        assert_eq!(joined("abcd"), None);
    }

    #[test]
    fn percent_signs_without_digits_stay() {
        assert_eq!(percent(b"a%20b%zz%4"), b"a b%zz%4");
    }

    #[test]
    fn what_is_cut_in_a_character_is_text_and_bytes_are_none() {
        let text = |bytes: &[u8]| readable(bytes.to_vec()).map(|plain| plain.text);
        let word = "caf\u{e9}".as_bytes();
        assert_eq!(text(word).unwrap(), word);
        assert_eq!(text(&word[..4]).unwrap(), b"caf");
        assert_eq!(text(&[&word[4..], b"x"].concat()).unwrap(), b"x");
        assert_eq!(text(b"a\x00b"), None);
        assert_eq!(text(b"\xff\xfe"), None);
    }

    #[test]
    fn a_bomb_stays_small() {
        use std::io::Write as _;
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(&vec![b'a'; 8 << 20]).unwrap();
        let packed = encoder.finish().unwrap();
        let plain = gunzip(&packed).unwrap();
        assert!(plain.len() <= packed.len() * RATIO, "{}", plain.len());
        assert_eq!(gunzip(b"\x1f\x8b\x08nothing"), None);
    }
}
