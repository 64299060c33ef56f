// SPDX-License-Identifier: Apache-2.0
//! The control summary: one read-only projection of a planning tree and its runs, for people and
//! for a control surface (specification, section 4.7). It holds paths, digests, names and states,
//! decides nothing and opens nothing.
//!
//! Flow: tree and runs -> [`project`] (the parts in [`model`]) -> [`clean`] -> [`text`], [`html`] or
//! JSON. Gates, approvals and comparisons are judged where the rules judge them, in
//! [`super::gate`]; nothing is judged a second time here.

mod action;
mod candidate;
pub mod clean;
pub mod graph;
pub mod html;
mod items;
mod layout;
mod ledger;
pub mod model;
mod runs;
mod stages;
mod status;
pub mod text;
mod walk;

pub use model::Summary;

use super::checks::recorded;
use super::plan::Plan;
use crate::matching::Lent;
use crate::support::hashing;

/// Makes the summary of a tree with its runs; `lent` tells what may not be shown.
///
/// # Errors
/// What stands in the place of a withheld text does not fit there.
pub fn summarise(plan: &Plan<'_>, generated_at: &str, lent: &Lent) -> Result<Summary, String> {
    let summary = project(plan, generated_at);
    let mut value = serde_json::to_value(summary).map_err(|error| error.to_string())?;
    clean::withhold(&mut value, lent);
    serde_json::from_value(value).map_err(|error| error.to_string())
}

/// What the report of an audit says of the tree as a whole: items by status, their graph, the stage
/// ladder, the ledger of approvals.
pub fn overview(plan: &Plan<'_>, lent: &Lent) -> serde_json::Value {
    let ladder = recorded::ladders(plan).into_iter().next();
    let stages: Vec<serde_json::Value> = stages::of(plan, ladder.as_ref())
        .into_iter()
        .map(|stage| {
            serde_json::json!({
                "stage": stage.stage,
                "title": stage.title,
                "status": stage.status,
                "claimed_status": stage.claimed_status,
                "validated_at": stage.validated_at,
                "missing_gates": stage.missing_gates,
                "classes_open": stage.classes_open,
            })
        })
        .collect();
    let mut value = serde_json::json!({
        "work": items::counts(plan),
        "runs_given": plan.runs.is_some(),
        "ladder_path": ladder.map(|ladder| ladder.path),
        "stages": stages,
        "approvals": ledger::of(plan).rows,
    });
    clean::withhold(&mut value, lent);
    value
}

/// The projection, before anything is withheld.
fn project(plan: &Plan<'_>, generated_at: &str) -> Summary {
    let gates = &plan.profile.gates;
    let ladder = recorded::ladders(plan).into_iter().next();
    let mut standing = candidate::of(plan);
    let ledger = ledger::of(plan);
    let stages = stages::of(plan, ladder.as_ref());
    let pass = |at: usize| standing.passes.get(at);
    let proven = |stage: &&model::Stage| stage.status == "validated";
    // Only the last stage authorises the discussion: until it is proven, a comparison shows nothing.
    let entered = stages.iter().filter(proven).count() == gates.stages.len();
    standing.candidate.candidate_default_eligible &= entered;
    let blocked = gates_blocked(plan);
    let mut summary = Summary {
        schema_version: model::SCHEMA_VERSION.to_owned(),
        profile: plan.profile.id.clone(),
        as_of: plan.as_of.to_string(),
        generated_at: generated_at.to_owned(),
        inputs_sha256: inputs(plan),
        matrix_report_path: matrix(plan),
        ladder_path: ladder.map(|ladder| ladder.path),
        stages,
        candidate_default_eligible: standing.candidate.candidate_default_eligible,
        case_stage6_candidate_default: standing.candidate,
        case_stage6_real_governed_refresh: standing.refresh,
        stage6_real_governed_refresh_comparison_path: standing.refresh_path,
        real_stage5_pass_report: pass(0).map(|pass| pass.report.clone()),
        real_stage5_proof: pass(0).map(|pass| pass.proof.clone()),
        repeat_stage5_pass_report: pass(1).map(|pass| pass.report.clone()),
        repeat_stage5_proof: pass(1).map(|pass| pass.proof.clone()),
        real_stage5_passes: standing.passes,
        target_read_only_proof_status: standing.target_read_only,
        repeatability_required: standing.required,
        repeatability_count: standing.count,
        repeatability_status: standing.status,
        candidate_default_repeatability_eligible: standing.repeated,
        runtime_default_activation: false,
        core_promotion_status: gates.unpromoted.clone(),
        blocked_lanes: standing.blocked_lanes,
        next_operator_action: String::new(),
        approval_required: true,
        approval_granted: false,
        execution_allowed: false,
        reason: String::new(),
        allowed_next_actions: action::ALLOWED.map(str::to_owned).to_vec(),
        blocked_next_actions: blocked,
        approval_packet: ledger.packet,
        governed_execution: ledger.execution,
        approvals: ledger.rows,
        runs: plan.runs.map_or_else(Vec::new, runs::rows),
        work: items::of(plan),
    };
    summary.reason = action::reason(&summary);
    summary.next_operator_action = action::next(&summary);
    summary
}

fn gates_blocked(plan: &Plan<'_>) -> Vec<String> {
    let forbidden = plan.profile.evidence.forbidden_actions.iter().cloned();
    let always = action::BLOCKED.iter().map(|&action| action.to_owned());
    always.chain(forbidden).collect()
}

/// The report of the latest run of the matrix, else the document.
fn matrix(plan: &Plan<'_>) -> Option<String> {
    let names = &plan.profile.gates.summary.matrix_runs;
    let mut runs = plan
        .runs
        .into_iter()
        .flat_map(|index| index.runs.values().rev());
    let report = runs.find(|run| {
        let case = run.name.split_once('-').map_or("", |(_, case)| case);
        names.iter().any(|name| case.starts_with(name.as_str()))
            && run.digests.contains_key("report.json")
    });
    if let Some(run) = report {
        return Some(format!("{}/report.json", run.name));
    }
    let document = plan
        .documents
        .iter()
        .find(|document| document.is(&["matrix"]));
    document.map(|document| document.path.clone())
}

/// One digest over everything that was read, so that a reader can tell whether a summary is still
/// that of the files.
fn inputs(plan: &Plan<'_>) -> String {
    let mut lines = String::new();
    for (name, bytes) in plan.files.contents() {
        lines.push_str(&format!("{} {name}\n", hashing::sha256_hex(bytes)));
    }
    for run in plan.runs.into_iter().flat_map(|index| index.runs.values()) {
        for (name, digest) in &run.digests {
            lines.push_str(&format!("{digest} {}/{name}\n", run.name));
        }
    }
    hashing::sha256_hex(lines.as_bytes())
}
