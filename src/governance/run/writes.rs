// SPDX-License-Identifier: Apache-2.0
//! Which files a run may change: exact names, folders (`docs/`), globs; computed from the diff, not
//! from what the run says of itself.

use globset::{GlobBuilder, GlobMatcher};

/// A list of paths as contracts and reports write it.
#[derive(Debug, Clone, Default)]
pub struct Paths {
    entries: Vec<Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    text: String,
    glob: Option<GlobMatcher>,
}

impl Paths {
    /// The list. An entry that is no glob is a name, or a folder with all below it.
    pub fn of<S: AsRef<str>>(list: &[S]) -> Self {
        let entry = |text: &S| {
            let text = text.as_ref().trim_start_matches("./");
            let glob = text.contains(['*', '?', '[', '{']).then(|| {
                let glob = GlobBuilder::new(text).literal_separator(true).build();
                glob.ok().map(|glob| glob.compile_matcher())
            });
            Entry {
                text: text.trim_end_matches('/').to_owned(),
                glob: glob.flatten(),
            }
        };
        Self {
            entries: list.iter().map(entry).collect(),
        }
    }

    /// Whether the list names nothing.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether the list covers a file. A name that leaves the repository is never covered.
    pub fn covers(&self, file: &str) -> bool {
        !leaves(file) && self.entries.iter().any(|entry| entry.covers(file))
    }

    /// Whether the list, as what is forbidden, speaks of a file: repository data of git always
    /// counts.
    pub fn forbids(&self, file: &str) -> bool {
        leaves(file)
            || file.split('/').any(|part| part.eq_ignore_ascii_case(".git"))
            || self.entries.iter().any(|entry| entry.covers(file))
    }
}

impl Entry {
    fn covers(&self, file: &str) -> bool {
        if let Some(glob) = &self.glob
            && glob.is_match(file)
        {
            return true;
        }
        !self.text.is_empty()
            && file
                .strip_prefix(self.text.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

/// Whether a name is no place below the folder it is relative to.
pub fn leaves(name: &str) -> bool {
    let drive = name.as_bytes().get(1) == Some(&b':');
    name.is_empty()
        || drive
        || name.starts_with('/')
        || name.contains('\\')
        || name.split('/').any(|part| part == "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_folders_and_globs_cover_what_they_say() {
        let paths = Paths::of(&["titles.py", "docs/", "src/*.rs", "a/**/b"]);
        for yes in ["titles.py", "docs/x/y.md", "docs", "src/a.rs", "a/x/y/b"] {
            assert!(paths.covers(yes), "{yes}");
        }
        for no in [
            "titles.pyc", "docsx", "src/a/b.rs", "../titles.py", "docs/../x", "/docs/x", "C:docs", "", "docs\\x",
        ] {
            assert!(!paths.covers(no), "{no}");
        }
        assert!(Paths::of(&["[", "*"]).covers("x"));
        assert!(!Paths::of(&["[", ""]).covers("x"));
        assert!(Paths::of(&[".env.*", "deploy/"]).forbids(".env.local"));
        assert!(Paths::of::<&str>(&[]).forbids("vendor/x/.Git/config"));
    }
}
