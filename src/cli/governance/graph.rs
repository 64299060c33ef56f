// SPDX-License-Identifier: Apache-2.0
//! `ccr control graph`.

use super::ProfileArgs;
use crate::cli::args::{Cli, any_path};
use crate::cli::exit::{Exit, UsageError};
use crate::cli::sink;
use crate::governance::audit::{RunJudge, RunWishes};
use crate::governance::files::{self, Limits};
use crate::governance::plan::claims::Claims;
use crate::governance::plan::{Plan, claims_export};
use crate::governance::profile::Profile;
use crate::governance::run::RunIndex;
use crate::support::clock;
use clap::{Args, ValueEnum};
use jiff::civil::Date;
use std::path::{Path, PathBuf};

/// `ccr control graph`
#[derive(Debug, Args)]
pub(in crate::cli) struct GraphArgs {
    /// Governance root, or a folder below it [default: the root]
    #[arg(value_name = "ROOT", value_parser = any_path())]
    folder: Option<PathBuf>,
    /// Folder or archive of run directories
    #[arg(long, value_name = "PATH", value_parser = any_path())]
    runs: Option<PathBuf>,
    /// The way from this work item to sealed evidence, or what is missing on it
    #[arg(long, value_name = "WORK_ID")]
    why: Option<String>,
    /// [default: json; for --why text]
    #[arg(long)]
    format: Option<GraphFormat>,
    /// Day on which runs are judged [default: SOURCE_DATE_EPOCH, else today, UTC]
    #[arg(long, value_name = "DATE")]
    as_of: Option<String>,
    #[command(flatten)]
    profile: ProfileArgs,
}

/// How the graph is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum GraphFormat {
    /// The language of Graphviz
    Dot,
    /// JSON
    Json,
}

/// Writes the graph, or answers why.
pub(super) fn graph(cli: &Cli, args: &GraphArgs) -> anyhow::Result<Exit> {
    let profile = args.profile.read()?;
    let folder = args.folder.clone().unwrap_or_else(|| cli.root());
    let told = |cause: String| UsageError(format!("{}: {cause}", folder.display()));
    let root = super::root_above(&folder, &profile)?;
    let now = clock::report_time().map_err(UsageError)?;
    let as_of = super::day(&args.as_of.clone().unwrap_or_else(|| clock::date(now)))?;
    let limits = Limits::default();
    let mut plan =
        Plan::read(&root, &profile, as_of, &limits).map_err(|error| told(error.to_string()))?;
    let index = match &args.runs {
        Some(path) => Some(read(path, &profile, as_of, &limits)?),
        None => None,
    };
    plan.runs = index.as_ref();
    let claims = Claims::of(&plan);
    let as_json = cli.json || args.format == Some(GraphFormat::Json);
    let Some(id) = &args.why else {
        let text = match args.format {
            Some(GraphFormat::Dot) if !cli.json => claims_export::dot(&claims, None),
            _ => format!("{}\n", claims_export::json(&claims).indented()),
        };
        sink::print(&text)?;
        return Ok(Exit::Accepted);
    };
    let why = claims.why(&plan, id);
    let text = match args.format {
        _ if as_json => format!("{}\n", claims_export::why_json(&claims, &why).indented()),
        Some(GraphFormat::Dot) => claims_export::dot(&claims, Some(&why.path)),
        _ => claims_export::why_text(&claims, &why),
    };
    sink::print(&text)?;
    Ok(Exit::when(why.holds()))
}

/// Reads and judges runs.
fn read(path: &Path, profile: &Profile, as_of: Date, limits: &Limits) -> anyhow::Result<RunIndex> {
    let lent = super::lent()?;
    let wishes = RunWishes::default();
    let judge = RunJudge::new(profile, as_of, &wishes, lent);
    let judged = files::each_run(path, limits, |files| judge.one(&files).1);
    let judged = judged.map_err(|error| UsageError(format!("{}: {error}", path.display())))?;
    Ok(judged.into_iter().collect())
}
