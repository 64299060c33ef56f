// SPDX-License-Identifier: Apache-2.0
//! Every file below a folder, where no git decides: one look at each, through the open folder, so
//! that the system need not find the way to it again.

use super::input::{Input, Tree, TreeOptions, describe};
use super::show;
use crate::model::EntryPath;
use std::ffi::OsString;
use std::fs::Metadata;
use std::io;
use std::path::Path;

/// Adds everything below `root` but git's own folders, in order of name.
pub(super) fn everything(root: &Path, real_root: &Path, options: &TreeOptions, into: &mut Tree) {
    let mut walk = Walk {
        root,
        real_root,
        options,
        into,
    };
    walk.folder(root, "");
    // Escapes in names may have changed their order.
    walk.into.inputs.sort_by(|a, b| a.name.cmp(&b.name));
}

struct Walk<'a> {
    root: &'a Path,
    real_root: &'a Path,
    options: &'a TreeOptions,
    into: &'a mut Tree,
}

/// What a folder holds: a folder of its own, or something to describe.
struct Found {
    name: OsString,
    /// `None` for a folder.
    meta: Option<io::Result<Metadata>>,
}

impl Walk<'_> {
    /// `prefix` is how names in this folder begin.
    fn folder(&mut self, folder: &Path, prefix: &str) {
        if self.options.without.iter().any(|out| folder == out) {
            return;
        }
        let mut all = Vec::new();
        if let Err(error) = list(folder, &mut all) {
            let told = format!("{}: {error}", folder.display());
            self.into.unreadable.push((show(self.root), told));
        }
        // As whole paths are ordered: the name of a folder goes on with `/`.
        let slash = |found: &Found| found.meta.is_none().then_some(b'/');
        let key = |found: &'_ Found| {
            let bytes = found.name.as_encoded_bytes().iter().copied();
            bytes.chain(slash(found)).collect::<Vec<u8>>()
        };
        all.sort_by_cached_key(key);
        for Found { name, meta } in all {
            let disk = folder.join(&name);
            let shown = format!("{prefix}{}", EntryPath::escape(name.as_encoded_bytes()));
            let Some(meta) = meta else {
                self.folder(&disk, &format!("{shown}/"));
                continue;
            };
            if self.options.without.iter().any(|out| &disk == out) {
                continue;
            }
            let kind = meta.and_then(|meta| describe(self.real_root, &disk, &meta));
            match kind {
                Ok(Some(kind)) => self.into.inputs.push(Input {
                    name: shown,
                    disk,
                    kind,
                }),
                Ok(None) => {}
                Err(error) => self.into.unreadable.push((shown, error.to_string())),
            }
        }
    }
}

/// Lists one folder and closes it again: a deep tree must not keep many open.
fn list(folder: &Path, all: &mut Vec<Found>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if name == ".git" {
            continue;
        }
        let meta = match entry.file_type() {
            Ok(kind) if kind.is_dir() => None,
            _ => Some(entry.metadata()),
        };
        all.push(Found { name, meta });
    }
    Ok(())
}
