// SPDX-License-Identifier: Apache-2.0
//! What stands around a string in source code: brackets, and the names before them.

use std::borrow::Cow;

/// Bytes of the file that name something; nothing when empty. Few names are ever read, so they
/// are not copied out.
#[derive(Clone, Copy, Default)]
pub(super) struct Name {
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Name {
    pub(super) fn is_empty(self) -> bool {
        self.start == self.end
    }

    pub(super) fn text(self, file: &[u8]) -> Cow<'_, str> {
        String::from_utf8_lossy(&file[self.start..self.end])
    }
}

/// One pair of brackets, and what stands before it.
#[derive(Default)]
pub(super) struct Frame {
    /// Called or indexed name.
    pub(super) callee: Name,
    /// Name that is being given a value here.
    pub(super) owner: Name,
    /// A list, set, tuple or table, and no block of statements.
    pub(super) collection: bool,
}
