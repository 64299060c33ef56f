// SPDX-License-Identifier: Apache-2.0
//! What is wrong with a trace, as rules name it.

use crate::model::ByteSpan;

/// A line is no event.
pub const UNREADABLE: &str = "pgs-trace-unreadable";
/// An event lacks what its kind must say.
pub const SHAPE: &str = "pgs-trace-shape";
/// A line is not written as its form demands.
pub const LINE_FORM: &str = "pgs-trace-line-form";
/// A digest does not fit.
pub const CHAIN: &str = "pgs-trace-chain-broken";
/// A number is missing, twice, or out of order.
pub const SEQUENCE: &str = "pgs-trace-sequence";
/// Lines of more than one run.
pub const EXECUTIONS: &str = "pgs-trace-several-executions";
/// An event before the one that precedes it.
pub const TIME: &str = "pgs-trace-time-backwards";
/// The end is missing.
pub const INCOMPLETE: &str = "pgs-trace-incomplete";
/// The seal does not fit what it closes.
pub const SEAL: &str = "pgs-trace-seal-differs";
/// No trusted key signed.
pub const SIGNATURE: &str = "pgs-trace-signature-invalid";
/// Nothing binds the trace to anyone.
pub const UNSIGNED: &str = "pgs-trace-unsigned";
/// Nothing holds the lines together.
pub const UNCHAINED: &str = "pgs-trace-unchained";
/// A kind of event that its form does not have.
pub const UNKNOWN_EVENT: &str = "pgs-trace-unknown-event";
/// An event that no run has at that point.
pub const NESTING: &str = "pgs-trace-nesting";
/// An event behind the last.
pub const AFTER_END: &str = "pgs-trace-after-end";
/// No such workflow in the snapshot.
pub const WORKFLOW: &str = "pgs-trace-workflow-unknown";
/// A node that is not the snapshot's.
pub const NODE: &str = "pgs-trace-node-differs";
/// An edge that the snapshot does not have.
pub const EDGE: &str = "pgs-trace-edge-unknown";
/// Steps that are not those of the contract.
pub const STEP: &str = "pgs-trace-step-differs";
/// An end that does not follow from the way.
pub const EXIT: &str = "pgs-trace-exit-differs";
/// Recorded under another snapshot.
pub const SNAPSHOT: &str = "pgs-trace-snapshot-differs";
/// Recorded on a snapshot without a seal.
pub const UNSEALED: &str = "pgs-trace-ground-unsealed";
/// The seal of the snapshot is not the trusted one's.
pub const UNTRUSTED: &str = "pgs-trace-ground-untrusted";
/// Something that is not here computed a part of it.
pub const REPEATABLE: &str = "pgs-trace-not-repeatable";
/// A recorded value does not have the recorded digest.
pub const VALUE: &str = "pgs-trace-value-differs";
/// Not the payload that is said to have been run.
pub const PAYLOAD: &str = "pgs-trace-payload-differs";
/// An effect that the data does not show.
pub const EFFECT: &str = "pgs-trace-effect-missing";
/// Run again, it goes another way.
pub const REPLAY: &str = "pgs-trace-replay-diverged";
/// Values of the run stand in the trace.
pub const VALUES: &str = "pgs-trace-values-recorded";
/// A verdict that nothing read.
pub const VERDICT: &str = "pgs-trace-verdict-ignored";

/// Every rule that a trace is judged by.
pub const ALL: &[&str] = &[
    UNREADABLE,
    SHAPE,
    LINE_FORM,
    CHAIN,
    SEQUENCE,
    EXECUTIONS,
    TIME,
    INCOMPLETE,
    SEAL,
    SIGNATURE,
    UNSIGNED,
    UNCHAINED,
    UNKNOWN_EVENT,
    NESTING,
    AFTER_END,
    WORKFLOW,
    NODE,
    EDGE,
    STEP,
    EXIT,
    SNAPSHOT,
    UNSEALED,
    UNTRUSTED,
    REPEATABLE,
    VALUE,
    PAYLOAD,
    EFFECT,
    REPLAY,
    VALUES,
    VERDICT,
];

/// One break: which rule, where, and what, without any recorded value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Break {
    /// The rule.
    pub rule: &'static str,
    /// The line, from 1.
    pub line: u64,
    /// Its bytes in the file, without the line's end.
    pub span: ByteSpan,
    /// What is wrong.
    pub message: String,
}

/// A text from a trace as a report may show it: names are shown, anything else only measured, so
/// that no recorded value gets out.
pub fn shown(text: &str) -> String {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':' | '.' | '-' | '/');
    if !text.is_empty() && text.len() <= 128 && text.chars().all(is_name) {
        return format!("`{text}`");
    }
    format!("a text of {} characters", text.chars().count())
}
