// SPDX-License-Identifier: Apache-2.0
//! Snapshots, runs and traces.

mod bound;
mod changed;
mod commanded;
mod conformance;
mod corpus;
mod examined;
mod further;
mod lending;
mod lent;
mod replayed;
mod resumed;
mod scenarios;
mod seal;
mod shown;
mod signed;
mod snapshot;
mod tampered;
mod trace;
mod trace_rules;
mod traced;
mod validate;
