// SPDX-License-Identifier: Apache-2.0
//! Runs the program in a scrubbed world.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// How a run ended.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs `ccr` in `dir` with no environment but what makes it deterministic.
pub(crate) fn ccr(dir: &Path, args: &[&str]) -> Run {
    ccr_with_input(dir, args, b"")
}

/// The same with bytes on standard input.
pub(crate) fn ccr_with_input(dir: &Path, args: &[&str], input: &[u8]) -> Run {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ccr"))
        .args(args)
        .current_dir(dir)
        .env_clear()
        .env("SOURCE_DATE_EPOCH", "1767225600")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let _ = child.stdin.take().unwrap().write_all(input);
    let done = child.wait_with_output().unwrap();
    Run {
        code: done.status.code().unwrap(),
        stdout: String::from_utf8(done.stdout).unwrap(),
        stderr: String::from_utf8(done.stderr).unwrap(),
    }
}

/// Parses one JSON document.
pub(crate) fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

/// A small project without a fault.
pub(crate) fn crate_tree() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("src")).unwrap();
    std::fs::write(dir.path().join("README.md"), "# demo\n\nAdds numbers.\n").unwrap();
    std::fs::write(
        dir.path().join("src/lib.rs"),
        "pub fn add(a: u8, b: u8) -> u8 { a + b }\n",
    )
    .unwrap();
    dir
}

/// A token of GitHub's classic form with a checksum that holds, assembled here.
pub(crate) fn github_token() -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let body = "x7Kq2VbN9mRt4WzL8cYp3HsD6fGj1A";
    let mut sum = crc32fast::hash(body.as_bytes());
    let mut tail = [b'0'; 6];
    for place in tail.iter_mut().rev() {
        *place = DIGITS[(sum % 62) as usize];
        sum /= 62;
    }
    format!(
        "{}{body}{}",
        ["gh", "p_"].concat(),
        String::from_utf8(tail.to_vec()).unwrap()
    )
}
