// SPDX-License-Identifier: Apache-2.0
//! The staged proof: order, evidence, scope, failure classes, gates that are less than blocked.

use super::{Check, Found, recorded};
use crate::governance::gate::{Sheet, degraded, ladder, stage_proof};
use crate::governance::plan::Plan;
use crate::governance::run::Run;
use crate::model::Subject;
use crate::rules::Rule;
use crate::support::pyjson::ordered::Value;

pub(super) const CHECKS: &[Check] = &[
    Check::plan(ladder::ORDER, order),
    Check::plan(stage_proof::EVIDENCE, evidence),
    Check::both(stage_proof::SCOPE, scope, run_scope),
    Check::plan(stage_proof::CLASSES, classes),
    Check::plan(degraded::RULE, degraded_gates),
];

fn order(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    for ladder in recorded::ladders(plan) {
        recorded::climb(found, rule, &ladder, ladder.order(&plan.profile.gates));
    }
}

fn evidence(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    for ladder in recorded::ladders(plan) {
        let issues = stage_proof::evidence(&ladder, plan.runs, plan.profile);
        recorded::climb(found, rule, &ladder, issues);
    }
}

fn scope(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let Some(runs) = plan.runs else {
        return;
    };
    for ladder in recorded::ladders(plan) {
        let issues = stage_proof::scope(&ladder, runs, plan.profile);
        recorded::climb(found, rule, &ladder, issues);
    }
}

/// A run that says which stage it is of.
fn run_scope(run: &Run<'_>, rule: &Rule, found: &mut Found) {
    let Some(report) = run.object() else {
        return;
    };
    let number = report.get("stage").and_then(Value::as_i64);
    let number = number.and_then(|number| u64::try_from(number).ok());
    let Some(stage) = number.and_then(|number| run.profile.gates.stage(number)) else {
        return;
    };
    for why in stage_proof::wider(stage, report, run.profile) {
        let text = format!(
            "the run says that it is of stage {}, and {why}",
            stage.number
        );
        let draft = found.say(rule, &run.entry("report.json"), text);
        draft.subject = Some(Box::new(Subject::new("report", run.name)));
    }
}

fn classes(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    for ladder in recorded::ladders(plan) {
        let issues = stage_proof::classes(&ladder, plan.runs, plan.profile);
        recorded::climb(found, rule, &ladder, issues);
    }
}

fn degraded_gates(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let gates = &plan.profile.gates;
    for ladder in recorded::ladders(plan) {
        recorded::climb(found, rule, &ladder, degraded::ladder(&ladder, gates));
    }
    for sheet in plan.records.iter().filter_map(Sheet::of_record) {
        let issues = degraded::sheet(&sheet, gates);
        recorded::say(found, rule, &sheet, "json", issues);
    }
    for document in &plan.documents {
        let sheet = Sheet::of_document(document);
        let kind = document.kind.as_deref().unwrap_or("document");
        recorded::say(found, rule, &sheet, kind, degraded::sheet(&sheet, gates));
    }
}
