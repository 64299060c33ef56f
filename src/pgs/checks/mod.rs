// SPDX-License-Identifier: Apache-2.0
//! The judgements on a snapshot, one function a rule, by the name that its table gives in `check`
//! (specification of the PGS runtime, section 9).

mod admission;
mod bindings;
mod capabilities;
mod capability;
pub(in crate::pgs) mod change;
pub mod context;
mod contracts;
mod dataflow;
mod domain;
mod equivalence;
mod expressions;
mod file;
mod flow;
mod governance;
mod graph;
mod hash;
mod outcomes;
mod reference;
mod runtime;
mod sealed;
mod tokens;
mod trust;
mod types;
mod verdict;

use crate::rules::Rule;
use context::{Context, Found, Need};

/// A judgement.
pub type Check = fn(&Context<'_>, &Rule, &mut Found);

/// Every check: its name in rule tables, what it needs, the function.
pub const ALL: &[(&str, Need, Check)] = &[
    ("pgs-file", Need::Nothing, file::file),
    ("pgs-shape", Need::Artifacts, file::shape),
    ("pgs-hash-content", Need::Artifacts, hash::content),
    ("pgs-hash-machine", Need::Artifacts, hash::machine),
    ("pgs-hash-ir", Need::Artifacts, hash::ir),
    ("pgs-handler", Need::Artifacts, hash::handler),
    ("pgs-ref", Need::Artifacts, reference::resolves),
    ("pgs-ref-list", Need::Artifacts, reference::listed),
    ("pgs-wf-start", Need::Artifacts, graph::start),
    ("pgs-wf-target", Need::Artifacts, graph::target),
    ("pgs-wf-cycle", Need::Artifacts, graph::cycle),
    ("pgs-wf-unreachable", Need::Artifacts, graph::unreachable),
    ("pgs-wf-noexit", Need::Artifacts, graph::no_exit),
    ("pgs-wf-exit-out", Need::Artifacts, graph::exit_out),
    ("pgs-wf-exit-reason", Need::Artifacts, graph::exit_reason),
    ("pgs-wf-in-code", Need::Artifacts, graph::in_code),
    ("pgs-wf-unhandled", Need::Artifacts, outcomes::unhandled),
    ("pgs-wf-dead-edge", Need::Artifacts, outcomes::dead_edge),
    ("pgs-wf-default", Need::Artifacts, outcomes::default_edge),
    ("pgs-wf-input", Need::Artifacts, dataflow::unbound),
    ("pgs-bind-order", Need::Artifacts, dataflow::order),
    ("pgs-bind-payload", Need::Artifacts, dataflow::payload),
    ("pgs-bind-type", Need::Artifacts, types::mismatch),
    ("pgs-cc-step", Need::Artifacts, contracts::steps),
    ("pgs-cc-surface", Need::Artifacts, contracts::surface),
    ("pgs-cc-closed", Need::Artifacts, contracts::closed),
    ("pgs-cc-out", Need::Artifacts, contracts::outputs),
    ("pgs-cc-action", Need::Artifacts, contracts::actions),
    ("pgs-expr-root", Need::Artifacts, expressions::roots),
    ("pgs-expr-field", Need::Artifacts, expressions::fields),
    ("pgs-cs-op", Need::Artifacts, capability::operation),
    ("pgs-cs-input", Need::Artifacts, capability::operation_input),
    ("pgs-ct-input", Need::Artifacts, capability::transform_input),
    ("pgs-verdict-ignored", Need::Artifacts, verdict::ignored),
    ("pgs-on-ct-result", Need::Artifacts, verdict::renamed),
    ("pgs-pure", Need::Artifacts, verdict::pure),
    ("pgs-rb-path", Need::Artifacts, runtime::paths),
    ("pgs-rb-secret", Need::Artifacts, runtime::secrets),
    ("pgs-rb-template", Need::Artifacts, runtime::templates),
    ("pgs-rb-cover", Need::Artifacts, bindings::cover),
    ("pgs-rb-store", Need::Artifacts, bindings::store),
    ("pgs-adm", Need::Artifacts, admission::admission),
    ("pgs-ev", Need::Artifacts, admission::emitted),
    ("pgs-gov-parity", Need::Artifacts, governance::parity),
    ("pgs-cap-unbound", Need::Capabilities, capabilities::unbound),
    ("pgs-cap-drift", Need::Capabilities, capabilities::drift),
    ("pgs-conf", Need::Capabilities, capabilities::conformance),
    ("pgs-tok-hash", Need::Tokens, tokens::hash),
    ("pgs-tok-cover", Need::Tokens, tokens::cover),
    ("pgs-tok-equiv", Need::Both, equivalence::equivalent),
    ("pgs-trust-stub", Need::Nothing, trust::stub),
    ("pgs-seal", Need::Seal, sealed::seal),
    ("pgs-changed", Need::Before, change::changed),
];
