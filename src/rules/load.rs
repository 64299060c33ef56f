// SPDX-License-Identifier: Apache-2.0
//! Where rules come from: the packs embedded at build time, chosen by a profile, and the user's
//! own files and folders.

use super::embedded;
use super::error::RuleError;
use super::gitleaks;
use super::pack::{PackManifest, Profile, RuleFile};
use super::raw::RawRule;
use super::schema::{Body, Examples, Rule, Scope};
use super::words::{Table, Words};
use crate::model::{Confidence, Prose, RuleId, Severity, Status};
use crate::support::hashing;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
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
    let mut ours = Vec::new();
    let mut severities = Vec::new();
    for (number, pack) in embedded::PACKS.iter().enumerate() {
        if chosen.packs.iter().any(|id| id == pack.id) {
            let (name, manifest) = (pack.file(), pack.manifest()?);
            let whose = Whose::Ours { pack: number };
            read_all(&manifest, &name, pack.rules(), whose, |rule| {
                ours.push(rule);
                Ok(())
            })?;
            severities.push(manifest.severity);
        }
    }
    // All at once: one by one, each would look for its place among all others.
    let count = ours.len();
    let by_id = ours
        .into_iter()
        .map(|rule| (rule.meta.id.clone(), Arc::new(rule)));
    let mut rules: Rules = by_id.collect();
    debug_assert_eq!(rules.len(), count, "an id of ours stands twice");
    for (id, severity) in severities.iter().flatten() {
        override_severity(&mut rules, id, *severity);
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
    let mut rules = Rules::new();
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

/// Rules by id.
type Rules = BTreeMap<RuleId, Arc<Rule>>;

/// Adds what a user names.
fn add_source(rules: &mut Rules, source: &RuleSource) -> Result<(), RuleError> {
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
                words: words_beside(path),
            };
            add(rules, &manifest, path, parse(path, &text)?)
        }
        RuleSource::Pack(folder) => {
            let manifest: PackManifest = read(&folder.join("pack.toml"))?;
            for path in rule_files(folder)? {
                add(rules, &manifest, &path, read(&path)?)?;
            }
            Ok(())
        }
    }
}

/// The groups of words of the pack that a file lies in, for a file that is named alone.
fn words_beside(path: &Path) -> Table {
    let manifest = read::<PackManifest>(&path.with_file_name("pack.toml"));
    manifest.map_or_else(|_| Table::new(), |manifest| manifest.words)
}

/// Whose rules are added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// This program's, whose prose and examples lie apart.
    Ours {
        /// Number of the pack.
        pack: usize,
    },
    /// A user's.
    Theirs,
}

/// Adds a user's rules.
fn add(
    rules: &mut Rules,
    manifest: &PackManifest,
    path: &Path,
    content: RuleFile,
) -> Result<(), RuleError> {
    let file = path.to_string_lossy();
    let words = Words::new(&manifest.words, &content.words);
    let words = words.map_err(|cause| RuleError::Syntax {
        file: file.to_string(),
        cause,
    })?;
    let given = content.rule.into_iter().map(|mut raw| {
        let fault = raw.spell_out(&words).err().map(|cause| RuleError::Rule {
            file: file.to_string(),
            rule: raw.id.to_string(),
            cause,
        });
        fault.map_or(Ok(raw), Err)
    });
    read_all(manifest, &file, given, Whose::Theirs, |rule| {
        insert(rules, rule)
    })?;
    for (id, severity) in &manifest.severity {
        override_severity(rules, id, *severity);
    }
    Ok(())
}

/// Hands on each rule that is no tombstone.
fn read_all(
    manifest: &PackManifest,
    file: &str,
    given: impl Iterator<Item = Result<RawRule, RuleError>>,
    whose: Whose,
    mut take: impl FnMut(Rule) -> Result<(), RuleError>,
) -> Result<(), RuleError> {
    let pack: Arc<str> = Arc::from(manifest.id.as_str());
    for (number, raw) in given.enumerate() {
        let raw = raw?;
        let id = raw.id.clone();
        let mut rule = raw.resolve(&pack).map_err(|cause| RuleError::Rule {
            file: file.to_owned(),
            rule: id.to_string(),
            cause,
        })?;
        if rule.meta.status == Status::Removed {
            continue;
        }
        if let Whose::Ours { pack } = whose {
            rule.examples = Examples::Apart(embedded::examples);
            Arc::make_mut(&mut rule.meta).prose = Prose::Apart {
                find: embedded::prose,
                pack,
                rule: number,
            };
        }
        take(rule)?;
    }
    Ok(())
}

fn insert(rules: &mut Rules, rule: Rule) -> Result<(), RuleError> {
    match rules.entry(rule.meta.id.clone()) {
        Entry::Vacant(place) => {
            place.insert(Arc::new(rule));
            Ok(())
        }
        Entry::Occupied(first) => Err(RuleError::Duplicate {
            id: first.key().to_string(),
            first: first.get().pack.to_string(),
            second: rule.pack.to_string(),
        }),
    }
}

/// Adds what a configuration of gitleaks holds. Allow-lists that hold for its defaults hold for
/// our own rules on secrets, which stand in their place.
fn add_gitleaks(rules: &mut Rules, loaded: gitleaks::Loaded) -> Result<(), RuleError> {
    for rule in rules.values_mut() {
        if rule.meta.id.family() == "secret" && !loaded.for_all.is_empty() {
            let rule = Arc::make_mut(rule);
            loaded
                .for_all
                .iter()
                .for_each(|list| gitleaks::acquit(rule, list));
        }
    }
    loaded
        .rules
        .into_iter()
        .try_for_each(|rule| insert(rules, rule))
}

fn override_severity(rules: &mut Rules, id: &str, severity: Severity) {
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
