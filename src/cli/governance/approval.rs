// SPDX-License-Identifier: Apache-2.0
//! `ccr approval check` and `ccr approval packet`.

use super::given::{self, Frame};
use crate::cli::args::{Cli, any_path};
use crate::cli::exit::{Exit, UsageError};
use crate::cli::sink;
use crate::governance::gate::approval::{Approval, KINDS};
use crate::governance::gate::approval_answer::{self, Chain};
use crate::governance::gate::binding::{self, Bound};
use crate::governance::gate::packet::{self, Order};
use crate::governance::gate::{decide, target};
use crate::governance::profile::Profile;
use crate::governance::run::RunIndex;
use crate::support::atomic;
use anyhow::Context as _;
use clap::{Args, Subcommand};
use jiff::civil::Date;
use std::path::{Path, PathBuf};

/// `ccr approval ...`
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ApprovalCommand {
    /// State and identity of an approval, and the runs that used it
    Check(CheckArgs),
    /// Write the document in which an approval is asked for
    Packet(PacketArgs),
}

/// `ccr approval check`
#[derive(Debug, Args)]
pub(in crate::cli) struct CheckArgs {
    /// Approval packet
    #[arg(long, value_name = "FILE", value_parser = any_path())]
    packet: PathBuf,
    /// Request record
    #[arg(long, value_name = "FILE", value_parser = any_path())]
    request: Option<PathBuf>,
    /// Approval record
    #[arg(long, value_name = "FILE", value_parser = any_path())]
    record: Option<PathBuf>,
    /// Folder or archive of runs
    #[arg(long, value_name = "PATH", value_parser = any_path())]
    runs: Option<PathBuf>,
    #[command(flatten)]
    frame: Frame,
}

/// `ccr approval packet`
#[derive(Debug, Args)]
pub(in crate::cli) struct PacketArgs {
    /// Task contract
    #[arg(long, value_name = "FILE", value_parser = any_path())]
    contract: PathBuf,
    /// Admission of the target repository
    #[arg(long, value_name = "FILE", value_parser = any_path())]
    target: PathBuf,
    /// Command of the harness that is to be approved
    #[arg(long, value_name = "COMMAND")]
    command: String,
    /// Document that the packet comes from [default: the contract's authority basis]
    #[arg(long, value_name = "PATH")]
    source: Option<String>,
    /// Who is asked [default: the first owner of the profile]
    #[arg(long, value_name = "NAME")]
    owner: Option<String>,
    /// Write the document to this file instead of standard output; its name becomes the document's
    #[arg(long, value_name = "FILE", value_parser = any_path())]
    output: Option<PathBuf>,
    #[command(flatten)]
    frame: Frame,
}

/// Runs it.
pub(in crate::cli) fn run(cli: &Cli, command: &ApprovalCommand) -> anyhow::Result<Exit> {
    match command {
        ApprovalCommand::Check(args) => check(cli, args),
        ApprovalCommand::Packet(args) => packet(cli, args),
    }
}

fn read(path: &Path, kind: &str, profile: &Profile) -> anyhow::Result<Approval> {
    let paper = given::paper(path, profile)?;
    Ok(Approval::of(
        &paper.sheet,
        paper.document.as_deref(),
        kind,
        profile,
    ))
}

fn check(cli: &Cli, args: &CheckArgs) -> anyhow::Result<Exit> {
    let profile = args.frame.profile()?;
    let as_of = args.frame.day()?;
    let of = |path: &Option<PathBuf>, kind| {
        path.as_deref()
            .map(|path| read(path, kind, &profile))
            .transpose()
    };
    let chain = Chain {
        packet: read(&args.packet, KINDS[0], &profile)?,
        request: of(&args.request, KINDS[1])?,
        record: of(&args.record, KINDS[2])?,
    };
    let index = args.runs.as_deref().map(|path| {
        let runs = given::judged(path, &profile, as_of)?.into_iter();
        anyhow::Ok(runs.map(|run| run.summary).collect::<RunIndex>())
    });
    let index = index.transpose()?;
    let bound = match &index {
        Some(index) => bound(chain.last(), &args.packet, index, &profile, as_of)?,
        None => Vec::new(),
    };
    let made = approval_answer::answer(&chain, &bound, &profile);
    given::answer(cli, &made, None)?;
    Ok(Exit::when(made["ok"] == true))
}

/// The runs that an approval covers: where its packet lies in a governed tree, documents of the tree
/// tell which of the item's runs were made under it, and which had an approval of their own.
fn bound(
    last: &Approval,
    packet: &Path,
    index: &RunIndex,
    profile: &Profile,
    as_of: Date,
) -> anyhow::Result<Vec<Bound>> {
    let Some(root) = given::root_around(packet, profile) else {
        return Ok(binding::of_index(&[last], index, None, profile));
    };
    let mut plan = given::plan(&root, profile, as_of)?;
    plan.runs = Some(index);
    Ok(binding::of_plan(&[last], &plan))
}

fn packet(cli: &Cli, args: &PacketArgs) -> anyhow::Result<Exit> {
    let profile = args.frame.profile()?;
    let day = args.frame.day()?.to_string();
    let contract = given::paper(&args.contract, &profile)?;
    let admitted = given::paper(&args.target, &profile)?;
    if let Some(why) = decide::contract_faults(&contract, &profile) {
        return Err(UsageError(why).into());
    }
    let mut issues = target::admission(&admitted.sheet, &profile);
    issues.extend(target::conflicts(&admitted.sheet, &profile));
    let mut reasons: Vec<String> = issues.into_iter().map(|issue| issue.text).collect();
    if reasons.is_empty() && !target::is_admitted(&admitted.sheet) {
        reasons.push("the target is not admitted".to_owned());
    }
    if !reasons.is_empty() {
        let error = anyhow::anyhow!("{}: {}", args.target.display(), reasons.join("; "));
        sink::error(&error, Exit::Refused, cli.json);
        return Ok(Exit::Refused);
    }
    let task = contract
        .sheet
        .text("task_id")
        .unwrap_or("task")
        .to_lowercase();
    let stem = args.output.as_deref().and_then(Path::file_stem);
    let name = stem.map_or_else(
        || format!("{task}-approval-packet"),
        |stem| stem.to_string_lossy().to_lowercase(),
    );
    let basis = contract
        .sheet
        .text("authority_basis")
        .unwrap_or("conversation")
        .to_owned();
    let source = args.source.clone().unwrap_or(basis);
    let owner = args
        .owner
        .clone()
        .or_else(|| profile.planning.owners.first().cloned());
    let order = Order {
        contract: &contract,
        target: &admitted,
        command: &args.command,
        name: &name,
        source: &source,
        owner: owner.as_deref().unwrap_or("owner"),
        day: &day,
    };
    let text = packet::write(&order, &profile);
    let approval = packet::approval(&name, &text, &profile).map_err(UsageError)?;
    if let Some(path) = &args.output {
        atomic::write(path, text.as_bytes())
            .with_context(|| format!("{}: cannot be written", path.display()))?;
    }
    if cli.json || args.output.is_some() {
        let made = serde_json::json!({
            "ok": true,
            "packet": args.output.as_ref().map(|path| path.display().to_string()),
            "sentence": packet::sentence(&order),
            "identity": approval.identity(),
            "document": if args.output.is_none() { Some(text) } else { None },
        });
        given::answer(cli, &made, None)?;
    } else {
        sink::print(&text)?;
    }
    Ok(Exit::Accepted)
}
