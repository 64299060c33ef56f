// SPDX-License-Identifier: Apache-2.0
//! Runs compiled patterns over bytes: one prefilter over all keywords decides which pattern runs
//! on which window. Knows nothing of policy or of files.

mod engine;
mod judgement;
mod sentence;
mod statement;

pub use engine::{Hit, Matcher, Scratch};
pub use statement::{StatementMatcher, missing};
