// SPDX-License-Identifier: Apache-2.0
//! `ccr pgs ...`, and `ccr audit trace`.

mod examine;
mod trace;

pub(super) use trace::{TraceArgs, run as trace};

use super::args::Cli;
use super::exit::Exit;
use crate::report::Format;
use clap::Subcommand;

/// `ccr pgs ...`
#[derive(Debug, Subcommand)]
pub(super) enum PgsCommand {
    /// What happened in a recorded run, why it ended, and whether the record holds
    Examine(examine::ExamineArgs),
}

impl PgsCommand {
    /// The format asked for.
    pub(super) fn format(&self) -> Option<Format> {
        match self {
            Self::Examine(args) => args.format(),
        }
    }
}

/// Runs it.
pub(super) fn run(cli: &Cli, command: &PgsCommand) -> anyhow::Result<Exit> {
    match command {
        PgsCommand::Examine(args) => examine::run(cli, args),
    }
}
