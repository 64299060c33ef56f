// SPDX-License-Identifier: Apache-2.0
//! `audit governance` and `audit evidence`: reads once, runs the active rules of the family, hands
//! over drafts.

use super::checks::{self, Found};
use super::files::{self, Limits, RunFiles};
use super::plan::Plan;
use super::plan::sensitive::Sensitive;
use super::profile::Profile;
pub use super::run::RunWishes;
use super::run::{Run, RunIndex, RunSummary};
use crate::model::{Draft, EntryPath, Scanned};
use crate::rules::{Body, Rule};
use jiff::civil::Date;
use rayon::prelude::*;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// What was found.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Judgements.
    pub drafts: Vec<Draft>,
    /// Contents that drafts with a span speak of.
    pub texts: BTreeMap<EntryPath, Vec<u8>>,
    /// How much was read.
    pub scanned: Scanned,
    /// Further keys of the report.
    pub facts: Map<String, Value>,
}

impl Outcome {
    fn add(&mut self, found: Found) {
        self.drafts.extend(found.drafts);
        self.texts.extend(found.texts);
    }

    fn count(&mut self, scanned: Scanned) {
        self.scanned.files += scanned.files;
        self.scanned.bytes += scanned.bytes;
        self.scanned.entries += scanned.entries;
        self.scanned.archives += scanned.archives;
    }
}

/// What `audit governance` is asked.
#[derive(Debug, Clone)]
pub struct PlanOptions<'p> {
    /// The governance root.
    pub root: PathBuf,
    /// A folder or archive of runs.
    pub runs: Option<PathBuf>,
    /// Names and vocabularies.
    pub profile: &'p Profile,
    /// The day on which it is judged.
    pub as_of: Date,
    /// Bounds.
    pub limits: Limits,
}

/// What `audit evidence` is asked.
#[derive(Debug, Clone)]
pub struct RunOptions<'p> {
    /// Run directories, folders of them, or archives.
    pub runs: Vec<PathBuf>,
    /// Names and vocabularies.
    pub profile: &'p Profile,
    /// The day on which they are judged.
    pub as_of: Date,
    /// Bounds.
    pub limits: Limits,
    /// What else was handed in.
    pub wishes: RunWishes,
}

/// Whether a rule table may name this check.
pub fn is_check(name: &str) -> bool {
    checks::named(name).is_some()
}

/// The rules of the family with their checks.
fn due(rules: &[Arc<Rule>]) -> Vec<(&Arc<Rule>, &'static checks::Check)> {
    let ours = rules.iter().filter(|rule| rule.meta.id.family() == "cto");
    ours.filter_map(|rule| match &rule.body {
        Body::Check { name, .. } => Some((rule, checks::named(name)?)),
        _ => None,
    })
    .collect()
}

/// Judges a planning tree, and the runs that it cites when they are given.
///
/// # Errors
/// The root or the runs cannot be read.
pub fn governance(options: &PlanOptions<'_>, rules: &[Arc<Rule>]) -> io::Result<Outcome> {
    let mut plan = Plan::read(
        &options.root,
        options.profile,
        options.as_of,
        &options.limits,
    )?;
    let mut outcome = Outcome::default();
    let index = match &options.runs {
        Some(path) => Some(index(path, options, rules, &mut outcome)?),
        None => None,
    };
    plan.runs = index.as_ref();
    plan.sensitive = Sensitive::read(&plan, rules).map_err(io::Error::other)?;
    outcome.count(plan.files.scanned());
    let found: Vec<Found> = due(rules)
        .into_par_iter()
        .filter_map(|(rule, check)| {
            let mut found = Found::default();
            check.plan?(&plan, rule, &mut found);
            Some(found)
        })
        .collect();
    found.into_iter().for_each(|found| outcome.add(found));
    plan.sensitive.hide(&mut outcome.drafts, &mut outcome.texts);
    Ok(outcome)
}

/// The runs alone, read and judged, for those who show them beside a tree.
///
/// # Errors
/// The runs cannot be read.
pub fn index_runs(options: &PlanOptions<'_>, rules: &[Arc<Rule>]) -> io::Result<RunIndex> {
    let mut unused = Outcome::default();
    match &options.runs {
        Some(path) => index(path, options, rules, &mut unused),
        None => Ok(RunIndex::default()),
    }
}

/// Reads and judges runs one by one, keeping what documents are held against.
fn index(
    path: &std::path::Path,
    options: &PlanOptions<'_>,
    rules: &[Arc<Rule>],
    outcome: &mut Outcome,
) -> io::Result<RunIndex> {
    let due = due(rules);
    let judged = files::each_run(path, &options.limits, |files| {
        let (found, summary) = one(&files, options.profile, options.as_of, &due);
        (found, summary, files.files.scanned())
    })?;
    let mut index = RunIndex::default();
    for (found, summary, scanned) in judged {
        outcome.add(found);
        outcome.count(scanned);
        index.runs.insert(summary.name.clone(), summary);
    }
    Ok(index)
}

/// Judges run directories.
///
/// # Errors
/// One of them does not exist, or is neither folder nor archive.
pub fn evidence(options: &RunOptions<'_>, rules: &[Arc<Rule>]) -> io::Result<Outcome> {
    let due = due(rules);
    let mut outcome = Outcome::default();
    for path in &options.runs {
        let named =
            |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
        let judged = files::each_run(path, &options.limits, |files| {
            let (found, summary) = one(&files, options.profile, options.as_of, &due);
            (found, summary, files.files.scanned())
        })
        .map_err(named)?;
        for (found, _summary, scanned) in judged {
            outcome.add(found);
            outcome.count(scanned);
        }
    }
    Ok(outcome)
}

/// What remains of one run once the rules of the family judged it.
pub fn summary(
    files: &RunFiles,
    profile: &Profile,
    as_of: Date,
    rules: &[Arc<Rule>],
) -> RunSummary {
    one(files, profile, as_of, &due(rules)).1
}

/// One run: what the rules say, and what remains of it.
fn one(
    files: &RunFiles,
    profile: &Profile,
    as_of: Date,
    due: &[(&Arc<Rule>, &'static checks::Check)],
) -> (Found, RunSummary) {
    let run = Run::open(files, profile, as_of);
    let mut found = Found::default();
    for (rule, check) in due {
        if let Some(check) = check.run {
            check(&run, rule, &mut found);
        }
    }
    let summary = RunSummary::of(&run, &found.drafts);
    (found, summary)
}
