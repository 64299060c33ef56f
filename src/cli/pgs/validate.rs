// SPDX-License-Identifier: Apache-2.0
//! `ccr pgs validate`.

use super::{external, seal};
use crate::audit::family::Pgs;
use crate::cli::args::{Cli, Common};
use crate::cli::audit;
use crate::cli::exit::{Exit, UsageError};
use crate::cli::family::{self, Asked};
use crate::pgs::external::Bindings;
use crate::pgs::files::read_bounded;
use crate::pgs::gate::default_seal;
use crate::pgs::limits::Limits;
use crate::pgs::seal::{Handed, Seal};
use crate::pgs::validate::{Options, is_check};
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
    let policy = audit::policy(cli, &cli.root(), &args.common)?;
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
    let asked = Asked {
        name: "snapshot",
        families: &["pgs", "policy"],
        speaks: is_check,
        rules: "on snapshots of family pgs (rules on traces: ccr audit trace)",
        root: args.snapshot.display().to_string(),
        strict: args.strict,
    };
    family::run(cli, &args.common, &policy, &asked, &family)
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
