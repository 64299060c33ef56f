// SPDX-License-Identifier: Apache-2.0
//! Snapshots, runs and traces.

mod conformance;
mod corpus;
mod lending;
mod scenarios;
mod seal;
mod snapshot;
