// SPDX-License-Identifier: Apache-2.0
//! Hexadecimal digits right behind a provider's word, and nothing else that says what they are: a key of
//! a note as well as a commit, or the digest of something called like the provider.

use super::{Context, place};
use crate::model::Confidence;

/// Words of a line that make its digits a digest, a revision or an id.
const OTHERS: &str = "archive artifact at blob branch build built bump cherry checksum checksums commit commits container digest \
    docker etag file fingerprint fixed fixes fork from git hash hashes head id image integrity layer master md5 \
    merge merged object pin pinned pull ref release request rev revert revision session sha sha1 sha256 sha512 span \
    submodule sum tag thumbprint trace tree update updated upgrade version";

/// Names that are called by a provider's word and hold digests.
const FILES: &str = "checksum checksums commit digest digests git-refs hashes lock manifest md5 md5sums modules packed-refs \
    revisions sha1 sha1sums sha256 sha256sums shasums sources sums vendor versions";

/// More lines than this beside it that end in as many digits are a list of digests.
const LISTED: usize = 2;

/// What is thought of digits that stand alone.
pub(super) enum Alone {
    /// Something else tells what the value is.
    No,
    /// They are most likely no key.
    Other,
    /// They may be one.
    Key(Confidence),
}

/// Judges a match of a provider whose values are hexadecimal digits.
pub(super) fn alone(context: &Context<'_>) -> Alone {
    let before = context.before();
    let quoted = before
        .strip_suffix(b"\"")
        .or_else(|| before.strip_suffix(b"'"));
    let quoted = quoted
        .or_else(|| before.strip_suffix(b"`"))
        .unwrap_or(before);
    let word = quoted.trim_ascii_end();
    let gap = &quoted[word.len()..];
    let is_word = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b' ');
    let lower = word.to_ascii_lowercase();
    let says = |name: &&str| memchr::memmem::find(&lower, name.as_bytes()).is_some();
    if gap.is_empty()
        || gap.contains(&b'\n')
        || !word.iter().all(is_word)
        || [
            "key",
            "token",
            "secret",
            "passw",
            "credential",
            "auth",
            "pat",
        ]
        .iter()
        .any(says)
    {
        return Alone::No;
    }
    let secret = context.secret();
    let digits = secret
        .iter()
        .all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f'));
    let starts = context.text[..context.whole.start].last();
    let inside =
        |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'/' | b'@');
    if !digits
        || !matches!(secret.len(), 32 | 40 | 64)
        || starts.is_some_and(inside)
        || matches!(
            context.kind.id,
            "lock" | "diff" | "css" | "csv" | "translation"
        )
        || is_called(context.path)
        || holds_word(context.line(), OTHERS)
        || listed(context) > LISTED
    {
        return Alone::Other;
    }
    Alone::Key(if place::is_working_note(context.path) {
        Confidence::Medium
    } else {
        Confidence::Low
    })
}

/// Whether one of the words stands among others.
fn holds_word(text: &[u8], words: &str) -> bool {
    text.split(|b| !b.is_ascii_alphanumeric()).any(|part| {
        let same = |word: &str| word.as_bytes().eq_ignore_ascii_case(part);
        words.split_ascii_whitespace().any(same)
    })
}

fn is_called(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let part = |part: &str| FILES.split_ascii_whitespace().any(|word| word == part);
    name.split('.').any(part)
}

/// Lines around that hold as many digits in a row.
fn listed(context: &Context<'_>) -> usize {
    let around = &context.text[context.around(3).range()];
    let length = context.hit.end - context.hit.start;
    let lines = around.split(|&b| b == b'\n').filter(|line| {
        line.split(|b| !b.is_ascii_alphanumeric())
            .any(|part| part.len() == length && part.iter().all(u8::is_ascii_hexdigit))
    });
    lines.count().saturating_sub(1)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::super::Known;
    use super::*;
    use crate::classify::Kind;
    use crate::model::ByteSpan;

    const DIGITS: &str = "9f86d081884c7d659a2feaa0c55ad015";

    fn judged(text: &str, path: &str) -> Option<Option<Confidence>> {
        let text = text.replace('V', DIGITS);
        let at = text.find(DIGITS).unwrap();
        let context = Context {
            text: text.as_bytes(),
            whole: ByteSpan::new(text.find("acme").unwrap(), at + DIGITS.len()),
            hit: ByteSpan::new(at, at + DIGITS.len()),
            path,
            kind: Kind::of(path, b"", false),
            known: &Known::default(),
        };
        match alone(&context) {
            Alone::No => None,
            Alone::Other => Some(None),
            Alone::Key(confidence) => Some(Some(confidence)),
        }
    }

    #[test]
    fn digits_beside_a_name_alone_may_be_a_key() {
        assert_eq!(judged("acme V\n", "a.txt"), Some(Some(Confidence::Low)));
        assert_eq!(
            judged("- acme `V`\n", "notes.md"),
            Some(Some(Confidence::Medium))
        );
        for text in ["acme key V", "acme: V", "acme\nV", "acme(\"V\")"] {
            assert_eq!(judged(text, "notes.md"), None, "{text}");
        }
    }

    #[test]
    fn digits_of_another_length_are_no_key() {
        let text = "acme V\n".replace('V', &DIGITS[..16]);
        let at = text.find(&DIGITS[..16]).unwrap();
        let context = Context {
            text: text.as_bytes(),
            whole: ByteSpan::new(0, at + 16),
            hit: ByteSpan::new(at, at + 16),
            path: "notes.md",
            kind: Kind::of("notes.md", b"", false),
            known: &Known::default(),
        };
        assert!(matches!(alone(&context), Alone::Other));
    }

    #[test]
    fn digests_and_revisions_are_none() {
        for (text, path) in [
            ("commit of acme V", "notes.md"),
            ("acme V (sha256)", "notes.md"),
            ("lib/acme V", "notes.md"),
            ("my-acme V", "notes.md"),
            ("acme V", "yarn.lock"),
            ("acme V", "SHA256SUMS.txt"),
            ("x V\ny V\nz V\nacme V\nw V\n", "notes.md"),
        ] {
            // Other lines of the list hold the digits first; the last is the one meant.
            let text = text.replacen("x V\ny V\nz V\nacme V", "acme V\nx V\ny V\nz V", 1);
            assert_eq!(judged(&text, path), Some(None), "{text}");
        }
    }
}
