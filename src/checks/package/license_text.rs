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
    let base = name.rsplit('/').next().unwrap_or(name).as_bytes();
    let dot = memchr::memrchr(b'.', base);
    let stem = &base[..dot.unwrap_or(base.len())];
    // Every file of a tree is asked, so nothing is made of its name.
    let parted = |before: &[u8]| before.last().is_some_and(|last| b"-_.".contains(last));
    let worded = |word: &&str| {
        let starts = split_word(base, word, false);
        starts.is_some_and(|rest| !rest.first().is_some_and(u8::is_ascii_alphanumeric))
            || [base, stem]
                .iter()
                .any(|text| split_word(text, word, true).is_some_and(parted))
    };
    // `license.py` is a module, `LICENSE.txt` a text, `LICENSE-MIT` too.
    STARTS.iter().any(worded) && !dot.is_some_and(|dot| is_source(&base[dot + 1..]))
}

/// Whether files of an ending are no texts, whatever they are called.
fn is_source(ending: &[u8]) -> bool {
    const SOURCES: [&str; 13] = [
        "py", "pyc", "js", "ts", "rs", "go", "c", "h", "json", "css", "svg", "png", "map",
    ];
    SOURCES
        .iter()
        .any(|source| ending.eq_ignore_ascii_case(source.as_bytes()))
}

/// What a text has beside a word that it begins with, or ends with, in any case.
fn split_word<'t>(text: &'t [u8], word: &str, at_end: bool) -> Option<&'t [u8]> {
    let rest = text.len().checked_sub(word.len())?;
    let (found, rest) = match at_end {
        true => (&text[rest..], &text[..rest]),
        false => text.split_at(word.len()),
    };
    found.eq_ignore_ascii_case(word.as_bytes()).then_some(rest)
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
