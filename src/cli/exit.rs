// SPDX-License-Identifier: Apache-2.0
//! The exit-code table.

use crate::audit::AuditError;
use crate::config::ConfigError;
use crate::rules::RuleError;
use std::process::ExitCode;

/// How a command ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 0: accepted, or done.
    Accepted,
    /// 1: policy failure.
    Refused,
    /// 2: missing input or bad usage.
    Usage,
    /// 3: a fault of ours.
    Internal,
}

impl Exit {
    /// Accepted when this holds, else refused.
    pub(super) fn when(accepted: bool) -> Self {
        if accepted {
            Self::Accepted
        } else {
            Self::Refused
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// A message about what the user typed or named.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct UsageError(pub(super) String);

/// Which code an error ends with.
pub(super) fn of(error: &anyhow::Error) -> Exit {
    if error.is::<UsageError>() || error.is::<ConfigError>() || error.is::<RuleError>() {
        return Exit::Usage;
    }
    match error.downcast_ref::<AuditError>() {
        Some(AuditError::Input { .. } | AuditError::Empty(_)) => Exit::Usage,
        _ => Exit::Internal,
    }
}
