// SPDX-License-Identifier: Apache-2.0
//! verify

use super::{Answer, Runtime, RuntimeError};
use std::path::Path;

fn not_yet() -> Answer {
    Err(RuntimeError::Value("not built yet".to_owned()))
}

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Provider.
    pub provider: &'a str,
    /// Packet id.
    pub packet: &'a str,
    /// PIC profile.
    pub profile: &'a str,
    /// Really run it.
    pub execute: bool,
    /// Seconds.
    pub timeout: i64,
}

/// To be built.
///
/// # Errors
/// Always, yet.
pub fn run(_runtime: &Runtime, _request: &Request<'_>) -> Answer {
    not_yet()
}
