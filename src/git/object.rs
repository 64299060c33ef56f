// SPDX-License-Identifier: Apache-2.0
//! What stands in an object: commits, trees and tags, as far as a walk through history needs them.

use super::id::{LENGTH, ObjectId};
use sha1::{Digest as _, Sha1};

/// What an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectKind {
    /// A state of the tree, with its parents.
    Commit,
    /// A folder.
    Tree,
    /// The content of a file.
    Blob,
    /// A name for an object.
    Tag,
}

impl ObjectKind {
    /// The kind by its word in a header.
    pub(super) fn named(word: &[u8]) -> Option<Self> {
        [Self::Commit, Self::Tree, Self::Blob, Self::Tag]
            .into_iter()
            .find(|kind| kind.word().as_bytes() == word)
    }

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Commit => "commit",
            Self::Tree => "tree",
            Self::Blob => "blob",
            Self::Tag => "tag",
        }
    }

    /// The name of an object of this kind.
    pub fn id(self, data: &[u8]) -> ObjectId {
        let mut hasher = Sha1::new();
        hasher.update(format!("{} {}\0", self.word(), data.len()));
        hasher.update(data);
        let bytes: [u8; LENGTH] = hasher.finalize().into();
        ObjectId::from_bytes(&bytes).expect("a SHA-1 has the length of a name")
    }
}

/// Why an object could not be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It is not there.
    #[error("it is not in the repository")]
    Missing,
    /// It is not what it should be.
    #[error("it is broken: {0}")]
    Broken(String),
    /// It is larger than the budget.
    #[error("it is larger than {0} bytes")]
    Large(u64),
}

impl Fault {
    pub(super) fn broken(what: impl ToString) -> Self {
        Self::Broken(what.to_string())
    }
}

/// A commit, as far as it counts here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Commit {
    pub(super) tree: ObjectId,
    pub(super) parents: Vec<ObjectId>,
    /// Seconds since 1970 when it was written first.
    pub(super) authored: i64,
    /// The same when it became this commit.
    pub(super) committed: i64,
}

impl Commit {
    /// Reads the head of a commit. A date that cannot be read counts as 0: it decides no more than
    /// an order.
    pub(super) fn parse(data: &[u8]) -> Result<Self, Fault> {
        let mut commit = None;
        for line in data.split(|&byte| byte == b'\n') {
            let (word, rest) = match memchr::memchr(b' ', line) {
                Some(space) => (&line[..space], &line[space + 1..]),
                None => break,
            };
            match (word, &mut commit) {
                (b"tree", None) => {
                    commit = Some(Self {
                        tree: id(rest)?,
                        parents: Vec::new(),
                        authored: 0,
                        committed: 0,
                    });
                }
                (b"parent", Some(commit)) => commit.parents.push(id(rest)?),
                (b"author", Some(commit)) => commit.authored = seconds(rest),
                (b"committer", Some(commit)) => {
                    commit.committed = seconds(rest);
                    break;
                }
                _ => break,
            }
        }
        commit.ok_or_else(|| Fault::broken("a commit without a tree"))
    }
}

/// What a tag names.
pub(super) fn tagged(data: &[u8]) -> Result<ObjectId, Fault> {
    let line = data.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let rest = line.strip_prefix(b"object ");
    id(rest.ok_or_else(|| Fault::broken("a tag without an object"))?)
}

/// What somebody wrote of a commit or tag: what stands behind its head, which says who and when.
pub fn message(data: &[u8]) -> &[u8] {
    memchr::memmem::find(data, b"\n\n").map_or(&[], |at| &data[at + 2..])
}

/// The name that a tag gives.
pub fn tag_name(data: &[u8]) -> Option<&[u8]> {
    let head = &data[..data.len() - message(data).len()];
    let mut lines = head.split(|&byte| byte == b'\n');
    lines.find_map(|line| line.strip_prefix(b"tag "))
}

fn id(text: &[u8]) -> Result<ObjectId, Fault> {
    ObjectId::from_hex(text).ok_or_else(|| Fault::broken("what should be an id is none"))
}

/// The number before the zone at the end of `Name <address> 1700000000 +0100`.
fn seconds(person: &[u8]) -> i64 {
    let text = String::from_utf8_lossy(person);
    let mut words = text.rsplit(' ').skip(1);
    words
        .next()
        .and_then(|word| word.parse().ok())
        .unwrap_or_default()
}

/// What an entry of a tree is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EntryMode {
    Folder,
    File,
    Link,
    /// A commit of another repository.
    Module,
}

/// One name in a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TreeEntry<'a> {
    pub(super) mode: EntryMode,
    pub(super) name: &'a [u8],
    pub(super) id: ObjectId,
}

/// The entries of a tree, in their order.
pub(super) fn entries(mut data: &[u8]) -> impl Iterator<Item = Result<TreeEntry<'_>, Fault>> {
    std::iter::from_fn(move || {
        if data.is_empty() {
            return None;
        }
        let entry = entry(&mut data);
        if entry.is_none() {
            data = &[];
        }
        Some(entry.ok_or_else(|| Fault::broken("a tree that ends within an entry")))
    })
}

fn entry<'a>(data: &mut &'a [u8]) -> Option<TreeEntry<'a>> {
    let space = memchr::memchr(b' ', &data[..data.len().min(8)])?;
    let (mode, rest) = (&data[..space], &data[space + 1..]);
    let end = memchr::memchr(0, rest)?;
    let (name, rest) = (&rest[..end], &rest[end + 1..]);
    let id = ObjectId::from_bytes(rest.get(..LENGTH)?)?;
    *data = &rest[LENGTH..];
    // Old repositories have modes such as 100664: the type alone counts.
    let octal = mode.iter().try_fold(0u32, |value, byte| {
        (b'0'..=b'7')
            .contains(byte)
            .then(|| value << 3 | u32::from(byte - b'0'))
    })?;
    let mode = match octal >> 12 {
        0o4 => EntryMode::Folder,
        0o12 => EntryMode::Link,
        0o16 => EntryMode::Module,
        _ => EntryMode::File,
    };
    Some(TreeEntry { mode, name, id })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_those_of_git() {
        // gitformat-loose: the empty blob and the empty tree have names everybody knows.
        let shown = |kind: ObjectKind| kind.id(b"").to_string();
        assert_eq!(
            shown(ObjectKind::Blob),
            "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
        );
        assert_eq!(
            shown(ObjectKind::Tree),
            "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
        );
    }

    #[test]
    fn the_head_of_a_commit_is_read_and_its_message_is_not() {
        let (tree, parent) = ("1".repeat(40), "2".repeat(40));
        let text = format!(
            "tree {tree}\nparent {parent}\nauthor A B <a@b> 100 +0200\ncommitter C <c> 200 -0100\n\nparent {tree}\n"
        );
        let commit = Commit::parse(text.as_bytes()).unwrap();
        assert_eq!(commit.tree.to_string(), tree);
        assert_eq!(commit.parents.len(), 1);
        assert_eq!((commit.authored, commit.committed), (100, 200));
        assert!(Commit::parse(b"parent 1\n").is_err());
        assert_eq!(
            message(text.as_bytes()),
            format!("parent {tree}\n").as_bytes()
        );
    }

    #[test]
    fn a_signature_is_part_of_the_head_and_a_tag_has_a_name() {
        let signed = b"tree 1\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n abc\n\nWhy\n\nMore\n";
        assert_eq!(message(signed), b"Why\n\nMore\n");
        let tag = b"object 1\ntype commit\ntag v1.0\ntagger T <t@x> 1 +0000\n\ntag of\n";
        assert_eq!(tag_name(tag), Some(&b"v1.0"[..]));
        assert_eq!(tag_name(b"object 1\n\ntag no\n"), None);
        assert_eq!((message(b""), message(b"tree 1\n")), (&b""[..], &b""[..]));
    }

    #[test]
    fn a_tree_gives_its_entries_and_says_when_it_is_cut() {
        let mut data = b"40000 src\0".to_vec();
        data.extend([1; 20]);
        data.extend(b"120000 l\0");
        data.extend([2; 20]);
        let all: Vec<_> = entries(&data).map(Result::unwrap).collect();
        assert_eq!((all[0].mode, all[0].name), (EntryMode::Folder, &b"src"[..]));
        assert_eq!(all[1].mode, EntryMode::Link);
        data.pop();
        assert!(entries(&data).last().unwrap().is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_safe(data in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Commit::parse(&data);
            let _ = (tagged(&data), tag_name(&data), message(&data));
            prop_assert!(entries(&data).count() <= data.len());
        }
    }
}
