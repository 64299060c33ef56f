// SPDX-License-Identifier: Apache-2.0
//! Governed change: `ccr audit governance`, `ccr audit evidence`, and the commands that make and
//! check what these read.

mod audits;
mod control;
mod evidence;
mod record;
mod seal;

pub(super) use audits::{EvidenceArgs, GovernanceArgs, evidence, governance};
pub(super) use control::{ControlCommand, run as control};
pub(super) use evidence::{EvidenceCommand, run as run_evidence};
pub(super) use record::{FixturesCommand, fixtures};

use super::args::{Cli, Common};
use super::audit;
use super::exit::UsageError;
use super::sink;
use crate::audit::{Engine, Selection};
use crate::config::Config;
use crate::governance::files::read_bounded;
use crate::governance::profile::Profile;
use crate::rules;
use crate::support::pyjson::ordered::Value;
use clap::Args;
use jiff::civil::Date;
use std::path::PathBuf;

/// What every command of the family takes.
#[derive(Debug, Args)]
pub(super) struct ProfileArgs {
    /// Kinds, vocabularies, notices and statements of your organisation, laid over the built-in profile (TOML)
    #[arg(long, value_name = "FILE")]
    pub(super) governance_profile: Option<PathBuf>,
}

impl ProfileArgs {
    /// The profile.
    pub(super) fn read(&self) -> anyhow::Result<Profile> {
        let Some(path) = &self.governance_profile else {
            return Ok(Profile::embedded());
        };
        let told = |cause: String| UsageError(format!("{}: {cause}", path.display()));
        let bytes = read_bounded(path, 4 << 20).map_err(|error| told(error.to_string()))?;
        let text = String::from_utf8(bytes).map_err(|_| told("it is no UTF-8".to_owned()))?;
        Ok(Profile::with(Some(&text)).map_err(told)?)
    }
}

/// The rules that the family's audits run: its own, and those of other families that speak about
/// governed text.
pub(super) fn engine(common: &Common, config: &Config, profile: &str) -> anyhow::Result<Engine> {
    if profile == audit::REFERENCE_PROFILE {
        let text = "the reference has no such audit; its profile holds no rule of family cto";
        return Err(UsageError(text.to_owned()).into());
    }
    let set = rules::load(profile, &config.rules)?;
    // What a project selects for its releases in ccr.toml does not choose among these rules.
    let only = match common.only.as_slice() {
        [] => ["cto", "path", "policy", "secret"]
            .map(str::to_owned)
            .to_vec(),
        named => named.to_vec(),
    };
    let selection = Selection {
        only,
        skip: config.skip.clone(),
    };
    let engine = Engine::new(set, &selection).map_err(UsageError)?;
    if !config.rules.is_empty() {
        engine.compile_all().map_err(UsageError)?;
    }
    if !engine.speaks_for("cto") {
        let text = "the selection leaves no rule of family cto; nothing would be checked";
        return Err(UsageError(text.to_owned()).into());
    }
    Ok(engine)
}

/// A day that was checked before.
pub(super) fn day(as_of: &str) -> anyhow::Result<Date> {
    let told = || UsageError(format!("--as-of is `{as_of}`; write a day as YYYY-MM-DD"));
    Ok(as_of.parse().map_err(|_| told())?)
}

/// Prints an answer: JSON when it was asked for, else the text.
pub(super) fn say(cli: &Cli, answer: &Value, text: &str) -> anyhow::Result<()> {
    if cli.json {
        sink::print(&format!("{}\n", answer.indented()))
    } else {
        sink::print(text)
    }
}
