// SPDX-License-Identifier: Apache-2.0
//! `ccr evidence diff`: two runs held against each other, as a candidate and its baseline are.

use super::given::Frame;
use crate::cli::args::{Cli, any_path};
use crate::cli::exit::{Exit, UsageError};
use crate::cli::sink;
use crate::governance::audit::{RunJudge, RunWishes};
use crate::governance::files::{Limits, each_run};
use crate::governance::run::{RunSummary, diff};
use crate::record;
use crate::support::pyjson::ordered::Value;
use clap::Args;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// `ccr evidence diff`
#[derive(Debug, Args)]
pub(in crate::cli) struct DiffArgs {
    /// Run directory, or an archive that holds it
    #[arg(value_name = "A", value_parser = any_path())]
    a: PathBuf,
    /// The other
    #[arg(value_name = "B", value_parser = any_path())]
    b: PathBuf,
    #[command(flatten)]
    frame: Frame,
}

/// Compares and prints.
pub(super) fn run(cli: &Cli, args: &DiffArgs) -> anyhow::Result<Exit> {
    let profile = args.frame.profile()?;
    let wishes = RunWishes::default();
    let judge = RunJudge::new(&profile, args.frame.day()?, &wishes, super::lent()?);
    let one = |path: &Path| -> anyhow::Result<RunSummary> {
        let told = |why: String| UsageError(format!("{}: {why}", path.display()));
        let judged = each_run(path, &Limits::default(), |files| judge.one(&files).1);
        let mut judged = judged.map_err(|error| told(error.to_string()))?;
        match (judged.pop(), judged.is_empty()) {
            (Some(run), true) if run.report.is_some() => Ok(run),
            (Some(_), true) => Err(told("it holds no report".to_owned()).into()),
            _ => Err(told("it holds more than one run; name one".to_owned()).into()),
        }
    };
    let (a, b) = (one(&args.a)?, one(&args.b)?);
    let side = |run| diff::Side::of(run, &profile.evidence);
    let facts = diff::facts(&side(&a), &side(&b));
    let agree = facts.iter().all(|fact| fact.matches);
    let fact = |fact: &diff::Fact| {
        record! { "fact" => fact.name, "matches" => fact.matches, "detail" => &fact.detail }
    };
    let values: Vec<Value> = facts.iter().map(fact).collect();
    let document = record! {
        "schema_version" => "ccr.run_diff.v1",
        "a" => &a.name,
        "b" => &b.name,
        "matches" => agree,
        "facts" => values,
    };
    let mut text = String::new();
    let _ = writeln!(text, "{} / {}", a.name, b.name);
    for fact in &facts {
        let sign = if fact.matches { "match " } else { "DIFFER" };
        let _ = writeln!(text, "  {sign}  {:<15} {}", fact.name, fact.detail);
    }
    sink::answer(cli.json, &document, &text)?;
    Ok(Exit::when(agree))
}
