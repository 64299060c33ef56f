// SPDX-License-Identifier: Apache-2.0
//! Base64 (RFC 4648).

/// Decodes standard and URL-safe base64, padded or not; `None` on any other character.
pub(super) fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let padding = text.iter().rev().take_while(|&&b| b == b'=').count();
    if padding > 2 {
        return None;
    }
    let mut out = Vec::with_capacity(text.len() * 3 / 4);
    let (mut bits, mut held) = (0u32, 0u32);
    for &byte in &text[..text.len() - padding] {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held) as u8);
        }
    }
    // One character left over holds no byte: not base64.
    (held < 6).then_some(out)
}

/// What base64 decodes to when a person could read it: printable, and too long for chance.
pub(super) fn readable(value: &[u8]) -> Option<Vec<u8>> {
    if value.len() < 8 || !value.len().is_multiple_of(4) {
        return None;
    }
    let mut plain = base64(value)?;
    while plain.last().is_some_and(u8::is_ascii_whitespace) {
        plain.pop();
    }
    let printable = |b: &u8| (0x20..0x7f).contains(b) || matches!(b, b'\n' | b'\r' | b'\t');
    (plain.len() >= 4 && plain.iter().all(printable)).then_some(plain)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn only_text_is_readable() {
        assert_eq!(readable(b"aGVsbG8gdGhlcmUK").unwrap(), b"hello there");
        assert_eq!(readable(b"FjQjMBbLym6DIRstMqow726k"), None);
        assert_eq!(readable(b"aGVsbG8"), None);
    }

    #[test]
    fn base64_of_rfc_4648() {
        assert_eq!(base64(b"Zm9vYmFy").unwrap(), b"foobar");
        assert_eq!(base64(b"Zm9vYg==").unwrap(), b"foob");
        assert_eq!(base64(b"Zm9vYg").unwrap(), b"foob");
        assert_eq!(base64(b""), Some(Vec::new()));
        assert_eq!(base64(b"A"), None);
        assert_eq!(base64(b"Zm9v!"), None);
        assert_eq!(base64(b"===="), None);
    }
}
