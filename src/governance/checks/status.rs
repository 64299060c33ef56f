// SPDX-License-Identifier: Apache-2.0
//! Statuses that must agree: board, issues, evidence, closeouts, requirements, and what documents
//! say of each other (rules 56, 57, 68, 69, 70).

use super::{Check, Found, place, told};
use crate::governance::plan::run_facts::first_word;
use crate::governance::plan::said::{StatusWords, has_phrase};
use crate::governance::plan::{Document, Plan};
use crate::governance::profile::Work;
use crate::model::ByteSpan;
use crate::rules::Rule;
use serde::Deserialize;
use std::collections::HashMap;

/// The checks of this file.
pub(super) const CHECKS: &[Check] = &[
    Check::plan("cto-work-status-conflict", conflict),
    Check::plan("cto-work-evidence-status-conflict", evidence),
    Check::plan("cto-doc-status-behind-items", behind),
    Check::plan("cto-doc-status-ahead-of-items", ahead),
    Check::plan("cto-dependency-claim-unmet", claims),
];

fn conflict(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let Some(board) = &plan.board else {
        return;
    };
    for (id, places) in plan.definitions() {
        let Some(entry) = board.get(id).filter(|entry| !entry.status.is_empty()) else {
            continue;
        };
        let listed = entry.status.to_lowercase();
        for (document, item) in places {
            if let Some(status) = item.status().filter(|status| *status != listed) {
                let span = item.field("status").map_or(item.span, |field| field.span);
                let text = format!("`{id}` is `{status}` here and `{listed}` on the board");
                place::item(found, rule, document, span, id, text);
            }
        }
    }
}

/// What a document that proves things says of an item.
struct Word<'p> {
    document: &'p Document,
    status: String,
    span: ByteSpan,
}

/// What proving documents say of each item, the newest review of each item only.
fn words<'p>(plan: &'p Plan<'_>) -> HashMap<&'p str, Vec<Word<'p>>> {
    let profile = &plan.profile.planning;
    let phrases = StatusWords::new(profile);
    let statuses = profile.vocabulary.get("work_status");
    let mut found: HashMap<&str, Vec<Word<'_>>> = HashMap::new();
    for document in &plan.documents {
        if !Work::has(&profile.work.proof, document.kind.as_deref()) {
            continue;
        }
        let said = phrases.read(document);
        // What it says of itself stands for every item that it is about.
        let result = document.facts_of("status").find_map(|fact| {
            let word = first_word(&fact.raw).to_lowercase();
            let known = statuses.is_some_and(|known| known.contains(&word));
            let in_item = document
                .heads()
                .any(|head| head.body.range().contains(&fact.span.start));
            (known && !in_item).then_some((word, fact.span))
        });
        let own = result.or_else(|| {
            let status = document.status()?.to_lowercase();
            Some((status, place::key(document, "status")))
        });
        for id in plan.listed(document) {
            let mut of_it = said.iter().filter(|said| said.name == id);
            let last = of_it
                .next_back()
                .map(|said| (said.status.clone(), said.span));
            if let Some((status, span)) = last.or_else(|| own.clone()) {
                found.entry(id).or_default().push(Word {
                    document,
                    status,
                    span,
                });
            }
        }
    }
    for words in found.values_mut() {
        let day = |word: &Word<'_>| word.document.value("last_reviewed").map(str::to_owned);
        let newest = words.iter().map(day).max().flatten();
        words.retain(|word| day(word) == newest);
    }
    found
}

fn evidence(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let work = &plan.profile.planning.work;
    let words = words(plan);
    for id in plan.ids() {
        let Some(words) = words.get(id) else {
            continue;
        };
        let listed = plan.board.as_ref().and_then(|board| board.get(id));
        let listed = listed
            .filter(|entry| !entry.status.is_empty())
            .map(|entry| ("the board".to_owned(), entry.status.to_lowercase()));
        let stated = plan.defined(id).into_iter().filter_map(|(document, item)| {
            // A proving document that repeats the item is not a second voice.
            let proves = Work::has(&work.proof, document.kind.as_deref());
            let status = item.status().filter(|_| !proves)?;
            Some((format!("`{}`", document.path), status))
        });
        let others: Vec<(String, String)> = listed.into_iter().chain(stated).collect();
        let proven = words.iter().find(|word| work.is_proven(&word.status));
        let unproven = others.iter().find(|(_, status)| !work.is_proven(status));
        if let (Some(word), Some((who, status))) = (proven, unproven) {
            let text = format!(
                "This says that `{id}` is {}; {who} says `{status}`",
                work.proven
            );
            place::item(found, rule, word.document, word.span, id, text);
        }
        let claimed = others.iter().find(|(_, status)| work.is_proven(status));
        if let (None, Some((who, status)), Some(word)) = (proven, claimed, words.first()) {
            let text = format!(
                "This says that `{id}` is `{}`; {who} says `{status}`",
                word.status
            );
            place::item(found, rule, word.document, word.span, id, text);
        }
    }
}

fn behind(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let work = &plan.profile.planning.work;
    for document in &plan.documents {
        let pending = document.status().filter(|status| work.is_pending(status));
        let Some(status) = pending.filter(|_| Work::has(&work.sequence, document.kind.as_deref()))
        else {
            continue;
        };
        // What this document states counts before what the board states.
        let mut items = document.items().map(|item| {
            let status = item.status().or_else(|| plan.status(&item.id));
            status.is_some_and(|status| work.is_proven(&status))
        });
        if document.heads().next().is_some() && items.all(|proven| proven) {
            let text = format!(
                "The document is `{status}` while every item in it is {}",
                work.proven
            );
            place::at(found, rule, document, place::key(document, "status"), text);
        }
    }
}

fn ahead(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let work = &plan.profile.planning.work;
    let mut owned: HashMap<&str, Vec<&str>> = HashMap::new();
    for entry in plan.board.as_ref().map_or(&[][..], |board| &board.entries) {
        for path in entry.prd.iter().chain(&entry.issues) {
            owned.entry(path).or_default().push(&entry.id);
        }
    }
    for document in &plan.documents {
        let kind = document.kind.as_deref();
        let owns = Work::has(&work.sequence, kind) || Work::has(&work.requirement, kind);
        if !owns
            || !document
                .status()
                .is_some_and(|status| work.is_proven(status))
        {
            continue;
        }
        let mut ids: Vec<&str> = document.heads().map(|head| head.id).collect();
        ids.extend(owned.get(document.path.as_str()).into_iter().flatten());
        ids.sort_unstable();
        ids.dedup();
        let open: Vec<&str> = ids
            .into_iter()
            .filter(|id| {
                plan.status(id)
                    .is_some_and(|status| !work.is_proven(&status))
            })
            .collect();
        if !open.is_empty() {
            let text = format!(
                "The document is {} while items of it are not: {}",
                work.proven,
                place::some(&open)
            );
            place::at(found, rule, document, place::key(document, "status"), text);
        }
    }
}

/// `params`: headings under which things are wished for, not claimed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Claims {
    not_under: Vec<String>,
}

fn claims(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let own: Claims = told::params(rule);
    let profile = &plan.profile.planning;
    let work = &profile.work;
    let phrases = StatusWords::new(profile);
    let mut apart = own.not_under;
    apart.extend(profile.denying_sections.iter().cloned());
    apart.extend(profile.phrase_sections.iter().cloned());
    for document in &plan.documents {
        for said in phrases.read(document) {
            let wished = document.under(said.section, &apart) || !work.is_proven(&said.status);
            if wished || plan.listed(document).iter().any(|id| id == said.name) {
                continue;
            }
            let Some((what, status)) = actual(plan, document, said.name) else {
                continue;
            };
            if !work.is_proven(&status) {
                let text = format!("This says that {what} is {}; it is `{status}`", work.proven);
                place::at(found, rule, document, said.span, text);
            }
        }
    }
}

/// What a name refers to, and its status.
fn actual(plan: &Plan<'_>, from: &Document, name: &str) -> Option<(String, String)> {
    let prefix = &plan.profile.planning.work_prefix;
    if name.starts_with(prefix.as_str()) {
        // Words behind an id are no part of it.
        let id = name.split_whitespace().next()?;
        let own = from.heads().any(|head| head.id == id);
        let status = plan.status(id).filter(|_| !own)?;
        return Some((format!("`{id}`"), status));
    }
    let name = name.strip_prefix("The ").unwrap_or(name);
    let mut named = plan
        .documents_named(name)
        .filter(|other| other.path != from.path);
    let other = named.next()?;
    let status = other.status()?.to_lowercase();
    Some((format!("`{}`", other.path), status))
}

/// Whether a heading holds one of these words.
pub(super) fn is_headed(document: &Document, section: usize, words: &[String]) -> bool {
    document
        .around(section)
        .any(|section| has_phrase(&section.title, words))
}
