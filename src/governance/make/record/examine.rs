// SPDX-License-Identifier: Apache-2.0
//! What was changed, whether it was allowed, and whether it verifies.

use super::engine::{EXPIRED, TIMED_OUT};
use super::{Recorder, withheld};
use crate::governance::make::seal;
use crate::governance::make::workspace::State;
use crate::governance::paths::covered;
use crate::record;
use crate::support::names::quoted;
use crate::support::process::Finished;
use crate::support::pyjson::ordered::Value;
use std::io;
use std::path::Path;

impl Recorder<'_> {
    /// Holds the workspace against what it was.
    pub(super) fn compared(&mut self, before: &State, after: &State) -> io::Result<()> {
        let changed = before.changed(after);
        let names = Value::from(changed.iter().map(Value::from).collect::<Vec<_>>());
        self.draft.patch = before.diff(after);
        let mut carried = None;
        if changed.is_empty() {
            let why = match self.draft.blockers.last() {
                Some((_, why)) => why.clone(),
                None => {
                    let why = "a change is required and there is none";
                    self.end("fail", "no_diff", why);
                    carried = Some("no_diff");
                    why.to_owned()
                }
            };
            self.draft.leave_out(&["patch", "diff"], &why);
        } else {
            let backend = self.draft.backend.clone();
            let data = record! { "files" => names.clone() };
            self.event("patch.applied", &backend, data)?;
        }
        let contract = &self.order.contract;
        let listed = |key: &str| -> Vec<&str> {
            let items = contract.items(key).iter();
            items.filter_map(Value::as_str).collect()
        };
        let (allowed, forbidden) = (listed("allowed_paths"), listed("forbidden_paths"));
        let outside: Vec<&String> = changed
            .iter()
            .filter(|name| !covered(&allowed, name))
            .collect();
        let under: Vec<&String> = changed
            .iter()
            .filter(|name| covered(&forbidden, name))
            .collect();
        let (within, clean) = (outside.is_empty(), under.is_empty());
        let (outside, under) = (quoted(&outside).join(", "), quoted(&under).join(", "));
        if !within {
            let why = format!("outside the allowed paths: {outside}");
            self.end("fail", "disallowed_file_change", &why);
            carried = Some("disallowed_file_change");
        }
        if !clean {
            let why = format!("under a forbidden path: {under}");
            self.end("fail", "forbidden_path_change", &why);
        }
        let mut data = record! { "allowed_writes_passed" => within, "changed_files" => names };
        if let Some(code) = carried {
            seal::report_set(&mut data, "blocker", Value::from(code));
        }
        self.draft.changed_files = changed;
        self.event("git.diff.checked", "harness", data)?;
        self.draft.further.extend([
            ("allowed_writes_passed", Value::from(within)),
            ("forbidden_paths_passed", Value::from(clean)),
        ]);
        Ok(())
    }

    /// Runs the contract's verification, once the backend came to a good end.
    pub(super) fn verified(&mut self, after: &State) -> io::Result<()> {
        let late = self.draft.blockers.iter().any(|(code, _)| code == EXPIRED);
        if late || self.draft.backend_exit != Some(0) {
            let why = match self.draft.blockers.first() {
                Some((_, why)) => why.clone(),
                None => "the backend did not end well".to_owned(),
            };
            self.draft.unverified(&why);
            return Ok(());
        }
        let contract = &self.order.contract;
        let commands = contract.items("verification_commands").iter();
        let commands: Vec<String> = commands
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect();
        if commands.is_empty() {
            return self.nothing_to_verify("", "the contract names no verification command");
        }
        if !self.order.may_execute {
            let why = "execution is not allowed: it takes --allow-exec, and `exec = true` under [evidence] in ccr.toml";
            return self.nothing_to_verify(&commands[0], why);
        }
        let mut all = true;
        for command in &commands {
            all &= self.one(command)?;
        }
        self.draft.further.push(("tests_passed", Value::from(all)));
        let left = after.changed(&State::read(self.workspace)?);
        self.ending_clean = Some(left.is_empty());
        let paths = left.iter().map(Value::from).collect::<Vec<_>>();
        self.trace(
            &self.order.profile.evidence.trace.end_check,
            left.is_empty(),
            &[("dirty_paths", Value::from(paths))],
        )?;
        if !left.is_empty() {
            let names = quoted(&left).join(", ");
            let why = format!("the verification changed {names}");
            self.end("fail", "dirty_ending_tree", &why);
        }
        Ok(())
    }

    fn nothing_to_verify(&mut self, command: &str, why: &str) -> io::Result<()> {
        let command = withheld::text(command, self.order.profile);
        let entry = record! { "command" => &command, "exit_code" => Value::Null, "passed" => false, "missing" => true };
        self.draft.verification.push(entry.clone());
        let named = if command.is_empty() {
            String::new()
        } else {
            format!("$ {command}\n")
        };
        self.draft.test_log = format!("{named}No verification was run: {why}.\n").into_bytes();
        let mut data = entry;
        seal::report_set(&mut data, "blocker", Value::from("missing_test_command"));
        self.event("verification.completed", "harness", data)?;
        self.end("blocked", "missing_test_command", why);
        Ok(())
    }

    /// One command; whether it passed.
    fn one(&mut self, command: &str) -> io::Result<bool> {
        let (shell, flag) = if cfg!(windows) {
            ("cmd", "/C")
        } else {
            ("sh", "-c")
        };
        let bound = self.bound()?.as_secs();
        let run = self.start(Path::new(shell), &[flag.to_owned(), command.to_owned()]);
        let (exit, said, late) = match run {
            Ok(finished) => told(finished),
            Err(error) => (127, error.to_string().into_bytes(), false),
        };
        let command = withheld::text(command, self.order.profile);
        let said = withheld::log(said, self.workspace);
        let log = &mut self.draft.test_log;
        log.extend_from_slice(format!("$ {command}\n").as_bytes());
        log.extend_from_slice(&said);
        if !log.ends_with(b"\n") {
            log.push(b'\n');
        }
        log.extend_from_slice(format!("exit code: {exit}\n").as_bytes());
        let passed = exit == 0;
        let mut entry = record! { "command" => &command, "exit_code" => exit, "passed" => passed };
        let mut data = entry.clone();
        seal::report_set(&mut entry, "log", Value::from("test.log"));
        self.draft.verification.push(entry);
        if !passed && !late {
            seal::report_set(&mut data, "blocker", Value::from("verification_failed"));
        }
        self.event("verification.completed", "harness", data)?;
        if late {
            let why = format!("a verification passed its bound of {bound} s");
            let bound = i64::try_from(bound).unwrap_or(i64::MAX);
            self.trace(
                "verification.timeout",
                false,
                &[("bound_s", Value::from(bound))],
            )?;
            self.end("blocked", "timeout", &why);
        } else if !passed {
            let why = format!("a verification command ended with exit code {exit}");
            self.end("fail", "verification_failed", &why);
        }
        Ok(passed)
    }
}

/// Exit code, output, and whether the bound ended it.
fn told(finished: Finished) -> (i64, Vec<u8>, bool) {
    let mut said = Vec::new();
    for output in [&finished.stdout, &finished.stderr] {
        said.extend_from_slice(&output.bytes);
        if output.truncated {
            said.extend_from_slice(b"\n[further output was not kept]\n");
        }
    }
    let code = if finished.timed_out {
        TIMED_OUT
    } else {
        i64::from(finished.code)
    };
    (code, said, finished.timed_out)
}
