// SPDX-License-Identifier: Apache-2.0
//! Eligibility decisions.

use super::{Check, Found, recorded};
use crate::governance::gate::Sheet;
use crate::governance::gate::eligibility::{self, Context};
use crate::governance::plan::Plan;
use crate::governance::run::RunSummary;
use crate::governance::stamp;
use crate::rules::Rule;
use crate::support::pyjson::ordered::Value;

pub(super) const CHECKS: &[Check] = &[
    Check::plan(eligibility::INCOMPLETE, incomplete),
    Check::plan(eligibility::OVERREACH, overreach),
];

const KIND: &str = "eligibility";

fn incomplete(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    recorded::unreadable(plan, rule, found, KIND);
    recorded::each(plan, rule, found, KIND, |sheet| {
        eligibility::incomplete(sheet, plan.profile)
    });
}

fn overreach(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let ladders = recorded::ladders(plan);
    let open = ladders.iter().filter(|ladder| !ladder.rungs.is_empty());
    let reached = open.map(|ladder| ladder.open_stage()).max();
    recorded::each(plan, rule, found, KIND, |sheet| {
        let run = run_of(plan, sheet);
        let report = run.and_then(|run| run.report.as_ref());
        let started = report.and_then(|report| stamp::utc(report.text("run_started_at")?));
        let of_run = report
            .and_then(|report| report.get("stage"))
            .and_then(Value::as_i64);
        let own = sheet.count("stage").or(of_run);
        let stage = own.and_then(|stage| u64::try_from(stage).ok());
        let context = Context {
            stage: stage.or(reached),
            started: started.zip(run.map(|run| run.name.as_str())),
        };
        eligibility::overreach(sheet, plan.profile, context)
    });
}

/// The first run of the decision's task by the selected backend.
fn run_of<'p>(plan: &'p Plan<'_>, sheet: &Sheet) -> Option<&'p RunSummary> {
    let task = sheet.text("task_id")?;
    let selected = sheet.text("selected_backend")?;
    let ours = |run: &&RunSummary| {
        let backend = run
            .report
            .as_ref()
            .and_then(|report| report.text("backend"));
        let of_task =
            |event: &Value| event.at(&["data", "task_id"]).and_then(Value::as_str) == Some(task);
        backend == Some(selected) && run.events.iter().any(of_task)
    };
    plan.runs?.runs.values().find(ours)
}
