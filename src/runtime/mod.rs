// SPDX-License-Identifier: Apache-2.0
//! Protocol state on disk: packets, tasks, residuals, events, providers, phase formation.
//!
//! Flow: a command reads documents from the [`store::Store`], decides, and hands every change to
//! one [`store::Transaction`]. Nothing here scans, prints or knows a flag.

mod admission;
pub mod baseline;
pub mod database;
pub mod doctor;
pub mod document;
pub mod draft;
mod error;
pub mod event;
pub mod explain;
pub mod import;
pub mod index;
pub mod init;
pub mod layout;
mod lease_time;
pub mod packet;
pub mod phase;
mod policy;
pub mod preserve;
pub mod promote;
pub mod provider;
mod rank;
pub mod report;
pub mod residual;
pub mod roles;
mod root;
pub mod row;
pub mod store;
pub mod task;
pub mod verifier;
pub mod verify;

pub use error::{Outcome, RuntimeError};
pub use policy::Policy;
pub use root::{configured_compat, resolve as resolve_root};

use crate::support::pyjson::{self, Value};
use std::path::{Path, PathBuf};
use store::Store;

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

/// A runtime root and the mode it is opened in.
#[derive(Debug)]
pub struct Runtime {
    /// The documents.
    pub store: Store,
}

impl Runtime {
    /// A runtime at an absolute root, which need not exist.
    pub fn new(root: PathBuf, policy: Policy) -> Self {
        Self {
            store: Store::new(root, policy),
        }
    }

    /// The root, absolute.
    pub fn root(&self) -> &Path {
        self.store.root()
    }

    /// The mode.
    pub fn policy(&self) -> Policy {
        self.store.policy()
    }

    /// The configuration; an empty object when the file is absent or holds something else.
    ///
    /// # Errors
    /// The file is no JSON: what it was to say is not known, so nothing is assumed.
    pub fn settings(&self) -> Result<Value, RuntimeError> {
        let path = self.store.path(layout::CONFIG);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error::is_absent(&error) => return Ok(empty()),
            Err(error) => return Err(RuntimeError::io(&path, &error)),
        };
        match pyjson::parse_bytes(&bytes) {
            Ok(config @ Value::Object(_)) => Ok(config),
            Ok(_) => Ok(empty()),
            Err(error) => Err(RuntimeError::Value(format!("{}: {error}", layout::CONFIG))),
        }
    }

    /// The configuration for commands whose answer hangs on it: in compatibility mode text that is
    /// no JSON ends them, as in the reference; in strict mode it is named and passed over.
    ///
    /// # Errors
    /// In compatibility mode: the file is no JSON.
    pub fn sound_config(&self) -> Result<Value, RuntimeError> {
        if self.policy().compat() {
            self.settings()
        } else {
            Ok(self.config())
        }
    }

    /// As [`Runtime::settings`], for who can do without: a file that is no JSON is named and
    /// passed over.
    pub fn config(&self) -> Value {
        self.settings().unwrap_or_else(|error| {
            self.store.skip(layout::CONFIG, error.to_string());
            empty()
        })
    }
}

fn empty() -> Value {
    Value::Object(pyjson::Object::new())
}

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
