// SPDX-License-Identifier: Apache-2.0
//! What the file name of a package archive says: PyPA "Binary distribution format" (wheels),
//! PEP 625 (sdists), `name-version.crate`, npm's `name-version.tgz`.

use std::collections::BTreeSet;

/// A wheel's file name, in its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::checks) struct WheelName {
    /// Distribution, as written.
    pub(in crate::checks) name: String,
    /// Version, as written.
    pub(in crate::checks) version: String,
    /// Build tag.
    pub(in crate::checks) build: Option<String>,
    /// Compatibility tags, expanded: `py2.py3-none-any` is two.
    pub(in crate::checks) tags: BTreeSet<String>,
}

/// Reads `{name}-{version}(-{build})?-{python}-{abi}-{platform}.whl`.
///
/// # Errors
/// What is wrong, as a clause.
pub(in crate::checks) fn wheel(file: &str) -> Result<WheelName, String> {
    let stem = file
        .strip_suffix(".whl")
        .ok_or("it does not end in `.whl`")?;
    let parts: Vec<&str> = stem.split('-').collect();
    let (name, version, build, tags) = match parts.as_slice() {
        [name, version, python, abi, platform] => (name, version, None, [python, abi, platform]),
        [name, version, build, python, abi, platform] => {
            (name, version, Some(build), [python, abi, platform])
        }
        _ => {
            return Err(format!(
                "it has {} parts between `-`, not five or six",
                parts.len()
            ));
        }
    };
    if parts.iter().any(|part| part.is_empty()) {
        return Err("one of its parts is empty".to_owned());
    }
    if !name
        .chars()
        .all(|c| c.is_alphanumeric() || c == '_' || c == '.')
    {
        return Err(format!("`{name}` is not a distribution name"));
    }
    if version.parse::<pep440_rs::Version>().is_err() {
        return Err(format!("`{version}` is not a version (PEP 440)"));
    }
    if build.is_some_and(|build| !build.starts_with(|c: char| c.is_ascii_digit())) {
        return Err("its build tag does not start with a digit".to_owned());
    }
    let [pythons, abis, platforms] = tags.map(|part| part.split('.').collect::<Vec<_>>());
    let mut expanded = BTreeSet::new();
    for python in &pythons {
        for abi in &abis {
            for platform in &platforms {
                expanded.insert(format!("{python}-{abi}-{platform}").to_ascii_lowercase());
            }
        }
    }
    Ok(WheelName {
        name: (*name).to_owned(),
        version: (*version).to_owned(),
        build: build.map(|build| (*build).to_owned()),
        tags: expanded,
    })
}

/// Name and version of an sdist: the version follows the last `-`.
pub(in crate::checks) fn sdist(file: &str) -> Option<(&str, &str)> {
    let endings = [
        ".tar.gz", ".tgz", ".zip", ".tar.bz2", ".tar.xz", ".tar.zst", ".tar",
    ];
    let stem = endings.iter().find_map(|end| file.strip_suffix(end))?;
    split_python(stem)
}

/// `name-version` of an sdist or of its folder. Names with `-` occur before PEP 625: then the
/// first `-` after which a version follows divides.
pub(in crate::checks) fn split_python(stem: &str) -> Option<(&str, &str)> {
    let mut dashes: Vec<usize> = stem.match_indices('-').map(|(at, _)| at).collect();
    dashes.reverse();
    // `1.0-1` and `1.0-rc1` are versions too; prefer the last dash, as PEP 625 has it.
    dashes
        .into_iter()
        .map(|at| (&stem[..at], &stem[at + 1..]))
        .find(|(name, version)| {
            !name.is_empty()
                && version.starts_with(|c: char| c.is_ascii_digit() || c == 'v')
                && version.parse::<pep440_rs::Version>().is_ok()
        })
}

/// Name and version of `name-version.crate` or of its folder: the first `-` that a semantic
/// version follows.
pub(in crate::checks) fn crate_stem(stem: &str) -> Option<(&str, &str)> {
    stem.match_indices('-')
        .map(|(at, _)| (&stem[..at], &stem[at + 1..]))
        .find(|(name, version)| !name.is_empty() && semver::Version::parse(version).is_ok())
}

/// The file name that `npm pack` gives: scope and name joined by `-`.
pub(in crate::checks) fn npm_pack(name: &str, version: &str) -> String {
    let flat = name.trim_start_matches('@').replace('/', "-");
    format!("{flat}-{version}.tgz")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wheel_names() {
        let name = wheel("a_b-1.0-1-py2.py3-none-any.whl").unwrap();
        assert_eq!(
            (name.name.as_str(), name.build.as_deref()),
            ("a_b", Some("1"))
        );
        assert!(name.tags.contains("py2-none-any") && name.tags.contains("py3-none-any"));
        assert!(wheel("a-b-1.0-py3-none-any.whl").is_err());
        assert!(wheel("a-one-py3-none-any.whl").is_err());
        assert!(wheel("a-1.0-any.whl").is_err());
        assert!(wheel("--.whl").is_err());
    }

    #[test]
    fn source_names() {
        assert_eq!(
            sdist("zope.interface-5.0.tar.gz"),
            Some(("zope.interface", "5.0"))
        );
        assert_eq!(sdist("my-pkg-1.0rc1.zip"), Some(("my-pkg", "1.0rc1")));
        assert_eq!(sdist("pkg.tar.gz"), None);
        assert_eq!(crate_stem("a-b-1.0.0-rc.1"), Some(("a-b", "1.0.0-rc.1")));
        assert_eq!(
            crate_stem("wasi-0.11.0+wasi-snapshot-preview1"),
            Some(("wasi", "0.11.0+wasi-snapshot-preview1"))
        );
        assert_eq!(npm_pack("@types/node", "1.0.0"), "types-node-1.0.0.tgz");
    }
}
