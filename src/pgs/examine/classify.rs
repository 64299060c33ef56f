// SPDX-License-Identifier: Apache-2.0
//! Why a run ended as it did (specification of the PGS runtime, section 7.1): by the original's
//! rules as they run, and as they were meant.

use super::run::Run;
use crate::pgs::trace::chain::Trace;
use crate::pgs::trace::record::Record;

/// Classes of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The protocol said no.
    BusinessViolation,
    /// The way does not lead on.
    GraphStructure,
    /// A side effect could not be had.
    SideEffectRuntime,
    /// A transform could not be computed.
    TransformStructure,
    /// An expression could not be resolved.
    Expression,
    /// An artifact or payload is not what it should be.
    Schema,
    /// Something named is not bound.
    Binding,
    /// The conditions before the first node do not hold.
    Admission,
}

impl Failure {
    /// As the original names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::BusinessViolation => "BUSINESS_VIOLATION",
            Self::GraphStructure => "GRAPH_STRUCTURE_ERROR",
            Self::SideEffectRuntime => "CS_RUNTIME_ERROR",
            Self::TransformStructure => "CT_STRUCTURE_ERROR",
            Self::Expression => "EXPRESSION_ERROR",
            Self::Schema => "SCHEMA_ERROR",
            Self::Binding => "BINDING_ERROR",
            Self::Admission => "ADMISSION_ERROR",
        }
    }

    /// Whether it is a well-formed refusal.
    pub fn is_business(self) -> bool {
        self == Self::BusinessViolation
    }
}

/// Which rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rules {
    /// As they run: the arm by exit reason waits for a status that is never written.
    AsOriginal,
    /// As they were meant. A key that was looked for and not there is a business outcome.
    AsIntended,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// The class.
    pub failure: Failure,
    /// Where.
    pub node: Option<String>,
    /// The outcome, error code or exit reason that says so.
    pub code: String,
    /// Index of the event that says so.
    pub record: usize,
}

/// The cause; nothing when the run succeeded on its intended way.
pub fn cause(trace: &Trace, run: &Run, rules: Rules) -> Option<Cause> {
    if run.succeeded() {
        return refused_on_the_way(trace, run);
    }
    run.complete?;
    let nack = run.visits.iter().find(|visit| {
        let kind = trace.records[visit.start].text("node_type");
        visit.outcome.as_deref() == Some("NACK") && matches!(kind, "intent" | "transport_ingress")
    });
    if let Some(visit) = nack {
        return Some(Cause {
            failure: Failure::BusinessViolation,
            node: Some(visit.node.clone()),
            code: "NACK".to_owned(),
            record: visit.end.unwrap_or(visit.start),
        });
    }
    if let Some(&at) = run.errors.first() {
        let record = &trace.records[at];
        let node = record.text("node_id");
        return Some(Cause {
            failure: of_error(record),
            node: (!node.is_empty()).then(|| node.to_owned()),
            code: code_of(record).to_owned(),
            record: at,
        });
    }
    let broken = run.visits.iter().find(|visit| {
        let outcome = visit.outcome.as_deref().unwrap_or_default();
        matches!(
            outcome.to_ascii_lowercase().as_str(),
            "failed" | "failure" | "error"
        )
    });
    if let Some(visit) = broken {
        return Some(Cause {
            failure: Failure::TransformStructure,
            node: Some(visit.node.clone()),
            code: visit.outcome.clone().unwrap_or_default(),
            record: visit.end.unwrap_or(visit.start),
        });
    }
    match rules {
        Rules::AsOriginal => None,
        Rules::AsIntended => by_reason(trace, run),
    }
}

/// A run that counts as a success although a contract before the exit said otherwise.
fn refused_on_the_way(trace: &Trace, run: &Run) -> Option<Cause> {
    let pairs = run.visits.windows(2);
    let found = pairs.filter_map(|pair| match pair {
        [visit, next] => Some((visit, next)),
        _ => None,
    });
    for (visit, next) in found {
        let is = |at: usize, kind: &str| trace.records[at].text("node_type") == kind;
        let outcome = visit.outcome.as_deref().unwrap_or_default();
        let said_no = !matches!(outcome, "SUCCESS" | "ACK" | "completed" | "");
        if said_no && is(visit.start, "capability_contract") && is(next.start, "exit") {
            return Some(Cause {
                failure: Failure::BusinessViolation,
                node: Some(visit.node.clone()),
                code: outcome.to_owned(),
                record: visit.end.unwrap_or(visit.start),
            });
        }
    }
    None
}

fn code_of(record: &Record) -> &str {
    match record.text("error_code") {
        "" => record.text("error_type"),
        code => code,
    }
}

fn of_error(record: &Record) -> Failure {
    let code = code_of(record);
    let category = record.text("node_category");
    let has = |word: &str| code.contains(word);
    if has("ADMISSION") || record.text("component") == "admission_check" {
        Failure::Admission
    } else if has("EXPRESSION") {
        Failure::Expression
    } else if matches!(
        code,
        "NODE_NOT_FOUND" | "NO_ENTRY_NODE" | "WF_CYCLE" | "HOP_LIMIT"
    ) {
        Failure::GraphStructure
    } else if has("SCHEMA") || has("MALFORMED") || has("CONTRACT_BREACH") {
        Failure::Schema
    } else if has("NOT_FOUND") || has("BINDING") || record.text("component") == "load" {
        Failure::Binding
    } else if category == "CS" {
        Failure::SideEffectRuntime
    } else {
        Failure::TransformStructure
    }
}

fn by_reason(trace: &Trace, run: &Run) -> Option<Cause> {
    let at = run.complete?;
    let end = &trace.records[at];
    if matches!(end.text("exit_condition"), "TIMEOUT" | "ABORT") {
        return None;
    }
    let code = end.text("exit_reason_code");
    let failure = match code {
        "NO_TRANSITION" | "NO_ENTRY_NODE" | "NODE_NOT_FOUND" | "HOP_LIMIT" => {
            Failure::GraphStructure
        }
        "EXIT_BACKEND_ERROR" => Failure::SideEffectRuntime,
        "ADMISSION_DENIED" => Failure::Admission,
        "EXECUTION_ERROR" => Failure::TransformStructure,
        _ => Failure::BusinessViolation,
    };
    // The contract whose outcome led to the exit.
    let said = run.visits.iter().rev().find(|visit| {
        let kind = trace.records[visit.start].text("node_type");
        kind != "exit"
    });
    Some(Cause {
        failure,
        node: said.map(|visit| visit.node.clone()),
        code: code.to_owned(),
        record: said.and_then(|visit| visit.end).unwrap_or(at),
    })
}
