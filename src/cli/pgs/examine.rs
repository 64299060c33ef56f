// SPDX-License-Identifier: Apache-2.0
//! `ccr pgs examine`.

use crate::cli::args::{Cli, Common};
use crate::cli::exit::{Exit, UsageError};
use crate::cli::sink;
use crate::pgs::examine::{self, Against, Verify, compat, page, report};
use crate::pgs::files::{Files, read_bounded};
use crate::pgs::limits::Limits;
use crate::pgs::seal::{self, Seal};
use crate::pgs::snapshot::Snapshot;
use crate::report::Format;
use crate::support::json;
use crate::support::pyjson::ordered;
use crate::support::signing::VerifyingKey;
use clap::{Args, ValueEnum};
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

/// `ccr pgs examine`
#[derive(Debug, Args)]
pub(in crate::cli) struct ExamineArgs {
    /// The trace: a `.jsonl` file
    #[arg(value_name = "TRACE")]
    trace: PathBuf,
    #[command(flatten)]
    ground: GroundArgs,
    /// How far to look
    #[arg(long, value_enum, value_name = "LEVEL", default_value = "all")]
    verify: Level,
    /// Output format
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<Shape>,
    /// Answer in the words of the original examiner, which quotes messages of the trace
    #[arg(long)]
    original: bool,
}

/// What a trace is held against.
#[derive(Debug, Args)]
pub(super) struct GroundArgs {
    /// Folder of the snapshot that was run [default: protocol_snapshot beside the folder of traces]
    #[arg(long, value_name = "DIR")]
    snapshot: Option<PathBuf>,
    /// Seal of that snapshot
    #[arg(long, value_name = "FILE")]
    seal: Option<PathBuf>,
    /// OpenSSH public key (Ed25519) that the seal must be signed with
    #[arg(long, value_name = "FILE", requires = "seal")]
    seal_key: Option<PathBuf>,
    /// Folder that the run worked on: its files must show each effect
    #[arg(long, visible_alias = "against", value_name = "DIR")]
    data_root: Option<PathBuf>,
    /// Payload that the run was given
    #[arg(long, value_name = "FILE")]
    payload: Option<PathBuf>,
    /// OpenSSH public key (Ed25519) that the trace must be signed with
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
}

impl GroundArgs {
    /// What a replay names.
    pub(super) fn of(snapshot: Option<PathBuf>, payload: Option<PathBuf>) -> Self {
        Self {
            snapshot,
            payload,
            seal: None,
            seal_key: None,
            data_root: None,
            key: None,
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Level {
    /// Lines, their order and their chain
    Chain,
    /// And the way through the graph
    Graph,
    /// And the computed values
    Replay,
    /// Everything that is possible with what is given
    All,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Shape {
    /// For people
    Text,
    /// For programs
    Json,
    /// SARIF 2.1.0: the findings of `ccr audit trace`, every level that is possible
    Sarif,
    /// A page
    Markdown,
}

impl ExamineArgs {
    pub(super) fn format(&self) -> Option<Format> {
        match self.format? {
            Shape::Json => Some(Format::Json),
            Shape::Sarif => Some(Format::Sarif),
            Shape::Text | Shape::Markdown => None,
        }
    }
}

/// Reads what is named on the line. The key is handed over beside it, because it is borrowed.
pub(super) fn ground<'a>(
    trace: &Path,
    args: &GroundArgs,
    key: Option<&'a VerifyingKey>,
) -> anyhow::Result<Against<'a>> {
    let limits = Limits::default();
    let wrong =
        |path: &Path, why: &dyn std::fmt::Display| UsageError(format!("{}: {why}", path.display()));
    let beside = || {
        // `<workspace>/traces/<id>/<id>.jsonl`, as the original lays it out.
        let workspace = trace.ancestors().nth(3)?;
        let folder = workspace.join("protocol_snapshot");
        folder.is_dir().then_some(folder)
    };
    let mut against = Against {
        data_root: args.data_root.clone(),
        keys: key.map(|key| key as _),
        ..Against::default()
    };
    if let Some(root) = args.data_root.as_ref().filter(|root| !root.is_dir()) {
        return Err(wrong(root, &"there is no such folder").into());
    }
    if let Some(folder) = args.snapshot.clone().or_else(beside) {
        let files = Files::read(&folder, &limits).map_err(|error| wrong(&folder, &error))?;
        against.snapshot_root = Some(seal::root_hash(&files));
        let snapshot = Snapshot::of(files, limits);
        let none = "it holds no `artifacts`, so the way cannot be followed";
        against.snapshot = Some(snapshot.ok_or_else(|| wrong(&folder, &none))?);
    }
    if let Some(path) = &args.seal {
        let bytes =
            read_bounded(path, limits.payload_bytes).map_err(|error| wrong(path, &error))?;
        let seal = Seal::parse(&bytes).map_err(|error| wrong(path, &error))?;
        if let Some(key) = &args.seal_key {
            let key = VerifyingKey::read(key).map_err(|error| UsageError(error.to_string()))?;
            against.seal_signed = Some(seal.is_signed_by(&key));
        }
        against.sealed_root = Some(seal.root_hash);
    }
    if let Some(path) = &args.payload {
        let bytes =
            read_bounded(path, limits.payload_bytes).map_err(|error| wrong(path, &error))?;
        let payload =
            ordered::parse_strict(&bytes, limits.depth).map_err(|error| wrong(path, &error))?;
        against.payload = Some(payload);
    }
    Ok(against)
}

/// The key named on the line.
pub(super) fn key(args: &GroundArgs) -> anyhow::Result<Option<VerifyingKey>> {
    let read = args.key.as_deref().map(VerifyingKey::read).transpose();
    read.map_err(|error| UsageError(error.to_string()).into())
}

/// Runs it.
pub(super) fn run(cli: &Cli, args: &ExamineArgs) -> anyhow::Result<Exit> {
    let key = key(&args.ground)?;
    let against = ground(&args.trace, &args.ground, key.as_ref())?;
    let shown = args.trace.display();
    let verify = match args.verify {
        Level::Chain => Verify::Chain,
        Level::Graph => Verify::Graph,
        Level::Replay => Verify::Replay,
        Level::All => Verify::All,
    };
    if matches!(verify, Verify::Graph | Verify::Replay) && against.snapshot.is_none() {
        let text = "name the snapshot that was run with --snapshot";
        return Err(UsageError(text.to_owned()).into());
    }
    let unreadable = |error: std::io::Error| UsageError(format!("{shown}: {error}"));
    let file = File::open(&args.trace).map_err(unreadable)?;
    let input = BufReader::new(file);
    let found =
        examine::examine(input, &Limits::default(), verify, &against).map_err(unreadable)?;
    if found.trace.generation.is_none() {
        return Err(UsageError(format!(
            "{shown}: no line of it is of a known form of traces"
        ))
        .into());
    }
    if args.original {
        let (text, failed) = compat::text(&found.trace, &found.run, against.snapshot.as_ref());
        sink::print(&text)?;
        return Ok(if failed {
            Exit::Refused
        } else {
            Exit::Accepted
        });
    }
    let name = shown.to_string();
    match args.format {
        Some(Shape::Sarif) => {
            let common = Common::default();
            let report = super::trace::judge(cli, &args.trace, &args.ground, &common, false)?;
            sink::report(&report, Format::Sarif, None, false)?;
        }
        Some(Shape::Markdown) => sink::print(&page::markdown(&found, &name))?,
        Some(Shape::Json) => sink::print(&json::pretty(&report::json(&found, &name)))?,
        _ if cli.json => sink::print(&json::pretty(&report::json(&found, &name)))?,
        _ => sink::print(&report::text(&found, &name))?,
    }
    Ok(if found.class.is_good() {
        Exit::Accepted
    } else {
        Exit::Refused
    })
}
