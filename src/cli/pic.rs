// SPDX-License-Identifier: Apache-2.0
//! `ccr audit pic`.

use super::args::{Cli, PicArgs};
use super::exit::{Exit, UsageError};
use super::{audit, reference, sink};
use crate::audit::family::{self, FamilyRequest, Pic};
use crate::audit::reference::ReferenceError;
use crate::audit::reference_pic::{self, PicRequest};
use crate::audit::{Engine, Selection};
use crate::config::Config;
use crate::model::Confidence;
use crate::pic::environment::{Environment, installed_in, packages_below};
use crate::pic::{self, matrix::Matrix};
use crate::rules;
use crate::support::{clock, json};
use serde_json::json;
use std::path::{Component, Path, PathBuf};

/// Folder name that is looked for when none is given.
const FOLDER: &str = "percolation-inversion-compiler";

/// Runs it.
pub(super) fn run(cli: &Cli, args: &PicArgs) -> anyhow::Result<Exit> {
    let root = cli.root();
    let compat = audit::compatible(cli)?;
    let (config, profile) = audit::policy(cli, &root, &args.common)?;
    let environment = Environment::of_process();
    if args.run_help {
        may_run(&config, &profile)?;
    }
    if profile == audit::REFERENCE_PROFILE {
        return as_reference(cli, args, &root, &environment, compat);
    }
    let pic_root = match input(args, &root, &environment) {
        Ok(found) => found,
        Err(searched) => return missing(args, &searched, cli.is_json(args.common.format)),
    };
    let matrix = match &args.pic_matrix {
        None => Matrix::embedded(),
        Some(file) => {
            let text = std::fs::read_to_string(file)
                .map_err(|error| UsageError(format!("{}: {error}", file.display())))?;
            Matrix::parse(&text)
                .map_err(|error| UsageError(format!("{}: {error}", file.display())))?
        }
    };
    let set = rules::load(&profile, &config.rules)?;
    // What a project selects for its releases in ccr.toml does not choose among these rules.
    let only = match args.common.only.as_slice() {
        [] => ["pic", "policy"].map(str::to_owned).to_vec(),
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
    if !engine.speaks_for("pic") {
        let text = "the selection leaves no rule of family pic; nothing would be checked";
        return Err(UsageError(text.to_owned()).into());
    }
    let (as_of, created_at) = audit::times(&args.common)?;
    let request = FamilyRequest {
        root: root.display().to_string(),
        engine: &engine,
        config: &config,
        fail_on: config.fail_on,
        min_confidence: config.min_confidence.unwrap_or(Confidence::Low),
        strict: args.strict,
        as_of,
        created_at,
    };
    let family = Pic(pic::Options {
        pic_root,
        root,
        matrix,
        environment,
        python_env: args.python_env.clone(),
        limits: config.limits,
        run_help: args.run_help,
    });
    let report = family::run(&request, &family)?;
    reference::print(cli, &args.common, &report, false)
}

/// A program is run when the operator asks and the configuration allows it, never by one of them.
fn may_run(config: &Config, profile: &str) -> Result<(), UsageError> {
    let text = if profile == audit::REFERENCE_PROFILE {
        format!("--run-help is not part of profile {profile}, which runs nothing")
    } else if !config.pic_run_help {
        "--run-help runs the program `pic`; allow it with `run_help = true` under `[pic]` in ccr.toml"
            .to_owned()
    } else {
        return Ok(());
    };
    Err(UsageError(text))
}

/// What to audit: named, searched for, or installed.
fn input(args: &PicArgs, root: &Path, environment: &Environment) -> Result<PathBuf, Vec<PathBuf>> {
    let installed = || {
        let folders = args.python_env.iter();
        let given = folders.flat_map(|f| std::iter::once(f.clone()).chain(packages_below(f)));
        given
            .chain(environment.site_packages())
            .find_map(|folder| installed_in(&folder))
            .map(|found| found.folder)
    };
    if args.installed {
        let places = args.python_env.iter().cloned();
        return installed().ok_or_else(|| places.chain(environment.site_packages()).collect());
    }
    match find(
        args.pic_root.as_deref(),
        &reference::resolve(root),
        environment,
    ) {
        Err(searched) if args.pic_root.is_none() => installed().ok_or(searched),
        other => other,
    }
}

/// Profile `ccr-1.0`.
fn as_reference(
    cli: &Cli,
    args: &PicArgs,
    root: &Path,
    environment: &Environment,
    compat: bool,
) -> anyhow::Result<Exit> {
    let root = reference::resolve(root);
    let pic_root = match find(args.pic_root.as_deref(), &root, environment) {
        Ok(found) => found,
        Err(searched) => {
            return missing(args, &searched, compat || cli.is_json(args.common.format));
        }
    };
    let set = rules::load(audit::REFERENCE_PROFILE, &[])?;
    let now = clock::report_time().map_err(UsageError)?;
    let request = PicRequest {
        root: &root,
        pic_root: &spelled(&pic_root),
        package: environment.installed().map(|found| found.version),
        program: environment
            .program("pic")
            .map(|path| path.to_string_lossy().into_owned()),
        created_at: &clock::rfc3339(now),
    };
    match reference_pic::audit(&set, &request) {
        Ok(report) => reference::print(cli, &args.common, &report, compat),
        Err(error @ ReferenceError::Pack(_)) => Err(error.into()),
        Err(error) => {
            sink::error(
                &error.into(),
                Exit::Refused,
                compat || cli.is_json(args.common.format),
            );
            Ok(Exit::Refused)
        }
    }
}

/// The named path, or the first place that exists; the places that were searched otherwise.
fn find(
    named: Option<&Path>,
    root: &Path,
    environment: &Environment,
) -> Result<PathBuf, Vec<PathBuf>> {
    let places = match named {
        Some(path) => vec![home(path, environment)],
        None => {
            let beside = root.parent().unwrap_or(root).join(FOLDER);
            let below = environment.home.as_ref().map(|home| home.join(FOLDER));
            below.into_iter().chain([beside]).collect()
        }
    };
    match places.iter().find(|place| place.exists()) {
        Some(found) => Ok(found.clone()),
        None => Err(places),
    }
}

/// `~` and what follows it.
fn home(path: &Path, environment: &Environment) -> PathBuf {
    match (path.strip_prefix("~"), &environment.home) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path.to_owned(),
    }
}

/// A path as Python's `pathlib` spells it: `.` and doubled slashes dropped, `..` kept.
fn spelled(path: &Path) -> String {
    let parts: PathBuf = path
        .components()
        .filter(|part| *part != Component::CurDir)
        .collect();
    if parts.as_os_str().is_empty() {
        return ".".to_owned();
    }
    parts.to_string_lossy().into_owned()
}

/// Nothing to audit: the reference's answer.
fn missing(args: &PicArgs, searched: &[PathBuf], as_json: bool) -> anyhow::Result<Exit> {
    let shown: Vec<String> = searched.iter().map(|path| spelled(path)).collect();
    if !as_json {
        return Err(UsageError(format!(
            "there is no PIC to audit at {}; name one with --pic-root",
            shown.join(" or ")
        ))
        .into());
    }
    let mut value = json!({
        "error": "pic root missing",
        "ok": false,
        "schema_version": "ccr.pic_compat_audit.v1",
    });
    if args.pic_root.is_some() {
        value["pic_root"] = json!(shown.first());
    } else {
        value["searched"] = json!(shown);
    }
    sink::print(&json::pretty(&value))?;
    Ok(Exit::Usage)
}
