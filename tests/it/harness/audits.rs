// SPDX-License-Identifier: Apache-2.0
//! Audits without the command line: on one day, and so that nothing is left to the machine.

use ccr::audit::family::{self, Family, FamilyRequest};
use ccr::audit::{Engine, Progress, Request, Selection, Target};
use ccr::config::{self, Config};
use ccr::model::{Confidence, Report};
use ccr::rules;
use std::path::Path;

/// The day of an audit whose findings do not depend on it.
pub(crate) const DAY: &str = "2026-01-01";

struct Quiet;

impl Progress for Quiet {
    fn total(&self, _: u64) {}
    fn done(&self) {}
}

/// The built-in rules of these families.
pub(crate) fn engine_of(families: &[&str]) -> Engine {
    let selection = Selection {
        only: families.iter().map(ToString::to_string).collect(),
        skip: Vec::new(),
    };
    Engine::new(rules::load("default", &[]).unwrap(), &selection).unwrap()
}

/// A scan of what a user would scan, everything told.
pub(crate) fn request<'a>(engine: &'a Engine, config: &'a Config, target: Target) -> Request<'a> {
    Request {
        target,
        root: ".".to_owned(),
        family: None,
        engine,
        config,
        all_files: false,
        fail_on: None,
        min_confidence: Confidence::Low,
        jobs: Some(1),
        allow_empty: false,
        as_of: DAY.to_owned(),
        created_at: format!("{DAY}T00:00:00Z"),
        progress: &Quiet,
    }
}

/// What a family's audit tells on a day, under the configuration of a folder.
pub(crate) fn family_report(
    engine: &Engine,
    family: &dyn Family,
    as_of: &str,
    root: &Path,
) -> Report {
    let request = FamilyRequest {
        root: ".".to_owned(),
        engine,
        config: &config::load(root, None).unwrap(),
        fail_on: None,
        min_confidence: Confidence::Low,
        strict: false,
        as_of: as_of.to_owned(),
        created_at: format!("{as_of}T00:00:00Z"),
    };
    family::run(&request, family).unwrap()
}
