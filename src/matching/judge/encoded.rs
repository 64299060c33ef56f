// SPDX-License-Identifier: Apache-2.0
//! Values that are judged by what they decode to.

use super::{Context, Opinion, decode, placeholder};

/// `basic-credentials`: base64 of `user:password`, printable, and not a placeholder.
pub(super) fn is_basic_credentials(context: &Context<'_>) -> Opinion {
    let Some(plain) = decode::base64(context.secret()) else {
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
    match decode::base64(context.secret()) {
        Some(bytes) if bytes.len() == 32 && super::entropy::shannon(&bytes) > 3.5 => Opinion::Plain,
        _ => Opinion::Acquitted,
    }
}
