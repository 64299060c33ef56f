// SPDX-License-Identifier: Apache-2.0
//! The staged proof: what the ledger says of each stage, and what of it is proven.

use super::model::{Cited, Stage};
use crate::governance::gate::ladder::{Coverage, Ladder, Rung, required_classes};
use crate::governance::gate::open::{self, Given, GivenRun};
use crate::governance::gate::stage_proof::{self, blockers};
use crate::governance::plan::Plan;
use crate::governance::profile::{Profile, Stage as StageForm};
use crate::governance::run::RunSummary;

/// Gate of the run that a stage needs, beside those of its entry.
const RUN: &str = "stage_run";
/// Status of a stage whose every gate is proven.
const PROVEN: &str = "validated";
/// How the gate of an earlier stage begins.
pub(super) const EARLIER: &str = "stage_";
/// Gate of the failure classes that it must show.
const CLASSES: &str = "failure_classes";

/// Every stage of the profile, in order.
pub(super) fn of(plan: &Plan<'_>, ladder: Option<&Ladder>) -> Vec<Stage> {
    let mut stages: Vec<Stage> = Vec::new();
    for form in &plan.profile.gates.stages {
        let rung = ladder.and_then(|ladder| ladder.rung(u64::from(form.number)));
        stages.push(one(plan, ladder, form, rung, &stages));
    }
    stages
}

fn one(
    plan: &Plan<'_>,
    ladder: Option<&Ladder>,
    form: &StageForm,
    rung: Option<&Rung>,
    earlier: &[Stage],
) -> Stage {
    let profile = plan.profile;
    let evidence = rung.map_or_else(Vec::new, |rung| cited(plan, form, rung));
    let proving = evidence.iter().find(|cited| cited.counts);
    let run = proving.and_then(|cited| plan.runs?.get(&cited.run_id));
    let given = Given {
        ladder: ladder.cloned(),
        plan: Some(plan),
        run: run.map(|run| GivenRun {
            summary: run.clone(),
            trace: Vec::new(),
        }),
        ..Given::default()
    };
    let answer = open::check(form, &given, profile, plan.as_of);
    let mut gates: Vec<(String, bool)> = answer
        .gates
        .iter()
        .filter(|gate| gate.name != "run")
        .map(|gate| (gate.name.clone(), gate.proof.is_ok()))
        .collect();
    // A ledger's word for an earlier stage is not its proof: here every stage is derived, and each
    // rests on the one before it.
    if let Some(previous) = earlier.last() {
        let name = format!("{EARLIER}{}", previous.stage);
        let proven = previous.status == PROVEN;
        match gates.iter_mut().find(|(gate, _)| *gate == name) {
            Some((_, said)) => *said &= proven,
            None => gates.insert(0, (name, proven)),
        }
    }
    let [shown, excused, open] = classes(plan, form, rung);
    let entered = gates.iter().all(|(_, proven)| *proven);
    gates.push((RUN.to_owned(), run.is_some()));
    gates.push((CLASSES.to_owned(), open.is_empty()));
    let claimed = rung.map_or("", |rung| rung.status.as_str());
    let whole = gates.iter().all(|(_, proven)| *proven);
    let status = match (claimed, whole, entered) {
        (PROVEN, true, _) => PROVEN,
        ("blocked", ..) | (_, _, false) => "blocked",
        (PROVEN, false, true) => "blocked",
        _ => "open",
    };
    let named = |wanted: bool| -> Vec<String> {
        let gates = gates.iter().filter(|(_, proven)| *proven == wanted);
        gates.map(|(name, _)| name.clone()).collect()
    };
    Stage {
        stage: u64::from(form.number),
        title: form.title.clone(),
        status: status.to_owned(),
        claimed_status: known_status(claimed, profile),
        validated_at: rung
            .and_then(|rung| rung.validated_at)
            .map(|day| day.to_string()),
        allowed_mutation_scope: form.scope.clone(),
        authorises: if status == PROVEN {
            form.authorises.clone()
        } else {
            "nothing".to_owned()
        },
        evidence,
        required_gates: gates.iter().map(|(name, _)| name.clone()).collect(),
        passed_gates: named(true),
        missing_gates: named(false),
        classes_shown: shown,
        classes_excused: excused,
        classes_open: open,
    }
}

fn known_status(claimed: &str, profile: &Profile) -> String {
    let known = profile
        .gates
        .stage_status
        .iter()
        .find(|one| *one == claimed);
    known.map_or_else(
        || {
            if claimed.is_empty() {
                super::model::UNSTATED
            } else {
                "unknown"
            }
            .to_owned()
        },
        Clone::clone,
    )
}

fn cited(plan: &Plan<'_>, form: &StageForm, rung: &Rung) -> Vec<Cited> {
    let of = |(id, digest): &(String, Option<String>)| {
        let run = plan.runs.and_then(|index| index.get(id));
        let held = run.and_then(|run| run.digests.get("report.json"));
        let same = digest.is_none() || digest.as_ref() == held;
        let counts = run.is_some_and(|run| proves(form, run, plan.profile));
        Cited {
            run_id: id.clone(),
            report_path: held.map(|_| format!("{id}/report.json")),
            report_sha256: held.cloned(),
            status: run.map_or_else(|| "missing".to_owned(), super::runs::derived),
            counts: same && counts,
        }
    };
    rung.evidence.iter().map(of).collect()
}

/// Whether a run meets the pass rule of a stage and stays within its scope.
fn proves(form: &StageForm, run: &RunSummary, profile: &Profile) -> bool {
    let within = |report| stage_proof::wider(form, report, profile).is_empty();
    stage_proof::meets(form, run, profile).is_ok() && run.report.as_ref().is_some_and(within)
}

/// Failure classes that are shown, excused, open.
fn classes(plan: &Plan<'_>, form: &StageForm, rung: Option<&Rung>) -> [Vec<String>; 3] {
    let mut sorted = [Vec::new(), Vec::new(), Vec::new()];
    for (class, code) in required_classes(form, plan.profile) {
        let other = code.replace('_', "-");
        let told =
            rung.and_then(|rung| rung.classes.get(class).or_else(|| rung.classes.get(&other)));
        let shows = |id: &String| {
            let report = plan.runs.and_then(|index| index.get(id)?.report.as_ref());
            report.is_some_and(|report| blockers(report).contains(&code.as_str()))
        };
        let place = match told {
            Some(Coverage::Run(id)) if shows(id) => 0,
            Some(Coverage::Rationale(_)) => 1,
            _ => 2,
        };
        sorted[place].push(class.to_owned());
    }
    sorted
}
