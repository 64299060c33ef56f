// SPDX-License-Identifier: Apache-2.0
//! Runs compiled patterns over bytes: one prefilter over all keywords decides which pattern runs
//! on which window. Knows nothing of policy or of files.

mod engine;
mod judge;
mod overlap;

pub use engine::{Hit, Matcher, Scratch};
pub use judge::validators;
