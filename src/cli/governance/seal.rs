// SPDX-License-Identifier: Apache-2.0
//! `ccr evidence seal`.

use super::ProfileArgs;
use crate::cli::args::{Cli, any_path};
use crate::cli::exit::{Exit, UsageError};
use crate::cli::sink;
use crate::governance::make::directory::{self, SealError, Wish};
use crate::record;
use crate::support::clock;
use crate::support::pyjson::ordered::Value;
use crate::support::signing::SigningKey;
use clap::Args;
use std::fmt::Write as _;
use std::path::PathBuf;

/// `ccr evidence seal RUN_DIR`
#[derive(Debug, Args)]
pub(in crate::cli) struct SealArgs {
    /// Directory of a finished run
    #[arg(value_name = "RUN_DIR", value_parser = any_path())]
    directory: PathBuf,
    /// Leave report.json as it is: write only seal.json
    #[arg(long)]
    detached: bool,
    /// Replace the seal of content that has changed since; the new seal names the old one
    #[arg(long)]
    reseal: bool,
    /// OpenSSH private key (Ed25519, without passphrase) to sign the seal with; the signature
    /// stands beside it as seal.json.sig, and `ssh-keygen -Y verify -n ccr.run_seal` reads it
    #[arg(long, value_name = "FILE", value_parser = any_path())]
    key: Option<PathBuf>,
    #[command(flatten)]
    profile: ProfileArgs,
}

/// Seals a run.
pub(super) fn seal(cli: &Cli, args: &SealArgs) -> anyhow::Result<Exit> {
    let profile = args.profile.read()?;
    let key = args.key.as_deref().map(SigningKey::read).transpose();
    let key = key.map_err(|error| UsageError(error.to_string()))?;
    let wish = Wish {
        profile: &profile,
        detached: args.detached,
        reseal: args.reseal,
        now: clock::report_time().map_err(UsageError)?,
    };
    let shown = args.directory.display();
    let sealed = match directory::seal(&args.directory, &wish, key.as_ref()) {
        Ok(sealed) => sealed,
        Err(SealError::Io(error)) => return Err(UsageError(format!("{shown}: {error}")).into()),
        Err(error) => {
            let why = format!("{shown}: {error}");
            let answer = record! { "ok" => false, "sealed" => false, "error" => &why };
            sink::answer(cli.json, &answer, &format!("not sealed: {why}\n"))?;
            return Ok(Exit::Refused);
        }
    };
    let text_or_null = |text: &Option<String>| text.as_ref().map_or(Value::Null, Value::from);
    let answer = record! {
        "ok" => true,
        "sealed" => true,
        "run" => shown.to_string(),
        "root" => &sealed.root,
        "files" => sealed.files,
        "fresh" => sealed.fresh,
        "unchanged" => sealed.unchanged,
        "previous_seal" => text_or_null(&sealed.previous),
        "signed_by" => text_or_null(&sealed.signed_by),
    };
    let word = if sealed.unchanged { "stands" } else { "sealed" };
    let mut text = format!("{word}: {} files, root {}\n", sealed.files, sealed.root);
    if let Some(previous) = &sealed.previous {
        let _ = writeln!(text, "replaces the seal {previous}");
    }
    if let Some(key) = &sealed.signed_by {
        let _ = writeln!(text, "signed by {key}");
    }
    if !sealed.fresh && !args.detached {
        text.push_str(
            "warning: not every artifact is proven fresh; `ccr audit evidence` says which\n",
        );
    }
    sink::answer(cli.json, &answer, &text)?;
    Ok(Exit::Accepted)
}
