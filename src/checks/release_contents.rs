// SPDX-License-Identifier: Apache-2.0
//! Holds the modules of a wheel, of the sdist beside it and of the tree against each other: all of one
//! release are built of one state of the sources.
//!
//! Wheel and sdist are compared by the digests of their members. Files of a tree are not hashed, so they are
//! compared by size, which tells most edits. What builds write themselves (a version, generated messages),
//! and what only tests need, is passed over; so are wheels for Windows, where builds end lines otherwise.

use super::package::{filename, normal_name, root, same_version};
use super::params::{draft, fault, some_of};
use super::{Artifact, ArtifactKind, IndexEntry, Release, ReleaseCheck};
use crate::artifact::EntryKind;
use crate::classify::Kind;
use crate::model::Draft;
use crate::rules::Rule;
use std::collections::BTreeMap;

/// `check = "release-contents"`, with `fault` = `differs` or `lacks`.
pub(super) struct ReleaseContents;

/// What tells type checkers that a package is annotated.
const MARKER: &str = "/py.typed";

/// Names shown in a finding.
const SHOWN: usize = 5;

impl ReleaseCheck for ReleaseContents {
    fn name(&self) -> &'static str {
        "release-contents"
    }

    fn keeps(&self, _name: &str, _kind: Kind) -> bool {
        false
    }

    fn indexes(&self, name: &str) -> bool {
        is_module(name)
    }

    fn check(&self, rule: &Rule, release: &Release<'_>, out: &mut Vec<Draft>) {
        let uploads = || {
            release
                .artifacts
                .iter()
                .filter(|one| one.upload && !one.cut)
        };
        let of = |kind| uploads().filter(move |one| one.kind == kind);
        let tree = release
            .artifacts
            .iter()
            .find(|one| one.kind == ArtifactKind::Tree);
        for wheel in of(ArtifactKind::Wheel) {
            let Ok(named) = filename::wheel(wheel.path.file_name()) else {
                continue;
            };
            if named.tags.iter().any(|tag| tag.contains("-win")) {
                continue;
            }
            let own = modules_of_wheel(wheel);
            let is_beside = |sdist: &&Artifact| {
                filename::sdist(sdist.path.file_name()).is_some_and(|(name, version)| {
                    normal_name(name) == normal_name(&named.name)
                        && same_version(version, &named.version)
                })
            };
            if let Some(sdist) = of(ArtifactKind::Sdist).find(is_beside) {
                hold(rule, (wheel, &own), (sdist, "the sdist"), out);
            } else if let Some(tree) = tree {
                hold(rule, (wheel, &own), (tree, "the tree"), out);
            }
        }
        let Some(tree) = tree.filter(|_| fault(rule) == "differs") else {
            return;
        };
        for sdist in of(ArtifactKind::Sdist) {
            let top = root(sdist);
            let below = |name: &str| name.strip_prefix(top.as_str()).map(str::to_owned);
            let modules = sdist.entries.iter().filter(|(name, _)| is_module(name));
            let differing: Vec<_> = modules
                .filter_map(|(name, entry)| Some((below(name)?, entry)))
                .filter(|(name, entry)| {
                    let other = tree.entries.get(name);
                    other.is_some_and(|other| is_other(entry, other)) && !is_written(name)
                })
                .map(|(name, _)| name)
                .collect();
            differ(rule, sdist, &differing, "the tree", out);
        }
    }
}

/// Compares the modules of a wheel with those of what it should be built of.
fn hold(
    rule: &Rule,
    (wheel, own): (&Artifact, &BTreeMap<&str, &IndexEntry>),
    (source, whose): (&Artifact, &str),
    out: &mut Vec<Draft>,
) {
    let Some(root) = root_of(own, source) else {
        return;
    };
    if fault(rule) != "differs" {
        lack(rule, (wheel, own), (source, &root, whose), out);
        return;
    }
    let theirs = |name: &str| source.entries.get(&format!("{root}{name}"));
    let differing: Vec<_> = own
        .iter()
        .filter(|(name, entry)| {
            !is_written(name) && theirs(name).is_some_and(|other| is_other(entry, other))
        })
        .map(|(name, _)| (*name).to_owned())
        .collect();
    differ(rule, wheel, &differing, whose, out);
}

/// Which modules only one of the two holds.
fn lack(
    rule: &Rule,
    (wheel, own): (&Artifact, &BTreeMap<&str, &IndexEntry>),
    (source, root, whose): (&Artifact, &str, &str),
    out: &mut Vec<Draft>,
) {
    // Only in packages of which the wheel holds most: what else stands there is left out on purpose.
    let mut lost = Vec::new();
    for package in packages(own) {
        let start = format!("{root}{package}/");
        let below = source.entries.range(start.clone()..);
        let inside: Vec<&str> = below
            .take_while(|(name, _)| name.starts_with(&start))
            .filter(|(name, entry)| entry.kind == EntryKind::File && is_needed(name))
            .filter_map(|(name, _)| name.strip_prefix(root))
            .filter(|name| !is_written(name) && !is_for_tests(name))
            .collect();
        let gone: Vec<_> = inside
            .iter()
            .filter(|name| !own.contains_key(*name))
            .collect();
        if gone.len() * 10 <= inside.len().max(10) {
            lost.extend(gone.into_iter().map(|name| (*name).to_owned()));
        }
    }
    let mut more: Vec<_> = own.keys().collect();
    let is_theirs = |name: &str| source.entries.contains_key(&format!("{root}{name}"));
    more.retain(|name| !is_theirs(name) && !is_written(name) && !name.ends_with(MARKER));
    // A wheel that is made of other modules altogether has its packages elsewhere in the sources.
    if !more.is_empty() && more.len() * 10 <= own.len().max(10) {
        out.push(draft(
            rule,
            &wheel.path,
            format!(
                "The wheel holds {} that {whose} lacks: {}.",
                match more.len() {
                    1 => "a module".to_owned(),
                    count => format!("{count} modules"),
                },
                some_of(&more, SHOWN)
            ),
        ));
    }
    let (markers, lost): (Vec<_>, Vec<_>) = lost.into_iter().partition(|one| one.ends_with(MARKER));
    if !markers.is_empty() {
        let text = format!(
            "The wheel lacks {}, which {whose} holds, so type checkers pass over its annotations.",
            some_of(&markers, SHOWN)
        );
        out.push(draft(rule, &wheel.path, text));
    }
    if !lost.is_empty() {
        out.push(draft(
            rule,
            &wheel.path,
            format!(
                "The wheel lacks {} of the modules of {whose}: {}.",
                lost.len(),
                some_of(&lost, SHOWN)
            ),
        ));
    }
}

fn differ(rule: &Rule, artifact: &Artifact, names: &[String], whose: &str, out: &mut Vec<Draft>) {
    if names.is_empty() {
        return;
    }
    let files = if names.len() == 1 {
        "module is"
    } else {
        "modules are"
    };
    out.push(draft(
        rule,
        &artifact.path,
        format!(
            "{} {files} not what {whose} holds: {}.",
            names.len(),
            some_of(names, SHOWN)
        ),
    ));
}

/// Whether two files surely differ.
fn is_other(one: &IndexEntry, other: &IndexEntry) -> bool {
    let file = |entry: &IndexEntry| entry.kind == EntryKind::File;
    file(one)
        && file(other)
        && match (one.sha256, other.sha256) {
            (Some(one), Some(other)) => one != other,
            _ => one.size != other.size,
        }
}

fn is_module(name: &str) -> bool {
    // Without the marker, type checkers pass over what the modules are annotated with.
    name.ends_with(".py") || name.ends_with(".pyi") || name.ends_with(MARKER)
}

/// Whether those who install a wheel miss it when it is not there.
fn is_needed(name: &str) -> bool {
    name.ends_with(".py") || name.ends_with(MARKER)
}

/// Whether builds write such a file: it may differ from one to the next.
fn is_written(name: &str) -> bool {
    let base = name.rsplit('/').next().unwrap_or(name);
    let stem = base.split('.').next().unwrap_or(base);
    stem.contains("version") || stem.contains("_pb2") || matches!(stem, "__config__" | "_build")
}

fn is_for_tests(name: &str) -> bool {
    name.split('/').any(|part| {
        let stem = part.split('.').next().unwrap_or(part);
        stem.contains("test") || matches!(stem, "conftest" | "examples" | "benchmarks" | "docs")
    })
}

/// The modules of a wheel by the name that they are installed under.
fn modules_of_wheel(wheel: &Artifact) -> BTreeMap<&str, &IndexEntry> {
    let files = wheel.entries.iter().filter(|(name, _)| is_module(name));
    files
        .filter_map(|(name, entry)| {
            let Some((first, rest)) = name.split_once('/') else {
                return Some((name.as_str(), entry));
            };
            if !first.ends_with(".data") {
                return Some((name.as_str(), entry));
            }
            let rest = rest.strip_prefix("purelib/");
            Some((
                rest.or_else(|| name.split_once("/platlib/").map(|(_, rest)| rest))?,
                entry,
            ))
        })
        .collect()
}

/// Top folders of the modules.
fn packages<'a>(own: &BTreeMap<&'a str, &IndexEntry>) -> Vec<&'a str> {
    let mut all: Vec<_> = own
        .keys()
        .filter_map(|name| Some(name.split_once('/')?.0))
        .collect();
    all.dedup();
    all
}

/// What stands before the names of most modules in the source: `pkg-1.0/src/`.
fn root_of(own: &BTreeMap<&str, &IndexEntry>, source: &Artifact) -> Option<String> {
    let top = root(source);
    let mut folders: BTreeMap<&str, usize> = BTreeMap::new();
    for name in source.entries.keys().filter(|name| is_module(name)) {
        let Some(rest) = name.strip_prefix(top.as_str()) else {
            continue;
        };
        // A package is rarely deeper than this: `python/packages/name/src/`.
        let starts = rest.match_indices('/').map(|(at, _)| at + 1).take(4);
        for start in std::iter::once(0).chain(starts) {
            if own.contains_key(&rest[start..]) {
                *folders.entry(&rest[..start]).or_default() += 1;
            }
        }
    }
    let (folder, count) = folders
        .into_iter()
        .max_by_key(|(folder, count)| (*count, std::cmp::Reverse(folder.len())))?;
    (count * 2 >= own.len()).then(|| format!("{top}{folder}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::EntryPath;
    use crate::rules::rule_of;

    fn artifact(kind: ArtifactKind, path: &str, files: &[(&str, &str)]) -> Artifact {
        let mut artifact = Artifact::of_texts(kind, files);
        artifact.path = EntryPath::root(path);
        artifact.upload = kind != ArtifactKind::Tree;
        if artifact.upload {
            for (name, text) in files {
                let digest = crate::support::hashing::sha256(text.as_bytes());
                if let Some(entry) = artifact.entries.get_mut(*name) {
                    entry.sha256 = Some(digest);
                }
            }
        }
        artifact
    }

    const SDIST: &[(&str, &str)] = &[
        ("pkg-1.0/PKG-INFO", "Name: pkg"),
        ("pkg-1.0/src/pkg/__init__.py", "a = 1"),
        ("pkg-1.0/src/pkg/_version.py", "1"),
        ("pkg-1.0/src/pkg/b.py", "b = 1"),
        ("pkg-1.0/src/pkg/test_b.py", "c"),
    ];

    fn found(which: &str, wheel: &[(&str, &str)], tag: &str) -> Vec<String> {
        let rule = rule_of(&format!(
            r#"
            id = "test-rule"
            title = "Test"
            severity = "medium"
            confidence = "high"
            status = "preview"
            since = "0.1.0"
            why = "Why."
            repair = "Repair."
            check = "release-contents"
            params = {{ fault = "{which}" }}
            "#
        ));
        let artifacts = [
            artifact(ArtifactKind::Sdist, "dist/pkg-1.0.tar.gz", SDIST),
            artifact(
                ArtifactKind::Wheel,
                &format!("dist/Pkg-1.0-py3-none-{tag}.whl"),
                wheel,
            ),
        ];
        let mut out = Vec::new();
        let release = Release {
            artifacts: &artifacts,
        };
        ReleaseContents.check(&rule, &release, &mut out);
        out.iter().map(|draft| draft.description.clone()).collect()
    }

    #[test]
    fn a_wheel_holds_what_its_sdist_holds() {
        let same = [
            ("pkg/__init__.py", "a = 1"),
            ("pkg/_version.py", "2"),
            ("pkg/b.py", "b = 1"),
        ];
        assert_eq!(found("differs", &same, "any"), [""; 0]);
        assert_eq!(found("lacks", &same, "any"), [""; 0]);
        let stale = [same[0], same[1], ("pkg/b.py", "b = 2")];
        assert_eq!(
            found("differs", &stale, "any"),
            ["1 module is not what the sdist holds: `pkg/b.py`."]
        );
        assert_eq!(found("differs", &stale, "win_amd64"), [""; 0]);
        let more = [same[0], same[1], same[2], ("pkg/new.py", "")];
        assert_eq!(
            found("lacks", &more, "any"),
            ["The wheel holds a module that the sdist lacks: `pkg/new.py`."]
        );
        let typed = [same[0], same[1], same[2], ("pkg/py.typed", "")];
        assert_eq!(found("lacks", &typed, "any"), [""; 0]);
        assert_eq!(
            found("lacks", &same[..2], "any"),
            ["The wheel lacks 1 of the modules of the sdist: `pkg/b.py`."]
        );
    }
}
