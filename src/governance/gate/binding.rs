// SPDX-License-Identifier: Apache-2.0
//! Which runs an approval was used for, by what runs and documents say (section 4.6).

use super::approval::{Approval, works};
use super::shape::and;
use super::stage_proof::started;
use crate::governance::plan::items::ids_in;
use crate::governance::plan::{Citation, Fact, Plan};
use crate::governance::profile::Profile;
use crate::governance::run::{RunIndex, RunSummary};
use crate::governance::stamp;
use crate::support::pyjson::ordered::Value;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// A run under an approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    /// Its name.
    pub run: String,
    /// Whether its process was started; a run that was blocked before does not use an approval.
    pub started: bool,
    /// When it first changed something, else when it began.
    pub at: Option<Timestamp>,
    /// Document that says so, when it is not the run itself.
    pub told_by: Option<String>,
}

/// Work items that a run was made for.
fn works_of(run: &RunSummary, prefix: &str) -> Vec<String> {
    let mut ids = Vec::new();
    for event in &run.events {
        let data = event.get("data");
        for key in ["task_id", "scope"] {
            let text = data.and_then(|data| data.text(key)).unwrap_or("");
            ids.extend(ids_in(text, prefix));
        }
    }
    ids.sort();
    ids.dedup();
    ids
}

/// The approval that a run names itself.
fn identity_of(run: &RunSummary) -> Option<&str> {
    let keys: [&[&str]; 2] = [&["approval_identity"], &["approval", "identity"]];
    let values = run.report.iter().chain(run.documents.values());
    let mut found = values.flat_map(|value| keys.iter().filter_map(|keys| value.at(keys)));
    found.find_map(Value::as_str)
}

/// When a run first changed something, else when it began.
pub fn moment(run: &RunSummary) -> Option<Timestamp> {
    let applied = run
        .events
        .iter()
        .find(|event| event.text("event") == Some("patch.applied"));
    let told = applied.and_then(|event| event.text("ts"));
    let began = || run.report.as_ref()?.text("run_started_at");
    told.or_else(began)
        .and_then(stamp::with_offset)
        .or_else(|| stamp::compact(&run.name))
}

/// Runs of an index that a group of approvals with the same work items covers; with `modes`, only
/// those of these mutation modes, since a run of another stage had an approval of its own.
pub fn of_index(
    group: &[&Approval],
    index: &RunIndex,
    modes: Option<&[&str]>,
    profile: &Profile,
) -> Vec<Bound> {
    let identities: Vec<String> = group.iter().map(|one| one.identity()).collect();
    let works: Vec<&String> = group.iter().flat_map(|one| &one.works).collect();
    let mut bound = Vec::new();
    for run in index.runs.values() {
        let Some(report) = &run.report else {
            continue;
        };
        let candidate = report.text("backend") == Some(profile.evidence.candidate.as_str());
        let mode = report.text("mutation_mode");
        if !candidate || !mode.is_none_or(|mode| profile.gates.needs_approval(mode)) {
            continue;
        }
        let ours = match identity_of(run) {
            Some(identity) => identities.iter().any(|known| known == identity),
            None => {
                let fits = modes.is_none_or(|modes| mode.is_some_and(|mode| modes.contains(&mode)));
                let ids = works_of(run, &profile.planning.work_prefix);
                fits && ids.iter().any(|id| works.contains(&id))
            }
        };
        if ours {
            bound.push(Bound {
                run: run.name.clone(),
                started: started(report, profile),
                at: moment(run),
                told_by: None,
            });
        }
    }
    bound
}

/// The fact on whose lines a run is cited.
fn fact_at(facts: &[Fact], at: usize) -> Option<&Fact> {
    let mut facts = facts.iter();
    facts.find(|fact| fact.span.start <= at && at < fact.span.end)
}

/// Whether a section says that its run did not start; nothing when it says nothing.
fn says_started(facts: &[Fact], section: usize, profile: &Profile) -> Option<bool> {
    let facts = || facts.iter().filter(move |fact| fact.section == section);
    let key = format!("{}_process_started", profile.evidence.candidate);
    if let Some(fact) = facts().find(|fact| fact.key == key || fact.key == "process_started") {
        return fact.as_bool();
    }
    let status = facts().find(|fact| matches!(fact.key.as_str(), "report_status" | "run_status"));
    status.map(|fact| fact.raw != "blocked")
}

/// Runs that documents report on for a group of approvals: evidence, closeouts and attempts of the
/// same work items. A run under a key that names a baseline is another lane's.
pub fn of_documents(group: &[&Approval], plan: &Plan<'_>) -> Vec<Bound> {
    let profile = plan.profile;
    let prefix = &profile.planning.work_prefix;
    let ours: Vec<&String> = group.iter().flat_map(|one| &one.works).collect();
    let mut found: BTreeMap<String, Bound> = BTreeMap::new();
    let reporting = plan
        .documents
        .iter()
        .filter(|document| document.is(&["evidence", "closeout", "attempt"]));
    for document in reporting {
        if !works(document, prefix).iter().any(|id| ours.contains(&id)) {
            continue;
        }
        let facts = document.facts();
        for citation in &document.citations {
            let Citation::Run { id, span, section } = citation else {
                continue;
            };
            let key = fact_at(&facts, span.start).map_or("", |fact| fact.key.as_str());
            let words = &profile.gates.approval.baseline;
            let other = words
                .iter()
                .any(|word| key.contains(word) || id.contains(word));
            let lane = facts
                .iter()
                .find(|fact| fact.section == *section && fact.key == "backend");
            let foreign = lane.is_some_and(|fact| fact.raw != profile.evidence.candidate);
            if other || foreign || key.is_empty() {
                continue;
            }
            let told = says_started(&facts, *section, profile);
            let entry = found.entry(id.clone()).or_insert_with(|| Bound {
                run: id.clone(),
                started: told.unwrap_or(true),
                at: stamp::compact(id),
                told_by: Some(document.path.clone()),
            });
            if told == Some(true) {
                entry.started = true;
            }
        }
    }
    found.into_values().collect()
}

/// Both, what runs say of themselves first.
pub fn of_plan(group: &[&Approval], plan: &Plan<'_>) -> Vec<Bound> {
    let told = of_documents(group, plan);
    let report = |run: &str| plan.runs?.get(run)?.report.as_ref();
    let reported = told
        .iter()
        .filter_map(|one| report(&one.run)?.text("mutation_mode"));
    let modes: Vec<&str> = reported.collect();
    let modes = (!told.is_empty()).then_some(modes.as_slice());
    let mut bound = plan.runs.map_or_else(Vec::new, |index| {
        of_index(group, index, modes, plan.profile)
    });
    for one in told {
        let held = report(&one.run);
        let candidate = plan.profile.evidence.candidate.as_str();
        let foreign = held.is_some_and(|report| report.text("backend") != Some(candidate));
        if foreign || bound.iter().any(|known| known.run == one.run) {
            continue;
        }
        let started = held.map_or(one.started, |report| started(report, plan.profile));
        bound.push(Bound { started, ..one });
    }
    bound.sort_by(|a, b| a.run.cmp(&b.run));
    bound
}

/// More started runs than approvals.
pub fn reused(group: &[&Approval], bound: &[Bound]) -> Option<String> {
    let mut identities: Vec<String> = group.iter().map(|one| one.identity()).collect();
    identities.sort();
    identities.dedup();
    let started: Vec<&str> = bound
        .iter()
        .filter(|one| one.started)
        .map(|one| one.run.as_str())
        .collect();
    (started.len() > identities.len()).then(|| {
        format!(
            "{} runs were started under {} approval: {}",
            started.len(),
            if identities.len() == 1 {
                "one".to_owned()
            } else {
                identities.len().to_string()
            },
            and(&started)
        )
    })
}

/// The first run that the record came after.
pub fn retroactive<'b>(record: &Approval, bound: &'b [Bound]) -> Option<&'b Bound> {
    bound.iter().filter(|one| one.started).find(|one| {
        let Some(run) = one.at else {
            return false;
        };
        match (record.at, record.day) {
            (Some(approved), _) => approved > run,
            (None, Some(day)) => day > run.to_zoned(jiff::tz::TimeZone::UTC).date(),
            (None, None) => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::governance::gate::approval::tests::{RECORD, read};
    use crate::support::pyjson::ordered::parse_strict;

    fn run(name: &str, started: bool) -> RunSummary {
        let value = |text: String| parse_strict(text.as_bytes(), 8).unwrap();
        RunSummary {
            name: name.to_owned(),
            report: Some(value(format!(
                r#"{{"backend":"case","mutation_mode":"sandbox-repo","case_process_started":{started},"run_started_at":"2026-03-10T09:15:00Z"}}"#
            ))),
            events: vec![value(
                r#"{"event":"task.contract.created","data":{"task_id":"CTO-WORK-902"}}"#.to_owned(),
            )],
            ..RunSummary::default()
        }
    }

    #[test]
    fn one_approval_is_for_one_started_run() {
        let profile = Profile::embedded();
        let record = read(RECORD, "approval-record");
        let mut index = RunIndex::default();
        for (name, started) in [("a", true), ("b", false)] {
            index.runs.insert(name.to_owned(), run(name, started));
        }
        let bound = of_index(&[&record], &index, None, &profile);
        assert_eq!(bound.len(), 2);
        assert_eq!(reused(&[&record], &bound), None);
        index.runs.insert("c".to_owned(), run("c", true));
        let bound = of_index(&[&record], &index, None, &profile);
        assert!(reused(&[&record], &bound).is_some());
        assert!(retroactive(&record, &bound).is_none());
        let late = read(
            &RECORD.replace("created: 2026-03-10", "created: 2026-03-11"),
            "approval-record",
        );
        assert_eq!(
            retroactive(&late, &bound).map(|one| one.run.as_str()),
            Some("a")
        );
    }
}
