// SPDX-License-Identifier: Apache-2.0
//! May this snapshot be run? A seal decides where there is one; the original's gate file is taken
//! at its word only where there is none, and the trace says so.

use super::capability::manifest;
use super::files::{Files, read_bounded};
use super::seal::{Seal, SealError};
use crate::support::pyjson::ordered;
use crate::support::signing::VerifyingKey;
use std::path::{Path, PathBuf};

/// The original's gate file, beside the snapshot.
pub const GATE_FILE: &str = "snapshot_status.json";

/// Largest seal or gate file that is read: 20,000 files of a snapshot fit well.
const MOST: u64 = 16 << 20;

/// What a snapshot stands on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Its bytes are those of its seal.
    Sealed(Box<Seal>),
    /// Only the original's gate file speaks for it.
    GateFile,
    /// Nothing speaks for it.
    Unsealed,
}

impl Standing {
    /// As traces name it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Sealed(_) => "sealed",
            Self::GateFile => "gate-file",
            Self::Unsealed => "unsealed",
        }
    }
}

/// Why a snapshot may not be run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GateError {
    /// A seal or key that was named cannot be read.
    #[error("{path}: {cause}")]
    Input {
        /// The file.
        path: String,
        /// Why.
        cause: String,
    },
    /// The seal is broken.
    #[error("{path}: {cause}")]
    Seal {
        /// The seal.
        path: String,
        /// What is wrong with it.
        cause: SealError,
    },
    /// The snapshot is not what was sealed.
    #[error("the snapshot differs from {path}: {first}{}", more(*.count))]
    Differs {
        /// The seal.
        path: String,
        /// The first difference.
        first: String,
        /// How many there are.
        count: usize,
    },
    /// The key that was named did not sign.
    #[error("{path} carries no signature of {key}")]
    Unsigned {
        /// The seal.
        path: String,
        /// Fingerprint of the key.
        key: String,
    },
    /// It was sealed for other built-in capabilities.
    #[error("{path}: {why}; seal the snapshot again, or run it with the program it was sealed for")]
    Capabilities {
        /// The seal.
        path: String,
        /// Which, and which are here.
        why: String,
    },
    /// Nothing speaks for the snapshot.
    #[error(
        "nothing speaks for the snapshot: seal it (ccr pgs seal {0}), or run it with --allow-unsealed"
    )]
    Nothing(String),
    /// The gate file does not say VALID.
    #[error("{path} says {status:?}, not \"VALID\": build the snapshot again, or seal it")]
    Gate {
        /// The gate file.
        path: String,
        /// What it says.
        status: String,
    },
}

fn more(count: usize) -> String {
    match count {
        0 | 1 => String::new(),
        _ => format!(" (and {} more)", count - 1),
    }
}

/// What to ask.
#[derive(Debug, Clone, Default)]
pub struct Question {
    /// The seal that was named; else the one beside the snapshot counts, when it is there.
    pub seal: Option<PathBuf>,
    /// A key that must have signed it.
    pub key: Option<PathBuf>,
    /// The folder that the gate file stands in.
    pub workspace: PathBuf,
    /// Whether nothing needs to speak for the snapshot.
    pub allow_unsealed: bool,
}

/// Where a snapshot's seal stands when none is named.
pub fn default_seal(snapshot: &Path) -> PathBuf {
    let parent = snapshot
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    parent
        .unwrap_or(Path::new("."))
        .join(super::seal::FILE_NAME)
}

/// Finds what a snapshot stands on.
///
/// # Errors
/// See [`GateError`]: it may not be run.
pub fn standing(files: &Files, question: &Question) -> Result<Standing, GateError> {
    let named = question.seal.clone();
    let beside = default_seal(&files.root);
    let path = named.or_else(|| beside.exists().then_some(beside));
    let Some(path) = path else {
        return without_seal(files, question);
    };
    let name = path.display().to_string();
    let input = |cause: String| GateError::Input {
        path: name.clone(),
        cause,
    };
    let bytes = read_bounded(&path, MOST).map_err(|error| input(error.to_string()))?;
    let seal = Seal::parse(&bytes).map_err(|cause| GateError::Seal {
        path: name.clone(),
        cause,
    })?;
    let differences = seal.differences(files);
    if let Some(first) = differences.first() {
        return Err(GateError::Differs {
            path: name,
            first: first.to_string(),
            count: differences.len(),
        });
    }
    if let Some(key) = &question.key {
        let key = VerifyingKey::read(key).map_err(|error| GateError::Input {
            path: error.path,
            cause: error.cause,
        })?;
        if !seal.is_signed_by(&key) {
            let key = key.id();
            return Err(GateError::Unsigned { path: name, key });
        }
    }
    if let Some(why) = seal.other_capabilities(&manifest::digest()) {
        return Err(GateError::Capabilities { path: name, why });
    }
    Ok(Standing::Sealed(Box::new(seal)))
}

fn without_seal(files: &Files, question: &Question) -> Result<Standing, GateError> {
    let path = question.workspace.join(GATE_FILE);
    let status =
        read_bounded(&path, MOST)
            .ok()
            .map(|bytes| match ordered::parse_lenient(&bytes, 64) {
                Ok(gate) => gate.text("status").unwrap_or("nothing").to_owned(),
                Err(error) => error.to_string(),
            });
    match status {
        Some(status) if status == "VALID" => Ok(Standing::GateFile),
        _ if question.allow_unsealed => Ok(Standing::Unsealed),
        Some(status) => Err(GateError::Gate {
            path: path.display().to_string(),
            status,
        }),
        None => Err(GateError::Nothing(files.root.display().to_string())),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;
    use crate::pgs::limits::Limits;

    fn workspace() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let snapshot = folder.path().join("protocol_snapshot");
        std::fs::create_dir_all(snapshot.join("artifacts/events")).unwrap();
        std::fs::write(snapshot.join("artifacts/events/a.json"), "{}").unwrap();
        (folder, snapshot)
    }

    fn ask(snapshot: &Path, allow_unsealed: bool) -> Result<Standing, GateError> {
        let files = Files::read(snapshot, &Limits::default()).unwrap();
        let workspace = snapshot.parent().unwrap().to_owned();
        let question = Question {
            workspace,
            allow_unsealed,
            ..Question::default()
        };
        standing(&files, &question)
    }

    #[test]
    fn nothing_runs_without_a_word_for_it() {
        let (folder, snapshot) = workspace();
        assert!(matches!(ask(&snapshot, false), Err(GateError::Nothing(_))));
        assert_eq!(ask(&snapshot, true), Ok(Standing::Unsealed));
        let gate = folder.path().join(GATE_FILE);
        std::fs::write(&gate, "{\"status\": \"INVALID\"}").unwrap();
        assert!(matches!(ask(&snapshot, false), Err(GateError::Gate { .. })));
        std::fs::write(&gate, "{\"status\": \"VALID\"}").unwrap();
        assert_eq!(ask(&snapshot, false), Ok(Standing::GateFile));
    }

    #[test]
    fn a_seal_decides_whatever_else_is_allowed() {
        let (folder, snapshot) = workspace();
        std::fs::write(folder.path().join(GATE_FILE), "{\"status\": \"VALID\"}").unwrap();
        let files = Files::read(&snapshot, &Limits::default()).unwrap();
        let seal = Seal::of(&files, "2026-01-01T00:00:00Z").unwrap();
        std::fs::write(default_seal(&snapshot), seal.to_text()).unwrap();
        assert_eq!(ask(&snapshot, false).unwrap().name(), "sealed");
        let mut pinned = seal.clone();
        pinned.capability_manifest_hash = Some(manifest::digest());
        std::fs::write(default_seal(&snapshot), pinned.to_text()).unwrap();
        assert_eq!(ask(&snapshot, false).unwrap().name(), "sealed");
        pinned.capability_manifest_hash = Some("0".repeat(64));
        std::fs::write(default_seal(&snapshot), pinned.to_text()).unwrap();
        let refused = ask(&snapshot, true).unwrap_err();
        assert!(
            matches!(refused, GateError::Capabilities { .. }),
            "{refused}"
        );
        std::fs::write(default_seal(&snapshot), seal.to_text()).unwrap();
        std::fs::write(snapshot.join("artifacts/events/b.json"), "{}").unwrap();
        let refused = ask(&snapshot, true).unwrap_err().to_string();
        assert!(
            refused.contains("b.json: there, but not sealed"),
            "{refused}"
        );
        std::fs::write(default_seal(&snapshot), "{}").unwrap();
        assert!(matches!(ask(&snapshot, true), Err(GateError::Seal { .. })));
    }
}
