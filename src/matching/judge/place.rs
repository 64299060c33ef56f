// SPDX-License-Identifier: Apache-2.0
//! Where a finding stands: two thirds of what scanners report on published packages are keys of
//! test fixtures and documentation, made to be seen.

use super::Context;
use crate::classify::purpose;

/// Folders of tests beside those that everybody knows.
const FOLDERS: &[&str] = &["acceptance", "dummyserver", "integration", "test-data"];

/// Whether the file is a test, a fixture, an example or documentation.
pub(super) fn is_sample(context: &Context<'_>) -> bool {
    matches!(context.kind.id, "markdown" | "rst" | "asciidoc")
        || is_sample_path(context.path)
        || is_shown(context)
}

/// In a documentation comment, a doctest, or the test module at the end of a Rust file.
fn is_shown(context: &Context<'_>) -> bool {
    let before = &context.text[..context.hit.start];
    let line = memchr::memrchr(b'\n', before).map_or(before, |at| &before[at + 1..]);
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
        || context.kind.id == "rust" && memchr::memmem::find(before, b"#[cfg(test)]").is_some()
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
    parts.any(folder)
        || stem.starts_with("test_")
        || stem.ends_with("_test")
        || stem.ends_with("_tests")
        || stem.ends_with("-test")
        || stem.starts_with("example")
        || stem.starts_with("sample")
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
            matches!(
                part,
                "test" | "spec" | "example" | "sample" | "template" | "dist" | "tmpl"
            )
        })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::is_sample_path;

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
