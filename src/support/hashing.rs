// SPDX-License-Identifier: Apache-2.0
//! SHA-256 and hex.

use sha2::{Digest, Sha256};

/// SHA-256 of `bytes`.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        out.push(char::from(DIGITS[usize::from(byte >> 4)]));
        out.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    out
}

/// SHA-256 of `bytes` in lower-case hex.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&sha256(bytes))
}

/// `prefix:` + the first 24 hex digits of SHA-256 over a canonical text (CCR specification,
/// section 3.1).
pub fn stable_id(prefix: &str, canonical: &str) -> String {
    let digest = sha256_hex(canonical.as_bytes());
    format!("{}:{}", prefix.trim_end_matches(':'), &digest[..24])
}
