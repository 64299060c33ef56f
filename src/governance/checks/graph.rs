// SPDX-License-Identifier: Apache-2.0
//! The blocked-by graph: known ends, no cycle, nothing proven before what blocks it (rules 61, 62,
//! 63).

use super::{Check, Found, board, place, told};
use crate::governance::plan::items::ids_in;
use crate::governance::plan::said::has_phrase;
use crate::governance::plan::{Document, Item, Plan};
use crate::model::ByteSpan;
use crate::rules::Rule;
use crate::support::graph::Graph;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The checks of this file.
pub(super) const CHECKS: &[Check] = &[
    Check::plan("cto-work-blocked-by-unknown", unknown),
    Check::plan("cto-work-blocked-by-cycle", cycle),
    Check::plan("cto-work-validated-before-blocker", before_blocker),
];

fn unknown(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let prefix = &plan.profile.planning.work_prefix;
    let Some(listed) = board::readable(plan) else {
        return;
    };
    let known = |id: &str| listed.get(id).is_some() || plan.is_defined(id);
    for document in &plan.documents {
        for item in document.items() {
            let span = item
                .field("blocked_by")
                .map_or(item.span, |field| field.span);
            for id in item.blockers(prefix) {
                if !known(&id) {
                    let text = format!("`{}` is blocked by `{id}`, which nothing defines", item.id);
                    place::item(found, rule, document, span, &item.id, text);
                }
            }
        }
    }
    for entry in &listed.entries {
        for id in entry
            .blocked_by
            .iter()
            .filter(|id| id.starts_with(prefix.as_str()))
        {
            if !known(id) {
                let text = format!("`{}` is blocked by `{id}`, which nothing defines", entry.id);
                place::board(found, rule, plan, Some(entry.span), &entry.id, text);
            }
        }
    }
}

/// `params`: words between an item and what it needs.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Cycle {
    dependency: Vec<String>,
}

fn cycle(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let own: Cycle = told::params(rule);
    let ids = plan.ids();
    let mut edges: Vec<(&str, String)> = Vec::new();
    for id in &ids {
        edges.extend(plan.blockers(id).into_iter().map(|blocker| (*id, blocker)));
    }
    let prose = prose(plan, &own.dependency);
    let mut graph = Graph::default();
    for (from, to) in &edges {
        graph.edge(from, to);
    }
    for (from, to) in prose.keys() {
        graph.edge(from, to);
    }
    // In the order of ids, and of blockers of each.
    let is_stated = |from: &str, to: &str| {
        let place = edges.binary_search_by(|(a, b)| (*a, b.as_str()).cmp(&(from, to)));
        place.is_ok()
    };
    for cycle in graph.cycles() {
        let names = place::some(&cycle);
        let inside = |name: &str| cycle.binary_search(&name).is_ok();
        let said = prose
            .iter()
            .find(|((from, to), _)| inside(from) && inside(to) && !is_stated(from, to));
        let first = cycle.first().copied().unwrap_or_default();
        if let Some(((from, to), (document, span))) = said {
            let text = format!(
                "`{from}` needs `{to}` by this text, and the blocked-by graph says the other way round: {names}"
            );
            place::item(found, rule, document, *span, from, text);
            continue;
        }
        let text = if cycle.len() == 1 {
            format!("`{first}` is blocked by itself")
        } else {
            format!("{} items block each other: {names}", cycle.len())
        };
        let listed = plan.board.as_ref().and_then(|board| board.get(first));
        match (plan.defined(first).first(), listed) {
            (_, Some(entry)) if !entry.blocked_by.is_empty() => {
                place::board(found, rule, plan, Some(entry.span), first, text);
            }
            (Some((document, item)), _) => {
                let span = item
                    .field("blocked_by")
                    .map_or(item.span, |field| field.span);
                place::item(found, rule, document, span, first, text);
            }
            _ => place::board(found, rule, plan, None, first, text),
        }
    }
}

/// Edges that prose states: an item, words such as "depends on", and the ids behind them.
fn prose<'p>(
    plan: &'p Plan<'_>,
    words: &[String],
) -> BTreeMap<(String, String), (&'p Document, ByteSpan)> {
    let profile = &plan.profile.planning;
    let mut found = BTreeMap::new();
    for document in &plan.documents {
        for line in document.lines().iter().filter(|line| !line.fenced) {
            let text = document.line(line);
            if !text.contains(profile.work_prefix.as_str()) {
                continue;
            }
            let lower = text.to_lowercase();
            let hit = words
                .iter()
                .filter_map(|word| Some((lower.find(word.as_str())?, word)));
            let Some((at, word)) = hit.min() else {
                continue;
            };
            // Lower case may change lengths; then the place is not known.
            let (Some(head), Some(tail)) = (text.get(..at), text.get(at + word.len()..)) else {
                continue;
            };
            let sentence = head.rsplit(['.', ';']).next().unwrap_or(head);
            if has_phrase(sentence, &profile.work.hedges) {
                continue;
            }
            let tail = tail.split(". ").next().unwrap_or(tail);
            let own = ids_in(sentence, &profile.work_prefix).pop();
            let own = own.or_else(|| around(document, line.start).map(str::to_owned));
            let Some(own) = own else {
                continue;
            };
            for id in ids_in(tail, &profile.work_prefix) {
                let span = ByteSpan::new(line.start, line.end);
                found.entry((own.clone(), id)).or_insert((document, span));
            }
        }
    }
    found
}

/// The item in whose body a place stands.
fn around(document: &Document, at: usize) -> Option<&str> {
    let heads = document.heads();
    let last = heads.take_while(|head| head.body.start <= at).last()?;
    (at < last.body.end).then_some(last.id)
}

/// `params`: keys of facts that record how a condition was met.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Before {
    resolution: Vec<String>,
    nothing: Vec<String>,
}

fn before_blocker(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let own: Before = told::params(rule);
    let work = &plan.profile.planning.work;
    for id in plan.ids() {
        if !plan
            .status(id)
            .is_some_and(|status| work.is_proven(&status))
        {
            continue;
        }
        for blocker in plan.blockers(id) {
            let Some(status) = plan
                .status(&blocker)
                .filter(|status| !work.is_proven(status))
            else {
                continue;
            };
            let text = format!(
                "`{id}` is {} while `{blocker}`, which blocks it, is `{status}`",
                work.proven
            );
            match plan.defined(id).first() {
                Some((document, item)) => {
                    let span = item.field("blocked_by").or_else(|| item.field("status"));
                    let span = span.map_or(item.span, |field| field.span);
                    place::item(found, rule, document, span, id, text);
                }
                None => {
                    let entry = plan.board.as_ref().and_then(|board| board.get(id));
                    place::board(found, rule, plan, entry.map(|entry| entry.span), id, text);
                }
            }
        }
        for (document, item) in plan.defined(id) {
            let conditions = conditions(&item, &plan.profile.planning.work_prefix, &own.nothing);
            for condition in &conditions {
                if !resolved(
                    plan,
                    document,
                    &item,
                    condition,
                    conditions.len(),
                    &own.resolution,
                ) {
                    let span = item
                        .field("blocked_by")
                        .map_or(item.span, |field| field.span);
                    let text = format!(
                        "`{id}` is {} and nothing records how its condition was met: {condition}",
                        work.proven
                    );
                    place::item(found, rule, document, span, id, text);
                }
            }
        }
    }
}

/// What an item's `Blocked by` asks beside ids.
fn conditions(item: &Item, prefix: &str, nothing: &[String]) -> Vec<String> {
    let value = item.value("blocked_by").unwrap_or("");
    let parts = value.split([',', ';']).flat_map(|part| part.split(" and "));
    parts
        .map(|part| part.trim().trim_end_matches('.').trim())
        .filter(|part| !part.is_empty() && !part.contains(prefix) && !part.contains("-WORK-"))
        .filter(|part| {
            let first = part.split_whitespace().next().unwrap_or("").to_lowercase();
            let first = first.trim_matches(|c: char| !c.is_alphanumeric() && c != '/');
            !nothing.iter().any(|word| word == first) && !first.is_empty()
        })
        .map(str::to_owned)
        .collect()
}

/// Whether the item, or a document that speaks for it, records how a condition was met.
fn resolved(
    plan: &Plan<'_>,
    document: &Document,
    item: &Item,
    condition: &str,
    conditions: usize,
    keys: &[String],
) -> bool {
    let words: Vec<String> = condition
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| word.len() >= 4)
        .map(str::to_lowercase)
        .collect();
    let fits = |text: &str| {
        let text = text.to_lowercase();
        conditions == 1 || words.iter().any(|word| text.contains(word))
    };
    let own = document
        .facts()
        .into_iter()
        .filter(|fact| fact.span.start >= item.body.start && fact.span.end <= item.body.end);
    let others = plan.about(&item.id).flat_map(|other| other.facts());
    own.chain(others)
        .any(|fact| keys.contains(&fact.key) && fits(&fact.raw))
}
