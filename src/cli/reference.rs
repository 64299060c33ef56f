// SPDX-License-Identifier: Apache-2.0
//! `ccr audit release` and `ccr audit repo` in profile `ccr-1.0`.

use super::args::{Cli, Common, ReleaseArgs, RepoArgs};
use super::exit::{Exit, UsageError};
use super::sink;
use crate::artifact::Limits;
use crate::audit::reference::{self, ReferenceError};
use crate::model::{Report, Verdict};
use crate::report::json;
use crate::rules;
use crate::support::clock;
use std::path::{Component, Path, PathBuf};

/// Runs it; `compat` prints what the reference prints, and no more.
pub(super) fn release(
    cli: &Cli,
    args: &ReleaseArgs,
    root: &Path,
    compat: bool,
) -> anyhow::Result<Exit> {
    let set = rules::load("ccr-1.0", &[])?;
    let now = clock::report_time().map_err(UsageError)?;
    let root = resolve(root);
    let dist = join(
        &root,
        args.dist.as_deref().unwrap_or_else(|| Path::new("dist")),
    );
    let report = reference::release(&set, &root, &dist, &Limits::default(), &clock::rfc3339(now));
    answer(cli, &args.common, compat, report)
}

/// Runs `audit repo`; `compat` as above.
pub(super) fn repo(cli: &Cli, args: &RepoArgs, root: &Path, compat: bool) -> anyhow::Result<Exit> {
    let set = rules::load("ccr-1.0", &[])?;
    let now = clock::report_time().map_err(UsageError)?;
    let report = reference::repo(&set, &resolve(root), &clock::rfc3339(now));
    answer(cli, &args.common, compat, report)
}

fn answer(
    cli: &Cli,
    common: &Common,
    compat: bool,
    report: Result<Report, ReferenceError>,
) -> anyhow::Result<Exit> {
    let report = match report {
        Ok(report) => report,
        Err(error @ ReferenceError::Pack(_)) => return Err(error.into()),
        Err(error) => {
            let exit = if matches!(error, ReferenceError::Missing(_)) {
                Exit::Usage
            } else {
                Exit::Refused
            };
            sink::error(&error.into(), exit, compat || cli.is_json(common.format));
            return Ok(exit);
        }
    };
    print(cli, common, &report, compat)
}

/// Prints a report of this profile: in compatibility mode as the reference does.
pub(super) fn print(
    cli: &Cli,
    common: &Common,
    report: &Report,
    compat: bool,
) -> anyhow::Result<Exit> {
    if compat {
        sink::print(&json::reference::text(report))?;
    } else {
        sink::report(
            report,
            cli.format(common),
            common.output.as_deref(),
            common.quiet,
        )?;
    }
    Ok(Exit::when(report.verdict == Verdict::Accepted))
}

/// Absolute and free of links as far as it exists, like Python's `Path.resolve()`.
pub(super) fn resolve(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    if let Ok(real) = absolute.canonicalize() {
        return real;
    }
    match (absolute.parent(), absolute.file_name()) {
        (Some(parent), Some(name)) => resolve(parent).join(name),
        _ => absolute,
    }
}

/// `root / dist` as Python's `pathlib` spells it: `.` dropped, `..` kept.
fn join(root: &Path, dist: &Path) -> String {
    let joined: PathBuf = root
        .join(dist)
        .components()
        .filter(|part| *part != Component::CurDir)
        .collect();
    joined.to_string_lossy().into_owned()
}
