// SPDX-License-Identifier: Apache-2.0
//! An opened runtime.

use super::error::is_absent;
use super::store::Store;
use super::{Policy, RuntimeError, layout};
use crate::support::pyjson::{self, Value};
use std::path::{Path, PathBuf};

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
            Err(error) if is_absent(&error) => return Ok(empty()),
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
