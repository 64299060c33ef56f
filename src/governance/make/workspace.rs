// SPDX-License-Identifier: Apache-2.0
//! A copied workspace: what a run may change, and what it changed.

use crate::discover;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

/// Largest file of a workspace.
const FILE_BYTES: u64 = 64 << 20;
/// Largest workspace.
const TOTAL_BYTES: u64 = 1 << 30;
/// Folders that are no part of a workspace.
const LEFT_OUT: &[&str] = &[".git", "node_modules", "target", ".venv", "__pycache__"];

/// Files of a workspace by name, without links.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// Contents.
    pub files: BTreeMap<String, Vec<u8>>,
    /// Links that stand in it; they are not copied and not followed.
    pub links: Vec<String>,
}

impl State {
    /// Reads a folder.
    ///
    /// # Errors
    /// It cannot be read, or is larger than a workspace may be.
    pub fn read(root: &Path) -> io::Result<Self> {
        std::fs::read_dir(root)?;
        let mut state = Self::default();
        let mut total = 0;
        let walk = walkdir::WalkDir::new(root).sort_by_file_name().into_iter();
        let kept = walk.filter_entry(|entry| {
            let name = entry.file_name().to_string_lossy();
            entry.depth() == 0 || !(entry.file_type().is_dir() && LEFT_OUT.contains(&&*name))
        });
        for entry in kept {
            let entry = entry?;
            let name = discover::show(entry.path().strip_prefix(root).unwrap_or(entry.path()));
            if entry.file_type().is_symlink() {
                state.links.push(name);
            } else if entry.file_type().is_file() {
                let bytes = crate::governance::files::read_bounded(entry.path(), FILE_BYTES)
                    .map_err(|error| io::Error::new(error.kind(), format!("{name}: {error}")))?;
                total += bytes.len() as u64;
                if total > TOTAL_BYTES {
                    let why = format!("the workspace is larger than {TOTAL_BYTES} bytes");
                    return Err(io::Error::new(io::ErrorKind::InvalidData, why));
                }
                state.files.insert(name, bytes);
            }
        }
        Ok(state)
    }

    /// Writes the files below an empty folder.
    ///
    /// # Errors
    /// Any I/O error.
    pub fn copy_to(&self, folder: &Path) -> io::Result<()> {
        for (name, bytes) in &self.files {
            let path: PathBuf = folder.join(name);
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent)?;
            }
            std::fs::write(path, bytes)?;
        }
        Ok(())
    }

    /// Names whose content differs, sorted.
    pub fn changed(&self, after: &Self) -> Vec<String> {
        let mut names: Vec<&String> = self.files.keys().chain(after.files.keys()).collect();
        names.sort();
        names.dedup();
        let differs = |name: &&String| self.files.get(*name) != after.files.get(*name);
        names.into_iter().filter(differs).cloned().collect()
    }

    /// The change as a unified diff in git's form.
    pub fn diff(&self, after: &Self) -> Vec<u8> {
        let mut out = Vec::new();
        for name in self.changed(after) {
            let (old, new) = (self.files.get(&name), after.files.get(&name));
            let mut head = format!("diff --git a/{name} b/{name}\n");
            match (old, new) {
                (None, _) => head.push_str("new file mode 100644\n"),
                (_, None) => head.push_str("deleted file mode 100644\n"),
                _ => {}
            }
            out.extend_from_slice(head.as_bytes());
            let from = if old.is_some() {
                format!("a/{name}")
            } else {
                "/dev/null".to_owned()
            };
            let to = if new.is_some() {
                format!("b/{name}")
            } else {
                "/dev/null".to_owned()
            };
            let text = |bytes: Option<&Vec<u8>>| {
                let bytes = bytes.map_or(&[][..], Vec::as_slice);
                let text = std::str::from_utf8(bytes).ok()?;
                (!text.contains('\0')).then(|| text.to_owned())
            };
            let mut hunks = String::new();
            match (text(old), text(new)) {
                (Some(old), Some(new)) => {
                    let patch = diffy::create_patch(&old, &new);
                    if !patch.hunks().is_empty() {
                        let _ = writeln!(hunks, "--- {from}\n+++ {to}");
                        let written = patch.to_string();
                        // The library's own two lines of names are left out.
                        let body = written.split_inclusive('\n').skip(2);
                        hunks.extend(body);
                        if !hunks.ends_with('\n') {
                            hunks.push('\n');
                        }
                    }
                }
                _ => {
                    let _ = writeln!(hunks, "Binary files {from} and {to} differ");
                }
            }
            out.extend_from_slice(hunks.as_bytes());
        }
        out
    }

    /// This state with a patch in git's form applied; every context line must fit.
    ///
    /// # Errors
    /// The patch cannot be read or does not fit, with the file.
    pub fn patched(&self, patch: &str) -> Result<Self, String> {
        let mut after = self.clone();
        for part in parts(patch) {
            let parsed = diffy::Patch::from_str(part)
                .map_err(|error| format!("the patch cannot be read: {error}"))?;
            let name = |side: Option<&str>, prefix: &str| {
                let name = side.filter(|name| *name != "/dev/null")?;
                Some(name.strip_prefix(prefix).unwrap_or(name).to_owned())
            };
            let old = name(parsed.original(), "a/");
            let new = name(parsed.modified(), "b/");
            let Some(shown) = new.clone().or_else(|| old.clone()) else {
                return Err("a part of the patch names no file".to_owned());
            };
            if shown.starts_with('/') || shown.split('/').any(|part| part == "..") {
                return Err(format!("`{shown}` lies outside the workspace"));
            }
            let before = match &old {
                None => String::new(),
                Some(old) => {
                    let bytes = after.files.get(old);
                    let bytes = bytes.ok_or_else(|| format!("`{old}` is not in the workspace"))?;
                    String::from_utf8(bytes.clone()).map_err(|_| format!("`{old}` is no text"))?
                }
            };
            let text = diffy::apply(&before, &parsed)
                .map_err(|error| format!("the patch does not fit `{shown}`: {error}"))?;
            if let Some(old) = old {
                after.files.remove(&old);
            }
            if let Some(new) = new {
                after.files.insert(new, text.into_bytes());
            }
        }
        Ok(after)
    }
}

/// The parts of a patch, a file each, without what stands before its `---` line.
fn parts(patch: &str) -> Vec<&str> {
    let mut starts = Vec::new();
    let mut at = 0;
    let lines: Vec<&str> = patch.split_inclusive('\n').collect();
    for (index, line) in lines.iter().enumerate() {
        let next = lines
            .get(index + 1)
            .is_some_and(|next| next.starts_with("+++ "));
        if line.starts_with("--- ") && next {
            starts.push(at);
        }
        at += line.len();
    }
    let ends = starts.iter().skip(1).copied().chain([patch.len()]);
    let cut = |(start, end): (usize, usize)| {
        let part = &patch[start..end];
        part.find("\ndiff --git ").map_or(part, |at| &part[..=at])
    };
    starts.iter().copied().zip(ends).map(cut).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(files: &[(&str, &str)]) -> State {
        let files = files
            .iter()
            .map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec()));
        State {
            files: files.collect(),
            links: Vec::new(),
        }
    }

    #[test]
    fn a_diff_applied_gives_the_state_it_was_made_of() {
        let before = state(&[("a.txt", "1\n2\n3\n"), ("gone.txt", "x\n"), ("same", "s")]);
        let after = state(&[
            ("a.txt", "1\ntwo\n3\n"),
            ("new/b.txt", "no newline"),
            ("same", "s"),
        ]);
        let diff = String::from_utf8(before.diff(&after)).unwrap();
        assert_eq!(before.patched(&diff).unwrap(), after, "{diff}");
        assert!(diff.contains("deleted file mode"), "{diff}");
        assert!(state(&[("a.txt", "other\n")]).patched(&diff).is_err());
    }

    #[test]
    fn a_patch_stays_inside() {
        for name in ["../x", "/x", "a/../../x"] {
            let patch = format!("--- /dev/null\n+++ b/{name}\n@@ -0,0 +1 @@\n+x\n");
            assert!(state(&[]).patched(&patch).is_err(), "{name}");
        }
    }
}
