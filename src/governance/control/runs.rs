// SPDX-License-Identifier: Apache-2.0
//! Runs: what each claims, and what its evidence says.

use super::model::RunRow;
use crate::governance::gate::stage_proof::{self, blockers};
use crate::governance::run::{RunIndex, RunSummary};
use crate::support::pyjson::ordered::Value;

/// The status that the evidence gives; `unknown` when there is none.
pub(super) fn derived(run: &RunSummary) -> String {
    known(stage_proof::status(run))
}

fn known(status: Option<&str>) -> String {
    match status {
        Some(status @ ("pass" | "fail" | "blocked")) => status.to_owned(),
        _ => "unknown".to_owned(),
    }
}

/// Every run, by name.
pub(super) fn rows(index: &RunIndex) -> Vec<RunRow> {
    index.runs.values().map(row).collect()
}

fn row(run: &RunSummary) -> RunRow {
    let report = run.report.as_ref();
    let text = |key: &str| report.and_then(|report| report.text(key));
    let held = run.digests.get("report.json");
    let claimed = known(text("status"));
    let derived = derived(run);
    let holds = !run.refused && claimed == derived && claimed != "unknown";
    let mut rules: Vec<String> = run
        .drafts
        .iter()
        .map(|draft| draft.rule.to_string())
        .collect();
    rules.sort();
    rules.dedup();
    let codes = report.map_or_else(Vec::new, blockers);
    RunRow {
        run_id: run.name.clone(),
        backend: text("backend").unwrap_or("unstated").to_owned(),
        stage: report
            .and_then(|report| report.get("stage"))
            .and_then(Value::as_i64)
            .and_then(|stage| u64::try_from(stage).ok()),
        mutation_mode: text("mutation_mode").unwrap_or("unstated").to_owned(),
        claimed_status: claimed,
        derived_status: derived,
        verdict: if holds { "holds" } else { "refused" }.to_owned(),
        blockers: codes.into_iter().map(str::to_owned).collect(),
        rules,
        report_path: held.map(|_| format!("{}/report.json", run.name)),
        report_sha256: held.cloned(),
        seal_root: run.seal_root.clone().filter(|root| is_digest(root)),
    }
}

/// 64 lower-case hex digits.
pub(super) fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}
