// SPDX-License-Identifier: Apache-2.0
//! The runtime's commands as typed (CCR specification, section 1.2).

use super::common::plain_path;
use super::ledger::{BaselineCommand, EventCommand, ResidualCommand, VerifierCommand};
use super::work::{PacketCommand, TaskCommand};
use crate::support::digits;
use clap::{Args, Subcommand, ValueEnum};
use std::path::{Path, PathBuf};

/// Commands on protocol state.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum RuntimeCommand {
    /// Make the folders, the configuration and the index of a runtime
    Init {
        /// Write the configuration anew
        #[arg(long)]
        force: bool,
    },
    /// What an agent reads first
    #[command(subcommand)]
    Agent(AgentCommand),
    /// Hold documents against the schemas
    #[command(subcommand)]
    Schema(SchemaCommand),
    /// Work that agents lease
    #[command(subcommand)]
    Task(TaskCommand),
    /// Capability packets
    #[command(subcommand)]
    Packet(PacketCommand),
    /// What remains open
    #[command(subcommand)]
    Residual(ResidualCommand),
    /// What verifiers say
    #[command(subcommand)]
    Verifier(VerifierCommand),
    /// What observations are compared with; typed as a part of `super::super::baseline`
    #[command(skip)]
    Baseline(BaselineCommand),
    /// The blackboard
    #[command(subcommand)]
    Event(EventCommand),
    /// Plan, or with --execute run, the verification of a packet
    Verify {
        /// Verifier provider
        #[arg(long)]
        provider: String,
        /// Packet id
        #[arg(long)]
        packet: String,
        /// PIC profile
        #[arg(long, default_value = "development")]
        profile: String,
        /// Run the verifier
        #[arg(long)]
        execute: bool,
        /// Seconds the verifier may take
        #[arg(long, default_value = "60", allow_negative_numbers = true, value_parser = python_int)]
        timeout: i64,
    },
    /// Import a verifier's report
    Integrate {
        /// The report, a JSON object
        #[arg(long, value_parser = plain_path())]
        report: PathBuf,
    },
    /// Verifier providers
    #[command(subcommand)]
    Provider(ProviderCommand),
    /// Phase formation
    #[command(subcommand)]
    Phase(PhaseCommand),
    /// Examine the runtime, and with --repair mend what can be mended without loss
    Doctor {
        /// Mend
        #[arg(long)]
        repair: bool,
    },
    /// The index over the files
    #[command(subcommand)]
    Index(IndexCommand),
    /// The state of the runtime, for people
    Report {
        /// Output format
        #[arg(long, value_enum, default_value = "markdown")]
        format: ReportFormat,
    },
}

impl RuntimeCommand {
    /// Whether the reference has no such command.
    pub(in crate::cli) fn is_beyond_reference(&self) -> bool {
        match self {
            Self::Task(command) => command.is_beyond_reference(),
            Self::Packet(command) => command.is_beyond_reference(),
            Self::Residual(command) => command.is_beyond_reference(),
            Self::Verifier(_) | Self::Baseline(_) | Self::Event(_) => true,
            _ => false,
        }
    }
}

impl RuntimeCommand {
    /// Whether it only asks: an answer of "there is none" refuses nothing.
    pub(in crate::cli) fn is_question(&self) -> bool {
        match self {
            Self::Task(command) => command.is_question(),
            Self::Packet(command) => command.is_question(),
            Self::Residual(command) => command.is_question(),
            Self::Provider(command) => matches!(
                command,
                ProviderCommand::List | ProviderCommand::Health { .. }
            ),
            Self::Baseline(command) => command.is_question(),
            Self::Agent(_) | Self::Event(_) | Self::Report { .. } => true,
            _ => false,
        }
    }
}

/// `ccr report --format`
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(in crate::cli) enum ReportFormat {
    /// For people
    Markdown,
    /// For programs
    Json,
}

/// `ccr index ...`
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum IndexCommand {
    /// Make the index anew from the files
    Rebuild,
}

/// `ccr agent ...`
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum AgentCommand {
    /// Roles, boundaries and the next safe commands
    Explain,
}

/// `ccr schema ...`
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum SchemaCommand {
    /// Hold a document against the schema of its kind
    Validate {
        /// packet, task, residual, ...
        #[arg(long)]
        kind: String,
        /// The document
        #[arg(long, value_parser = plain_path())]
        file: PathBuf,
    },
}

/// What `provider plan` and `provider execute` share.
#[derive(Debug, Args)]
pub(in crate::cli) struct ProviderAction {
    /// Provider
    #[arg(long)]
    pub(in crate::cli) provider: String,
    /// What to ask of it
    #[arg(long)]
    pub(in crate::cli) action: String,
    /// Payload, a JSON object
    #[arg(long, value_parser = plain_path())]
    pub(in crate::cli) file: Option<PathBuf>,
    /// Packet id
    #[arg(long)]
    pub(in crate::cli) packet: Option<String>,
    /// PIC profile
    #[arg(long, default_value = "development")]
    pub(in crate::cli) profile: String,
}

/// `ccr provider ...`
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ProviderCommand {
    /// Every provider with its capabilities
    List,
    /// Whether a provider can be used
    Health {
        /// Provider
        #[arg(long)]
        provider: String,
    },
    /// What would be executed
    Plan {
        #[command(flatten)]
        action: ProviderAction,
        /// Record the plan in the index
        #[arg(long)]
        write: bool,
    },
    /// Execute, with a configuration and --execute
    Execute {
        #[command(flatten)]
        action: ProviderAction,
        /// Configuration, a JSON object
        #[arg(long, value_parser = plain_path())]
        config: PathBuf,
        /// Really execute
        #[arg(long)]
        execute: bool,
    },
    /// Import a report
    Import {
        /// Provider
        #[arg(long)]
        provider: String,
        /// The report, a JSON object
        #[arg(long, value_parser = plain_path())]
        report: PathBuf,
    },
}

/// What the phase commands that write share.
#[derive(Debug, Clone, Copy, Args)]
pub(in crate::cli) struct PhaseOptions {
    /// Show what would be written, and write nothing
    #[arg(long)]
    pub(in crate::cli) dry_run: bool,
}

/// For the commands that end with `accepted` or not.
#[derive(Debug, Clone, Copy, Args)]
pub(in crate::cli) struct PhaseVerdict {
    /// End with exit code 1 when the answer is not `accepted`
    #[arg(long)]
    pub(in crate::cli) strict: bool,
}

/// `ccr phase ...`
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum PhaseCommand {
    /// The effective graph of packets
    Graph {
        #[command(flatten)]
        options: PhaseOptions,
    },
    /// Measure the graph
    Observe {
        #[command(flatten)]
        options: PhaseOptions,
    },
    /// Hold an observation against a threshold
    Threshold {
        /// Threshold specification
        #[arg(long, value_parser = plain_path())]
        file: PathBuf,
        /// Observation; measured anew when absent
        #[arg(long, value_parser = plain_path())]
        observation: Option<PathBuf>,
        #[command(flatten)]
        options: PhaseOptions,
    },
    /// Compare an observation with a baseline
    Compare {
        /// Baseline
        #[arg(long, value_parser = plain_path())]
        baseline: PathBuf,
        /// Observation
        #[arg(long, value_parser = plain_path())]
        candidate: PathBuf,
        #[command(flatten)]
        options: PhaseOptions,
        #[command(flatten)]
        verdict: PhaseVerdict,
    },
    /// A whole formation cycle
    Form {
        /// Profile of the threshold
        #[arg(long, default_value = "development")]
        profile: String,
        #[command(flatten)]
        options: PhaseOptions,
        #[command(flatten)]
        verdict: PhaseVerdict,
    },
    /// A certificate candidate
    Certify {
        /// Threshold status or specification
        #[arg(long, value_parser = plain_path())]
        threshold: Option<PathBuf>,
        #[command(flatten)]
        options: PhaseOptions,
        #[command(flatten)]
        verdict: PhaseVerdict,
    },
    /// Ask a provider for a plan
    Plan {
        /// Provider
        #[arg(long)]
        provider: String,
        /// PIC profile
        #[arg(long, default_value = "development")]
        profile: String,
    },
    /// Counts and open residuals
    Report,
}

/// A path that was given and is not empty.
pub(super) fn given(path: Option<&PathBuf>) -> Option<&Path> {
    path.map(PathBuf::as_path)
        .filter(|path| !path.as_os_str().is_empty())
}

/// An integer as Python's `int` reads it: spaces around and underscores between are fine.
fn python_int(text: &str) -> Result<i64, String> {
    digits::signed(text).ok_or_else(|| format!("`{text}` is not a whole number"))
}
