// SPDX-License-Identifier: Apache-2.0
//! `ccr evidence ...`: what makes run evidence, and looks at it without judging it as a whole.

use super::{diff, record, replay, seal, verify};
use crate::cli::args::Cli;
use crate::cli::exit::Exit;
use clap::Subcommand;

/// `ccr evidence ...`
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum EvidenceCommand {
    /// Make one bounded change in a copied workspace and record everything that proves it
    Record(Box<record::RecordArgs>),
    /// Put digests, freshness and a seal to a finished run, and sign it
    Seal(seal::SealArgs),
    /// Tell whether a sealed run is what was sealed: chain, digests, seal, signature
    Verify(verify::VerifyArgs),
    /// Derive a run's outcome from its evidence alone, and compare it with the claim
    Replay(replay::ReplayArgs),
    /// Hold two runs against each other, as a candidate and its baseline
    Diff(diff::DiffArgs),
}

/// Runs it.
pub(in crate::cli) fn run(cli: &Cli, command: &EvidenceCommand) -> anyhow::Result<Exit> {
    match command {
        EvidenceCommand::Record(args) => record::run(cli, args),
        EvidenceCommand::Seal(args) => seal::seal(cli, args),
        EvidenceCommand::Verify(args) => verify::run(cli, args),
        EvidenceCommand::Replay(args) => replay::run(cli, args),
        EvidenceCommand::Diff(args) => diff::run(cli, args),
    }
}
