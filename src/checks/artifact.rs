// SPDX-License-Identifier: Apache-2.0
//! A finished artifact as checks see it.

use crate::artifact::{EntryKind, Format};
use crate::classify::Origin;
use crate::model::EntryPath;
use std::collections::BTreeMap;

/// What kind of package an artifact is, told by content and name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ArtifactKind {
    /// A folder, a git checkout, files named on the command line.
    Tree,
    /// Python binary distribution (PyPA "Binary distribution format").
    Wheel,
    /// Python source distribution (PEP 625).
    Sdist,
    /// Rust crate (`.crate`).
    Crate,
    /// npm package tarball.
    Npm,
    /// Any other container.
    Container(Format),
}

/// A member of an artifact, after its bytes have streamed by.
#[derive(Debug, Clone)]
pub struct IndexEntry {
    /// File, folder, link.
    pub kind: EntryKind,
    /// Unpacked bytes.
    pub size: u64,
    /// SHA-256 of the content; `None` in a tree where nothing needed it, and where the content could not be
    /// read whole.
    pub sha256: Option<[u8; 32]>,
    /// Permission bits.
    pub mode: Option<u32>,
    /// Owner name in a tar header.
    pub owner: Option<String>,
}

/// An artifact as an index of names and the few contents that checks declared they need.
#[derive(Debug, Clone)]
pub struct Artifact {
    /// Where it stands.
    pub path: EntryPath,
    /// What it is.
    pub kind: ArtifactKind,
    /// Tree or archive.
    pub origin: Origin,
    /// Stands in the folder of what is about to be uploaded.
    pub upload: bool,
    /// Was not read to its end: what is not listed may be there all the same.
    pub cut: bool,
    /// Name inside the artifact (with `/`) to entry.
    pub entries: BTreeMap<String, IndexEntry>,
    /// Contents kept, by the same name.
    pub kept: BTreeMap<String, Vec<u8>>,
    /// What [`ArtifactCheck::note`](super::ArtifactCheck::note) said, by the check's name and the entry's.
    pub notes: BTreeMap<(&'static str, String), String>,
}

impl Artifact {
    /// The path of a member.
    pub fn member(&self, name: &str) -> EntryPath {
        match self.origin {
            Origin::Tree => EntryPath::root(name),
            Origin::Archive => self.path.join(name),
        }
    }

    /// The single top folder that an sdist or crate puts everything in (`pkg-1.0`), if there is one.
    pub fn top_folder(&self) -> Option<&str> {
        use std::ops::Bound::{Excluded, Unbounded};
        let (lowest, _) = self.entries.first_key_value()?;
        let (highest, _) = self.entries.last_key_value()?;
        let first = lowest.split('/').next()?;
        let below = format!("{first}/");
        // Names are in order: between the folder itself and what lies below it stand only names
        // that go on otherwise, and what is not below it at the end stands behind all that is.
        let between = (Excluded(first), Excluded(below.as_str()));
        let all = (highest == first || highest.starts_with(&below))
            && self.entries.range::<str, _>(between).next().is_none();
        let filled = || {
            let inside = (Excluded(below.as_str()), Unbounded);
            self.entries.range::<str, _>(inside).next().is_some()
        };
        (all && filled()).then_some(first)
    }

    /// Lets go of what checks of the whole release do not ask for: contents other than those that
    /// `keeps`, notes, and of the index all but the files kept, those that `indexes` names, and what tells the
    /// top folders.
    pub fn thin(&mut self, keeps: impl Fn(&str, &[u8]) -> bool, indexes: impl Fn(&str) -> bool) {
        self.kept.retain(|name, bytes| keeps(name, bytes));
        self.notes.clear();
        let kept = &self.kept;
        // The last top component seen, and whether something below it was.
        let mut top: Option<(String, bool)> = None;
        self.entries.retain(|name, _| {
            let (first, below) = match name.split_once('/') {
                Some((first, rest)) => (first, !rest.is_empty()),
                None => (name.as_str(), false),
            };
            let telling = match &mut top {
                Some((seen, had_below)) if seen == first => {
                    !std::mem::replace(had_below, *had_below || below) && below
                }
                _ => {
                    top = Some((first.to_owned(), below));
                    true
                }
            };
            telling || kept.contains_key(name) || indexes(name)
        });
    }
}

#[cfg(test)]
impl Artifact {
    /// An artifact of these texts, all kept.
    pub(super) fn of_texts(kind: ArtifactKind, files: &[(&str, &str)]) -> Self {
        let entry = |text: &str| IndexEntry {
            kind: EntryKind::File,
            size: text.len() as u64,
            sha256: None,
            mode: None,
            owner: None,
        };
        Self {
            path: EntryPath::root("x"),
            kind,
            origin: match kind {
                ArtifactKind::Tree => Origin::Tree,
                _ => Origin::Archive,
            },
            upload: false,
            cut: false,
            entries: files
                .iter()
                .map(|(name, text)| ((*name).to_owned(), entry(text)))
                .collect(),
            kept: files
                .iter()
                .map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec()))
                .collect(),
            notes: BTreeMap::new(),
        }
    }
}

/// The artifacts of one release.
#[derive(Debug, Clone, Copy)]
pub struct Release<'a> {
    /// The tree first when there is one, then archives by path.
    pub artifacts: &'a [Artifact],
}

/// Under this name [`Artifact::notes`] holds the git tags of the commit that a tree is checked out at.
pub const HEAD_TAG: &str = "git-head-tag";

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// As its definition says it.
    fn plain(names: &[String]) -> Option<String> {
        let first = names.first()?.split('/').next()?.to_owned();
        let below = format!("{first}/");
        let inside = |name: &String| name == &first || name.starts_with(&below);
        let filled = |name: &String| name.starts_with(&below) && name.len() > below.len();
        (names.iter().all(inside) && names.iter().any(filled)).then_some(first)
    }

    proptest! {
        #[test]
        fn the_top_folder_is_what_all_names_lie_below(
            // What sorts before, at and after a slash, so that names stand between and behind.
            names in proptest::collection::vec("a[!/0]{0,3}|[a/]{0,3}|a/[!/0b]{0,2}", 0..6),
        ) {
            let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
            let artifact = Artifact::of_texts(ArtifactKind::Sdist, &files);
            let found = artifact.top_folder().map(str::to_owned);
            prop_assert_eq!(found, plain(&names));
        }
    }
}
