// SPDX-License-Identifier: Apache-2.0
//! `ccr gate ...`

use super::given::{self, Frame, GateInputs};
use crate::cli::args::{Cli, any_path};
use crate::cli::exit::{Exit, UsageError};
use crate::governance::gate::comparison::{self, Lane};
use crate::governance::gate::ladder::{Coverage, Ladder};
use crate::governance::gate::open::{self, Given};
use crate::governance::gate::refresh;
use crate::governance::gate::repeatability::{self, Pair};
use crate::governance::gate::worktree;
use crate::governance::profile::Profile;
use crate::support::pyjson::ordered::Value;
use clap::{Args, Subcommand};
use serde_json::{Map, json};
use std::path::{Path, PathBuf};

/// `ccr gate ...`
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum GateCommand {
    /// Is every proof there that a stage asks for? What was not given counts as missing
    Check(Box<CheckArgs>),
    /// Compare the candidate's report with those of the other lanes
    Compare(CompareArgs),
    /// Count distinct, verified passes on real repositories
    Repeatability(RepeatabilityArgs),
    /// Look again at a governed report and its proof; touches nothing
    Refresh(RefreshArgs),
    /// The read-only checks before a route, from the files of the repository; git is not run
    Guard(GuardArgs),
}

/// `ccr gate check`
#[derive(Debug, Args)]
pub(in crate::cli) struct CheckArgs {
    /// Stage to be opened
    #[arg(long, value_name = "N")]
    stage: u64,
    #[command(flatten)]
    inputs: GateInputs,
    /// Eligibility decision
    #[arg(long, value_name = "FILE", value_parser = any_path())]
    decision: Option<PathBuf>,
    /// Task contract
    #[arg(long, value_name = "FILE", value_parser = any_path())]
    contract: Option<PathBuf>,
    #[command(flatten)]
    frame: Frame,
}

/// `ccr gate compare`
#[derive(Debug, Args)]
pub(in crate::cli) struct CompareArgs {
    /// Reports of the lanes, the candidate's among them; {"lane", "status": "blocked", "rationale"} for one that could not be run
    #[arg(long, value_name = "FILE", required = true, num_args = 1.., value_parser = any_path())]
    lanes: Vec<PathBuf>,
    /// Ledger from which the coverage of failure classes is taken
    #[arg(long, value_name = "FILE", value_parser = any_path())]
    ledger: Option<PathBuf>,
    /// Write the comparison to this file as well
    #[arg(long, value_name = "FILE", value_parser = any_path())]
    output: Option<PathBuf>,
    #[command(flatten)]
    frame: Frame,
}

/// `ccr gate repeatability`
#[derive(Debug, Args)]
pub(in crate::cli) struct RepeatabilityArgs {
    /// A report and its proof, with a colon between them
    #[arg(long, value_name = "REPORT:PROOF", required = true, num_args = 1..)]
    pair: Vec<String>,
    /// Write the count to this file as well
    #[arg(long, value_name = "FILE", value_parser = any_path())]
    output: Option<PathBuf>,
    #[command(flatten)]
    frame: Frame,
}

/// `ccr gate refresh`
#[derive(Debug, Args)]
pub(in crate::cli) struct RefreshArgs {
    /// report.json of a governed run on a real repository
    #[arg(long, value_name = "FILE", value_parser = any_path())]
    report: PathBuf,
    /// Its proof
    #[arg(long, value_name = "FILE", value_parser = any_path())]
    proof: PathBuf,
    /// Write the refresh to this file as well
    #[arg(long, value_name = "FILE", value_parser = any_path())]
    output: Option<PathBuf>,
    #[command(flatten)]
    frame: Frame,
}

/// `ccr gate guard`
#[derive(Debug, Args)]
pub(in crate::cli) struct GuardArgs {
    /// Worktree to look at [default: the root]
    #[arg(value_name = "DIR", value_parser = any_path())]
    folder: Option<PathBuf>,
    /// Guard that records the results of what files cannot tell
    #[arg(long, value_name = "FILE", value_parser = any_path())]
    record: Option<PathBuf>,
    /// Write the record to this file as well
    #[arg(long, value_name = "FILE", value_parser = any_path())]
    output: Option<PathBuf>,
    #[command(flatten)]
    frame: Frame,
}

/// Runs it.
pub(in crate::cli) fn run(cli: &Cli, command: &GateCommand) -> anyhow::Result<Exit> {
    match command {
        GateCommand::Check(args) => check(cli, args),
        GateCommand::Compare(args) => compare(cli, args),
        GateCommand::Repeatability(args) => repeated(cli, args),
        GateCommand::Refresh(args) => again(cli, args),
        GateCommand::Guard(args) => guard(cli, args),
    }
}

fn check(cli: &Cli, args: &CheckArgs) -> anyhow::Result<Exit> {
    let profile = args.frame.profile()?;
    let as_of = args.frame.day()?;
    let stage = given::stage(args.stage, &profile)?;
    let read = args.inputs.read(&profile, as_of)?;
    let plan = given::tree(read.root.as_deref(), &profile, as_of)?;
    let one = |path: &Option<PathBuf>| {
        let read = |path| given::paper_or_empty(path, &profile);
        path.as_deref().map(read).transpose()
    };
    let given = Given {
        plan: plan.as_ref(),
        decision: one(&args.decision)?,
        contract: one(&args.contract)?,
        ..read.given
    };
    let answer = open::check(stage, &given, &profile, as_of);
    let narrowest = profile.gates.modes.first().map_or("", String::as_str);
    given::answer(cli, &answer.to_json(narrowest), None)?;
    Ok(Exit::when(answer.is_open()))
}

/// A lane of a report, or of a word that it is blocked.
fn lane(path: &Path, profile: &Profile) -> anyhow::Result<Lane> {
    let file = if path.is_dir() {
        path.join("report.json")
    } else {
        path.to_owned()
    };
    let paper = given::paper(&file, profile)?;
    let value = given::object(&paper)?;
    let shown = file.display().to_string();
    if let Some(name) = value.text("lane") {
        let compared = value.text("status") == Some("compared");
        let beside = value
            .text("report")
            .map(|report| file.parent().unwrap_or_else(|| Path::new("")).join(report));
        if let Some(report) = beside.filter(|_| compared) {
            return Ok(Lane {
                name: name.to_owned(),
                ..lane(&report, profile)?
            });
        }
        return Ok(Lane {
            name: name.to_owned(),
            path: None,
            sha256: None,
            report: None,
            rationale: value.text("rationale").map(str::to_owned),
        });
    }
    let Some(name) = value.text("backend") else {
        return Err(UsageError(format!("{shown}: neither a report nor a lane")).into());
    };
    Ok(Lane {
        name: name.to_owned(),
        path: Some(shown),
        sha256: Some(paper.sha256.clone()),
        report: Some(value.clone()),
        rationale: None,
    })
}

/// Coverage of failure classes over all stages of a ledger.
fn coverage(path: &Path, profile: &Profile) -> anyhow::Result<serde_json::Value> {
    let paper = given::paper(path, profile)?;
    let ladder = Ladder::of_paper(&paper, profile);
    let mut rows = Map::new();
    for row in profile
        .evidence
        .failures
        .iter()
        .filter(|row| !row.fixture.is_empty())
    {
        let told = ladder
            .rungs
            .iter()
            .rev()
            .filter_map(|rung| rung.classes.get(&row.fixture));
        let mut told = told.filter(|coverage| **coverage != Coverage::Nothing);
        let row_value = match told.next() {
            Some(Coverage::Run(run)) => json!({"run_id": run}),
            Some(Coverage::Rationale(why)) => json!({"blocked_rationale": why}),
            _ => continue,
        };
        rows.insert(row.fixture.clone(), row_value);
    }
    Ok(rows.into())
}

fn compare(cli: &Cli, args: &CompareArgs) -> anyhow::Result<Exit> {
    let profile = args.frame.profile()?;
    let read: Result<Vec<Lane>, _> = args.lanes.iter().map(|path| lane(path, &profile)).collect();
    let (candidates, lanes): (Vec<Lane>, Vec<Lane>) = read?
        .into_iter()
        .partition(|lane| lane.name == profile.evidence.candidate);
    let covered = args
        .ledger
        .as_deref()
        .map(|path| coverage(path, &profile))
        .transpose()?;
    let mut made = comparison::compare(candidates.first(), &lanes, covered, &profile);
    let sheet = given::sheet(&made);
    let issues = sheet.map_or_else(Vec::new, |sheet| comparison::incomplete(&sheet, &profile));
    let mut reasons: Vec<String> = issues.into_iter().map(|issue| issue.text).collect();
    if candidates.is_empty() {
        reasons.insert(
            0,
            format!(
                "no report of the candidate `{}` is given",
                profile.evidence.candidate
            ),
        );
    }
    made["missing"] = reasons.clone().into();
    given::answer(cli, &made, args.output.as_deref())?;
    Ok(Exit::when(reasons.is_empty()))
}

/// A report and its proof. A colon may stand in a path: the split that names two files counts.
fn pair(text: &str, profile: &Profile) -> anyhow::Result<Pair> {
    let splits = text
        .match_indices(':')
        .map(|(at, _)| (&text[..at], &text[at + 1..]));
    let splits: Vec<(&str, &str)> = splits.collect();
    let there = splits
        .iter()
        .find(|(report, proof)| Path::new(report).is_file() && Path::new(proof).is_file());
    let Some((report, proof)) = there.or_else(|| splits.first()) else {
        let text = format!("--pair {text}: write REPORT:PROOF");
        return Err(UsageError(text).into());
    };
    of_files(Path::new(report), Path::new(proof), profile).map(|(pair, _)| pair)
}

fn of_files(
    report: &Path,
    proof: &Path,
    profile: &Profile,
) -> anyhow::Result<(Pair, (String, String))> {
    let (report, proof) = (
        given::paper(report, profile)?,
        given::paper(proof, profile)?,
    );
    let values: (Value, Value) = (given::object(&report)?, given::object(&proof)?);
    let pair = Pair {
        report_path: report.sheet.path.clone(),
        report: values.0,
        proof_path: proof.sheet.path.clone(),
        proof: values.1,
    };
    Ok((pair, (report.sha256, proof.sha256)))
}

fn repeated(cli: &Cli, args: &RepeatabilityArgs) -> anyhow::Result<Exit> {
    let profile = args.frame.profile()?;
    let pairs: Result<Vec<Pair>, _> = args.pair.iter().map(|text| pair(text, &profile)).collect();
    let made = repeatability::count(&pairs?, &profile);
    given::answer(cli, &made, args.output.as_deref())?;
    Ok(Exit::when(made["repeatability_passed"] == true))
}

fn again(cli: &Cli, args: &RefreshArgs) -> anyhow::Result<Exit> {
    let profile = args.frame.profile()?;
    let (pair, digests) = of_files(&args.report, &args.proof, &profile)?;
    let made = refresh::refresh(&pair, (&digests.0, &digests.1), &profile);
    given::answer(cli, &made, args.output.as_deref())?;
    Ok(Exit::when(made["status"] == "pass"))
}

fn guard(cli: &Cli, args: &GuardArgs) -> anyhow::Result<Exit> {
    let profile = args.frame.profile()?;
    let folder = args.folder.clone().unwrap_or_else(|| cli.root());
    super::must_be_folder(&folder)?;
    let record = args
        .record
        .as_deref()
        .map(|path| given::paper(path, &profile))
        .transpose()?;
    let made = worktree::guard(&folder, record.as_ref(), &profile);
    given::answer(cli, &made, args.output.as_deref())?;
    Ok(Exit::when(made["guard_status"] == "passed"))
}
