// SPDX-License-Identifier: Apache-2.0
//! What a command answers, and what every command may ask before it does: the clock, a file that
//! the user names, whether a status is one of ours.

use super::{Outcome, RuntimeError};
use crate::support::pyjson::{self, Value};
use std::path::Path;

/// What a command answers.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The document.
    pub body: Value,
    /// How it ends.
    pub outcome: Outcome,
}

impl Reply {
    /// Done.
    pub fn done(body: Value) -> Self {
        Self {
            body,
            outcome: Outcome::Done,
        }
    }

    /// A document that ends otherwise.
    pub fn ending(body: Value, outcome: Outcome) -> Self {
        Self { body, outcome }
    }
}

/// What every command returns.
pub type Answer = Result<Reply, RuntimeError>;

/// Reads a document that the user names, relative to the current folder.
///
/// # Errors
/// No such file (exit 2), no JSON (1), no object (2).
pub fn read_input(path: &Path) -> Result<Value, RuntimeError> {
    let shown = path.display().to_string();
    let bytes = std::fs::read(path).map_err(|e| RuntimeError::io(path, &e))?;
    match pyjson::parse_bytes(&bytes) {
        Ok(value @ Value::Object(_)) => Ok(value),
        Ok(_) => Err(RuntimeError::refusal(
            crate::object! { "error" => "file is not a JSON object", "file" => shown, "ok" => false },
            Outcome::Missing,
        )),
        Err(error) => Err(RuntimeError::Value(format!("{shown}: {error}"))),
    }
}

/// The moment, RFC 3339, UTC, whole seconds.
pub fn now() -> String {
    crate::support::clock::rfc3339(jiff::Timestamp::now())
}

/// A status that is a folder of ours: a local schema may allow others, the disk may not.
///
/// # Errors
/// Any other.
pub fn known_status(known: &[&str], what: &str, status: &str) -> Result<(), RuntimeError> {
    if known.contains(&status) {
        return Ok(());
    }
    Err(RuntimeError::Value(format!(
        "unknown {what} status: {status}"
    )))
}
