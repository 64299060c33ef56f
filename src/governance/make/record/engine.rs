// SPDX-License-Identifier: Apache-2.0
//! Who changes the copied workspace: a recorded patch, or a program with a bound of time, no
//! terminal, its own home and next to no environment. A program is not confined beyond that.

use super::{Engine, Recorder, now, withheld};
use crate::governance::make::workspace::State;
use crate::governance::stamp;
use crate::support::process::{self, Cell, Finished, Limits, Surroundings};
use crate::support::pyjson::ordered::Value;
use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::time::Duration;

/// Names of variables that a program sees besides what it is given.
const ENVIRONMENT: &[&str] = &["PATH", "LANG", "LC_ALL", "TZ", "SystemRoot"];
/// Bytes of each output that are kept.
const OUTPUT: usize = 8 << 20;
/// Blocker of a change that came after its approval had expired.
pub(super) const EXPIRED: &str = "x.approval_expired";
/// Exit code of what was stopped at its bound.
pub(super) const TIMED_OUT: i64 = 124;

impl Recorder<'_> {
    /// Applies the recorded patch.
    pub(super) fn replayed(&mut self) -> io::Result<Option<State>> {
        let before = &self.source.state;
        let Engine::Fake { patch } = &self.order.engine else {
            return Ok(None);
        };
        self.draft.backend_exit = Some(0);
        let after = patch
            .as_deref()
            .map_or_else(|| Ok(before.clone()), |patch| before.patched(patch));
        let (log, after) = match after {
            Ok(after) if patch.is_some() => {
                ("fake lane: applied the recorded patch".to_owned(), after)
            }
            Ok(after) => ("fake lane: no patch was given".to_owned(), after),
            Err(why) => {
                self.draft.backend_exit = Some(1);
                self.end("fail", "agent_protocol_failed", &why);
                (format!("fake lane: {why}"), before.clone())
            }
        };
        self.marker("fake.stdout.log", &log);
        after.copy_to(self.workspace)?;
        for gone in before
            .files
            .keys()
            .filter(|name| !after.files.contains_key(*name))
        {
            std::fs::remove_file(self.workspace.join(gone))?;
        }
        Ok(Some(after))
    }

    /// Runs the backend; nothing when it cannot be started.
    pub(super) fn executed(&mut self) -> io::Result<Option<State>> {
        let Engine::Exec { command } = &self.order.engine else {
            return Ok(None);
        };
        let profile = self.order.profile;
        let argv = command
            .iter()
            .map(|one| Value::from(withheld::text(one, profile)));
        let argv = [("argv", Value::from(argv.collect::<Vec<_>>()))];
        let started = profile.evidence.trace.started.clone();
        let Some((program, arguments)) = command.split_first() else {
            self.no_backend("no command was given");
            return Ok(None);
        };
        let seconds = self.bound()?.as_secs();
        let finished = match self.start(Path::new(program), arguments) {
            Ok(finished) => finished,
            Err(error) => {
                self.trace(&started, false, &argv)?;
                let program = withheld::text(program, profile);
                self.no_backend(&format!("`{program}` cannot be started: {error}"));
                return Ok(None);
            }
        };
        self.trace(&started, true, &argv)?;
        let code = if finished.timed_out {
            TIMED_OUT
        } else {
            i64::from(finished.code)
        };
        self.draft.backend_exit = Some(code);
        for (name, output) in [("stdout", finished.stdout), ("stderr", finished.stderr)] {
            let log = if output.bytes.is_empty() {
                format!("nothing was written to {name}\n").into_bytes()
            } else {
                withheld::log(output.bytes, self.workspace)
            };
            self.draft
                .files
                .insert(format!("backend/exec.{name}.log"), log);
        }
        if finished.timed_out {
            let why = format!("the backend passed its bound of {seconds} s");
            let bound = i64::try_from(seconds).unwrap_or(i64::MAX);
            self.trace("backend.timeout", false, &[("bound_s", Value::from(bound))])?;
            self.marker("provider-timeout.txt", &why);
            self.end("blocked", "timeout", &why);
        } else if code != 0 {
            let why = format!("the backend ended with exit code {code}");
            self.marker("provider-agent-protocol.txt", &why);
            self.end("fail", "agent_protocol_failed", &why);
        }
        State::read(self.workspace).map(Some)
    }

    fn no_backend(&mut self, why: &str) {
        self.marker("provider-unavailable.txt", why);
        self.end("blocked", "provider_unavailable", why);
    }

    /// A change that came after the approval had expired is thrown away with the copy.
    pub(super) fn in_time(&mut self, after: State) -> io::Result<State> {
        let at = jiff::Timestamp::from_second(now()?.as_second()).map_err(io::Error::other)?;
        let Some(expiry) = self.expiry().filter(|expiry| *expiry < at) else {
            return Ok(after);
        };
        let expiry = crate::support::clock::rfc3339(expiry);
        let why =
            format!("the approval expired at {expiry}, before the change; it was thrown away");
        self.trace("approval.expired", false, &[])?;
        self.end("fail", EXPIRED, &why);
        Ok(self.source.state.clone())
    }

    fn expiry(&self) -> Option<jiff::Timestamp> {
        stamp::utc(self.order.approval.as_ref()?.text("expiry")?)
    }

    /// The bound of a program: nothing runs longer than it is approved.
    pub(super) fn bound(&self) -> io::Result<Duration> {
        let Some(expiry) = self.expiry() else {
            return Ok(self.order.bound);
        };
        let left = expiry.as_second().saturating_sub(now()?.as_second());
        let left = Duration::from_secs(u64::try_from(left).unwrap_or(0).max(1));
        Ok(self.order.bound.min(left))
    }

    pub(super) fn marker(&mut self, file: &str, why: &str) {
        let name = format!("backend/{file}");
        self.draft
            .files
            .insert(name, format!("{why}\n").into_bytes());
    }

    /// Runs a program in the workspace.
    pub(super) fn start(&self, program: &Path, arguments: &[String]) -> io::Result<Finished> {
        let mut environment: Vec<(String, OsString)> = ENVIRONMENT
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), std::env::var_os(name)?)))
            .collect();
        // A home of its own: nothing of the person's is read or left behind.
        let home = self
            .workspace
            .parent()
            .unwrap_or(self.workspace)
            .as_os_str();
        for name in ["HOME", "TMPDIR"] {
            environment.push((name.to_owned(), home.to_owned()));
        }
        environment.push(("PYTHONDONTWRITEBYTECODE".to_owned(), OsString::from("1")));
        let cell = Cell {
            environment: &environment,
            folder: self.workspace,
            input: b"",
        };
        let limits = Limits {
            time: self.bound()?,
            bytes: OUTPUT,
            surroundings: Surroundings::Bare(&[]),
        };
        process::run_in(program, arguments, cell, limits)
    }
}
