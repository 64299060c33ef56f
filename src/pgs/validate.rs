// SPDX-License-Identifier: Apache-2.0
//! Judging a snapshot: bytes are read once, parsed in parallel, and every active rule of the family
//! speaks about what was parsed.

use super::checks::context::{Context, Found};
use super::checks::{self, Check, change};
use super::external::Bindings;
use super::files::Files;
use super::limits::Limits;
use super::seal::Handed;
use super::snapshot::Snapshot;
use crate::model::{Judged, Scanned};
use crate::rules::{Body, Rule};
use rayon::prelude::*;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What to validate.
#[derive(Debug, Clone)]
pub struct Options {
    /// The snapshot.
    pub snapshot: PathBuf,
    /// Bounds.
    pub limits: Limits,
    /// The seal that the folder is held against.
    pub seal: Option<Handed>,
    /// Whether recorded cases are run and capabilities bound.
    pub conformance: bool,
    /// Programs that answer for capabilities; their recorded cases are run twice.
    pub external: Option<Bindings>,
    /// The snapshot that this one follows: what changed is told.
    pub compare: Option<PathBuf>,
    /// A folder that holds no snapshot is no error.
    pub allow_empty: bool,
    /// Worker threads; all cores when absent.
    pub jobs: Option<usize>,
}

/// Why nothing was judged.
#[derive(Debug, thiserror::Error)]
pub enum ValidateError {
    /// The folder cannot be read.
    #[error("{0}")]
    Input(std::io::Error),
    /// Nothing of a snapshot is in it.
    #[error("it holds neither artifacts nor a tokenized domain")]
    Empty,
    /// The snapshot to compare with cannot be read, or holds no artifacts.
    #[error("{0}: {1}")]
    Compared(String, String),
}

/// Whether a rule table may name this check.
pub fn is_check(name: &str) -> bool {
    checks::ALL.iter().any(|(known, ..)| *known == name)
}

/// Reads a snapshot and runs the rules of this family.
///
/// # Errors
/// The folder does not exist, or it holds nothing of a snapshot; every other fault of it is a
/// finding.
pub fn validate(options: &Options, rules: &[Arc<Rule>]) -> Result<Judged, ValidateError> {
    let files = Files::read(&options.snapshot, &options.limits).map_err(ValidateError::Input)?;
    let before = match &options.compare {
        Some(path) => Some(compared(path, &options.limits)?),
        None => None,
    };
    let judge = || judge_after(&files, before.as_ref(), options, rules);
    let pool = options.jobs.and_then(|jobs| {
        let builder = rayon::ThreadPoolBuilder::new().num_threads(jobs);
        builder.build().ok()
    });
    match pool {
        Some(pool) => pool.install(judge),
        None => judge(),
    }
}

/// The files of the snapshot that is compared with.
fn compared(path: &Path, limits: &Limits) -> Result<Files, ValidateError> {
    let wrong = |why: String| ValidateError::Compared(path.display().to_string(), why);
    let files = Files::read(path, limits).map_err(|error| wrong(error.to_string()))?;
    if let Some(fault) = files.faults.first() {
        return Err(wrong(format!("{}: {}", fault.path, fault.message)));
    }
    if Snapshot::of(files.clone(), *limits).is_none() {
        return Err(wrong("it holds no artifacts to compare with".to_owned()));
    }
    Ok(files)
}

/// The same over files that were read.
///
/// # Errors
/// They hold nothing of a snapshot.
pub fn judge(
    files: &Files,
    options: &Options,
    rules: &[Arc<Rule>],
) -> Result<Judged, ValidateError> {
    judge_after(files, None, options, rules)
}

fn judge_after(
    files: &Files,
    before: Option<&Files>,
    options: &Options,
    rules: &[Arc<Rule>],
) -> Result<Judged, ValidateError> {
    let before = before.map(|before| Context::new(before, options.limits));
    let mut context = Context::new(files, options.limits);
    context.before = before.as_ref();
    context.external = options.external.as_ref();
    context.seal = options.seal.as_ref();
    context.conformance = options.conformance;
    let is_empty = context.snapshot.is_none() && context.domains.is_empty();
    if is_empty && !options.allow_empty {
        return Err(ValidateError::Empty);
    }
    let mut skipped = Vec::new();
    let mut judged = Judged::default();
    let mut due: Vec<(&Arc<Rule>, Check)> = Vec::new();
    for rule in rules.iter().filter(|rule| rule.meta.id.family() == "pgs") {
        let Body::Check { name, .. } = &rule.body else {
            continue;
        };
        let known = checks::ALL.iter().find(|(known, ..)| known == name);
        let Some((_, need, check)) = known else {
            continue;
        };
        match context.lacks(*need) {
            Some((why, owed)) => {
                let id = rule.meta.id.to_string();
                skipped.push((id.clone(), why));
                if owed {
                    judged.not_evaluated.push((id, why.to_owned()));
                }
            }
            None => due.push((rule, *check)),
        }
    }
    let evaluated = due.len();
    let found: Vec<Found> = due
        .into_par_iter()
        .map(|(rule, check)| {
            let mut found = Found::default();
            check(&context, rule, &mut found);
            found
        })
        .collect();
    let mut passed: BTreeMap<&str, BTreeMap<String, u64>> = BTreeMap::new();
    for found in found {
        judged.drafts.extend(found.drafts);
        for (fact, names) in found.passed {
            let all = passed.entry(fact).or_default();
            for (name, count) in names {
                *all.entry(name).or_default() += count;
            }
        }
    }
    for draft in judged.drafts.iter().filter(|draft| draft.span.is_some()) {
        // Names were escaped for show; only a plain one leads back to its file.
        if let Some(file) = files.get(draft.path.name()) {
            let bytes = || file.bytes.to_vec();
            judged.texts.entry(draft.path.clone()).or_insert_with(bytes);
        }
    }
    judged.scanned = Scanned {
        files: files.files.len() as u64,
        bytes: files
            .files
            .values()
            .map(|file| file.bytes.len() as u64)
            .sum(),
        ..Scanned::default()
    };
    judged.facts = facts(&context, evaluated, &skipped, &passed);
    if let Some(before) = context.before {
        let changes = change::facts(before, &context);
        judged.facts.insert("changes".to_owned(), changes);
    }
    Ok(judged)
}

/// Keys of the report.
fn facts(
    context: &Context<'_>,
    evaluated: usize,
    skipped: &[(String, &str)],
    passed: &BTreeMap<&str, BTreeMap<String, u64>>,
) -> Map<String, Value> {
    let mut kinds: BTreeMap<&str, u64> = BTreeMap::new();
    for loaded in &context.artifacts {
        *kinds.entry(loaded.fqdn().kind().tag()).or_default() += 1;
    }
    let domains: Vec<&str> = context.domains.iter().map(|d| d.name.as_str()).collect();
    let cases = context
        .snapshot
        .as_ref()
        .map_or(0, |s| s.conformance_files().count());
    let skipped: Vec<Value> = skipped
        .iter()
        .map(|(rule, reason)| json!({ "rule": rule, "reason": reason }))
        .collect();
    let value = json!({
        "snapshot": {
            "artifacts": context.artifacts.len(),
            "by_kind": kinds,
            "conformance_cases": cases,
            "tokenized_domains": domains,
        },
        "evaluated_rules": evaluated,
        "skipped_rules": skipped,
        "let_pass": passed,
    });
    match value {
        Value::Object(facts) => facts,
        _ => Map::new(),
    }
}
