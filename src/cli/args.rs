// SPDX-License-Identifier: Apache-2.0
//! Flags as typed: those of every command, and those of the audits. The commands themselves are
//! [`super::command`].

use crate::model::{Confidence, Severity};
use crate::report::Format;
use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

// The flags of every command. No documentation comment: clap would print it as the program's own.
#[derive(Debug, Args)]
pub(super) struct Cli {
    /// Root of the project [default: $CCR_ROOT, else the current folder]
    #[arg(long, global = true, value_name = "DIR", value_parser = any_path())]
    pub(super) root: Option<PathBuf>,
    /// Same as --format json
    #[arg(long, global = true)]
    pub(super) json: bool,
    /// Answer as the reference of this version does (1.0)
    #[arg(long, global = true, value_name = "VERSION")]
    pub(super) compat: Option<String>,
}

/// `ccr audit release`
#[derive(Debug, Args)]
pub(super) struct ReleaseArgs {
    /// Folder of built archives, relative to the root [default: dist; for a crate also target/package/*.crate]
    #[arg(long, value_name = "DIR", value_parser = any_path())]
    pub(super) dist: Option<PathBuf>,
    #[command(flatten)]
    pub(super) common: Common,
}

/// `ccr audit pic`
#[derive(Debug, Args)]
pub(super) struct PicArgs {
    /// Checkout, sdist, wheel, site-packages folder or virtual environment
    /// [default: percolation-inversion-compiler in the home folder or beside the root, else what is installed]
    #[arg(long, value_name = "PATH")]
    pub(super) pic_root: Option<PathBuf>,
    /// Audit the installed package instead of searching for a checkout
    #[arg(long, conflicts_with = "pic_root")]
    pub(super) installed: bool,
    /// Virtual environment or folder of packages to look for an installed package in; may be repeated
    #[arg(long, value_name = "DIR")]
    pub(super) python_env: Vec<PathBuf>,
    /// Version matrix to use instead of the built-in one (JSON)
    #[arg(long, value_name = "FILE")]
    pub(super) pic_matrix: Option<PathBuf>,
    /// Run the program `pic` for its version and help and compare; needs `run_help = true` under
    /// `[pic]` in ccr.toml, and is the only thing that this command ever runs
    #[arg(long)]
    pub(super) run_help: bool,
    /// A blocking rule that could not be evaluated refuses too
    #[arg(long)]
    pub(super) strict: bool,
    #[command(flatten)]
    pub(super) common: Common,
}

/// `ccr audit repo`
#[derive(Debug, Args)]
pub(super) struct RepoArgs {
    #[command(flatten)]
    pub(super) common: Common,
}

/// `ccr scan`
#[derive(Debug, Args)]
pub(super) struct ScanArgs {
    /// Files, folders, archives; `-` for standard input
    #[arg(required_unless_present = "history", value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// Read what the references of a git repository reach instead of files: each content once,
    /// with the commit that brought it in. RANGE is `A..B` or a revision, and may also stand
    /// before PATH as a word of its own [default: all references]. Runs no git
    #[arg(
        long,
        value_name = "RANGE",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = ""
    )]
    pub(super) history: Option<String>,
    #[command(flatten)]
    pub(super) common: Common,
}

/// `ccr rules ...`
#[derive(Debug, Subcommand)]
pub(super) enum RulesCommand {
    /// Every rule of the profile, a line each
    List(RulesCommon),
    /// One rule: what, why, repair, examples
    Explain {
        /// Rule id
        id: String,
        #[command(flatten)]
        common: RulesCommon,
    },
    /// Lint rule files and run their examples; the active rules when none is named
    Check {
        /// Rule file or pack folder
        file: Option<PathBuf>,
        #[command(flatten)]
        common: RulesCommon,
    },
    /// Write the rule pages (docs/rules) to a folder
    Docs {
        /// Folder to write to
        #[arg(default_value = "docs/rules")]
        folder: PathBuf,
    },
}

/// Flags of `ccr rules`.
#[derive(Debug, Args)]
pub(super) struct RulesCommon {
    /// Rule profile
    #[arg(long, value_name = "NAME")]
    pub(super) profile: Option<String>,
    /// Rule file or pack folder to add; may be repeated
    #[arg(long, value_name = "PATH")]
    pub(super) rules: Vec<PathBuf>,
}

/// Flags that every scan shares.
#[derive(Debug, Default, Args)]
pub(super) struct Common {
    /// Output format
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(super) format: Option<Format>,
    /// Write the report to this file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// Refuse at this severity or above instead of at blocking findings
    #[arg(long, value_name = "SEVERITY")]
    pub(super) fail_on: Option<Severity>,
    /// Leave out findings that are less certain
    #[arg(long, value_name = "CONFIDENCE")]
    pub(super) min_confidence: Option<Confidence>,
    /// Rule profile [default: $CCR_AUDIT_PROFILE, else ccr.toml, else default]
    #[arg(long, value_name = "NAME")]
    pub(super) profile: Option<String>,
    /// Rule file or pack folder to add; may be repeated
    #[arg(long, value_name = "PATH")]
    pub(super) rules: Vec<PathBuf>,
    /// Run only these rules or families; may be repeated or separated by commas
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub(super) only: Vec<String>,
    /// Do not run these rules or families
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub(super) skip: Vec<String>,
    /// Configuration [default: ccr.toml in the root]
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Baseline of known findings [default: .ccr-baseline.json in the root]
    #[arg(long, value_name = "FILE")]
    pub(super) baseline: Option<PathBuf>,
    /// Take ignored files too
    #[arg(long)]
    pub(super) all_files: bool,
    /// Nothing to scan is no error
    #[arg(long)]
    pub(super) allow_empty: bool,
    /// Worker threads [default: all cores]
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(super) jobs: Option<u16>,
    /// Day that waivers are held against, YYYY-MM-DD [default: today, or $SOURCE_DATE_EPOCH]
    #[arg(long, value_name = "DATE")]
    pub(super) as_of: Option<String>,
    /// Keep the report and its findings as protocol state of the runtime at the root
    #[arg(long)]
    pub(super) preserve: bool,
    /// Only the closing line
    #[arg(long, short)]
    pub(super) quiet: bool,
    /// No progress bar
    #[arg(long)]
    pub(super) no_progress: bool,
    #[command(flatten)]
    pub(super) limits: LimitArgs,
}

/// Budgets for containers.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Budgets (a scan that hits one says so and is refused)")]
pub(super) struct LimitArgs {
    /// Containers inside containers [default: 4]
    #[arg(long, value_name = "N")]
    pub(super) max_depth: Option<u32>,
    /// Members of one archive, nested ones counted in [default: 100000]
    #[arg(long, value_name = "N")]
    pub(super) max_entries: Option<u64>,
    /// Unpacked bytes of one member or file [default: 1 GiB]
    #[arg(long, value_name = "BYTES")]
    pub(super) max_entry_bytes: Option<u64>,
    /// Unpacked bytes of one archive [default: 8 GiB]
    #[arg(long, value_name = "BYTES")]
    pub(super) max_total_bytes: Option<u64>,
    /// Unpacked over packed size of a member above 1 MiB [default: 1000]
    #[arg(long, value_name = "N")]
    pub(super) max_ratio: Option<u64>,
}

/// A path that may be empty: an empty root is none.
pub(super) fn any_path() -> impl TypedValueParser<Value = PathBuf> {
    OsStringValueParser::new().map(PathBuf::from)
}

impl Cli {
    /// Whether an error is to be JSON, when reports are asked for in this format.
    pub(super) fn is_json(&self, format: Option<Format>) -> bool {
        self.json || matches!(format, Some(Format::Json | Format::Sarif))
    }

    /// `--json` over `--format` over text.
    pub(super) fn format(&self, common: &Common) -> Format {
        if self.json {
            Format::Json
        } else {
            common.format.unwrap_or(Format::Text)
        }
    }

    /// Flag, then `CCR_ROOT`, then the current folder.
    pub(super) fn root(&self) -> PathBuf {
        let named = self
            .root
            .clone()
            .filter(|root| !root.as_os_str().is_empty());
        let variable = || {
            std::env::var_os("CCR_ROOT")
                .filter(|root| !root.is_empty())
                .map(PathBuf::from)
        };
        named
            .or_else(variable)
            .unwrap_or_else(|| PathBuf::from("."))
    }
}

/// Which command's findings are meant.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Findings {
    /// `ccr scan` of the root
    Scan,
    /// `ccr audit repo`
    Repo,
    /// `ccr audit release`
    Release,
    /// `ccr scan --history` of the root
    History,
}
