// SPDX-License-Identifier: Apache-2.0
//! `ccr pgs replay`.

use super::ground::{self as reading, GroundArgs};
use crate::cli::args::Cli;
use crate::cli::exit::{Exit, UsageError};
use crate::cli::sink;
use crate::pgs::examine::{self, Verify};
use crate::pgs::limits::Limits;
use crate::pgs::replay;
use crate::report::Format;
use crate::support::json;
use crate::support::pyjson::ordered::Value;
use clap::{Args, ValueEnum};
use serde_json::json;
use std::fmt::Write as _;
use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

/// `ccr pgs replay`
#[derive(Debug, Args)]
pub(in crate::cli) struct ReplayArgs {
    /// The trace: a `.jsonl` file
    #[arg(value_name = "TRACE")]
    trace: PathBuf,
    /// Workspace that holds the snapshot in `protocol_snapshot`
    #[arg(long, value_name = "DIR")]
    workspace: Option<PathBuf>,
    /// Folder of the snapshot that was run [default: protocol_snapshot of the workspace, or beside the folder of traces]
    #[arg(long, value_name = "DIR")]
    snapshot: Option<PathBuf>,
    /// Data as the run found it; read only [default: an empty folder]
    #[arg(long, value_name = "DIR")]
    data_root: Option<PathBuf>,
    /// Payload that the run was given, when the trace does not hold it
    #[arg(long, value_name = "FILE")]
    payload: Option<PathBuf>,
    /// Output format
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<Shape>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Shape {
    Text,
    Json,
}

impl ReplayArgs {
    pub(super) fn format(&self) -> Option<Format> {
        matches!(self.format, Some(Shape::Json)).then_some(Format::Json)
    }
}

/// Runs it.
pub(super) fn run(cli: &Cli, args: &ReplayArgs) -> anyhow::Result<Exit> {
    let shown = args.trace.display().to_string();
    let usage = |text: String| anyhow::Error::from(UsageError(text));
    let below = |workspace: &PathBuf| workspace.join("protocol_snapshot");
    let named = GroundArgs::of(
        args.snapshot
            .clone()
            .or_else(|| args.workspace.as_ref().map(below)),
        args.payload.clone(),
    );
    let against = reading::ground(&args.trace, &named, None)?;
    let file = File::open(&args.trace).map_err(|error| usage(format!("{shown}: {error}")))?;
    let input = BufReader::new(file);
    let found = examine::examine(input, &Limits::default(), Verify::Replay, &against)
        .map_err(|error| usage(format!("{shown}: {error}")))?;
    if found.trace.generation.is_none() {
        return Err(usage(format!(
            "{shown}: no line of it is of a known form of traces"
        )));
    }
    let Some(snapshot) = &against.snapshot else {
        let text = "name the snapshot that was run with --snapshot or --workspace";
        return Err(usage(text.to_owned()));
    };
    let start = found.trace.first("execution_start");
    let recorded: Option<&Value> = start.and_then(|start| start.payload.get("payload"));
    let Some(payload) = against.payload.as_ref().or(recorded) else {
        let text = "the trace does not hold the payload; name it with --payload";
        return Err(usage(text.to_owned()));
    };
    let scratch = tempfile::tempdir()?;
    if let Some(root) = args.data_root.as_ref().filter(|root| !root.is_dir()) {
        return Err(usage(format!(
            "{}: there is no such folder",
            root.display()
        )));
    }
    let root = args.data_root.as_deref().unwrap_or(scratch.path());
    let done = replay::replay(&found, snapshot, payload, root)
        .map_err(|why| usage(format!("{shown}: {why}")))?;
    let same = done.differences.is_empty();
    if cli.json || matches!(args.format, Some(Shape::Json)) {
        let differences: Vec<_> = done
            .differences
            .iter()
            .map(|one| json!({ "line": one.line, "description": one.message }))
            .collect();
        let value = json!({
            "schema_version": "ccr.pgs_replay.v1",
            "trace": shown,
            "ok": same,
            "record": found.class.name(),
            "compared": done.compared,
            "open": done.open,
            "same_capabilities": done.same_capabilities,
            "differences": differences,
        });
        sink::print(&json::pretty(&value))?;
    } else {
        let verdict = if same { "the same" } else { "DIVERGED" };
        let mut text = format!("{shown}: {verdict}, {} events compared\n", done.compared);
        if done.open > 0 {
            let _ = writeln!(
                text,
                "  {} digests hang on the time of the run and were not compared",
                done.open
            );
        }
        if done.same_capabilities == Some(false) {
            text += "  run again with other built-in capabilities than the record's\n";
        }
        for one in &done.differences {
            let _ = writeln!(text, "  line {}: {}", one.line, one.message);
        }
        sink::print(&text)?;
    }
    Ok(Exit::when(same))
}
