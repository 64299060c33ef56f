// SPDX-License-Identifier: Apache-2.0
//! The name of an object: the SHA-1 of its content and kind.

use std::fmt;

/// Bytes of a name.
pub(super) const LENGTH: usize = 20;

/// A whole name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId([u8; LENGTH]);

impl ObjectId {
    /// Forty hex digits, and nothing else.
    pub fn from_hex(text: &[u8]) -> Option<Self> {
        let digits: &[u8; 2 * LENGTH] = text.try_into().ok()?;
        let mut bytes = [0; LENGTH];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Some(Self(bytes))
    }

    /// Twenty bytes, and nothing else.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The bytes of the name.
    pub fn as_bytes(&self) -> &[u8; LENGTH] {
        &self.0
    }
}

/// The value of a hex digit.
pub(super) fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).map(|value| value as u8)
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
