// SPDX-License-Identifier: Apache-2.0
//! What can be wrong with a member's name or a link's target, alone and beside the others.

use super::rule;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, DefaultHasher, Hash, Hasher};
use unicode_normalization::UnicodeNormalization;

/// A rule id and what was seen.
pub(super) type Issue = (&'static str, String);

/// Judges one name, as stored.
pub(super) fn inspect(raw: &[u8], out: &mut Vec<Issue>) {
    if raw.is_empty() {
        out.push((rule::NAME_UNSAFE, "its name is empty".to_owned()));
        return;
    }
    let plain = raw.iter().all(|&b| {
        b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'/' | b'+' | b'@' | b'=' | b'.')
    });
    if !plain {
        characters(raw, out);
    }
    if let Some(how) = escape(raw) {
        out.push((rule::NAME_ESCAPES, format!("its name {how}")));
    }
    if let Some(how) = reserved(raw) {
        out.push((rule::NAME_RESERVED, how));
    }
}

fn characters(raw: &[u8], out: &mut Vec<Issue>) {
    let text = String::from_utf8_lossy(raw);
    let unsafe_character = text.chars().find(|&c| {
        c.is_control()
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}')
    });
    if let Some(c) = unsafe_character {
        out.push((
            rule::NAME_UNSAFE,
            format!("its name holds the character U+{:04X}", u32::from(c)),
        ));
    }
    if std::str::from_utf8(raw).is_err() {
        out.push((
            rule::NAME_ENCODING,
            "its name is not valid UTF-8".to_owned(),
        ));
    }
    if raw.contains(&b'\\') {
        out.push((
            rule::NAME_BACKSLASH,
            "its name holds a backslash, which only Windows reads as a separator".to_owned(),
        ));
    }
}

/// How a path leaves the folder it is unpacked into, if it does.
pub(super) fn escape(raw: &[u8]) -> Option<&'static str> {
    if matches!(raw.first(), Some(b'/' | b'\\')) {
        return Some("is absolute");
    }
    if raw.len() >= 2 && raw[0].is_ascii_alphabetic() && raw[1] == b':' {
        return Some("begins with a drive letter");
    }
    raw.split(|b| matches!(b, b'/' | b'\\'))
        .any(|part| part == b"..")
        .then_some("has `..` as a component")
}

/// Whether a symbolic link at `from` with this target leaves the container's root.
pub(super) fn symlink_escapes(from: &[u8], target: &[u8]) -> bool {
    if matches!(target.first(), Some(b'/' | b'\\')) || (target.len() >= 2 && target[1] == b':') {
        return true;
    }
    let is_separator = |b: &u8| matches!(b, b'/' | b'\\');
    let mut depth: i64 = 0;
    let folder = from.iter().rposition(is_separator).unwrap_or(0);
    for part in from[..folder]
        .split(is_separator)
        .chain(target.split(is_separator))
    {
        match part {
            b"" | b"." => {}
            b".." => depth -= 1,
            _ => depth += 1,
        }
        if depth < 0 {
            return true;
        }
    }
    false
}

/// Names Windows cannot create: devices (with any ending), characters, a dot or space at the end.
fn reserved(raw: &[u8]) -> Option<String> {
    for part in raw.split(|b| matches!(b, b'/' | b'\\')) {
        if part == b"." || part == b".." || part.is_empty() {
            continue;
        }
        if let Some(&byte) = part.iter().find(|b| b"<>:\"|?*".contains(b)) {
            return Some(format!(
                "its name holds `{}`, which Windows refuses",
                byte as char
            ));
        }
        if matches!(part.last(), Some(b'.' | b' ')) {
            return Some(
                "a component of its name ends in a dot or space, which Windows drops".to_owned(),
            );
        }
        let stem = part.split(|&b| b == b'.').next().unwrap_or(part);
        let device = match stem.len() {
            3 => [b"con", b"prn", b"aux", b"nul"]
                .iter()
                .any(|d| stem.eq_ignore_ascii_case(*d)),
            4 => {
                matches!(stem[3], b'1'..=b'9')
                    && (stem[..3].eq_ignore_ascii_case(b"com")
                        || stem[..3].eq_ignore_ascii_case(b"lpt"))
            }
            _ => false,
        };
        if device {
            return Some("a component of its name is a device on Windows".to_owned());
        }
    }
    None
}

/// The names of one container so far, to notice those that meet on some file system.
/// Hashes stand for names: a container may hold a hundred thousand of them.
#[derive(Default)]
pub(super) struct Names {
    exact: Offsets,
    canonical: Offsets,
    folded: Offsets,
    links: HashSet<u64>,
}

/// Offsets by the hash of a name, which is hashed well already.
type Offsets = HashMap<u64, u64, BuildHasherDefault<Hashed>>;

/// Takes what is a hash for its own.
#[derive(Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = hash(bytes);
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

impl Names {
    /// Judges `raw`, which stands at `offset`, against the names before it.
    pub(super) fn see(&mut self, raw: &[u8], is_link: bool, offset: u64, out: &mut Vec<Issue>) {
        let canonical = canonical(raw);
        if !self.links.is_empty() {
            let below = canonical
                .match_indices('/')
                .any(|(at, _)| self.links.contains(&hash(&canonical.as_bytes()[..at])));
            if below {
                out.push((
                    rule::LINK_WITH_ENTRY_BELOW,
                    "it lies below a link that stands before it".to_owned(),
                ));
            }
        }
        let key = hash(canonical.as_bytes());
        let folded = if !canonical.is_ascii() {
            // Upper case first: `ß` and `SS` meet only there.
            let folded: String = canonical.to_uppercase().to_lowercase().nfc().collect();
            hash(folded.as_bytes())
        } else if canonical.bytes().any(|b| b.is_ascii_uppercase()) {
            hash(canonical.to_ascii_lowercase().as_bytes())
        } else {
            key
        };
        let exact = if canonical.len() == raw.len() && canonical.as_bytes() == raw {
            key
        } else {
            hash(raw)
        };
        let first_exact = self.exact.insert(exact, offset);
        let first_canonical = self.canonical.insert(key, offset);
        let first_folded = self.folded.insert(folded, offset);
        if let Some(at) = first_exact {
            out.push((
                rule::DUPLICATE_NAME,
                format!("the member at byte {at} has the same name"),
            ));
        } else if let Some(at) = first_canonical {
            out.push((
                rule::DUPLICATE_NAME_NORMALISED,
                format!("the member at byte {at} has the same name once separators, `./` and Unicode form are normalised"),
            ));
        } else if let Some(at) = first_folded {
            out.push((
                rule::DUPLICATE_NAME_CASE,
                format!("the member at byte {at} has the same name apart from case"),
            ));
        }
        if is_link {
            self.links.insert(key);
        }
    }
}

fn hash(bytes: &[u8]) -> u64 {
    // Fixed keys: the same archive gives the same findings on every run.
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}

/// `\` as `/`, without empty and `.` components, in NFC.
fn canonical(raw: &[u8]) -> Cow<'_, str> {
    let text = String::from_utf8_lossy(raw);
    let plain = |part: &str| !part.is_empty() && part != ".";
    if text.is_ascii() && !text.contains('\\') && text.split('/').all(plain) {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    for part in text.split(['/', '\\']) {
        if !part.is_empty() && part != "." {
            if !out.is_empty() {
                out.push('/');
            }
            out.push_str(part);
        }
    }
    Cow::Owned(if out.is_ascii() {
        out
    } else {
        out.nfc().collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules_of(raw: &[u8]) -> Vec<&'static str> {
        let mut out = Vec::new();
        inspect(raw, &mut out);
        out.into_iter().map(|(rule, _)| rule).collect()
    }

    #[test]
    fn clean_names_pass() {
        for name in [
            "a/b.py",
            "pkg/é.txt",
            "a..b/c",
            ".gitignore",
            "console.py",
            "a b.txt",
            "d/",
        ] {
            assert_eq!(rules_of(name.as_bytes()), [""; 0], "{name}");
        }
    }

    #[test]
    fn each_danger_has_its_rule() {
        for (name, rule) in [
            (&b""[..], rule::NAME_UNSAFE),
            (b"a\0b", rule::NAME_UNSAFE),
            ("a\u{202e}b".as_bytes(), rule::NAME_UNSAFE),
            (b"/etc/x", rule::NAME_ESCAPES),
            (b"a/../../x", rule::NAME_ESCAPES),
            (b"a/..", rule::NAME_ESCAPES),
            (b"..\\x", rule::NAME_ESCAPES),
            (b"c:x", rule::NAME_ESCAPES),
            (b"a/NUL.txt", rule::NAME_RESERVED),
            (b"com1", rule::NAME_RESERVED),
            (b"a./b", rule::NAME_RESERVED),
            (b"a\\b", rule::NAME_BACKSLASH),
            (b"caf\xe9", rule::NAME_ENCODING),
        ] {
            assert!(rules_of(name).contains(&rule), "{name:?} lacks {rule}");
        }
    }

    #[test]
    fn links_are_followed_from_their_folder() {
        assert!(!symlink_escapes(b"a/b/link", b"../c"));
        assert!(!symlink_escapes(b"link", b"a/../b"));
        assert!(symlink_escapes(b"a/link", b"../../c"));
        assert!(symlink_escapes(b"link", b".."));
        assert!(symlink_escapes(b"a/link", b"/etc/passwd"));
    }

    fn second(first: &str, name: &str) -> Vec<&'static str> {
        let mut names = Names::default();
        let mut out = Vec::new();
        names.see(first.as_bytes(), false, 0, &mut out);
        names.see(name.as_bytes(), false, 9, &mut out);
        out.into_iter().map(|(rule, _)| rule).collect()
    }

    #[test]
    fn names_that_meet_are_told_apart_by_how() {
        assert_eq!(second("a", "b"), [""; 0]);
        assert_eq!(second("a", "a"), [rule::DUPLICATE_NAME]);
        assert_eq!(second("a/b", "./a/b"), [rule::DUPLICATE_NAME_NORMALISED]);
        assert_eq!(second("a/b", "a\\b"), [rule::DUPLICATE_NAME_NORMALISED]);
        assert_eq!(second("é", "e\u{301}"), [rule::DUPLICATE_NAME_NORMALISED]);
        assert_eq!(second("a", "a/"), [rule::DUPLICATE_NAME_NORMALISED]);
        assert_eq!(second("README", "readme"), [rule::DUPLICATE_NAME_CASE]);
        assert_eq!(second("Straße", "STRASSE"), [rule::DUPLICATE_NAME_CASE]);
    }

    #[test]
    fn an_entry_below_a_link_is_told() {
        let mut names = Names::default();
        let mut out = Vec::new();
        names.see(b"pkg/link", true, 0, &mut out);
        names.see(b"pkg/linked", false, 1, &mut out);
        assert!(out.is_empty());
        names.see(b"pkg/link/x/y", false, 2, &mut out);
        assert_eq!(out[0].0, rule::LINK_WITH_ENTRY_BELOW);
    }
}
