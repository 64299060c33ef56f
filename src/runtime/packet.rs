// SPDX-License-Identifier: Apache-2.0
//! Packets

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
pub fn show(_runtime: &Runtime, _id: &str) -> Answer {
    not_yet()
}
