// SPDX-License-Identifier: Apache-2.0
//! `audit governance` and `audit evidence`: reads once, runs the active rules of the family, hands
//! over drafts.

use super::checks::{self, Found};
use super::control;
use super::files::{self, Limits, RunFiles};
use super::plan::{Asserted, Plan};
use super::profile::Profile;
pub use super::run::RunWishes;
use super::run::beside::{self, Beside};
use super::run::replay;
use super::run::{Run, RunIndex, RunSummary};
use super::sensitive::Reader;
pub use crate::matching::Lent;
use crate::model::{Draft, Judged, Scanned, Subject};
use crate::rules::{Body, Rule};
use jiff::civil::Date;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

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

/// What was named and cannot be read.
#[derive(Debug)]
pub struct Unreadable {
    /// What was named.
    pub path: PathBuf,
    /// Why not.
    pub cause: io::Error,
}

impl Unreadable {
    fn at(path: &Path) -> impl Fn(io::Error) -> Self {
        move |cause| Self {
            path: path.to_owned(),
            cause,
        }
    }
}

/// Whether a rule table may name this check.
pub fn is_check(name: &str) -> bool {
    checks::named(name).next().is_some()
}

/// The rules of the family with their checks.
fn due(rules: &[Arc<Rule>]) -> Vec<(&Arc<Rule>, &'static checks::Check)> {
    let ours = rules.iter().filter(|rule| rule.meta.id.family() == "cto");
    ours.flat_map(|rule| {
        let name = match &rule.body {
            Body::Check { name, .. } => name.as_str(),
            _ => "",
        };
        checks::named(name).map(move |check| (rule, check))
    })
    .collect()
}

/// Judges a planning tree, and the runs that it cites when they are given.
///
/// # Errors
/// The root or the runs cannot be read.
pub fn governance(options: &PlanOptions<'_>, lent: &Lent) -> Result<Judged, Unreadable> {
    let mut plan = Plan::read(
        &options.root,
        options.profile,
        options.as_of,
        &options.limits,
    )
    .map_err(Unreadable::at(&options.root))?;
    let mut judged = Judged::default();
    let index = match &options.runs {
        Some(path) => {
            let index = index(path, options, lent, &mut judged, RunSummary::shed);
            Some(index.map_err(Unreadable::at(path))?)
        }
        None => None,
    };
    plan.runs = index.as_ref();
    plan.asserted = Asserted::read(&plan.documents, &options.profile.planning, lent.rules());
    let reader = Reader::new(lent, &options.profile.planning.sensitive);
    plan.sensitive = reader.read(plan.files.contents()).one_kind_each();
    judged.scanned += plan.files.scanned();
    let found: Vec<Found> = due(lent.rules())
        .into_par_iter()
        .filter_map(|(rule, check)| {
            let mut found = Found::default();
            check.plan?(&plan, rule, &mut found);
            Some(found)
        })
        .collect();
    for found in found {
        found.add_to(&mut judged);
    }
    plan.sensitive.hide(&mut judged.drafts, &mut judged.texts);
    let overview = control::overview(&plan, lent);
    judged.facts.insert("governance".to_owned(), overview);
    Ok(judged)
}

/// The runs alone, read and judged, for those who show them beside a tree.
///
/// # Errors
/// The runs cannot be read.
pub fn index_runs(options: &PlanOptions<'_>, lent: &Lent) -> io::Result<RunIndex> {
    let mut unused = Judged::default();
    match &options.runs {
        Some(path) => index(path, options, lent, &mut unused, |_| {}),
        None => Ok(RunIndex::default()),
    }
}

/// Reads and judges runs one by one; of each remains what `shed` leaves.
fn index(
    path: &Path,
    options: &PlanOptions<'_>,
    lent: &Lent,
    judged: &mut Judged,
    shed: impl Fn(&mut RunSummary) + Sync,
) -> io::Result<RunIndex> {
    let wishes = RunWishes::default();
    let judge = RunJudge::new(options.profile, options.as_of, &wishes, lent);
    let evidence = &options.profile.evidence;
    let little = |mut run: RunSummary| {
        let beside = Beside::of(&run, evidence);
        shed(&mut run);
        (beside, run)
    };
    let mut index = RunIndex::default();
    let mut kept: BTreeMap<String, Beside> = BTreeMap::new();
    judge.each(path, &options.limits, judged, little, |(beside, run)| {
        kept.insert(run.name.clone(), beside);
        index.add(run);
    })?;
    for (name, draft) in judge.across(&kept) {
        if let Some(run) = index.runs.get_mut(&name) {
            run.refused |= judge.blocks(&draft);
            run.drafts.push(draft.clone());
        }
        judged.drafts.push(draft);
    }
    Ok(index)
}

/// Judges run directories.
///
/// # Errors
/// One of them does not exist, or is neither folder nor archive.
pub fn evidence(options: &RunOptions<'_>, lent: &Lent) -> Result<Judged, Unreadable> {
    let judge = RunJudge::new(options.profile, options.as_of, &options.wishes, lent);
    let mut judged = Judged::default();
    let profile = &options.profile.evidence;
    // A run is gone once it is judged; of many, little is kept.
    let mut told: BTreeMap<String, serde_json::Value> = BTreeMap::new();
    let mut kept: BTreeMap<String, Beside> = BTreeMap::new();
    let little = |run: RunSummary| (derived(&run), Beside::of(&run, profile), run.name);
    for path in &options.runs {
        judge
            .each(
                path,
                &options.limits,
                &mut judged,
                little,
                |(derived, beside, name)| {
                    told.insert(name.clone(), derived);
                    kept.insert(name, beside);
                },
            )
            .map_err(Unreadable::at(path))?;
    }
    let across = judge.across(&kept).into_iter();
    judged.drafts.extend(across.map(|(_, draft)| draft));
    let derived = told.into_values().collect();
    judged.facts.insert("derived".to_owned(), derived);
    Ok(judged)
}

/// What the report of an audit says of a run.
fn derived(run: &RunSummary) -> serde_json::Value {
    serde_json::json!({
        "run_id": run.name,
        "claimed_status": run.report.as_ref().and_then(|report| report.text("status")),
        "status": run.derived_status,
        "failure_classes": run.classes,
        "first_failing": run.first_failing,
        "seal_root": run.seal_root,
        "digests": run.digests,
    })
}

/// Opens a run as it is judged, for commands that look at one.
pub fn open_run<T>(
    files: &RunFiles,
    profile: &Profile,
    as_of: Date,
    wishes: &RunWishes,
    lent: &Lent,
    look: impl FnOnce(&Run<'_>) -> T,
) -> T {
    let reader = Reader::new(lent, &profile.planning.sensitive);
    look(&Run::open(files, profile, as_of, wishes, &reader))
}

/// Judges runs, one at a time.
pub struct RunJudge<'a> {
    profile: &'a Profile,
    as_of: Date,
    wishes: &'a RunWishes,
    due: Vec<(&'a Arc<Rule>, &'static checks::Check)>,
    reader: Reader<'a>,
}

impl<'a> RunJudge<'a> {
    /// With these rules.
    pub fn new(profile: &'a Profile, as_of: Date, wishes: &'a RunWishes, lent: &'a Lent) -> Self {
        Self {
            profile,
            as_of,
            wishes,
            due: due(lent.rules()),
            reader: Reader::new(lent, &profile.planning.sensitive),
        }
    }

    /// The runs of a path, one by one: of each is kept what `little` makes of it.
    fn each<T: Send>(
        &self,
        path: &Path,
        limits: &Limits,
        judged: &mut Judged,
        little: impl Fn(RunSummary) -> T + Sync,
        mut keep: impl FnMut(T),
    ) -> io::Result<()> {
        let one = |files: RunFiles| {
            let (found, summary, scanned) = self.one(&files);
            (found, little(summary), scanned)
        };
        for (found, kept, scanned) in files::each_run(path, limits, one)? {
            found.add_to(judged);
            judged.scanned += scanned;
            keep(kept);
        }
        Ok(())
    }

    /// One run: what the rules say, what remains of it, how much was read.
    pub fn one(&self, files: &RunFiles) -> (Found, RunSummary, Scanned) {
        let run = Run::open(files, self.profile, self.as_of, self.wishes, &self.reader);
        let mut found = Found::default();
        for (rule, check) in &self.due {
            if let Some(check) = check.run {
                check(&run, rule, &mut found);
            }
        }
        for draft in &mut found.drafts {
            let about = || Box::new(Subject::new("report", files.name.as_str()));
            draft.subject.get_or_insert_with(about);
        }
        let summary = self.summary(&run, &found);
        (found, summary, files.files.scanned())
    }

    fn summary(&self, run: &Run<'_>, found: &Found) -> RunSummary {
        let replay = replay::of(run);
        let digests = run.digests.iter();
        let readable = |(name, value): (&&str, &Result<_, String>)| {
            Some(((*name).to_owned(), Clone::clone(value.as_ref().ok()?)))
        };
        let events = run.events.iter().filter_map(|line| line.value.clone().ok());
        RunSummary {
            name: run.name.to_owned(),
            report: run.object().cloned(),
            digests: digests
                .map(|(name, digest)| ((*name).to_owned(), digest.clone()))
                .collect(),
            documents: run.documents.iter().filter_map(readable).collect(),
            first_failing: replay.first_failing().map(|first| first.name.to_owned()),
            derived_status: Some(replay.status.clone()),
            classes: replay.codes.clone(),
            events: events.collect(),
            seal_root: run
                .document("seal.json")
                .and_then(|seal| Some(seal.text("root")?.to_owned())),
            refused: found.drafts.iter().any(|draft| self.blocks(draft)),
            drafts: found.drafts.clone(),
        }
    }

    /// What only several runs show together.
    fn across(&self, runs: &BTreeMap<String, Beside>) -> Vec<(String, Draft)> {
        let mut due = self.due.iter();
        let rule = due.find(|(rule, _)| rule.meta.id.as_str() == beside::RULE);
        rule.map_or_else(Vec::new, |(rule, _)| {
            beside::across(runs, rule, &self.profile.evidence)
        })
    }

    fn blocks(&self, draft: &Draft) -> bool {
        let rule = self.due.iter().find(|(rule, _)| rule.meta.id == draft.rule);
        rule.is_some_and(|(rule, _)| {
            let severity = draft.severity.unwrap_or(rule.meta.severity);
            let confidence = draft.confidence.unwrap_or(rule.meta.confidence);
            rule.meta.is_blocking(severity, confidence)
        })
    }
}
