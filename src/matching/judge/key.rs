// SPDX-License-Identifier: Apache-2.0
//! Private keys in armour: is there really a key between the marks?

use super::{Context, Opinion, decode};
use crate::model::{Confidence, Severity};

/// Keys that a product is published with for everybody to use, by the CRC-32 of their DER: whoever ships the product ships
/// them, and they open nothing.
const PUBLISHED: &[u32] = &[
    0xe667_72dd, // Netty, `PROBING_KEY`: asks which TLS implementation there is
];

/// `private-key`: the hit is what stands between `BEGIN` and `END` (PEM, OpenSSH, PGP, PuTTY),
/// as it is or as a string of source code. Marks without a key (in a parser, in prose) are
/// acquitted; an encrypted key counts as medium.
pub(super) fn private_key(context: &Context<'_>) -> Opinion {
    let text = context.secret();
    if memchr::memmem::find(text, b"...").is_some()
        || memchr::memmem::find(text, b"BEGIN").is_some()
    {
        return Opinion::Acquitted;
    }
    let body = body(text);
    // The smallest real key, Ed25519 in PKCS #8, has 48 bytes, and 36 as PuTTY writes it.
    let Some(bytes) = decode::base64(&body).filter(|bytes| bytes.len() >= 36) else {
        return Opinion::Acquitted;
    };
    if super::entropy::shannon(&bytes) < 4.0 {
        return Opinion::Acquitted;
    }
    if PUBLISHED.contains(&crc32fast::hash(&bytes)) {
        return Opinion::Counts(Severity::Info, Confidence::High);
    }
    let whole = &context.text[context.whole.range()];
    let armour = memchr::memmem::find(whole, b"PGP").is_some();
    let putty = memchr::memmem::find(whole, b"PuTTY").is_some();
    let openssh = bytes.strip_prefix(b"openssh-key-v1\0");
    let structured = openssh.is_some() || is_der(&bytes) || armour && bytes[0] & 0x80 != 0 || putty;
    if !structured {
        return Opinion::Doubtful;
    }
    let encrypted = memchr::memmem::find(whole, b"ENCRYPTED").is_some()
        || openssh.is_some_and(|rest| rest.get(4..8) != Some(b"none"))
        || putty && memchr::memmem::find(whole, b"Encryption: none").is_none();
    if encrypted {
        Opinion::Counts(Severity::Medium, Confidence::Medium)
    } else {
        Opinion::Sure
    }
}

/// `pkcs12`: base64 of a PKCS #12 file (RFC 7292, 4): a sequence of version 3 and a content whose
/// type is one of PKCS #7.
pub(super) fn pkcs12(context: &Context<'_>) -> Opinion {
    const CONTENT: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07";
    let Some(bytes) = decode::base64(context.secret()) else {
        return Opinion::Acquitted;
    };
    let head = &bytes[..bytes.len().min(32)];
    let version = memchr::memmem::find(head, b"\x02\x01\x03\x30").is_some_and(|at| at <= 6);
    if bytes.first() == Some(&0x30) && version && memchr::memmem::find(head, CONTENT).is_some() {
        Opinion::Sure
    } else {
        Opinion::Acquitted
    }
}

/// A DER SEQUENCE whose length is that of the data (ITU-T X.690, 8.1).
fn is_der(bytes: &[u8]) -> bool {
    let (length, head) = match *bytes {
        [0x30, short, ..] if short < 0x80 => (usize::from(short), 2),
        [0x30, 0x81, one, ..] => (usize::from(one), 3),
        [0x30, 0x82, one, two, ..] => (usize::from(one) << 8 | usize::from(two), 4),
        _ => return false,
    };
    length + head <= bytes.len() && bytes.len() <= length + head + 2
}

/// The base64 text of an armour: quotes, escapes, comment marks and headers left out.
fn body(text: &[u8]) -> Vec<u8> {
    let mut lines: Vec<Vec<u8>> = vec![Vec::new()];
    let mut bytes = text.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        let escaped = byte == b'\\' && matches!(bytes.peek(), Some(b'n' | b'r' | b't'));
        if escaped {
            bytes.next();
        }
        if escaped || matches!(byte, b'\n' | b'\r') {
            lines.push(Vec::new());
        } else if let Some(line) = lines.last_mut() {
            line.push(byte);
        }
    }
    let mut out = Vec::with_capacity(text.len());
    for line in lines {
        // `Proc-Type: 4,ENCRYPTED` and the like; the `=XXXX` checksum of PGP.
        let header = memchr::memchr(b':', &line).is_some();
        if header || line.len() == 5 && line[0] == b'=' {
            continue;
        }
        let is_code = |b: &u8| !(b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='));
        let longest = line.split(is_code).max_by_key(|run| run.len());
        // A lone `+` joins two strings; it is no part of the key.
        if let Some(run) = longest.filter(|run| *run != b"+") {
            out.extend_from_slice(run);
        }
    }
    out
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn armour_is_read_out_of_source_code() {
        let plain = b"\nTUlJ\nQUJD\n";
        assert_eq!(body(plain), b"TUlJQUJD");
        let code = b"\\n\" +\n    \"TUlJ\\n\" +\n    \"QUJD\\n\" +\n  \"";
        assert_eq!(body(code), b"TUlJQUJD");
        let headers = b"\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,AB\n\nTUlJ\n";
        assert_eq!(body(headers), b"TUlJ");
    }

    #[test]
    fn der_length_must_fit() {
        let mut der = vec![0x30, 0x82, 0x01, 0x00];
        der.extend([7; 256]);
        assert!(is_der(&der));
        assert!(!is_der(&der[..200]));
        assert!(!is_der(b"hello"));
    }
}
