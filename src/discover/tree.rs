// SPDX-License-Identifier: Apache-2.0
//! The files of a folder as they would be published.

use super::input::{Input, Place, Tree, TreeOptions, describe};
use super::{show, walk};
use crate::git::Checkout;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

/// Lists `root`. In a git checkout: tracked files (even ignored ones) and untracked ones that are
/// not ignored; elsewhere, or with `all_files`, everything but git's own folder. A person's global
/// ignore file is not obeyed: the verdict must not depend on it.
///
/// # Errors
/// The root itself cannot be read.
pub fn tree(root: &Path, options: &TreeOptions) -> io::Result<Tree> {
    std::fs::read_dir(root)?;
    let real_root = root.canonicalize()?;
    let repository = (!options.all_files)
        .then(|| Checkout::around(&real_root))
        .flatten();
    let mut found: BTreeMap<Vec<u8>, Input> = BTreeMap::new();
    let mut listing = Tree::default();
    let take = |listing: &mut Tree, found: &mut BTreeMap<Vec<u8>, Input>, disk: &Path| {
        if options
            .without
            .iter()
            .any(|folder| disk.starts_with(folder))
        {
            return;
        }
        let relative = disk.strip_prefix(root).unwrap_or(disk);
        let key = relative.as_os_str().as_encoded_bytes().to_vec();
        if found.contains_key(&key) {
            return;
        }
        match input(&real_root, disk, show(relative)) {
            Ok(Some(input)) => {
                found.insert(key, input);
            }
            Ok(None) => {}
            Err(error) => listing.unreadable.push((show(relative), error.to_string())),
        }
    };

    if let Some((work_tree, checkout)) = &repository {
        listing.from_git = true;
        match checkout.index().map(Option::unwrap_or_default) {
            Ok(index) => {
                for entry in index.entries {
                    if let Ok(inside) = work_tree.join(entry.path()).strip_prefix(&real_root) {
                        let disk = root.join(inside);
                        // A tracked file that is gone from the work tree would not be published.
                        if disk.symlink_metadata().is_ok() {
                            take(&mut listing, &mut found, &disk);
                        }
                    }
                }
            }
            Err(error) => {
                // Better too much than too little: without the index, ignore rules are not obeyed.
                listing.unreadable.push((".git/index".to_owned(), error));
                listing.from_git = false;
            }
        }
    }
    if !listing.from_git {
        walk::everything(root, &real_root, options, &mut listing);
        listing.unreadable.sort();
        return Ok(listing);
    }
    let mut walk = ignore::WalkBuilder::new(root);
    walk.standard_filters(false)
        .hidden(false)
        .follow_links(false)
        .git_ignore(true)
        .git_exclude(true)
        .parents(true);
    walk.filter_entry(|entry| entry.depth() == 0 || entry.file_name() != ".git");
    for entry in walk.build() {
        match entry {
            Ok(entry) if entry.file_type().is_some_and(|kind| kind.is_dir()) => {}
            Ok(entry) => take(&mut listing, &mut found, entry.path()),
            Err(error) => listing.unreadable.push((show(root), error.to_string())),
        }
    }
    listing.inputs = found.into_values().collect();
    listing.inputs.sort_by(|a, b| a.name.cmp(&b.name));
    listing.unreadable.sort();
    Ok(listing)
}

/// Describes one path without following it; `None` for what is neither file nor link.
fn input(real_root: &Path, disk: &Path, name: String) -> io::Result<Option<Input>> {
    let kind = describe(real_root, disk, &disk.symlink_metadata()?)?;
    Ok(kind.map(|kind| Input {
        name,
        disk: Place::alone(disk),
        kind,
    }))
}

#[cfg(test)]
mod tests {
    use super::super::{InputKind, LinkFate};
    use super::*;

    #[test]
    fn outside_git_everything_counts_and_links_are_described() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(".gitignore"), "b.txt\n").unwrap();
        std::fs::write(dir.path().join("b.txt"), "x").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink("/etc", dir.path().join("link")).unwrap();
        let tree = tree(dir.path(), &TreeOptions::default()).unwrap();
        let names: Vec<_> = tree.inputs.iter().map(|i| i.name.as_str()).collect();
        assert!(names.contains(&"b.txt") && names.contains(&".gitignore"));
        #[cfg(unix)]
        assert!(matches!(
            tree.inputs.last().unwrap().kind,
            InputKind::Symlink {
                fate: LinkFate::Outside,
                ..
            }
        ));
    }
}
