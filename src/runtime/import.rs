// SPDX-License-Identifier: Apache-2.0
//! Imports

use super::{Answer, Runtime, RuntimeError};
use std::path::Path;

fn not_yet() -> Answer {
    Err(RuntimeError::Value("not built yet".to_owned()))
}

/// To be built.
///
/// # Errors
/// Always, yet.
pub fn integrate(_runtime: &Runtime, _report: &Path) -> Answer {
    not_yet()
}

/// To be built.
///
/// # Errors
/// Always, yet.
pub fn provider_import(_runtime: &Runtime, _provider: &str, _report: &Path) -> Answer {
    not_yet()
}
