// SPDX-License-Identifier: Apache-2.0
//! Where a finding stands: two thirds of what scanners report on published packages are keys of
//! test fixtures and documentation, made to be seen.

use super::{Context, Opinion};
use crate::classify::{CommentStyle, Purpose, purpose, purposes};
use crate::matching::docstring;
use crate::model::{Confidence, Severity};

/// Folders of tests beside those that everybody knows.
const FOLDERS: &[&str] = &["acceptance", "dummyserver", "integration", "test-data"];

/// Whether the file is a test, a fixture, an example or documentation.
pub(super) fn is_sample(context: &Context<'_>) -> bool {
    matches!(context.kind.id, "markdown" | "rst" | "asciidoc")
        || is_sample_path(context.path)
        || is_shown(context)
}

/// Whether the text around it shows how something is used rather than using it: a sample file, or a
/// docstring in code.
pub(super) fn is_illustration(context: &Context<'_>) -> bool {
    is_sample(context) || is_docstring(context)
}

/// What a program wrote or sends (tables, dumps, logs, recorded requests), in a folder of documentation:
/// such a folder makes no prose of it.
pub(super) fn is_record(context: &Context<'_>) -> bool {
    let path = context.path.to_ascii_lowercase();
    let written = matches!(context.kind.id, "csv" | "log" | "sql")
        || path.contains("postman") && path.ends_with(".json");
    let folder = |part: &str| matches!(part, "doc" | "docs" | "documentation");
    written && path.split('/').any(folder) && !purposes(&path).any(|word| word == Purpose::Test)
}

/// A text of markup that stands where no documentation does: perhaps somebody's notes.
pub(super) fn is_loose_note(context: &Context<'_>) -> bool {
    matches!(context.kind.id, "markdown" | "rst" | "asciidoc") && !is_sample_path(context.path)
}

/// Inside a triple-quoted string of Python, which is documentation more often than data; one that is
/// the value itself is data.
fn is_docstring(context: &Context<'_>) -> bool {
    let before = &context.text[..context.hit.start];
    let bare = |mark: &[u8]| {
        let before = before.strip_suffix(mark)?;
        let before = before.trim_ascii_end();
        Some(before.ends_with(b"=") || before.ends_with(b":"))
    };
    let assigned = bare(b"\"\"\"").or_else(|| bare(b"'''")) == Some(true);
    context.kind.id == "python" && !assigned && docstring::is_open(before)
}

/// `in-use`: in a test, an example or documentation a value counts only when something says that
/// it works somewhere. A name and a random value alone are what such files are made of.
pub(super) fn in_use(context: &Context<'_>) -> Opinion {
    if is_illustration(context) && !shows_use(context) {
        if super::strength::is_beyond_doubt(context.secret()) || is_record(context) {
            Opinion::Counts(Severity::Low, Confidence::Low)
        } else {
            Opinion::Acquitted
        }
    } else {
        Opinion::Plain
    }
}

/// Whether the value stands in a file that a program is configured by, or beside the address of
/// a machine that anybody can reach.
pub(super) fn shows_use(context: &Context<'_>) -> bool {
    let around = &context.text[context.around(2).range()];
    let whole = &context.text[context.whole.range()];
    is_settings_file(context)
        || is_working_note(context.path)
        || addresses(around).any(is_public)
        || names_server(whole)
}

/// What people write down for themselves, outside any documentation.
pub(super) fn is_working_note(path: &str) -> bool {
    const STEMS: [&str; 13] = [
        "access",
        "accounts",
        "credentials",
        "creds",
        "internal",
        "keys",
        "logins",
        "notes",
        "passwords",
        "private",
        "runbook",
        "secrets",
        "todo",
    ];
    const FOLDERS: [&str; 6] = ["internal", "notes", "ops", "runbooks", "team", "wiki"];
    let lower = path.to_ascii_lowercase();
    let mut parts = lower.rsplit('/');
    let file = parts.next().unwrap_or(&lower);
    let written = STEMS.contains(&file.split('.').next().unwrap_or(file));
    (written || parts.any(|folder| FOLDERS.contains(&folder))) && !is_sample_path(path)
}

/// Settings by the file's kind, its name, or the hidden folder it stands in.
fn is_settings_file(context: &Context<'_>) -> bool {
    const STEMS: [&str; 8] = [
        "application",
        "appsettings",
        "config",
        "credentials",
        "local",
        "production",
        "secrets",
        "settings",
    ];
    if matches!(context.kind.id, "env" | "ini" | "terraform") {
        return true;
    }
    let lower = context.path.to_ascii_lowercase();
    let (folders, file) = lower.rsplit_once('/').unwrap_or(("", &lower));
    let data = [".json", ".yaml", ".yml", ".toml", ".xml", ".properties"]
        .iter()
        .any(|end| file.ends_with(end));
    data && (STEMS.contains(&file.split('.').next().unwrap_or(file))
        || folders
            .split('/')
            .any(|folder| folder.starts_with('.') && folder.len() > 2 && folder != ".github"))
}

/// The hosts of the addresses in `text`; those that only name a document type are left out.
fn addresses(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    memchr::memmem::find_iter(text, b"://").filter_map(move |at| {
        let line = memchr::memrchr(b'\n', &text[..at]).map_or(0, |found| found + 1);
        let named = |word: &[u8]| memchr::memmem::find(&text[line..at], word).is_some();
        if named(b"xmlns") || named(b"$schema") || named(b"$id") {
            return None;
        }
        let rest = &text[at + 3..];
        let end = rest
            .iter()
            .position(|b| matches!(b, b'/' | b'"' | b'\'' | b'?' | b'<' | b'`') || *b <= b' ')
            .unwrap_or(rest.len());
        let host = rest[..end]
            .rsplit(|&b| b == b'@')
            .next()
            .unwrap_or_default();
        host.split(|&b| b == b':').next()
    })
}

/// `Server=tcp:db.acme.io`: a connection string names the machine beside the password.
fn names_server(text: &[u8]) -> bool {
    text.split(|&b| matches!(b, b'=' | b';' | b':' | b',') || b <= b' ')
        .any(|part| is_public(part) && ends_in_domain(part))
}

fn ends_in_domain(host: &[u8]) -> bool {
    [&b".com"[..], b".net", b".org", b".io", b".cloud", b".dev"]
        .iter()
        .any(|end| host.ends_with(end))
}

/// A name of the public net that no standard reserves and no manual shows.
fn is_public(host: &[u8]) -> bool {
    let lower = host.to_ascii_lowercase();
    let label = |part: &[u8]| {
        !part.is_empty() && part.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-')
    };
    let labels: Vec<&[u8]> = lower.split(|&b| b == b'.').collect();
    let [.., name, top] = labels.as_slice() else {
        return false;
    };
    let word = |list: &[&[u8]], part: &[u8]| list.contains(&part);
    labels.iter().all(|part| label(part))
        && top.len() >= 2
        && top.iter().all(u8::is_ascii_alphabetic)
        && !word(
            &[
                b"example",
                b"test",
                b"invalid",
                b"local",
                b"localhost",
                b"internal",
                b"lan",
            ],
            top,
        )
        && !word(
            &[
                b"example",
                b"foo",
                b"bar",
                b"domain",
                b"mydomain",
                b"yourdomain",
                b"w3",
                b"site",
                b"mysite",
                b"host",
                b"server",
                b"company",
                b"localhost",
            ],
            name,
        )
        && !word(
            &[b"docs", b"doc", b"developer", b"learn", b"schemas", b"wiki"],
            labels[0],
        )
}

/// How far back on its line a place is read: scripts that were made small are one line.
const LINE: usize = 2 << 10;

/// The line of the hit before it. A source map holds the lines of its sources with `\n` between them.
fn line_before<'a>(context: &Context<'a>) -> &'a [u8] {
    let before = &context.text[..context.hit.start];
    let before = &before[before.len().saturating_sub(LINE)..];
    let line = memchr::memrchr(b'\n', before).map_or(before, |at| &before[at + 1..]);
    if context.kind.id == "source-map" {
        memchr::memmem::rfind(line, b"\\n").map_or(line, |at| &line[at + 2..])
    } else {
        line
    }
}

/// In a documentation comment, a doctest, or the test module at the end of a Rust file.
fn is_shown(context: &Context<'_>) -> bool {
    let before = &context.text[..context.hit.start];
    let line = line_before(context);
    let slashes = context.kind.comments == CommentStyle::Slash || context.kind.id == "source-map";
    let starred = || {
        let start = line.trim_ascii_start();
        start.starts_with(b"* ") || start.starts_with(b"/** ")
    };
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
        || slashes && starred()
        || context.kind.id == "rust" && memchr::memmem::find(before, b"#[cfg(test)]").is_some()
}

/// Words that announce an example.
const CUES: &[&[u8]] = &[
    b"e.g",
    b"example",
    b"for instance",
    b"such as",
    b"looks like",
    b"look like",
    b"look something like",
];

/// How far back such words are looked for across lines.
const NEAR: usize = 160;

/// In a comment or docstring that says it shows an example.
pub(super) fn is_announced(context: &Context<'_>) -> bool {
    let line = line_before(context);
    let start = line.trim_ascii_start();
    let remark = [&b"#"[..], b"//", b"/*", b"*", b"--", b";", b"<!--"]
        .iter()
        .any(|mark| start.starts_with(mark))
        || [&b" # "[..], b" // "]
            .iter()
            .any(|mark| memchr::memmem::find(line, mark).is_some());
    if !remark && !is_docstring(context) {
        return false;
    }
    let near = &context.text[..context.hit.start];
    let near = near[near.len().saturating_sub(NEAR.max(line.len()))..].to_ascii_lowercase();
    CUES.iter()
        .any(|cue| memchr::memmem::find(&near, cue).is_some())
}

/// `quoted-block`: in a fence of Markdown, a docstring or a template literal, where a text is shown rather
/// than meant.
pub(super) fn quoted_block(context: &Context<'_>) -> Opinion {
    let before = &context.text[..context.hit.start];
    let shown = match context.kind.id {
        "markdown" => {
            let fence = |line: &&[u8]| line.starts_with(b"```") || line.starts_with(b"~~~");
            before
                .split(|b| *b == b'\n')
                .map(<[u8]>::trim_ascii_start)
                .filter(fence)
                .count()
                % 2
                == 1
        }
        "python" => docstring::is_open(before),
        "javascript" | "typescript" => {
            let marks = memchr::memchr_iter(b'`', before);
            marks
                .filter(|at| *at == 0 || before[at - 1] != b'\\')
                .count()
                % 2
                == 1
        }
        _ => false,
    };
    if shown {
        Opinion::Counts(Severity::Low, Confidence::Low)
    } else {
        Opinion::Plain
    }
}

fn is_sample_path(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let mut parts = lower.rsplit(['/', '\\']);
    let file = parts.next().unwrap_or_default();
    let folder = |part: &str| {
        FOLDERS.contains(&part)
            || purpose(part.trim_matches('_')).is_some()
            || part.ends_with("_test")
            || part.ends_with("_tests")
            || part.ends_with("-tests")
            || part.ends_with("-test")
            || part.starts_with("test_")
    };
    let stem = file.split('.').next().unwrap_or(file);
    // `rsa_example_private_key.pem`
    let word = |part: &str| {
        matches!(
            part,
            "test"
                | "tests"
                | "testing"
                | "example"
                | "examples"
                | "sample"
                | "samples"
                | "fixture"
                | "fixtures"
        )
    };
    parts.any(folder)
        || stem.split(['_', '-']).any(word)
        || stem.starts_with("example")
        || stem.starts_with("sample")
        || matches!(
            stem,
            "conftest"
                | "readme"
                | "changelog"
                | "changes"
                | "history"
                | "news"
                | "license"
                | "contributing"
                | "metadata"
                | "pkg-info"
        )
        || file.split('.').skip(1).any(|part| {
            matches!(
                part,
                "test"
                    | "spec"
                    | "example"
                    | "examples"
                    | "sample"
                    | "samples"
                    | "fixture"
                    | "fixtures"
                    | "template"
                    | "dist"
                    | "tmpl"
            )
        })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::{is_public, is_sample_path};
    use crate::matching::judge::tests::weigh;
    use crate::model::Severity;
    use crate::rules::Judge;

    #[test]
    fn a_sample_counts_where_something_says_that_it_works() {
        let judge = Judge {
            validators: vec!["in-use".to_owned()],
            ..Judge::default()
        };
        let counts = |text: &str, path: &str| weigh(&judge, text, "VALUE", path).is_some();
        assert!(counts("key = VALUE", "src/a.py"));
        assert!(!counts("key = VALUE", "docs/a.rst"));
        assert!(!counts(
            "key = VALUE\nxmlns='http://ses.acme.com/'",
            "tests/a.xml"
        ));
        assert!(!counts("def f():\n    \"\"\"key = VALUE\"\"\"", "src/a.py"));
        assert!(counts(
            "url = 'https://api.acme.io/v1'\nkey = VALUE",
            "docs/a.rst"
        ));
        assert!(counts("key = VALUE", "notes.md"));
        assert!(counts("key = VALUE", "wiki/access.rst"));
        assert!(!counts("key = VALUE", "docs/notes.md"));
        assert!(counts("\"key\": \"VALUE\"", "examples/.router/config.json"));
    }

    fn severity(text: &str, path: &str) -> Option<Severity> {
        let judge = Judge {
            in_samples: Some(Severity::Medium),
            ..Judge::default()
        };
        weigh(&judge, text, "VALUE", path).unwrap().severity
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
        ] {
            assert_eq!(severity(text, path), Some(Severity::Medium), "{text}");
        }
        for (text, path) in [
            ("# the key of the server\nkey = VALUE", "a.py"),
            ("print('for example')\nkey = VALUE", "a.py"),
            ("x = y\n * VALUE", "a.py"),
        ] {
            assert_eq!(severity(text, path), None, "{text}");
        }
    }

    #[test]
    fn a_block_that_is_quoted_shows_what_it_holds() {
        let judge = Judge {
            validators: vec!["quoted-block".to_owned()],
            ..Judge::default()
        };
        let shown = |text: &str, path| {
            let weight = weigh(&judge, text, "VALUE", path).unwrap();
            weight.severity == Some(Severity::Low)
        };
        assert!(shown("a\n```diff\nVALUE\n```", "a.md"));
        assert!(!shown("```\nb\n```\nVALUE", "a.md"));
        assert!(shown("x = \"\"\"\nVALUE\n\"\"\"", "a.py"));
        assert!(shown("const x = `\nVALUE\n`", "a.js"));
        assert!(!shown("const x = `a`\nVALUE", "a.js"));
        assert!(!shown("VALUE", "a.rs"));
    }

    #[test]
    fn public_hosts_are_told_from_reserved_and_invented_ones() {
        for host in ["api.acme.io", "zoom.us", "db.acme.co.uk"] {
            assert!(is_public(host.as_bytes()), "{host}");
        }
        for host in [
            "localhost",
            "0.0.0.0",
            "a.example.com",
            "foo.com",
            "x.test",
            "pghost10",
            "",
        ] {
            assert!(!is_public(host.as_bytes()), "{host}");
        }
    }

    #[test]
    fn tests_examples_and_docs_are_told_by_their_path() {
        for path in [
            "pkg/tests/a.py",
            "test_a.py",
            "src/a_test.go",
            "docs/x.json",
            "a.spec.ts",
            "examples/x/y.env",
            ".env.example",
            "README.txt",
            "pkg/testdata/key.pem",
            "src/rsa_example_key.pem",
        ] {
            assert!(is_sample_path(path), "{path}");
        }
        for path in [
            "src/main.rs",
            "latest/a.py",
            "contest.py",
            ".env",
            "deploy/prod.yaml",
        ] {
            assert!(!is_sample_path(path), "{path}");
        }
    }
}
