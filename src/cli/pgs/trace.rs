// SPDX-License-Identifier: Apache-2.0
//! `ccr audit trace`.

use super::examine::{self, GroundArgs};
use crate::audit::family::{self, FamilyRequest, PgsTrace};
use crate::audit::{Engine, Selection};
use crate::cli::args::{Cli, Common};
use crate::cli::exit::{Exit, UsageError};
use crate::cli::{audit, reference};
use crate::model::{Confidence, Report};
use crate::pgs::examine::audit::{Options, is_check};
use crate::pgs::limits::Limits;
use crate::rules;
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
    reference::print(cli, &args.common, &report, false)
}

/// The trace under the rules.
pub(super) fn judge(
    cli: &Cli,
    trace: &Path,
    ground: &GroundArgs,
    common: &Common,
    strict: bool,
) -> anyhow::Result<Report> {
    let root = cli.root();
    let (config, profile) = audit::policy(cli, &root, common)?;
    if profile == audit::REFERENCE_PROFILE {
        let text = "the reference has no `audit trace`; its profile holds no rule of family pgs";
        return Err(UsageError(text.to_owned()).into());
    }
    let set = rules::load(&profile, &config.rules)?;
    // What a project selects for its releases in ccr.toml does not choose among these rules.
    let only = match common.only.as_slice() {
        [] => ["pgs", "policy"].map(str::to_owned).to_vec(),
        named => named.to_vec(),
    };
    let selection = Selection {
        only,
        skip: config.skip.clone(),
    };
    let engine = Engine::new(set, &selection).map_err(UsageError)?;
    if !config.rules.is_empty() {
        engine.compile_all().map_err(UsageError)?;
    }
    if !engine.speaks_by(is_check) {
        let text = "the selection leaves no rule on traces of family pgs; nothing would be checked (rules on snapshots: ccr pgs validate)";
        return Err(UsageError(text.to_owned()).into());
    }
    let (as_of, created_at) = audit::times(common)?;
    let request = FamilyRequest {
        root: root.display().to_string(),
        engine: &engine,
        config: &config,
        fail_on: config.fail_on,
        min_confidence: config.min_confidence.unwrap_or(Confidence::Low),
        strict,
        as_of,
        created_at,
    };
    let key = examine::key(ground)?;
    let family = PgsTrace(Options {
        trace: trace.to_owned(),
        limits: Limits::default(),
        against: examine::ground(trace, ground, key.as_ref())?,
    });
    Ok(family::run(&request, &family)?)
}
