// SPDX-License-Identifier: Apache-2.0
//! A repository on disk: its folders, what its configuration asks of a reader, where its history
//! was cut off (gitrepository-layout(5), git-config(1)).

use super::checkout::Checkout;
use super::config::{Configuration, read};
use super::id::ObjectId;
use super::store::Store;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// A repository that can be read.
pub struct Repository {
    /// What belongs to this work tree alone.
    pub(super) git: PathBuf,
    /// What all work trees share.
    pub(super) common: PathBuf,
    /// Its objects.
    pub store: Store,
    /// Commits whose parents were left behind by a shallow clone.
    pub shallow: HashSet<ObjectId>,
    /// Whether objects may be absent on purpose (`--filter`).
    pub partial: bool,
}

impl Repository {
    /// Opens the repository that `path` is or lies in; `None` when it lies in none. A work tree,
    /// a linked work tree, a submodule, a bare repository and a `.git` folder all do.
    ///
    /// # Errors
    /// It has a format that cannot be read: a sentence for people.
    pub fn open(path: &Path) -> Result<Option<Self>, String> {
        let path = path.canonicalize().map_err(|error| error.to_string())?;
        let Some(checkout) = Checkout::holding(&path) else {
            return Ok(None);
        };
        let Checkout { own: git, common } = checkout;
        let config = Configuration::read(&common.join("config"));
        if let Some(format) = config.objects.filter(|format| format != "sha1") {
            return Err(format!(
                "its objects are named by {format}; only repositories named by SHA-1 can be read"
            ));
        }
        if let Some(form) = config.references.filter(|form| form != "files") {
            return Err(format!(
                "its references are stored as {form}; only files can be read (`git refs migrate --ref-format=files` makes them files)"
            ));
        }
        let shallow = read(&common.join("shallow")).unwrap_or_default();
        Ok(Some(Self {
            store: Store::open(&common.join("objects")),
            shallow: shallow
                .lines()
                .filter_map(|line| ObjectId::from_hex(line.trim().as_bytes()))
                .collect(),
            partial: config.partial,
            git,
            common,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_that_cannot_be_read_says_why() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Repository::open(folder.path()).unwrap().is_none());
        let git = folder.path().join(".git");
        std::fs::create_dir_all(git.join("objects")).unwrap();
        std::fs::write(git.join("HEAD"), "ref: refs/heads/main\n").unwrap();
        assert!(Repository::open(folder.path()).unwrap().is_some());
        for (key, word) in [
            ("objectformat = sha256", "sha256"),
            ("refstorage = reftable", "reftable"),
        ] {
            std::fs::write(git.join("config"), format!("[extensions]\n\t{key}\n")).unwrap();
            let fault = Repository::open(folder.path()).err().unwrap();
            assert!(fault.contains(word), "{fault}");
        }
    }
}
