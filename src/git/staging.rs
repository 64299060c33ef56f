// SPDX-License-Identifier: Apache-2.0
//! The index of a work tree: what git tracks in it, and how each file was when git last looked
//! (gitformat-index(5), versions 2 to 4, SHA-1 and SHA-256).

use super::checkout::Checkout;
use std::borrow::Cow;
use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::PathBuf;

/// Bytes of an index, at most.
const MOST: u64 = 256 << 20;

/// An index.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Index {
    /// Its entries, in order.
    pub entries: Vec<Tracked>,
    /// The tree that all of it was, in hex digits, when nothing changed since that was written.
    pub tree: Option<String>,
}

/// A tracked file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tracked {
    /// Its name below the work tree, `/`-separated.
    pub name: Vec<u8>,
    /// Size when git last looked at it.
    pub size: u32,
    /// Seconds of its time of change.
    pub mtime: u32,
    /// Stage of a merge; 0 when nothing conflicts.
    pub stage: u8,
    /// Type and permissions.
    pub mode: u32,
}

impl Tracked {
    /// Its name as text; what is none becomes U+FFFD.
    pub fn shown(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.name)
    }

    /// Its name as a path.
    #[cfg(unix)]
    pub fn path(&self) -> PathBuf {
        use std::os::unix::ffi::OsStrExt as _;
        PathBuf::from(std::ffi::OsStr::from_bytes(&self.name))
    }

    /// Its name as a path.
    #[cfg(not(unix))]
    pub fn path(&self) -> PathBuf {
        PathBuf::from(self.shown().into_owned())
    }

    /// Whether a repository of its own stands there.
    pub fn is_submodule(&self) -> bool {
        self.mode & 0o170_000 == 0o160_000
    }
}

impl Checkout {
    /// The index of this work tree; nothing when nothing was ever added.
    ///
    /// # Errors
    /// It cannot be read, or is not of a form that is known.
    pub fn index(&self) -> Result<Option<Index>, String> {
        let file = match File::open(self.own.join("index")) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.to_string()),
        };
        let mut bytes = Vec::new();
        file.take(MOST + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| error.to_string())?;
        if bytes.len() as u64 > MOST {
            return Err(format!("git index is larger than {MOST} bytes"));
        }
        let digest = if self.is_sha1() { 20 } else { 32 };
        Index::parse(&bytes, digest).map(Some)
    }
}

/// Where a reading stands.
struct At<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> At<'b> {
    fn take(&mut self, length: usize) -> Result<&'b [u8], String> {
        let end = self.at.checked_add(length);
        let taken = end.and_then(|end| self.bytes.get(self.at..end));
        let taken = taken.ok_or("git index is truncated")?;
        self.at += length;
        Ok(taken)
    }

    fn number(&mut self) -> Result<u32, String> {
        let four = self.take(4)?;
        Ok(u32::from_be_bytes([four[0], four[1], four[2], four[3]]))
    }

    /// Bytes up to a NUL, which is taken too.
    fn text(&mut self) -> Result<&'b [u8], String> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let length = memchr::memchr(0, rest).ok_or("git index is truncated")?;
        let text = self.take(length)?;
        self.at += 1;
        Ok(text)
    }

    /// The variable-width number of version 4 (the encoding of pack offsets).
    fn offset(&mut self) -> Result<usize, String> {
        let mut byte = self.take(1)?[0];
        let mut value = usize::from(byte & 127);
        while byte & 128 != 0 {
            byte = self.take(1)?[0];
            let next = value
                .checked_add(1)
                .and_then(|value| value.checked_mul(128));
            let next = next.and_then(|value| value.checked_add(usize::from(byte & 127)));
            value = next.ok_or("git index holds a number without end")?;
        }
        Ok(value)
    }
}

impl Index {
    /// Reads an index whose digests have this length.
    ///
    /// # Errors
    /// It is no index, of another version, split, or cut off.
    pub fn parse(bytes: &[u8], digest: usize) -> Result<Self, String> {
        let mut at = At { bytes, at: 0 };
        if at.take(4)? != b"DIRC" {
            return Err("git index has no DIRC signature".to_owned());
        }
        let version = at.number()?;
        if !(2..=4).contains(&version) {
            return Err(format!("git index version {version} is not known"));
        }
        let mut index = Self::default();
        for _ in 0..at.number()? {
            let before = index
                .entries
                .last()
                .map_or(&[][..], |entry| entry.name.as_slice());
            let entry = entry(&mut at, version, digest, before)?;
            index.entries.push(entry);
        }
        index.extensions(at, digest)?;
        Ok(index)
    }

    /// What follows the entries, up to the checksum.
    fn extensions(&mut self, mut at: At<'_>, digest: usize) -> Result<(), String> {
        let end = at.bytes.len().saturating_sub(digest);
        while at.at.saturating_add(8) <= end {
            let name = at.take(4)?;
            let size = at.number()? as usize;
            if name == b"link" {
                let repair = "run `git update-index --no-split-index`";
                return Err(format!("git index is split; {repair}"));
            }
            let body = at.take(size)?;
            if name == b"TREE" {
                self.tree = root_tree(body, digest);
            }
        }
        Ok(())
    }
}

fn entry(at: &mut At<'_>, version: u32, digest: usize, before: &[u8]) -> Result<Tracked, String> {
    const EXTENDED: u16 = 0x4000;
    let start = at.at;
    // Times of change of status and content, device, inode, mode, owner, group, size.
    let stat = at.take(40)?;
    let number = |from: usize| {
        u32::from_be_bytes([stat[from], stat[from + 1], stat[from + 2], stat[from + 3]])
    };
    let (mtime, mode, size) = (number(8), number(24), number(36));
    at.take(digest)?;
    let flags = at.take(2)?;
    let flags = u16::from_be_bytes([flags[0], flags[1]]);
    if version >= 3 && flags & EXTENDED != 0 {
        at.take(2)?;
    }
    let mut name = Vec::new();
    if version == 4 {
        let dropped = at.offset()?;
        let kept = before.len().checked_sub(dropped);
        let kept = kept.ok_or("git index drops more of a name than there is")?;
        name.extend_from_slice(&before[..kept]);
    }
    name.extend_from_slice(at.text()?);
    if version < 4 {
        // One to eight NULs, so that the next entry begins at a multiple of eight.
        let used = at.at - start;
        at.take(used.next_multiple_of(8) - used)?;
    }
    Ok(Tracked {
        name,
        size,
        mtime,
        stage: ((flags >> 12) & 0b11) as u8,
        mode,
    })
}

/// The first entry of the cache-tree extension: an empty path, two counts, the tree.
fn root_tree(body: &[u8], digest: usize) -> Option<String> {
    let rest = body.strip_prefix(b"\0")?;
    let line = memchr::memchr(b'\n', rest)?;
    if rest.starts_with(b"-") {
        return None;
    }
    let tree = rest.get(line + 1..)?.get(..digest)?;
    Some(tree.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SHA1: usize = 20;

    /// Stat, digest and flags of an entry of 12 bytes.
    fn head(flags: u16) -> Vec<u8> {
        let mut bytes = vec![0; 36];
        bytes.extend(12u32.to_be_bytes());
        bytes.extend([7; SHA1]);
        bytes.extend(flags.to_be_bytes());
        bytes
    }

    fn padded(mut bytes: Vec<u8>, name: &str) -> Vec<u8> {
        bytes.extend(name.as_bytes());
        bytes.push(0);
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        bytes
    }

    fn made(version: u8, entries: &[Vec<u8>], extensions: &[u8]) -> Vec<u8> {
        let mut bytes = b"DIRC\0\0\0".to_vec();
        bytes.push(version);
        bytes.extend((entries.len() as u32).to_be_bytes());
        bytes.extend(entries.concat());
        bytes.extend(extensions);
        bytes.extend([0; SHA1]);
        bytes
    }

    fn tree() -> Vec<u8> {
        let body = [b"\x001 0\n".to_vec(), vec![9; SHA1]].concat();
        let size = (body.len() as u32).to_be_bytes();
        [b"TREE".to_vec(), size.to_vec(), body].concat()
    }

    fn names(bytes: &[u8]) -> Vec<String> {
        let index = Index::parse(bytes, SHA1).unwrap();
        let names = index.entries.iter();
        names.map(|entry| entry.shown().into_owned()).collect()
    }

    #[test]
    fn entries_stages_and_the_tree_are_read() {
        let entries = [
            padded(head(0), "a.txt"),
            padded(head(2 << 12), "src/longer-name.rs"),
        ];
        let bytes = made(2, &entries, &tree());
        assert_eq!(names(&bytes), ["a.txt", "src/longer-name.rs"]);
        let index = Index::parse(&bytes, SHA1).unwrap();
        assert_eq!((index.entries[1].size, index.entries[1].stage), (12, 2));
        assert_eq!(index.tree, Some("09".repeat(SHA1)));
    }

    #[test]
    fn an_entry_of_version_three_may_have_more_flags() {
        let extended = [head(0x4000), vec![0x20, 0]].concat();
        let entries = [padded(extended, "a"), padded(head(0), "b")];
        assert_eq!(names(&made(3, &entries, &[])), ["a", "b"]);
    }

    #[test]
    fn names_of_version_four_share_prefixes() {
        let first = [head(0), b"\0src/a.c\0".to_vec()].concat();
        let second = [head(0), b"\x03b.c\0".to_vec()].concat();
        let bytes = made(4, &[first.clone(), second], &tree());
        assert_eq!(names(&bytes), ["src/a.c", "src/b.c"]);
        assert!(Index::parse(&bytes, SHA1).unwrap().tree.is_some());
        let beyond = [head(0), b"\x09b.c\0".to_vec()].concat();
        assert!(Index::parse(&made(4, &[first, beyond], &[]), SHA1).is_err());
    }

    #[test]
    fn what_is_split_or_of_another_version_is_refused() {
        let split = made(2, &[], b"link\0\0\0\0");
        assert!(Index::parse(&split, SHA1).unwrap_err().contains("split"));
        assert!(Index::parse(&made(5, &[], &[]), SHA1).is_err());
        assert!(Index::parse(b"PACK", SHA1).is_err());
    }

    #[test]
    fn a_cut_index_is_an_error_or_shorter_and_no_panic() {
        let whole = made(2, &[padded(head(0), "a"), padded(head(0), "b")], &tree());
        for length in 0..whole.len() {
            if let Ok(index) = Index::parse(&whole[..length], SHA1) {
                assert_eq!(index.entries.len(), 2);
            }
        }
    }

    proptest! {
        #[test]
        fn random_bytes_never_panic(
            tail in proptest::collection::vec(any::<u8>(), 0..400),
            version in 0u8..6,
            digest in prop_oneof![Just(20usize), Just(32)],
        ) {
            let bytes = [b"DIRC\0\0\0".to_vec(), vec![version], tail].concat();
            let _ = Index::parse(&bytes, digest);
        }
    }
}
