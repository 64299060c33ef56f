// SPDX-License-Identifier: Apache-2.0
//! An audit by a family that brings its own inputs: policy, rules, report, protocol state.

use super::args::{Cli, Common};
use super::audit;
use super::exit::{Exit, UsageError};
use super::reference;
use crate::audit::family::{self, Family, FamilyRequest};
use crate::audit::{Engine, Selection};
use crate::config::Config;
use crate::model::{Confidence, Report};
use crate::rules;

/// What is to be audited.
pub(super) struct Asked<'a> {
    /// What protocol state calls the audit.
    pub(super) name: &'a str,
    /// Families whose rules run when none is selected.
    pub(super) families: &'a [&'a str],
    /// Checks of which a rule must be left.
    pub(super) speaks: fn(&str) -> bool,
    /// What those rules are, for people.
    pub(super) rules: &'a str,
    /// Root as given.
    pub(super) root: String,
    /// A blocking rule that could not be evaluated refuses too.
    pub(super) strict: bool,
}

/// Runs it, prints the report, keeps it as protocol state where that was asked for.
pub(super) fn run(
    cli: &Cli,
    common: &Common,
    policy: &(Config, String),
    asked: &Asked<'_>,
    family: &dyn Family,
) -> anyhow::Result<Exit> {
    let report = judge(common, policy, asked, family)?;
    told(cli, common, asked.name, &report)
}

/// Prints a report, and keeps it as protocol state where that was asked for.
pub(super) fn told(
    cli: &Cli,
    common: &Common,
    name: &str,
    report: &Report,
) -> anyhow::Result<Exit> {
    let exit = reference::print(cli, common, report, false)?;
    if common.preserve {
        let compat = audit::compatible(cli)?;
        super::runtime::preserve(&cli.root(), compat, name, report)?;
    }
    Ok(exit)
}

/// Runs it.
pub(super) fn judge(
    common: &Common,
    (config, profile): &(Config, String),
    asked: &Asked<'_>,
    family: &dyn Family,
) -> anyhow::Result<Report> {
    if profile == audit::REFERENCE_PROFILE {
        let text = format!(
            "the reference has no audit of this kind ({}); its profile holds no rule for it",
            asked.name
        );
        return Err(UsageError(text).into());
    }
    let set = rules::load(profile, &config.rules)?;
    // What a project selects for its releases in ccr.toml does not choose among these rules.
    let only = match common.only.as_slice() {
        [] => asked.families.iter().map(|&name| name.to_owned()).collect(),
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
    if !engine.speaks_by(asked.speaks) {
        let text = format!(
            "the selection leaves no rule {}; nothing would be checked",
            asked.rules
        );
        return Err(UsageError(text).into());
    }
    let (as_of, created_at) = audit::times(common)?;
    let request = FamilyRequest {
        root: asked.root.clone(),
        engine: &engine,
        config,
        fail_on: config.fail_on,
        min_confidence: config.min_confidence.unwrap_or(Confidence::Low),
        strict: asked.strict,
        as_of,
        created_at,
    };
    Ok(family::run(&request, family)?)
}
