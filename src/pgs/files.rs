// SPDX-License-Identifier: Apache-2.0
//! The bytes of a snapshot: each file is read once, and what is hashed is what is parsed.

use super::limits::Limits;
use crate::support::hashing;
use std::collections::BTreeMap;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// One file.
#[derive(Debug, Clone)]
pub struct File {
    /// Its content.
    pub bytes: Arc<[u8]>,
    digest: OnceLock<String>,
}

impl File {
    /// A file of this content.
    pub fn new(bytes: impl Into<Arc<[u8]>>) -> Self {
        Self {
            bytes: bytes.into(),
            digest: OnceLock::new(),
        }
    }

    /// SHA-256, 64 hex digits.
    pub fn sha256(&self) -> &str {
        self.digest.get_or_init(|| hashing::sha256_hex(&self.bytes))
    }
}

/// Something that keeps a file from being read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileFault {
    /// Path below the snapshot, with `/`.
    pub path: String,
    /// What is wrong, for people.
    pub message: String,
}

/// All files of a snapshot, by path below it.
#[derive(Debug, Clone, Default)]
pub struct Files {
    /// The folder, as given.
    pub root: PathBuf,
    /// Path below the root, `/`-separated, to content; sorted by bytes.
    pub files: BTreeMap<String, File>,
    /// What could not be read: links, strange names, what passes a limit.
    pub faults: Vec<FileFault>,
}

impl Files {
    /// Reads every file below a folder. Links are not followed; they are faults.
    ///
    /// # Errors
    /// The folder does not exist or cannot be listed.
    pub fn read(root: &Path, limits: &Limits) -> io::Result<Self> {
        if !root.is_dir() {
            let message = format!("{} is no folder", root.display());
            return Err(io::Error::new(io::ErrorKind::NotFound, message));
        }
        let mut found = Self {
            root: root.to_owned(),
            ..Self::default()
        };
        let mut total = 0;
        for entry in walkdir::WalkDir::new(root).sort_by_file_name() {
            let entry = entry?;
            let below = entry.path().strip_prefix(root).unwrap_or(entry.path());
            let path = below
                .to_string_lossy()
                .replace(std::path::MAIN_SEPARATOR, "/");
            if entry.file_type().is_dir() {
                continue;
            }
            if below.to_str().is_none() {
                found.fault(&path, "its name is no UTF-8");
            } else if entry.file_type().is_symlink() {
                found.fault(
                    &path,
                    "a link: what it points to is not part of the snapshot",
                );
            } else if !entry.file_type().is_file() {
                found.fault(&path, "neither a file nor a folder");
            } else if found.files.len() >= limits.snapshot_files {
                let most = limits.snapshot_files;
                found.fault(
                    &path,
                    &format!("more than {most} files: the rest is not read"),
                );
                break;
            } else {
                match read_bounded(entry.path(), limits.artifact_bytes) {
                    Ok(bytes) if total + bytes.len() as u64 > limits.snapshot_bytes => {
                        let most = limits.snapshot_bytes;
                        found.fault(
                            &path,
                            &format!("more than {most} bytes in all: the rest is not read"),
                        );
                        break;
                    }
                    Ok(bytes) => {
                        total += bytes.len() as u64;
                        found.files.insert(path, File::new(bytes));
                    }
                    Err(error) => found.fault(&path, &error.to_string()),
                }
            }
        }
        Ok(found)
    }

    /// One file.
    pub fn get(&self, path: &str) -> Option<&File> {
        self.files.get(path)
    }

    fn fault(&mut self, path: &str, message: &str) {
        self.faults.push(FileFault {
            path: path.to_owned(),
            message: message.to_owned(),
        });
    }
}

/// Reads a file of at most `most` bytes.
///
/// # Errors
/// It cannot be read, or it is larger.
pub fn read_bounded(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?
        .take(most + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("larger than {most} bytes"),
        ));
    }
    Ok(bytes)
}
