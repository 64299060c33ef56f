// SPDX-License-Identifier: Apache-2.0
//! The ways to fail that what happened shows, whatever the report says (specification, section 2.7).

use super::outcome::{entries, failed};
use super::{approval, patch};
use crate::governance::profile::Failure;
use crate::governance::run::open::Run;
use crate::support::pyjson::ordered::Value;

/// Rows of the matrix that the run shows.
pub fn shown<'p>(run: &Run<'p>) -> Vec<&'p Failure> {
    let evidence = &run.profile.evidence;
    let role = &evidence.role;
    let happened = |name: &str| run.named(name).next().is_some();
    let mut codes: Vec<&str> = Vec::new();
    for gate in run.named(&role.gated) {
        codes.extend(gate.data("reason").and_then(Value::as_str));
    }
    if happened(&role.denied) {
        codes.push("approval_denied");
    }
    let entries = entries(run);
    let green = !entries.is_empty() && !entries.iter().any(failed);
    if run.get("backend_exit_code").and_then(Value::as_i64) == Some(124) {
        let changed = run.patch.as_ref().is_some_and(|patch| !patch.is_empty());
        codes.push(if changed && green {
            "lifecycle_timeout_after_patch"
        } else {
            "timeout"
        });
    }
    if patch::outside(run).is_some_and(|files| !files.is_empty()) {
        codes.push("disallowed_file_change");
    }
    if !patch::forbidden_files(run, true).is_empty() {
        codes.push("forbidden_path_change");
    }
    if !patch::forbidden_actions(run, true).is_empty() {
        codes.push("forbidden_action_attempted");
    }
    let is_missing = |entry: &Value| entry.get("missing").and_then(Value::as_bool) == Some(true);
    if entries.iter().any(is_missing) {
        codes.push("missing_test_command");
    } else if entries.iter().any(failed) {
        codes.push("verification_failed");
    }
    // Who is stopped at a gate or denied, and changes nothing, need not have been approved.
    let stopped = happened(&role.gated) || happened(&role.denied);
    let needs = !stopped || happened(&role.mutated);
    if needs && !approval::missing(run, true).is_empty() {
        codes.push("missing_required_event");
    }
    codes
        .iter()
        .filter_map(|code| evidence.failure(code))
        .collect()
}
