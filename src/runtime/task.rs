// SPDX-License-Identifier: Apache-2.0
//! Tasks

use super::{Answer, Runtime, RuntimeError};
use std::path::Path;

fn not_yet() -> Answer {
    Err(RuntimeError::Value("not built yet".to_owned()))
}

/// To be built.
///
/// # Errors
/// Always, yet.
pub fn submit(_runtime: &Runtime, _file: &Path) -> Answer {
    not_yet()
}

/// To be built.
///
/// # Errors
/// Always, yet.
pub fn next(_runtime: &Runtime, _role: &str) -> Answer {
    not_yet()
}

/// To be built.
///
/// # Errors
/// Always, yet.
pub fn lease(_runtime: &Runtime, _id: &str, _ttl: &str, _agent: &str) -> Answer {
    not_yet()
}

/// To be built.
///
/// # Errors
/// Always, yet.
pub fn release(_runtime: &Runtime, _id: &str, _reason: &str) -> Answer {
    not_yet()
}
