// SPDX-License-Identifier: Apache-2.0
//! The tree of commands.

use super::args::{Cli, PicArgs, ReleaseArgs, RepoArgs, RulesCommand, ScanArgs};
use super::baseline::BaselineGroup;
use super::governance::{
    ApprovalCommand, ControlCommand, EligibilityCommand, EvidenceArgs, EvidenceCommand,
    FixturesCommand, GateCommand, GovernanceArgs,
};
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
    /// Run evidence of governed change: record, seal, look into
    #[command(subcommand)]
    Evidence(EvidenceCommand),
    /// Gates of the staged proof: open or blocked, comparison, repetition, guard
    #[command(subcommand)]
    Gate(GateCommand),
    /// Which backend may work on a task
    #[command(subcommand)]
    Eligibility(EligibilityCommand),
    /// Approvals: what was asked, granted and used
    #[command(subcommand)]
    Approval(ApprovalCommand),
    /// What people look at: summary and graph of governed change; grants and starts nothing
    #[command(subcommand)]
    Control(ControlCommand),
    /// Synthetic evidence to hold auditors and harnesses against
    #[command(subcommand)]
    Fixtures(FixturesCommand),
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
    /// A governed planning tree: documents, approvals, work items, gates, and the runs they cite
    Governance(Box<GovernanceArgs>),
    /// Recorded runs of governed change: digests, freshness, events, approvals, the derived verdict
    Evidence(Box<EvidenceArgs>),
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
            Command::Audit(AuditCommand::Governance(args)) => args.common.format,
            Command::Audit(AuditCommand::Evidence(args)) => args.common.format,
            Command::Pgs(command) => command.format(),
            Command::Control(command) => return command.json(&self.cli),
            Command::Scan(scan) => scan.common.format,
            Command::Rules(_)
            | Command::Evidence(_)
            | Command::Gate(_)
            | Command::Eligibility(_)
            | Command::Approval(_)
            | Command::Fixtures(_)
            | Command::Baseline(_)
            | Command::Completions { .. }
            | Command::Man { .. }
            | Command::Runtime(_) => None,
        };
        self.cli.is_json(format)
    }
}
