// SPDX-License-Identifier: Apache-2.0
//! Family E, a rule a judgement of [`crate::governance::run::judge`].

use super::{Check, Found};
use crate::governance::run::judge::{
    approval, artifacts, digests, events, outcome, patch, report, stage,
};
use crate::governance::run::{Run, Told, replay};
use crate::rules::Rule;

/// Hands over what was told.
pub(super) fn put(run: &Run<'_>, rule: &Rule, found: &mut Found, told: Vec<Told>) {
    for told in told {
        let path = run.entry(&told.file);
        let draft = match (told.span, run.files.get(&told.file)) {
            (Some(span), Some(content)) => found.say_at(rule, &path, content, span, told.text),
            _ => found.say(rule, &path, told.text),
        };
        draft.severity = told.severity;
    }
}

/// A check that holds a run to what it claims.
macro_rules! judged {
    ($name:literal, $judge:path) => {
        Check::run($name, |run, rule, found| {
            put(run, rule, found, $judge(run, run.claims_pass()));
        })
    };
}

pub(super) const CHECKS: &[Check] = &[
    judged!("cto-evidence-artifact-missing", artifacts::missing),
    judged!("cto-evidence-report-invalid", report::invalid),
    judged!("cto-evidence-report-field-missing", report::missing),
    judged!("cto-evidence-report-field-type", report::types),
    judged!("cto-evidence-run-id-mismatch", report::identity),
    judged!("cto-evidence-path-escape", artifacts::escapes),
    judged!("cto-evidence-digest-missing", digests::missing),
    judged!("cto-evidence-digest-mismatch", digests::mismatch),
    judged!("cto-evidence-digest-unlisted", digests::unlisted),
    judged!("cto-evidence-empty-patch-pass", patch::empty_pass),
    judged!("cto-evidence-patch-files-mismatch", patch::files),
    judged!("cto-evidence-freshness-missing", digests::freshness_missing),
    judged!("cto-evidence-freshness-stale", digests::stale),
    judged!("cto-evidence-event-malformed", events::malformed),
    judged!("cto-evidence-event-missing", events::missing),
    judged!("cto-evidence-event-order", events::order),
    judged!("cto-evidence-terminal-mismatch", events::terminal),
    judged!("cto-evidence-gate-event-incomplete", events::gate),
    judged!("cto-evidence-not-applicable-unreasoned", events::unreasoned),
    judged!("cto-evidence-approval-missing", approval::missing),
    judged!("cto-evidence-approval-incomplete", approval::incomplete),
    judged!("cto-evidence-approval-after-mutation", approval::late),
    judged!(
        "cto-evidence-approval-denied-continued",
        approval::continued
    ),
    judged!("cto-evidence-approval-expired", approval::expired),
    judged!("cto-evidence-approval-self", approval::own),
    judged!("cto-evidence-approval-status-mismatch", approval::status),
    judged!("cto-evidence-blockers-on-pass", outcome::blocked_pass),
    judged!("cto-evidence-blocker-missing", outcome::unexplained),
    judged!("cto-evidence-failure-row-mismatch", outcome::rows),
    judged!("cto-evidence-exit-code-mismatch", outcome::exits),
    judged!("cto-evidence-verification-missing", outcome::unverified),
    judged!("cto-evidence-disallowed-write", patch::disallowed),
    judged!("cto-evidence-forbidden-write", patch::forbidden),
    judged!("cto-evidence-marker-conflict", outcome::markers),
    judged!("cto-evidence-process-before-gate", outcome::ungated),
    judged!("cto-evidence-identity-fallback", outcome::fallback),
    judged!("cto-evidence-target-exposed", stage::exposed),
    judged!("cto-evidence-source-mutated", stage::source),
    judged!("cto-evidence-tree-state", stage::tree),
    judged!("cto-evidence-baseline-missing", stage::baseline),
    judged!("cto-evidence-operator-outcome-missing", stage::outcome),
    judged!("cto-evidence-markdown-divergent", report::markdown),
    judged!("cto-evidence-chain-broken", digests::chain),
    judged!("cto-evidence-replay-divergent", replay::divergent),
];
