// SPDX-License-Identifier: Apache-2.0
//! `ccr eligibility decide`.

use super::given::{self, Frame, GateInputs};
use crate::cli::args::{Cli, any_path};
use crate::cli::exit::{Exit, UsageError};
use crate::governance::gate::decide::{self, Inputs};
use crate::governance::gate::open::Given;
use crate::support::clock;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `ccr eligibility ...`
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum EligibilityCommand {
    /// Decide which backend may work on a task; none while a gate is missing
    Decide(Box<DecideArgs>),
}

/// `ccr eligibility decide`
#[derive(Debug, Args)]
pub(in crate::cli) struct DecideArgs {
    /// Task contract
    #[arg(long, value_name = "FILE", value_parser = any_path())]
    contract: PathBuf,
    /// Stage it is decided for
    #[arg(long, value_name = "N")]
    stage: u64,
    /// Backends: {"lanes": [{"lane", "status": "available" or "blocked", "rationale"}]}
    #[arg(long, value_name = "FILE", value_parser = any_path())]
    lanes: PathBuf,
    #[command(flatten)]
    inputs: GateInputs,
    /// Write the decision to this file as well
    #[arg(long, value_name = "FILE", value_parser = any_path())]
    write: Option<PathBuf>,
    #[command(flatten)]
    frame: Frame,
}

/// Runs it.
pub(in crate::cli) fn run(cli: &Cli, command: &EligibilityCommand) -> anyhow::Result<Exit> {
    let EligibilityCommand::Decide(args) = command;
    let profile = args.frame.profile()?;
    let as_of = args.frame.day()?;
    let stage = given::stage(args.stage, &profile)?;
    let contract = given::paper(&args.contract, &profile)?;
    if let Some(why) = decide::contract_faults(&contract, &profile) {
        return Err(UsageError(why).into());
    }
    let lanes = given::paper(&args.lanes, &profile)?;
    let told = |why: String| UsageError(format!("{}: {why}", args.lanes.display()));
    let backends = decide::backends(&given::object(&lanes)?).map_err(told)?;
    let read = args.inputs.read(&profile, as_of)?;
    let plan = given::tree(read.root.as_deref(), &profile, as_of)?;
    let mut files = read.files;
    for paper in [&contract, &lanes] {
        files.insert(paper.sheet.path.clone(), paper.sha256.clone());
    }
    let given = Given {
        plan: plan.as_ref(),
        contract: Some(contract.clone()),
        ..read.given
    };
    let now = clock::report_time().map_err(UsageError)?;
    let inputs = Inputs {
        contract: &contract,
        lanes: &backends,
        given: &given,
        files,
        as_of,
        decided_at: clock::rfc3339(now),
    };
    let made = decide::decide(stage, &inputs, &profile);
    given::answer(cli, &made, args.write.as_deref())?;
    Ok(Exit::when(made["selected_backend"] != "none"))
}
