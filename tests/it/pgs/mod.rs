// SPDX-License-Identifier: Apache-2.0
//! Snapshots, runs and traces.

mod corpus;
mod examined;
mod snapshot;
mod tampered;
mod trace;
mod trace_rules;
mod traced;
