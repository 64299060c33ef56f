// SPDX-License-Identifier: Apache-2.0
//! What a listing is made of: one input, what it is on disk, and all of them together.

use super::show;
use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};

/// One file to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// Name for show and for rules: relative to the root, with `/`.
    pub name: String,
    /// Where its bytes are.
    pub disk: PathBuf,
    /// What it is.
    pub kind: InputKind,
}

/// What an input is on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InputKind {
    /// Regular file of this many bytes.
    File {
        /// Size when listed.
        size: u64,
        /// Permission bits, where the system has them.
        mode: Option<u32>,
    },
    /// Symbolic link; never followed.
    Symlink {
        /// As stored.
        target: String,
        /// Whether it ends at a file or folder inside the root.
        fate: LinkFate,
    },
}

/// Where a symbolic link ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkFate {
    /// Inside the root.
    Inside,
    /// Outside the root.
    Outside,
    /// Nowhere.
    Dangling,
}

/// What to take.
#[derive(Debug, Clone, Default)]
pub struct TreeOptions {
    /// Take ignored files too.
    pub all_files: bool,
    /// Folders (on disk) that are looked at in another way, such as `dist`.
    pub without: Vec<PathBuf>,
}

/// The listing of a folder.
#[derive(Debug, Default)]
pub struct Tree {
    /// Sorted by name.
    pub inputs: Vec<Input>,
    /// What could not be listed, with the reason.
    pub unreadable: Vec<(String, String)>,
    /// Whether git decided what belongs to it.
    pub from_git: bool,
}

/// What stands at `disk`, by metadata that followed no link.
pub(super) fn describe(
    real_root: &Path,
    disk: &Path,
    meta: &Metadata,
) -> io::Result<Option<InputKind>> {
    if meta.is_symlink() {
        let target = std::fs::read_link(disk)?;
        let fate = match disk.canonicalize() {
            Ok(end) if end.starts_with(real_root) => LinkFate::Inside,
            Ok(_) => LinkFate::Outside,
            Err(_) => LinkFate::Dangling,
        };
        return Ok(Some(InputKind::Symlink {
            target: show(&target),
            fate,
        }));
    }
    Ok(meta.is_file().then(|| InputKind::File {
        size: meta.len(),
        mode: mode(meta),
    }))
}

#[cfg(unix)]
fn mode(meta: &Metadata) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt as _;
    Some(meta.permissions().mode() & 0o7777)
}

#[cfg(not(unix))]
fn mode(_: &Metadata) -> Option<u32> {
    None
}
