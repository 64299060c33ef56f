// SPDX-License-Identifier: Apache-2.0
//! `ccr pgs examine`.

use super::ground::{GroundArgs, ground, key};
use crate::cli::args::{Cli, Common};
use crate::cli::exit::{Exit, UsageError};
use crate::cli::sink;
use crate::pgs::examine::{self, Verify, compat, page, report};
use crate::pgs::limits::Limits;
use crate::report::Format;
use crate::support::json;
use clap::{Args, ValueEnum};
use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

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
        return Ok(Exit::when(!failed));
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
    Ok(Exit::when(found.class.is_good()))
}
