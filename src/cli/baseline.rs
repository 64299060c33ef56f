// SPDX-License-Identifier: Apache-2.0
//! `ccr baseline write` and `ccr baseline import`: findings that are known, put into the file that
//! silences them. Entries hold fingerprints, never a secret nor its hash.

use super::args::{Cli, Common, Findings};
use super::audit;
use super::exit::{Exit, UsageError};
use super::runtime::BaselineCommand;
use super::sink;
use crate::config::{Baseline, BaselineEntry};
use crate::model::SuppressionKind;
use crate::support::json;
use clap::{Args, Subcommand};
use serde_json::json;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// `ccr baseline ...`
#[derive(Debug, Subcommand)]
pub(super) enum BaselineGroup {
    /// Take the findings of the root into the baseline, with a reason
    Write(WriteArgs),
    /// Take over what a baseline of detect-secrets, or a JSON report of gitleaks, knows
    Import(ImportArgs),
    /// What observations are compared with
    #[command(flatten)]
    State(BaselineCommand),
}

/// `ccr baseline write`
#[derive(Debug, Args)]
pub(super) struct WriteArgs {
    /// Why the findings are accepted; every new entry gets it
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Last day that they are accepted, YYYY-MM-DD
    #[arg(long, value_name = "DATE")]
    until: Option<String>,
    /// Whose findings
    #[arg(long, value_enum, value_name = "COMMAND", default_value = "scan")]
    of: Findings,
    /// Leave out entries that match nothing any more
    #[arg(long)]
    prune: bool,
    #[command(flatten)]
    common: Common,
}

/// `ccr baseline import`
#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// `.secrets.baseline`, or a report of gitleaks as JSON
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Whose findings
    #[arg(long, value_enum, value_name = "COMMAND", default_value = "scan")]
    of: Findings,
    #[command(flatten)]
    common: Common,
}

/// What is to be done with the findings.
struct Plan<'p> {
    common: &'p Common,
    of: Findings,
    /// For findings that nothing silences.
    reason: Option<&'p str>,
    until: Option<&'p str>,
    prune: bool,
}

/// `ccr baseline write`.
pub(super) fn write(cli: &Cli, args: &WriteArgs) -> anyhow::Result<Exit> {
    if args.reason.trim().is_empty() {
        let text = "--reason is empty; an entry without a reason silences nothing";
        return Err(UsageError(text.to_owned()).into());
    }
    if let Some(until) = &args.until
        && until.parse::<jiff::civil::Date>().is_err()
    {
        let text = format!("--until is `{until}`; write a day as YYYY-MM-DD");
        return Err(UsageError(text).into());
    }
    let plan = Plan {
        common: &args.common,
        of: args.of,
        reason: Some(&args.reason),
        until: args.until.as_deref(),
        prune: args.prune,
    };
    run(cli, &plan, None)
}

/// `ccr baseline import`.
pub(super) fn import(cli: &Cli, args: &ImportArgs) -> anyhow::Result<Exit> {
    let theirs = Baseline::read(&args.file)?;
    if theirs.foreign.is_empty() && !theirs.findings.is_empty() {
        let text = format!(
            "{}: it is a baseline of this program already; name it with --baseline",
            args.file.display()
        );
        return Err(UsageError(text).into());
    }
    let plan = Plan {
        common: &args.common,
        of: args.of,
        reason: None,
        until: None,
        prune: false,
    };
    run(cli, &plan, Some(theirs))
}

fn run(cli: &Cli, plan: &Plan<'_>, theirs: Option<Baseline>) -> anyhow::Result<Exit> {
    let root = cli.root();
    let (mut config, profile) = audit::policy_but_baseline(cli, &root, plan.common)?;
    let named = config.baseline.as_ref().map(|(file, _)| root.join(file));
    let file = plan.common.baseline.clone().or(named);
    let file = file.unwrap_or_else(|| root.join(".ccr-baseline.json"));
    let mut ours = match file.is_file() {
        true => Baseline::read(&file)?,
        false => Baseline {
            version: 1,
            ..Baseline::default()
        },
    };
    let mut both = ours.clone();
    if let Some(theirs) = &theirs {
        both.foreign.extend(theirs.foreign.iter().cloned());
    }
    config.baseline = Some((file.display().to_string(), both));
    let report = audit::examined(cli, plan.common, plan.of, (config, profile))?;
    let foreign = std::mem::take(&mut ours.foreign);
    let known: BTreeSet<String> = ours
        .findings
        .iter()
        .map(|entry| entry.fingerprint.clone())
        .collect();
    let mut met = BTreeSet::new();
    let mut added = 0usize;
    for finding in &report.findings {
        let fingerprint = finding.fingerprint.to_string();
        if known.contains(&fingerprint) {
            met.insert(fingerprint);
            continue;
        }
        let reason = match &finding.suppressed {
            Some(by) if by.by == SuppressionKind::Baseline => by.reason.as_str(),
            Some(_) => continue,
            // What is wrong with policy is repaired, not accepted.
            None if finding.rule_id.family() == "policy" => continue,
            None => match plan.reason {
                Some(reason) => reason,
                None => continue,
            },
        };
        added += 1;
        ours.findings.push(BaselineEntry {
            fingerprint,
            rule_id: finding.rule_id.to_string(),
            path: finding.path.to_string(),
            reason: reason.to_owned(),
            until: plan.until.map(str::to_owned),
        });
    }
    let before = ours.findings.len();
    if plan.prune {
        ours.findings.retain(|entry| {
            !known.contains(&entry.fingerprint) || met.contains(&entry.fingerprint)
        });
    }
    let dropped = before - ours.findings.len();
    ours.write(&file)
        .map_err(|error| anyhow::anyhow!("{}: cannot be written: {error}", file.display()))?;
    let missing: Vec<&str> = report
        .active()
        .filter(|f| f.rule_id.as_str() == "policy-baseline-unused" && theirs.is_some())
        .map(|f| f.description.as_str())
        .filter(|text| text.starts_with("The baseline of "))
        .collect();
    if cli.json {
        sink::print(&json::pretty(&json!({
            "ok": true,
            "baseline": file.display().to_string(),
            "entries": ours.findings.len(),
            "added": added,
            "dropped": dropped,
            "not_found": missing,
        })))?;
        return Ok(Exit::Accepted);
    }
    let mut text = String::new();
    for line in &missing {
        text.push_str(&format!("note: {line}\n"));
    }
    if !foreign.is_empty() {
        text.push_str(&format!(
            "note: {} was another scanner's baseline and is now one of this program\n",
            file.display()
        ));
    }
    text.push_str(&format!(
        "{}: {} entries, {added} new, {dropped} left out\n",
        file.display(),
        ours.findings.len()
    ));
    sink::print(&text)?;
    Ok(Exit::Accepted)
}
