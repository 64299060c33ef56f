// SPDX-License-Identifier: Apache-2.0
//! Holds the licence texts that a package ships against the licence that it declares.
//!
//! A text is told by the sentence that all copies of it share. Only what is told beyond doubt
//! counts, and one text that fits acquits the package: the others may be those of its parts.

use super::package::manifest::{self, License, Manifest};
use super::package::{license_text, root};
use super::params::{draft, fault};
use super::spdx::expression::judge;
use super::spdx::notice;
use super::spdx::title;
use super::{Artifact, ArtifactCheck, ArtifactKind};
use crate::artifact::EntryKind;
use crate::classify::Kind;
use crate::model::Draft;
use crate::rules::Rule;
use std::collections::BTreeSet;

/// `check = "spdx-license-content"`, with `fault` = `disagrees`, `empty`, `cut` or `restricted`.
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
            "MIT", "X11", "JSON", "Xfig", "curl", "Unicode-", "HPND", "NCSA", "BSL-",
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
        "Zlib",
        &["Zlib", "zlib-", "Libpng", "libpng-"],
        "altered source versions must be plainly marked as such",
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
            "cut" => each_text(rule, artifact, cut, out),
            "restricted" => each_text(rule, artifact, restricted, out),
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
        } else if let Some(bytes) = artifact.kept.get(name)
            && holds_no_terms(bytes)
        {
            out.push(draft(
                rule,
                &artifact.member(name),
                "The licence file holds no terms of a licence.",
            ));
        }
    }
}

/// Whether a text says nothing that a licence says: a reminder to add one, or words that grant nothing.
fn holds_no_terms(bytes: &[u8]) -> bool {
    // Words of another script are not ours to judge.
    if bytes.iter().filter(|byte| !byte.is_ascii()).count() * 10 > bytes.len() {
        return false;
    }
    let folded = fold(bytes);
    let says = |words: &[&str]| words.iter().any(|word| folded.contains(word));
    let reminder = folded.len() < 200 && says(&["todo", "tbd", "fixme", "placeholder"]);
    let reserved = folded.len() < 300
        && folded.contains("all rights reserved")
        && !says(&["licen", "permi", "redistrib", "http", "terms", "see "]);
    let silent = !says(&[
        "licen", "copy", "right", "permi", "warrant", "domain", "http", "terms", "free", "see ",
    ]);
    reminder || reserved || silent && folded.len() >= 4
}

/// What every copy of a licence says near its end, by what it is told by.
const ENDS: &[(&str, &[&str])] = &[
    ("MIT", &["as is", "warrant", "liab"]),
    (
        "BSD",
        &["as is", "warrant", "as-is", "liab", "copyright holder"],
    ),
    ("ISC", &["as is", "warrant"]),
];

/// A text that begins as a licence does and ends before its last part.
fn cut(bytes: &[u8]) -> Option<String> {
    let told = told(bytes);
    let [(name, ..)] = told.as_slice() else {
        return None;
    };
    let folded = fold(bytes);
    let lacks = |words: &[&str]| !words.iter().any(|word| folded.contains(word));
    let ends = ENDS.iter().find(|(of, _)| of == name);
    let missing = match *name {
        "Apache" => {
            folded.contains("terms and conditions for use, reproduction, and distribution")
                && lacks(&["limitation of liability"])
        }
        "GPL" | "AGPL" => folded.contains("preamble") && lacks(&["no warranty"]),
        _ => ends.is_some_and(|(_, words)| lacks(words)),
    };
    missing.then(|| {
        format!("The text begins as the licence {name} and ends before its disclaimer of warranty.")
    })
}

/// A licence that lets everybody do everything, and a sentence beside it that takes part of it back.
fn restricted(bytes: &[u8]) -> Option<String> {
    const WORDS: &[&str] = &[
        "commons clause",
        "may not be used for commercial",
        "not be used for commercial purposes",
        "not be used for any commercial",
        "not for commercial use",
        "for non-commercial use only",
        "for noncommercial use only",
        "non-commercial purposes only",
        "noncommercial purposes only",
        "commercial use is prohibited",
        "commercial use is not permitted",
        "commercial use is not allowed",
        "commercial use requires",
    ];
    let told = told(bytes);
    let [(name, ..)] = told.as_slice() else {
        return None;
    };
    let folded = fold(bytes);
    let words = WORDS.iter().find(|words| folded.contains(**words))?;
    let free = matches!(
        *name,
        "MIT" | "BSD" | "ISC" | "Apache" | "Zlib" | "Unlicense"
    );
    // A longer file holds the licences of several parts.
    (free && folded.len() < 14_000)
        .then(|| format!("The text is the licence {name}, and says beside it \"{words}\"."))
}

/// Tells what is wrong with single texts.
fn each_text(
    rule: &Rule,
    artifact: &Artifact,
    fault: fn(&[u8]) -> Option<String>,
    out: &mut Vec<Draft>,
) {
    for name in texts(artifact) {
        if let Some(words) = artifact.kept.get(name).and_then(|bytes| fault(bytes)) {
            out.push(draft(rule, &artifact.member(name), words));
        }
    }
}

/// Lower case, white space folded.
fn fold(bytes: &[u8]) -> String {
    notice::fold(&String::from_utf8_lossy(bytes))
}

fn disagrees(rule: &Rule, artifact: &Artifact, out: &mut Vec<Draft>) {
    let Some(manifest) = manifest::manifests(artifact).into_iter().next() else {
        return;
    };
    let found: Vec<(&String, Vec<&'static Told>)> = texts(artifact)
        .filter_map(|name| Some((name, told(artifact.kept.get(name)?))))
        .filter(|(_, told)| !told.is_empty())
        .collect();
    for (name, all) in &found {
        // Of a text, not of its title.
        let of_text: Vec<_> = all
            .iter()
            .filter(|told| !told.3)
            .map(|told| told.0)
            .collect();
        let bytes = artifact.kept.get(*name);
        if let Some(words) = bytes.and_then(|bytes| title::misheaded(bytes, &of_text)) {
            out.push(draft(rule, &artifact.member(name), words));
            return;
        }
    }
    if let Some((name, words)) = withheld(artifact, &manifest, &found) {
        out.push(draft(rule, &artifact.member(name), words));
        return;
    }
    let Some(declared) = manifest.declared() else {
        return;
    };
    let judged = judge(&declared.text);
    if judged.is_sound() && judged.licenses.is_empty() && !judged.refs.is_empty() {
        // Terms of one's own, and nothing shipped but the text of a known licence. A file that holds several
        // texts may hold those terms as well.
        let known_alone = found.len() == texts(artifact).count()
            && found
                .iter()
                .all(|(_, all)| all.iter().all(|told| told.0 == all[0].0));
        if let Some((name, all)) = found.first().filter(|_| known_alone) {
            let words = format!(
                "The package declares `{}`, terms of its own, and ships the text of the licence {} alone.",
                declared.text, all[0].0
            );
            out.push(draft(rule, &artifact.member(name), words));
        }
        return;
    }
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
    let folded = fold(bytes);
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
    fn texts_without_terms_are_told() {
        for text in [
            "TODO: add licence\n",
            "Copyright (c) 2026 Kowalczyk Works. All rights reserved.\n",
            "lorem ipsum dolor sit amet",
        ] {
            assert!(holds_no_terms(text.as_bytes()), "{text}");
        }
        for text in [
            "See LICENSE-MIT and LICENSE-APACHE.",
            "This work is in the public domain.",
            "Copyright 2026 A. All rights reserved. Licensed under the terms in COPYING.",
            "\u{8bb8}\u{53ef}\u{8bc1}",
        ] {
            assert!(!holds_no_terms(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn cut_and_restricted_texts_are_told() {
        let grant = "Permission is hereby granted, free of charge, to any person obtaining a copy";
        assert!(cut(grant.as_bytes()).is_some());
        let whole = format!("{grant}\nTHE SOFTWARE IS PROVIDED \"AS IS\", WITHOUT WARRANTY");
        assert!(cut(whole.as_bytes()).is_none());
        assert!(restricted(whole.as_bytes()).is_none());
        let less = format!("{whole}\nThe Software may not be used for commercial\npurposes.");
        assert!(restricted(less.as_bytes()).is_some());
    }

    #[test]
    fn names_of_files_promise_a_licence() {
        assert_eq!(named("a-1/LICENSE-MIT"), Some("MIT"));
        assert_eq!(named("a-1/LICENSE-APACHE.txt"), Some("Apache"));
        assert_eq!(named("a-1/LICENSE.txt"), None);
        assert!(speaks("a-1.0.dist-info/licenses/LICENSE") && !speaks("a/vendor/b/LICENSE"));
    }
}
