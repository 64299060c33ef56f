// SPDX-License-Identifier: Apache-2.0
//! Bytes out of containers, under a budget, in memory, never onto disk.
//!
//! [`walk`] recognises a container by content, streams its members to a [`Visitor`], opens
//! containers inside it to a set depth, and reports whatever two readers could disagree about
//! as an [`Anomaly`]. It knows nothing of rules beyond the ids that anomalies carry, and
//! nothing of what a member means.

mod limits;

pub use limits::Limits;

use crate::model::EntryPath;
use std::io::{Read, Seek};

/// What a member of a container is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntryKind {
    /// Regular file.
    File,
    /// Folder.
    Directory,
    /// Symbolic link and its target, as stored.
    Symlink(String),
    /// Hard link to another member (tar).
    Hardlink(String),
    /// Device, FIFO and the like.
    Special,
}

/// The format of a container, told by content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Format {
    /// APPNOTE.TXT 6.3.
    Zip,
    /// POSIX ustar, pax, GNU.
    Tar,
    /// RFC 1952, around anything.
    Gzip,
    /// XZ file format 1.1.
    Xz,
    /// bzip2.
    Bzip2,
    /// RFC 8878.
    Zstd,
}

/// One member, held whole.
#[derive(Debug, Clone)]
pub struct OwnedEntry {
    /// Container path plus the member's name, escaped for show.
    pub path: EntryPath,
    /// File, folder, link.
    pub kind: EntryKind,
    /// Content; empty unless [`EntryKind::File`].
    pub bytes: Vec<u8>,
    /// SHA-256 of the content.
    pub sha256: [u8; 32],
    /// Permission bits, where the format has them.
    pub mode: Option<u32>,
    /// Owner name in the header (tar), where there is one.
    pub owner: Option<String>,
    /// The member is itself a container that was opened: its content follows as entries of its
    /// own, and its compressed bytes need no search. `bytes` may be empty then.
    pub opened: bool,
}

/// Something unreadable or ambiguous in a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anomaly {
    /// Rule id, family `archive`.
    pub rule: &'static str,
    /// The container or the member it concerns.
    pub path: EntryPath,
    /// Byte offset in the container, where known.
    pub offset: Option<u64>,
    /// One sentence: what was seen. Never content of a member.
    pub detail: String,
}

/// Who listens to [`walk`].
pub trait Visitor {
    /// A container begins. Everything until its `leave` lies inside it.
    fn enter(&mut self, path: &EntryPath, format: Format);
    /// A member. Folders and links come too.
    fn entry(&mut self, entry: OwnedEntry);
    /// Something is wrong.
    fn anomaly(&mut self, anomaly: Anomaly);
    /// The container is finished (also after an error).
    fn leave(&mut self, path: &EntryPath);
}

/// A byte source that can be rewound: a file, or bytes in memory.
pub trait Source: Read + Seek + Send {}
impl<T: Read + Seek + Send> Source for T {}
