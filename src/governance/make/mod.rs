// SPDX-License-Identifier: Apache-2.0
//! What makes the artifacts that the audits read: seals, recorded runs, the failure matrix.

pub mod directory;
pub mod draft;
pub mod matrix;
pub mod record;
pub mod seal;
pub mod workspace;
