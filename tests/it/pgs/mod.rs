// SPDX-License-Identifier: Apache-2.0
//! Snapshots, runs and traces.

mod corpus;
mod further;
mod snapshot;
mod validate;
