// SPDX-License-Identifier: Apache-2.0
//! Comparisons of lanes and repeated passes, in a tree and in a run.

use super::claims::by_document;
use super::{Check, Found, recorded};
use crate::governance::gate::{Issue, Sheet, comparison, paper, repeatability};
use crate::governance::json;
use crate::governance::plan::Plan;
use crate::governance::run::Run;
use crate::model::Subject;
use crate::rules::Rule;

pub(super) const CHECKS: &[Check] = &[
    Check::both(comparison::INCOMPLETE, incomplete, run_incomplete),
    Check::both(comparison::OVERCLAIMED, overclaimed, run_overclaimed),
    Check::both(repeatability::RULE, repeated, run_repeated),
];

const KIND: &str = "comparison";

fn incomplete(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    recorded::unreadable(plan, rule, found, KIND);
    recorded::each(plan, rule, found, KIND, |sheet| {
        comparison::incomplete(sheet, plan.profile)
    });
}

fn overclaimed(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    recorded::each(plan, rule, found, KIND, |sheet| {
        comparison::overclaimed(sheet, plan.profile)
    });
    let mut held = paper::of_kind(plan, KIND);
    for run in plan.runs.into_iter().flat_map(|index| index.runs.values()) {
        for (name, value) in &run.documents {
            let sheet = Sheet::of_json(name, "", value);
            held.extend(sheet.filter(|sheet| is_comparison(sheet, plan)));
        }
    }
    let mut blocked: Vec<String> = held.iter().flat_map(comparison::blocked_lanes).collect();
    blocked.extend(
        held.iter()
            .flat_map(|sheet| comparison::weak_dimensions(sheet, plan.profile)),
    );
    blocked.sort();
    blocked.dedup();
    for (document, spans) in by_document(plan, rule) {
        let sheet = Sheet::of_document(document);
        let mut open = blocked.clone();
        for lane in &plan.profile.evidence.lanes {
            let keys = [
                lane.clone(),
                format!("{lane}_lane"),
                format!("{lane}_status"),
            ];
            let says = keys
                .iter()
                .filter_map(|key| sheet.text(key))
                .any(|text| text.starts_with("blocked"));
            if says && !open.contains(lane) {
                open.push(lane.clone());
            }
        }
        if open.is_empty() {
            continue;
        }
        let kind = document.kind.as_deref().unwrap_or("document");
        for span in spans {
            let text = format!(
                "it claims to match or beat every lane, and these are blocked or worse: {}",
                open.join(", ")
            );
            recorded::at(found, rule, &sheet, kind, Some(span), text);
        }
    }
}

fn is_comparison(sheet: &Sheet, plan: &Plan<'_>) -> bool {
    paper::form_of(&plan.profile.gates, sheet).is_some_and(|form| form.kind == KIND)
}

fn repeated(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let kind = "repeatability";
    recorded::unreadable(plan, rule, found, kind);
    recorded::each(plan, rule, found, kind, |sheet| {
        repeatability::issues(sheet, plan.runs, plan.profile)
    });
}

fn run_incomplete(run: &Run<'_>, rule: &Rule, found: &mut Found) {
    in_run(run, rule, found, KIND, |sheet| {
        comparison::incomplete(sheet, run.profile)
    });
}

fn run_overclaimed(run: &Run<'_>, rule: &Rule, found: &mut Found) {
    in_run(run, rule, found, KIND, |sheet| {
        comparison::overclaimed(sheet, run.profile)
    });
}

fn run_repeated(run: &Run<'_>, rule: &Rule, found: &mut Found) {
    in_run(run, rule, found, "repeatability", |sheet| {
        repeatability::issues(sheet, None, run.profile)
    });
}

/// Judges the files of a run that are such records.
fn in_run(
    run: &Run<'_>,
    rule: &Rule,
    found: &mut Found,
    kind: &str,
    judge: impl Fn(&Sheet) -> Vec<Issue>,
) {
    let files = run.files.content.iter();
    for (name, bytes) in files.filter(|(name, _)| name.ends_with(".json") && *name != "report.json")
    {
        let value = json::parse(bytes).ok();
        let text = String::from_utf8_lossy(bytes);
        let sheet = value
            .as_ref()
            .and_then(|value| Sheet::of_json(name, &text, value));
        let form = sheet
            .as_ref()
            .and_then(|sheet| paper::form_of(&run.profile.gates, sheet));
        let Some(sheet) = sheet
            .as_ref()
            .filter(|_| form.is_some_and(|form| form.kind == kind))
        else {
            continue;
        };
        for issue in judge(sheet)
            .into_iter()
            .filter(|issue| issue.rule == rule.meta.id.as_str())
        {
            let entry = run.entry(name);
            let draft = match issue.key.as_deref().and_then(|key| sheet.place(key)) {
                Some(span) => found.say_at(rule, &entry, bytes, span, issue.text),
                None => found.say(rule, &entry, issue.text),
            };
            draft.subject = Some(Box::new(Subject::new("report", run.name)));
        }
    }
}
