// SPDX-License-Identifier: Apache-2.0
//! The PIC command line program: whether it is there, what it would be asked, and asking it.
//!
//! It is a separate program that may be absent. A plan runs nothing; only `--execute` does, and
//! in the default mode the program must first say that it is the one we mean.

use super::pic_identity::{Identity, MINIMUM_VERSION, identify, json_object, older};
use crate::object;
use crate::runtime::store::{Store, Stored};
use crate::runtime::{Policy, RuntimeError};
use crate::support::hashing::sha256_hex;
use crate::support::process::{self, Captured, Finished, Limits, Surroundings};
use crate::support::pyjson::{Value, display, repr};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Profiles that PIC knows.
pub const PROFILES: [&str; 6] = [
    "development",
    "research",
    "controlled",
    "federated",
    "production",
    "adversarial",
];

/// How much of each output is kept in the default mode.
const OUTPUT_LIMIT: usize = 1024 * 1024;

const OFFLINE: &str = "--no-allow-live-connectors";

/// A longer text does not fit into one argument on every system.
const ARGUMENT_LIMIT: usize = 100_000;

/// Whether PIC can be used: `{available, executable, module_available, provider}`. Nothing is run.
/// A Python module cannot be imported from here, so it is never said to be there.
pub fn availability() -> Value {
    let program = executable();
    object! {
        "available" => program.is_some(),
        "executable" => program.map(|path| path.display().to_string()),
        "module_available" => false,
        "provider" => "pic",
    }
}

/// The program as `PATH` finds it.
pub fn executable() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .flat_map(|folder| NAMES.iter().map(move |name| folder.join(name)))
        .find(|candidate| is_program(candidate))
}

#[cfg(not(windows))]
const NAMES: [&str; 1] = ["pic"];
/// Not `.cmd` or `.bat`: what they do with an argument is a shell's business.
#[cfg(windows)]
const NAMES: [&str; 1] = ["pic.exe"];

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata()
        .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}

/// The command line of a phase plan, for people to run.
pub fn phase_plan_argv(profile: &str) -> Value {
    let argv = ["pic", "phase", "plan", "--compact", "--profile", profile];
    Value::from(&argv[..])
}

/// Refuses a profile that PIC does not know.
///
/// # Errors
/// Any other than the six.
pub(in crate::runtime) fn known_profile(profile: &str) -> Result<(), RuntimeError> {
    if PROFILES.contains(&profile) {
        return Ok(());
    }
    Err(RuntimeError::Value(format!(
        "unknown PIC profile: {profile}"
    )))
}

/// What PIC is told of a packet.
fn text_of(packet: &Value) -> String {
    let shown = |key: &str| packet.get(key).map_or_else(|| "None".to_owned(), display);
    let claims: Vec<String> = packet
        .items("claims")
        .iter()
        .filter(|claim| claim.as_object().is_some())
        .map(|claim| claim.get("claim_text").map(display).unwrap_or_default())
        .collect();
    let residuals = match packet.get("residuals") {
        Some(Value::Array(items)) => items.len(),
        Some(Value::Object(members)) => members.len(),
        Some(Value::String(text)) => text.chars().count(),
        _ => 0,
    };
    format!(
        "Packet {}: {}. Claims: {}. Residuals declared: {residuals}. CCR preserves residuals and \
         does not treat accepted=true as settled.",
        shown("packet_id"),
        shown("summary"),
        claims.join("; ")
    )
}

/// A packet that PIC is to judge.
#[derive(Debug)]
pub(in crate::runtime) struct Subject {
    id: Value,
    path: String,
    text: String,
    profile: String,
}

impl Subject {
    /// The packet as it is stored.
    pub(in crate::runtime) fn new(store: &Store, packet: &Stored, profile: &str) -> Self {
        Self {
            id: packet.body.get("packet_id").cloned().unwrap_or_default(),
            path: store.path(&packet.path).display().to_string(),
            text: text_of(&packet.body),
            profile: profile.to_owned(),
        }
    }

    /// Where the packet stands, absolute.
    pub(in crate::runtime) fn path(&self) -> &str {
        &self.path
    }

    /// In the default mode PIC is told to stay off the network: its own default is to use it.
    fn arguments(&self, policy: Policy) -> Vec<String> {
        let fixed = ["agent", "check", "--compact", "--text"];
        let mut arguments: Vec<String> = fixed.iter().map(|part| (*part).to_owned()).collect();
        arguments.extend([
            self.text.clone(),
            "--profile".to_owned(),
            self.profile.clone(),
        ]);
        if policy.strict() {
            arguments.push(OFFLINE.to_owned());
        }
        arguments
    }

    /// What would be run.
    pub(in crate::runtime) fn plan(&self, policy: Policy) -> Value {
        let mut argv = vec!["pic".to_owned()];
        argv.extend(self.arguments(policy));
        object! {
            "dry_run" => true,
            "expected_import_location" => "reports/pic/",
            "packet_id" => &self.id,
            "packet_path" => self.path.as_str(),
            "provider" => "pic",
            "recommended_alternate_argv" =>
                &["pic", "packet", "inspect", "--packet", self.path.as_str()][..],
            "verification_argv" => argv,
        }
    }

    /// Runs the check; the report says how it went.
    ///
    /// # Errors
    /// Compatibility mode alone: what the reference stores nothing of (a deadline that passed, an
    /// output that is not UTF-8, a program that cannot be started).
    pub(in crate::runtime) fn execute(
        &self,
        policy: Policy,
        seconds: i64,
        now: &str,
    ) -> Result<Value, RuntimeError> {
        let Some(program) = executable() else {
            return Ok(object! {
                "availability" => availability(),
                "error" => "PIC executable 'pic' is unavailable; install PIC or run dry-run planning.",
                "ok" => false,
                "provider" => "pic",
            });
        };
        if policy.compat() {
            self.execute_as_reference(&program, seconds, now)
        } else {
            Ok(self.execute_guarded(&program, seconds, now))
        }
    }

    fn report(&self, argv: &[String], now: &str) -> Value {
        object! {
            "argv" => argv,
            "created_at" => now,
            "ok" => false,
            "packet_id" => &self.id,
            "packet_path" => self.path.as_str(),
            "profile" => self.profile.as_str(),
            "provider" => "pic",
        }
    }

    fn execute_as_reference(
        &self,
        program: &Path,
        seconds: i64,
        now: &str,
    ) -> Result<Value, RuntimeError> {
        let shown = program.display().to_string();
        let arguments = self.arguments(Policy::COMPAT);
        let mut argv = vec![shown.clone()];
        argv.extend(arguments.iter().cloned());
        let limits = Limits {
            time: duration(seconds),
            bytes: usize::MAX,
            surroundings: Surroundings::Inherited,
        };
        let done =
            process::run(program, &arguments, limits).map_err(|error| match error.kind() {
                // A script whose interpreter is not there.
                std::io::ErrorKind::NotFound => RuntimeError::Missing(shown.clone()),
                _ => RuntimeError::Value(format!("{error}: '{shown}'")),
            })?;
        if done.timed_out {
            let argv = repr(&Value::from(argv));
            return Err(RuntimeError::Value(format!(
                "Command '{argv}' timed out after {seconds} seconds"
            )));
        }
        let stdout = python_text(&done.stdout)?;
        let stderr = python_text(&done.stderr)?;
        let mut report = self.report(&argv, now);
        report.set("ok", done.code == 0);
        report.set("returncode", done.code);
        report.set("stderr", stderr);
        report.set("stdout_json", json_object(&stdout));
        report.set("stdout", stdout);
        Ok(report)
    }

    fn execute_guarded(&self, program: &Path, seconds: i64, now: &str) -> Value {
        let mut arguments = self.arguments(Policy::STRICT);
        let mut argv = vec![program.display().to_string()];
        argv.extend(arguments.iter().cloned());
        let mut report = self.report(&argv, now);
        report.set("text_sha256", sha256_hex(self.text.as_bytes()));
        let fail = |mut report: Value, reason: &str, error: String| {
            report.set("error", error);
            report.set("reason", reason);
            report
        };
        if seconds < 1 {
            let error = format!("the timeout must be at least one second, not {seconds}");
            return fail(report, "timeout_invalid", error);
        }
        let identity = match identify(program, duration(seconds).min(Duration::from_secs(10))) {
            Identity::Pic(version) if older(&version) => {
                report.set("pic_version", version.as_str());
                let error =
                    format!("pic {version} is too old; agent check needs {MINIMUM_VERSION}");
                return fail(report, "pic_too_old", error);
            }
            Identity::Pic(version) => {
                report.set("pic_version", version);
                "pic"
            }
            Identity::Unknown => "unknown",
            Identity::Other(said) => {
                report.set("identity", "other");
                let error = format!(
                    "{} is not the PIC we mean; to --version it says: {said}",
                    program.display()
                );
                return fail(report, "not_pic", error);
            }
        };
        report.set("identity", identity);
        // The file goes when this is dropped, after the run.
        let mut _file = None;
        if self.text.len() > ARGUMENT_LIMIT {
            match text_file(&self.text) {
                Ok(file) => {
                    arguments[3] = "--text-file".to_owned();
                    arguments[4] = file.path().display().to_string();
                    report.set("text_file", true);
                    _file = Some(file);
                }
                Err(error) => return fail(report, "not_started", error.to_string()),
            }
        }
        let limits = Limits {
            time: duration(seconds),
            bytes: OUTPUT_LIMIT,
            surroundings: Surroundings::Bare(&[]),
        };
        let done = match process::run(program, &arguments, limits) {
            Ok(done) => done,
            Err(error) => {
                let error = format!("{}: {error}", program.display());
                return fail(report, "not_started", error);
            }
        };
        report.set("returncode", done.code);
        report.set("stdout_sha256", sha256_hex(&done.stdout.bytes));
        report.set("truncated", done.stdout.truncated || done.stderr.truncated);
        report.set(
            "stdout",
            String::from_utf8_lossy(&done.stdout.bytes).as_ref(),
        );
        report.set(
            "stderr",
            String::from_utf8_lossy(&done.stderr.bytes).as_ref(),
        );
        let stdout = std::str::from_utf8(&done.stdout.bytes);
        let object = stdout.ok().map(json_object).unwrap_or_default();
        let judged = judge(&done, stdout.is_ok(), &object, seconds);
        // What holds NaN cannot be stored as JSON; it stays in the text.
        let object = Some(object).filter(|object| !object.has_non_finite());
        report.set("stdout_json", object);
        match judged {
            None => {
                report.set("ok", true);
                report
            }
            Some((reason, error)) => fail(report, reason, error),
        }
    }
}

/// Why a run is no report, if it is none.
fn judge(
    done: &Finished,
    utf8: bool,
    object: &Value,
    seconds: i64,
) -> Option<(&'static str, String)> {
    if done.timed_out {
        return Some((
            "timeout",
            format!("pic did not end within {seconds} seconds"),
        ));
    }
    if done.code != 0 {
        return Some((
            "exit_code",
            format!("pic ended with exit code {}", done.code),
        ));
    }
    if done.stdout.truncated {
        let error = format!("pic wrote more than {OUTPUT_LIMIT} bytes");
        return Some(("stdout_truncated", error));
    }
    if !utf8 {
        return Some((
            "stdout_not_utf8",
            "pic wrote bytes that are not UTF-8".to_owned(),
        ));
    }
    if object.is_null() {
        let error = "pic wrote no single JSON object".to_owned();
        return Some(("stdout_not_json_object", error));
    }
    if object.has_non_finite() {
        let error = "pic wrote NaN or an infinity, which is not JSON".to_owned();
        return Some(("stdout_not_finite", error));
    }
    None
}

fn duration(seconds: i64) -> Duration {
    // A year is longer than anyone waits and still fits every clock.
    Duration::from_secs(u64::try_from(seconds).unwrap_or(0).min(31_536_000))
}

fn text_file(text: &str) -> std::io::Result<tempfile::NamedTempFile> {
    let mut file = tempfile::NamedTempFile::new()?;
    file.write_all(text.as_bytes())?;
    file.flush()?;
    Ok(file)
}

/// Text as Python reads it from a pipe: UTF-8 or nothing, line ends made one.
fn python_text(captured: &Captured) -> Result<String, RuntimeError> {
    match std::str::from_utf8(&captured.bytes) {
        Ok(text) => Ok(text.replace("\r\n", "\n").replace('\r', "\n")),
        Err(error) => {
            let at = error.valid_up_to();
            Err(RuntimeError::Value(format!(
                "'utf-8' codec can't decode byte {:#04x} in position {at}: invalid start byte",
                captured.bytes.get(at).copied().unwrap_or_default()
            )))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_names_claims_and_counts_residuals() {
        let packet = object! {
            "packet_id" => "p",
            "claims" => crate::array![object! { "claim_text" => "a" }, object! {}, 5],
            "residuals" => crate::array![1, 2],
        };
        let text = text_of(&packet);
        assert!(text.starts_with("Packet p: None. Claims: a; . Residuals declared: 2. CCR "));
    }
}
