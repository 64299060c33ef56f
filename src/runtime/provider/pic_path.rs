// SPDX-License-Identifier: Apache-2.0
//! Whether the program `pic` is on the search path. Nothing is run.

use crate::object;
use crate::support::pyjson::Value;
use std::path::{Path, PathBuf};

/// The first `pic` on `PATH` that may be executed.
pub fn executable() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(if cfg!(windows) { "pic.exe" } else { "pic" }))
        .find(|candidate| is_program(candidate))
}

/// The same as a document; a Python module cannot be imported from here, so none is available.
pub fn availability() -> Value {
    let program = executable();
    object! {
        "available" => program.is_some(),
        "executable" => program.map(|path| path.display().to_string()),
        "module_available" => false,
        "provider" => "pic",
    }
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata()
        .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}
