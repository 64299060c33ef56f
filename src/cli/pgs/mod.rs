// SPDX-License-Identifier: Apache-2.0
//! `ccr pgs ...`

mod validate;

use super::args::Cli;
use super::exit::Exit;
use crate::report::Format;
use clap::Subcommand;

/// `ccr pgs ...`
#[derive(Debug, Subcommand)]
pub(super) enum PgsCommand {
    /// Is this snapshot sealed, closed and sound? Runs nothing
    Validate(validate::ValidateArgs),
}

impl PgsCommand {
    /// The output format that was asked for.
    pub(super) fn format(&self) -> Option<Format> {
        match self {
            Self::Validate(args) => args.common.format,
        }
    }
}

/// Runs it.
pub(super) fn run(cli: &Cli, command: &PgsCommand) -> anyhow::Result<Exit> {
    match command {
        PgsCommand::Validate(args) => validate::run(cli, args),
    }
}
