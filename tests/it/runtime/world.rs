// SPDX-License-Identifier: Apache-2.0
//! A root, a folder for programs, and the binary run with nothing else around it.

use crate::harness::cli::Run;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// A folder with a runtime root `root` and programs in `bin`.
pub(super) struct World {
    pub(super) dir: tempfile::TempDir,
}

impl World {
    pub(super) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        for folder in ["bin", "home", "root"] {
            std::fs::create_dir(dir.path().join(folder)).unwrap();
        }
        Self { dir }
    }

    pub(super) fn path(&self, relative: &str) -> PathBuf {
        self.dir.path().join(relative)
    }

    pub(super) fn write(&self, relative: &str, body: &Value) {
        let path = self.path(relative);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, serde_json::to_string_pretty(body).unwrap()).unwrap();
    }

    /// A program `pic` whose script runs after `--version` was answered with `version`.
    #[cfg(unix)]
    pub(super) fn pic(&self, version: &str, script: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.path("bin/pic");
        let text = format!(
            "#!/bin/sh\nif [ \"$1\" = --version ]; then echo '{version}'; exit 0; fi\n{script}\n"
        );
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// A candidate packet, put into the store by hand.
    pub(super) fn packet(&self, id: &str, status: &str) {
        let body = json!({
            "packet_id": id, "status": status, "summary": "a packet",
            "claims": [{"claim_text": "it works"}], "residuals": [],
        });
        self.write(&format!("root/packets/{status}/{id}.json"), &body);
    }

    pub(super) fn stored(&self, relative: &str) -> Value {
        let bytes = std::fs::read(self.path("root").join(relative)).unwrap();
        serde_json::from_slice(&bytes).unwrap()
    }

    pub(super) fn names(&self, relative: &str) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.path("root").join(relative)) else {
            return Vec::new();
        };
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    pub(super) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ccr"));
        command
            .args(["--root", "root", "--json"])
            .args(args)
            .current_dir(self.dir.path())
            .env_clear()
            .env("PATH", self.path("bin"))
            .env("HOME", self.path("home"))
            .stdin(Stdio::null());
        command
    }

    /// Runs in the default mode.
    pub(super) fn ccr(&self, args: &[&str]) -> (Run, Value) {
        finish(&mut self.command(args))
    }

    /// Runs as the reference.
    pub(super) fn compat(&self, args: &[&str]) -> (Run, Value) {
        finish(self.command(args).env("CCR_COMPAT", "1.0"))
    }
}

/// Runs a command to its end; its answer is one JSON document.
pub(super) fn finish(command: &mut Command) -> (Run, Value) {
    let done = command.output().unwrap();
    let run = Run {
        code: done.status.code().unwrap(),
        stdout: String::from_utf8(done.stdout).unwrap(),
        stderr: String::from_utf8(done.stderr).unwrap(),
    };
    let body = crate::harness::cli::json(&run.stdout);
    (run, body)
}
