// SPDX-License-Identifier: Apache-2.0
//! Base64, and values that are judged by what they decode to.

use super::{Context, Opinion, placeholder};

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

/// `basic-credentials`: base64 of `user:password`, printable, and not a placeholder.
pub(super) fn is_basic_credentials(context: &Context<'_>) -> Opinion {
    let Some(plain) = base64(context.secret()) else {
        return Opinion::Acquitted;
    };
    let printable = plain.iter().all(|b| (0x20..0x7f).contains(b));
    let Some(colon) = memchr::memchr(b':', &plain).filter(|_| printable) else {
        return Opinion::Acquitted;
    };
    let (user, password) = (&plain[..colon], &plain[colon + 1..]);
    if password.len() < 4
        || user == password
        || is_common(password)
        || placeholder::is_placeholder(password)
    {
        return Opinion::Acquitted;
    }
    Opinion::Plain
}

/// Passwords of every manual.
pub(super) fn is_common(password: &[u8]) -> bool {
    let lower = password.to_ascii_lowercase();
    matches!(
        &lower[..],
        b"pass"
            | b"passwd"
            | b"pwd"
            | b"pw"
            | b"secret"
            | b"user"
            | b"admin"
            | b"root"
            | b"guest"
            | b"toor"
            | b"open sesame"
            | b"sesame"
            | b"opensesame"
            | b"test"
            | b"testpass"
            | b"foo"
            | b"bar"
            | b"postgres"
            | b"mysql"
            | b"redis"
            | b"mongo"
            | b"rabbitmq"
            | b"token"
            | b"key"
            | b"none"
            | b"null"
            | b"nil"
            | b"true"
            | b"false"
            | b"string"
            | b"empty"
            | b"x"
            | b"hello"
            | b"world"
            | b"123"
            | b"1234"
            | b"12345"
            | b"123456"
            | b"blah"
            | b"private"
            | b"credential"
            | b"credentials"
            | b"auth"
            | b"login"
            | b"userpass"
            | b"minioadmin"
    )
}

/// `base64-32-bytes`: decodes to 32 bytes that are not all alike.
pub(super) fn is_32_bytes(context: &Context<'_>) -> Opinion {
    match base64(context.secret()) {
        Some(bytes) if bytes.len() == 32 && super::entropy::shannon(&bytes) > 3.5 => Opinion::Plain,
        _ => Opinion::Acquitted,
    }
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
