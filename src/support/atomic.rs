// SPDX-License-Identifier: Apache-2.0
//! Writing a file so that a reader sees the old bytes or the new ones, never a part.

use std::io::{self, Write};
use std::path::Path;

/// Writes `bytes` to `path` through a temporary file in the same folder, synced and renamed.
///
/// # Errors
/// Any I/O error; the old file is untouched then.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // A device or a pipe is written to; renaming over it would put a file in its place.
    if path
        .metadata()
        .is_ok_and(|found| !found.is_file() && !found.is_dir())
    {
        return std::fs::write(path, bytes);
    }
    publish_as(path, bytes)?;
    sync_folder(folder_of(path))
}

/// As [`write`], without the folder: for several files, whose folders are synced once at the end.
///
/// # Errors
/// Any I/O error; the old file is untouched then.
pub fn publish_as(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = tempfile::NamedTempFile::new_in(folder_of(path))?;
    file.write_all(bytes)?;
    publish(file.as_file())?;
    file.persist(path)?;
    Ok(())
}

/// As [`write`], without any sync: whole for every reader, though not after a loss of power.
///
/// # Errors
/// Any I/O error; the old file is untouched then.
pub fn place(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = tempfile::NamedTempFile::new_in(folder_of(path))?;
    file.write_all(bytes)?;
    file.persist(path)?;
    Ok(())
}

/// Brings the names in a folder to the disk.
///
/// # Errors
/// Any I/O error.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) {
        std::fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Makes a temporary file ready to be renamed: readable like any other file, and on the disk.
///
/// # Errors
/// Any I/O error.
pub fn publish(file: &std::fs::File) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // The temporary file is private; a report is meant to be read like any other file.
        file.set_permissions(std::fs::Permissions::from_mode(0o644))?;
    }
    file.sync_all()
}
