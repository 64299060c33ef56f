// SPDX-License-Identifier: Apache-2.0
//! What this binary can do for a snapshot (specification of the PGS runtime, section 8): full name
//! and contract lead to a native function. `handler_ref` is never followed, and a transform sees
//! neither clock nor file nor chance: it is a function of its inputs.

pub mod atoms;
pub mod chance;
pub mod conformance;
pub mod manifest;
mod transforms;
mod values;

pub use atoms::BoundTransform;
pub use manifest::{EffectKind, Operation};
pub(crate) use values::{conforms, is_finite, same};

/// Why a transform gives no result. The text names fields, never values.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{class}: {message}")]
pub struct Refusal {
    /// `TypeError`, `KeyError`, `ValueError`: what the original raises.
    pub class: &'static str,
    /// For people.
    pub message: String,
}

impl Refusal {
    pub(crate) fn kind(message: impl Into<String>) -> Self {
        Self {
            class: "TypeError",
            message: message.into(),
        }
    }

    pub(crate) fn value(message: impl Into<String>) -> Self {
        Self {
            class: "ValueError",
            message: message.into(),
        }
    }

    pub(crate) fn key(message: impl Into<String>) -> Self {
        Self {
            class: "KeyError",
            message: message.into(),
        }
    }
}
