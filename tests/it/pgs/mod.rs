// SPDX-License-Identifier: Apache-2.0
//! Snapshots, runs and traces.

mod conformance;
mod corpus;
mod further;
mod scenarios;
mod snapshot;
mod validate;
