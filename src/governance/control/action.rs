// SPDX-License-Identifier: Apache-2.0
//! What a person does next. Words only: nothing here can be executed.

use super::model::Summary;

/// What may be done with a summary.
pub(super) const ALLOWED: [&str; 4] = [
    "read_cited_evidence",
    "supply_missing_gates",
    "prepare_approval_packet",
    "record_operator_decision",
];

/// What a summary never opens, beside the actions that a run may not take.
pub(super) const BLOCKED: [&str; 5] = [
    "start_run_from_summary",
    "reuse_consumed_approval",
    "skip_stage",
    "activate_runtime_default",
    "promote_to_core",
];

/// Why the endpoint stays closed.
pub(super) fn reason(summary: &Summary) -> String {
    let state = match summary.approval_packet.status.as_str() {
        "none" => "no approval packet is there",
        "prepared" => "the packet is prepared and nobody asked for approval yet",
        "requested" => "approval is requested and not given",
        "granted" => "an approval is recorded; only its record carries it, for one run",
        "consumed" => "the approval was used by a run and covers no other",
        "denied" => "the approval was denied or has expired",
        _ => "the documents of the approval do not agree",
    };
    format!("A summary grants nothing: {state}.")
}

/// The first thing that keeps the work from going on.
pub(super) fn next(summary: &Summary) -> String {
    let refused: Vec<&str> = summary
        .runs
        .iter()
        .filter(|run| run.verdict == "refused")
        .map(|run| run.run_id.as_str())
        .collect();
    if let Some(first) = refused.first() {
        return format!(
            "Look into {} whose evidence does not hold, first {first}.",
            count(refused.len(), "run")
        );
    }
    if let Some(row) = summary.approvals.iter().find(|row| row.reused) {
        let works = row.work_items.join(", ");
        return format!(
            "Decide on the approval of {works}: more runs were started than it covers."
        );
    }
    for (state, text) in [
        ("requested", "Grant or deny the approval of"),
        ("granted", "Make the one approved run of"),
        ("prepared", "Request the approval of"),
    ] {
        if let Some(row) = summary.approvals.iter().find(|row| row.state == state) {
            return format!("{text} {}.", row.work_items.join(", "));
        }
    }
    let open = summary
        .stages
        .iter()
        .find(|stage| stage.status != "validated");
    if let Some(stage) = open {
        let name = format!("stage {} ({})", stage.stage, stage.title);
        return if stage.missing_gates.is_empty() {
            format!("Record the decision on {name}: every gate is proven.")
        } else {
            format!(
                "Supply the missing gates of {name}: {}.",
                stage.missing_gates.join(", ")
            )
        };
    }
    if !summary.candidate_default_repeatability_eligible {
        return format!(
            "Repeat the governed pass: {} of {} are there.",
            summary.repeatability_count, summary.repeatability_required
        );
    }
    "Take the evidence to the separate Core route; nothing here activates a default.".to_owned()
}

/// `1 run`, `2 runs`.
pub(super) fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
