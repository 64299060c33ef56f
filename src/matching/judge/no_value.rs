// SPDX-License-Identifier: Apache-2.0
//! What is no value of a secret at all, whatever its name: stand-ins, code, references, and what everybody may know.

use super::code::{is_code, is_identifier, is_numbered, is_reference};
use super::{Context, encoded, name, placeholder, uuid};

/// A stand-in, a word, code, or what refers to a value kept elsewhere.
pub(super) fn is_no_value(name: &[u8], value: &[u8]) -> bool {
    placeholder::is_placeholder(value)
        || encoded::is_common(value)
        || is_code(value)
        || is_identifier(value) && !(name::ends_in_password(name) && is_numbered(value))
        || is_reference(value)
        || is_publishable(value)
        || is_unsigned(value)
        || uuid::holds_braced(value)
        || names_itself(name, value)
}

/// A JSON Web Token without a signature (RFC 7519, section 6): anybody can write it.
fn is_unsigned(value: &[u8]) -> bool {
    value.starts_with(b"eyJ")
        && value.ends_with(b".")
        && value.iter().filter(|b| **b == b'.').count() == 2
}

/// Keys that are made for pages that everybody reads, by their mark.
fn is_publishable(value: &[u8]) -> bool {
    [
        &b"pk_live_"[..],
        b"pk_test_",
        b"pk.eyJ",
        b"sb_publishable_",
        b"phc_",
        b"rzp_live_",
        b"rzp_test_",
        // Of RevenueCat, for an app's own code.
        b"appl_",
        b"goog_",
    ]
    .iter()
    .any(|mark| value.starts_with(mark))
}

/// Twenty bytes behind `0x`: an account or contract on a chain, which everybody may know. Keys have more.
pub(super) fn is_address(value: &[u8]) -> bool {
    value
        .strip_prefix(b"0x")
        .is_some_and(|digits| digits.len() == 40 && digits.iter().all(u8::is_ascii_hexdigit))
}

/// The lines around say that what stands here is a digest.
pub(super) fn speaks_of_digests(context: &Context<'_>) -> bool {
    let around = context.around(1);
    let own = context.around(0);
    let text = context.text[around.range()].to_ascii_lowercase();
    // A neighbour that has a digest of its own speaks of that one.
    let lines = text
        .split_inclusive(|byte| *byte == b'\n')
        .scan(around.start, |at, line| {
            let start = *at;
            *at += line.len();
            let is_own = start < own.end && own.start < *at;
            Some((is_own, line))
        });
    let spoken: Vec<u8> = lines
        .filter(|(is_own, line)| *is_own || !holds_digest(line))
        .flat_map(|(_, line)| line.iter().copied())
        .collect();
    [
        &b"sha256"[..],
        b"sha-256",
        b"sha1",
        b"md5",
        b"digest",
        b"checksum",
        b"hash of",
    ]
    .iter()
    .any(|word| memchr::memmem::find(&spoken, word).is_some())
}

/// Whether 32 or more hexadecimal digits stand in the line.
fn holds_digest(line: &[u8]) -> bool {
    line.split(|byte| !byte.is_ascii_hexdigit())
        .any(|run| run.len() >= 32)
}

/// `token: "token1"`: the value repeats the name.
fn names_itself(name: &[u8], value: &[u8]) -> bool {
    let folded: Vec<u8> = value
        .iter()
        .filter(|b| b.is_ascii_alphabetic())
        .map(u8::to_ascii_lowercase)
        .collect();
    if folded.len() < 3 {
        return true;
    }
    if name.is_empty() || placeholder::holds_generated(value) {
        return false;
    }
    let letters: Vec<u8> = name
        .iter()
        .copied()
        .filter(u8::is_ascii_alphabetic)
        .collect();
    memchr::memmem::find(&folded, &letters).is_some()
        || memchr::memmem::find(&letters, &folded).is_some()
        || [
            &b"password"[..],
            b"passwd",
            b"secret",
            b"token",
            b"apikey",
            b"passphrase",
        ]
        .iter()
        .any(|word| memchr::memmem::find(&folded, word).is_some())
}
