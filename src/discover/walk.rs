// SPDX-License-Identifier: Apache-2.0
//! Every file below a folder, where no git decides. Folders are read side by side by whatever
//! workers there are; a regular file is not looked at before it is opened.

use super::input::{Input, InputKind, Place, Tree, TreeOptions, describe};
use super::show;
use crate::model::EntryPath;
use rayon::prelude::*;
use std::cmp::Ordering;
use std::ffi::{OsStr, OsString};
use std::fs::Metadata;
use std::io;
use std::path::Path;
use std::sync::{Arc, OnceLock};

/// Adds everything below `root` but git's own folders, in order of name.
pub(super) fn everything(root: &Path, real_root: &Path, options: &TreeOptions, into: &mut Tree) {
    let walk = Walk {
        root,
        real_root,
        options,
    };
    let Part { runs, unreadable } = walk.folder(root, "");
    into.unreadable.extend(unreadable);
    into.inputs.reserve(runs.iter().map(Vec::len).sum());
    into.inputs.extend(runs.into_iter().flatten());
    // Escapes in names may have changed their order.
    into.inputs.sort_by(|a, b| a.name.cmp(&b.name));
}

struct Walk<'a> {
    root: &'a Path,
    real_root: &'a Path,
    options: &'a TreeOptions,
}

/// What was found below one folder.
#[derive(Default)]
struct Part {
    /// In order; each a run of files between two folders, so that passing them up moves little.
    runs: Vec<Vec<Input>>,
    unreadable: Vec<(String, String)>,
}

/// What a folder holds.
struct Found {
    name: OsString,
    what: What,
}

enum What {
    Folder,
    File,
    /// A link, or what is neither.
    Other(io::Result<Metadata>),
}

impl Walk<'_> {
    /// `prefix` is how names in this folder begin.
    fn folder(&self, folder: &Path, prefix: &str) -> Part {
        let mut part = Part::default();
        if self.options.without.iter().any(|out| folder == out) {
            return part;
        }
        let mut all = Vec::new();
        if let Err(error) = list(folder, &mut all) {
            let told = format!("{}: {error}", folder.display());
            part.unreadable.push((show(self.root), told));
        }
        all.sort_unstable_by(order);
        let mut below = Vec::new();
        let mut run = Vec::new();
        let shared: Arc<Path> = folder.into();
        for Found { name, what } in all {
            let escaped = EntryPath::escape(name.as_encoded_bytes());
            let folder_mark = if matches!(what, What::Folder) {
                "/"
            } else {
                ""
            };
            let shown = [prefix, &escaped, folder_mark].concat();
            if let What::Folder = what {
                part.runs.push(std::mem::take(&mut run));
                below.push((folder.join(&name), shown));
                continue;
            }
            let mut without = self.options.without.iter();
            if without.any(|out| *out == folder.join(&name)) {
                continue;
            }
            let kind = match what {
                What::Other(meta) => {
                    meta.and_then(|meta| describe(self.real_root, &folder.join(&name), &meta))
                }
                _ => Ok(Some(InputKind::File(OnceLock::new()))),
            };
            match kind {
                Ok(Some(kind)) => run.push(Input {
                    name: shown,
                    disk: Place {
                        folder: Arc::clone(&shared),
                        file: name,
                    },
                    kind,
                }),
                Ok(None) => {}
                Err(error) => part.unreadable.push((shown, error.to_string())),
            }
        }
        part.runs.push(run);
        self.with_folders(part, below)
    }

    /// Puts what is found in the folders below between the runs of files.
    fn with_folders(&self, part: Part, below: Vec<(std::path::PathBuf, String)>) -> Part {
        if below.is_empty() {
            return part;
        }
        let read = |(folder, prefix): &(std::path::PathBuf, String)| self.folder(folder, prefix);
        let parts: Vec<Part> = match &below[..] {
            [one] => vec![read(one)],
            many => many.par_iter().map(read).collect(),
        };
        let mut runs = part.runs.into_iter();
        let mut whole = Part {
            runs: runs.next().into_iter().collect(),
            unreadable: part.unreadable,
        };
        for (inner, run) in parts.into_iter().zip(runs) {
            let filled = |run: &Vec<Input>| !run.is_empty();
            whole.runs.extend(inner.runs.into_iter().filter(filled));
            whole.runs.push(run);
            whole.unreadable.extend(inner.unreadable);
        }
        whole
    }
}

/// As whole paths are ordered: the name of a folder goes on with `/`.
fn order(a: &Found, b: &Found) -> Ordering {
    let bytes = |found: &'_ Found| -> (usize, Option<u8>) {
        let mark = matches!(found.what, What::Folder).then_some(b'/');
        (found.name.len(), mark)
    };
    let (left, right) = (raw(&a.name), raw(&b.name));
    let ((left_len, left_mark), (right_len, right_mark)) = (bytes(a), bytes(b));
    let common = left_len.min(right_len);
    left[..common].cmp(&right[..common]).then_with(|| {
        let left_next = left.get(common).copied().or(left_mark);
        let right_next = right.get(common).copied().or(right_mark);
        left_next.cmp(&right_next)
    })
}

fn raw(name: &OsStr) -> &[u8] {
    name.as_encoded_bytes()
}

/// Lists one folder and closes it again: a deep tree must not keep many open.
fn list(folder: &Path, all: &mut Vec<Found>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if name == ".git" {
            continue;
        }
        let what = match entry.file_type() {
            Ok(kind) if kind.is_dir() => What::Folder,
            Ok(kind) if kind.is_file() => What::File,
            _ => What::Other(entry.metadata()),
        };
        all.push(Found { name, what });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_folders_come_in_order_of_their_paths() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["b/x", "b.txt", "b-c/y/z", "b-c/a", "a", "c/d/e/f", "b0"] {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, name).unwrap();
        }
        let mut tree = Tree::default();
        let options = TreeOptions {
            all_files: true,
            without: vec![dir.path().join("c/d")],
        };
        everything(dir.path(), dir.path(), &options, &mut tree);
        let names: Vec<_> = tree.inputs.iter().map(|i| i.name.as_str()).collect();
        assert_eq!(names, ["a", "b-c/a", "b-c/y/z", "b.txt", "b/x", "b0"]);
        for input in &tree.inputs {
            assert_eq!(
                std::fs::read_to_string(input.disk.path()).unwrap(),
                input.name
            );
        }
    }
}
