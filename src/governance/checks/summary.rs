// SPDX-License-Identifier: Apache-2.0
//! The control summary of a tree.

use super::{Check, Found, recorded};
use crate::governance::files::is_run_id;
use crate::governance::gate::{Issue, Sheet, paper, summary};
use crate::governance::plan::Plan;
use crate::governance::run::RunSummary;
use crate::governance::stamp;
use crate::rules::Rule;
use jiff::Timestamp;

pub(super) const CHECKS: &[Check] = &[Check::plan(summary::RULE, invalid)];

const KIND: &str = "control-summary";

fn invalid(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    recorded::unreadable(plan, rule, found, KIND);
    for sheet in paper::of_kind(plan, KIND) {
        let exists = |path: &str| exists(plan, path);
        let mut issues = summary::issues(&sheet, &exists, plan.profile);
        issues.extend(stale(plan, &sheet));
        recorded::say(found, rule, &sheet, KIND, issues);
    }
}

/// The run that a path leads into, and the rest of the path.
fn run_in<'p>(plan: &'p Plan<'_>, path: &str) -> Option<(Option<&'p RunSummary>, String)> {
    let parts: Vec<&str> = path.split('/').collect();
    let at = parts.iter().position(|part| is_run_id(part))?;
    Some((plan.runs?.get(parts[at]), parts[at + 1..].join("/")))
}

/// Whether a path leads somewhere, as far as the tree and the runs tell.
fn exists(plan: &Plan<'_>, path: &str) -> Option<bool> {
    if path.split('/').any(is_run_id) {
        let (run, rest) = run_in(plan, path)?;
        return Some(run.is_some_and(|run| rest.is_empty() || run.digests.contains_key(&rest)));
    }
    // A path outside the tree is no business of an audit that reads the tree.
    let inside =
        !path.starts_with(['/', '~', '$']) && !path.contains("://") && !path.starts_with("..");
    inside.then(|| plan.files.exists(path))
}

/// A summary that is older than a run that it shows.
fn stale(plan: &Plan<'_>, sheet: &Sheet) -> Option<Issue> {
    let made: Timestamp = ["generated_at", "created_at", "written_at"]
        .iter()
        .find_map(|key| sheet.text(key).and_then(stamp::with_offset))?;
    let mut late = None;
    let whole = sheet.values.iter();
    for (key, value) in whole {
        let Some((Some(run), _)) = value.as_str().and_then(|path| run_in(plan, path)) else {
            continue;
        };
        let finished = run
            .report
            .as_ref()
            .and_then(|report| stamp::utc(report.text("run_finished_at")?));
        if finished.is_some_and(|finished| finished > made) {
            late = Some((key.clone(), run.name.clone()));
        }
    }
    late.map(|(key, run)| {
        let text = format!("it is older than the run `{run}` that it shows");
        Issue::on(summary::RULE, &key, text)
    })
}
