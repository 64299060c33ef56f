// SPDX-License-Identifier: Apache-2.0
//! Where rules come from: the packs embedded at build time, chosen by a profile, and the user's
//! own files and folders.

use super::error::RuleError;
use super::gitleaks;
use super::schema::{RawRule, Rule};
use crate::model::{Severity, Status};
use crate::support::hashing;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The packs of `rules/`, made by `build.rs`.
const EMBEDDED: &str = include_str!(concat!(env!("OUT_DIR"), "/rules.json"));

/// A named choice of packs.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Name on the command line.
    pub id: String,
    /// One line.
    pub title: String,
    /// Pack ids.
    pub packs: Vec<String>,
    /// Rule id to severity, over the packs' own.
    #[serde(default)]
    pub severity: BTreeMap<String, Severity>,
}

/// What a user adds with `--rules` or in `ccr.toml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleSource {
    /// One rule file.
    File(PathBuf),
    /// A pack: a folder with `pack.toml`.
    Pack(PathBuf),
}

/// The active rules.
#[derive(Debug, Clone)]
pub struct RuleSet {
    /// Sorted by id; tombstones are left out.
    pub rules: Vec<Arc<Rule>>,
    /// Profile they were chosen by.
    pub profile: Profile,
    /// SHA-256 (hex) over everything that can change a verdict.
    pub digest: String,
}

#[derive(Deserialize)]
struct Embedded {
    packs: Vec<EmbeddedPack>,
    profiles: Profiles,
}

#[derive(Deserialize)]
struct Profiles {
    profile: Vec<Profile>,
}

#[derive(Deserialize)]
struct EmbeddedPack {
    manifest: PackManifest,
    files: Vec<EmbeddedFile>,
}

#[derive(Deserialize)]
struct EmbeddedFile {
    file: String,
    content: RuleFile,
}

/// `pack.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct PackManifest {
    id: String,
    #[expect(
        dead_code,
        reason = "read for its presence; shown by `rules list` of packs later"
    )]
    title: String,
    #[expect(dead_code, reason = "read for its presence")]
    version: String,
    #[serde(default)]
    severity: BTreeMap<String, Severity>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleFile {
    #[serde(default)]
    rule: Vec<RawRule>,
}

/// Loads a profile's packs and the user's additions.
///
/// # Errors
/// The first fault found, with file and rule.
pub fn load(profile: &str, extra: &[RuleSource]) -> Result<RuleSet, RuleError> {
    let embedded: Embedded = serde_json::from_str(EMBEDDED).map_err(|error| RuleError::Syntax {
        file: "embedded rules".to_owned(),
        cause: error.to_string(),
    })?;
    let chosen = embedded
        .profiles
        .profile
        .iter()
        .find(|p| p.id == profile)
        .cloned();
    let Some(chosen) = chosen else {
        let known: Vec<_> = embedded
            .profiles
            .profile
            .iter()
            .map(|p| p.id.as_str())
            .collect();
        return Err(RuleError::UnknownProfile {
            name: profile.to_owned(),
            known: known.join(", "),
        });
    };
    let mut rules: BTreeMap<String, Arc<Rule>> = BTreeMap::new();
    for pack in embedded.packs {
        if chosen.packs.contains(&pack.manifest.id) {
            for file in pack.files {
                add(&mut rules, &pack.manifest, &file.file, file.content)?;
            }
        }
    }
    for source in extra {
        add_source(&mut rules, source)?;
    }
    for (id, severity) in &chosen.severity {
        override_severity(&mut rules, id, *severity);
    }
    let rules: Vec<_> = rules.into_values().collect();
    let digest = digest(&rules);
    Ok(RuleSet {
        rules,
        profile: chosen,
        digest,
    })
}

/// Loads one file or pack and nothing else, tombstones left out: what `rules check FILE` looks at.
///
/// # Errors
/// The first fault found, with file and rule.
pub fn load_only(source: &RuleSource) -> Result<RuleSet, RuleError> {
    let mut rules = BTreeMap::new();
    add_source(&mut rules, source)?;
    let rules: Vec<_> = rules.into_values().collect();
    let digest = digest(&rules);
    let profile = Profile {
        id: "file".to_owned(),
        title: "One file or pack".to_owned(),
        packs: Vec::new(),
        severity: BTreeMap::new(),
    };
    Ok(RuleSet {
        rules,
        profile,
        digest,
    })
}

/// Adds what a user names.
fn add_source(
    rules: &mut BTreeMap<String, Arc<Rule>>,
    source: &RuleSource,
) -> Result<(), RuleError> {
    match source {
        RuleSource::File(path) => {
            let text = text(path)?;
            if gitleaks::is_gitleaks(&text) {
                return add_gitleaks(rules, gitleaks::load(path, &text)?);
            }
            let manifest = PackManifest {
                id: path
                    .file_stem()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned(),
                title: String::new(),
                version: String::new(),
                severity: BTreeMap::new(),
            };
            add(
                rules,
                &manifest,
                &path.to_string_lossy(),
                parse(path, &text)?,
            )
        }
        RuleSource::Pack(folder) => {
            let manifest: PackManifest = read(&folder.join("pack.toml"))?;
            for path in rule_files(folder)? {
                add(rules, &manifest, &path.to_string_lossy(), read(&path)?)?;
            }
            Ok(())
        }
    }
}

fn add(
    rules: &mut BTreeMap<String, Arc<Rule>>,
    manifest: &PackManifest,
    file: &str,
    content: RuleFile,
) -> Result<(), RuleError> {
    let pack: Arc<str> = Arc::from(manifest.id.as_str());
    for raw in content.rule {
        let id = raw.id.clone();
        let rule = raw.resolve(&pack).map_err(|cause| RuleError::Rule {
            file: file.to_owned(),
            rule: id.clone(),
            cause,
        })?;
        if rule.meta.status == Status::Removed {
            continue;
        }
        if let Some(first) = rules.get(&id) {
            return Err(RuleError::Duplicate {
                id,
                first: first.pack.to_string(),
                second: pack.to_string(),
            });
        }
        rules.insert(id, Arc::new(rule));
    }
    for (id, severity) in &manifest.severity {
        override_severity(rules, id, *severity);
    }
    Ok(())
}

/// Adds what a configuration of gitleaks holds. Allow-lists that hold for its defaults hold for
/// our own rules on secrets, which stand in their place.
fn add_gitleaks(
    rules: &mut BTreeMap<String, Arc<Rule>>,
    loaded: gitleaks::Loaded,
) -> Result<(), RuleError> {
    for rule in rules.values_mut() {
        if rule.meta.id.family() == "secret" && !loaded.for_all.is_empty() {
            let rule = Arc::make_mut(rule);
            loaded
                .for_all
                .iter()
                .for_each(|list| gitleaks::acquit(rule, list));
        }
    }
    for rule in loaded.rules {
        let id = rule.meta.id.to_string();
        if let Some(first) = rules.get(&id) {
            return Err(RuleError::Duplicate {
                id,
                first: first.pack.to_string(),
                second: rule.pack.to_string(),
            });
        }
        rules.insert(id, Arc::new(rule));
    }
    Ok(())
}

fn override_severity(rules: &mut BTreeMap<String, Arc<Rule>>, id: &str, severity: Severity) {
    if let Some(rule) = rules.get_mut(id) {
        let rule = Arc::make_mut(rule);
        Arc::make_mut(&mut rule.meta).severity = severity;
    }
}

fn read<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<T, RuleError> {
    parse(path, &text(path)?)
}

fn text(path: &Path) -> Result<String, RuleError> {
    std::fs::read_to_string(path).map_err(|cause| RuleError::Read {
        path: path.to_owned(),
        cause,
    })
}

fn parse<T: for<'de> Deserialize<'de>>(path: &Path, text: &str) -> Result<T, RuleError> {
    toml::from_str(text).map_err(|error| RuleError::Syntax {
        file: path.display().to_string(),
        cause: error.to_string(),
    })
}

fn rule_files(folder: &Path) -> Result<Vec<PathBuf>, RuleError> {
    let unreadable = |cause| RuleError::Read {
        path: folder.to_owned(),
        cause,
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|e| e == "toml") && !path.ends_with("pack.toml") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Hashes what decides a verdict; titles and explanations may be reworded freely.
fn digest(rules: &[Arc<Rule>]) -> String {
    let mut text = String::new();
    for rule in rules {
        let meta = &rule.meta;
        text.push_str(&format!(
            "{}\0{}\0{}\0{:?}\0{:?}\0{:?}\0{:?}\n",
            meta.id,
            meta.severity,
            meta.confidence,
            meta.blocking,
            meta.kind,
            rule.scope,
            rule.body
        ));
    }
    hashing::sha256_hex(text.as_bytes())
}
