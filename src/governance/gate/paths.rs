// SPDX-License-Identifier: Apache-2.0
//! Which path an allowed or forbidden path speaks of: a file, a folder and what is below it, or a
//! glob.

use globset::GlobBuilder;

/// Without `./` before and `/` behind.
pub fn plain(path: &str) -> &str {
    let mut path = path.trim();
    while let Some(rest) = path.strip_prefix("./") {
        path = rest;
    }
    path.trim_end_matches('/')
}

/// Whether a pattern speaks of a path: it is the path, a folder around it, or a glob that fits it.
/// A pattern without `/` fits a name at any depth, as in ignore files, when it is a glob.
pub fn covers(pattern: &str, path: &str) -> bool {
    let (pattern, path) = (plain(pattern), plain(path));
    if pattern == path || below(path, pattern) {
        return true;
    }
    if !is_glob(pattern) {
        return false;
    }
    let fits = |pattern: &str, path: &str| {
        let built = GlobBuilder::new(pattern).literal_separator(true).build();
        built.is_ok_and(|glob| glob.compile_matcher().is_match(path))
    };
    if fits(pattern, path) || fits(&format!("{pattern}/**"), path) {
        return true;
    }
    let name = path.rsplit('/').next().unwrap_or(path);
    !pattern.contains('/') && fits(pattern, name)
}

/// Whether one of some patterns does.
pub fn covered<S: AsRef<str>>(patterns: &[S], path: &str) -> bool {
    patterns
        .iter()
        .any(|pattern| covers(pattern.as_ref(), path))
}

/// Whether an allowed path reaches into a forbidden one, or is part of it.
pub fn conflict(allowed: &str, forbidden: &str) -> bool {
    covers(forbidden, allowed) || !is_glob(forbidden) && below(plain(forbidden), plain(allowed))
}

/// Whether a path leaves the folder that it is relative to.
pub fn escapes(path: &str) -> bool {
    let path = path.trim();
    let drive = path.as_bytes().get(1) == Some(&b':');
    path.starts_with(['/', '\\', '~']) || drive || path.split(['/', '\\']).any(|part| part == "..")
}

fn below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder)
        .is_some_and(|rest| rest.starts_with('/') && !folder.is_empty())
}

fn is_glob(pattern: &str) -> bool {
    pattern.contains(['*', '?', '[', '{'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_folders_and_globs_cover_what_they_say() {
        for (pattern, path) in [
            ("a.py", "./a.py"),
            ("src/", "src/x/y.rs"),
            (".env.*", ".env.local"),
            (".env.*", "deep/.env.local"),
            ("src/*.rs", "src/a.rs"),
            ("**/x", "a/b/x"),
        ] {
            assert!(covers(pattern, path), "{pattern} {path}");
        }
        for (pattern, path) in [
            ("a.py", "b/a.py"),
            ("src", "srcx/y"),
            ("src/*.rs", "src/b/a.rs"),
            ("", "a"),
        ] {
            assert!(!covers(pattern, path), "{pattern} {path}");
        }
        assert!(conflict("deploy/x", "deploy/"));
        assert!(conflict("src", "src/secrets/"));
        assert!(!conflict("src/a", "src/secrets/"));
        assert!(escapes("../a") && escapes("/a") && escapes("a/../../b") && !escapes("a..b"));
    }
}
