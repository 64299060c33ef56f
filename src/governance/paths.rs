// SPDX-License-Identifier: Apache-2.0
//! Allowed and forbidden paths as contracts write them: a file, a folder with a final slash, or a
//! glob.

/// Whether a pattern speaks of a file.
pub fn covers(pattern: &str, path: &str) -> bool {
    let pattern = pattern.trim().trim_start_matches("./");
    if pattern.is_empty() {
        return false;
    }
    if pattern == path
        || path
            .strip_prefix(pattern)
            .is_some_and(|rest| pattern.ends_with('/') || rest.starts_with('/'))
    {
        return true;
    }
    if !pattern.contains(['*', '?', '[', '{']) {
        return false;
    }
    let glob = |text: &str| {
        let built = globset::GlobBuilder::new(text)
            .literal_separator(true)
            .build();
        built.is_ok_and(|glob| glob.compile_matcher().is_match(path))
    };
    // `secrets/*` and `secrets/**` both mean everything below; a pattern without a slash means the
    // name in any folder, as in ignore files.
    glob(pattern) || (!pattern.contains('/') && glob(&format!("**/{pattern}")))
}

/// Whether one of the patterns speaks of a file.
pub fn any_covers<'p>(mut patterns: impl Iterator<Item = &'p str>, path: &str) -> bool {
    patterns.any(|pattern| covers(pattern, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_folders_and_globs() {
        for (pattern, path, expected) in [
            ("a.py", "a.py", true),
            ("a.py", "b/a.py", false),
            ("src/", "src/a/b.rs", true),
            ("src", "src/a.rs", true),
            ("src/", "srcx/a", false),
            (".env.*", "x/.env.local", true),
            ("src/*.rs", "src/a/b.rs", false),
            ("src/**", "src/a/b.rs", true),
            ("", "a", false),
            ("[", "[", true),
            ("*[", "x[", false),
        ] {
            assert_eq!(covers(pattern, path), expected, "{pattern} {path}");
        }
    }
}
