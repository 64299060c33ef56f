// SPDX-License-Identifier: Apache-2.0
//! `ccr pgs validate`.

use super::{external, seal};
use crate::audit::family::{self, FamilyRequest, Pgs};
use crate::audit::{Engine, Selection};
use crate::cli::args::{Cli, Common};
use crate::cli::exit::{Exit, UsageError};
use crate::cli::{audit, reference};
use crate::model::Confidence;
use crate::pgs::external::Bindings;
use crate::pgs::files::read_bounded;
use crate::pgs::gate::default_seal;
use crate::pgs::limits::Limits;
use crate::pgs::seal::{Handed, Seal};
use crate::pgs::validate::{Options, is_check};
use crate::rules;
use clap::Args;
use std::path::PathBuf;

/// `ccr pgs validate`
#[derive(Debug, Args)]
pub(crate) struct ValidateArgs {
    /// Folder of the snapshot: it holds `artifacts`, or `protocol_snapshot`, or `tokenized_snapshot`
    #[arg(value_name = "SNAPSHOT")]
    snapshot: PathBuf,
    /// The seal to hold it against [default: snapshot.seal.json beside the folder, when it is there]
    #[arg(long, value_name = "FILE")]
    seal: Option<PathBuf>,
    /// Run the recorded cases of transforms, and say which capabilities this binary has
    #[arg(long)]
    conformance: bool,
    /// Programs that answer for capabilities (TOML); recorded cases of theirs are run twice
    #[arg(long, value_name = "FILE", requires = "conformance")]
    exec_binding: Option<PathBuf>,
    /// The snapshot that this one follows: each change of what is executed is listed (--baseline is a list of findings)
    #[arg(long, value_name = "OLD")]
    compare: Option<PathBuf>,
    /// A blocking rule that could not be evaluated refuses too
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    pub(super) common: Common,
}

/// Runs it.
pub(super) fn run(cli: &Cli, args: &ValidateArgs) -> anyhow::Result<Exit> {
    let root = cli.root();
    let (config, profile) = audit::policy(cli, &root, &args.common)?;
    if profile == audit::REFERENCE_PROFILE {
        let text = "the reference has no `pgs validate`; its profile holds no rule of family pgs";
        return Err(UsageError(text.to_owned()).into());
    }
    let set = rules::load(&profile, &config.rules)?;
    // What a project selects for its releases in ccr.toml does not choose among these rules.
    let only = match args.common.only.as_slice() {
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
        let text = "the selection leaves no rule on snapshots of family pgs; nothing would be checked (rules on traces: ccr audit trace)";
        return Err(UsageError(text.to_owned()).into());
    }
    let (as_of, created_at) = audit::times(&args.common)?;
    let request = FamilyRequest {
        root: args.snapshot.display().to_string(),
        engine: &engine,
        config: &config,
        fail_on: config.fail_on,
        min_confidence: config.min_confidence.unwrap_or(Confidence::Low),
        strict: args.strict,
        as_of,
        created_at,
    };
    let seal = handed(args)?;
    let family = Pgs(Options {
        snapshot: args.snapshot.clone(),
        limits: Limits::default(),
        external: external(cli, args, seal.as_ref())?,
        seal,
        conformance: args.conformance,
        compare: args.compare.clone(),
        allow_empty: args.common.allow_empty,
        jobs: args.common.jobs.map(usize::from),
    });
    let report = family::run(&request, &family)?;
    reference::print(cli, &args.common, &report, false)
}

/// The programs that may be started: allowed by the configuration, and pinned where there is a seal.
fn external(
    cli: &Cli,
    args: &ValidateArgs,
    seal: Option<&Handed>,
) -> anyhow::Result<Option<Bindings>> {
    let Some(path) = &args.exec_binding else {
        return Ok(None);
    };
    let bindings = external::allowed(cli, path)?;
    let pinned = |seal: &Handed| {
        let seal = Seal::parse(&seal.bytes).ok();
        seal.is_some_and(|seal| seal.exec_binding_hash.as_deref() == Some(&bindings.digest))
    };
    if !seal.is_none_or(pinned) {
        return Err(UsageError(external::not_pinned(path)).into());
    }
    Ok(Some(bindings))
}

/// The seal that was named, or the one beside the folder.
fn handed(args: &ValidateArgs) -> anyhow::Result<Option<Handed>> {
    let path = match &args.seal {
        Some(path) => path.clone(),
        None => {
            let beside = default_seal(&seal::folder(&args.snapshot));
            if !beside.is_file() {
                return Ok(None);
            }
            beside
        }
    };
    let bytes = read_bounded(&path, Limits::default().artifact_bytes << 4)
        .map_err(|error| UsageError(format!("{}: {error}", path.display())))?;
    let path = path.display().to_string();
    Ok(Some(Handed { path, bytes }))
}
