// SPDX-License-Identifier: Apache-2.0
//! What proves an item: evidence, runs, the decision of a person, and nothing that did not pass
//! (rules 64, 65, 66, 71).

use super::{Check, Found, place, status, told};
use crate::governance::plan::claims::files_in;
use crate::governance::plan::run_facts::{self, first_word};
use crate::governance::plan::said::has_phrase;
use crate::governance::plan::{Citation, Document, Fact, Item, Plan, Record};
use crate::governance::profile::Work;
use crate::rules::Rule;
use serde::Deserialize;
use std::collections::HashSet;

/// The checks of this file.
pub(super) const CHECKS: &[Check] = &[
    Check::plan("cto-work-human-gate-open", human_gate),
    Check::plan("cto-work-validated-without-evidence", without_evidence),
    Check::plan("cto-work-executed-without-run", without_run),
    Check::plan("cto-blocked-doc-as-proof", blocked_as_proof),
];

/// Fields that name what proves an item.
const DONE: [&str; 2] = ["done_evidence", "validation_evidence"];

/// Items whose status is that of proven ones, with the first place that defines each.
fn proven<'p>(plan: &'p Plan<'_>) -> impl Iterator<Item = (&'p Document, Item)> {
    let work = &plan.profile.planning.work;
    plan.definitions()
        .filter(|(id, _)| {
            plan.status(id)
                .is_some_and(|status| work.is_proven(&status))
        })
        .filter_map(|(_, places)| places.into_iter().next())
}

/// Documents that prove an item: those that speak for it, and those that its fields name.
pub(super) fn proofs<'p>(plan: &'p Plan<'_>, item: &Item) -> Vec<&'p Document> {
    let mut proofs: Vec<&Document> = plan.about(&item.id).collect();
    for value in DONE.iter().filter_map(|key| item.value(key)) {
        proofs.extend(files_in(value).flat_map(|name| plan.documents_named(name)));
    }
    proofs.sort_by_key(|document| document.path.as_str());
    proofs.dedup_by_key(|document| document.path.as_str());
    proofs
}

/// JSON records that an item's fields, or facts of the documents that prove it, name.
fn records<'p>(plan: &'p Plan<'_>, item: &Item, proofs: &[Fact]) -> Vec<&'p Record> {
    let fields = DONE.iter().filter_map(|key| item.value(key));
    let texts = fields.chain(proofs.iter().map(|fact| fact.raw.as_str()));
    let names = texts
        .flat_map(files_in)
        .filter(|name| name.ends_with(".json"));
    names.filter_map(|name| plan.record_named(name)).collect()
}

/// `params`: where a decision is recorded, and words that ask for an outcome.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct HumanGate {
    approval: Vec<String>,
    outcome: Vec<String>,
    outcome_asked: Vec<String>,
}

fn human_gate(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let own: HumanGate = told::params(rule);
    let human = &plan.profile.planning.work.human;
    for (document, item) in proven(plan) {
        let listed = plan.board.as_ref().and_then(|board| board.get(&item.id));
        let listed = listed.and_then(|entry| entry.kind.as_deref());
        let mut kinds = item.value("type").into_iter().chain(listed);
        if !kinds.any(|kind| first_word(kind) == human) {
            continue;
        }
        let proofs = proofs(plan, &item).into_iter();
        let proofs: Vec<Fact> = proofs.flat_map(Document::facts).collect();
        let records = records(plan, &item, &proofs);
        let inside =
            |fact: &Fact| item.body.start <= fact.span.start && fact.span.end <= item.body.end;
        let stated_here: Vec<Fact> = document.facts().into_iter().filter(inside).collect();
        let stated = |keys: &[String]| {
            let mut facts = stated_here.iter().chain(&proofs);
            facts.any(|fact| keys.contains(&fact.key) && !fact.names().is_empty())
                || records.iter().any(|record| {
                    let value = record.value.as_ref().ok();
                    keys.iter().any(|key| {
                        value
                            .and_then(|v| v.text(key))
                            .is_some_and(|t| !t.is_empty())
                    })
                })
        };
        let mut missing = Vec::new();
        if !stated(&own.approval) {
            missing.push("no approval source");
        }
        let gate = item.value("human_gate").unwrap_or("");
        let criteria = item.boxes.iter().map(|one| one.text.as_str());
        let criteria = criteria.chain(item.criteria.iter().map(String::as_str));
        let mut asked = std::iter::once(gate).chain(criteria);
        if asked.any(|text| has_phrase(text, &own.outcome_asked)) && !stated(&own.outcome) {
            missing.push("no operator outcome, which its gate asks for");
        }
        if !missing.is_empty() {
            let span = item.field("human_gate").or_else(|| item.field("type"));
            let span = span.map_or(item.span, |field| field.span);
            let text = format!(
                "`{}` needs a person's decision and is {} with {}",
                item.id,
                plan.profile.planning.work.proven,
                missing.join(" and ")
            );
            place::item(found, rule, document, span, &item.id, text);
        }
    }
}

fn without_evidence(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let files = plan
        .files
        .names()
        .map(|name| name.rsplit('/').next().unwrap_or(name));
    let files: HashSet<&str> = files.collect();
    let exists = |name: &str| files.contains(name.rsplit('/').next().unwrap_or(name));
    for (document, item) in proven(plan) {
        let named = DONE.iter().any(|key| {
            item.value(key).is_some_and(|value| {
                let mut named = files_in(value).peekable();
                named.peek().is_none() || named.any(exists)
            })
        });
        let other = |proof: &&Document| proof.path != document.path;
        if !named && !proofs(plan, &item).iter().any(other) {
            let text = format!(
                "`{}` is {} and nothing proves it: no done evidence, no evidence document, no closeout",
                item.id, plan.profile.planning.work.proven
            );
            place::item(found, rule, document, item.span, &item.id, text);
        }
    }
}

/// `params`: words in a title or a task that make it one that a backend executes.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Executed {
    execution: Vec<String>,
    fields: Vec<String>,
}

fn without_run(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let own: Executed = told::params(rule);
    let hedges = &plan.profile.planning.work.hedges;
    for (document, item) in proven(plan) {
        let fields = own.fields.iter().filter_map(|key| item.value(key));
        let executes = std::iter::once(item.title.as_str())
            .chain(fields)
            .flat_map(|text| text.split(['.', ';']))
            .any(|sentence| has_phrase(sentence, &own.execution) && !has_phrase(sentence, hedges));
        if !executes {
            continue;
        }
        let first = document
            .citations
            .partition_point(|one| start(one) < item.body.start);
        let mut inside = document.citations[first..]
            .iter()
            .take_while(|one| start(one) < item.body.end);
        let cites = |document: &&Document| document.citations.iter().any(is_run);
        if !inside.any(is_run) && !proofs(plan, &item).iter().any(cites) {
            let text = format!(
                "`{}` asks for a run, is {}, and neither it nor what proves it cites one",
                item.id, plan.profile.planning.work.proven
            );
            place::item(found, rule, document, item.span, &item.id, text);
        }
    }
}

fn is_run(citation: &Citation) -> bool {
    matches!(citation, Citation::Run { .. })
}

fn start(citation: &Citation) -> usize {
    match citation {
        Citation::Run { span, .. } | Citation::Commit { span, .. } => span.start,
    }
}

/// `params`: where a run that did not pass is what is to be shown, and keys that cite a proof.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Proof {
    shown_under: Vec<String>,
    proof_keys: Vec<String>,
}

fn blocked_as_proof(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let own: Proof = told::params(rule);
    let profile = &plan.profile.planning;
    let work = &profile.work;
    let unusable = |document: &Document| {
        Work::has(&work.failed, document.kind.as_deref())
            || document
                .status()
                .is_some_and(|s| s.eq_ignore_ascii_case(&work.refused))
    };
    for (document, item) in proven(plan) {
        let proofs = proofs(plan, &item);
        let others: Vec<&&Document> = proofs.iter().filter(|p| p.path != document.path).collect();
        if !others.is_empty() && others.iter().all(|proof| unusable(proof)) {
            let names: Vec<&str> = others.iter().map(|proof| proof.path.as_str()).collect();
            let span = DONE.iter().find_map(|key| item.field(key));
            let span = span.map_or(item.span, |field| field.span);
            let text = format!(
                "`{}` is {} by what did not pass only: {}",
                item.id,
                work.proven,
                place::some(&names)
            );
            place::item(found, rule, document, span, &item.id, text);
        }
    }
    for document in &plan.documents {
        let usable = document
            .status()
            .is_some_and(|status| work.is_proven(status));
        if !usable || Work::has(&work.failed, document.kind.as_deref()) {
            continue;
        }
        for fact in document
            .facts()
            .iter()
            .filter(|fact| own.proof_keys.contains(&fact.key))
        {
            let named = files_in(&fact.raw).flat_map(|name| plan.documents_named(name));
            for other in named.filter(|other| unusable(other)) {
                let text = format!("This names `{}` as proof, which did not pass", other.path);
                place::at(found, rule, document, fact.span, text);
            }
        }
        if Work::has(&work.proof, document.kind.as_deref()) {
            failed_run(plan, rule, found, document, &own.shown_under);
        }
    }
}

/// A document that proves things, by runs of which none passed.
fn failed_run(
    plan: &Plan<'_>,
    rule: &Rule,
    found: &mut Found,
    document: &Document,
    shown_under: &[String],
) {
    let profile = &plan.profile.planning;
    let mut failed = None;
    for statement in run_facts::read(document, profile) {
        let stated = statement.status(profile);
        let run = plan.runs.and_then(|runs| runs.get(statement.run));
        let report = run.and_then(|run| run.report.as_ref());
        let real = report.and_then(|report| report.text("status"));
        // The first stage is proven by a refusal.
        let refusal = report.is_some_and(|report| {
            let scope = report.text("allowed_mutation_scope");
            let first = plan.profile.gates.stage(1);
            report.get("stage").and_then(|stage| stage.as_i64()) == Some(1)
                || scope.is_some_and(|scope| first.is_some_and(|stage| stage.scope == scope))
        });
        let shown = statement
            .facts
            .iter()
            .any(|fact| has_phrase(&fact.key.replace('_', " "), shown_under))
            || status::is_headed(document, statement.section, shown_under);
        if refusal || shown {
            return;
        }
        let Some(status) = real.or(stated.map(|(word, _)| word)) else {
            continue;
        };
        if status == "pass" {
            return;
        }
        let span = stated.map_or(statement.cited, |(_, fact)| fact.span);
        failed.get_or_insert((statement.run, status.to_owned(), span));
    }
    if let Some((run, status, span)) = failed {
        let text = format!(
            "The document is {} and the run `{run}` that it cites ended `{status}`",
            profile.work.proven
        );
        place::at(found, rule, document, span, text);
    }
}
