// SPDX-License-Identifier: Apache-2.0
//! A git repository of one commit, written object by object, so that a case can ask for what git
//! itself would not leave behind.

use ccr::git::{ObjectId, ObjectKind};
use serde::Deserialize;
use std::fs;
use std::io::Write as _;
use std::path::Path;

/// What is special about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum History {
    /// Nothing.
    Whole,
    /// Its clone left out what came before.
    Shallow,
    /// The content of its file ends too early.
    Truncated,
    /// The content of its file is not there.
    Missing,
}

/// Makes `folder` a repository.
pub(crate) fn write(folder: &Path, history: History) {
    let git = folder.join(".git");
    let object = |kind: ObjectKind, data: &[u8]| -> ObjectId {
        let id = kind.id(data);
        let name = id.to_string();
        let folder = git.join("objects").join(&name[..2]);
        fs::create_dir_all(&folder).unwrap();
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        write!(encoder, "{} {}\0", kind.word(), data.len()).unwrap();
        encoder.write_all(data).unwrap();
        let mut bytes = encoder.finish().unwrap();
        match (kind, history) {
            (ObjectKind::Blob, History::Missing) => return id,
            (ObjectKind::Blob, History::Truncated) => bytes.truncate(bytes.len() - 6),
            _ => {}
        }
        fs::write(folder.join(&name[2..]), bytes).unwrap();
        id
    };
    let blob = object(ObjectKind::Blob, b"some text\n");
    let tree = [&b"100644 a.txt\0"[..], blob.as_bytes()].concat();
    let tree = object(ObjectKind::Tree, &tree);
    let parent = match history {
        History::Shallow => format!("parent {tree}\n"),
        _ => String::new(),
    };
    let person = "A <a@example.org> 1767225600 +0000";
    let commit = format!("tree {tree}\n{parent}author {person}\ncommitter {person}\n\nfirst\n");
    let commit = object(ObjectKind::Commit, commit.as_bytes());
    fs::create_dir_all(git.join("refs/heads")).unwrap();
    fs::write(git.join("HEAD"), "ref: refs/heads/main\n").unwrap();
    fs::write(git.join("refs/heads/main"), format!("{commit}\n")).unwrap();
    if history == History::Shallow {
        fs::write(git.join("shallow"), format!("{commit}\n")).unwrap();
    }
}
