// SPDX-License-Identifier: Apache-2.0
//! `ccr evidence replay`: the outcome of a run derived anew, and how it compares with the claim.

use super::given::Frame;
use crate::cli::args::{Cli, any_path};
use crate::cli::exit::{Exit, UsageError};
use crate::cli::sink;
use crate::governance::audit::{RunWishes, open_run};
use crate::governance::files::{Limits, each_run};
use crate::governance::run::{Reason, Replay, Run, replay};
use crate::record;
use crate::support::pyjson::ordered::Value;
use clap::Args;
use std::collections::HashSet;
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
    for (number, (name, replay)) in replays.iter().enumerate() {
        if number > 0 {
            text.push('\n');
        }
        shown(name, replay, &mut text);
    }
    sink::answer(cli.json, &document, &text)?;
    Ok(Exit::when(agree))
}

/// A reason behind the place that it speaks of, neither file nor line named twice.
fn sentence(reason: &Reason) -> String {
    let (mut place, mut text) = (reason.file.clone(), reason.text.as_str());
    let named = format!("`{}` ", reason.file);
    if let Some(line) = reason.line {
        let _ = write!(place, ":{line}");
        let counted = format!("line {line}");
        let rest = text.strip_prefix(counted.as_str());
        match rest.and_then(|rest| rest.strip_prefix(": ")) {
            Some(rest) => text = rest,
            None => {
                if let Some(rest) = rest.and_then(|rest| rest.strip_prefix(' ')) {
                    return format!("{place} {rest}");
                }
            }
        }
    } else if let Some(rest) = text.strip_prefix(named.as_str()) {
        return format!("{place} {rest}");
    }
    format!("{place}: {text}")
}

fn shown(name: &str, replay: &Replay, out: &mut String) {
    let claimed = replay.claimed.as_deref().unwrap_or("nothing");
    let _ = writeln!(out, "{name}");
    let mut said = HashSet::new();
    for predicate in &replay.predicates {
        let sign = if predicate.holds { "holds" } else { "FAILS" };
        let because: Vec<String> = predicate.because.iter().map(sentence).collect();
        // What keeps several from being judged is said once.
        let known = !because.is_empty() && because.iter().all(|text| said.contains(text));
        let same = if known { " (as above)" } else { "" };
        let _ = writeln!(
            out,
            "  {sign}  {:<12} {}{same}",
            predicate.name, predicate.asks
        );
        for text in because {
            if said.insert(text.clone()) {
                let _ = writeln!(out, "           {text}");
            }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_file_nor_line_is_named_twice() {
        let told = |file: &str, line, text: &str| {
            sentence(&Reason {
                file: file.to_owned(),
                line,
                bytes: None,
                text: text.to_owned(),
            })
        };
        for (line, text, shown) in [
            (None, "`a.log` is not there", "a.log is not there"),
            (None, "`b.log` is not there", "a.log: `b.log` is not there"),
            (
                Some(3),
                "line 3: its `seq` is not 3",
                "a.log:3: its `seq` is not 3",
            ),
            (
                Some(3),
                "line 3 breaks the chain",
                "a.log:3 breaks the chain",
            ),
            (
                Some(3),
                "line 33 breaks the chain",
                "a.log:3: line 33 breaks the chain",
            ),
            (Some(3), "`a.log` is named", "a.log:3: `a.log` is named"),
        ] {
            assert_eq!(told("a.log", line, text), shown);
        }
    }
}
