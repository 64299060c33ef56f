// SPDX-License-Identifier: Apache-2.0
//! What else is known of a finding: the commit that brought it in, and what tells its secret from
//! others.

use serde::Serialize;
use sha1::{Digest as _, Sha1};

/// Where in the history of a repository something came in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BroughtIn {
    /// The commit, whole; `None` for what a reference names without a commit.
    pub commit: Option<String>,
    /// The path in that commit.
    pub path: String,
    /// When the commit's author wrote it, RFC 3339 in UTC.
    pub authored_at: Option<String>,
    /// How often the same stands further on in the history of this path.
    pub repeated: u64,
    /// The commit's number, oldest first.
    #[serde(skip)]
    pub order: u32,
}

/// The SHA-1 of a secret: what detect-secrets writes into its baselines. It lives as long as a run
/// and is written nowhere, since a short secret could be guessed back from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretMark([u8; 20]);

impl SecretMark {
    /// The mark of these bytes.
    pub fn of(secret: &[u8]) -> Self {
        Self(Sha1::digest(secret).into())
    }

    /// A mark from forty hex digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        let mut bytes = [0; 20];
        if text.len() != 40 || !text.is_ascii() {
            return None;
        }
        for (byte, at) in bytes.iter_mut().zip((0..40).step_by(2)) {
            *byte = u8::from_str_radix(&text[at..at + 2], 16).ok()?;
        }
        Some(Self(bytes))
    }
}
