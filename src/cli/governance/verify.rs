// SPDX-License-Identifier: Apache-2.0
//! `ccr evidence verify`.

use super::given::Frame;
use crate::cli::args::{Cli, any_path};
use crate::cli::exit::{Exit, UsageError};
use crate::cli::sink;
use crate::governance::audit::{Lent, RunWishes, open_run};
use crate::governance::files::{Limits, each_run};
use crate::governance::run::Run;
use crate::governance::run::verify::{Fault, Signed, Verified, verify};
use crate::record;
use crate::support::pyjson::ordered::Value;
use crate::support::signing::VerifyingKey;
use clap::Args;
use std::fmt::Write as _;
use std::path::PathBuf;

/// `ccr evidence verify`
#[derive(Debug, Args)]
pub(in crate::cli) struct VerifyArgs {
    /// Run directory, or an archive that holds it
    #[arg(value_name = "RUN", value_parser = any_path())]
    run: PathBuf,
    /// OpenSSH public key (Ed25519) that must have signed the seal
    #[arg(long, value_name = "FILE", value_parser = any_path())]
    key: Option<PathBuf>,
    #[command(flatten)]
    frame: Frame,
}

/// Verifies and prints.
pub(super) fn run(cli: &Cli, args: &VerifyArgs) -> anyhow::Result<Exit> {
    let profile = args.frame.profile()?;
    let key = args.key.as_deref().map(VerifyingKey::read).transpose();
    let key = key.map_err(|error| UsageError(error.to_string()))?;
    let as_of = args.frame.day()?;
    let wishes = RunWishes::default();
    // No rule has a word in it.
    let lent = Lent::of(&[]).map_err(anyhow::Error::msg)?;
    let told = |error: std::io::Error| UsageError(format!("{}: {error}", args.run.display()));
    let runs = each_run(&args.run, &Limits::default(), |files| {
        let look = |run: &Run<'_>| verify(run, key.as_ref());
        let verified = open_run(&files, &profile, as_of, &wishes, &lent, look);
        (files.name, verified)
    })
    .map_err(told)?;
    let whole = runs.iter().all(|(_, verified)| verified.faults.is_empty());
    let values: Vec<Value> = runs.iter().map(|(name, one)| value(name, one)).collect();
    let document =
        record! { "schema_version" => "ccr.evidence_verify.v1", "ok" => whole, "runs" => values };
    let mut text = String::new();
    for (name, verified) in &runs {
        shown(name, verified, &mut text);
    }
    sink::answer(cli.json, &document, &text)?;
    Ok(Exit::when(whole))
}

fn value(name: &str, verified: &Verified) -> Value {
    let null_or = |text: Option<&str>| text.map_or(Value::Null, Value::from);
    let number = |number: Option<usize>| number.map_or(Value::Null, Value::from);
    let fault = |fault: &Fault| {
        record! {
            "file" => &fault.file,
            "line" => number(fault.line),
            "byte_start" => number(fault.span.map(|span| span.start)),
            "byte_end" => number(fault.span.map(|span| span.end)),
            "fault" => &fault.text,
        }
    };
    let faults: Vec<Value> = verified.faults.iter().map(fault).collect();
    record! {
        "run_id" => name,
        "ok" => verified.faults.is_empty(),
        "root" => null_or(verified.root.as_deref()),
        "signature" => verified.signed.word(),
        "signed_by" => null_or(verified.signed.key()),
        "faults" => faults,
    }
}

fn shown(name: &str, verified: &Verified, out: &mut String) {
    let root = verified.root.as_deref().unwrap_or("none");
    let word = if verified.faults.is_empty() {
        "as it was sealed"
    } else {
        "NOT as it was sealed"
    };
    let _ = writeln!(out, "{name}: {word}; root {root}");
    for fault in &verified.faults {
        let place = match (fault.line, fault.span) {
            (Some(line), _) => format!(":{line}"),
            (None, Some(span)) => format!(" bytes {}..{}", span.start, span.end),
            (None, None) => String::new(),
        };
        let _ = writeln!(out, "  {}{place}: {}", fault.file, fault.text);
    }
    match &verified.signed {
        Signed::ByGiven(key) => {
            let _ = writeln!(out, "  signed by {key}");
        }
        Signed::ByUnknown(key) => {
            let _ = writeln!(out, "  signed by {key}; name a key you trust with --key");
        }
        Signed::Absent | Signed::Broken => {}
    }
}
