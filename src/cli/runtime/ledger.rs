// SPDX-License-Identifier: Apache-2.0
//! `ccr residual|verifier|baseline|event ...`, as typed and as called.

use super::common::{ActorArgs, SignedArgs, plain_path};
use crate::runtime::{self, Answer, Runtime};
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `ccr residual ...`
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ResidualCommand {
    /// Add a residual
    Add {
        /// The residual, a JSON object
        #[arg(long, value_parser = plain_path())]
        file: PathBuf,
        #[command(flatten)]
        actor: ActorArgs,
    },
    /// Residuals, a line each
    List {
        /// open, resolved or quarantined
        #[arg(long)]
        status: Option<String>,
        /// Only this kind
        #[arg(long)]
        kind: Option<String>,
        /// Only those about this object
        #[arg(long)]
        object: Option<String>,
        /// Only those that block
        #[arg(long)]
        blocking: bool,
    },
    /// One residual
    Show {
        /// Residual id
        residual_id: String,
    },
    /// Close a residual
    Resolve(SettleArgs),
    /// Set a residual aside as hostile or malformed
    Quarantine(SettleArgs),
}

/// How a residual leaves the open ledger.
#[derive(Debug, Args)]
pub(in crate::cli) struct SettleArgs {
    /// Residual id
    residual_id: String,
    /// Why
    #[arg(long)]
    reason: String,
    /// What shows it: a report, a path, an address; may be repeated
    #[arg(long, required = true)]
    evidence: Vec<String>,
    #[command(flatten)]
    signed: SignedArgs,
}

impl ResidualCommand {
    pub(super) fn is_beyond_reference(&self) -> bool {
        !matches!(self, Self::Add { .. })
    }

    pub(super) fn is_question(&self) -> bool {
        matches!(self, Self::List { .. } | Self::Show { .. })
    }
}

/// `ccr verifier ...`
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum VerifierCommand {
    /// Reports of verifiers
    #[command(subcommand)]
    Report(VerifierReportCommand),
}

/// `ccr verifier report ...`
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum VerifierReportCommand {
    /// Store a report so that promotion can rely on it
    Add {
        /// The report, a JSON object
        #[arg(long, value_parser = plain_path())]
        file: PathBuf,
        #[command(flatten)]
        signed: SignedArgs,
    },
}

/// `ccr baseline ...`
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum BaselineCommand {
    /// Declare a baseline
    Add {
        /// The baseline, a JSON object
        #[arg(long, value_parser = plain_path())]
        file: PathBuf,
        #[command(flatten)]
        signed: SignedArgs,
    },
    /// Baselines, a line each
    List,
}

impl BaselineCommand {
    pub(super) fn is_question(&self) -> bool {
        matches!(self, Self::List)
    }
}

/// `ccr event ...`
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum EventCommand {
    /// Events in order
    List(EventFilter),
    /// The last events
    Tail {
        /// How many
        #[arg(long, short = 'n', default_value_t = 20)]
        lines: usize,
        #[command(flatten)]
        filter: EventFilter,
    },
    /// Hold the log against its hash chain
    Verify,
}

/// Which events.
#[derive(Debug, Args)]
pub(in crate::cli) struct EventFilter {
    /// Only those about this object
    #[arg(long)]
    object: Option<String>,
    /// Only this action, for example task.lease
    #[arg(long)]
    action: Option<String>,
    /// Only of this actor
    #[arg(long)]
    actor: Option<String>,
}

pub(super) fn residual(runtime: &Runtime, command: &ResidualCommand) -> Answer {
    use ResidualCommand as R;
    use runtime::residual;
    let settle = |args: &SettleArgs, status| {
        let request = residual::Step {
            id: &args.residual_id,
            target: status,
            reason: &args.reason,
            evidence: &args.evidence,
            actor: args.signed.actor(),
        };
        residual::settle(runtime, &request)
    };
    match command {
        R::Add { file, actor } => residual::add(runtime, file, actor.actor()),
        R::List {
            status,
            kind,
            object,
            blocking,
        } => residual::list(
            runtime,
            residual::Filter {
                status: status.as_deref(),
                kind: kind.as_deref(),
                object: object.as_deref(),
                blocking: *blocking,
            },
        ),
        R::Show { residual_id } => residual::show(runtime, residual_id),
        R::Resolve(args) => settle(args, "resolved"),
        R::Quarantine(args) => settle(args, "quarantined"),
    }
}

pub(super) fn verifier(runtime: &Runtime, command: &VerifierCommand) -> Answer {
    let VerifierCommand::Report(VerifierReportCommand::Add { file, signed }) = command;
    runtime::verifier::add(runtime, file, signed.actor())
}

pub(super) fn baseline(runtime: &Runtime, command: &BaselineCommand) -> Answer {
    match command {
        BaselineCommand::Add { file, signed } => {
            runtime::baseline::add(runtime, file, signed.actor())
        }
        BaselineCommand::List => runtime::baseline::list(runtime),
    }
}

pub(super) fn event(runtime: &Runtime, command: &EventCommand) -> Answer {
    use runtime::event;
    let filter = |filter: &EventFilter, last| {
        event::list(
            runtime,
            event::Filter {
                object: filter.object.as_deref(),
                action: filter.action.as_deref(),
                actor: filter.actor.as_deref(),
                last,
            },
        )
    };
    match command {
        EventCommand::List(args) => filter(args, None),
        EventCommand::Tail {
            lines,
            filter: args,
        } => filter(args, Some(*lines)),
        EventCommand::Verify => event::verify(runtime),
    }
}
