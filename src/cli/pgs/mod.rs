// SPDX-License-Identifier: Apache-2.0
//! `ccr pgs ...`, and `ccr audit trace`.

mod examine;
mod external;
mod ground;
mod replay;
mod run;
mod run_answer;
mod run_args;
mod seal;
mod trace;
mod validate;

pub(super) use trace::{TraceArgs, run as trace};

use super::args::Cli;
use super::exit::Exit;
use crate::report::Format;
use clap::Subcommand;

/// `ccr pgs ...`
#[derive(Debug, Subcommand)]
pub(super) enum PgsCommand {
    /// Run a workflow of a snapshot, and leave a trace
    Run(Box<run_args::RunArgs>),
    /// Is this snapshot sealed, closed and sound? Runs nothing
    Validate(Box<validate::ValidateArgs>),
    /// Record the digest of every file of a snapshot, and sign it
    Seal(seal::SealArgs),
    /// Is this snapshot, byte for byte, the one that was sealed?
    Verify(seal::VerifyArgs),
    /// What happened in a recorded run, why it ended, and whether the record holds
    Examine(Box<examine::ExamineArgs>),
    /// Run a recorded run again, writing nothing, and compare step by step
    Replay(Box<replay::ReplayArgs>),
}

impl PgsCommand {
    /// The output format that was asked for.
    pub(super) fn format(&self) -> Option<Format> {
        match self {
            Self::Run(args) => args.json().then_some(Format::Json),
            Self::Validate(args) => args.common.format,
            Self::Examine(args) => args.format(),
            Self::Replay(args) => args.format(),
            Self::Seal(_) | Self::Verify(_) => None,
        }
    }
}

/// Runs it.
pub(super) fn run(cli: &Cli, command: &PgsCommand) -> anyhow::Result<Exit> {
    match command {
        PgsCommand::Run(args) => run::run(cli, args),
        PgsCommand::Validate(args) => validate::run(cli, args),
        PgsCommand::Seal(args) => seal::seal(cli, args),
        PgsCommand::Verify(args) => seal::verify(cli, args),
        PgsCommand::Examine(args) => examine::run(cli, args),
        PgsCommand::Replay(args) => replay::run(cli, args),
    }
}
