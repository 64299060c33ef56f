// SPDX-License-Identifier: Apache-2.0
//! Admissions of providers and models, the decision on them, and reviews that fall due.

use super::{Check, Found, recorded};
use crate::governance::gate::{Issue, Sheet, paper, provider};
use crate::governance::plan::Plan;
use crate::rules::Rule;

pub(super) const CHECKS: &[Check] = &[
    Check::plan(provider::ADMISSION, admission),
    Check::plan(provider::DECISION, decision),
    Check::plan(provider::REVIEW, review),
];

const KIND: &str = "provider-admission";

fn admission(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    recorded::unreadable(plan, rule, found, KIND);
    recorded::each(plan, rule, found, KIND, |sheet| {
        provider::admission(sheet, &plan.profile.gates)
    });
}

fn decision(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let kind = "provider-decision";
    recorded::each(plan, rule, found, kind, |sheet| {
        provider::decision(sheet, &plan.profile.gates)
    });
}

fn review(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    for kind in [KIND, "target-admission"] {
        recorded::each(plan, rule, found, kind, |sheet| {
            provider::review(sheet, plan.as_of).into_iter().collect()
        });
    }
    let admissions = paper::of_kind(plan, KIND);
    for sheet in &admissions {
        let issues = other_model(plan, sheet, &admissions);
        recorded::say(found, rule, sheet, KIND, issues);
    }
    let approvals = crate::governance::gate::approval_chain::approvals(plan);
    for sheet in paper::of_kind(plan, "target-admission") {
        let Some(path) = sheet.text("target_repository_path") else {
            continue;
        };
        // Only a concrete record names an absolute path; another name is no sign of a change.
        let mut named = approvals
            .iter()
            .filter_map(|one| Some((one, one.target.as_deref()?)));
        let changed = named.find(|(_, target)| target.starts_with('/') && *target != path);
        if let Some((one, _)) = changed {
            let text = format!(
                "`{}` names another repository; the admission is to be reviewed",
                one.path
            );
            let issue = Issue::on(provider::REVIEW, "target_repository_path", text);
            recorded::say(found, rule, &sheet, "target-admission", vec![issue]);
        }
    }
}

/// Runs of the same provider with a model that no record admits: the condition that triggers a
/// review was seen.
fn other_model(plan: &Plan<'_>, sheet: &Sheet, admissions: &[Sheet]) -> Vec<Issue> {
    let (Some(provider), Some(index)) = (sheet.text("provider"), plan.runs) else {
        return Vec::new();
    };
    let admitted = |model: &str| {
        admissions
            .iter()
            .any(|one| one.text("provider") == Some(provider) && one.text("model") == Some(model))
    };
    let mut runs = index.runs.values();
    let seen = runs.find_map(|run| {
        let report = run.report.as_ref()?;
        let model = report.text("case_model")?;
        let ours = report.text("case_model_provider") == Some(provider);
        (ours && !admitted(model)).then(|| (run.name.clone(), model.to_owned()))
    });
    let told = seen.map(|(run, model)| {
        let text =
            format!("the run `{run}` used the model `{model}`; the admission is to be reviewed");
        Issue::on(provider::REVIEW, "model", text)
    });
    told.into_iter().collect()
}
