// SPDX-License-Identifier: Apache-2.0
//! An audit by a family that brings its own inputs: policy, rules, report, protocol state.

use super::args::{Cli, Common};
use super::audit;
use super::exit::{Exit, UsageError};
use super::reference;
use crate::audit::family::{self, Family, FamilyRequest};
use crate::audit::{Engine, Selection};
use crate::model::Confidence;
use crate::rules;

/// What is to be audited.
pub(super) struct Asked<'a> {
    /// What protocol state calls the audit.
    pub(super) name: &'a str,
    /// Families whose rules run when none is selected; the first is the one that must speak.
    pub(super) families: &'a [&'a str],
    /// Root as given.
    pub(super) root: String,
    /// A blocking rule that could not be evaluated refuses too.
    pub(super) strict: bool,
}

/// Runs it.
pub(super) fn run(
    cli: &Cli,
    common: &Common,
    asked: Asked<'_>,
    family: &dyn Family,
) -> anyhow::Result<Exit> {
    let (config, profile) = audit::policy(cli, &cli.root(), common)?;
    let id = asked.families.first().copied().unwrap_or_default();
    if profile == audit::REFERENCE_PROFILE {
        let text = format!(
            "the reference has no `{}` audit; its profile holds no rule of family {id}",
            asked.name
        );
        return Err(UsageError(text).into());
    }
    let set = rules::load(&profile, &config.rules)?;
    // What a project selects for its releases in ccr.toml does not choose among these rules.
    let only = match common.only.as_slice() {
        [] => asked
            .families
            .iter()
            .map(|&family| family.to_owned())
            .collect(),
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
    if !engine.speaks_for(id) {
        let text = format!("the selection leaves no rule of family {id}; nothing would be checked");
        return Err(UsageError(text).into());
    }
    let (as_of, created_at) = audit::times(common)?;
    let request = FamilyRequest {
        root: asked.root,
        engine: &engine,
        config: &config,
        fail_on: config.fail_on,
        min_confidence: config.min_confidence.unwrap_or(Confidence::Low),
        strict: asked.strict,
        as_of,
        created_at,
    };
    let report = family::run(&request, family)?;
    let exit = reference::print(cli, common, &report, false)?;
    if common.preserve {
        let compat = audit::compatible(cli)?;
        super::runtime::preserve(&cli.root(), compat, asked.name, &report)?;
    }
    Ok(exit)
}
