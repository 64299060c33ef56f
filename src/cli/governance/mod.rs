// SPDX-License-Identifier: Apache-2.0
//! Governed change: `ccr audit governance`, `ccr audit evidence`, and the commands that make and
//! check what these read.

mod approval;
mod audits;
mod control;
mod diff;
mod eligibility;
mod evidence;
mod gate;
mod given;
mod graph;
mod record;
mod replay;
mod seal;
mod summary;
mod verify;

pub(super) use approval::{ApprovalCommand, run as run_approval};
pub(super) use audits::{EvidenceArgs, GovernanceArgs, evidence, governance};
pub(super) use control::{ControlCommand, run as run_control};
pub(super) use eligibility::{EligibilityCommand, run as run_eligibility};
pub(super) use evidence::{EvidenceCommand, run as run_evidence};
pub(super) use gate::{GateCommand, run as run_gate};
pub(super) use record::{FixturesCommand, fixtures};

use super::exit::UsageError;
use crate::audit::family::Governance;
use crate::governance::audit::{Lent, PlanOptions};
use crate::governance::files::{Limits, read_bounded};
use crate::governance::plan::tree::root_of;
use crate::governance::profile::Profile;
use crate::rules;
use clap::Args;
use jiff::civil::Date;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

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

/// A day that was checked before.
pub(super) fn day(as_of: &str) -> anyhow::Result<Date> {
    let told = || UsageError(format!("--as-of is `{as_of}`; write a day as YYYY-MM-DD"));
    Ok(as_of.parse().map_err(|_| told())?)
}

/// A folder that was named must be one.
fn must_be_folder(path: &Path) -> anyhow::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    Err(UsageError(format!("{}: it is no folder", path.display())).into())
}

/// The governance root at or above a folder.
fn root_above(folder: &Path, profile: &Profile) -> anyhow::Result<PathBuf> {
    let told = || {
        UsageError(format!(
            "{}: no governance root here or above: a folder that holds `{}` and `{}/`",
            folder.display(),
            profile.planning.board,
            profile.planning.folder
        ))
    };
    Ok(root_of(folder, profile).ok_or_else(told)?)
}

/// The rules that judge runs, made ready once a process.
fn lent() -> anyhow::Result<&'static Lent> {
    static LENT: OnceLock<Lent> = OnceLock::new();
    if let Some(lent) = LENT.get() {
        return Ok(lent);
    }
    let rules = rules::load("default", &[])?.rules;
    let lent = Lent::of(&rules).map_err(anyhow::Error::msg)?;
    Ok(LENT.get_or_init(|| lent))
}

/// A governance root that stands in a repository.
pub(super) struct Found {
    root: PathBuf,
    prefix: String,
    profile: Profile,
    as_of: Date,
}

impl Found {
    /// The repository itself, or the first of its folders, by name, that is one.
    pub(super) fn below(repository: &Path, as_of: &str) -> anyhow::Result<Option<Self>> {
        let profile = Profile::embedded();
        let planning = &profile.planning;
        let is_root = |folder: &Path| {
            folder.join(&planning.board).is_file() && folder.join(&planning.folder).is_dir()
        };
        let mut folders = vec![(repository.to_owned(), String::new())];
        for entry in std::fs::read_dir(repository)
            .into_iter()
            .flatten()
            .flatten()
        {
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                let name = crate::model::EntryPath::escape(entry.file_name().as_encoded_bytes());
                folders.push((entry.path(), format!("{name}/")));
            }
        }
        folders.sort_by(|a, b| a.1.cmp(&b.1));
        let Some((root, prefix)) = folders.into_iter().find(|(folder, _)| is_root(folder)) else {
            return Ok(None);
        };
        let as_of = day(as_of)?;
        Ok(Some(Self {
            root,
            prefix,
            profile,
            as_of,
        }))
    }

    /// The family that speaks about it.
    pub(super) fn family(&self) -> Governance<'_> {
        Governance {
            options: PlanOptions {
                root: self.root.clone(),
                runs: None,
                profile: &self.profile,
                as_of: self.as_of,
                limits: Limits::default(),
            },
            prefix: self.prefix.clone(),
        }
    }
}
