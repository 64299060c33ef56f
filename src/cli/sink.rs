// SPDX-License-Identifier: Apache-2.0
//! Where output goes: one document on standard output or in a file, everything else on standard error.

use super::exit::Exit;
use crate::model::Report;
use crate::report::{self, Format};
use crate::support::pyjson::ordered::Value;
use crate::support::{atomic, json};
use anyhow::Context as _;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::Path;

/// Writes a report. A closed pipe is a quiet end that keeps the verdict.
pub(super) fn report(
    report: &Report,
    format: Format,
    output: Option<&Path>,
    quiet: bool,
) -> anyhow::Result<()> {
    let stdout = anstream::stdout();
    let choice = anstream::AutoStream::choice(&io::stdout());
    let colour =
        output.is_none() && io::stdout().is_terminal() && choice != anstream::ColorChoice::Never;
    if let Some(path) = output {
        let mut bytes = Vec::new();
        report::write(report, format, false, quiet, &mut bytes)?;
        return atomic::write(path, &bytes)
            .with_context(|| format!("{}: cannot be written", path.display()));
    }
    let mut out = io::BufWriter::new(stdout);
    let written = report::write(report, format, colour, quiet, &mut out).and_then(|()| out.flush());
    quiet_pipe(written)
}

/// Writes a text to standard output.
pub(super) fn print(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    quiet_pipe(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

/// Prints an answer: JSON when it was asked for, else the text.
pub(super) fn answer(as_json: bool, answer: &Value, text: &str) -> anyhow::Result<()> {
    if as_json {
        print(&(answer.indented() + "\n"))
    } else {
        print(text)
    }
}

fn quiet_pipe(written: io::Result<()>) -> anyhow::Result<()> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}

/// Says what went wrong: one JSON object on standard output when JSON was asked for.
pub(super) fn error(error: &anyhow::Error, exit: Exit, as_json: bool) {
    let text = format!("{error:#}");
    if as_json {
        let mut value = serde_json::json!({ "ok": false, "error": text });
        if exit == Exit::Internal {
            value["type"] = "InternalError".into();
        }
        let _ = print(&json::pretty(&value));
        return;
    }
    let mut stderr = anstream::stderr();
    let _ = writeln!(stderr, "error: {text}");
    if exit == Exit::Internal {
        let _ = writeln!(
            stderr,
            "this is a fault of ccr; please report it with the command line"
        );
    }
}

/// Says something beside the document.
pub(super) fn note(text: &str) {
    let _ = writeln!(anstream::stderr(), "{text}");
}
