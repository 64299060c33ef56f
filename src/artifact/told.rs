// SPDX-License-Identifier: Apache-2.0
//! What a walk through a container tells: members, anomalies, and who listens.

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
    /// RFC 1952 around a single file.
    Gzip,
    /// XZ file format 1.1 around a single file.
    Xz,
    /// bzip2 around a single file.
    Bzip2,
    /// RFC 8878 around a single file.
    Zstd,
    /// A git pack (gitformat-pack(5)).
    GitPack,
    /// A loose git object: zlib around one file's content, a folder or a commit.
    GitObject,
    /// A tar under gzip: one container for the reader, told only after unpacking its start.
    TarGzip,
    /// A tar under xz.
    TarXz,
    /// A tar under bzip2.
    TarBzip2,
    /// A tar under zstd.
    TarZstd,
}

impl Format {
    /// Whether members are those of a tar, compressed or not.
    pub fn is_tar(self) -> bool {
        matches!(
            self,
            Self::Tar | Self::TarGzip | Self::TarXz | Self::TarBzip2 | Self::TarZstd
        )
    }

    /// The compressed tar of this compression; other formats stay as they are.
    pub(super) fn around_tar(self) -> Self {
        match self {
            Self::Gzip => Self::TarGzip,
            Self::Xz => Self::TarXz,
            Self::Bzip2 => Self::TarBzip2,
            Self::Zstd => Self::TarZstd,
            other => other,
        }
    }
}

/// One member, held whole.
#[derive(Debug, Clone)]
pub struct OwnedEntry {
    /// Container path plus the member's name, escaped for show.
    pub path: EntryPath,
    /// File, folder, link. A folder or link that carries content comes as a file, so that its
    /// content is searched; an anomaly says so.
    pub kind: EntryKind,
    /// Content; empty unless [`EntryKind::File`].
    pub bytes: Vec<u8>,
    /// Bytes of the content; where it was not read, the size its header declares.
    pub size: u64,
    /// SHA-256 of the content (of what `bytes` held, where not `complete`).
    pub sha256: [u8; 32],
    /// Whether the content was read whole and verified. When not, an anomaly at this path says
    /// why, and `bytes` holds what could be read, maybe nothing.
    pub complete: bool,
    /// Permission bits, where the format has them.
    pub mode: Option<u32>,
    /// Owner name in the header (tar), where there is one.
    pub owner: Option<String>,
    /// The member is itself a container that was opened: its content follows as entries of its
    /// own, and its compressed bytes need no search. `bytes` is empty then.
    pub opened: bool,
}

/// Something unreadable or ambiguous in a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anomaly {
    /// Rule id, family `archive`.
    pub rule: &'static str,
    /// The container or the member it concerns.
    pub path: EntryPath,
    /// The container in whose bytes it was seen.
    pub container: EntryPath,
    /// Byte offset in `container`, where known; in a compressed tar it counts in the unpacked
    /// tar when the anomaly concerns a header or member, else in the file itself.
    pub offset: Option<u64>,
    /// One sentence: what was seen. Never content of a member.
    pub detail: String,
}

impl Anomaly {
    /// Whether it was seen in a container that is itself a member of another: often the test
    /// data of a library that reads archives.
    pub fn is_nested(&self) -> bool {
        self.container.depth() > 0
    }
}

/// Who listens to [`walk`](super::walk).
pub trait Visitor {
    /// A container begins. Everything until its `leave` lies inside it.
    fn enter(&mut self, path: &EntryPath, format: Format);
    /// Room for the content of a member of about `size` bytes, empty: a listener that is done with
    /// a content may hand its room back here.
    fn room(&mut self, _size: u64) -> Vec<u8> {
        Vec::new()
    }
    /// The container that is open says that git made it of a commit: it is a source tree, not what
    /// a build made.
    fn of_commit(&mut self) {}
    /// A member. Folders and links come too.
    fn entry(&mut self, entry: OwnedEntry);
    /// A text that belongs to no member: a comment, or the name of the file that was compressed.
    fn said(&mut self, _path: EntryPath, _text: Vec<u8>) {}
    /// Something is wrong.
    fn anomaly(&mut self, anomaly: Anomaly);
    /// The container is finished (also after an error).
    fn leave(&mut self, path: &EntryPath);
}

/// A byte source that can be rewound: a file, or bytes in memory.
pub trait Source: Read + Seek + Send {}
impl<T: Read + Seek + Send> Source for T {}
