// SPDX-License-Identifier: Apache-2.0
//! `ccr pgs ...`

mod seal;
mod validate;

use super::args::Cli;
use super::exit::Exit;
use crate::report::Format;
use clap::Subcommand;

/// `ccr pgs ...`
#[derive(Debug, Subcommand)]
pub(super) enum PgsCommand {
    /// Is this snapshot sealed, closed and sound? Runs nothing
    Validate(Box<validate::ValidateArgs>),
    /// Record the digest of every file of a snapshot, and sign it
    Seal(seal::SealArgs),
    /// Is this snapshot, byte for byte, the one that was sealed?
    Verify(seal::VerifyArgs),
}

impl PgsCommand {
    /// The output format that was asked for.
    pub(super) fn format(&self) -> Option<Format> {
        match self {
            Self::Validate(args) => args.common.format,
            Self::Seal(_) | Self::Verify(_) => None,
        }
    }
}

/// Runs it.
pub(super) fn run(cli: &Cli, command: &PgsCommand) -> anyhow::Result<Exit> {
    match command {
        PgsCommand::Validate(args) => validate::run(cli, args),
        PgsCommand::Seal(args) => seal::seal(cli, args),
        PgsCommand::Verify(args) => seal::verify(cli, args),
    }
}
