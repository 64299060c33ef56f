// SPDX-License-Identifier: Apache-2.0
//! Runs compiled patterns over bytes: one prefilter over all keywords decides which pattern runs
//! on which window. Knows nothing of policy or of files.

mod engine;
mod path_context;
pub(crate) mod path_judge;
mod path_words;

pub use engine::{Hit, Matcher, Scratch};
