// SPDX-License-Identifier: Apache-2.0
//! Which files an allowed or forbidden path speaks of, as contracts, admissions and approvals write
//! it: a file, a folder and what is below it, or a glob.

use crate::support::patterns::glob_fits as fits;

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
    if pattern.is_empty() {
        return false;
    }
    if pattern == path || below(path, pattern) {
        return true;
    }
    if !is_glob(pattern) {
        return false;
    }
    // `secrets/*` and `secrets/**` both mean everything below.
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

/// Whether the name of a file, as a run or a diff states it, is no place below the folder that it
/// is relative to; such a name has one spelling only.
pub fn leaves(name: &str) -> bool {
    name.is_empty() || name.contains('\\') || escapes(name)
}

/// Whether allowed paths cover a file that was changed; a name that leaves the repository never is.
pub fn allows(list: &[String], file: &str) -> bool {
    !leaves(file) && covered(list, file)
}

/// Whether forbidden paths speak of a file. Data of git itself always counts.
pub fn forbids(list: &[String], file: &str) -> bool {
    let git = |part: &str| part.eq_ignore_ascii_case(".git");
    leaves(file) || file.split('/').any(git) || covered(list, file)
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
            ("src", "src/a.rs"),
            (".env.*", ".env.local"),
            (".env.*", "deep/.env.local"),
            ("src/*.rs", "src/a.rs"),
            ("src/**", "src/a/b.rs"),
            ("secrets/*", "secrets/a/b"),
            ("**/x", "a/b/x"),
            ("[", "["),
        ] {
            assert!(covers(pattern, path), "{pattern} {path}");
        }
        for (pattern, path) in [
            ("a.py", "b/a.py"),
            ("src", "srcx/y"),
            ("src/", "srcx/a"),
            ("src/*.rs", "src/b/a.rs"),
            ("", "a"),
            ("*[", "x["),
        ] {
            assert!(!covers(pattern, path), "{pattern} {path}");
        }
        assert!(conflict("deploy/x", "deploy/"));
        assert!(conflict("src", "src/secrets/"));
        assert!(!conflict("src/a", "src/secrets/"));
        assert!(escapes("../a") && escapes("/a") && escapes("a/../../b") && !escapes("a..b"));
    }

    #[test]
    fn what_leaves_the_repository_is_forbidden_and_never_allowed() {
        let list = |names: &[&str]| {
            names
                .iter()
                .map(|name| (*name).to_owned())
                .collect::<Vec<_>>()
        };
        for file in ["../x", "/x", "a/../../x", "C:x", "a\\b", ""] {
            assert!(!allows(&list(&["*", "**", "/", ".."]), file), "{file}");
            assert!(forbids(&[], file), "{file}");
        }
        assert!(allows(&list(&["docs/"]), "docs/a/b.md"));
        assert!(forbids(&list(&[".env.*"]), ".env.local"));
        assert!(forbids(&[], "vendor/x/.Git/config"));
        assert!(!forbids(&list(&["deploy/"]), "docs/deploy/x"));
    }
}
