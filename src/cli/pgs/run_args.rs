// SPDX-License-Identifier: Apache-2.0
//! `ccr pgs run` as typed: our flags, and the original's own.

use crate::cli::args::any_path;
use clap::{ArgGroup, Args, ValueEnum};
use std::path::PathBuf;

/// `ccr pgs run`
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("what").required(true).args(["wf", "intent"])))]
pub(in crate::cli) struct RunArgs {
    /// Full name of the workflow
    #[arg(long, value_name = "FQDN")]
    pub(super) wf: Option<String>,
    /// Full name of an intent: its workflow is run
    #[arg(long, value_name = "FQDN")]
    pub(super) intent: Option<String>,
    /// The payload, a JSON object; `-` for standard input [default: {}]
    #[arg(long, value_name = "FILE")]
    pub(super) payload: Option<PathBuf>,
    /// Runtime binding to use instead of the workflow's own
    #[arg(long, value_name = "FQDN")]
    pub(super) rb: Option<String>,
    /// How much the trace holds [default: advanced]
    #[arg(long, value_enum, value_name = "PROFILE")]
    pub(super) profile: Option<ProfileName>,
    /// The original's word for --profile: runtime is basic, authoring advanced
    #[arg(
        long,
        value_enum,
        value_name = "MODE",
        hide = true,
        conflicts_with = "profile"
    )]
    pub(super) mode: Option<Mode>,
    /// The original's; changes nothing
    #[arg(long, hide = true)]
    pub(super) debug: bool,
    /// Folder that holds the snapshot, the data and the traces [default: $PGS_WORKSPACE, else the current folder]
    #[arg(long, value_name = "DIR", value_parser = any_path())]
    pub(super) workspace: Option<PathBuf>,
    /// The snapshot [default: protocol_snapshot in the workspace]
    #[arg(long, value_name = "DIR", value_parser = any_path())]
    pub(super) snapshot: Option<PathBuf>,
    /// What side effects write to; locks and caches stand beside it, in DIR.ccr [default: $PGS_DATA_ROOT, else data in the workspace]
    #[arg(long, value_name = "DIR", value_parser = any_path())]
    pub(super) data_root: Option<PathBuf>,
    /// Where traces are written [default: traces in the workspace]
    #[arg(long, value_name = "DIR", value_parser = any_path())]
    pub(super) trace_root: Option<PathBuf>,
    /// The seal [default: snapshot.seal.json beside the snapshot]
    #[arg(long, value_name = "FILE", value_parser = any_path())]
    pub(super) seal: Option<PathBuf>,
    /// OpenSSH key (public, or private) that must have signed the seal
    #[arg(long, value_name = "FILE", value_parser = any_path())]
    pub(super) key: Option<PathBuf>,
    /// Run a snapshot that nothing speaks for
    #[arg(long)]
    pub(super) allow_unsealed: bool,
    /// `wall`, or the moment that is always now (RFC 3339)
    #[arg(long, value_name = "CLOCK", default_value = "wall")]
    pub(super) clock: String,
    /// Nodes at most
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    pub(super) max_hops: usize,
    /// Read the data root, write nothing to it
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Programs that answer for capabilities (TOML); the seal must pin the file
    #[arg(long, value_name = "FILE", value_parser = any_path())]
    pub(super) exec_binding: Option<PathBuf>,
    /// Chance may answer where a snapshot asks for entropy: such a run is never repeated
    #[arg(long)]
    pub(super) allow_impure: bool,
    /// Lines of logs that this run begins name the line before them
    #[arg(long)]
    pub(super) chain_logs: bool,
    /// Output format
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(super) format: Option<OutputFormat>,
    /// The picture of the path taken [default: png]
    #[arg(long, value_enum, value_name = "KIND")]
    pub(super) picture: Option<PictureKind>,
    /// Values stand in the trace beside their digests: a full replay needs them
    #[arg(long)]
    pub(super) trace_values: bool,
    /// The form of the trace: ours, or the original's [default: v1]
    #[arg(long, value_enum, value_name = "FORM")]
    pub(super) trace_format: Option<TraceForm>,
    /// OpenSSH private key (Ed25519, without passphrase) to sign the trace with
    #[arg(long, value_name = "FILE", value_parser = any_path())]
    pub(super) trace_key: Option<PathBuf>,
    /// Intents hold every declared type and format
    #[arg(long)]
    pub(super) strict_intents: bool,
    /// A contract that succeeds without a declared output ends the run
    #[arg(long)]
    pub(super) strict_contracts: bool,
}

impl RunArgs {
    /// Whether the answer is JSON.
    pub(super) fn json(&self) -> bool {
        self.format == Some(OutputFormat::Json)
    }
}

/// How much a trace holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ProfileName {
    /// Nodes, refusals, the end
    Basic,
    /// Dispatches as well
    Advanced,
}

/// The original's word for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Mode {
    /// Basic
    Runtime,
    /// Advanced
    Authoring,
}

/// The form of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum OutputFormat {
    /// For people
    Text,
    /// For programs
    Json,
}

/// The form of the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum PictureKind {
    /// Lines and text
    Svg,
    /// Pixels
    Png,
    /// Text for Graphviz
    Dot,
    /// No picture
    None,
}

/// The form of the trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum TraceForm {
    /// The original's
    V0,
    /// pgs-trace/1
    V1,
}
