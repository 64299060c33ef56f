// SPDX-License-Identifier: Apache-2.0
//! Holds the licence texts that a package ships against the licence that it declares.
//!
//! A text is told by the sentence that all copies of it share. Only what is told beyond doubt
//! counts, and one text that fits acquits the package: the others may be those of its parts.

use super::package::manifest::{self, License, Manifest};
use super::package::{license_text, root};
use super::params::{draft, fault};
use super::spdx::expression::judge;
use super::{Artifact, ArtifactCheck, ArtifactKind};
use crate::artifact::EntryKind;
use crate::classify::Kind;
use crate::model::Draft;
use crate::rules::Rule;
use std::collections::BTreeSet;

/// `check = "spdx-license-content"`, with `fault` = `disagrees` or `empty`.
pub(super) struct SpdxLicenseContent;

/// Longer files are lists of many licences.
const LONGEST: usize = 64 << 10;

/// How far into a text its title may stand, white space folded.
const TITLE: usize = 400;

/// What a licence is told by: name, starts of its ids, title or sentence, whether only as title.
const TEXTS: &[(&str, &[&str], &str, bool)] = &[
    (
        "AGPL",
        &["AGPL-"],
        "gnu affero general public license",
        true,
    ),
    (
        "LGPL",
        &["LGPL-"],
        "gnu lesser general public license",
        true,
    ),
    (
        "LGPL",
        &["LGPL-"],
        "gnu library general public license",
        true,
    ),
    ("GPL", &["GPL-"], "gnu general public license", true),
    ("MPL", &["MPL-"], "mozilla public license", true),
    ("Apache", &["Apache-"], "apache license", true),
    (
        "Apache",
        &["Apache-"],
        "licensed under the apache license",
        false,
    ),
    (
        "MIT",
        &[
            "MIT", "X11", "JSON", "Xfig", "curl", "Unicode-", "HPND", "Zlib", "NCSA", "BSL-",
        ],
        "permission is hereby granted, free of charge, to any person obtaining a copy",
        false,
    ),
    (
        "BSD",
        &[
            "BSD-", "Apache-1", "OpenSSL", "PHP-", "Python-", "PSF-", "0BSD", "FreeBSD", "ZPL-",
        ],
        "redistribution and use in source and binary forms",
        false,
    ),
    (
        "ISC",
        &["ISC", "0BSD", "HPND", "NTP"],
        "permission to use, copy, modify, and/or distribute this software",
        false,
    ),
    (
        "Unlicense",
        &["Unlicense"],
        "this is free and unencumbered software released into the public domain",
        false,
    ),
];

impl ArtifactCheck for SpdxLicenseContent {
    fn name(&self) -> &'static str {
        "spdx-license-content"
    }

    fn keeps(&self, name: &str, _kind: Kind) -> bool {
        manifest::keeps(name) || speaks(name)
    }

    fn keeps_content(&self, name: &str, bytes: &[u8]) -> bool {
        manifest::keeps(name) || bytes.len() <= LONGEST
    }

    fn check(&self, rule: &Rule, artifact: &Artifact, out: &mut Vec<Draft>) {
        if matches!(
            artifact.kind,
            ArtifactKind::Tree | ArtifactKind::Container(_)
        ) {
            return;
        }
        match fault(rule) {
            "disagrees" => disagrees(rule, artifact, out),
            "empty" => empty(rule, artifact, out),
            _ => {}
        }
    }
}

/// Whether a file is named like the text of the whole package's licence, and stands where it may.
fn speaks(name: &str) -> bool {
    let base = name.rsplit('/').next().unwrap_or(name).as_bytes();
    let begins = |word: &str| {
        let start = base.get(..word.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()))
    };
    if !["license", "licence", "copying", "unlicense"]
        .into_iter()
        .any(begins)
    {
        return false;
    }
    let depth = name.matches('/').count();
    license_text::named_so(name)
        && (depth <= 1 || depth == 2 && name.contains(".dist-info/licenses/"))
}

fn texts(artifact: &Artifact) -> impl Iterator<Item = &String> {
    let root = root(artifact);
    let here = move |name: &String| match artifact.kind {
        ArtifactKind::Wheel => name.contains(".dist-info/"),
        _ => name
            .strip_prefix(&root)
            .is_some_and(|inside| !inside.contains('/')),
    };
    artifact
        .entries
        .keys()
        .filter(move |name| speaks(name) && here(name))
}

fn empty(rule: &Rule, artifact: &Artifact, out: &mut Vec<Draft>) {
    for name in texts(artifact) {
        let blank = |bytes: &Vec<u8>| bytes.iter().all(u8::is_ascii_whitespace);
        if artifact.entries[name].kind == EntryKind::File
            && (artifact.entries[name].size == 0 || artifact.kept.get(name).is_some_and(blank))
        {
            out.push(draft(
                rule,
                &artifact.member(name),
                "The licence file is empty.",
            ));
        }
    }
}

fn disagrees(rule: &Rule, artifact: &Artifact, out: &mut Vec<Draft>) {
    let Some(manifest) = manifest::manifests(artifact).into_iter().next() else {
        return;
    };
    let found: Vec<(&String, Vec<&'static Told>)> = texts(artifact)
        .filter_map(|name| Some((name, told(artifact.kept.get(name)?))))
        .filter(|(_, told)| !told.is_empty())
        .collect();
    if let Some((name, words)) = withheld(artifact, &manifest, &found) {
        out.push(draft(rule, &artifact.member(name), words));
        return;
    }
    let Some(declared) = manifest.declared() else {
        return;
    };
    let judged = judge(&declared.text);
    if !judged.is_sound() || judged.licenses.is_empty() {
        return;
    }
    let fits = |told: &Told| {
        judged
            .licenses
            .iter()
            .any(|id| told.1.iter().any(|start| id.starts_with(start)))
    };
    let known = |id: &String| {
        TEXTS
            .iter()
            .any(|(_, ids, ..)| ids.iter().any(|start| id.starts_with(start)))
    };
    // A licence that we cannot tell by its text may be what the file holds.
    if !found.is_empty()
        && judged.licenses.iter().all(known)
        && !found
            .iter()
            .any(|(_, all)| all.iter().any(|told| fits(told)))
    {
        let (name, all) = &found[0];
        let names: BTreeSet<_> = all.iter().map(|told| told.0).collect();
        let names: Vec<_> = names.into_iter().collect();
        out.push(draft(
            rule,
            &artifact.member(name),
            format!(
                "The package declares `{}`, and the licence text that it ships is of the kind {}.",
                declared.text,
                names.join(", ")
            ),
        ));
        return;
    }
    for (name, all) in &found {
        if let Some(wanted) = named(name)
            && !all.iter().any(|told| told.0 == wanted)
        {
            out.push(draft(
                rule,
                &artifact.member(name),
                format!(
                    "By its name the file is the licence {wanted}; its text is of the kind {}.",
                    all[0].0
                ),
            ));
        }
    }
}

type Told = (&'static str, &'static [&'static str], &'static str, bool);

/// The licences that a text is told to be.
fn told(bytes: &[u8]) -> Vec<&'static Told> {
    let text = String::from_utf8_lossy(bytes).to_ascii_lowercase();
    let folded = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut title = folded.len().min(TITLE);
    while !folded.is_char_boundary(title) {
        title -= 1;
    }
    let holds = |(_, _, words, only_title): &&Told| {
        if *only_title {
            folded[..title].contains(words)
        } else {
            folded.contains(words)
        }
    };
    TEXTS.iter().filter(holds).collect()
}

/// Which licence a file's name says it holds: `LICENSE-MIT`, `LICENSE.apache`.
fn named(name: &str) -> Option<&'static str> {
    let base = name.rsplit('/').next().unwrap_or(name).to_ascii_lowercase();
    let mut words = base.split(['-', '_', '.']).skip(1);
    words.find_map(|word| match word {
        "mit" => Some("MIT"),
        "apache" | "apache2" => Some("Apache"),
        "bsd" => Some("BSD"),
        _ => None,
    })
}

/// npm's `UNLICENSED` beside a text that grants everything.
fn withheld<'a>(
    artifact: &Artifact,
    manifest: &Manifest,
    found: &[(&'a String, Vec<&'static Told>)],
) -> Option<(&'a String, String)> {
    let unlicensed = artifact.kind == ArtifactKind::Npm && manifest.license == License::Elsewhere;
    let (name, all) = found.first().filter(|_| unlicensed)?;
    let words = format!(
        "`UNLICENSED` grants nothing, but the package ships a licence text of the kind {}.",
        all[0].0
    );
    Some((name, words))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<&'static str> {
        told(text.as_bytes()).iter().map(|told| told.0).collect()
    }

    #[test]
    fn texts_are_told_by_their_title_or_sentence() {
        assert_eq!(
            names("  Apache License\n Version 2.0, January 2004"),
            ["Apache"]
        );
        assert_eq!(names("GNU GENERAL PUBLIC LICENSE\nVersion 3"), ["GPL"]);
        assert_eq!(
            names("GNU LESSER GENERAL PUBLIC LICENSE\nVersion 3"),
            ["LGPL"]
        );
        assert_eq!(
            names("Permission is hereby granted, free of charge,\nto any person obtaining a copy"),
            ["MIT"]
        );
        assert!(names("All rights reserved.").is_empty());
    }

    #[test]
    fn names_of_files_promise_a_licence() {
        assert_eq!(named("a-1/LICENSE-MIT"), Some("MIT"));
        assert_eq!(named("a-1/LICENSE-APACHE.txt"), Some("Apache"));
        assert_eq!(named("a-1/LICENSE.txt"), None);
        assert!(speaks("a-1.0.dist-info/licenses/LICENSE") && !speaks("a/vendor/b/LICENSE"));
    }
}
