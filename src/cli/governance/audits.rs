// SPDX-License-Identifier: Apache-2.0
//! `ccr audit governance` and `ccr audit evidence`.

use super::ProfileArgs;
use crate::audit::family::{self, Evidence, Family, FamilyRequest, Governance};
use crate::cli::args::{Cli, Common, any_path};
use crate::cli::exit::{Exit, UsageError};
use crate::cli::{audit, reference, sink};
use crate::governance::audit::{PlanOptions, RunOptions};
use crate::governance::files::Limits;
use crate::governance::plan::tree::root_of;
use crate::model::{Confidence, Finding, Report, Severity, Verdict};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;

/// `ccr audit governance`
#[derive(Debug, Args)]
pub(in crate::cli) struct GovernanceArgs {
    /// Governance root, or a folder below it [default: the root]
    #[arg(value_name = "DIR", value_parser = any_path())]
    folder: Option<PathBuf>,
    /// Folder or archive of run directories, to hold what documents say against
    #[arg(long, value_name = "PATH")]
    runs: Option<PathBuf>,
    /// Print what a local validator prints: `ok`, `checked` (files read) and `errors` (one line each)
    #[arg(long)]
    compat_json: bool,
    #[command(flatten)]
    profile: ProfileArgs,
    #[command(flatten)]
    pub(in crate::cli) common: Common,
}

/// `ccr audit evidence`
#[derive(Debug, Args)]
pub(in crate::cli) struct EvidenceArgs {
    /// Run directories, folders of them, or archives that hold them
    #[arg(value_name = "RUN", required = true)]
    runs: Vec<PathBuf>,
    #[command(flatten)]
    profile: ProfileArgs,
    #[command(flatten)]
    pub(in crate::cli) common: Common,
}

/// Runs `audit governance`.
pub(in crate::cli) fn governance(cli: &Cli, args: &GovernanceArgs) -> anyhow::Result<Exit> {
    let profile = args.profile.read()?;
    let folder = args.folder.clone().unwrap_or_else(|| cli.root());
    if !folder.is_dir() {
        return Err(UsageError(format!("{}: it is no folder", folder.display())).into());
    }
    let Some(root) = root_of(&folder, &profile) else {
        let planning = &profile.planning;
        let text = format!(
            "{}: no governance root here or above: a folder that holds `{}` and `{}/`",
            folder.display(),
            planning.board,
            planning.folder
        );
        return Err(UsageError(text).into());
    };
    let shown = folder.display().to_string();
    let (as_of, _) = audit::times(&args.common)?;
    let family = Governance(PlanOptions {
        root,
        runs: args.runs.clone(),
        profile: &profile,
        as_of: super::day(&as_of)?,
        limits: Limits::default(),
    });
    let (report, fail_on) = report(cli, &args.common, shown, &family)?;
    if args.compat_json {
        return compat(&report, fail_on);
    }
    reference::print(cli, &args.common, &report, false)
}

/// The report of a local validator: what stands in the way, as lines.
fn compat(report: &Report, fail_on: Option<Severity>) -> anyhow::Result<Exit> {
    let ok = report.verdict == Verdict::Accepted;
    let open = report
        .findings
        .iter()
        .filter(|one| one.suppressed.is_none());
    let counts = |one: &&Finding| match fail_on {
        Some(threshold) => one.severity >= threshold,
        None => one.blocking,
    };
    let errors: Vec<String> = open
        .filter(counts)
        .map(|one| format!("{}: {}: {}", one.location, one.rule_id, one.description))
        .collect();
    let value = json!({"ok": ok, "checked": report.scanned.files, "errors": errors});
    sink::print(&format!("{value:#}\n"))?;
    Ok(if ok { Exit::Accepted } else { Exit::Refused })
}

/// Runs `audit evidence`.
pub(in crate::cli) fn evidence(cli: &Cli, args: &EvidenceArgs) -> anyhow::Result<Exit> {
    let profile = args.profile.read()?;
    let shown: Vec<String> = args
        .runs
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    let (as_of, _) = audit::times(&args.common)?;
    let family = Evidence(RunOptions {
        runs: args.runs.clone(),
        profile: &profile,
        as_of: super::day(&as_of)?,
        limits: Limits::default(),
    });
    let (report, _) = report(cli, &args.common, shown.join(" "), &family)?;
    reference::print(cli, &args.common, &report, false)
}

fn report(
    cli: &Cli,
    common: &Common,
    shown: String,
    family: &dyn Family,
) -> anyhow::Result<(Report, Option<Severity>)> {
    let (config, name) = audit::policy(cli, &cli.root(), common)?;
    let engine = super::engine(common, &config, &name)?;
    let (as_of, created_at) = audit::times(common)?;
    let request = FamilyRequest {
        root: shown,
        engine: &engine,
        config: &config,
        fail_on: config.fail_on,
        min_confidence: config.min_confidence.unwrap_or(Confidence::Low),
        strict: false,
        as_of,
        created_at,
    };
    Ok((family::run(&request, family)?, config.fail_on))
}
