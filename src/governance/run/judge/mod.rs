// SPDX-License-Identifier: Apache-2.0
//! What is wrong with a run, one function a rule of family E. Each is asked with `pass`: whether it
//! is held to be a pass, as the report claims, or as replay tries out, whatever the report says.

pub mod approval;
pub mod artifacts;
pub mod digests;
pub mod events;
pub mod outcome;
pub mod patch;
pub mod report;
pub mod shown;
pub mod stage;

use super::open::{Run, Told};

/// A judgement.
pub type Judge = fn(&Run<'_>, bool) -> Vec<Told>;
