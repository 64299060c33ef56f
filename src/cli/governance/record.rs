// SPDX-License-Identifier: Apache-2.0
//! `ccr evidence record` and `ccr fixtures failure-matrix`.

use super::ProfileArgs;
use crate::cli::args::{Cli, any_path};
use crate::cli::exit::{Exit, UsageError};
use crate::cli::sink;
use crate::config;
use crate::governance::files::read_bounded;
use crate::governance::make::record::{self, Engine, Order};
use crate::governance::make::{directory, matrix};
use crate::record;
use crate::support::pyjson::ordered::{self, Value};
use clap::{Args, Subcommand, ValueEnum};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Who makes the change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum EngineName {
    /// A recorded patch; no program is started for it
    Fake,
    /// The command behind `--`
    Exec,
}

/// `ccr evidence record`
#[derive(Debug, Args)]
pub(in crate::cli) struct RecordArgs {
    /// The task contract (JSON)
    #[arg(long, value_name = "FILE", value_parser = any_path())]
    contract: PathBuf,
    /// Folder in which the run's directory is made
    #[arg(long, value_name = "DIR", value_parser = any_path())]
    out: PathBuf,
    /// Who makes the change
    #[arg(long, value_enum)]
    engine: EngineName,
    /// What is copied and changed [default: the contract's target_repository below the root]
    #[arg(long, value_name = "DIR", value_parser = any_path())]
    source: Option<PathBuf>,
    /// The recorded change of engine `fake` (unified diff)
    #[arg(long, value_name = "FILE", value_parser = any_path())]
    patch: Option<PathBuf>,
    /// The operator's act of approval: actor, scope, mutation_mode, timestamp, expiry, and decision,
    /// which is `granted` or `denied` [default: granted] (JSON)
    #[arg(long, value_name = "FILE", value_parser = any_path())]
    approval: Option<PathBuf>,
    /// Adapter id in the report [default: the engine's name]
    #[arg(long, value_name = "NAME")]
    backend: Option<String>,
    /// Name of the case [default: the contract's task id]
    #[arg(long, value_name = "NAME")]
    case: Option<String>,
    /// Bound of the backend and of each verification, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    timeout: u64,
    /// Start the command and the contract's verification; needs `exec = true` under `[evidence]` in
    /// ccr.toml as well
    #[arg(long)]
    allow_exec: bool,
    /// The backend of engine `exec`, and its arguments
    #[arg(last = true, value_name = "CMD")]
    command: Vec<String>,
    #[command(flatten)]
    profile: ProfileArgs,
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let told = |error: std::io::Error| UsageError(format!("{}: {error}", path.display()));
    Ok(read_bounded(path, 16 << 20).map_err(told)?)
}

fn read_json(path: &Path) -> anyhow::Result<(Vec<u8>, Value)> {
    let bytes = read(path)?;
    let value = ordered::parse_strict(&bytes, 32);
    let value = value.map_err(|error| UsageError(format!("{}: {error}", path.display())))?;
    Ok((bytes, value))
}

/// Evidence lies outside what it is about.
fn apart(source: &Path, out: &Path) -> anyhow::Result<()> {
    let told = |error: std::io::Error| UsageError(format!("{}: {error}", source.display()));
    let source = source.canonicalize().map_err(told)?;
    let out = std::path::absolute(out).map_err(told)?;
    let standing = out.ancestors().find_map(|path| path.canonicalize().ok());
    if standing.is_some_and(|standing| standing.starts_with(&source)) {
        let text = format!(
            "{}: it lies inside the source; name a folder beside it with --out",
            out.display()
        );
        return Err(UsageError(text).into());
    }
    Ok(())
}

/// Records a run.
pub(super) fn run(cli: &Cli, args: &RecordArgs) -> anyhow::Result<Exit> {
    let profile = args.profile.read()?;
    let root = cli.root();
    let config = config::load(&root, None)?;
    let (contract_text, contract) = read_json(&args.contract)?;
    let source = match &args.source {
        Some(source) => source.clone(),
        None => {
            let told = || {
                UsageError(
                    "the contract names no target_repository; name the folder with --source"
                        .to_owned(),
                )
            };
            root.join(contract.text("target_repository").ok_or_else(told)?)
        }
    };
    super::must_be_folder(&source)?;
    let (engine, name) = match args.engine {
        EngineName::Fake => {
            let patch = args.patch.as_deref().map(read).transpose()?;
            let patch = patch.map(String::from_utf8).transpose();
            let patch = patch.map_err(|_| UsageError("the patch is no UTF-8".to_owned()))?;
            (Engine::Fake { patch }, profile.evidence.baseline.clone())
        }
        EngineName::Exec if args.command.is_empty() => {
            let text = "engine exec needs a command behind `--`";
            return Err(UsageError(text.to_owned()).into());
        }
        EngineName::Exec => {
            let command = args.command.clone();
            (Engine::Exec { command }, "exec".to_owned())
        }
    };
    let approval = args.approval.as_deref().map(read_json).transpose()?;
    apart(&source, &args.out)?;
    let order = Order {
        profile: &profile,
        lent: super::lent()?,
        contract_text,
        contract,
        source,
        case_id: args.case.clone(),
        backend: args.backend.clone().unwrap_or(name),
        engine,
        may_execute: args.allow_exec && config.evidence_exec,
        approval: approval.map(|(_, approval)| approval),
        bound: Duration::from_secs(args.timeout),
        out: args.out.clone(),
    };
    let recorded = record::record(&order).map_err(|error| UsageError(error.to_string()))?;
    let (draft, contents) = (recorded.draft, recorded.contents);
    let path = directory::write(&args.out, &draft.run_id, &contents)
        .map_err(|error| UsageError(error.to_string()))?;
    drop(recorded.claim);
    let codes: Vec<Value> = draft
        .blockers
        .iter()
        .map(|(code, _)| Value::from(code))
        .collect();
    let seal = contents
        .get("seal.json")
        .and_then(|bytes| ordered::parse_strict(bytes, 16).ok());
    let root = seal
        .as_ref()
        .and_then(|seal| seal.text("root"))
        .unwrap_or_default()
        .to_owned();
    let answer = record! {
        "ok" => draft.status == "pass",
        "run_id" => &draft.run_id,
        "run" => path.display().to_string(),
        "status" => &draft.status,
        "derived" => &recorded.replay.status,
        "blockers" => codes,
        "changed_files" => draft.changed_files.iter().map(Value::from).collect::<Vec<_>>(),
        "seal" => &root,
    };
    let mut text = format!("{}: {}\n", draft.status, path.display());
    for (code, why) in &draft.blockers {
        text.push_str(&format!("  {code}: {why}\n"));
    }
    text.push_str(&format!("seal {root}\n"));
    sink::answer(cli.json, &answer, &text)?;
    Ok(Exit::when(draft.status == "pass"))
}

/// `ccr fixtures ...`
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum FixturesCommand {
    /// Write a synthetic run for every failure class, each valid fail-closed evidence
    FailureMatrix {
        /// Folder in which the run directories are made
        #[arg(long, value_name = "DIR", value_parser = any_path())]
        out: PathBuf,
        #[command(flatten)]
        profile: ProfileArgs,
    },
}

/// Writes the failure matrix.
pub(in crate::cli) fn fixtures(cli: &Cli, command: &FixturesCommand) -> anyhow::Result<Exit> {
    let FixturesCommand::FailureMatrix { out, profile } = command;
    let profile = profile.read()?;
    let mut written = Vec::new();
    for (name, contents) in matrix::runs(&profile) {
        directory::write(out, &name, &contents).map_err(|error| UsageError(error.to_string()))?;
        written.push(name);
    }
    let answer = record! {
        "ok" => true,
        "out" => out.display().to_string(),
        "runs" => written.iter().map(Value::from).collect::<Vec<_>>(),
    };
    let text = format!("{} runs written to {}\n", written.len(), out.display());
    sink::answer(cli.json, &answer, &text)?;
    Ok(Exit::Accepted)
}
