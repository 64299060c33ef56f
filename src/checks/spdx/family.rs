// SPDX-License-Identifier: Apache-2.0
//! Which licences a text in free words speaks of, as far as their kind goes: what people write into fields
//! and sections that no standard governs. Versions and clauses are left out, since such texts seldom have them.

use super::expression::judge;
use std::collections::BTreeSet;

/// Starts of ids, and the kind that they are of.
const IDS: &[(&str, &str)] = &[
    ("AGPL-", "AGPL"),
    ("LGPL-", "LGPL"),
    ("GPL-", "GPL"),
    ("Apache-", "Apache"),
    ("MIT", "MIT"),
    ("X11", "MIT"),
    ("BSD-", "BSD"),
    ("0BSD", "BSD"),
    ("ISC", "ISC"),
    ("MPL-", "MPL"),
    ("EPL-", "EPL"),
    ("EUPL-", "EUPL"),
    ("Unlicense", "Unlicense"),
    ("Zlib", "Zlib"),
    ("CC0-", "CC0"),
    ("CC-BY-", "CC-BY"),
    ("PSF-", "PSF"),
    ("Python-", "PSF"),
    ("WTFPL", "WTFPL"),
    ("BUSL-", "BUSL"),
];

/// Words, in lower case, and the kind that they name. The longer name stands before one that it holds.
const WORDS: &[(&str, &str)] = &[
    ("affero", "AGPL"),
    ("agpl", "AGPL"),
    ("lesser general public", "LGPL"),
    ("library general public", "LGPL"),
    ("lgpl", "LGPL"),
    ("general public licen", "GPL"),
    ("gpl", "GPL"),
    ("apache", "Apache"),
    ("mit", "MIT"),
    ("x11", "MIT"),
    ("0bsd", "BSD"),
    ("bsd", "BSD"),
    ("isc", "ISC"),
    ("mozilla public", "MPL"),
    ("mpl", "MPL"),
    ("eclipse public", "EPL"),
    ("eupl", "EUPL"),
    ("unlicense", "Unlicense"),
    ("public domain", "Unlicense"),
    ("zlib", "Zlib"),
    ("cc0", "CC0"),
    ("cc-by", "CC-BY"),
    ("cc by", "CC-BY"),
    ("creative commons", "CC-BY"),
    ("psf", "PSF"),
    ("python software foundation", "PSF"),
    ("wtfpl", "WTFPL"),
    ("business source", "BUSL"),
    ("busl", "BUSL"),
];

/// The kinds of the licences that an expression or a phrase names; nothing when one of them is of no kind
/// that is known, so that a text can never be held against half of what it says.
pub(in crate::checks) fn families(text: &str) -> BTreeSet<&'static str> {
    let judged = judge(text);
    if judged.is_sound() && judged.refs.is_empty() && !judged.licenses.is_empty() {
        let of = |id: &String| {
            let found = IDS.iter().find(|(start, _)| id.starts_with(start));
            found.map(|(_, family)| *family)
        };
        return judged
            .licenses
            .iter()
            .map(of)
            .collect::<Option<_>>()
            .unwrap_or_default();
    }
    let mut found: BTreeSet<&str> = named(text).into_iter().map(|(_, family)| family).collect();
    // Two licences give a work to the public domain.
    if found.contains("Unlicense") && text.to_ascii_lowercase().contains("public domain") {
        found.insert("CC0");
    }
    found
}

/// The kinds that words of a text name, each with the first byte of its first name.
pub(in crate::checks) fn named(text: &str) -> Vec<(usize, &'static str)> {
    let lower = text.to_ascii_lowercase();
    let mut found: Vec<(usize, &'static str)> = Vec::new();
    let mut taken: Vec<(usize, usize)> = Vec::new();
    for (words, family) in WORDS {
        for (at, _) in lower.match_indices(words) {
            let end = at + words.len();
            let before = lower[..at].chars().next_back();
            // A version may follow at once (`GPLv3`, `BSD3`), another word may not (`permit`, `miscellany`).
            let after = lower[end..].trim_start_matches(['v', 's', '_']);
            let ends = !after.starts_with(|c: char| c.is_ascii_alphabetic())
                || words.ends_with("licen")
                || words.len() > 5;
            let begins = !before.is_some_and(|c| c.is_ascii_alphanumeric());
            let new = !taken.iter().any(|(from, to)| at < *to && *from < end);
            if begins && ends && new {
                taken.push((at, end));
                if !found.iter().any(|(_, known)| known == family) {
                    found.push((at, family));
                }
            }
        }
    }
    found.sort_unstable();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_from_ids_and_words() {
        for (text, wanted) in [
            ("MIT", vec!["MIT"]),
            ("MIT OR Apache-2.0", vec!["Apache", "MIT"]),
            ("GPLv3", vec!["GPL"]),
            ("GNU Lesser General Public License v3", vec!["LGPL"]),
            ("BSD 3-Clause", vec!["BSD"]),
            ("The MIT License (MIT)", vec!["MIT"]),
            ("Apache License, Version 2.0", vec!["Apache"]),
            ("[GPL-3.0](LICENSE)", vec!["GPL"]),
            ("LicenseRef-Own", vec![]),
            ("MIT AND Ruby", vec![]),
            ("permitted by the submitter, in miscellany", vec![]),
            ("see LICENSE", vec![]),
            ("Public domain, as CC0 explains", vec!["CC0", "Unlicense"]),
            ("Unlicense", vec!["Unlicense"]),
        ] {
            assert_eq!(
                families(text).into_iter().collect::<Vec<_>>(),
                wanted,
                "{text}"
            );
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "(MIT|GPL|v3|apache|é| |-|.){0,20}") {
            for (at, _) in named(&text) {
                proptest::prop_assert!(at < text.len());
            }
        }
    }
}
