// SPDX-License-Identifier: Apache-2.0
//! `ccr audit trace`.

use super::ground::{self as reading, GroundArgs};
use crate::audit::family::PgsTrace;
use crate::cli::args::{Cli, Common};
use crate::cli::audit;
use crate::cli::exit::Exit;
use crate::cli::family::{self, Asked};
use crate::model::Report;
use crate::pgs::examine::audit::{Options, is_check};
use crate::pgs::limits::Limits;
use clap::Args;
use std::path::{Path, PathBuf};

/// `ccr audit trace`
#[derive(Debug, Args)]
pub(in crate::cli) struct TraceArgs {
    /// The trace: a `.jsonl` file
    #[arg(value_name = "TRACE")]
    trace: PathBuf,
    #[command(flatten)]
    ground: GroundArgs,
    /// A blocking rule that could not be evaluated refuses too
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    pub(in crate::cli) common: Common,
}

/// Runs it.
pub(in crate::cli) fn run(cli: &Cli, args: &TraceArgs) -> anyhow::Result<Exit> {
    let report = judge(cli, &args.trace, &args.ground, &args.common, args.strict)?;
    family::told(cli, &args.common, "trace", &report)
}

/// The trace under the rules.
pub(super) fn judge(
    cli: &Cli,
    trace: &Path,
    ground: &GroundArgs,
    common: &Common,
    strict: bool,
) -> anyhow::Result<Report> {
    let policy = audit::policy(cli, &cli.root(), common)?;
    let key = reading::key(ground)?;
    let family = PgsTrace(Options {
        trace: trace.to_owned(),
        limits: Limits::default(),
        against: reading::ground(trace, ground, key.as_ref())?,
    });
    let asked = Asked {
        name: "trace",
        families: &["pgs", "policy"],
        speaks: is_check,
        rules: "on traces of family pgs (rules on snapshots: ccr pgs validate)",
        root: cli.root().display().to_string(),
        strict,
    };
    family::judge(common, &policy, &asked, &family)
}
