// SPDX-License-Identifier: Apache-2.0
//! A work tree that is checked out: where git keeps its files, which commit stands there, and which
//! tags name it (gitrepository-layout(5)).

use super::config::{Configuration, read};
use super::id::ObjectId;
use super::object::Commit;
use super::packed::Packed;
use super::peel::{HOPS, MOST, peel};
use super::store::{Reader, Store};
use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

/// The folders of git's own files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkout {
    /// What belongs to this work tree alone.
    pub own: PathBuf,
    /// What all work trees share.
    pub common: PathBuf,
}

impl Checkout {
    /// The checkout whose work tree is this very folder. A folder that merely has the name `.git` is
    /// none.
    pub fn at(folder: &Path) -> Option<Self> {
        let dot_git = folder.join(".git");
        if let Some(found) = Self::of(&dot_git) {
            return Some(found);
        }
        // A linked work tree or a submodule.
        let text = read(&dot_git)?;
        Self::of(&folder.join(text.strip_prefix("gitdir:")?.trim()))
    }

    /// The checkout in which a folder lies, and its work tree.
    pub fn around(folder: &Path) -> Option<(PathBuf, Self)> {
        for folder in folder.ancestors() {
            if let Some(found) = Self::at(folder) {
                return Some((folder.to_owned(), found));
            }
            // A submodule or work tree whose repository is gone is no part of what lies around it.
            if folder.join(".git").is_file() {
                break;
            }
        }
        None
    }

    /// The folders of the repository that `path` is or lies in, a bare one or a `.git` folder too.
    pub(super) fn holding(path: &Path) -> Option<Self> {
        let here = |folder: &Path| Self::at(folder).or_else(|| Self::of(folder));
        path.ancestors().find_map(here)
    }

    /// Whose own files these are.
    fn of(git: &Path) -> Option<Self> {
        if !git.join("HEAD").is_file() {
            return None;
        }
        let common = match read(&git.join("commondir")) {
            Some(shared) => git.join(shared.trim()),
            None if git.join("objects").is_dir() => git.to_owned(),
            None => return None,
        };
        Some(Self {
            own: git.to_owned(),
            common,
        })
    }

    /// Whether its objects are named by SHA-1, as all are that can be read here.
    pub fn is_sha1(&self) -> bool {
        let format = Configuration::read(&self.common.join("config")).objects;
        format.is_none_or(|format| format == "sha1")
    }

    /// Name of the commit that is checked out: 40 or 64 hex digits.
    pub fn head(&self) -> Option<String> {
        let packed = read(&self.common.join("packed-refs")).unwrap_or_default();
        self.resolved(&Packed::parse(&packed))
    }

    fn resolved(&self, packed: &Packed<'_>) -> Option<String> {
        let mut text = read(&self.own.join("HEAD"))?;
        for _ in 0..HOPS {
            let Some(name) = text.trim().strip_prefix("ref:").map(str::trim) else {
                break;
            };
            // A name that climbs is no name of git's.
            let inside = Path::new(name).components();
            if !inside
                .clone()
                .all(|part| matches!(part, Component::Normal(_)))
            {
                return None;
            }
            let loose = read(&self.own.join(name)).or_else(|| read(&self.common.join(name)));
            text = match loose {
                Some(text) => text,
                None => packed.get(name)?.to_owned(),
            };
        }
        let id = text.trim();
        let whole = matches!(id.len(), 40 | 64) && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        whole.then(|| id.to_ascii_lowercase())
    }

    /// The tree of the commit that is checked out, wherever it lies: in a file of its own or in a
    /// pack.
    pub fn head_tree(&self) -> Option<ObjectId> {
        let head = ObjectId::from_hex(self.head()?.as_bytes())?;
        let store = Store::open(&self.common.join("objects"));
        let (_, data) = Reader::new(&store).read(&head, MOST).ok()?;
        Some(Commit::parse(&data).ok()?.tree)
    }

    /// Names of the tags that stand at the commit that is checked out, in order. What cannot be
    /// read gives fewer tags, never an error.
    pub fn head_tags(&self) -> Vec<String> {
        let text = read(&self.common.join("packed-refs")).unwrap_or_default();
        let packed = Packed::parse(&text);
        let Some(head) = self.resolved(&packed) else {
            return Vec::new();
        };
        let mut tags = BTreeSet::new();
        // What may be the object of a tag: the name of the tag, and of that object.
        let mut objects: Vec<(String, String)> = Vec::new();
        for (name, id, commit) in &packed.refs {
            let Some(name) = name.strip_prefix("refs/tags/") else {
                continue;
            };
            if *id == head || *commit == Some(head.as_str()) {
                tags.insert(name.to_owned());
            } else if commit.is_none() && !packed.peeled {
                objects.push((name.to_owned(), (*id).to_owned()));
            }
        }
        let folder = self.common.join("refs/tags");
        let loose = walkdir::WalkDir::new(&folder).max_depth(64);
        for entry in loose.into_iter().flatten() {
            let name = entry.path().strip_prefix(&folder).ok();
            let (Some(name), Some(id)) = (name, read(entry.path())) else {
                continue;
            };
            let name = name.to_string_lossy().replace('\\', "/");
            // What stands in a file of its own counts before what is packed.
            tags.remove(&name);
            if id.trim() == head {
                tags.insert(name);
            } else {
                objects.push((name, id.trim().to_owned()));
            }
        }
        if let Some(head) = ObjectId::from_hex(head.as_bytes()).filter(|_| !objects.is_empty()) {
            let store = Store::open(&self.common.join("objects"));
            let mut reader = Reader::new(&store);
            for (name, id) in objects {
                let id = ObjectId::from_hex(id.as_bytes());
                let named = id.and_then(|id| peel(&mut reader, id).ok());
                if named.is_some_and(|(id, _)| id == head) {
                    tags.insert(name);
                }
            }
        }
        tags.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_of_the_head_are_read_loose_and_packed() {
        let folder = tempfile::tempdir().unwrap();
        let git = folder.path().join(".git");
        std::fs::create_dir_all(git.join("refs/tags/a")).unwrap();
        std::fs::create_dir_all(git.join("objects")).unwrap();
        let (one, two) = ("1".repeat(40), "2".repeat(40));
        let write = |name: &str, text: String| std::fs::write(git.join(name), text).unwrap();
        let tags = || Checkout::at(folder.path()).unwrap().head_tags();
        write("HEAD", "ref: refs/heads/main\n".to_owned());
        write(
            "packed-refs",
            format!(
                "# pack-refs\n{one} refs/heads/main\n{two} refs/tags/v2\n^{one}\n{two} refs/tags/old\n{one} refs/tags/c\n"
            ),
        );
        write("refs/tags/a/b", format!("{one}\n"));
        write("refs/tags/c", format!("{two}\n"));
        assert_eq!(tags(), ["a/b", "v2"]);
        write("HEAD", format!("{two}\n"));
        assert_eq!(tags(), ["c", "old", "v2"]);
        write("HEAD", "ref: ../../x".to_owned());
        assert!(tags().is_empty());
        assert!(Checkout::at(&folder.path().join("none")).is_none());
    }

    #[test]
    fn a_folder_that_has_the_name_only_is_none() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(".git")).unwrap();
        assert!(Checkout::at(folder.path()).is_none());
        std::fs::write(folder.path().join(".git/HEAD"), "ref: refs/heads/x\n").unwrap();
        assert!(Checkout::around(folder.path()).is_none());
        std::fs::create_dir(folder.path().join(".git/objects")).unwrap();
        let below = folder.path().join("a/b");
        let (work_tree, found) = Checkout::around(&below).unwrap();
        assert_eq!(work_tree, folder.path());
        assert_eq!(found.head(), None);
        assert!(found.is_sha1());
    }
}
