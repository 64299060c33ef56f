// SPDX-License-Identifier: Apache-2.0
//! providers

pub mod pic_path;

use super::{Answer, Runtime, RuntimeError};
use std::path::Path;

fn not_yet() -> Answer {
    Err(RuntimeError::Value("not built yet".to_owned()))
}

/// What is asked of a provider.
#[derive(Debug, Clone)]
pub struct Request {
    /// Provider.
    pub provider: String,
    /// What to do.
    pub action: String,
    /// Payload.
    pub file: Option<std::path::PathBuf>,
    /// Packet id.
    pub packet: Option<String>,
    /// PIC profile.
    pub profile: String,
}

/// To be built.
///
/// # Errors
/// Always, yet.
pub fn list(_runtime: &Runtime) -> Answer {
    not_yet()
}

/// To be built.
///
/// # Errors
/// Always, yet.
pub fn health(_runtime: &Runtime, _provider: &str) -> Answer {
    not_yet()
}

/// To be built.
///
/// # Errors
/// Always, yet.
pub fn plan(_runtime: &Runtime, _request: &Request) -> Answer {
    not_yet()
}

/// To be built.
///
/// # Errors
/// Always, yet.
pub fn execute(_runtime: &Runtime, _request: &Request, _config: &Path, _execute: bool) -> Answer {
    not_yet()
}
