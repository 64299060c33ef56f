// SPDX-License-Identifier: Apache-2.0
//! What only several runs show together: whether a candidate's baseline is the one it names, passed,
//! and agrees with it. Kept of each run is what this takes and no more, so that thousands can be
//! judged one after the other.

use super::diff::{self, Side};
use super::index::RunSummary;
use crate::governance::profile::Evidence;
use crate::model::{Draft, EntryPath, Subject};
use crate::rules::Rule;
use std::collections::BTreeMap;

/// The rule under which it is reported.
pub const RULE: &str = "cto-evidence-baseline-missing";

/// What other runs are held against.
#[derive(Debug, Clone)]
pub struct Beside {
    backend: Option<String>,
    claims_pass: bool,
    derived_pass: bool,
    /// SHA-256 of its report.
    report: Option<String>,
    /// The run that it names as its baseline, and the digest of that run's report.
    baseline: Option<(String, Option<String>)>,
    side: Side,
}

impl Beside {
    /// Of a run.
    pub fn of(run: &RunSummary, evidence: &Evidence) -> Self {
        let report = run.report.as_ref();
        let text = |key: &str| report.and_then(|report| report.text(key));
        let baseline = report.and_then(|report| report.get("baseline"));
        let digest = baseline.and_then(|baseline| baseline.text("report_sha256"));
        let digest = digest.map(|digest| digest.trim_start_matches("sha256:").to_owned());
        let named = baseline.and_then(|baseline| baseline.text("run_id"));
        Self {
            backend: text("backend").map(str::to_owned),
            claims_pass: text("status") == Some("pass"),
            derived_pass: run.derived_status.as_deref() == Some("pass"),
            report: run.digests.get("report.json").cloned(),
            baseline: named.map(|named| (named.to_owned(), digest)),
            side: Side::of(run, evidence),
        }
    }
}

/// Holds each candidate that claims to have passed against its baseline, where that is among the
/// runs: the run's name, and what is wrong.
pub fn across(
    runs: &BTreeMap<String, Beside>,
    rule: &Rule,
    evidence: &Evidence,
) -> Vec<(String, Draft)> {
    let mut drafts = Vec::new();
    for (name, run) in runs {
        let candidate = run.backend.as_deref() == Some(evidence.candidate.as_str());
        let baseline = run
            .baseline
            .as_ref()
            .filter(|_| candidate && run.claims_pass);
        let Some((named, digest)) = baseline else {
            continue;
        };
        let Some(other) = runs.get(named) else {
            continue;
        };
        let folder = EntryPath::escape(name.as_bytes());
        let path = EntryPath::root(&format!("{folder}/report.json"));
        let mut say = |text: String| {
            let draft = Draft::new(rule.meta.id.clone(), &path, text);
            let draft = draft.about(Subject::new("report", name.as_str()));
            drafts.push((name.clone(), draft));
        };
        if *digest != other.report {
            say(format!(
                "the report of baseline `{named}` is not the one that was compared"
            ));
        }
        if other.backend.as_deref() != Some(evidence.baseline.as_str()) {
            say(format!("`{named}` is no run of the baseline lane"));
        }
        if !other.derived_pass {
            say(format!("baseline `{named}` did not pass"));
        }
        for fact in diff::facts(&run.side, &other.side) {
            if !fact.matches {
                say(format!(
                    "it differs from baseline `{named}` in {}: {}",
                    fact.name, fact.detail
                ));
            }
        }
    }
    drafts
}
