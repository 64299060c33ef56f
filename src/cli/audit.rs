// SPDX-License-Identifier: Apache-2.0
//! `ccr audit release`, `ccr audit repo` and `ccr scan`.

use super::args::{Cli, Common, ReleaseArgs, RepoArgs, ScanArgs};
use super::exit::{Exit, UsageError};
use super::progress::Bar;
use super::sink;
use crate::audit::{self, Engine, Request, Selection, Target};
use crate::config::{self, Config};
use crate::model::{Confidence, Verdict};
use crate::rules;
use crate::support::clock;
use std::io::Read as _;
use std::path::Path;

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
    judge(
        cli,
        "release",
        &args.common,
        target,
        root.display().to_string(),
        &config,
        &profile,
    )
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
    let shown = root.display().to_string();
    judge(cli, "repo", &args.common, target, shown, &config, profile)
}

/// `ccr scan`.
pub(super) fn scan(cli: &Cli, args: &ScanArgs) -> anyhow::Result<Exit> {
    compatible(cli)?;
    let (config, profile) = policy(cli, &cli.root(), &args.common)?;
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
    judge(
        cli,
        "scan",
        &args.common,
        target,
        shown.join(" "),
        &config,
        &profile,
    )
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
    let mut config = config::load(root, common.config.as_deref())?;
    if let Some(path) = &common.baseline {
        config.baseline = Some((path.display().to_string(), config::Baseline::read(path)?));
    }
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

/// Runs it; `name` is what protocol state calls the audit.
fn judge(
    cli: &Cli,
    name: &str,
    common: &Common,
    target: Target,
    root: String,
    config: &Config,
    profile: &str,
) -> anyhow::Result<Exit> {
    let set = rules::load(profile, &config.rules)?;
    let selection = Selection {
        only: config.only.clone(),
        skip: config.skip.clone(),
    };
    let engine = Engine::new(set, &selection).map_err(UsageError)?;
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
        target,
        root,
        engine: &engine,
        config,
        all_files: common.all_files,
        fail_on: config.fail_on,
        min_confidence: config.min_confidence.unwrap_or(Confidence::Low),
        jobs: common.jobs.map(usize::from),
        allow_empty: common.allow_empty,
        as_of,
        created_at,
        progress: &bar,
    });
    bar.clear();
    let report = report?;
    sink::report(
        &report,
        cli.format(common),
        common.output.as_deref(),
        common.quiet,
    )?;
    if common.preserve {
        super::runtime::preserve(&cli.root(), compatible(cli)?, name, &report)?;
    }
    Ok(match report.verdict {
        Verdict::Accepted => Exit::Accepted,
        Verdict::Refused => Exit::Refused,
    })
}
