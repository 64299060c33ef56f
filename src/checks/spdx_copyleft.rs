// SPDX-License-Identifier: Apache-2.0
//! Notices and texts of the GNU licences inside a package that declares permissive licences only.
//!
//! Every file leaves a note when the comment it begins with grants it under such a licence, every
//! licence file when it is the text of one. A notice that offers a choice, or adds an exception
//! (as those of build tools do), binds nobody to more than the package says and is passed over; so
//! is code of others that stands in a folder with its own licence file.

use super::package::license_text::named_so;
use super::package::manifest::{self, Manifest};
use super::package::root;
use super::params::{draft, some_of};
use super::spdx::exempt;
use super::spdx::expression::{Judged, judge};
use super::{Artifact, ArtifactCheck, ArtifactKind};
use crate::artifact::EntryKind;
use crate::classify::{Classified, Kind};
use crate::model::{Draft, Severity};
use crate::rules::Rule;
use std::collections::{BTreeMap, BTreeSet};

/// `check = "spdx-copyleft"`.
pub(super) struct SpdxCopyleft;

const NAME: &str = "spdx-copyleft";
/// How much of a file its first comment may fill.
const HEAD: usize = 4 << 10;
/// How far into a licence file its title may stand, white space folded.
const TITLE: usize = 300;
/// Names shown in a finding.
const SHOWN: usize = 5;

/// Starts of ids that ask for no more than to keep a notice.
const PERMISSIVE: &[&str] = &[
    "0BSD",
    "Apache-",
    "BSD-",
    "BSL-1.0",
    "CC0-1.0",
    "HPND",
    "ISC",
    "MIT",
    "NCSA",
    "PSF-",
    "Python-2.0",
    "Unicode-",
    "Unlicense",
    "WTFPL",
    "X11",
    "Zlib",
    "zlib-",
];

/// Words by which a notice offers another licence, or takes back what copyleft asks for.
const CHOICES: &[&str] = &[
    "alternatively",
    "apache",
    "artistic",
    "at your choice",
    "bsd",
    "dual",
    "either the ",
    "exception",
    "mit ",
    "mit/",
    "mozilla",
    "mpl",
    "permission is hereby granted",
    "permission to use",
    "public domain",
    "redistribution and use in source",
    "same terms as perl",
    "spdx-license-identifier",
];

/// What stands before the name of a licence that a file is granted under.
const GRANTS: &[&str] = &[
    "under the terms of the ",
    "under the terms of ",
    "under the ",
    "licensed under ",
    "license: ",
    "licence: ",
];

impl ArtifactCheck for SpdxCopyleft {
    fn name(&self) -> &'static str {
        NAME
    }

    fn keeps(&self, name: &str, _kind: Kind) -> bool {
        manifest::keeps(name)
    }

    fn note(&self, entry: &Classified<'_>) -> Option<String> {
        if *entry.entry_kind != EntryKind::File || entry.text.is_binary() {
            return None;
        }
        let name = entry.path.name();
        let text = entry.text.bytes();
        let head = &text[..text.len().min(HEAD)];
        let source = entry.kind.is("source");
        if source {
            if !mentions(head) || exempt::vendored(name) || exempt::test_data(name) {
                return None;
            }
            let granted = notice(&first_comment(head))?;
            return Some(format!("notice {granted}"));
        }
        if !named_so(name) {
            return None;
        }
        let folded = fold(&String::from_utf8_lossy(head));
        let title: String = folded.chars().take(TITLE).collect();
        Some(match titled(&title) {
            Some(license) => format!("text {license}"),
            None => "text".to_owned(),
        })
    }

    fn check(&self, rule: &Rule, artifact: &Artifact, out: &mut Vec<Draft>) {
        let notes: Vec<(&str, &str)> = artifact
            .notes
            .iter()
            .filter(|((check, _), _)| *check == NAME)
            .map(|((_, name), note)| (name.as_str(), note.as_str()))
            .collect();
        let telling = |(_, note): &(&str, &str)| *note != "text";
        if !notes.iter().any(telling) || matches!(artifact.kind, ArtifactKind::Container(_)) {
            return;
        }
        let manifests: Vec<(Manifest, Judged)> = manifest::manifests(artifact)
            .into_iter()
            .filter_map(|manifest| {
                let judged = judge(&manifest.declared()?.text);
                permissive(&judged).then_some((manifest, judged))
            })
            .collect();
        // Folders that hold a licence file: what lies in them may be somebody else's.
        let owned: BTreeSet<&str> = artifact
            .entries
            .keys()
            .filter(|name| named_so(name))
            .map(|name| folder(name))
            .collect();
        let mut groups: BTreeMap<(usize, &str, &str), Vec<&str>> = BTreeMap::new();
        for (name, note) in notes.iter().copied().filter(telling) {
            let Some(at) = speaks_for(artifact, &manifests, name) else {
                continue;
            };
            let top = top(artifact, &manifests[at].0);
            let (class, license) = note.split_once(' ').unwrap_or((note, ""));
            let passed = match class {
                "notice" => has_own(&owned, name, &top),
                // A package that ships no other text is told by `spdx-license-text-disagrees`.
                _ => !at_top(artifact, name, &top) || !beside_another(artifact, &notes, &top),
            };
            if !passed {
                groups.entry((at, class, license)).or_default().push(name);
            }
        }
        for ((at, class, license), names) in groups {
            let (manifest, declared) = &manifests[at];
            let base = manifest.file.rsplit('/').next().unwrap_or(&manifest.file);
            let holds = match (class, names.len()) {
                ("notice", 1) => "1 file is granted under the terms of the".to_owned(),
                ("notice", count) => format!("{count} files are granted under the terms of the"),
                _ => "The package ships the text of the".to_owned(),
            };
            // Examples and tests are read and run, and seldom become part of anything.
            let shown = names.iter().all(|name| exempt::sample(name));
            let found = draft(
                rule,
                &artifact.member(names[0]),
                format!(
                    "{holds} {license}, which `{}`, declared in {base}, does not cover: {}.",
                    declared.canonical,
                    some_of(&names, SHOWN)
                ),
            );
            out.push(match shown {
                true => found.severity(Severity::Low),
                false => found,
            });
        }
    }
}

/// Whether a head holds `GNU` or `GPL`: one pass over it, for most hold neither.
fn mentions(head: &[u8]) -> bool {
    memchr::memchr_iter(b'G', head)
        .any(|at| matches!(head.get(at + 1..at + 3), Some(b"NU" | b"PL")))
}

fn permissive(declared: &Judged) -> bool {
    let known = |id: &String| PERMISSIVE.iter().any(|start| id.starts_with(start));
    declared.is_sound()
        && declared.refs.is_empty()
        && !declared.licenses.is_empty()
        && declared.licenses.iter().all(known)
}

fn folder(name: &str) -> &str {
    name.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The folder of the package, with a final `/`.
fn top(artifact: &Artifact, manifest: &Manifest) -> String {
    match artifact.kind {
        ArtifactKind::Tree => manifest.folder().to_owned(),
        _ => root(artifact),
    }
}

/// The manifest that speaks for a file: an archive's only one, the nearest above in a tree. A
/// nearer one that declares something else is not in the list, and stands in the way.
fn speaks_for(artifact: &Artifact, manifests: &[(Manifest, Judged)], name: &str) -> Option<usize> {
    if artifact.kind != ArtifactKind::Tree {
        return (manifests.len() == 1).then_some(0);
    }
    let above = manifests.iter().enumerate();
    let above = above.filter(|(_, (manifest, _))| name.starts_with(manifest.folder()));
    let (at, (nearest, _)) = above.max_by_key(|(_, (manifest, _))| manifest.folder().len())?;
    let folders = memchr::memrchr_iter(b'/', name.as_bytes()).map(|end| &name[..=end]);
    let between = folders.take_while(|folder| folder.len() > nearest.folder().len());
    let manifest_in = |folder: &str| {
        ["pyproject.toml", "Cargo.toml", "package.json"]
            .iter()
            .any(|base| artifact.entries.contains_key(&format!("{folder}{base}")))
    };
    let mut between = between;
    (!between.any(manifest_in)).then_some(at)
}

/// Whether a folder between the package's own and the file holds a licence file.
fn has_own(owned: &BTreeSet<&str>, name: &str, top: &str) -> bool {
    let mut folders = memchr::memrchr_iter(b'/', name.as_bytes()).map(|end| &name[..end]);
    folders.any(|folder| folder.len() > top.len() && owned.contains(folder))
}

/// Whether a licence file stands where those of the whole package do.
fn at_top(artifact: &Artifact, name: &str, top: &str) -> bool {
    match artifact.kind {
        ArtifactKind::Wheel => {
            let folder = folder(name);
            let info = folder.strip_suffix("/licenses").unwrap_or(folder);
            info.ends_with(".dist-info") && !info.contains('/')
        }
        _ => name
            .strip_prefix(top)
            .is_some_and(|inside| !inside.contains('/')),
    }
}

/// Whether the package ships a text of another kind too.
fn beside_another(artifact: &Artifact, notes: &[(&str, &str)], top: &str) -> bool {
    notes
        .iter()
        .any(|(name, note)| *note == "text" && at_top(artifact, name, top))
}

/// Lower case, white space folded.
fn fold(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    lower.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The text of the comment that a file begins with, folded, its marks taken off.
fn first_comment(head: &[u8]) -> String {
    const BLOCKS: &[(&str, &str)] = &[
        ("/*", "*/"),
        ("\"\"\"", "\"\"\""),
        ("'''", "'''"),
        ("<!--", "-->"),
        ("(*", "*)"),
        ("{-", "-}"),
        ("--[[", "]]"),
        ("=begin", "=end"),
        ("<#", "#>"),
    ];
    const LINES: &[&str] = &[
        "#", "//", "--", ";", "%", "\"", "rem ", "::", "dnl ", "..", "*",
    ];
    let text = String::from_utf8_lossy(head);
    let mut found = String::new();
    let mut open: Option<&str> = None;
    for line in text.lines() {
        let line = line.trim();
        let kept = if let Some(end) = open {
            let (kept, ended) = match line.split_once(end) {
                Some((kept, _)) => (kept, true),
                None => (line, false),
            };
            if ended {
                open = None;
            }
            kept
        } else if line.is_empty() || line.starts_with("<?") {
            continue;
        } else if let Some((begin, end)) = BLOCKS.iter().find(|(begin, _)| line.starts_with(begin))
        {
            let inside = &line[begin.len()..];
            match inside.split_once(end) {
                Some((kept, _)) => kept,
                None => {
                    open = Some(end);
                    inside
                }
            }
        } else if LINES.iter().any(|begin| line.starts_with(begin)) {
            line
        } else {
            break;
        };
        let marks = |c: char| c.is_whitespace() || "/*#;%-!\"'|.:=<>".contains(c);
        for word in kept.trim_matches(marks).split_whitespace() {
            found.push(' ');
            found.push_str(word);
        }
    }
    found.make_ascii_lowercase();
    found
}

/// The licence that a folded comment grants the file under.
fn notice(comment: &str) -> Option<&'static str> {
    if CHOICES.iter().any(|words| comment.contains(words)) {
        return None;
    }
    GRANTS.iter().find_map(|grant| {
        let mut places = memchr::memmem::find_iter(comment.as_bytes(), grant);
        places.find_map(|at| licence_at(&comment[at + grant.len()..]))
    })
}

/// The licence whose name a folded text begins with.
fn licence_at(text: &str) -> Option<&'static str> {
    let text = text.strip_prefix("the ").unwrap_or(text);
    let named = text.strip_prefix("gnu ").unwrap_or(text);
    for (words, name) in [
        ("affero general public licen", "GNU AGPL"),
        ("lesser general public licen", "GNU LGPL"),
        ("library general public licen", "GNU LGPL"),
        ("general public licen", "GNU GPL"),
    ] {
        if named.starts_with(words) && named.len() < text.len() {
            return Some(name);
        }
    }
    for (word, name) in [
        ("agpl", "GNU AGPL"),
        ("lgpl", "GNU LGPL"),
        ("gpl", "GNU GPL"),
    ] {
        if let Some(rest) = named.strip_prefix(word) {
            let rest = rest.trim_start_matches([' ', '-', 'v', ',']);
            let ends = rest.is_empty() || rest.starts_with(|c: char| c.is_ascii_digit());
            return (ends || rest.starts_with("licen") || rest.starts_with('.')).then_some(name);
        }
    }
    None
}

/// The licence whose text begins with this title.
fn titled(title: &str) -> Option<&'static str> {
    let title = title.trim_start_matches(|c: char| !c.is_ascii_alphabetic());
    let license = licence_at(title)?;
    let versioned = title.contains("version ") && title.contains("free software foundation");
    versioned.then_some(license)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn granted(text: &str) -> Option<&'static str> {
        notice(&first_comment(text.as_bytes()))
    }

    #[test]
    fn notices_are_read_in_every_comment() {
        for (text, license) in [
            (
                "/*\n * This file is free software; you can redistribute it and/or modify\n * it under the terms of the GNU General\n * Public License as published by\n */\nint x;\n",
                "GNU GPL",
            ),
            (
                "#!/usr/bin/python\n# You can use it under the terms of the GNU Lesser General Public License\nx = 1\n",
                "GNU LGPL",
            ),
            (
                "\"\"\"A module.\n\nDistributed under the GNU Affero General Public License, version 3.\n\"\"\"\n",
                "GNU AGPL",
            ),
            ("// Licensed under the GPL v2 or later.\n", "GNU GPL"),
            ("# License: LGPL-2.1\n", "GNU LGPL"),
        ] {
            assert_eq!(granted(text), Some(license), "{text}");
        }
    }

    #[test]
    fn choices_exceptions_and_talk_are_no_notices() {
        for text in [
            "// Dual licensed under the MIT or GPL Version 2 licenses.\n",
            "/* under the terms of the GNU General Public License. As a special exception */\n",
            "/* BSD. Alternatively, under the terms of the GNU General Public License */\n",
            "x = 1\n# under the terms of the GNU General Public License\n",
            "# Runs under the GNU Make of the host.\n",
            "# The GNU General Public License is known to this parser.\n",
            "// under the gplot library\n",
        ] {
            assert_eq!(granted(text), None, "{text}");
        }
    }

    #[test]
    fn texts_begin_with_their_title() {
        let text = "                    GNU GENERAL PUBLIC LICENSE\n  Version 3, 29 June 2007\n Copyright (C) 2007 Free Software Foundation";
        assert_eq!(titled(&fold(text)), Some("GNU GPL"));
        assert_eq!(titled(&fold("MIT License, not the GNU GPL")), None);
    }

    proptest::proptest! {
        #[test]
        fn any_head_is_read_without_a_panic(text in "(/\\*|\\*/|#|\"\"\"|GNU |GPL|under the |\n|é|.){0,30}") {
            let _ = granted(&text);
            let _ = titled(&fold(&text));
        }
    }
}
