// SPDX-License-Identifier: Apache-2.0
//! What the commands on gates are given: files, runs, the day; and how they answer.

use super::ProfileArgs;
use crate::cli::args::{Cli, any_path};
use crate::cli::exit::UsageError;
use crate::cli::sink;
use crate::governance::files::Limits;
use crate::governance::gate::ladder::Ladder;
use crate::governance::gate::open::{Given, GivenRun};
use crate::governance::gate::{Paper, Sheet, runs};
use crate::governance::json;
use crate::governance::plan::Plan;
use crate::governance::plan::tree::root_of;
use crate::governance::profile::{Profile, Stage};
use crate::support::pyjson::ordered;
use crate::support::{atomic, clock};
use anyhow::Context as _;
use clap::Args;
use jiff::civil::Date;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The profile and the day.
#[derive(Debug, Args)]
pub(super) struct Frame {
    #[command(flatten)]
    profile: ProfileArgs,
    /// Day on which it is judged [default: SOURCE_DATE_EPOCH, else today, UTC]
    #[arg(long, value_name = "DATE")]
    as_of: Option<String>,
}

impl Frame {
    /// The profile.
    pub(super) fn profile(&self) -> anyhow::Result<Profile> {
        self.profile.read()
    }

    /// The day.
    pub(super) fn day(&self) -> anyhow::Result<Date> {
        let now = clock::report_time().map_err(UsageError)?;
        super::day(&self.as_of.clone().unwrap_or_else(|| clock::date(now)))
    }
}

/// Admissions and evidence.
#[derive(Debug, Args)]
pub(super) struct GateInputs {
    /// Ledger (gates.json) or gates document; the tree around it is searched for what is not given
    #[arg(long, value_name = "FILE", value_parser = any_path())]
    ledger: Option<PathBuf>,
    /// Directory or archive of one run
    #[arg(long, value_name = "RUN", value_parser = any_path())]
    run: Option<PathBuf>,
    /// Source admission record
    #[arg(long, value_name = "FILE", value_parser = any_path())]
    source: Option<PathBuf>,
    /// Admission of the provider and model
    #[arg(long, value_name = "FILE", value_parser = any_path())]
    provider: Option<PathBuf>,
    /// Admission of the target repository
    #[arg(long, value_name = "FILE", value_parser = any_path())]
    target: Option<PathBuf>,
    /// Approval record
    #[arg(long, value_name = "FILE", value_parser = any_path())]
    approval: Option<PathBuf>,
    /// Further documents: interface and adapter contracts, failure matrix, comparison
    #[arg(long, value_name = "FILE", value_parser = any_path())]
    document: Vec<PathBuf>,
}

/// The same, read.
#[derive(Debug, Default)]
pub(super) struct Read {
    /// What holds of it; the tree, a decision and a contract are the commands' own.
    pub(super) given: Given<'static>,
    /// The governance root around the ledger.
    pub(super) root: Option<PathBuf>,
    /// SHA-256 by path as it was named.
    pub(super) files: BTreeMap<String, String>,
}

impl GateInputs {
    /// Reads what was named.
    pub(super) fn read(&self, profile: &Profile, as_of: Date) -> anyhow::Result<Read> {
        let mut files = BTreeMap::new();
        let mut noted = |path: &Path| -> anyhow::Result<Paper> {
            let paper = paper_or_empty(path, profile)?;
            files.insert(paper.sheet.path.clone(), paper.sha256.clone());
            Ok(paper)
        };
        let mut one = |path: &Option<PathBuf>| path.as_deref().map(&mut noted).transpose();
        let mut given = Given {
            source: one(&self.source)?,
            provider: one(&self.provider)?,
            target: one(&self.target)?,
            approval: one(&self.approval)?,
            ..Given::default()
        };
        let mut root = None;
        if let Some(path) = &self.ledger {
            given.ladder = Some(Ladder::of_paper(&noted(path)?, profile));
            root = root_around(path, profile);
        }
        for path in &self.document {
            given.documents.push(noted(path)?);
        }
        if let Some(path) = &self.run {
            let mut found = judged(path, profile, as_of)?;
            let shown = path.display();
            if found.len() != 1 {
                let text = format!("{shown}: it holds {} runs; name one", found.len());
                return Err(UsageError(text).into());
            }
            if let Some(run) = found.pop() {
                for (name, digest) in &run.summary.digests {
                    files.insert(format!("{shown}/{name}"), digest.clone());
                }
                given.run = Some(run);
            }
        }
        Ok(Read { given, root, files })
    }
}

/// The tree around a ledger.
pub(super) fn tree<'p>(
    root: Option<&Path>,
    profile: &'p Profile,
    as_of: Date,
) -> anyhow::Result<Option<Plan<'p>>> {
    root.map(|root| plan(root, profile, as_of)).transpose()
}

/// The governed tree below a root.
pub(super) fn plan<'p>(root: &Path, profile: &'p Profile, as_of: Date) -> anyhow::Result<Plan<'p>> {
    let read = Plan::read(root, profile, as_of, &Limits::default());
    Ok(read.map_err(|error| UsageError(format!("{}: {error}", root.display())))?)
}

/// The governance root around a file.
pub(super) fn root_around(file: &Path, profile: &Profile) -> Option<PathBuf> {
    let folder = file.parent();
    let folder = folder.filter(|folder| !folder.as_os_str().is_empty());
    root_of(folder.unwrap_or_else(|| Path::new(".")), profile)
}

/// Reads a file that must be there and be readable.
pub(super) fn paper(path: &Path, profile: &Profile) -> anyhow::Result<Paper> {
    Ok(Paper::read(path, profile).map_err(UsageError)?)
}

/// The same; what is there and cannot be read proves nothing.
pub(super) fn paper_or_empty(path: &Path, profile: &Profile) -> anyhow::Result<Paper> {
    match Paper::read(path, profile) {
        Ok(paper) => Ok(paper),
        Err(_) if path.is_file() => Ok(Paper::empty(path)),
        Err(why) => Err(UsageError(why).into()),
    }
}

/// A stage that was named.
pub(super) fn stage(number: u64, profile: &Profile) -> anyhow::Result<&Stage> {
    let told = || {
        let stages = profile.gates.stages.iter();
        let known: Vec<String> = stages.map(|stage| stage.number.to_string()).collect();
        let known = known.join(", ");
        UsageError(format!(
            "--stage {number}: there is no such stage; the profile has {known}"
        ))
    };
    Ok(profile.gates.stage(number).ok_or_else(told)?)
}

/// Runs of a path, judged.
pub(super) fn judged(path: &Path, profile: &Profile, as_of: Date) -> anyhow::Result<Vec<GivenRun>> {
    let read = runs::read(path, profile, as_of, super::lent()?);
    Ok(read.map_err(|error| UsageError(format!("{}: {error}", path.display())))?)
}

/// Prints an answer, and writes it to a file when one is named.
pub(super) fn answer(
    cli: &Cli,
    made: &serde_json::Value,
    output: Option<&Path>,
) -> anyhow::Result<()> {
    let text = made.to_string();
    let value = json::parse(text.as_bytes())
        .map_err(anyhow::Error::msg)
        .context("an answer is JSON")?;
    if let Some(path) = output {
        let bytes = format!("{}\n", value.indented());
        atomic::write(path, bytes.as_bytes())
            .with_context(|| format!("{}: cannot be written", path.display()))?;
    }
    sink::answer(cli.json, &value, &lines(made))
}

/// An answer for people: a line a member, what it comes to first.
fn lines(made: &serde_json::Value) -> String {
    let mut text = String::new();
    let members = || made.as_object().into_iter().flatten();
    let is_outcome = |key: &str| key == "status" || key.ends_with("_status");
    let outcome = members().filter(|(key, _)| is_outcome(key));
    let rest = members().filter(|(key, _)| !is_outcome(key) && *key != "schema_version");
    for (key, value) in outcome.chain(rest) {
        line(&mut text, 0, &key.replace('_', " "), value);
    }
    text
}

fn line(text: &mut String, depth: usize, key: &str, value: &serde_json::Value) {
    let indent = "  ".repeat(depth);
    match value {
        serde_json::Value::Object(members) if !members.is_empty() => {
            let _ = writeln!(text, "{indent}{key}:");
            for (name, member) in members {
                line(text, depth + 1, name, member);
            }
        }
        serde_json::Value::Array(items) if items.iter().any(|item| item.is_object()) => {
            let _ = writeln!(text, "{indent}{key}:");
            for item in items {
                let shown = proof(item).unwrap_or_else(|| {
                    let members = item.as_object().into_iter().flatten();
                    let shown = members.map(|(name, member)| format!("{name} {}", plain(member)));
                    shown.collect::<Vec<String>>().join(", ")
                });
                let _ = writeln!(text, "{indent}  - {shown}");
            }
        }
        other => {
            let _ = writeln!(text, "{indent}{key}: {}", plain(other));
        }
    }
}

/// A gate or a check: its name, how it stands, and by what.
fn proof(item: &serde_json::Value) -> Option<String> {
    let text = |key: &str| item.get(key).and_then(serde_json::Value::as_str);
    let name = text("gate").or_else(|| text("check"))?;
    let stands = match item.get("proven").and_then(serde_json::Value::as_bool) {
        Some(true) => "proven",
        Some(false) => "missing",
        None => text("status")?,
    };
    let why = text("by").or_else(|| text("reason")).unwrap_or("-");
    Some(format!("{name}: {stands}, {why}"))
}

fn plain(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) if text.is_empty() => "-".to_owned(),
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Null => "-".to_owned(),
        serde_json::Value::Array(items) if items.is_empty() => "none".to_owned(),
        serde_json::Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        serde_json::Value::Object(members) if members.is_empty() => "none".to_owned(),
        serde_json::Value::Object(members) => {
            let shown: Vec<String> = members
                .iter()
                .map(|(name, member)| format!("{name}={}", plain(member)))
                .collect();
            shown.join(" ")
        }
        other => other.to_string(),
    }
}

/// The object of a sheet's file.
pub(super) fn object(paper: &Paper) -> anyhow::Result<ordered::Value> {
    let told = || UsageError(format!("{}: it is no JSON object", paper.sheet.path));
    Ok(paper.value.clone().ok_or_else(told)?)
}

/// A sheet of an answer, to judge it as one would judge a file.
pub(super) fn sheet(made: &serde_json::Value) -> Option<Sheet> {
    Sheet::of_text("answer", &made.to_string())
}
