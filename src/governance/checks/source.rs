// SPDX-License-Identifier: Apache-2.0
//! Admissions of third-party sources, and what was run under them.

use super::{Check, Found, recorded, told};
use crate::governance::gate::ladder::Rung;
use crate::governance::gate::licence::{self, Used};
use crate::governance::gate::source::{self, Source, is_commit};
use crate::governance::gate::{Sheet, paper};
use crate::governance::plan::{Citation, Fact, Plan};
use crate::rules::Rule;
use serde::Deserialize;
use std::collections::BTreeSet;

pub(super) const CHECKS: &[Check] = &[
    Check::plan(source::ADMISSION, admission),
    Check::plan(source::LICENCE, use_of),
    Check::plan(source::MODE, use_of),
    Check::plan(source::DRIFT, drift),
];

const KIND: &str = "source-admission";

fn admission(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    recorded::each(plan, rule, found, KIND, |sheet| {
        source::admission(sheet, plan.profile)
    });
}

/// Modes that were used, as far as the tree or its runs tell.
fn used(plan: &Plan<'_>) -> Vec<Used> {
    let mut used = Vec::new();
    for ladder in recorded::ladders(plan) {
        for rung in ladder.rungs.iter().filter(|rung| Rung::is_validated(rung)) {
            if let Some(stage) = plan.profile.gates.stage(rung.stage) {
                used.push(Used {
                    what: format!("stage {}, which is validated,", rung.stage),
                    mode: stage.mode.clone(),
                });
            }
        }
    }
    let candidate = plan.profile.evidence.candidate.as_str();
    let cited: BTreeSet<&str> = plan
        .documents
        .iter()
        .flat_map(|document| &document.citations)
        .filter_map(|citation| match citation {
            Citation::Run { id, .. } => Some(id.as_str()),
            Citation::Commit { .. } => None,
        })
        .collect();
    let runs = plan.runs.into_iter().flat_map(|index| index.runs.values());
    for run in runs.filter(|run| cited.contains(run.name.as_str())) {
        let Some(report) = run
            .report
            .as_ref()
            .filter(|r| r.text("backend") == Some(candidate))
        else {
            continue;
        };
        let started = crate::governance::gate::stage_proof::started(report, plan.profile);
        if let Some(mode) = report.text("mutation_mode").filter(|_| started) {
            used.push(Used {
                what: format!("the run `{}`", run.name),
                mode: mode.to_owned(),
            });
        }
    }
    used
}

fn use_of(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let sheets = paper::of_kind(plan, KIND);
    if sheets.is_empty() {
        return;
    }
    let used = used(plan);
    for sheet in sheets {
        let record = Source::of(&sheet, &plan.profile.gates);
        let issues = licence::issues(&record, &used, &plan.profile.gates);
        recorded::say(found, rule, &sheet, KIND, issues);
    }
}

/// The rule's data.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Params {
    /// Keys under which documents and reports state the pin.
    keys: Vec<String>,
}

fn drift(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let params: Params = told::params(rule);
    let sheets = paper::of_kind(plan, KIND);
    let sources: Vec<Source> = sheets
        .iter()
        .map(|sheet| Source::of(sheet, &plan.profile.gates))
        .collect();
    let pins: BTreeSet<&str> = sources
        .iter()
        .filter_map(|source| source.pin.as_deref())
        .collect();
    if pins.is_empty() {
        return;
    }
    let same = |pin: &str| {
        pins.iter().any(|known| {
            *known == pin || is_commit(known) && pin.len() >= 7 && known.starts_with(pin)
        })
    };
    // An update is recorded where a document names the old pin and one that is held.
    let updated = |pin: &str| {
        plan.documents.iter().any(|document| {
            let text = &document.text;
            let facts = ["previous_pin", "previous_commit", "previous_pinned_commit"];
            let told =
                |fact: &Fact| facts.contains(&fact.key.as_str()) && fact.raw.starts_with(pin);
            text.contains(pin)
                && document.facts().iter().any(told)
                && pins.iter().any(|known| text.contains(known))
        })
    };
    let mut say = |sheet: &Sheet, key: &str, kind: &str, pin: &str| {
        if !same(pin) && !updated(pin) {
            let text = format!(
                "the pin `{pin}` is not that of the source admission, and no evidence records an update"
            );
            recorded::at(found, rule, sheet, kind, sheet.place(key), text);
        }
    };
    for document in plan
        .documents
        .iter()
        .filter(|document| !document.is(&[KIND]))
    {
        let sheet = Sheet::of_document(document);
        let kind = document.kind.clone().unwrap_or_default();
        for key in &params.keys {
            if let Some(pin) = sheet.text(key).map(str::to_owned) {
                say(&sheet, key, &kind, &pin);
            }
        }
    }
    for sheet in plan.records.iter().filter_map(Sheet::of_record) {
        for key in &params.keys {
            if let Some(pin) = sheet.text(key).map(str::to_owned) {
                say(&sheet, key, "json", &pin);
            }
        }
    }
    let Some(runs) = plan.runs else {
        return;
    };
    for run in runs.runs.values() {
        let report = run.report.as_ref();
        let pin = params.keys.iter().find_map(|key| report?.text(key));
        if let Some(pin) = pin.filter(|pin| !same(pin) && !updated(pin)) {
            let text = format!(
                "the run `{}` used the pin `{pin}`, which the source admission does not hold",
                run.name
            );
            recorded::at(
                found,
                rule,
                &sheets[0],
                KIND,
                sheets[0].place("pinned_commit"),
                text,
            );
        }
    }
}
