// SPDX-License-Identifier: Apache-2.0
//! The original examiner's own text, for whoever compares. It quotes messages of the trace as they
//! stand, which our report does not.

use super::classify::{self, Failure, Rules};
use super::run::Run;
use crate::pgs::fqdn::Kind;
use crate::pgs::snapshot::Snapshot;
use crate::pgs::trace::chain::Trace;
use std::fmt::Write as _;

/// What the original prints, and whether it ends with 1.
pub fn text(trace: &Trace, run: &Run, snapshot: Option<&Snapshot>) -> (String, bool) {
    let mut out = String::new();
    let cause = classify::cause(trace, run, Rules::AsOriginal);
    let heavy = "=".repeat(60);
    let light = "-".repeat(60);
    let structural = cause
        .as_ref()
        .is_some_and(|cause| !cause.failure.is_business());
    // Writing to a text cannot fail.
    let _ = match &cause {
        None => writeln!(
            out,
            "[trace-examiner] {} — {} — no structural failures",
            run.workflow, run.id
        ),
        Some(cause) if cause.failure.is_business() => {
            let node = cause.node.as_deref().unwrap_or_default();
            writeln!(
                out,
                "{light}\n[trace-examiner] BUSINESS VIOLATION (not escalated)\n{light}\nTrace ID:      {}\nWorkflow:       {}\nNode:           {node}\nReason:         Business violation at {node}: {}\n{light}",
                run.id, run.workflow, cause.code
            )
        }
        Some(cause) => {
            let message = trace.records[cause.record].text("message");
            let artifact = artifact_of(run, snapshot);
            writeln!(
                out,
                "{heavy}\n[trace-examiner] STRUCTURAL FAILURE DETECTED\n{heavy}\nTrace ID:      {}\nWorkflow:       {}\nFailing Node:   {}\nFailure Class:  {}\nReason:         {message}\nArtifact:       {artifact}\nFix:            {}\n{heavy}",
                run.id,
                run.workflow,
                cause.node.as_deref().unwrap_or_default(),
                cause.failure.name(),
                repair(cause.failure, run, &artifact, message)
            )
        }
    };
    let dispatched: Vec<_> = run
        .visits
        .iter()
        .filter_map(|visit| Some((visit.dispatched.as_deref()?, visit.outcome.as_deref()?)))
        .collect();
    if !dispatched.is_empty() {
        let _ = writeln!(
            out,
            "{light}\n[trace-examiner] SIDE-EFFECT OUTCOMES\n{light}"
        );
        for (contract, outcome) in dispatched {
            let mark = if outcome == "SUCCESS" { "OK" } else { "FAILED" };
            let _ = writeln!(out, "  [{mark}] {contract}: {outcome}");
        }
        let _ = writeln!(out, "{light}");
    }
    (out, structural)
}

/// The file of the workflow: the original knows only its code and looks for the file that ends so.
fn artifact_of(run: &Run, snapshot: Option<&Snapshot>) -> String {
    let Some(snapshot) = snapshot else {
        return "(no snapshot)".to_owned();
    };
    let names = snapshot.names(Kind::Workflow);
    let found = names.iter().find(|name| name.code() == run.workflow);
    found.map_or_else(
        || "(not in the snapshot)".to_owned(),
        |name| {
            format!(
                "{}/{}",
                snapshot.files.root.display(),
                snapshot.path_of(name)
            )
        },
    )
}

/// Its advice for refused admissions, which is recorded; for the rest, which is not, one line.
fn repair(failure: Failure, run: &Run, artifact: &str, message: &str) -> String {
    let workflow = &run.workflow;
    if failure != Failure::Admission {
        return format!("See {artifact}. Detail: {message}");
    }
    let quoted: Vec<&str> = message.split('\'').collect();
    if let ["Admission binding for ", event, _, field, _] = quoted[..] {
        return format!(
            "Admission gate for {workflow} requires '{field}' in payload — see {artifact}. Binding: {event} → payload.{field}. Ensure the caller forwards '{field}' from the upstream workflow that produced it (e.g. via output of the registration step)."
        );
    }
    let which = if message.contains("forbids") {
        "admission.forbids"
    } else {
        "admission.requires"
    };
    format!(
        "Admission denied for {workflow} — see {artifact}. Check {which} conditions are satisfied before invoking this workflow. Detail: {message}"
    )
}
