// SPDX-License-Identifier: Apache-2.0
//! The stable identity of a finding: survives lines added above it and a moved archive.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;

/// 32 lower-case hex digits: the first 16 bytes of a SHA-256 (scheme 1).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

/// What a fingerprint hangs on. `line` is the *redacted* line: a raw secret is never hashed,
/// because a short one could be guessed back.
#[derive(Debug, Clone, Copy)]
pub struct FingerprintInput<'a> {
    /// Rule id.
    pub rule: &'a str,
    /// Path inside the artifact ([`super::EntryPath::inside_artifact`]).
    pub path: &'a str,
    /// Redacted line; white space is folded before hashing.
    pub line: &'a str,
    /// Position among findings that agree in all of the above, from 0.
    pub ordinal: u64,
}

impl Fingerprint {
    /// Computes scheme 1 over labelled, length-prefixed parts.
    pub fn compute(input: FingerprintInput<'_>) -> Self {
        let line = input.line.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut hasher = Sha256::new();
        let ordinal = input.ordinal.to_string();
        for (label, part) in [
            ("scheme", "ccr-fingerprint-1"),
            ("rule", input.rule),
            ("path", input.path),
            ("line", line.as_str()),
            ("ordinal", ordinal.as_str()),
        ] {
            hasher.update(label.as_bytes());
            hasher.update((part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        Self(crate::support::hashing::hex(&hasher.finalize()[..16]))
    }

    /// The hex digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
