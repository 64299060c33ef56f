// SPDX-License-Identifier: Apache-2.0
//! `ccr control`: what people look at.

use super::graph::{self, GraphArgs};
use crate::cli::args::Cli;
use crate::cli::exit::Exit;
use clap::Subcommand;

/// `ccr control ...`
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ControlCommand {
    /// What rests on what: documents, work items, runs, admissions; and why an item is validated
    Graph(GraphArgs),
}

/// Runs one.
pub(in crate::cli) fn run(cli: &Cli, command: &ControlCommand) -> anyhow::Result<Exit> {
    match command {
        ControlCommand::Graph(args) => graph::graph(cli, args),
    }
}
