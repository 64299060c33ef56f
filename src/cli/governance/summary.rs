// SPDX-License-Identifier: Apache-2.0
//! `ccr control summary`.

use super::ProfileArgs;
use crate::cli::args::{Cli, any_path};
use crate::cli::exit::{Exit, UsageError};
use crate::cli::sink;
use crate::governance::audit::{PlanOptions, index_runs};
use crate::governance::control::{self, html, text};
use crate::governance::files::Limits;
use crate::governance::plan::Plan;
use crate::support::{atomic, clock, json};
use anyhow::Context as _;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// What it is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SummaryFormat {
    /// For people
    Text,
    /// For a control surface
    Json,
    /// One page for a browser
    Html,
}

/// `ccr control summary`
#[derive(Debug, Args)]
pub(in crate::cli) struct SummaryArgs {
    /// Folder or archive of run directories
    #[arg(long, value_name = "PATH", value_parser = any_path())]
    runs: PathBuf,
    /// How to write it [default: text]
    #[arg(long, value_enum)]
    format: Option<SummaryFormat>,
    /// Write to this file instead of standard output
    #[arg(long, short, value_name = "FILE", value_parser = any_path())]
    output: Option<PathBuf>,
    /// Day on which everything is judged [default: of SOURCE_DATE_EPOCH, else today]
    #[arg(long, value_name = "YYYY-MM-DD")]
    as_of: Option<String>,
    #[command(flatten)]
    profile: ProfileArgs,
}

impl SummaryArgs {
    /// Whether errors are to be JSON.
    pub(super) fn is_json(&self, cli: &Cli) -> bool {
        match self.format {
            Some(format) => format == SummaryFormat::Json,
            None => cli.json,
        }
    }
}

/// Writes the summary.
pub(super) fn summary(cli: &Cli, args: &SummaryArgs) -> anyhow::Result<Exit> {
    let profile = args.profile.read()?;
    let folder = cli.root();
    let root = super::root_above(&folder, &profile)?;
    let now = clock::report_time().map_err(UsageError)?;
    let as_of = args.as_of.clone().unwrap_or_else(|| clock::date(now));
    let lent = super::lent()?;
    let options = PlanOptions {
        root,
        runs: Some(args.runs.clone()),
        profile: &profile,
        as_of: super::day(&as_of)?,
        limits: Limits::default(),
    };
    let told =
        |path: &PathBuf, error: std::io::Error| UsageError(format!("{}: {error}", path.display()));
    let index = index_runs(&options, lent).map_err(|error| told(&args.runs, error))?;
    let mut plan = Plan::read(&options.root, &profile, options.as_of, &options.limits)
        .map_err(|error| told(&folder, error))?;
    plan.runs = Some(&index);
    let summary = control::summarise(&plan, &clock::rfc3339(now), lent).map_err(UsageError)?;
    let format = match args.format {
        Some(format) => format,
        None if cli.json => SummaryFormat::Json,
        None => SummaryFormat::Text,
    };
    let written = match format {
        SummaryFormat::Text => text::write(&summary),
        SummaryFormat::Html => html::write(&summary),
        SummaryFormat::Json => json::pretty(&serde_json::to_value(&summary)?),
    };
    match &args.output {
        Some(path) => atomic::write(path, written.as_bytes())
            .with_context(|| format!("{}: cannot be written", path.display()))?,
        None => sink::print(&written)?,
    }
    Ok(Exit::Accepted)
}
