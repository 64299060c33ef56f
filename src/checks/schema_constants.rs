// SPDX-License-Identifier: Apache-2.0
//! Schema versions that source code writes into documents: `SCHEMA_VERSION = "ccr.packet.v0.1"`.
//! Such constants stand at the top of a file, and only there they are looked for.

use super::Artifact;
use crate::classify::{Classified, is_test_material};
use memchr::memmem::Finder;
use regex::bytes::Regex;
use std::sync::LazyLock;

/// Bytes at the top of a file.
const HEAD: usize = 8 << 10;
/// Constants of one file.
const MOST: usize = 32;
/// Languages whose constants are read.
const KINDS: [&str; 4] = ["python", "rust", "javascript", "typescript"];
/// Parts of names that speak of a version on purpose not today's.
const OTHERS: [&str; 7] = [
    "OLD",
    "LEGACY",
    "PREV",
    "MIN",
    "FIRST",
    "UNKNOWN",
    "DEPRECATED",
];

/// A constant of code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Constant {
    /// Its line, from 1.
    pub(super) line: usize,
    /// What it is called.
    pub(super) name: String,
    /// What it is set to.
    pub(super) version: String,
}

/// What is remembered of a source file: its constants, one a line.
pub(super) fn note(entry: &Classified<'_>) -> Option<String> {
    static MARK: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("SCHEMA_VERSION"));
    if !KINDS.contains(&entry.kind.id) {
        return None;
    }
    let text = entry.text.bytes();
    let head = &text[..text.len().min(HEAD)];
    MARK.find(head)?;
    if is_test_material(entry.path.name()) {
        return None;
    }
    let found = constants(head);
    let lines = found
        .iter()
        .map(|one| format!("{} {} {}", one.line, one.name, one.version));
    let note = lines.collect::<Vec<_>>().join("\n");
    (!note.is_empty()).then_some(note)
}

/// What was remembered, by file.
pub(super) fn noted<'a>(
    artifact: &'a Artifact,
    check: &'a str,
) -> impl Iterator<Item = (&'a str, Constant)> {
    let notes = artifact
        .notes
        .iter()
        .filter(move |((own, _), _)| *own == check);
    notes.flat_map(|((_, name), note)| {
        note.lines().filter_map(move |line| {
            let mut parts = line.splitn(3, ' ');
            let constant = Constant {
                line: parts.next()?.parse().ok()?,
                name: parts.next()?.to_owned(),
                version: parts.next()?.to_owned(),
            };
            Some((name.as_str(), constant))
        })
    })
}

fn constants(head: &[u8]) -> Vec<Constant> {
    static PATTERN: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let pattern = r#"(?m-u)^[ \t]*(?:(?:pub(?:\([a-z]+\))?|export|const|static|final|let|var|readonly)[ \t]+){0,3}([A-Z0-9_]*SCHEMA_VERSION)[ \t]*(?::[^=\n"]{1,60})?=[ \t]*["']([A-Za-z][A-Za-z0-9_.]{0,80}\.v[0-9][0-9.]{0,12})["']"#;
        Regex::new(pattern).ok()
    });
    let Some(pattern) = PATTERN.as_ref() else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for groups in pattern.captures_iter(head).take(MOST) {
        let text = |group: usize| {
            groups
                .get(group)
                .map(|one| String::from_utf8_lossy(one.as_bytes()))
        };
        let (Some(name), Some(version)) = (text(1), text(2)) else {
            continue;
        };
        let numbered = |part: &str| {
            part.len() > 1
                && part
                    .strip_prefix('V')
                    .is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit()))
        };
        if name
            .split('_')
            .any(|part| OTHERS.contains(&part) || numbered(part))
        {
            continue;
        }
        let start = groups.get(1).map_or(0, |one| one.start());
        found.push(Constant {
            line: memchr::memchr_iter(b'\n', &head[..start]).count() + 1,
            name: name.into_owned(),
            version: version.into_owned(),
        });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::constants;

    #[test]
    fn constants_of_four_languages_are_read() {
        for line in [
            "SCHEMA_VERSION = \"acme.job.v1\"",
            "JOB_SCHEMA_VERSION: Final[str] = 'acme.job.v1'",
            "pub const SCHEMA_VERSION: &str = \"acme.job.v1\";",
            "pub(crate) static SCHEMA_VERSION: &'static str = \"acme.job.v1\";",
            "export const SCHEMA_VERSION: string = \"acme.job.v1\";",
        ] {
            let found = constants(format!("# x\n{line}\n").as_bytes());
            assert_eq!(found.len(), 1, "{line}");
            assert!(
                found
                    .iter()
                    .all(|one| one.line == 2 && one.version == "acme.job.v1")
            );
        }
        for line in [
            "LEGACY_SCHEMA_VERSION = \"acme.job.v1\"",
            "V1_SCHEMA_VERSION = \"acme.job.v1\"",
            "if x == SCHEMA_VERSION: pass",
            "SCHEMA_VERSION = 3",
        ] {
            assert!(constants(line.as_bytes()).is_empty(), "{line}");
        }
    }
}
