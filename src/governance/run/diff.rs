// SPDX-License-Identifier: Apache-2.0
//! Two runs held against each other in the facts that a candidate and its baseline must share.

use super::index::RunSummary;
use crate::governance::profile::Evidence;
use crate::support::pyjson::ordered::Value;

/// One fact of two runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    /// Its name.
    pub name: &'static str,
    /// Whether the runs agree in it.
    pub matches: bool,
    /// How they differ.
    pub detail: String,
}

/// The names of the facts, in the order of the specification.
const NAMES: [&str; 7] = [
    "report_shape",
    "event_order",
    "allowed_writes",
    "verification",
    "blockers",
    "digests",
    "freshness",
];

/// What is compared of one run, in the order of [`NAMES`]: little, so that many runs can be kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Side([Box<str>; NAMES.len()]);

impl Side {
    /// Of a run.
    pub fn of(run: &RunSummary, evidence: &Evidence) -> Self {
        let fields = evidence.field.iter();
        let required: Vec<&str> = fields
            .filter(|(_, field)| field.required)
            .map(|(name, _)| name.as_str())
            .collect();
        let said = [
            shape(run, &required),
            order(run),
            writes(run),
            verification(run),
            blockers(run),
            digests(run),
            freshness(run),
        ];
        Self(said.map(String::into_boxed_str))
    }
}

/// The facts of two runs.
pub fn facts(a: &Side, b: &Side) -> Vec<Fact> {
    let both = NAMES.into_iter().zip(a.0.iter().zip(&b.0));
    both.map(|(name, (left, right))| Fact {
        name,
        matches: left == right,
        detail: if left == right {
            left.to_string()
        } else {
            format!("{left} / {right}")
        },
    })
    .collect()
}

fn shape(run: &RunSummary, required: &[&str]) -> String {
    let report = run.report.as_ref();
    let absent: Vec<&str> = required
        .iter()
        .filter(|key| report.is_none_or(|report| report.get(key).is_none()))
        .copied()
        .collect();
    if absent.is_empty() {
        "every required member".to_owned()
    } else {
        format!("without {}", absent.join(", "))
    }
}

/// Names of events, repetitions and approvals left out: a candidate may need one.
fn order(run: &RunSummary) -> String {
    let mut names: Vec<&str> = Vec::new();
    for event in &run.events {
        let name = event.text("event").unwrap_or("?");
        if !name.starts_with("approval.") && !name.starts_with("x.") && !names.contains(&name) {
            names.push(name);
        }
    }
    names.join(" ")
}

fn writes(run: &RunSummary) -> String {
    let said = |key: &str| run.report.as_ref().and_then(|report| report.get(key));
    let passed = said("allowed_writes_passed").and_then(Value::as_bool);
    let files = said("changed_files")
        .and_then(Value::as_array)
        .unwrap_or_default();
    let files: Vec<&str> = files.iter().filter_map(Value::as_str).collect();
    format!("{} [{}]", passed.map_or("unknown", word), files.join(", "))
}

fn verification(run: &RunSummary) -> String {
    let entries = run
        .report
        .as_ref()
        .map(|report| report.items("verification"));
    let entry = |entry: &Value| {
        let passed = entry.get("passed").and_then(Value::as_bool);
        format!(
            "{}: {}",
            entry.text("command").unwrap_or("?"),
            passed.map_or("unknown", word)
        )
    };
    let entries: Vec<String> = entries.unwrap_or_default().iter().map(entry).collect();
    entries.join("; ")
}

fn blockers(run: &RunSummary) -> String {
    let list = run.report.as_ref().map(|report| report.items("blockers"));
    let code = |one: &Value| {
        one.as_str()
            .or_else(|| one.text("code"))
            .unwrap_or("?")
            .to_owned()
    };
    let codes: Vec<String> = list.unwrap_or_default().iter().map(code).collect();
    if codes.is_empty() {
        "none".to_owned()
    } else {
        codes.join(", ")
    }
}

fn digests(run: &RunSummary) -> String {
    let rules = [
        "cto-evidence-digest-missing",
        "cto-evidence-digest-mismatch",
        "cto-evidence-chain-broken",
    ];
    verdict(run, &rules)
}

fn freshness(run: &RunSummary) -> String {
    verdict(
        run,
        &[
            "cto-evidence-freshness-missing",
            "cto-evidence-freshness-stale",
        ],
    )
}

fn verdict(run: &RunSummary, rules: &[&str]) -> String {
    let broken = run
        .drafts
        .iter()
        .any(|draft| rules.contains(&draft.rule.as_str()));
    if broken { "broken" } else { "proven" }.to_owned()
}

fn word(value: bool) -> &'static str {
    if value { "passed" } else { "failed" }
}
