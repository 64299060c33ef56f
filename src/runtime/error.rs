// SPDX-License-Identifier: Apache-2.0
//! What a command answers with when it does not do what was asked (CCR specification, section 10).

use crate::object;
use crate::support::pyjson::Value;
use std::io;
use std::path::Path;

/// How a command ends; the numbers are the exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// 0
    Done = 0,
    /// 1: a policy, a validation or a provider said no.
    Refused = 1,
    /// 2: something named does not exist.
    Missing = 2,
    /// 3: a fault of ours.
    Internal = 3,
}

/// A command that did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    /// A refusal with a document of its own.
    #[error("{}", refusal_text(body))]
    Refusal {
        /// The document, `ok: false` in it.
        body: Box<Value>,
        /// How the command ends.
        outcome: Outcome,
    },
    /// A file or an object that is not there.
    #[error("missing file or object: {0}")]
    Missing(String),
    /// An object that is there already.
    #[error("object already exists: {0}")]
    Exists(String),
    /// A value that cannot be used: bad JSON, a bad duration, an unknown status.
    #[error("{0}")]
    Value(String),
    /// The disk, the database or the network failed.
    #[error("{message}")]
    Fault {
        /// What failed, with the path.
        message: String,
        /// The reference's name for this class of failure.
        class: &'static str,
    },
}

fn refusal_text(body: &Value) -> &str {
    body.text("error").unwrap_or("the command was refused")
}

/// Whether nothing stands at a path: a file where a folder is expected has nothing below it, and a
/// circle of links leads nowhere.
pub(super) fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::InvalidFilename
    ) || error.raw_os_error() == Some(LOOP)
}

/// `ELOOP`, for which the standard library has no stable name.
const LOOP: i32 = 40;

impl RuntimeError {
    /// A refusal with its document.
    pub fn refusal(body: Value, outcome: Outcome) -> Self {
        Self::Refusal {
            body: Box::new(body),
            outcome,
        }
    }

    /// An error of the disk at a path, told apart as the reference tells it.
    pub fn io(path: &Path, error: &io::Error) -> Self {
        let shown = path.display();
        match error.kind() {
            io::ErrorKind::NotFound => Self::Missing(shown.to_string()),
            io::ErrorKind::AlreadyExists => Self::Exists(shown.to_string()),
            kind => Self::Fault {
                message: format!("{shown}: {error}"),
                class: match kind {
                    io::ErrorKind::IsADirectory => "IsADirectoryError",
                    io::ErrorKind::NotADirectory => "NotADirectoryError",
                    io::ErrorKind::PermissionDenied => "PermissionError",
                    _ => "OSError",
                },
            },
        }
    }

    /// The document that standard output gets.
    pub fn body(&self) -> Value {
        match self {
            Self::Refusal { body, .. } => Value::clone(body),
            Self::Fault { class, .. } => {
                object! { "error" => self.to_string(), "ok" => false, "type" => *class }
            }
            other => object! { "error" => other.to_string(), "ok" => false },
        }
    }

    /// How the command ends.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Refusal { outcome, .. } => *outcome,
            Self::Missing(_) => Outcome::Missing,
            Self::Exists(_) | Self::Value(_) => Outcome::Refused,
            // What stands where is the caller's to mend; only a failing disk is nobody's.
            Self::Fault {
                class: "IsADirectoryError" | "NotADirectoryError" | "PermissionError" | "KeyError",
                ..
            } => Outcome::Refused,
            Self::Fault { .. } => Outcome::Internal,
        }
    }
}
