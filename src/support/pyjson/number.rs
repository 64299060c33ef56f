// SPDX-License-Identifier: Apache-2.0
//! Numbers: integers of any length, and floats.

/// A number, as Python tells them apart.
#[derive(Debug, Clone, PartialEq)]
pub enum Number {
    /// An integer that fits.
    Int(i64),
    /// Any other integer: its digits, with a sign when negative.
    Big(String),
    /// A float; `NaN` and the infinities included.
    Float(f64),
}

impl Number {
    /// The nearest float.
    pub fn as_f64(&self) -> f64 {
        match self {
            #[expect(
                clippy::cast_precision_loss,
                reason = "the nearest float is what is asked for"
            )]
            Self::Int(value) => *value as f64,
            Self::Big(digits) => digits.parse().unwrap_or(f64::NAN),
            Self::Float(value) => *value,
        }
    }
}
