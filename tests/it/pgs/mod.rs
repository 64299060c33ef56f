// SPDX-License-Identifier: Apache-2.0
//! Snapshots, runs and traces.

mod conformance;
mod corpus;
mod examined;
mod further;
mod lending;
mod resumed;
mod scenarios;
mod seal;
mod snapshot;
mod tampered;
mod trace;
mod trace_rules;
mod traced;
mod validate;
