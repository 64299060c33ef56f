// SPDX-License-Identifier: Apache-2.0
//! Whether the text around a value shows it rather than using it: a documentation comment, a doctest, a docstring, the
//! test module of a Rust file, a comment that announces an example.

use super::Context;
use crate::classify::CommentStyle;
use crate::matching::docstring;

/// How far back the lines of a comment are read: scripts that were made small are one line.
const REACH: usize = 4 << 10;

/// Lines above its own in which a comment may announce what it shows.
const ABOVE: usize = 2;

/// The lines up to the value, its own first. A source map holds the lines of its sources with `\n` between them.
fn lines_back<'a>(context: &Context<'a>) -> impl Iterator<Item = &'a [u8]> {
    let before = &context.text[..context.hit.start];
    let before = &before[before.len().saturating_sub(REACH)..];
    let escaped = context.kind.id == "source-map";
    let mut left = Some(before);
    std::iter::from_fn(move || {
        let text = left?;
        let (at, length) = if escaped {
            (memchr::memmem::rfind(text, b"\\n"), 2)
        } else {
            (memchr::memrchr(b'\n', text), 1)
        };
        left = at.map(|at| &text[..at]);
        Some(at.map_or(text, |at| &text[at + length..]))
    })
}

/// Marks that begin a comment in a file of this kind.
fn marks(context: &Context<'_>) -> &'static [&'static [u8]] {
    match context.kind.comments {
        _ if context.kind.id == "source-map" => &[b"//", b"/*"],
        CommentStyle::Slash => &[b"//", b"/*"],
        CommentStyle::Hash => &[b"#"],
        CommentStyle::Block => &[b"/*"],
        CommentStyle::Dash => &[b"--"],
        CommentStyle::Semicolon => &[b";", b"#"],
        CommentStyle::Markup => &[b"<!--"],
        CommentStyle::Percent => &[b"%"],
        _ => &[],
    }
}

/// On a line of a documentation comment, `/** ... */` with a star before each line.
fn is_starred(context: &Context<'_>) -> bool {
    let slashes = matches!(
        context.kind.comments,
        CommentStyle::Slash | CommentStyle::Block
    );
    if !slashes && context.kind.id != "source-map" {
        return false;
    }
    let mut lines = lines_back(context).map(<[u8]>::trim_ascii_start);
    let opened = lines.find(|line| !line.starts_with(b"*") || line.starts_with(b"*/"));
    opened.is_some_and(|line| line.starts_with(b"/**") || line.ends_with(b"/**"))
}

/// In a documentation comment, a doctest, or the test module at the end of a Rust file.
pub(super) fn is_shown(context: &Context<'_>) -> bool {
    let line = lines_back(context).next().unwrap_or_default();
    let comment = |line: &[u8]| {
        let line = line.trim_ascii_start();
        [&b"///"[..], b"//!", b">>>", b"..."]
            .iter()
            .any(|mark| line.starts_with(mark))
    };
    // A key's first line is the mark before it; look at the line the key starts on too.
    let next = context.secret().trim_ascii_start();
    comment(line)
        || comment(next)
        || is_starred(context)
        || context.kind.id == "rust" && is_below_tests(context)
}

/// Below the mark of a test module of Rust.
fn is_below_tests(context: &Context<'_>) -> bool {
    let read = || memchr::memmem::find(context.text, b"#[cfg(test)]");
    let tests = context.known.tests.get_or_init(read);
    tests.is_some_and(|at| at < context.hit.start)
}

/// Inside a triple-quoted string of Python, which is documentation more often than data; one that is
/// the value itself is data.
pub(super) fn is_docstring(context: &Context<'_>) -> bool {
    let before = &context.text[..context.hit.start];
    let bare = |mark: &[u8]| {
        let before = before.strip_suffix(mark)?;
        let before = before.trim_ascii_end();
        Some(before.ends_with(b"=") || before.ends_with(b":"))
    };
    let assigned = bare(b"\"\"\"").or_else(|| bare(b"'''")) == Some(true);
    context.kind.id == "python" && !assigned && is_in_docstring(context)
}

fn is_in_docstring(context: &Context<'_>) -> bool {
    let known = || docstring::all(context.text);
    let all = context.known.docstrings.get_or_init(known);
    let at = context.hit.start;
    let next = all.partition_point(|(from, _)| *from <= at);
    next.checked_sub(1).is_some_and(|last| at <= all[last].1)
}

/// Words beside which values are those of a standard or of somebody who checks implementations.
const VECTORS: &[&[u8]] = &[
    b"test vector",
    b"testvector",
    b"known answer",
    b"wycheproof",
];
/// The same beside an RFC: many are named where nothing of theirs stands.
const PARTS: &[&[u8]] = &[b"vector", b"section", b"appendix", b"test "];

/// Whether a value is digits, and a line up to twelve above it says which standard prints them: a vector that everybody
/// who tests against it has.
pub(super) fn is_vector(context: &Context<'_>) -> bool {
    const LONGEST: usize = 400;
    const FEWEST: usize = 32;
    let value = context.secret();
    if value.len() < FEWEST || !value.iter().all(u8::is_ascii_hexdigit) {
        return false;
    }
    lines_back(context).take(12).any(|line| {
        let lower = line[..line.len().min(LONGEST)].to_ascii_lowercase();
        let holds = |word: &&[u8]| memchr::memmem::find(&lower, word).is_some();
        VECTORS.iter().any(holds) || names_rfc(&lower) && PARTS.iter().any(holds)
    })
}

/// `RFC 8032`, `rfc-7748`, `rfc4231`.
fn names_rfc(lower: &[u8]) -> bool {
    memchr::memmem::find_iter(lower, b"rfc").any(|at| {
        let rest = &lower[at + 3..];
        let number = rest.strip_prefix(b" ").unwrap_or(rest);
        let number = number.strip_prefix(b"-").unwrap_or(number);
        number.iter().take_while(|b| b.is_ascii_digit()).count() == 4
    })
}

/// Words that announce an example.
const CUES: &[&[u8]] = &[
    b"e.g.",
    b"an example",
    b"example:",
    b"for example",
    b"for instance",
    b"such as",
    b"looks like",
    b"look like",
    b"look something like",
];

/// In a comment or docstring that says it shows an example.
pub(super) fn is_announced(context: &Context<'_>) -> bool {
    let marks = marks(context);
    let begins = |line: &[u8]| {
        let line = line.trim_ascii_start();
        marks.iter().any(|mark| line.starts_with(mark))
    };
    let mut lines = lines_back(context);
    let own = lines.next().unwrap_or_default();
    if begins(own) {
        return announces(own)
            || lines
                .take(ABOVE)
                .take_while(|line| begins(line))
                .any(announces);
    }
    if let Some(trailing) = trailing(own, marks) {
        return announces(trailing);
    }
    (announces(own) || lines.take(1).any(announces)) && is_docstring(context)
}

/// A comment behind code: a mark with blanks around it, outside of strings.
fn trailing<'l>(line: &'l [u8], marks: &[&[u8]]) -> Option<&'l [u8]> {
    let at = marks.iter().find_map(|mark| {
        let spaced = [b" ", *mark, b" "].concat();
        memchr::memmem::rfind(line, &spaced)
    })?;
    let closed = |quote: u8| {
        memchr::memchr_iter(quote, &line[..at])
            .count()
            .is_multiple_of(2)
    };
    (closed(b'"') && closed(b'\'')).then(|| &line[at..])
}

/// Whether a text holds one of [`CUES`], not as a part of a word or an address.
fn announces(text: &[u8]) -> bool {
    let lower = text.to_ascii_lowercase();
    let begins = |at: usize| {
        let before = at.checked_sub(1).map(|before| lower[before]);
        !before.is_some_and(|b| b.is_ascii_alphanumeric() || b"./@_-".contains(&b))
    };
    CUES.iter()
        .any(|cue| memchr::memmem::find_iter(&lower, cue).any(begins))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use crate::matching::judge::tests::weigh;
    use crate::model::Severity;
    use crate::rules::Judge;

    fn severity(text: &str, path: &str) -> Option<Severity> {
        let judge = Judge {
            in_samples: Some(Severity::Medium),
            ..Judge::default()
        };
        weigh(&judge, text, "VALUE", path).unwrap().severity
    }

    #[test]
    fn vectors_of_standards_are_no_findings() {
        let judge = Judge {
            validators: vec!["generic-value".to_owned()],
            ..Judge::default()
        };
        let value = "b5076a8474a832daee4dd5b4040983b6623b5f344aca57d4d6ee4baf3f259e6e";
        let counts = |above: &str, path: &str| {
            let text = format!("// {above}\nx := v{{\n\tsecret: \"{value}\",\n");
            weigh(&judge, &text, value, path).is_some()
        };
        assert!(!counts(
            "RFC 8032 section 7.1, TEST 1",
            "ed25519/sign_test.go"
        ));
        assert!(!counts("Test vectors of Wycheproof", "tests/ecdh.go"));
        assert!(counts(
            "signs with the server's own",
            "ed25519/sign_test.go"
        ));
        // In code that runs it is a key, whatever stands above.
        assert!(counts("signs as RFC 8032 says", "ed25519/sign.go"));
    }

    #[test]
    fn what_a_comment_announces_as_an_example_counts_less() {
        for (text, path) in [
            ("/**\n * key: VALUE\n */", "a.ts"),
            (
                "{\"sourcesContent\":[\"/**\\n * key: VALUE\\n */\"]}",
                "a.js.map",
            ),
            ("# The token looks like this:\n#   VALUE", "a.py"),
            ("def f():\n    \"\"\"key, e.g.: VALUE\"\"\"", "a.py"),
            ("key: string; // for instance VALUE", "a.ts"),
            ("/** The key, as in VALUE */", "a.ts"),
        ] {
            assert_eq!(severity(text, path), Some(Severity::Medium), "{text}");
        }
        for (text, path) in [
            ("# the key of the server\nkey = VALUE", "a.py"),
            ("print('for example')\nkey = VALUE", "a.py"),
            ("x = y\n * VALUE", "a.py"),
            ("int *q;\n  * p = VALUE;", "a.c"),
            ("v = cache.get('k')\n# old: VALUE", "a.py"),
            ("url = 'https://git.example.com'\n# key = VALUE", "a.py"),
            ("curl https://example.com \\\n  --key VALUE", "a.sh"),
            ("call(\"such as # this\", VALUE)", "a.py"),
            ("# For example:\n\nkey = 1\n# key = VALUE", "a.py"),
        ] {
            assert_eq!(severity(text, path), None, "{text}");
        }
    }
}
