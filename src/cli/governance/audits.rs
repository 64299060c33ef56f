// SPDX-License-Identifier: Apache-2.0
//! `ccr audit governance` and `ccr audit evidence`.

use super::ProfileArgs;
use crate::audit::family::{Evidence, Governance};
use crate::cli::args::{Cli, Common, any_path};
use crate::cli::audit;
use crate::cli::exit::{Exit, UsageError};
use crate::cli::family::{self, Asked};
use crate::cli::sink;
use crate::governance::audit::{PlanOptions, RunOptions, RunWishes, is_check};
use crate::governance::files::Limits;
use crate::model::{Finding, Report, Severity, Verdict};
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
    /// Task contract that the runs are held against, in place of their own copy (JSON)
    #[arg(long, value_name = "FILE")]
    contract: Option<PathBuf>,
    /// Admission of the target repository or of the model, told apart by its members; may be repeated (JSON)
    #[arg(long, value_name = "FILE")]
    admission: Vec<PathBuf>,
    /// Stage that the runs are to prove, in place of the one they name
    #[arg(long, value_name = "N")]
    stage: Option<u64>,
    /// Hold modification times of files against the start of their run; archives and copies lose them
    #[arg(long)]
    check_mtime: bool,
    #[command(flatten)]
    profile: ProfileArgs,
    #[command(flatten)]
    pub(in crate::cli) common: Common,
}

impl EvidenceArgs {
    fn wishes(&self) -> anyhow::Result<RunWishes> {
        let mut wishes = RunWishes {
            stage: self.stage,
            check_mtime: self.check_mtime,
            ..RunWishes::default()
        };
        if let Some(path) = &self.contract {
            wishes.read_contract(path).map_err(UsageError)?;
        }
        for path in &self.admission {
            wishes.read_admission(path).map_err(UsageError)?;
        }
        Ok(wishes)
    }
}

/// Runs `audit governance`.
pub(in crate::cli) fn governance(cli: &Cli, args: &GovernanceArgs) -> anyhow::Result<Exit> {
    let profile = args.profile.read()?;
    let folder = args.folder.clone().unwrap_or_else(|| cli.root());
    super::must_be_folder(&folder)?;
    let root = super::root_above(&folder, &profile)?;
    let shown = folder.display().to_string();
    let (as_of, _) = audit::times(&args.common)?;
    let family = Governance {
        options: PlanOptions {
            root,
            runs: args.runs.clone(),
            profile: &profile,
            as_of: super::day(&as_of)?,
            limits: Limits::default(),
        },
        prefix: String::new(),
    };
    let common = &args.common;
    let policy = audit::policy(cli, &cli.root(), common)?;
    let report = family::judge(common, &policy, &asked("governance", shown), &family)?;
    if args.compat_json {
        return compat(&report, policy.0.fail_on);
    }
    family::told(cli, common, "governance", &report)
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
    Ok(Exit::when(ok))
}

/// Runs `audit evidence`.
pub(in crate::cli) fn evidence(cli: &Cli, args: &EvidenceArgs) -> anyhow::Result<Exit> {
    let profile = args.profile.read()?;
    if let Some(number) = args.stage {
        super::given::stage(number, &profile)?;
    }
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
        wishes: args.wishes()?,
    });
    let common = &args.common;
    let policy = audit::policy(cli, &cli.root(), common)?;
    let asked = asked("evidence", shown.join(" "));
    family::run(cli, common, &policy, &asked, &family)
}

fn asked(name: &str, root: String) -> Asked<'_> {
    Asked {
        name,
        families: &["cto", "path", "policy", "secret"],
        speaks: is_check,
        rules: "of family cto",
        root,
        strict: false,
    }
}
