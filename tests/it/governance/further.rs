// SPDX-License-Identifier: Apache-2.0
//! What is found in mutations of the samples beyond the rules that they name, and why it is true.

/// Mutation (`*`: whichever), rule, reason.
pub(super) type Further = &'static [(&'static str, &'static str, &'static str)];

/// In runs.
pub(super) const RUNS: Further = &[
    (
        "*",
        "cto-evidence-replay-divergent",
        "the report still claims what its evidence no longer bears",
    ),
    (
        "m01",
        "cto-evidence-chain-broken",
        "the seal covers the log that grew",
    ),
    (
        "m02",
        "cto-evidence-chain-broken",
        "the seal covers the report that was edited",
    ),
    (
        "m02",
        "cto-evidence-blockers-on-pass",
        "a pass whose tests_passed is now false",
    ),
    (
        "m03",
        "cto-evidence-digest-mismatch",
        "the manifest holds the trace's former digest",
    ),
    (
        "m04",
        "cto-evidence-digest-mismatch",
        "the manifest holds the events' former digest",
    ),
    (
        "m04",
        "cto-evidence-event-missing",
        "plan.updated is required, and the line was it",
    ),
    (
        "m05",
        "cto-evidence-chain-broken",
        "the seal does not list the late file",
    ),
    (
        "m06",
        "cto-evidence-chain-broken",
        "the seal lists the file that was deleted",
    ),
    (
        "m06",
        "cto-evidence-digest-unlisted",
        "so does the manifest",
    ),
    (
        "m07",
        "cto-evidence-chain-broken",
        "the seal covers the report that was replaced",
    ),
    (
        "m08",
        "cto-evidence-exit-code-mismatch",
        "a failed run whose harness ended with 0",
    ),
    (
        "m08",
        "cto-evidence-markdown-divergent",
        "report.md still says pass",
    ),
    (
        "m09",
        "cto-evidence-blocker-missing",
        "a status that is no pass, and no blocker",
    ),
    (
        "m09",
        "cto-evidence-exit-code-mismatch",
        "a status that is no pass, and exit code 0",
    ),
    (
        "m09",
        "cto-evidence-markdown-divergent",
        "report.md says another status",
    ),
    (
        "m09",
        "cto-evidence-terminal-mismatch",
        "the last event says another status",
    ),
    (
        "m14",
        "cto-evidence-report-field-type",
        "the names that were written are not in order",
    ),
    (
        "m14",
        "cto-stage-scope-mismatch",
        "other.py is outside of what is allowed",
    ),
    (
        "m15",
        "cto-stage-scope-mismatch",
        "titles.py is outside of what is now allowed",
    ),
    (
        "m21",
        "cto-evidence-approval-status-mismatch",
        "the proof names the approval by its former number",
    ),
    (
        "m21",
        "cto-evidence-event-malformed",
        "times no longer rise from line to line",
    ),
    (
        "m23",
        "cto-evidence-event-missing",
        "run.completed is required, and the line was it",
    ),
    (
        "m25",
        "cto-evidence-approval-incomplete",
        "the event's data still names the former actor",
    ),
    (
        "m26",
        "cto-evidence-approval-incomplete",
        "the event's data still names the former actor",
    ),
    (
        "m29",
        "cto-evidence-approval-missing",
        "nothing granted what the mode asks for",
    ),
    (
        "m29",
        "cto-evidence-approval-status-mismatch",
        "a pass whose approval is denied",
    ),
    (
        "m32",
        "cto-evidence-approval-after-mutation",
        "by the new time the change came before the approval",
    ),
    (
        "m33",
        "cto-evidence-failure-row-mismatch",
        "no event of the run carries a timeout",
    ),
    (
        "m33",
        "cto-evidence-markdown-divergent",
        "report.md says that nothing blocked",
    ),
    (
        "m34",
        "cto-evidence-verification-missing",
        "the log of the tests shows another exit code",
    ),
    (
        "m43",
        "cto-evidence-markdown-divergent",
        "report.md still names the blocker",
    ),
    (
        "m44",
        "cto-evidence-markdown-divergent",
        "report.md names another blocker",
    ),
    (
        "m48",
        "cto-evidence-exit-code-mismatch",
        "a process that was started has an exit code",
    ),
    (
        "m48",
        "cto-evidence-failure-row-mismatch",
        "gate_missing stops a run before its process starts",
    ),
    (
        "m48",
        "cto-evidence-identity-fallback",
        "the process was started without an admitted model",
    ),
    (
        "m48",
        "cto-evidence-process-before-gate",
        "the gate was closed, and the process was started",
    ),
];

/// In the planning tree.
pub(super) const TREE: Further = &[
    (
        "m49",
        "cto-notice-local-missing",
        "what was front matter now stands before the notice",
    ),
    (
        "m64",
        "cto-doc-status-ahead-of-items",
        "two documents are validated, and an item of theirs no longer is",
    ),
    (
        "m64",
        "cto-work-evidence-status-conflict",
        "the evidence still says that the item is validated",
    ),
    (
        "m66",
        "cto-doc-status-ahead-of-items",
        "two documents are validated, and an item of theirs is blocked",
    ),
    (
        "m66",
        "cto-work-status-conflict",
        "the issues still say that the item is validated",
    ),
    (
        "m70",
        "cto-work-blocked-by-cycle",
        "under its new number the item waits for itself",
    ),
    (
        "m70",
        "cto-work-orphan",
        "nothing defines the number that was replaced",
    ),
    (
        "m71",
        "cto-work-field-missing",
        "the new heading has no type either",
    ),
    ("m71", "cto-work-status-invalid", "and no status"),
    (
        "m71",
        "cto-work-unregistered",
        "and the board does not know it",
    ),
];
