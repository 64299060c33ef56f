// SPDX-License-Identifier: Apache-2.0
//! Notices of the GNU licences and of others that ask for more than to keep a notice: whether the
//! comment that a file begins with grants it under one, and whether a text is one.
//!
//! A notice that offers a choice, or adds an exception (as those of build tools do), binds nobody to
//! what copyleft asks for, and is none here.

use aho_corasick::packed::Searcher;
use memchr::memmem::Finder;
use std::borrow::Cow;
use std::sync::LazyLock;

/// How far into a licence file its title may stand, white space folded.
const TITLE: usize = 300;

/// Words by which a comment offers a choice, or takes back what copyleft asks for.
const CHOICES: &[&str] = &[
    "additional permission",
    "alternatively",
    "at your choice",
    "can choose",
    "choice of",
    "classpath exception",
    "dual licen",
    "dual-licen",
    "dually licen",
    "either the ",
    "exception to the",
    "library exception",
    "linking exception",
    "may choose",
    "same terms as perl",
    "special exception",
];

/// Other licences: in the sentence of a notice they are what may be taken in its place.
const OTHERS: &[&str] = &[
    "apache",
    "artistic",
    "bsd",
    "mit",
    "mozilla",
    "mpl",
    "public domain",
];

/// What stands before the name of a licence that a file is granted under.
const GRANTS: &[&str] = &[
    "under the terms of the ",
    "under the terms of ",
    "under the ",
    "licensed under ",
    "license: ",
    "licence: ",
    "@license ",
];

/// Notices of other licences that ask for more than to keep a notice: what they say, and whose it is.
const FURTHER: &[(&str, &str)] = &[
    ("subject to the terms of the mozilla public license", "MPL"),
    ("under the terms of the eclipse public license", "EPL"),
    ("licensed under the eupl", "EUPL"),
    ("under the terms of the european union public licen", "EUPL"),
    (
        "under the terms of the common development and distribution license",
        "CDDL",
    ),
    (
        "governed by the business source license",
        "Business Source License",
    ),
    (
        "under the business source license",
        "Business Source License",
    ),
    (
        "under the server side public license",
        "Server Side Public License",
    ),
    (
        "under the terms of the server side public license",
        "Server Side Public License",
    ),
    ("under the elastic license", "Elastic License"),
    ("under the commons clause", "Commons Clause"),
    ("under the polyform", "PolyForm licence"),
    (
        "creative commons attribution-noncommercial",
        "Creative Commons licence (NonCommercial)",
    ),
    (
        "licensed under cc by-nc",
        "Creative Commons licence (NonCommercial)",
    ),
    (
        "licensed under cc by-sa",
        "Creative Commons licence (ShareAlike)",
    ),
];

/// Headers that name a GNU licence and where its text is, and grant nothing in words.
const NAMED: &[(&str, &str)] = &[
    ("gnu general public license v3.0+ (see ", "GNU GPL"),
    ("gnu general public license v3.0 (see ", "GNU GPL"),
    ("gnu general public license v2.0+ (see ", "GNU GPL"),
    ("gnu general public license v2.0 (see ", "GNU GPL"),
    ("gnu lesser general public license v3.0+ (see ", "GNU LGPL"),
    ("gnu lesser general public license v2.1+ (see ", "GNU LGPL"),
];

/// Words by which a notice keeps what others may do with the code to itself.
const WITHHELD: &[&str] = &[
    "business source license 1.1",
    "cc by-nc",
    "confidential and proprietary information",
    "may not be used for commercial",
    "non-commercial use only",
    "noncommercial use only",
    "proprietary and confidential",
    "unauthorised copying of this file",
    "unauthorized copying of this file",
];

/// Licences that keep some use to their owners, and so differ from what a permissive one grants in more
/// than what is asked for in return.
const RESTRICTIVE: &[&str] = &[
    "Business Source License",
    "Server Side Public License",
    "Elastic License",
    "Commons Clause",
    "PolyForm licence",
    "Creative Commons licence (NonCommercial)",
    WITHHOLDS,
];

/// What a notice of [`WITHHELD`] is called.
const WITHHOLDS: &str = "notice that forbids copying";

/// Words of the other notices, each on one line of a head.
const WORDS: &[&str] = &[
    "Public Licen",
    "Public\n",
    "Public\r",
    "Source Licen",
    "Elastic Licen",
    "Distribution Licen",
    "Commons ",
    "EUPL",
    "CC BY-",
    "PolyForm",
];

/// Finds all of those words in one pass, where the processor can.
static FURTHER_WORDS: LazyLock<Option<Searcher>> = LazyLock::new(|| Searcher::new(WORDS));

/// Words of the notices that forbid copying, each on one line of a head.
const WITHHOLDING: &[&str] = &[
    "CC BY-NC",
    "ONFIDENTIAL",
    "Source License 1.1",
    "commercial",
    "nauthori",
    "onfidential",
];

/// The same for these.
static WITHHELD_WORDS: LazyLock<Option<Searcher>> = LazyLock::new(|| Searcher::new(WITHHOLDING));

/// Finds the words of all notices in one pass.
static ALL_WORDS: LazyLock<Option<Searcher>> = LazyLock::new(|| {
    let others = WORDS.iter().chain(WITHHOLDING);
    Searcher::new(["GNU", "GPL"].iter().chain(others))
});

/// What finds each of the grants.
static GRANTED: LazyLock<Vec<Finder<'static>>> =
    LazyLock::new(|| GRANTS.iter().map(Finder::new).collect());

/// What finds each of the other notices.
static FURTHER_NOTICES: LazyLock<Vec<(Finder<'static>, &'static str)>> = LazyLock::new(|| {
    let all = FURTHER.iter();
    all.map(|(words, name)| (Finder::new(words), *name))
        .collect()
});

/// Whether a head may hold any notice at all: [`mentions`] and [`may_withhold`] at once, since most hold
/// neither.
pub(in crate::checks) fn may_say(head: &[u8]) -> bool {
    match &*ALL_WORDS {
        Some(words) => words.find(head).is_some(),
        None => true,
    }
}

/// Whether a head holds `GNU`, `GPL`, or a word of the other notices.
pub(in crate::checks) fn mentions(head: &[u8]) -> bool {
    memchr::memchr_iter(b'G', head)
        .any(|at| matches!(head.get(at + 1..at + 3), Some(b"NU" | b"PL")))
        || match &*FURTHER_WORDS {
            Some(words) => words.find(head).is_some(),
            None => WORDS
                .iter()
                .any(|word| memchr::memmem::find(head, word.as_bytes()).is_some()),
        }
}

/// Whether a head holds a word of the notices that forbid copying.
pub(in crate::checks) fn may_withhold(head: &[u8]) -> bool {
    match &*WITHHELD_WORDS {
        Some(words) => words.find(head).is_some(),
        None => true,
    }
}

/// The notice of code of others, which may also be one that forbids copying.
pub(in crate::checks) fn notice_of_others(head: &[u8]) -> Option<&'static str> {
    let granted = mentions(head).then(|| notice(head)).flatten();
    granted.or_else(|| {
        let comment = may_withhold(head).then(|| first_comment(head))?;
        let withholds = WITHHELD.iter().any(|words| comment.contains(words));
        withholds.then_some(WITHHOLDS)
    })
}

/// Whether a licence that [`notice`] named keeps some use to its owner.
pub(in crate::checks) fn is_restrictive(license: &str) -> bool {
    RESTRICTIVE.contains(&license)
}

/// Lower case, white space folded.
pub(in crate::checks) fn fold(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    lower.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The text of the comment that a file begins with, folded, its marks taken off; nothing when a tag
/// in it names a GNU licence.
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
    // The lossy reading looks at each character, also of text that is whole.
    let text =
        std::str::from_utf8(head).map_or_else(|_| String::from_utf8_lossy(head), Cow::Borrowed);
    let mut found = String::with_capacity(1024);
    let mut open: Option<&str> = None;
    let mut tagged = false;
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
        let kept = kept.trim_matches(is_mark);
        // A tag says it in a form of its own, and is held against the declared licence elsewhere.
        if let Some((_, tag)) = kept.split_once("SPDX-License-Identifier:") {
            tagged |= tag.contains("GPL");
            continue;
        }
        // What an empty line divides are two sentences.
        if kept.is_empty() {
            found.push_str(" . ");
        }
        for word in kept.split_whitespace() {
            found.push(' ');
            found.push_str(word);
        }
    }
    if tagged {
        return String::new();
    }
    found.make_ascii_lowercase();
    found
}

/// What stands around the text of a comment's line.
fn is_mark(c: char) -> bool {
    matches!(
        c,
        '/' | '*' | '#' | ';' | '%' | '-' | '!' | '"' | '\'' | '|' | '.' | ':' | '=' | '<' | '>'
    ) || c.is_whitespace()
}

/// The licence that the comment at the head of a file grants it under.
pub(in crate::checks) fn notice(head: &[u8]) -> Option<&'static str> {
    let comment = &first_comment(head);
    let granted = GRANTED.iter().find_map(|grant| {
        let mut places = grant.find_iter(comment.as_bytes());
        places.find_map(|at| {
            let license = licence_at(&comment[at + grant.needle().len()..])?;
            (!offers_another(comment, at)).then_some(license)
        })
    });
    let granted = granted.or_else(|| {
        FURTHER_NOTICES.iter().find_map(|(words, name)| {
            let at = words.find(comment.as_bytes())?;
            (!or_another(comment, at + words.needle().len())).then_some(*name)
        })
    });
    let granted = granted.or_else(|| {
        if !comment.contains(" public license v") {
            return None;
        }
        let found = NAMED.iter().find(|(words, _)| comment.contains(words));
        found.map(|(_, name)| *name)
    });
    granted.filter(|_| !CHOICES.iter().any(|words| comment.contains(words)))
}

/// Whether a comment goes on to offer other terms, in words that follow `or`.
fn or_another(comment: &str, after: usize) -> bool {
    let rest = &comment[after..];
    // "or (at your option) any later version" offers the same licence.
    rest.match_indices(" or ").any(|(or, _)| {
        let mut near = (or + 60).min(rest.len());
        while !rest.is_char_boundary(near) {
            near -= 1;
        }
        let near = &rest[or..near];
        OTHERS
            .iter()
            .chain(&["gpl", "gnu"])
            .any(|word| near.contains(word))
    })
}

/// Whether the sentence around a place names another licence.
fn offers_another(comment: &str, at: usize) -> bool {
    let start = comment[..at].rfind(". ").map_or(0, |dot| dot + 2);
    let end = comment[at..]
        .find(". ")
        .map_or(comment.len(), |dot| at + dot);
    let sentence = &comment[start..end];
    let edge = |c: Option<char>| !c.is_some_and(|c| c.is_ascii_alphanumeric());
    OTHERS.iter().any(|word| {
        sentence.match_indices(word).any(|(found, _)| {
            edge(sentence[..found].chars().next_back())
                && edge(sentence[found + word.len()..].chars().next())
        })
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
            let rest = rest.trim_start_matches([' ', '-', ',']);
            let rest = rest.strip_prefix("version ").unwrap_or(rest);
            let rest = rest.trim_start_matches(['v', ' ']);
            let ends = rest.is_empty() || rest.starts_with(|c: char| c.is_ascii_digit());
            return (ends || rest.starts_with("licen") || rest.starts_with('.')).then_some(name);
        }
    }
    None
}

/// The licence whose text begins here, by its title.
pub(in crate::checks) fn titled(head: &[u8]) -> Option<&'static str> {
    let folded = fold(&String::from_utf8_lossy(head));
    let title: String = folded.chars().take(TITLE).collect();
    let title = title.trim_start_matches(|c: char| !c.is_ascii_alphabetic());
    let license = licence_at(title)?;
    let versioned = title.contains("version ") && title.contains("free software foundation");
    versioned.then_some(license)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn granted(text: &str) -> Option<&'static str> {
        notice(text.as_bytes())
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
            (
                "/*! Licensed under the GPL Version 2 license. */\n",
                "GNU GPL",
            ),
            ("/**\n * @license GPL-2.0\n */\n", "GNU GPL"),
            (
                "#!/usr/bin/python\n# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)\n",
                "GNU GPL",
            ),
            (
                "// This Source Code Form is subject to the terms of the Mozilla Public\n// License, v. 2.0.\n",
                "MPL",
            ),
            (
                "# Use of this software is governed by the Business Source License 1.1.\n",
                "Business Source License",
            ),
            (
                "# Distributed under the GNU General Public License. See COPYING.\n# Copyright A. N. Author, under the Apache License.\n",
                "GNU GPL",
            ),
            (
                "# SPDX-License-Identifier: MIT\n# Permit use under the terms of the GNU GPL.\n",
                "GNU GPL",
            ),
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
            "/** @license MIT */\n",
            "/** @license (MIT OR GPL-2.0) */\n",
            "// Dual licensed under the MIT or GPL Version 2 licenses.\n",
            "// Licensed under the MIT and the GPL licenses.\n",
            "// under the terms of the Eclipse Public License 2.0, or the Apache License 2.0\n",
            "# Under the terms of the GNU GPL, or the BSD license.\n",
            "# SPDX-License-Identifier: GPL-2.0-only\n# under the terms of the GNU General Public License\n",
        ] {
            assert_eq!(granted(text), None, "{text}");
        }
    }

    #[test]
    fn code_of_others_may_forbid_copying() {
        let of = |text: &str| notice_of_others(text.as_bytes());
        let text = "/* Acme. Unauthorized copying of this file is prohibited. */\n";
        assert_eq!(of(text), Some(WITHHOLDS));
        assert_eq!(of("// For NON-COMMERCIAL use.\n"), None);
        assert_eq!(of("// Licensed under the GPL v2.\n"), Some("GNU GPL"));
        assert!(is_restrictive(WITHHOLDS) && !is_restrictive("GNU GPL"));
    }

    #[test]
    fn texts_begin_with_their_title() {
        let text = "                    GNU GENERAL PUBLIC LICENSE\n  Version 3, 29 June 2007\n Copyright (C) 2007 Free Software Foundation";
        assert_eq!(titled(text.as_bytes()), Some("GNU GPL"));
        assert_eq!(titled(b"MIT License, not the GNU GPL"), None);
    }

    proptest::proptest! {
        #[test]
        fn any_head_is_read_without_a_panic(text in "(/\\*|\\*/|#|\"\"\"|GNU |GPL|under the |\n|é|.){0,30}") {
            let _ = granted(&text);
            let _ = titled(text.as_bytes());
        }
    }
}
