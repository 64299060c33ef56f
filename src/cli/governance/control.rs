// SPDX-License-Identifier: Apache-2.0
//! `ccr control`: what people look at.

use super::graph::{self, GraphArgs};
use super::summary::{self, SummaryArgs};
use crate::cli::args::Cli;
use crate::cli::exit::Exit;
use clap::Subcommand;

/// `ccr control ...`
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ControlCommand {
    /// What rests on what: documents, work items, runs, admissions; and why an item is validated
    Graph(GraphArgs),
    /// Stages, gates, approvals, runs and work items on one page: paths, digests and states only
    Summary(SummaryArgs),
}

impl ControlCommand {
    /// Whether errors are to be JSON.
    pub(in crate::cli) fn json(&self, cli: &Cli) -> bool {
        match self {
            ControlCommand::Graph(_) => cli.json,
            ControlCommand::Summary(args) => args.is_json(cli),
        }
    }
}

/// Runs one.
pub(in crate::cli) fn run(cli: &Cli, command: &ControlCommand) -> anyhow::Result<Exit> {
    match command {
        ControlCommand::Graph(args) => graph::graph(cli, args),
        ControlCommand::Summary(args) => summary::summary(cli, args),
    }
}
