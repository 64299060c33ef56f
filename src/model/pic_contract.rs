// SPDX-License-Identifier: Apache-2.0
//! What the reference expects of percolation-inversion-compiler (PIC): its audit reports it, and
//! its provider declares it.

/// The commands.
pub const COMMANDS: [&str; 4] = [
    "pic agent check --compact",
    "pic packet inspect",
    "pic phase plan --compact",
    "pic runtime collective-certify",
];

/// The keys of a PIC report that an import takes up.
pub const FIELDS: [&str; 11] = [
    "accepted",
    "workflow_usable",
    "settled",
    "candidate_only_reasons",
    "settled_blockers",
    "safe_commands",
    "phase_gap_vector",
    "bottlenecks",
    "missing_obligations",
    "residuals",
    "cannot_promote_because",
];
