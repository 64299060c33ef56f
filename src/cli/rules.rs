// SPDX-License-Identifier: Apache-2.0
//! `ccr rules list | explain | check | docs`.

use super::args::{Cli, RulesCommand, RulesCommon};
use super::exit::{Exit, UsageError};
use super::sink;
use crate::audit::examples;
use crate::config;
use crate::rules::{self, Rule, RuleSet, docs};
use crate::support::{atomic, json};
use anyhow::Context as _;
use serde_json::json;
use std::path::Path;

/// Runs one of the subcommands.
pub(super) fn run(cli: &Cli, command: &RulesCommand) -> anyhow::Result<Exit> {
    match command {
        RulesCommand::List(common) => list(&load(common)?, cli.json),
        RulesCommand::Explain { id, common } => explain(&load(common)?, id, cli.json),
        RulesCommand::Check { file, common } => check(file.as_deref(), common, cli.json),
        RulesCommand::Docs { folder } => write_docs(folder),
    }
}

fn load(common: &RulesCommon) -> anyhow::Result<RuleSet> {
    let variable = std::env::var("CCR_AUDIT_PROFILE")
        .ok()
        .filter(|name| !name.is_empty());
    let profile = common
        .profile
        .clone()
        .or(variable)
        .unwrap_or_else(|| "default".to_owned());
    let extra: Vec<_> = common.rules.iter().cloned().map(config::source).collect();
    Ok(rules::load(&profile, &extra)?)
}

fn list(set: &RuleSet, as_json: bool) -> anyhow::Result<Exit> {
    let mut text = String::new();
    if as_json {
        let rows: Vec<_> = set
            .rules
            .iter()
            .map(|rule| json!({ "meta": &*rule.meta, "pack": rule.pack, "scope": rule.scope }))
            .collect();
        text = json::pretty(&json!({ "ok": true, "profile": set.profile.id, "rules": rows }));
    } else {
        for rule in &set.rules {
            let meta = &rule.meta;
            text.push_str(&format!(
                "{:<44} {:<9} {:<7} {}\n",
                meta.id,
                meta.severity,
                meta.confidence,
                meta.prose().title
            ));
        }
        text.push_str(&format!(
            "{} rules in profile {}\n",
            set.rules.len(),
            set.profile.id
        ));
    }
    sink::print(&text)?;
    Ok(Exit::Accepted)
}

fn explain(set: &RuleSet, id: &str, as_json: bool) -> anyhow::Result<Exit> {
    let find = |set: &RuleSet| {
        let mut rules = set.rules.iter();
        let named = |rule: &Rule| {
            rule.meta.id.as_str() == id || rule.meta.prose().aliases.iter().any(|alias| alias == id)
        };
        rules.find(|rule| named(rule)).cloned()
    };
    let mut found = find(set);
    // A report may speak of a rule that only its command's profile has.
    for profile in [docs::PROFILE, "ccr-1.0"] {
        if found.is_none() {
            found = find(&rules::load(profile, &[])?);
        }
    }
    let Some(rule) = found else {
        return Err(UsageError(format!(
            "there is no rule `{id}`; `ccr rules list` shows them"
        ))
        .into());
    };
    let text = if as_json {
        json::pretty(
            &json!({ "ok": true, "meta": &*rule.meta, "pack": rule.pack, "scope": rule.scope }),
        )
    } else {
        docs::page(&rule)
    };
    sink::print(&text)?;
    Ok(Exit::Accepted)
}

/// Lints a file (or the active rules) and runs the examples that rules carry.
fn check(file: Option<&Path>, common: &RulesCommon, as_json: bool) -> anyhow::Result<Exit> {
    let set = match file {
        Some(path) => rules::load_only(&config::source(path.to_owned()))?,
        None => load(common)?,
    };
    let faults = examples::check(&set);
    let errors = faults.iter().filter(|fault| fault.error).count();
    let text = if as_json {
        json::pretty(&json!({ "ok": errors == 0, "rules": set.rules.len(), "faults": faults }))
    } else {
        let mut text = String::new();
        for fault in &faults {
            let level = if fault.error { "error" } else { "warning" };
            text.push_str(&format!("{level}[{}]: {}\n", fault.rule, fault.message));
        }
        text.push_str(&format!(
            "{} rules checked: {errors} errors, {} warnings\n",
            set.rules.len(),
            faults.len() - errors
        ));
        text
    };
    sink::print(&text)?;
    Ok(Exit::when(errors == 0))
}

fn write_docs(folder: &Path) -> anyhow::Result<Exit> {
    let set = rules::load(docs::PROFILE, &[])?;
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let all: Vec<&Rule> = set.rules.iter().map(|rule| &**rule).collect();
    for (name, text) in docs::pages(&all) {
        let path = folder.join(name);
        atomic::write(&path, text.as_bytes()).with_context(|| path.display().to_string())?;
    }
    Ok(Exit::Accepted)
}
