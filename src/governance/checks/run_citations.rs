// SPDX-License-Identifier: Apache-2.0
//! What documents say of the runs that they cite: the same everywhere, possible in itself, and what
//! the run says (rules 73, 74, 75).

use super::{Check, Found, place};
use crate::governance::plan::run_facts::{self, RunStatement, digest, first_word, names};
use crate::governance::plan::{Document, Fact, FactValue, Plan};
use crate::governance::run::RunSummary;
use crate::model::ByteSpan;
use crate::rules::Rule;
use crate::support::hashing;
use crate::support::pyjson::ordered::Value;
use std::collections::BTreeMap;

/// The checks of this file.
pub(super) const CHECKS: &[Check] = &[
    Check::plan("cto-run-cited-inconsistently", inconsistent),
    Check::plan("cto-doc-empty-patch-contradiction", empty_patch),
    Check::plan("cto-doc-run-disagrees", disagrees),
];

/// The artifact that holds the change.
const PATCH: &str = "patch.diff";

fn statements<'p>(plan: &'p Plan<'_>) -> impl Iterator<Item = RunStatement<'p>> {
    let profile = &plan.profile.planning;
    plan.documents
        .iter()
        .flat_map(|document| run_facts::read(document, profile))
}

/// A value that a document states of a run.
struct Stated<'p> {
    value: String,
    document: &'p Document,
    span: ByteSpan,
}

fn inconsistent(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let profile = &plan.profile.planning;
    let mut known: BTreeMap<(&str, &str), Stated<'_>> = BTreeMap::new();
    for statement in statements(plan) {
        let mut values: Vec<(&str, String, ByteSpan)> = Vec::new();
        if let Some((word, fact)) = statement.status(profile) {
            values.push(("status", word.to_owned(), fact.span));
        }
        if let Some((files, fact)) = statement.changed_files() {
            values.push(("changed files", files.join(", "), fact.span));
        }
        if let Some((digest, fact)) = statement.digest(profile, PATCH) {
            values.push(("patch digest", digest, fact.span));
        }
        if let Some((commit, span)) = statement.commit {
            values.push(("commit", commit.to_lowercase(), span));
        }
        for (what, value, span) in values {
            let stated = Stated {
                value,
                document: statement.document,
                span,
            };
            match known.get(&(statement.run, what)) {
                None => {
                    known.insert((statement.run, what), stated);
                }
                Some(first) if !agree(what, &first.value, &stated.value) => {
                    let text = format!(
                        "The {what} of the run `{}` is `{}` here and `{}` in `{}`",
                        statement.run,
                        shown(&stated.value),
                        shown(&first.value),
                        first.document.path
                    );
                    place::at(found, rule, stated.document, stated.span, text);
                }
                Some(_) => {}
            }
        }
    }
}

fn agree(what: &str, one: &str, other: &str) -> bool {
    // A commit may be cut short.
    one == other || (what == "commit" && (one.starts_with(other) || other.starts_with(one)))
}

fn shown(value: &str) -> &str {
    if value.is_empty() { "none" } else { value }
}

fn empty_patch(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let profile = &plan.profile.planning;
    let empty = hashing::sha256_hex(b"");
    for statement in statements(plan) {
        let Some((digest, fact)) = statement.digest(profile, PATCH) else {
            continue;
        };
        let files = statement.changed_files().map(|(files, _)| files);
        let some = files.as_ref().map(|files| !files.is_empty());
        let passed = statement
            .status(profile)
            .is_some_and(|(word, _)| word == "pass");
        let why = match (digest == empty, some, passed) {
            (true, Some(true), _) => "the patch is empty and files were changed",
            (true, _, true) => "the patch is empty and the run passed",
            (false, Some(false), _) => "the patch is not empty and no file was changed",
            _ => continue,
        };
        let text = format!("Of the run `{}` this says that {why}", statement.run);
        place::at(found, rule, statement.document, fact.span, text);
    }
}

fn disagrees(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let Some(runs) = plan.runs else {
        return;
    };
    for statement in statements(plan) {
        let Some(run) = runs.get(statement.run) else {
            continue;
        };
        for fact in &statement.facts {
            if let Some((what, real)) = other(plan, &statement, run, fact) {
                let text = format!(
                    "The {what} of the run `{}` is {real}; this says `{}`",
                    statement.run,
                    shown(&fact.raw)
                );
                place::at(found, rule, statement.document, fact.span, text);
            }
        }
    }
}

/// What a fact is about and what the run says instead, where it says something else.
fn other(
    plan: &Plan<'_>,
    statement: &RunStatement<'_>,
    run: &RunSummary,
    fact: &Fact,
) -> Option<(String, String)> {
    let profile = &plan.profile.planning;
    let keys = &profile.run_facts;
    if keys.seal.keys.contains(&fact.key) {
        let stated = digest(&fact.raw)?;
        let real = run.seal_root.as_deref();
        let differs = real != Some(stated.as_str());
        let real = real.map_or_else(|| "absent".to_owned(), |root| format!("`{root}`"));
        return differs.then_some(("seal".to_owned(), real));
    }
    if let Some(artifact) = keys.digest.get(&fact.key) {
        let stated = digest(&fact.raw)?;
        let listed = run.report.as_ref();
        let listed = listed.and_then(|report| report.at(&["artifact_digests", artifact]));
        let listed = listed.and_then(Value::as_str).and_then(digest);
        let real = run.digests.get(artifact);
        let fits = real == Some(&stated) || (artifact == "report.json" && listed == Some(stated));
        let real = real.map_or_else(|| "absent".to_owned(), |digest| format!("`{digest}`"));
        return (!fits).then(|| (format!("digest of `{artifact}`"), real));
    }
    let report = run.report.as_ref()?;
    let member = if keys.status.contains(&fact.key) {
        let (_, own) = statement.status(profile)?;
        (own.span == fact.span).then_some("status")?
    } else {
        keys.report
            .get(&fact.key)
            .map_or(fact.key.as_str(), String::as_str)
    };
    let real = report.get(member)?;
    let fits = same(fact, real)?;
    (!fits).then(|| (format!("`{member}`"), format!("`{}`", told(real))))
}

/// Whether a fact says what a value is; nothing when the two cannot be compared.
fn same(fact: &Fact, real: &Value) -> Option<bool> {
    match real {
        Value::Bool(real) => match &fact.value {
            FactValue::Bool(stated) => Some(stated == real),
            FactValue::Text(text) => match first_word(text).to_lowercase().as_str() {
                "true" | "yes" => Some(*real),
                "false" | "no" => Some(!*real),
                _ => None,
            },
            FactValue::List(_) => None,
        },
        Value::Number(_) => {
            let stated: i64 = first_number(&fact.raw)?;
            Some(real.as_i64()? == stated)
        }
        Value::Null => first_number(&fact.raw).map(|_| false),
        Value::String(real) => {
            let stated = fact.raw.trim().trim_matches('"');
            if stated.eq_ignore_ascii_case(real) {
                return Some(true);
            }
            // One word is compared with one word, whatever stands behind it in brackets or
            // after a comma; prose is not compared.
            let word = first_word(stated);
            let rest = stated.strip_prefix(word)?.trim_start();
            let alone = !rest.starts_with(char::is_alphanumeric);
            let one = !real.contains(char::is_whitespace);
            (one && alone).then(|| word.eq_ignore_ascii_case(real))
        }
        Value::Array(items) => {
            let mut real: Vec<&str> = items.iter().filter_map(name_of).collect();
            real.sort_unstable();
            (real.len() == items.len()).then_some(())?;
            Some(names(fact)? == real)
        }
        Value::Object(_) => None,
    }
}

fn first_number(text: &str) -> Option<i64> {
    text.split_whitespace().next()?.parse().ok()
}

/// A text, or the code of a blocker.
fn name_of(item: &Value) -> Option<&str> {
    item.as_str().or_else(|| item.text("code"))
}

fn told(real: &Value) -> String {
    const SHOWN: usize = 120;
    let text = match real {
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let names: Vec<&str> = items.iter().filter_map(name_of).collect();
            if names.is_empty() {
                "none".to_owned()
            } else {
                names.join(", ")
            }
        }
        Value::Bool(value) => value.to_string(),
        Value::Null => "null".to_owned(),
        other => other
            .as_i64()
            .map_or_else(String::new, |number| number.to_string()),
    };
    text.chars().take(SHOWN).collect()
}
