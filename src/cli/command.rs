// SPDX-License-Identifier: Apache-2.0
//! The tree of commands.

use super::args::{Cli, PicArgs, ReleaseArgs, RepoArgs, RulesCommand, ScanArgs};
use super::baseline::BaselineGroup;
use super::pgs::{PgsCommand, TraceArgs};
use super::runtime::RuntimeCommand;
use clap::{Parser, Subcommand};
use std::path::PathBuf;

/// May this be released, and if not, what exactly must be repaired?
#[derive(Debug, Parser)]
#[command(
    name = "ccr",
    version,
    about,
    disable_help_subcommand = true,
    propagate_version = true,
    infer_long_args = true,
    args_override_self = true
)]
pub(super) struct Program {
    #[command(flatten)]
    pub(super) cli: Cli,
    #[command(subcommand)]
    pub(super) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Judge a project before it is published
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Search any files, folders or archives (`-` reads standard input)
    Scan(ScanArgs),
    /// What is checked, why, and how to repair it
    #[command(subcommand)]
    Rules(RulesCommand),
    /// Protocol-governed systems: snapshots, runs, traces
    #[command(subcommand)]
    Pgs(PgsCommand),
    /// The findings that are known, and what observations are compared with
    #[command(subcommand)]
    Baseline(BaselineGroup),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or write every page to a folder
    Man {
        /// Folder to write to
        folder: Option<PathBuf>,
    },
    /// Protocol state
    #[command(flatten)]
    Runtime(RuntimeCommand),
}

/// `ccr audit ...`
#[derive(Debug, Subcommand)]
pub(super) enum AuditCommand {
    /// The source tree and every archive in the dist folder
    Release(ReleaseArgs),
    /// A percolation-inversion-compiler (checkout, sdist, wheel, installed) and its use here; runs nothing
    Pic(PicArgs),
    /// The repository: what readers, registries and workflows find in it
    Repo(RepoArgs),
    /// The trace of a run: chain, order, completeness, agreement with snapshot and data
    Trace(TraceArgs),
}

impl Program {
    /// Whether errors are to be JSON.
    pub(super) fn json(&self) -> bool {
        let format = match &self.command {
            Command::Audit(AuditCommand::Release(release)) => release.common.format,
            Command::Audit(AuditCommand::Pic(pic)) => pic.common.format,
            Command::Audit(AuditCommand::Repo(repo)) => repo.common.format,
            Command::Audit(AuditCommand::Trace(trace)) => trace.common.format,
            Command::Pgs(command) => command.format(),
            Command::Scan(scan) => scan.common.format,
            Command::Rules(_)
            | Command::Baseline(_)
            | Command::Completions { .. }
            | Command::Man { .. }
            | Command::Runtime(_) => None,
        };
        self.cli.is_json(format)
    }
}
