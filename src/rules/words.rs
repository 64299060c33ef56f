// SPDX-License-Identifier: Apache-2.0
//! Named groups of words: `{model}` in a pattern of a statement stands for any word of the group
//! `model`, so that a pattern reads as a sentence and a list of words has one home.
//!
//! A brace that counts (`{2,3}`) begins with a digit, one that names a character or a class
//! (`\p{Greek}`) stands behind its letter, and groups cannot be called as boundaries are
//! (`\b{start}`): no brace of a regular expression is taken for a group.

use std::collections::BTreeMap;

/// What a text may grow to: groups that hold groups grow fast.
const LONGEST: usize = 64 << 10;
/// How many keywords one keyword with groups may become.
const MOST: usize = 256;
/// What would make a keyword of a group a pattern.
const META: &[char] = &[
    '\\', '(', ')', '[', ']', '?', '*', '+', '|', '^', '$', '.', '{', '}',
];

/// What regular expressions call boundaries of words.
const BOUNDARIES: [&str; 4] = ["start", "end", "start-half", "end-half"];

/// A table `[words]`: the words of each group, each of which may be a pattern and hold groups.
pub(super) type Table = BTreeMap<String, Vec<String>>;

/// The groups that a file of rules may name: its own, and those of its pack.
#[derive(Debug, Clone, Default)]
pub(super) struct Words {
    groups: Table,
}

/// What a text is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece<'t> {
    Text(&'t str),
    Group(&'t str),
}

impl Words {
    /// The groups of a pack and of one of its files.
    pub(super) fn new(pack: &Table, file: &Table) -> Result<Self, String> {
        if let Some(name) = file.keys().find(|name| pack.contains_key(*name)) {
            return Err(format!(
                "the group of words `{name}` stands in `pack.toml` too; give one of them another name"
            ));
        }
        let mut groups = pack.clone();
        groups.extend(file.clone());
        for (name, words) in &groups {
            if !is_name(name) {
                return Err(format!(
                    "`{name}` is no name for a group of words; begin with a lower-case letter and go on \
                     with letters, digits, `-` and `_`, and leave {} to regular expressions",
                    BOUNDARIES.map(|name| format!("`{name}`")).join(", ")
                ));
            }
            if words.is_empty() || words.iter().any(String::is_empty) {
                return Err(format!(
                    "the group of words `{name}` holds nothing, or an empty word; name what it stands for"
                ));
            }
        }
        Ok(Self { groups })
    }

    /// A pattern with every group spelled out.
    pub(super) fn pattern(&self, text: &str) -> Result<String, String> {
        let mut out = String::new();
        self.spell(text, &mut Vec::new(), &mut out)?;
        Ok(out)
    }

    /// Adds a text to `out`; `within` are the groups that it stands in.
    fn spell<'w>(
        &'w self,
        text: &'w str,
        within: &mut Vec<&'w str>,
        out: &mut String,
    ) -> Result<(), String> {
        for piece in pieces(text) {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Group(name) => {
                    let words = self.entered(name, within)?;
                    for (at, word) in words.iter().enumerate() {
                        out.push_str(if at == 0 { "(?:" } else { "|" });
                        self.spell(word, within, out)?;
                    }
                    out.push(')');
                    within.pop();
                }
            }
            if out.len() > LONGEST {
                return Err(format!(
                    "spelled out, its groups of words make a pattern of more than {LONGEST} bytes; \
                     use smaller groups, or fewer of them in one pattern"
                ));
            }
        }
        Ok(())
    }

    /// Every keyword that one with groups stands for.
    pub(super) fn keywords(&self, text: &str) -> Result<Vec<String>, String> {
        self.forms(text, &mut Vec::new())
    }

    fn forms<'w>(
        &'w self,
        text: &'w str,
        within: &mut Vec<&'w str>,
    ) -> Result<Vec<String>, String> {
        let mut all = vec![String::new()];
        for piece in pieces(text) {
            let next = match piece {
                Piece::Text(text) => vec![text.to_owned()],
                Piece::Group(name) => {
                    let mut next = Vec::new();
                    for word in self.entered(name, within)? {
                        let plain: String = pieces(word).filter_map(Piece::text).collect();
                        if plain.contains(META) {
                            return Err(format!(
                                "the group of words `{name}` holds the pattern `{word}`, and keywords \
                                 are plain; give a group of plain words"
                            ));
                        }
                        next.extend(self.forms(word, within)?);
                    }
                    within.pop();
                    next
                }
            };
            if all.len() * next.len() > MOST {
                return Err(format!(
                    "its groups of words make more than {MOST} of the keyword `{text}`; use smaller ones"
                ));
            }
            all = all
                .iter()
                .flat_map(|head| next.iter().map(move |tail| format!("{head}{tail}")))
                .collect();
        }
        Ok(all)
    }

    /// The words of a group, which is noted as one that the text stands in.
    fn entered<'w>(
        &'w self,
        name: &'w str,
        within: &mut Vec<&'w str>,
    ) -> Result<&'w [String], String> {
        if within.contains(&name) {
            return Err(format!(
                "the group of words `{name}` holds itself ({} → {name}); take it out of one of them",
                within.join(" → ")
            ));
        }
        let Some(words) = self.groups.get(name) else {
            let known: Vec<_> = self.groups.keys().map(String::as_str).collect();
            let known = if known.is_empty() {
                "there is none".to_owned()
            } else {
                format!("known are {}", known.join(", "))
            };
            return Err(format!(
                "there is no group of words `{name}` ({known}); write it into `[words]`, or `\\{{` where \
                 a brace is meant"
            ));
        };
        within.push(name);
        Ok(words)
    }
}

impl<'t> Piece<'t> {
    fn text(self) -> Option<&'t str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Group(_) => None,
        }
    }
}

fn is_name(text: &str) -> bool {
    !BOUNDARIES.contains(&text)
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_'))
}

/// A text cut at its groups.
fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        if let Some((name, behind)) = group(rest) {
            rest = behind;
            return Some(Piece::Group(name));
        }
        let (text, behind) = rest.split_at(plain(rest));
        rest = behind;
        Some(Piece::Text(text))
    })
}

/// The name of the group that a text begins with, and what stands behind it.
fn group(text: &str) -> Option<(&str, &str)> {
    let (name, behind) = text.strip_prefix('{')?.split_once('}')?;
    is_name(name).then_some((name, behind))
}

/// How much of a text stands before its next group.
fn plain(text: &str) -> usize {
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            // What is behind a backslash, and braces that belong to its letter, say what they say.
            '\\' => {
                let Some((at, escaped)) = chars.next() else {
                    break;
                };
                let behind = &text[at + escaped.len_utf8()..];
                if matches!(escaped, 'p' | 'P' | 'x' | 'u' | 'U') && behind.starts_with('{') {
                    let name = behind.find('}').map_or(behind.len(), |end| end + 1);
                    let taken = behind[..name].chars().count();
                    chars.by_ref().take(taken).for_each(drop);
                }
            }
            '{' if group(&text[at..]).is_some() => return at,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    fn words(table: &str) -> Words {
        Words::new(&Table::new(), &toml::from_str(table).unwrap()).unwrap()
    }

    #[test]
    fn groups_are_spelled_out() {
        let words = words(
            "its = ['its', 'their']\nown = ['{its} own', 'our']\nsaid = ['sa(?:ys|id)']\nx_1-y = ['z']",
        );
        let of = |text: &str| words.pattern(text).unwrap();
        assert_eq!(of("{own} code"), "(?:(?:its|their) own|our) code");
        assert_eq!(
            of("{said}{its}?{x_1-y}"),
            "(?:sa(?:ys|id))(?:its|their)?(?:z)"
        );
        for plain in [
            "a{2,3}b{4}c{5,}",
            r"\p{its}",
            r"\{its}",
            r"\\\{its}",
            "{Its}",
            "{}",
            "{",
            "it{s",
            "é{2}",
            r"\",
            r"\b{start}x",
            r"\b{end-half}",
            r"\x{its",
            r"\u{its}",
        ] {
            assert_eq!(of(plain), plain);
        }
        assert_eq!(of(r"\\{its}"), r"\\(?:its|their)");
        assert_eq!(of(r"\p{L}{its}"), r"\p{L}(?:its|their)");
        assert_eq!(of(r"\.{its}"), r"\.(?:its|their)");
        assert_eq!(of(r"\b{its}\b"), r"\b(?:its|their)\b");
        let keywords = words.keywords("{own} code").unwrap();
        assert_eq!(keywords, ["its own code", "their own code", "our code"]);
        assert_eq!(words.keywords("plain").unwrap(), ["plain"]);
        assert!(words.keywords("{said} so").unwrap_err().contains("plain"));
    }

    #[test]
    fn what_is_wrong_with_a_group_is_told() {
        let known = words("a = ['{b}']\nb = ['c|{a}']\nd = ['{e}']");
        for (text, cause) in [
            ("{a}", "`a` holds itself (a → b → a)"),
            ("{d}", "no group of words `e` (known are a, b, d)"),
            ("{its}", "write it into `[words]`"),
        ] {
            let told = known.pattern(text).unwrap_err();
            assert!(told.contains(cause), "{told}");
            assert!(known.keywords(text).is_err(), "{text}");
        }
        assert!(
            Words::default()
                .pattern("{a}")
                .unwrap_err()
                .contains("there is none")
        );
        let none = Table::new();
        for (table, cause) in [
            ("A = ['b']", "no name"),
            ("'2' = ['b']", "no name"),
            ("start = ['b']", "no name"),
            ("a = []", "holds nothing"),
            ("a = ['']", "empty word"),
        ] {
            let told = Words::new(&none, &toml::from_str(table).unwrap()).unwrap_err();
            assert!(told.contains(cause), "{told}");
        }
        let one: Table = toml::from_str("a = ['b']").unwrap();
        assert!(
            Words::new(&one, &one)
                .unwrap_err()
                .contains("`pack.toml` too")
        );
    }

    #[test]
    fn what_groups_grow_to_is_bounded() {
        let mut table = String::from("a0 = ['x', 'y']\n");
        for at in 1..40 {
            let before = at - 1;
            table.push_str(&format!("a{at} = ['{{a{before}}}{{a{before}}}']\n"));
        }
        let words = words(&table);
        assert!(
            words
                .pattern("{a39}")
                .unwrap_err()
                .contains("smaller groups")
        );
        assert!(
            words
                .keywords("{a39}")
                .unwrap_err()
                .contains("more than 256")
        );
    }
}
