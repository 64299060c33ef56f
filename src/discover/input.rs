// SPDX-License-Identifier: Apache-2.0
//! What a listing is made of: one input, what it is on disk, and all of them together.

use super::show;
use std::ffi::OsString;
use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// One file to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// Name for show and for rules: relative to the root, with `/`.
    pub name: String,
    /// Where its bytes are.
    pub disk: Place,
    /// What it is.
    pub kind: InputKind,
}

/// A file on disk, by the folder it stands in, which it shares with its neighbours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The folder; empty for a file that was named and whose neighbours do not count.
    pub folder: Arc<Path>,
    /// The file's name in the folder.
    pub file: OsString,
}

impl Place {
    /// A file whose neighbours do not count.
    pub fn alone(path: &Path) -> Self {
        Self {
            folder: Path::new("").into(),
            file: path.as_os_str().to_owned(),
        }
    }

    /// The whole path.
    pub fn path(&self) -> PathBuf {
        self.folder.join(&self.file)
    }
}

/// What a look at a file told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stat {
    /// Bytes.
    pub size: u64,
    /// Permission bits, where the system has them.
    pub mode: Option<u32>,
}

impl Stat {
    pub(super) fn of(meta: &Metadata) -> Self {
        Self {
            size: meta.len(),
            mode: mode(meta),
        }
    }
}

/// What an input is on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InputKind {
    /// Regular file, and what was seen of it when it was first looked at. Listing a folder tells
    /// that it is one; the rest is seen when it is opened, where a look costs least.
    File(OnceLock<Stat>),
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
    Ok(meta.is_file().then(|| InputKind::seen(Stat::of(meta))))
}

impl InputKind {
    /// A regular file that was looked at.
    pub fn seen(stat: Stat) -> Self {
        Self::File(OnceLock::from(stat))
    }
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
