// SPDX-License-Identifier: Apache-2.0
//! phase

use super::{Answer, Runtime, RuntimeError};
use std::path::Path;

fn not_yet() -> Answer {
    Err(RuntimeError::Value("not built yet".to_owned()))
}

/// To be built.
///
/// # Errors
/// Always, yet.
pub fn graph(_runtime: &Runtime) -> Answer {
    not_yet()
}

/// To be built.
///
/// # Errors
/// Always, yet.
pub fn observe(_runtime: &Runtime) -> Answer {
    not_yet()
}

/// To be built.
///
/// # Errors
/// Always, yet.
pub fn threshold(_runtime: &Runtime, _file: &Path, _observation: Option<&Path>) -> Answer {
    not_yet()
}

/// To be built.
///
/// # Errors
/// Always, yet.
pub fn compare(_runtime: &Runtime, _baseline: &Path, _candidate: &Path) -> Answer {
    not_yet()
}

/// To be built.
///
/// # Errors
/// Always, yet.
pub fn form(_runtime: &Runtime, _profile: &str) -> Answer {
    not_yet()
}

/// To be built.
///
/// # Errors
/// Always, yet.
pub fn certify(_runtime: &Runtime, _threshold: Option<&Path>) -> Answer {
    not_yet()
}

/// To be built.
///
/// # Errors
/// Always, yet.
pub fn plan(_runtime: &Runtime, _provider: &str, _profile: &str) -> Answer {
    not_yet()
}
