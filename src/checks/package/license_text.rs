// SPDX-License-Identifier: Apache-2.0
//! Which files of a package hold licence texts.

use super::super::{Artifact, ArtifactKind};
use crate::artifact::EntryKind;

/// Starts of names of files that hold a licence text, lower case.
const STARTS: &[&str] = &[
    "license",
    "licence",
    "licenses",
    "copying",
    "copyright",
    "notice",
    "unlicense",
    "eula",
    "mit-license",
    "apache-license",
    "legal",
];

/// Whether a file is named like a licence text.
pub(in crate::checks) fn named_so(name: &str) -> bool {
    let base = name.rsplit('/').next().unwrap_or(name).to_ascii_lowercase();
    // `license.py` is a module, `LICENSE.txt` a text, `LICENSE-MIT` too.
    let source = [
        ".py", ".pyc", ".js", ".ts", ".rs", ".go", ".c", ".h", ".json", ".css", ".svg", ".png",
        ".map",
    ]
    .iter()
    .any(|ending| base.ends_with(ending));
    let worded = |word: &str| {
        base.strip_prefix(word)
            .is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
            || base
                .strip_suffix(word)
                .is_some_and(|rest| rest.ends_with(['-', '_', '.']))
            || base.rsplit_once('.').is_some_and(|(stem, _)| {
                stem.strip_suffix(word)
                    .is_some_and(|rest| rest.ends_with(['-', '_', '.']))
            })
    };
    !source && STARTS.iter().any(|word| worded(word))
}

/// Whether the package ships a licence text where its format has it.
pub(in crate::checks) fn shipped(artifact: &Artifact, root: &str) -> bool {
    artifact.entries.iter().any(|(name, entry)| {
        if entry.kind == EntryKind::Directory || entry.size == 0 && entry.kind == EntryKind::File {
            return false;
        }
        let Some(inside) = name.strip_prefix(root) else {
            return false;
        };
        let folder = inside.rsplit_once('/').map_or("", |(folder, _)| folder);
        let in_licenses = folder.split('/').any(|part| {
            part.eq_ignore_ascii_case("licenses") || part.eq_ignore_ascii_case("license")
        });
        match artifact.kind {
            // `dist-info/licenses/` (PEP 639), `dist-info/LICENSE` (before it), or in the package.
            ArtifactKind::Wheel => {
                let in_info = folder
                    .split('/')
                    .next()
                    .is_some_and(|top| top.ends_with(".dist-info"));
                (in_info && in_licenses)
                    || (named_so(inside) && (in_info || folder.matches('/').count() < 2))
            }
            _ => {
                (folder.is_empty() && named_so(inside))
                    || (folder.starts_with("LICENSES") || folder.starts_with("licenses"))
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_texts() {
        for name in [
            "LICENSE",
            "LICENSE-MIT",
            "license.md",
            "COPYING.LESSER",
            "UNLICENSE",
            "a/LICENCE.txt",
            "MIT-LICENSE",
            "MIT-LICENSE.txt",
        ] {
            assert!(named_so(name), "{name}");
        }
        for name in ["license.py", "licensed.txt", "README", "licenses.json"] {
            assert!(!named_so(name), "{name}");
        }
    }
}
