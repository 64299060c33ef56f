// SPDX-License-Identifier: Apache-2.0
//! Runs a program: an argument list and never a shell, no input or one document, both outputs
//! captured up to a limit, and a deadline after which the whole process group ends.

use std::ffi::OsString;
use std::io::{self, Read, Write as _};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// What a run may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// For the whole run.
    pub time: Duration,
    /// Of each output; the rest is read and dropped.
    pub bytes: usize,
    /// What the child sees of our environment.
    pub surroundings: Surroundings,
}

/// Environment variables of a child.
#[derive(Debug, Clone, Copy)]
pub enum Surroundings {
    /// All of ours.
    Inherited,
    /// The few that a program needs to start, and these.
    Bare(&'static [(&'static str, &'static str)]),
}

/// One captured output.
#[derive(Debug, Clone, Default)]
pub struct Captured {
    /// What was kept.
    pub bytes: Vec<u8>,
    /// There was more.
    pub truncated: bool,
}

/// How a run ended.
#[derive(Debug, Clone)]
pub struct Finished {
    /// The exit code, or minus the signal that ended it.
    pub code: i32,
    /// Standard output.
    pub stdout: Captured,
    /// Standard error.
    pub stderr: Captured,
    /// The deadline ended it.
    pub timed_out: bool,
}

/// What a program of another make needs to start; nothing that could hold a secret.
const ENVIRONMENT: [&str; 14] = [
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TMPDIR",
    "TZ",
    "SystemRoot",
    "SYSTEMDRIVE",
    "PATHEXT",
    "TEMP",
    "TMP",
    "USERPROFILE",
    "APPDATA",
];

/// Runs a program to its end or to the deadline.
///
/// # Errors
/// It cannot be started.
pub fn run(program: &Path, arguments: &[String], limits: Limits) -> io::Result<Finished> {
    let mut command = Command::new(program);
    command.args(arguments);
    if let Surroundings::Bare(own) = limits.surroundings {
        command.env_clear();
        for name in ENVIRONMENT {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command.env("NO_COLOR", "1").env("TERM", "dumb");
        command.envs(own.iter().copied());
    }
    finish(command, None, limits)
}

/// What a program that is closed off sees.
#[derive(Debug, Clone, Copy)]
pub struct Cell<'a> {
    /// Its whole environment.
    pub environment: &'a [(String, OsString)],
    /// The folder it runs in.
    pub folder: &'a Path,
    /// What it reads, to the end.
    pub input: &'a [u8],
}

/// Runs a program that sees nothing of ours but what `cell` gives it; `limits.surroundings` does
/// not count.
///
/// # Errors
/// It cannot be started.
pub fn run_in(
    program: &Path,
    arguments: &[String],
    cell: Cell<'_>,
    limits: Limits,
) -> io::Result<Finished> {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env_clear()
        .envs(cell.environment.iter().map(|(name, value)| (name, value)))
        .current_dir(cell.folder);
    finish(command, Some(cell.input.to_vec()), limits)
}

fn finish(mut command: Command, input: Option<Vec<u8>>, limits: Limits) -> io::Result<Finished> {
    let deadline = Instant::now()
        .checked_add(limits.time)
        .unwrap_or_else(|| Instant::now() + Duration::from_secs(86_400));
    let stdin = if input.is_some() {
        Stdio::piped()
    } else {
        Stdio::null()
    };
    command
        .stdin(stdin)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    own_group(&mut command);
    let mut child = spawn(&mut command)?;
    if let (Some(mut pipe), Some(input)) = (child.stdin.take(), input) {
        // A program that does not read must not hold us; the deadline ends it and with it the pipe.
        thread::spawn(move || pipe.write_all(&input));
    }
    let stdout = child.stdout.take().map(|pipe| capture(pipe, limits.bytes));
    let stderr = child.stderr.take().map(|pipe| capture(pipe, limits.bytes));
    let mut timed_out = false;
    let status = match wait(&mut child, deadline)? {
        Some(status) => status,
        None => {
            timed_out = true;
            end_group(&mut child);
            child.wait()?
        }
    };
    // A child of the child may hold the pipes open after its parent is gone.
    for reader in [&stdout, &stderr].into_iter().flatten() {
        if !reader.done_by(deadline) {
            timed_out = true;
            end_group(&mut child);
            reader.done_by(Instant::now() + Duration::from_millis(500));
        }
    }
    Ok(Finished {
        code: code(status),
        stdout: stdout.map(Reader::take).unwrap_or_default(),
        stderr: stderr.map(Reader::take).unwrap_or_default(),
        timed_out,
    })
}

/// A script that was written a moment ago can still be open in a process forked meanwhile.
fn spawn(command: &mut Command) -> io::Result<Child> {
    for _ in 0..20 {
        match command.spawn() {
            Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy => {
                thread::sleep(Duration::from_millis(10));
            }
            other => return other,
        }
    }
    command.spawn()
}

fn wait(child: &mut Child, deadline: Instant) -> io::Result<Option<ExitStatus>> {
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(None);
        }
        thread::sleep(pause.min(left));
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

#[derive(Debug)]
struct Reader {
    captured: Arc<Mutex<Captured>>,
    done: Receiver<()>,
}

fn capture(mut pipe: impl Read + Send + 'static, limit: usize) -> Reader {
    let captured = Arc::new(Mutex::new(Captured::default()));
    let shared = Arc::clone(&captured);
    let (finished, done) = mpsc::channel();
    thread::spawn(move || {
        let mut buffer = [0; 16 * 1024];
        loop {
            let read = match pipe.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(_) => break,
            };
            let mut captured = shared.lock().unwrap_or_else(PoisonError::into_inner);
            let room = limit.saturating_sub(captured.bytes.len());
            captured.truncated |= read > room;
            captured.bytes.extend_from_slice(&buffer[..read.min(room)]);
        }
        // Nobody listens any more when the deadline has passed.
        let _ = finished.send(());
    });
    Reader { captured, done }
}

impl Reader {
    fn done_by(&self, deadline: Instant) -> bool {
        let left = deadline.saturating_duration_since(Instant::now());
        !matches!(
            self.done.recv_timeout(left),
            Err(mpsc::RecvTimeoutError::Timeout)
        )
    }

    fn take(self) -> Captured {
        let mut captured = self.captured.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *captured)
    }
}

#[cfg(unix)]
fn own_group(command: &mut Command) {
    use std::os::unix::process::CommandExt as _;
    command.process_group(0);
}

#[cfg(not(unix))]
fn own_group(_command: &mut Command) {}

#[cfg(unix)]
fn end_group(child: &mut Child) {
    use rustix::process::{Pid, Signal, kill_process_group};
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    if let Some(group) = group {
        // An empty group is what is wanted.
        let _ = kill_process_group(group, Signal::KILL);
    }
}

#[cfg(not(unix))]
fn end_group(child: &mut Child) {
    let _ = child.kill();
}

#[cfg(unix)]
fn code(status: ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt as _;
    status
        .code()
        .unwrap_or_else(|| -status.signal().unwrap_or(1))
}

#[cfg(not(unix))]
fn code(status: ExitStatus) -> i32 {
    status.code().unwrap_or(1)
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    fn shell(script: &str, milliseconds: u64) -> Finished {
        let limits = Limits {
            time: Duration::from_millis(milliseconds),
            bytes: 8,
            surroundings: Surroundings::Bare(&[]),
        };
        let arguments = ["-c".to_owned(), script.to_owned()];
        run(Path::new("/bin/sh"), &arguments, limits).unwrap()
    }

    #[test]
    fn output_is_cut_and_the_rest_read() {
        let done = shell("echo 0123456789; echo e >&2; exit 3", 5_000);
        assert_eq!((done.code, done.timed_out), (3, false));
        assert_eq!(done.stdout.bytes, b"01234567");
        assert!(done.stdout.truncated && !done.stderr.truncated);
        assert_eq!(done.stderr.bytes, b"e\n");
    }

    #[test]
    fn a_signal_is_a_negative_code() {
        assert_eq!(shell("kill -9 $$", 5_000).code, -9);
    }

    #[test]
    fn the_deadline_ends_the_children_too() {
        let began = Instant::now();
        let done = shell("sleep 30 & sleep 30", 150);
        assert!(done.timed_out);
        // A child in the background that keeps the pipe does not keep us.
        let left = shell("sleep 30 & exit 0", 150);
        assert!(left.timed_out);
        assert!(began.elapsed() < Duration::from_secs(10));
    }
}
