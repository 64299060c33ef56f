// SPDX-License-Identifier: Apache-2.0
//! Where a finding stands: two thirds of what scanners report on published packages are keys of
//! test fixtures and documentation, made to be seen.

use super::shown::{is_docstring, is_shown};
use super::{Context, Opinion};
use crate::classify::{Purpose, purpose, purposes};
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

/// What is called as tests are in many languages, as translations, manuals or stories of a user interface: a password
/// there is seldom one that opens anything.
pub(super) fn is_aside(path: &str) -> bool {
    const FOLDERS: &[&str] = &[
        "features",
        "storybook",
        "stories",
        "i18n",
        "l10n",
        "lang",
        "locale",
        "locales",
        "man",
        "help",
        "workflows",
        "content",
    ];
    const NAMES: &[&str] = &["locale", "strings", "help", "usage", "messages"];
    let mut parts = path.rsplit('/');
    let file = parts.next().unwrap_or(path);
    let (stem, ends) = file.split_once('.').unwrap_or((file, ""));
    let called = |end: &str| stem.ends_with(end);
    let manual = matches!(ends.as_bytes(), [b'1'..=b'9']);
    manual
        || [
            "Test", "Tests", "Spec", "Stories", "_test", "_tests", "_spec",
        ]
        .into_iter()
        .any(called)
        || matches!(ends, "resx" | "strings" | "feature" | "po" | "arb")
        || NAMES.iter().any(|name| stem.eq_ignore_ascii_case(name))
        || parts.any(|folder| FOLDERS.contains(&folder.to_ascii_lowercase().as_str()))
}

/// A manual that people keep for themselves (`docs/ops/ldap.rst`): commands stand there as they are run.
pub(super) fn is_own_manual(context: &Context<'_>) -> bool {
    let manual = |word: &str| {
        let word = word.to_ascii_lowercase();
        purpose(&word).is_none() || matches!(&*word, "doc" | "docs" | "documentation" | "manual")
    };
    matches!(context.kind.id, "markdown" | "rst" | "asciidoc")
        && is_named_note(context.path)
        && context.path.split(['/', '_', '-', '.']).all(manual)
}

/// A text of markup that stands where no documentation does: perhaps somebody's notes.
pub(super) fn is_loose_note(context: &Context<'_>) -> bool {
    matches!(context.kind.id, "markdown" | "rst" | "asciidoc") && !is_sample_path(context.path)
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
    is_named_note(path) && !is_sample_path(path)
}

/// Whether the file or a folder that it stands in is called as what people write down for themselves.
fn is_named_note(path: &str) -> bool {
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
    written || parts.any(|folder| FOLDERS.contains(&folder))
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

/// `test-vectors`, `rsa_testvector`: words of their own, and not the end of one (`latest_vector`).
fn names_test_vectors(stem: &str) -> bool {
    let mut parts = stem.split(['_', '-', '.']).peekable();
    std::iter::from_fn(|| parts.next().map(|part| (part, parts.peek().copied()))).any(
        |(part, next)| {
            part.starts_with("testvector")
                || part == "test" && next.is_some_and(|next| next.starts_with("vector"))
        },
    )
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
    // `rsa_example_private_key.pem`; in code and settings such a word says less.
    let is_key = [
        ".pem", ".key", ".der", ".crt", ".cer", ".p12", ".pfx", ".jks", ".ppk", ".asc",
    ]
    .iter()
    .any(|end| file.ends_with(end));
    let word = |part: &str| is_sample_word(part) || matches!(part, "tests" | "testing");
    parts.any(folder)
        || is_key && stem.split(['_', '-']).any(word)
        || stem.starts_with("test_")
        || stem.ends_with("_test")
        || stem.ends_with("_tests")
        || stem.ends_with("-test")
        || stem.starts_with("example")
        || stem.starts_with("sample")
        || names_test_vectors(stem)
        || matches!(
            stem,
            "test"
                | "tests"
                | "conftest"
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
            is_sample_word(part) || matches!(part, "spec" | "template" | "dist" | "tmpl")
        })
}

/// Words of a file's name, behind a dot or in the name of a key, that say that it is shown or tried.
fn is_sample_word(part: &str) -> bool {
    matches!(
        part,
        "test" | "example" | "examples" | "sample" | "samples" | "fixture" | "fixtures"
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::{is_public, is_sample_path};
    use crate::matching::judge::tests::weigh;
    use crate::rules::Judge;

    #[test]
    fn tests_translations_and_manuals_are_told_by_name() {
        for path in [
            "src/UserServiceTests.cs",
            "a/b_spec.rb",
            "features/a.feature",
            "i18n/en.json",
            "res/strings.xml",
            "man/x.1",
            ".github/workflows/ci.yml",
        ] {
            assert!(super::is_aside(path), "{path}");
        }
        for path in [
            "src/service.cs",
            "config/prod.yml",
            "latest.py",
            "a/contest.rb",
        ] {
            assert!(!super::is_aside(path), "{path}");
        }
    }

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
            "pkg/test-vectors-5f50.json",
            "src/rsa_example_key.pem",
            "pkg/rsa_testvector.txt",
        ] {
            assert!(is_sample_path(path), "{path}");
        }
        for path in ["src/latest_vector_store.py", "fastest-vector-db.env"] {
            assert!(!is_sample_path(path), "{path}");
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
