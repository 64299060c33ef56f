// SPDX-License-Identifier: Apache-2.0
//! The source of a workspace as it stands: its files, and where it is a git worktree, the commit and
//! the state of the worktree as git's files tell. Git is not run and nothing is written.

use crate::governance::gate::worktree::{self, Standing};
use crate::governance::make::workspace::State;
use crate::support::hashing;
use std::io;
use std::path::Path;

/// A source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Source {
    /// Its files.
    pub state: State,
    /// What git's files tell; nothing when it is no worktree.
    pub git: Option<Standing>,
}

impl Source {
    /// Reads it.
    ///
    /// # Errors
    /// It cannot be read, or is larger than a workspace may be.
    pub(super) fn read(folder: &Path) -> io::Result<Self> {
        Ok(Self {
            state: State::read(folder)?,
            git: worktree::standing(folder),
        })
    }

    /// Why its worktree is not known to be clean.
    pub(super) fn unclean(&self) -> Option<&str> {
        let git = self.git.as_ref()?;
        match (&git.unclean, &git.head) {
            (Some(why), _) => Some(why),
            (None, None) => Some("no commit is checked out"),
            (None, Some(_)) => None,
        }
    }

    /// What is known of its cleanness, and from what.
    pub(super) fn basis(&self) -> &'static str {
        if self.git.is_some() {
            "the source's git index against its files and its commit, and the copy against the source"
        } else {
            "the source is no git worktree; the copy holds the files that were read, and no others"
        }
    }

    /// SHA-256 over the digest and the name of each file.
    pub(super) fn digest(&self) -> String {
        let mut all = Vec::new();
        for (name, bytes) in &self.state.files {
            all.extend_from_slice(hashing::sha256_hex(bytes).as_bytes());
            all.extend_from_slice(format!("  {name}\0").as_bytes());
        }
        hashing::sha256_hex(&all)
    }
}
