// SPDX-License-Identifier: Apache-2.0
//! Traces: what a run says, how it is written, and how it is read back.
//!
//! Writing: [`event`] -> [`form`] (names and payloads) -> [`encode`] (lines and their chain) ->
//! [`files`] (the folder of a run, with [`markdown`] for people). Reading: [`reader`] -> [`chain`].
//! [`dot`] draws the path taken.

pub mod chain;
pub mod dot;
pub mod encode;
pub mod event;
pub mod fault;
pub mod files;
pub mod form;
pub mod generation;
pub mod markdown;
pub mod reader;
pub mod record;
pub mod shape;

pub use encode::Format;
pub use event::{Effect, Event, FieldFault, Ground, Profile, Recorder, Registered};
pub use fault::Break;
pub use files::{Settings, TraceFiles, Written};

pub use crate::support::signing::Signature;

use crate::support::signing::{SigningKey, VerifyingKey};
use std::io;

/// Signs what a finished trace stands on.
pub trait Signer {
    /// Signs.
    ///
    /// # Errors
    /// The key cannot be used.
    fn sign(&self, message: &[u8]) -> io::Result<Signature>;
}

/// Holds a signature against keys that are trusted.
pub trait SignatureCheck: Sync {
    /// Whether a trusted key made this signature over this message.
    fn holds(&self, message: &[u8], signature: &Signature) -> bool;
}

impl Signer for SigningKey {
    fn sign(&self, message: &[u8]) -> io::Result<Signature> {
        Ok(SigningKey::sign(self, message))
    }
}

impl SignatureCheck for VerifyingKey {
    fn holds(&self, message: &[u8], signature: &Signature) -> bool {
        self.verifies(message, signature)
    }
}

/// What is signed: the name of the format, so that a signature over a trace is one over nothing
/// else, and the digest of the last event before the seal.
pub fn signed_message(head_hash: &str) -> Vec<u8> {
    format!("{}\n{head_hash}", encode::OURS).into_bytes()
}
