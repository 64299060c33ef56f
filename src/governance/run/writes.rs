// SPDX-License-Identifier: Apache-2.0
//! Names of files that a run may change, or must not: computed from the diff, never from what the
//! run says of itself.

use crate::governance::paths::any_covers;

/// Whether a name is no place below the folder it is relative to.
pub fn leaves(name: &str) -> bool {
    let drive = name.as_bytes().get(1) == Some(&b':');
    name.is_empty()
        || drive
        || name.starts_with('/')
        || name.contains('\\')
        || name.split('/').any(|part| part == "..")
}

/// Whether a list of allowed paths covers a file; a name that leaves the repository never is.
pub fn allows(list: &[String], file: &str) -> bool {
    !leaves(file) && any_covers(list.iter().map(String::as_str), file)
}

/// Whether a list of forbidden paths speaks of a file. Data of git itself always counts.
pub fn forbids(list: &[String], file: &str) -> bool {
    leaves(file)
        || file
            .split('/')
            .any(|part| part.eq_ignore_ascii_case(".git"))
        || any_covers(list.iter().map(String::as_str), file)
}

#[cfg(test)]
mod tests {
    use super::*;

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
