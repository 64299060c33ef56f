// SPDX-License-Identifier: Apache-2.0
//! Which files git tracks, read from the index (gitformat-index(5), versions 2 to 4) without
//! running git.

use crate::git::Checkout;
use std::path::{Path, PathBuf};

/// A checkout: its work tree and its index file.
#[derive(Debug)]
pub(super) struct Repository {
    work_tree: PathBuf,
    index: PathBuf,
}

/// Finds the checkout that `folder` (canonical) lies in.
pub(super) fn find(folder: &Path) -> Option<Repository> {
    let (work_tree, git) = Checkout::around(folder)?;
    Some(Repository {
        work_tree,
        index: git.own.join("index"),
    })
}

impl Repository {
    /// Absolute paths of tracked files; a repository without an index tracks none.
    pub(super) fn tracked(&self) -> Result<Vec<PathBuf>, String> {
        let bytes = match std::fs::read(&self.index) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error.to_string()),
        };
        let names = names(&bytes)?;
        Ok(names
            .iter()
            .map(|name| self.work_tree.join(os_path(name)))
            .collect())
    }
}

/// Names of the entries of an index.
fn names(bytes: &[u8]) -> Result<Vec<Vec<u8>>, String> {
    let truncated = || "git index is truncated".to_owned();
    let number = |at: usize| -> Result<u32, String> {
        let four = bytes.get(at..at + 4).ok_or_else(truncated)?;
        Ok(u32::from_be_bytes([four[0], four[1], four[2], four[3]]))
    };
    if bytes.get(..4) != Some(b"DIRC".as_slice()) {
        return Err("git index has no DIRC signature".to_owned());
    }
    let version = number(4)?;
    if !(2..=4).contains(&version) {
        return Err(format!("git index version {version} is not known"));
    }
    let count = number(8)?;
    let mut names: Vec<Vec<u8>> = Vec::new();
    let mut at = 12;
    for _ in 0..count {
        let start = at;
        // ctime, mtime, dev, ino, mode, uid, gid, size: 40 bytes; object id: 20; flags: 2.
        let flags = bytes.get(start + 60..start + 62).ok_or_else(truncated)?;
        let extended = flags[0] & 0x40 != 0;
        at = start + 62 + if extended { 2 } else { 0 };
        let mut name = Vec::new();
        if version == 4 {
            let keep_off = offset_varint(bytes, &mut at).ok_or_else(truncated)?;
            let previous = names.last().map_or(&[][..], |name| name.as_slice());
            let keep = previous.len().checked_sub(keep_off).ok_or_else(truncated)?;
            name.extend_from_slice(&previous[..keep]);
        }
        let rest = bytes.get(at..).ok_or_else(truncated)?;
        let length = memchr::memchr(0, rest).ok_or_else(truncated)?;
        name.extend_from_slice(&rest[..length]);
        at += length + 1;
        if version < 4 {
            // Entries are padded with NULs to a multiple of eight bytes.
            at = start + (at - start).div_ceil(8) * 8;
        }
        names.push(name);
    }
    if split_index(bytes, at) {
        return Err("git index is split; run `git update-index --no-split-index`".to_owned());
    }
    Ok(names)
}

/// Whether the extensions that follow the entries contain `link` (a shared base index).
fn split_index(bytes: &[u8], mut at: usize) -> bool {
    while at + 8 <= bytes.len().saturating_sub(20) {
        if &bytes[at..at + 4] == b"link" {
            return true;
        }
        let size = u32::from_be_bytes([bytes[at + 4], bytes[at + 5], bytes[at + 6], bytes[at + 7]]);
        at += 8 + size as usize;
    }
    false
}

/// The variable-width number of index version 4 (the encoding of pack offsets).
fn offset_varint(bytes: &[u8], at: &mut usize) -> Option<usize> {
    let mut byte = *bytes.get(*at)?;
    *at += 1;
    let mut value = usize::from(byte & 127);
    while byte & 128 != 0 {
        byte = *bytes.get(*at)?;
        *at += 1;
        value = value
            .checked_add(1)?
            .checked_mul(128)?
            .checked_add(usize::from(byte & 127))?;
    }
    Some(value)
}

#[cfg(unix)]
fn os_path(name: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt as _;
    PathBuf::from(std::ffi::OsStr::from_bytes(name))
}

#[cfg(not(unix))]
fn os_path(name: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(name).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entry(name: &str) -> Vec<u8> {
        let mut bytes = vec![0; 60];
        bytes.extend_from_slice(&[0, name.len() as u8]);
        bytes.extend_from_slice(name.as_bytes());
        bytes.push(0);
        bytes.resize(bytes.len().div_ceil(8) * 8, 0);
        bytes
    }

    fn index(version: u8, entries: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = b"DIRC\0\0\0".to_vec();
        bytes.push(version);
        bytes.extend_from_slice(&(entries.len() as u32).to_be_bytes());
        bytes.extend(entries.concat());
        bytes.extend_from_slice(&[0; 20]);
        bytes
    }

    #[test]
    fn version_two_names_are_read() {
        let bytes = index(2, &[entry("a.txt"), entry("src/longer-name.rs")]);
        assert_eq!(
            names(&bytes).unwrap(),
            [b"a.txt".to_vec(), b"src/longer-name.rs".to_vec()]
        );
    }

    #[test]
    fn version_four_names_share_prefixes() {
        let first = [vec![0; 60], vec![0, 7], vec![0], b"src/a.c\0".to_vec()].concat();
        let second = [vec![0; 60], vec![0, 7], vec![3], b"b.c\0".to_vec()].concat();
        let bytes = index(4, &[first, second]);
        assert_eq!(
            names(&bytes).unwrap(),
            [b"src/a.c".to_vec(), b"src/b.c".to_vec()]
        );
    }

    #[test]
    fn a_split_index_is_refused() {
        let mut bytes = index(2, &[]);
        bytes.truncate(12);
        bytes.extend_from_slice(b"link\0\0\0\x14");
        bytes.extend_from_slice(&[0; 40]);
        assert!(names(&bytes).unwrap_err().contains("split"));
    }

    proptest! {
        #[test]
        fn random_bytes_never_panic(tail in proptest::collection::vec(any::<u8>(), 0..400), version in 0u8..6) {
            let mut bytes = b"DIRC\0\0\0".to_vec();
            bytes.push(version);
            bytes.extend(tail);
            let _ = names(&bytes);
        }
    }
}
