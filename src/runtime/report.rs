// SPDX-License-Identifier: Apache-2.0
//! report

use super::{Answer, Runtime, RuntimeError};
use std::path::Path;

fn not_yet() -> Answer {
    Err(RuntimeError::Value("not built yet".to_owned()))
}

/// The report as Markdown.
///
/// # Errors
/// Always, yet.
pub fn markdown(_runtime: &Runtime) -> Result<String, RuntimeError> {
    Err(RuntimeError::Value("not built yet".to_owned()))
}

/// To be built.
///
/// # Errors
/// Always, yet.
pub fn json(_runtime: &Runtime) -> Answer {
    not_yet()
}
