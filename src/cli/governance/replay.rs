// SPDX-License-Identifier: Apache-2.0
//! `ccr evidence replay`: the outcome of a run derived anew, and how it compares with the claim.

use super::given::Frame;
use crate::cli::args::{Cli, any_path};
use crate::cli::exit::{Exit, UsageError};
use crate::cli::sink;
use crate::governance::audit::{RunWishes, open_run};
use crate::governance::files::{Limits, each_run};
use crate::governance::run::{Replay, Run, replay};
use crate::record;
use crate::support::pyjson::ordered::Value;
use clap::Args;
use std::fmt::Write as _;
use std::path::PathBuf;

/// `ccr evidence replay`
#[derive(Debug, Args)]
pub(in crate::cli) struct ReplayArgs {
    /// Run directory, or an archive that holds it
    #[arg(value_name = "RUN", value_parser = any_path())]
    run: PathBuf,
    /// Task contract in place of the run's own copy (JSON)
    #[arg(long, value_name = "FILE", value_parser = any_path())]
    contract: Option<PathBuf>,
    #[command(flatten)]
    frame: Frame,
}

/// Derives and prints.
pub(super) fn run(cli: &Cli, args: &ReplayArgs) -> anyhow::Result<Exit> {
    let profile = args.frame.profile()?;
    let mut wishes = RunWishes::default();
    if let Some(path) = &args.contract {
        wishes.read_contract(path).map_err(UsageError)?;
    }
    let lent = super::lent()?;
    let as_of = args.frame.day()?;
    let told = |error: std::io::Error| UsageError(format!("{}: {error}", args.run.display()));
    let replays = each_run(&args.run, &Limits::default(), |files| {
        let look = |run: &Run<'_>| (files.name.clone(), replay::of(run).clone());
        open_run(&files, &profile, as_of, &wishes, lent, look)
    })
    .map_err(told)?;
    let agree = replays.iter().all(|(_, replay)| replay.agrees());
    let value = |(name, replay): &(String, Replay)| {
        let mut value = record! { "run_id" => name };
        if let (Some(into), Value::Object(from)) = (value.as_object_mut(), replay.value()) {
            into.extend(from);
        }
        value
    };
    let runs: Vec<Value> = replays.iter().map(value).collect();
    let document =
        record! { "schema_version" => "ccr.replay.v1", "agrees" => agree, "runs" => runs };
    let mut text = String::new();
    for (name, replay) in &replays {
        shown(name, replay, &mut text);
    }
    sink::answer(cli.json, &document, &text)?;
    Ok(Exit::when(agree))
}

fn shown(name: &str, replay: &Replay, out: &mut String) {
    let claimed = replay.claimed.as_deref().unwrap_or("nothing");
    let _ = writeln!(out, "{name}");
    for predicate in &replay.predicates {
        let sign = if predicate.holds { "holds" } else { "FAILS" };
        let _ = writeln!(out, "  {sign}  {:<12} {}", predicate.name, predicate.asks);
        for reason in &predicate.because {
            let line = reason.line.map_or(String::new(), |line| format!(":{line}"));
            let _ = writeln!(out, "           {}{line}: {}", reason.file, reason.text);
        }
    }
    let codes = if replay.codes.is_empty() {
        String::new()
    } else {
        format!(" ({})", replay.codes.join(", "))
    };
    let verdict = if replay.agrees() {
        "as claimed"
    } else {
        "NOT as claimed"
    };
    let _ = writeln!(
        out,
        "  derived {}{codes}, claimed {claimed}: {verdict}",
        replay.status
    );
}
