// SPDX-License-Identifier: Apache-2.0
//! One writer at a time: an advisory lock on the root folder itself, so that no file is left.

use crate::runtime::RuntimeError;
use std::fs::File;
use std::path::Path;

/// The lock; released when dropped, also when the process dies.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Waits for the lock.
    pub(super) fn exclusive(root: &Path) -> Result<Self, RuntimeError> {
        let file = target(root)?;
        file.lock().map_err(|e| RuntimeError::io(root, &e))?;
        Ok(Self { _file: file })
    }
}

#[cfg(not(windows))]
fn target(root: &Path) -> Result<File, RuntimeError> {
    File::open(root).map_err(|e| RuntimeError::io(root, &e))
}

/// A folder cannot be opened as a file there.
#[cfg(windows)]
fn target(root: &Path) -> Result<File, RuntimeError> {
    let path = root.join(".ccr.lock");
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path);
    file.map_err(|e| RuntimeError::io(&path, &e))
}
