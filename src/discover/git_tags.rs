// SPDX-License-Identifier: Apache-2.0
//! The tags of the commit that is checked out, read from `.git` without running git. What cannot be
//! read (objects inside packs, reftables) gives fewer tags, never an error.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// No reference file or tag object of a sound repository is larger.
const LIMIT: u64 = 64 << 20;

/// Names of the tags that stand at `HEAD`, in order.
pub fn head_tags(root: &Path) -> Vec<String> {
    let mut tags = BTreeSet::new();
    let Some(git) = git_folder(root) else {
        return Vec::new();
    };
    // A linked worktree has a HEAD of its own and shares the rest.
    let common =
        read(&git.join("commondir")).map_or_else(|| git.clone(), |shared| git.join(shared.trim()));
    let packed = read(&common.join("packed-refs")).unwrap_or_default();
    let Some(head) = head(&git, &common, &packed) else {
        return Vec::new();
    };
    let mut last = "";
    for line in packed.lines() {
        if let Some(peeled) = line.strip_prefix('^') {
            if peeled.trim() == head && !last.is_empty() {
                tags.insert(last.to_owned());
            }
        } else if let Some((id, name)) = line.split_once(' ') {
            last = name.strip_prefix("refs/tags/").unwrap_or_default();
            if id == head && !last.is_empty() {
                tags.insert(last.to_owned());
            }
        }
    }
    let folder = common.join("refs/tags");
    for entry in walkdir::WalkDir::new(&folder).max_depth(8) {
        let Ok(entry) = entry else { continue };
        let name = entry.path().strip_prefix(&folder).ok();
        let (Some(name), Some(id)) = (name, read(entry.path())) else {
            continue;
        };
        let id = id.trim();
        if id == head || tagged(&common, id).as_deref() == Some(head.as_str()) {
            tags.insert(name.to_string_lossy().replace('\\', "/"));
        }
    }
    tags.into_iter().collect()
}

/// `.git`, or the folder that a `.git` file points at.
fn git_folder(root: &Path) -> Option<PathBuf> {
    let git = root.join(".git");
    if git.is_dir() {
        return Some(git);
    }
    let text = read(&git)?;
    let named = root.join(text.strip_prefix("gitdir:")?.trim());
    named.is_dir().then_some(named)
}

fn head(git: &Path, common: &Path, packed: &str) -> Option<String> {
    let text = read(&git.join("HEAD"))?;
    let Some(name) = text.strip_prefix("ref:") else {
        return Some(text.trim().to_owned());
    };
    let name = name.trim();
    // A name that climbs is no name of git's.
    if name.split('/').any(|part| part == "..") {
        return None;
    }
    let loose = read(&common.join(name)).map(|id| id.trim().to_owned());
    loose.or_else(|| {
        let of_name = |line: &str| {
            let (id, found) = line.split_once(' ')?;
            (found == name).then(|| id.to_owned())
        };
        packed.lines().find_map(of_name)
    })
}

/// The commit of an annotated tag, when its object lies loose.
fn tagged(common: &Path, id: &str) -> Option<String> {
    if id.len() < 40 || !id.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let file = std::fs::File::open(common.join("objects").join(&id[..2]).join(&id[2..])).ok()?;
    let mut bytes = Vec::new();
    flate2::read::ZlibDecoder::new(file)
        .take(4096)
        .read_to_end(&mut bytes)
        .ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let (kind, body) = text.split_once('\0')?;
    let first = kind.starts_with("tag ").then(|| body.lines().next())?;
    first?.strip_prefix("object ").map(str::to_owned)
}

fn read(path: &Path) -> Option<String> {
    let meta = path.metadata().ok()?;
    if !meta.is_file() || meta.len() > LIMIT {
        return None;
    }
    std::fs::read_to_string(path).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_of_the_head_are_read_loose_and_packed() {
        let folder = tempfile::tempdir().unwrap();
        let git = folder.path().join(".git");
        std::fs::create_dir_all(git.join("refs/tags/a")).unwrap();
        let (one, two) = ("1".repeat(40), "2".repeat(40));
        let write = |name: &str, text: String| std::fs::write(git.join(name), text).unwrap();
        write("HEAD", "ref: refs/heads/main\n".to_owned());
        write(
            "packed-refs",
            format!(
                "# pack-refs\n{one} refs/heads/main\n{two} refs/tags/v2\n^{one}\n{two} refs/tags/old\n"
            ),
        );
        write("refs/tags/a/b", format!("{one}\n"));
        write("refs/tags/c", format!("{two}\n"));
        assert_eq!(head_tags(folder.path()), ["a/b", "v2"]);
        write("HEAD", format!("{two}\n"));
        assert_eq!(head_tags(folder.path()), ["c", "old", "v2"]);
        write("HEAD", "ref: ../../x".to_owned());
        assert!(head_tags(folder.path()).is_empty());
        assert!(head_tags(&folder.path().join("none")).is_empty());
    }
}
