// SPDX-License-Identifier: Apache-2.0
//! `ccr audit release`, `ccr audit repo` and `ccr scan`.

use super::args::Findings;
use super::args::{Cli, Common, ReleaseArgs, RepoArgs, ScanArgs};
use super::exit::{Exit, UsageError};
use super::progress::Bar;
use super::sink;
use crate::audit::family::Family;
use crate::audit::{self, Engine, Request, Selection, Target};
use crate::config::{self, Config};
use crate::model::{Confidence, Report, Verdict};
use crate::rules;
use crate::support::clock;
use std::io::Read as _;
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};

/// Profile that equals the Python reference 1.0.0.
pub(super) const REFERENCE_PROFILE: &str = "ccr-1.0";

/// `ccr audit release`.
pub(super) fn release(cli: &Cli, args: &ReleaseArgs) -> anyhow::Result<Exit> {
    let root = cli.root();
    let compat = compatible(cli)?;
    let (config, profile) = policy(cli, &root, &args.common)?;
    if profile == REFERENCE_PROFILE {
        return super::reference::release(cli, args, &root, compat);
    }
    if !root.is_dir() {
        return Err(UsageError(format!("{}: the root is not a folder", root.display())).into());
    }
    let target = Target::Release {
        root: root.clone(),
        dist: args.dist.clone(),
    };
    let asked = Asked {
        name: "release",
        target,
        root: root.display().to_string(),
        profile: &profile,
    };
    judge(cli, &args.common, &config, asked)
}

/// `ccr audit repo`.
pub(super) fn repo(cli: &Cli, args: &RepoArgs) -> anyhow::Result<Exit> {
    let root = cli.root();
    let compat = compatible(cli)?;
    let (config, profile) = policy(cli, &root, &args.common)?;
    if profile == REFERENCE_PROFILE {
        return super::reference::repo(cli, args, &root, compat);
    }
    if !root.is_dir() {
        return Err(UsageError(format!("{}: the root is not a folder", root.display())).into());
    }
    let profile = match profile.as_str() {
        // The packs on repositories belong to this command's defaults.
        "default" => audit::repo_profile(&root),
        named => named,
    };
    let target = Target::Repo { root: root.clone() };
    let asked = Asked {
        name: "repo",
        target,
        root: root.display().to_string(),
        profile,
    };
    judge(cli, &args.common, &config, asked)
}

/// `ccr scan`.
pub(super) fn scan(cli: &Cli, args: &ScanArgs) -> anyhow::Result<Exit> {
    compatible(cli)?;
    let (mut config, profile) = policy(cli, &cli.root(), &args.common)?;
    if let Some(range) = &args.history {
        return history(cli, args, range, &mut config, &profile);
    }
    let shown: Vec<_> = args
        .paths
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    let target = if args.paths.len() == 1 && args.paths[0] == Path::new("-") {
        let limit = config.limits.total_bytes;
        let mut bytes = Vec::new();
        std::io::stdin()
            .lock()
            .take(limit + 1)
            .read_to_end(&mut bytes)?;
        if bytes.len() as u64 > limit {
            let text = format!(
                "standard input is larger than {limit} bytes; raise --max-total-bytes or name a file"
            );
            return Err(UsageError(text).into());
        }
        Target::Bytes(bytes)
    } else {
        Target::Paths(args.paths.clone())
    };
    let asked = Asked {
        name: "scan",
        target,
        root: shown.join(" "),
        profile: &profile,
    };
    judge(cli, &args.common, &config, asked)
}

/// Families that speak of what leaks. What else an old version lacked, nobody can mend any more.
const LEAKS: &[&str] = &["archive", "artifact", "path", "policy", "secret", "text"];

/// `ccr scan --history`.
fn history(
    cli: &Cli,
    args: &ScanArgs,
    range: &str,
    config: &mut Config,
    profile: &str,
) -> anyhow::Result<Exit> {
    let mut words: Vec<&Path> = args.paths.iter().map(PathBuf::as_path).collect();
    let mut range = (!range.is_empty()).then(|| range.to_owned());
    // `--history A..B PATH`: a word that is no path on disk is the range.
    if let (None, Some(first)) = (&range, words.first())
        && !first.exists()
        && let Some(word) = first.to_str()
    {
        range = Some(word.to_owned());
        words.remove(0);
    }
    let path = match &words[..] {
        [] => cli.root(),
        [one] => (*one).to_owned(),
        _ => {
            let text = "--history reads one repository; name one";
            return Err(UsageError(text.to_owned()).into());
        }
    };
    only_leaks(config, profile);
    let shown = path.display().to_string();
    let target = Target::History { path, range };
    let asked = Asked {
        name: "scan-history",
        target,
        root: shown,
        profile,
    };
    judge(cli, &args.common, config, asked)
}

/// Whether the reference's answers are asked for: by flag, environment or the root's configuration.
pub(super) fn compatible(cli: &Cli) -> anyhow::Result<bool> {
    let named = cli
        .compat
        .clone()
        .or_else(|| std::env::var("CCR_COMPAT").ok().filter(|v| !v.is_empty()))
        .or_else(|| crate::runtime::configured_compat(&cli.root()));
    match named.as_deref() {
        None => Ok(false),
        Some("1.0") => Ok(true),
        Some(other) => Err(UsageError(format!(
            "there is no compatibility version `{other}`; known: 1.0"
        ))
        .into()),
    }
}

/// Configuration with the flags laid over it, and the profile.
pub(super) fn policy(cli: &Cli, root: &Path, common: &Common) -> anyhow::Result<(Config, String)> {
    let (mut config, profile) = policy_but_baseline(cli, root, common)?;
    if let Some(path) = &common.baseline {
        config.baseline = Some((path.display().to_string(), config::Baseline::read(path)?));
    }
    Ok((config, profile))
}

/// The same without the baseline that a flag names: who writes it needs none to be there.
pub(super) fn policy_but_baseline(
    cli: &Cli,
    root: &Path,
    common: &Common,
) -> anyhow::Result<(Config, String)> {
    let mut config = config::load(root, common.config.as_deref())?;
    config
        .rules
        .extend(common.rules.iter().cloned().map(config::source));
    if !common.only.is_empty() {
        config.only.clone_from(&common.only);
    }
    config.skip.extend(common.skip.iter().cloned());
    config.fail_on = common.fail_on.or(config.fail_on);
    config.min_confidence = common.min_confidence.or(config.min_confidence);
    let flags = &common.limits;
    let limits = &mut config.limits;
    limits.depth = flags.max_depth.unwrap_or(limits.depth);
    limits.entries = flags.max_entries.unwrap_or(limits.entries);
    limits.entry_bytes = flags.max_entry_bytes.unwrap_or(limits.entry_bytes);
    limits.total_bytes = flags.max_total_bytes.unwrap_or(limits.total_bytes);
    limits.ratio = flags.max_ratio.unwrap_or(limits.ratio);

    let variable = std::env::var("CCR_AUDIT_PROFILE")
        .ok()
        .filter(|name| !name.is_empty());
    let implied = if compatible(cli)? {
        REFERENCE_PROFILE
    } else {
        "default"
    };
    let profile = common
        .profile
        .clone()
        .or(variable)
        .or_else(|| config.profile.clone());
    Ok((config, profile.unwrap_or_else(|| implied.to_owned())))
}

/// The day that waivers are held against, and the time of the report.
pub(super) fn times(common: &Common) -> anyhow::Result<(String, String)> {
    let now = clock::report_time().map_err(UsageError)?;
    let as_of = common.as_of.clone().unwrap_or_else(|| clock::date(now));
    if as_of.parse::<jiff::civil::Date>().is_err() {
        return Err(UsageError(format!("--as-of is `{as_of}`; write a day as YYYY-MM-DD")).into());
    }
    Ok((as_of, clock::rfc3339(now)))
}

/// What is to be audited.
struct Asked<'a> {
    /// What protocol state calls the audit.
    name: &'a str,
    target: Target,
    /// Root as given.
    root: String,
    /// Rule profile.
    profile: &'a str,
}

/// Runs it, shows the report, keeps it as protocol state where that was asked for.
fn judge(cli: &Cli, common: &Common, config: &Config, asked: Asked<'_>) -> anyhow::Result<Exit> {
    let name = asked.name;
    let report = report(common, config, asked)?;
    sink::report(
        &report,
        cli.format(common),
        common.output.as_deref(),
        common.quiet,
    )?;
    if common.preserve {
        super::runtime::preserve(&cli.root(), compatible(cli)?, name, &report)?;
    }
    Ok(Exit::when(report.verdict == Verdict::Accepted))
}

/// Runs it and shows nothing.
fn report(common: &Common, config: &Config, asked: Asked<'_>) -> anyhow::Result<Report> {
    let governance = match &asked.target {
        Target::Repo { root } => super::governance::Found::below(root, &times(common)?.0)?,
        _ => None,
    };
    // A governance root in the repository: its family speaks about the same files.
    let family = governance.as_ref().map(super::governance::Found::family);
    let family = family.as_ref().map(|family| family as &dyn Family);
    let set = rules::load(asked.profile, &config.rules)?;
    let selection = Selection {
        only: config.only.clone(),
        skip: config.skip.clone(),
    };
    // Not given back: the process ends when the report is out, and freeing every rule takes longer
    // than many scans.
    let engine = ManuallyDrop::new(Engine::new(set, &selection).map_err(UsageError)?);
    if !config.rules.is_empty() {
        engine.compile_all().map_err(UsageError)?;
    }
    if !engine.scans() {
        let text = "the selection leaves no rule that a scan runs; nothing would be checked";
        return Err(UsageError(text.to_owned()).into());
    }
    let (as_of, created_at) = times(common)?;
    let bar = Bar::new(!common.no_progress && !common.quiet);
    let report = audit::run(&Request {
        target: asked.target,
        root: asked.root,
        engine: &engine,
        config,
        all_files: common.all_files,
        fail_on: config.fail_on,
        min_confidence: config.min_confidence.unwrap_or(Confidence::Low),
        jobs: common.jobs.map(usize::from),
        allow_empty: common.allow_empty,
        as_of,
        created_at,
        family: family.filter(|family| engine.speaks_for(family.id())),
        progress: &bar,
    });
    bar.clear();
    Ok(report?)
}

/// What a command would report of the root.
pub(super) fn examined(
    cli: &Cli,
    common: &Common,
    of: Findings,
    (mut config, profile): (Config, String),
) -> anyhow::Result<Report> {
    if profile == REFERENCE_PROFILE {
        let text = format!("profile {REFERENCE_PROFILE} has no baseline of findings");
        return Err(UsageError(text).into());
    }
    let root = cli.root();
    let mut profile = profile.as_str();
    let target = match of {
        Findings::Scan => Target::Paths(vec![root.clone()]),
        Findings::Repo => {
            if profile == "default" {
                profile = audit::repo_profile(&root);
            }
            Target::Repo { root: root.clone() }
        }
        Findings::Release => Target::Release {
            root: root.clone(),
            dist: None,
        },
        Findings::History => {
            only_leaks(&mut config, profile);
            Target::History {
                path: root.clone(),
                range: None,
            }
        }
    };
    let asked = Asked {
        name: "baseline",
        target,
        root: root.display().to_string(),
        profile,
    };
    report(common, &config, asked)
}

fn only_leaks(config: &mut Config, profile: &str) {
    if config.only.is_empty() && profile != REFERENCE_PROFILE {
        config.only = LEAKS.iter().map(ToString::to_string).collect();
    }
}
