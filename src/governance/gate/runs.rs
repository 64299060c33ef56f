// SPDX-License-Identifier: Apache-2.0
//! Runs as commands hand them in: judged by the evidence rules, with their trace.

use super::open::GivenRun;
use crate::governance::audit::{RunJudge, RunWishes};
use crate::governance::files::{self, Limits, RunFiles};
use crate::governance::json;
use crate::governance::profile::Profile;
use crate::governance::run::lines;
use crate::matching::Lent;
use crate::support::pyjson::ordered::Value;
use jiff::civil::Date;
use std::io;
use std::path::Path;

/// Reads and judges every run of a path.
///
/// # Errors
/// The path does not exist, or is neither folder nor archive.
pub fn read(path: &Path, profile: &Profile, as_of: Date, lent: &Lent) -> io::Result<Vec<GivenRun>> {
    let wishes = RunWishes::default();
    let judge = RunJudge::new(profile, as_of, &wishes, lent);
    files::each_run(path, &Limits::default(), |files| one(&files, &judge, lent))
}

fn values(bytes: Option<&[u8]>) -> Vec<Value> {
    let read = bytes.map_or_else(Vec::new, lines);
    read.into_iter()
        .filter_map(|line| line.value.ok())
        .collect()
}

fn one(files: &RunFiles, judge: &RunJudge<'_>, lent: &Lent) -> GivenRun {
    let (_, mut summary, _) = judge.one(files);
    let blocks = |id: &str| {
        let rule = lent.rules().iter().find(|rule| rule.meta.id.as_str() == id);
        rule.is_some_and(|rule| {
            rule.meta
                .is_blocking(rule.meta.severity, rule.meta.confidence)
        })
    };
    summary.refused |= summary
        .drafts
        .iter()
        .any(|draft| blocks(draft.rule.as_str()));
    if summary.events.is_empty() {
        summary.events = values(files.files.get("events.normalized.jsonl"));
    }
    if summary.documents.is_empty() {
        let held = files.files.content.iter();
        let documents = held.filter(|(name, _)| {
            name.ends_with(".json") && !name.contains('/') && *name != "report.json"
        });
        summary.documents = documents
            .filter_map(|(name, bytes)| Some((name.clone(), json::parse(bytes).ok()?)))
            .collect();
    }
    GivenRun {
        summary,
        trace: values(files.files.get("trace.jsonl")),
    }
}
