// SPDX-License-Identifier: Apache-2.0
//! Capabilities that a program of the operator's implements (specification of the PGS runtime,
//! section 8). A snapshot can only name a capability; which program answers, with which arguments
//! and which environment, stands in a file outside the snapshot, and the program's bytes are pinned
//! there. What was hashed is what is started: a private copy of the opened file.

use super::files::read_bounded;
use super::fqdn::Fqdn;
use crate::record;
use crate::support::hashing;
use crate::support::process::{self, Cell, Finished, Limits, Surroundings};
use crate::support::pyjson::ordered::{self, Value};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The format of requests.
pub const PROTOCOL: &str = "pgs-exec/1";

/// Largest program that is read.
const MOST: u64 = 512 << 20;

/// What answers for one capability.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Program {
    /// The program, from the root of the file system.
    pub path: PathBuf,
    /// SHA-256 of its bytes, 64 lower-case hex digits.
    pub sha256: String,
    /// Its arguments.
    #[serde(default)]
    pub args: Vec<String>,
    /// Milliseconds until it is ended.
    #[serde(default = "default_timeout")]
    pub timeout_ms: u64,
    /// Bytes of its answer.
    #[serde(default = "default_output")]
    pub max_output: usize,
    /// Variables of our environment that it sees.
    #[serde(default)]
    pub env_allow: Vec<String>,
}

fn default_timeout() -> u64 {
    10_000
}

fn default_output() -> usize {
    1 << 20
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    capability: BTreeMap<String, Program>,
}

/// Which programs answer for which capabilities.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bindings {
    programs: BTreeMap<Fqdn, Program>,
    /// SHA-256 of the file; the seal may pin it.
    pub digest: String,
}

/// Why a file binds nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {cause}")]
pub struct BindingError {
    /// The file.
    pub path: String,
    /// What is wrong and what helps.
    pub cause: String,
}

/// What a program answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// The outcome it names.
    pub result_status: String,
    /// The other members of its answer.
    pub outputs: Value,
}

/// Why a program gave no answer; a run takes it for BACKEND_ERROR.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// Its bytes are not those that are pinned.
    #[error("the program's digest is {0}, not the one that is pinned")]
    Digest(String),
    /// It cannot be read or started.
    #[error("the program cannot be started: {0}")]
    Start(String),
    /// It took too long.
    #[error("the program did not end in time")]
    Timeout,
    /// It ended with a code other than 0.
    #[error("the program ended with {0}")]
    Exit(i32),
    /// It wrote too much.
    #[error("the program's answer is too long")]
    TooLong,
    /// What it wrote is no answer.
    #[error("the program's answer is none: {0}")]
    Answer(String),
}

impl Bindings {
    /// Reads a binding file (TOML): tables `[capability."<fqdn>"]`.
    ///
    /// # Errors
    /// It cannot be read, is no such table, names no capability, or a program by a path that
    /// depends on where it is started.
    pub fn read(path: &Path) -> Result<Self, BindingError> {
        let wrong = |cause: String| BindingError {
            path: path.display().to_string(),
            cause,
        };
        let bytes = read_bounded(path, 1 << 20).map_err(|error| wrong(error.to_string()))?;
        let text = std::str::from_utf8(&bytes).map_err(|error| wrong(error.to_string()))?;
        let raw: Raw = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
        let mut programs = BTreeMap::new();
        for (name, program) in raw.capability {
            let fqdn = Fqdn::parse(&name).map_err(|error| wrong(error.to_string()))?;
            let cause = if !program.path.is_absolute() {
                "its path does not begin at the root"
            } else if program.sha256.len() != 64
                || !program
                    .sha256
                    .bytes()
                    .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
            {
                "its sha256 is not 64 lower-case hex digits"
            } else {
                programs.insert(fqdn, program);
                continue;
            };
            return Err(wrong(format!("{name}: {cause}")));
        }
        Ok(Self {
            programs,
            digest: hashing::sha256_hex(&bytes),
        })
    }

    /// What answers for a capability.
    pub fn program(&self, capability: &Fqdn) -> Option<&Program> {
        self.programs.get(capability)
    }
}

impl Program {
    /// Asks the program once: one JSON document in, one out, no shell, nothing of our environment
    /// but what is allowed, an empty folder to run in.
    ///
    /// # Errors
    /// See [`CallError`].
    pub fn call(
        &self,
        capability: &Fqdn,
        op: Option<&str>,
        inputs: &Value,
    ) -> Result<Reply, CallError> {
        let start = |error: std::io::Error| CallError::Start(error.to_string());
        let bytes = read_bounded(&self.path, MOST).map_err(start)?;
        let digest = hashing::sha256_hex(&bytes);
        if digest != self.sha256 {
            return Err(CallError::Digest(digest));
        }
        let scratch = tempfile::tempdir().map_err(start)?;
        let copy = tempfile::tempdir().map_err(start)?;
        let name = self.path.file_name().unwrap_or("program".as_ref());
        let program = copy.path().join(name);
        std::fs::write(&program, &bytes).map_err(start)?;
        make_executable(&program).map_err(start)?;
        let environment: Vec<(String, OsString)> = self
            .env_allow
            .iter()
            .filter_map(|name| Some((name.clone(), std::env::var_os(name)?)))
            .collect();
        let request = record! {
            "protocol" => PROTOCOL,
            "capability" => capability.as_str(),
            "op" => op,
            "inputs" => inputs,
        };
        let request = request.canonical() + "\n";
        let cell = Cell {
            environment: &environment,
            folder: scratch.path(),
            input: request.as_bytes(),
        };
        let limits = Limits {
            time: Duration::from_millis(self.timeout_ms),
            bytes: self.max_output,
            surroundings: Surroundings::Bare(&[]),
        };
        let finished = process::run_in(&program, &self.args, cell, limits).map_err(start)?;
        answer(&finished)
    }
}

fn answer(finished: &Finished) -> Result<Reply, CallError> {
    if finished.timed_out {
        return Err(CallError::Timeout);
    }
    if finished.code != 0 {
        return Err(CallError::Exit(finished.code));
    }
    if finished.stdout.truncated {
        return Err(CallError::TooLong);
    }
    let none = |cause: &str| CallError::Answer(cause.to_owned());
    let mut reply = ordered::parse_strict(&finished.stdout.bytes, 128)
        .map_err(|error| none(&error.to_string()))?;
    let members = reply
        .as_object_mut()
        .ok_or_else(|| none("no JSON object"))?;
    match members.shift_remove("result_status") {
        Some(Value::String(result_status)) => Ok(Reply {
            result_status,
            outputs: reply,
        }),
        _ => Err(none("it has no text `result_status`")),
    }
}

#[cfg(unix)]
fn make_executable(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700))
}

#[cfg(not(unix))]
fn make_executable(_path: &Path) -> std::io::Result<()> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    fn program(folder: &Path, script: &str) -> Program {
        let path = folder.join("program");
        let text = format!("#!/bin/sh\n{script}\n");
        std::fs::write(&path, &text).unwrap();
        Program {
            path,
            sha256: hashing::sha256_hex(text.as_bytes()),
            args: vec!["first argument".to_owned()],
            timeout_ms: 5_000,
            max_output: 4_096,
            env_allow: Vec::new(),
        }
    }

    fn ask(program: &Program) -> Result<Reply, CallError> {
        let name = Fqdn::parse("own::CT_PURE_ECHO_V0").unwrap();
        program.call(&name, None, &record! { "a" => "é" })
    }

    #[test]
    fn one_document_goes_in_and_one_comes_out() {
        let folder = tempfile::tempdir().unwrap();
        let echo = program(
            folder.path(),
            "read -r request\nprintf '{\"result_status\": \"SUCCESS\", \"got\": %s, \"env\": \"%s\", \"arg\": \"%s\"}' \"$request\" \"$HOME\" \"$1\"",
        );
        let reply = ask(&echo).unwrap();
        assert_eq!(reply.result_status, "SUCCESS");
        assert_eq!(
            reply.outputs.at(&["got", "inputs", "a"]).unwrap().as_str(),
            Some("é")
        );
        assert_eq!(reply.outputs.text("env"), Some(""));
        assert_eq!(reply.outputs.text("arg"), Some("first argument"));
    }

    #[test]
    fn whatever_goes_wrong_has_a_name() {
        let folder = tempfile::tempdir().unwrap();
        let case = |script: &str| ask(&program(folder.path(), script)).unwrap_err();
        assert_eq!(case("exit 3"), CallError::Exit(3));
        assert!(matches!(case("echo no json"), CallError::Answer(_)));
        assert!(matches!(
            case("echo '{\"result_status\": 1}'"),
            CallError::Answer(_)
        ));
        assert_eq!(case("head -c 9000 /dev/zero"), CallError::TooLong);
        let mut slow = program(folder.path(), "sleep 30");
        slow.timeout_ms = 200;
        assert_eq!(ask(&slow).unwrap_err(), CallError::Timeout);
        let mut other = program(folder.path(), "exit 0");
        other.sha256 = "0".repeat(64);
        assert!(matches!(ask(&other), Err(CallError::Digest(_))));
    }

    #[test]
    fn a_binding_file_is_read_strictly() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("binding.toml");
        let read = |text: &str| {
            std::fs::write(&path, text).unwrap();
            Bindings::read(&path)
        };
        let pin = "0".repeat(64);
        let table = |name: &str, program: &str| {
            format!("[capability.\"{name}\"]\npath = \"{program}\"\nsha256 = \"{pin}\"\n")
        };
        let good = read(&table("own::CT_PURE_ECHO_V0", "/bin/echo")).unwrap();
        assert!(
            good.program(&Fqdn::parse("own::CT_PURE_ECHO_V0").unwrap())
                .is_some()
        );
        assert!(read(&table("own/../x::CT_A_V0", "/bin/echo")).is_err());
        assert!(read(&table("own::CT_A_V0", "echo")).is_err());
        assert!(read("[capability.\"own::CT_A_V0\"]\npath = \"/bin/echo\"\n").is_err());
        assert!(read(&(table("own::CT_A_V0", "/bin/echo") + "shell = true\n")).is_err());
    }
}
