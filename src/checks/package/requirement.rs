// SPDX-License-Identifier: Apache-2.0
//! Dependency specifiers (PyPA "Dependency specifiers", PEP 508), as far as an index judges them.

use pep440_rs::VersionSpecifiers;

/// Where a requirement takes its package from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::checks) enum Source<'t> {
    /// An index, by name and version.
    Index,
    /// `name @ URL`.
    Url(&'t str),
}

/// Reads one `Requires-Dist`.
///
/// # Errors
/// What is wrong with it, as a clause.
pub(in crate::checks) fn read(text: &str) -> Result<Source<'_>, String> {
    let text = text.trim();
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let end = text.find(|c| !inner(c)).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let outer = |c: char| c.is_ascii_alphanumeric();
    if !name.starts_with(outer) || !name.ends_with(outer) {
        return Err("it starts with no package name".to_owned());
    }
    let mut rest = rest.trim_start();
    if let Some(extras) = rest.strip_prefix('[') {
        let Some((_, behind)) = extras.split_once(']') else {
            return Err("a `[` is never closed".to_owned());
        };
        rest = behind.trim_start();
    }
    if let Some(url) = rest.strip_prefix('@') {
        let url = url.split_whitespace().next().unwrap_or_default();
        return if url.is_empty() {
            Err("no address stands behind `@`".to_owned())
        } else {
            Ok(Source::Url(url))
        };
    }
    let (versions, marker) = match rest.split_once(';') {
        Some((versions, marker)) => (versions.trim(), Some(marker.trim())),
        None => (rest.trim(), None),
    };
    if marker == Some("") {
        return Err("no condition stands behind `;`".to_owned());
    }
    let versions = match versions.strip_prefix('(') {
        Some(open) => match open.strip_suffix(')') {
            Some(inside) => inside.trim(),
            None => return Err("a `(` is never closed".to_owned()),
        },
        None => versions,
    };
    if !versions.is_empty() && !specifiers(versions) {
        return Err(format!("`{versions}` is no version specifier"));
    }
    Ok(Source::Index)
}

/// Whether a text is a set of version specifiers (PEP 440).
pub(in crate::checks) fn specifiers(text: &str) -> bool {
    // A comma too many is forgiven by every reader.
    let parts = text.split(',').map(str::trim);
    let mut parts = parts.filter(|part| !part.is_empty());
    // `===` compares any text as it stands.
    parts.all(|part| part.starts_with("===") || part.parse::<VersionSpecifiers>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sound_requirements_are_read() {
        for text in [
            "requests",
            "requests>=2,<3",
            "requests (>=2.8.1)",
            "requests[socks,security] >= 2.8.1 ; python_version < \"2.7\" and extra == 'x'",
            "a.b_c-d~=1.4.2",
            "x!=1.5.*",
            "x>=1,",
            "x===any-text",
        ] {
            assert_eq!(read(text), Ok(Source::Index), "{text}");
        }
        assert_eq!(
            read("x[y] @ git+ssh://git@example.org/x ; python_version > '3'"),
            Ok(Source::Url("git+ssh://git@example.org/x"))
        );
    }

    #[test]
    fn broken_ones_are_told() {
        for text in [
            "",
            ">=1",
            "x >= = 2",
            "x[y",
            "x @ ",
            "x (>=1",
            "x>=1;",
            "x>2.0,<<3",
            "x 1.0",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "[a-z@\\[\\]();<>=,.1 é]{0,20}") {
            let _ = read(&text);
        }
    }
}
