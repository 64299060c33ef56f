// SPDX-License-Identifier: Apache-2.0
//! Where rules come from: the packs embedded at build time, chosen by a profile, and the user's
//! own files and folders.

use super::embedded;
use super::error::RuleError;
use super::gitleaks;
use super::pack::{PackManifest, Profile, RuleFile};
use super::schema::{Body, Examples, Rule, Scope};
use crate::model::{Confidence, RuleId, Severity, Status};
use crate::support::hashing;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

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

impl RuleSet {
    /// Whether these are the rules of a profile of ours, and nothing was added to them.
    pub fn is_ours(&self) -> bool {
        self.digest == embedded_digest(&self.profile)
    }
}

/// Loads a profile's packs and the user's additions.
///
/// # Errors
/// The first fault found, with file and rule.
pub fn load(profile: &str, extra: &[RuleSource]) -> Result<RuleSet, RuleError> {
    let profiles = embedded::profiles()?;
    let Some(chosen) = profiles.iter().find(|known| known.id == profile).cloned() else {
        let known: Vec<_> = profiles.iter().map(|known| known.id.as_str()).collect();
        return Err(RuleError::UnknownProfile {
            name: profile.to_owned(),
            known: known.join(", "),
        });
    };
    let mut rules: BTreeMap<String, Arc<Rule>> = BTreeMap::new();
    for pack in embedded::PACKS {
        if chosen.packs.iter().any(|id| id == pack.id) {
            let pack = pack.read()?;
            for file in pack.files {
                add(
                    &mut rules,
                    &pack.manifest,
                    &file.file,
                    file.content,
                    Whose::Ours,
                )?;
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
    let digest = match extra {
        [] => embedded_digest(&chosen),
        _ => digest(&rules),
    };
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
                Whose::Theirs,
            )
        }
        RuleSource::Pack(folder) => {
            let manifest: PackManifest = read(&folder.join("pack.toml"))?;
            for path in rule_files(folder)? {
                let name = path.to_string_lossy();
                add(rules, &manifest, &name, read(&path)?, Whose::Theirs)?;
            }
            Ok(())
        }
    }
}

/// Whose rules are added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// This program's, whose examples lie apart.
    Ours,
    /// A user's.
    Theirs,
}

fn add(
    rules: &mut BTreeMap<String, Arc<Rule>>,
    manifest: &PackManifest,
    file: &str,
    content: RuleFile,
    whose: Whose,
) -> Result<(), RuleError> {
    let pack: Arc<str> = Arc::from(manifest.id.as_str());
    for raw in content.rule {
        let id = raw.id.clone();
        let mut rule = raw.resolve(&pack).map_err(|cause| RuleError::Rule {
            file: file.to_owned(),
            rule: id.clone(),
            cause,
        })?;
        if whose == Whose::Ours {
            rule.examples = Examples::Apart(embedded::examples);
        }
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

/// What [`digest`] tells apart, of a profile without additions, at no cost: the packs were hashed
/// when this program was built.
fn embedded_digest(profile: &Profile) -> String {
    let packs = embedded::PACKS.iter();
    let packs = packs.filter(|pack| profile.packs.iter().any(|id| id == pack.id));
    let mut text: String = packs
        .map(|pack| format!("{} {}\n", pack.id, pack.digest))
        .collect();
    for (id, severity) in &profile.severity {
        text.push_str(&format!("{id} {severity}\n"));
    }
    hashing::sha256_hex(text.as_bytes())
}

/// What decides a verdict; titles and explanations may be reworded freely.
#[derive(Serialize)]
struct Deciding<'a> {
    id: &'a RuleId,
    severity: Severity,
    confidence: Confidence,
    blocking: Option<bool>,
    kind: &'a Option<String>,
    scope: &'a Scope,
    body: &'a Body,
}

/// Hashes what decides a verdict, a line of JSON a rule.
fn digest(rules: &[Arc<Rule>]) -> String {
    let mut text = Vec::new();
    for rule in rules {
        let meta = &rule.meta;
        let deciding = Deciding {
            id: &meta.id,
            severity: meta.severity,
            confidence: meta.confidence,
            blocking: meta.blocking,
            kind: &meta.kind,
            scope: &rule.scope,
            body: &rule.body,
        };
        serde_json::to_writer(&mut text, &deciding).expect("rules have text keys alone");
        text.push(b'\n');
    }
    hashing::sha256_hex(&text)
}
