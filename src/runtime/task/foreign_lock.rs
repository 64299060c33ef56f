// SPDX-License-Identifier: Apache-2.0
//! `tasks/.lease.lock`, the reference's lock: whoever shares a runtime with the reference must
//! honour it. Our own lock is the store's.

use crate::runtime::{Runtime, RuntimeError};
use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;

/// The lock file; it goes when this is dropped.
#[derive(Debug)]
pub(super) struct ForeignLock {
    path: PathBuf,
}

impl ForeignLock {
    /// Takes the lock in compatibility mode; in the default mode there is nothing to take.
    ///
    /// # Errors
    /// Somebody holds it. The reference then deletes it, and so must we: a lock left behind would
    /// otherwise refuse every lease for good.
    pub(super) fn take(runtime: &Runtime) -> Result<Option<Self>, RuntimeError> {
        if runtime.policy().strict() {
            return Ok(None);
        }
        let folder = runtime.store.path("tasks");
        std::fs::create_dir_all(&folder).map_err(|e| RuntimeError::io(&folder, &e))?;
        let this = Self {
            path: folder.join(".lease.lock"),
        };
        match File::create_new(&this.path) {
            Ok(mut file) => {
                // The pid is for people; a lock without it holds just as well.
                let _ = write!(file, "{}", std::process::id());
                Ok(Some(this))
            }
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Err(
                RuntimeError::Exists(format!("[Errno 17] File exists: '{}'", this.path.display())),
            ),
            Err(error) => Err(RuntimeError::io(&this.path, &error)),
        }
    }
}

impl Drop for ForeignLock {
    fn drop(&mut self) {
        // Gone already is as good.
        let _ = std::fs::remove_file(&self.path);
    }
}
