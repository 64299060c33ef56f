// SPDX-License-Identifier: Apache-2.0
//! The summary for a terminal.

use super::action::count;
use super::model::{Stage, Summary};
use std::fmt::Write as _;

/// Items that are listed; the rest is counted.
const LISTED: usize = 40;

/// Writes it.
pub fn write(summary: &Summary) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "control summary of {}, profile {}: read-only, grants nothing",
        summary.as_of, summary.profile
    );
    let _ = writeln!(out, "next: {}", summary.next_operator_action);
    let _ = writeln!(
        out,
        "approval required {}, granted {}, execution allowed {}: {}",
        summary.approval_required,
        summary.approval_granted,
        summary.execution_allowed,
        summary.reason
    );
    let _ = writeln!(
        out,
        "candidate eligible for discussion {}; runtime default activation {}; Core: {}",
        summary.candidate_default_eligible,
        summary.runtime_default_activation,
        summary.core_promotion_status
    );
    let _ = writeln!(
        out,
        "repeatability {} of {}: {}; target left as found: {}",
        summary.repeatability_count,
        summary.repeatability_required,
        summary.repeatability_status,
        summary.target_read_only_proof_status
    );
    out.push_str("\nstages\n");
    summary.stages.iter().for_each(|one| stage(one, &mut out));
    compared(summary, &mut out);
    out.push_str("\napprovals\n");
    if summary.approvals.is_empty() {
        out.push_str("  none\n");
    }
    for row in &summary.approvals {
        let _ = write!(out, "  {:<10} {}", row.state, row.work_items.join(" "));
        let used: Vec<&str> = row
            .runs
            .iter()
            .filter(|run| run.started)
            .map(|run| run.run_id.as_str())
            .collect();
        if !used.is_empty() {
            let _ = write!(out, ", used by {}", used.join(", "));
        }
        if row.reused {
            out.push_str(", REUSED");
        }
        if row.retroactive {
            out.push_str(", recorded after the run");
        }
        out.push('\n');
    }
    out.push_str("\nruns\n");
    if summary.runs.is_empty() {
        out.push_str("  none\n");
    }
    for run in &summary.runs {
        let _ = write!(
            out,
            "  {:<8} {} claims {}, evidence says {}",
            run.verdict, run.run_id, run.claimed_status, run.derived_status
        );
        if !run.blockers.is_empty() {
            let _ = write!(out, " ({})", run.blockers.join(", "));
        }
        out.push('\n');
    }
    work(summary, &mut out);
    out
}

fn stage(stage: &Stage, out: &mut String) {
    let _ = write!(
        out,
        "  {} {:<10} {}",
        stage.stage, stage.status, stage.title
    );
    if stage.contradicts() {
        let _ = write!(out, " (the ledger says {})", stage.claimed_status);
    }
    if !stage.missing_gates.is_empty() {
        let _ = write!(out, ", missing {}", stage.missing_gates.join(", "));
    }
    if let Some(run) = stage.evidence.iter().find(|run| run.counts) {
        let _ = write!(out, ", proven by {}", run.run_id);
    }
    out.push('\n');
}

fn compared(summary: &Summary, out: &mut String) {
    let candidate = &summary.case_stage6_candidate_default;
    let _ = write!(out, "\ncomparison {}", candidate.status);
    if let Some(path) = &candidate.comparison_path {
        let _ = write!(out, ": {path}");
    }
    out.push('\n');
    if !candidate.compared_lanes.is_empty() {
        let _ = writeln!(
            out,
            "  compared with {}",
            candidate.compared_lanes.join(", ")
        );
    }
    for lane in &summary.blocked_lanes {
        let _ = writeln!(out, "  not with {}: {}", lane.lane, lane.rationale);
    }
    let refresh = &summary.case_stage6_real_governed_refresh;
    let _ = writeln!(out, "  read-only refresh {}", refresh.status);
}

fn work(summary: &Summary, out: &mut String) {
    let work = &summary.work;
    let by_status = work.by_status.iter();
    let told: Vec<String> = by_status
        .map(|(status, number)| format!("{number} {status}"))
        .collect();
    let _ = writeln!(
        out,
        "\n{}: {}",
        count(work.total, "work item"),
        told.join(", ")
    );
    for cycle in &work.cycles {
        let _ = writeln!(out, "  wait for each other: {}", cycle.join(", "));
    }
    for item in work.items.iter().take(LISTED) {
        let _ = write!(out, "  {:<10} {} {}", item.status, item.id, item.title);
        if !item.waits_for.is_empty() {
            let _ = write!(out, " (waits for {})", item.waits_for.join(", "));
        }
        out.push('\n');
    }
    if work.items.len() > LISTED {
        let _ = writeln!(out, "  and {} more", work.items.len() - LISTED);
    }
}
