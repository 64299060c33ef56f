// SPDX-License-Identifier: Apache-2.0
//! Holds the places of a repository that state its version against the manifest.

use super::package::manifest::{self, Ecosystem, Manifest};
use super::package::{normal_name, same_version};
use super::params::{draft, fault};
use super::{Artifact, ArtifactCheck, ArtifactKind, HEAD_TAG};
use crate::classify::yaml::Node;
use crate::classify::{Kind, Text};
use crate::model::{ByteSpan, Draft, Severity};
use crate::rules::Rule;
use regex::Regex;
use std::sync::LazyLock;

/// `check = "repo-versions"`, with `fault` = `lock`, `code`, `changelog`, `citation` or `tag`.
pub(super) struct RepoVersions;

const LOCKS: &[&str] = &[
    "Cargo.lock",
    "package-lock.json",
    "npm-shrinkwrap.json",
    "uv.lock",
];
const MODULES: &[&str] = &[
    "__init__.py",
    "__about__.py",
    "__version__.py",
    "_version.py",
    "version.py",
];
const LOGS: &[&str] = &["changelog", "changes", "history", "news", "releases"];

/// A literal `__version__` of a module.
static IN_CODE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?m)^__version__\s*(?::\s*\w+\s*)?=\s*["']([^"'\n]+)["']"#).ok()
});

/// The head of a changelog's section, in Markdown, reStructuredText or plain text.
static HEAD: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let head = r"(?mi)^[#=*\s]*(?:[\w.-]+\s+)?(?:version|release|ver\.?)?[\s:]*\[?v?(\d+\.\d+(?:\.\d+)*(?:[-.+]?[a-z0-9]+)*)\]?(?:[\s(:,=\]\[-]|$)";
    Regex::new(head).ok()
});

impl ArtifactCheck for RepoVersions {
    fn name(&self) -> &'static str {
        "repo-versions"
    }

    fn keeps(&self, name: &str, _kind: Kind) -> bool {
        let base = name.rsplit('/').next().unwrap_or(name);
        let depth = name.matches('/').count();
        manifest::keeps(name)
            || depth == 0 && (LOCKS.contains(&base) || base == "CITATION.cff" || is_log(base))
            || depth <= 3 && MODULES.contains(&base)
    }

    fn keeps_content(&self, name: &str, bytes: &[u8]) -> bool {
        !name.ends_with(".py") || memchr::memmem::find(bytes, b"__version__").is_some()
    }

    fn check(&self, rule: &Rule, artifact: &Artifact, out: &mut Vec<Draft>) {
        if artifact.kind != ArtifactKind::Tree {
            return;
        }
        let manifests = manifest::manifests(artifact);
        let mut own: Vec<&Manifest> = manifests
            .iter()
            .filter(|one| one.folder().is_empty())
            .collect();
        own.retain(|one| one.version.as_ref().is_some_and(|v| !v.text.is_empty()));
        let judge = Judge { rule, artifact };
        for manifest in &own {
            match fault(rule) {
                "lock" => judge.lock(manifest, out),
                "code" => judge.code(manifest, out),
                _ => {}
            }
        }
        // What speaks of the whole repository is held against the one package it is of.
        if let [manifest] = own[..]
            && !manifest.private
        {
            match fault(rule) {
                "changelog" => judge.changelog(manifest, out),
                "citation" => judge.citation(manifest, out),
                "tag" => judge.tag(manifest, out),
                _ => {}
            }
        }
    }
}

fn is_log(base: &str) -> bool {
    let stem = base.split('.').next().unwrap_or(base).to_ascii_lowercase();
    LOGS.contains(&stem.as_str())
}

fn version(manifest: &Manifest) -> &str {
    manifest.version.as_ref().map_or("", |value| &value.text)
}

fn same(manifest: &Manifest, other: &str) -> bool {
    match manifest.ecosystem {
        Ecosystem::Python => same_version(version(manifest), other),
        Ecosystem::Rust | Ecosystem::Npm => version(manifest) == other.trim(),
    }
}

struct Judge<'a> {
    rule: &'a Rule,
    artifact: &'a Artifact,
}

impl Judge<'_> {
    fn told(&self, file: &str, manifest: &Manifest, other: &str, span: Option<ByteSpan>) -> Draft {
        let said = format!(
            "Version {other} here, but {} in {}.",
            version(manifest),
            manifest.file
        );
        let found = draft(self.rule, &self.artifact.member(file), said);
        match span {
            Some(span) => found.at(span),
            None => found,
        }
    }

    fn lock(&self, manifest: &Manifest, out: &mut Vec<Draft>) {
        let Some(name) = manifest.name.as_ref().map(|name| &name.text) else {
            return;
        };
        for lock in LOCKS {
            let Some(bytes) = self.artifact.kept.get(*lock) else {
                continue;
            };
            let found = match (manifest.ecosystem, *lock) {
                (Ecosystem::Rust, "Cargo.lock") => toml_lock(bytes, |n| n == name, &["source"]),
                (Ecosystem::Python, "uv.lock") => {
                    toml_lock(bytes, |n| normal_name(n) == normal_name(name), &[])
                }
                (Ecosystem::Npm, "package-lock.json" | "npm-shrinkwrap.json") => npm_lock(bytes),
                _ => None,
            };
            if let Some(found) = found.filter(|found| !same(manifest, found)) {
                let mut told = self.told(lock, manifest, &found, None);
                // Cargo refuses a publication over it; npm and uv say nothing or mend it.
                if manifest.ecosystem != Ecosystem::Rust {
                    told = told.severity(Severity::Medium);
                }
                out.push(told);
            }
        }
    }

    fn code(&self, manifest: &Manifest, out: &mut Vec<Draft>) {
        let (Some(name), Some(pattern)) = (&manifest.name, &*IN_CODE) else {
            return;
        };
        if manifest.ecosystem != Ecosystem::Python {
            return;
        }
        let package = normal_name(&name.text).replace('-', "_");
        for (file, bytes) in self
            .artifact
            .kept
            .iter()
            .filter(|(n, _)| n.ends_with(".py"))
        {
            let inside = file.strip_prefix("src/").unwrap_or(file);
            let folder = inside.rsplit_once('/').map_or("", |(folder, _)| folder);
            if normal_name(&folder.replace('/', ".")).replace('-', "_") != package {
                continue;
            }
            let text = Text::decode(bytes);
            let text = text.to_str();
            let Some(hit) = pattern.captures(&text).and_then(|found| found.get(1)) else {
                continue;
            };
            if !same(manifest, hit.as_str()) {
                let span = ByteSpan::new(hit.start(), hit.end());
                out.push(self.told(file, manifest, hit.as_str(), Some(span)));
            }
        }
    }

    fn changelog(&self, manifest: &Manifest, out: &mut Vec<Draft>) {
        let Some(pattern) = &*HEAD else {
            return;
        };
        let pre = version(manifest);
        let unfinished = pre.contains("dev") || pre.contains('-') || pre.starts_with("0.0.0");
        for (file, bytes) in &self.artifact.kept {
            if file.contains('/') || !is_log(file) || unfinished {
                continue;
            }
            let text = Text::decode(bytes);
            let text = text.to_str();
            // The head of the file says what is newest; what is being collected there is not
            // released yet.
            let start: String = text.chars().take(4000).collect();
            let lower = start.to_lowercase();
            let open = [
                "unreleased",
                "not yet released",
                "[next]",
                "upcoming",
                "in development",
            ];
            if open.iter().any(|word| lower.contains(word)) {
                continue;
            }
            let heads: Vec<_> = pattern
                .captures_iter(&text)
                .filter_map(|found| found.get(1))
                .collect();
            let Some(first) = heads.first() else {
                continue;
            };
            // A stem (`3.1`) may stand for all its patches.
            let stem = |head: &str| {
                let own = version(manifest).strip_prefix(head);
                own.is_some_and(|rest| rest.starts_with('.'))
            };
            let known = heads.iter().any(|head| same(manifest, head.as_str()))
                || stem(first.as_str())
                || text.contains(version(manifest));
            if !known {
                let said = format!(
                    "No section is about version {} of {}; the newest is {}.",
                    version(manifest),
                    manifest.file,
                    first.as_str()
                );
                let place = self.artifact.member(file);
                let span = ByteSpan::new(first.start(), first.end());
                out.push(draft(self.rule, &place, said).at(span));
            }
        }
    }

    fn citation(&self, manifest: &Manifest, out: &mut Vec<Draft>) {
        const FILE: &str = "CITATION.cff";
        let Some(bytes) = self.artifact.kept.get(FILE) else {
            return;
        };
        let text = Text::decode(bytes);
        let Ok(root) = Node::parse(&text.to_str()) else {
            return;
        };
        let Some(node) = root.get("version") else {
            return;
        };
        // As written: `1.10` is no number here.
        let bytes = text.bytes();
        let written = bytes.get(node.span.start..node.span.end.min(bytes.len()));
        let written = String::from_utf8_lossy(written.unwrap_or_default()).into_owned();
        let written = written
            .trim()
            .trim_matches(['"', '\''])
            .trim_start_matches('v');
        if !written.is_empty() && !same(manifest, written) {
            out.push(self.told(FILE, manifest, written, Some(node.span)));
        }
    }

    fn tag(&self, manifest: &Manifest, out: &mut Vec<Draft>) {
        let notes = self.artifact.notes.keys();
        let tags: Vec<&str> = notes
            .filter(|(of, _)| *of == HEAD_TAG)
            .map(|(_, tag)| tag.as_str())
            .collect();
        let versions: Vec<&str> = tags
            .iter()
            .map(|tag| tag.trim_start_matches(['v', 'V']))
            .filter(|tag| tag.starts_with(|c: char| c.is_ascii_digit()) && tag.contains('.'))
            .collect();
        if let Some(first) = versions.first()
            && !versions.iter().any(|tag| same(manifest, tag))
        {
            let said = format!(
                "The commit is tagged {first}, but the manifest says {}.",
                version(manifest)
            );
            let span = manifest.version.as_ref().and_then(|value| value.span);
            let found = draft(self.rule, &self.artifact.member(&manifest.file), said);
            out.push(match span {
                Some(span) => found.at(span),
                None => found,
            });
        }
    }
}

/// The version of one package in `Cargo.lock` or `uv.lock`; one with a key of `without` comes from
/// elsewhere.
fn toml_lock(bytes: &[u8], named: impl Fn(&str) -> bool, without: &[&str]) -> Option<String> {
    let table: toml::Table = toml::from_str(std::str::from_utf8(bytes).ok()?).ok()?;
    let packages = table.get("package")?.as_array()?;
    let found = packages.iter().find(|package| {
        let name = package.get("name").and_then(toml::Value::as_str);
        name.is_some_and(&named) && !without.iter().any(|key| package.get(key).is_some())
    })?;
    found.get("version")?.as_str().map(str::to_owned)
}

fn npm_lock(bytes: &[u8]) -> Option<String> {
    let lock: serde_json::Value = serde_json::from_slice(bytes).ok()?;
    let version = lock
        .get("packages")
        .and_then(|all| all.get("")?.get("version"));
    let version = version.or_else(|| lock.get("version"))?;
    version.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_of_changelogs_are_read_in_their_forms() {
        let heads = |text: &str| -> Vec<String> {
            let pattern = HEAD.as_ref().unwrap();
            let found = pattern.captures_iter(text).filter_map(|c| c.get(1));
            found.map(|m| m.as_str().to_owned()).collect()
        };
        assert_eq!(
            heads("# Changelog\n\n## [1.2.3] - 2026-01-01\n- x 9.9\n## 1.2.2\n"),
            ["1.2.3", "1.2.2"]
        );
        assert_eq!(heads("Version 3.1.0\n-------------\n\nReleased"), ["3.1.0"]);
        assert_eq!(heads("2.32.3 (2024-05-29)\n------"), ["2.32.3"]);
        assert_eq!(heads("v5.1.0 / 2025-03-31\n===\n"), ["5.1.0"]);
    }

    #[test]
    fn locks_tell_the_version_of_the_package_itself() {
        let lock = b"version = 4\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nsource = \"r\"\n[[package]]\nname = \"a\"\nversion = \"2.0.0\"\n";
        assert_eq!(toml_lock(lock, |n| n == "a", &["source"]).unwrap(), "2.0.0");
        let npm = br#"{"version": "1.0.0", "packages": {"": {"version": "1.1.0"}}}"#;
        assert_eq!(npm_lock(npm).unwrap(), "1.1.0");
    }
}
