// SPDX-License-Identifier: Apache-2.0
//! The admission of a target repository, and runs on real repositories.

use super::{Check, Found, recorded};
use crate::governance::gate::{paper, target};
use crate::governance::plan::Plan;
use crate::model::Subject;
use crate::rules::Rule;

pub(super) const CHECKS: &[Check] = &[
    Check::plan(target::ADMISSION, admission),
    Check::plan(target::PATHS, conflicts),
    Check::plan(target::RUN, runs),
];

const KIND: &str = "target-admission";

fn admission(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    recorded::unreadable(plan, rule, found, KIND);
    recorded::each(plan, rule, found, KIND, |sheet| {
        target::admission(sheet, plan.profile)
    });
}

fn conflicts(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    recorded::each(plan, rule, found, KIND, |sheet| {
        target::conflicts(sheet, plan.profile)
    });
}

fn runs(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let Some(index) = plan.runs else {
        return;
    };
    let admissions = paper::of_kind(plan, KIND);
    for run in index.runs.values() {
        let Some(report) = &run.report else {
            continue;
        };
        let mode = report.text("mutation_mode");
        let real = mode.is_some_and(|mode| plan.profile.gates.needs_target(mode));
        if !real || !crate::governance::gate::stage_proof::started(report, plan.profile) {
            continue;
        }
        // One admission a repository: the one that fits best speaks.
        let judged = admissions
            .iter()
            .map(|sheet| target::run(Some(sheet), report));
        let issues = judged
            .min_by_key(Vec::len)
            .unwrap_or_else(|| target::run(None, report));
        for issue in issues {
            let draft = found.say(rule, &run.entry("report.json"), issue.text);
            draft.subject = Some(Box::new(Subject::new("report", &*run.name)));
        }
    }
}
