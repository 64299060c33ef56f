// SPDX-License-Identifier: Apache-2.0
//! What an entry is: its kind by name and content, its text and encoding. No opinions.

mod kind;
mod place;
mod text;
pub mod yaml;

pub use kind::{CommentStyle, Kind};
pub use place::{Purpose, is_test_material, purpose, purposes};
pub use text::{Encoding, Text};

use crate::artifact::EntryKind;
use crate::model::EntryPath;

/// Where an entry was found; rules may be limited to one of the two (`scope.where`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    /// A file of the tree (or named on the command line).
    Tree,
    /// A member of a container.
    Archive,
}

/// An entry with everything a rule may ask about it.
#[derive(Debug)]
pub struct Classified<'a> {
    /// Its path.
    pub path: &'a EntryPath,
    /// Tree or archive.
    pub origin: Origin,
    /// File, folder, link.
    pub entry_kind: &'a EntryKind,
    /// What the file is.
    pub kind: Kind,
    /// Its own bytes.
    pub bytes: &'a [u8],
    /// What rules search: the decoded text of a text file, the raw bytes of a binary one.
    pub text: Text<'a>,
}

impl<'a> Classified<'a> {
    /// Classifies by name and content.
    pub fn new(
        path: &'a EntryPath,
        origin: Origin,
        entry_kind: &'a EntryKind,
        bytes: &'a [u8],
    ) -> Self {
        let text = Text::decode(bytes);
        let kind = Kind::of(path.name(), bytes, text.is_binary());
        Self {
            path,
            origin,
            entry_kind,
            kind,
            bytes,
            text,
        }
    }
}
