// SPDX-License-Identifier: Apache-2.0
//! Promotion

use super::{Answer, Runtime, RuntimeError};
use std::path::Path;

fn not_yet() -> Answer {
    Err(RuntimeError::Value("not built yet".to_owned()))
}

/// To be built.
///
/// # Errors
/// Always, yet.
pub fn run(_runtime: &Runtime, _id: &str, _target: &str) -> Answer {
    not_yet()
}
