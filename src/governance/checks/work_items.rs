// SPDX-License-Identifier: Apache-2.0
//! Work items by themselves: one definition, a status, criteria, boxes, fields (rules 52, 55, 58,
//! 59, 60, 67).

use super::{Check, Found, place, told};
use crate::governance::plan::run_facts::first_word;
use crate::governance::plan::{Item, Plan};
use crate::rules::Rule;
use serde::Deserialize;
use std::collections::HashSet;

/// The checks of this file.
pub(super) const CHECKS: &[Check] = &[
    Check::plan("cto-work-id-duplicate", duplicate),
    Check::plan("cto-work-status-invalid", status),
    Check::plan("cto-work-validated-unchecked", unchecked),
    Check::plan("cto-work-candidate-all-checked", all_checked),
    Check::plan("cto-work-acceptance-missing", acceptance),
    Check::plan("cto-work-field-missing", fields),
];

fn duplicate(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    for (id, places) in plan.definitions() {
        let Some((first_document, first)) = places.first() else {
            continue;
        };
        for (document, item) in &places[1..] {
            let text = if same_title(&first.title, &item.title) {
                format!("`{id}` is defined here and in `{}`", first_document.path)
            } else {
                format!(
                    "`{id}` is “{}” here and “{}” in `{}`",
                    item.title, first.title, first_document.path
                )
            };
            place::item(found, rule, document, item.span, id, text);
        }
        let listed = plan.board.as_ref().and_then(|board| board.get(id));
        let titled = listed.and_then(|entry| Some((entry, entry.title.as_deref()?)));
        if let Some((entry, title)) = titled
            && places.len() == 1
            && !first.title.is_empty()
            && !same_title(title, &first.title)
        {
            let text = format!(
                "`{id}` is “{title}” on the board and “{}” in `{}`",
                first.title, first_document.path
            );
            place::board(found, rule, plan, Some(entry.span), id, text);
        }
    }
    let mut seen = HashSet::new();
    for entry in plan.board.as_ref().map_or(&[][..], |board| &board.entries) {
        if !seen.insert(&*entry.id) {
            let text = format!("The board lists `{}` twice", entry.id);
            place::board(found, rule, plan, Some(entry.span), &entry.id, text);
        }
    }
}

/// Whether two titles are the same but for case, ticks and punctuation.
fn same_title(one: &str, other: &str) -> bool {
    let plain = |text: &str| {
        let words = text.split(|c: char| !c.is_alphanumeric());
        words
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .collect::<Vec<_>>()
    };
    plain(one) == plain(other)
}

fn status(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let known = plan.profile.planning.vocabulary.get("work_status");
    let known: Vec<String> = known.cloned().unwrap_or_default();
    let shown = known.join("`, `");
    let is_known = |status: &str| known.iter().any(|one| one == status);
    for (id, places) in plan.definitions() {
        for (document, item) in &places {
            let Some(status) = item.status().filter(|status| !is_known(status)) else {
                continue;
            };
            let span = item.field("status").map_or(item.span, |field| field.span);
            let text = format!("The status of `{id}` is `{status}`; it may be `{shown}`");
            place::item(found, rule, document, span, id, text);
        }
        if plan.status(id).is_none()
            && let Some((document, item)) = places.first()
        {
            let text = format!("Nothing states a status of `{id}`");
            place::item(found, rule, document, item.span, id, text);
        }
    }
    for entry in plan.board.as_ref().map_or(&[][..], |board| &board.entries) {
        let status = entry.status.to_lowercase();
        if !status.is_empty() && !is_known(&status) {
            let text = format!(
                "The board's status of `{}` is `{status}`; it may be `{shown}`",
                entry.id
            );
            place::board(found, rule, plan, Some(entry.status_span), &entry.id, text);
        }
    }
}

/// Whether the board or the item itself says that it is proven.
pub(super) fn is_proven(plan: &Plan<'_>, item: &Item) -> bool {
    let work = &plan.profile.planning.work;
    let own = item.status();
    let listed = plan.status(&item.id);
    own.into_iter()
        .chain(listed)
        .any(|status| work.is_proven(&status))
}

fn unchecked(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    for document in &plan.documents {
        for item in document.items() {
            let open: Vec<_> = item.boxes.iter().filter(|one| !one.checked).collect();
            let Some(first) = open.first().filter(|_| is_proven(plan, &item)) else {
                continue;
            };
            let text = format!(
                "`{}` is {} while {} of its {} boxes {} open: {}",
                item.id,
                plan.profile.planning.work.proven,
                open.len(),
                item.boxes.len(),
                if open.len() == 1 { "is" } else { "are" },
                first.text
            );
            place::item(found, rule, document, first.span, &item.id, text);
        }
    }
}

fn all_checked(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let work = &plan.profile.planning.work;
    for document in &plan.documents {
        for item in document.items() {
            let Some(status) = plan
                .status(&item.id)
                .filter(|status| work.is_pending(status))
            else {
                continue;
            };
            let done = !item.boxes.is_empty() && item.boxes.iter().all(|one| one.checked);
            if done && !is_proven(plan, &item) {
                let text = format!("Every box of `{}` is checked and it is `{status}`", item.id);
                place::item(found, rule, document, item.span, &item.id, text);
            }
        }
    }
}

fn acceptance(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    for document in &plan.documents {
        for item in document.items() {
            let said = ["acceptance_criteria", "acceptance"]
                .iter()
                .any(|key| item.value(key).is_some());
            if item.boxes.is_empty() && item.criteria.is_empty() && !said {
                let text = format!("`{}` has no acceptance criteria", item.id);
                place::item(found, rule, document, item.span, &item.id, text);
            }
        }
    }
}

/// `params`: fields whose presence makes an item one that somebody implements.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Fields {
    implementable: Vec<String>,
}

fn fields(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let own: Fields = told::params(rule);
    let types = plan.profile.planning.vocabulary.get("work_type");
    let types: Vec<String> = types.cloned().unwrap_or_default();
    for document in &plan.documents {
        for item in document.items() {
            let listed = plan.board.as_ref().and_then(|board| board.get(&item.id));
            let kind = item.value("type").map(str::to_owned);
            let kind = kind.or_else(|| listed?.kind.as_deref().map(str::to_owned));
            let known = |kind: &str| types.iter().any(|one| one == first_word(kind));
            let text = match &kind {
                None => format!("`{}` states no type ({})", item.id, types.join(" or ")),
                Some(kind) if !known(kind) => {
                    format!(
                        "The type of `{}` is `{kind}`, not {}",
                        item.id,
                        types.join(" or ")
                    )
                }
                Some(_) => {
                    let built = own
                        .implementable
                        .iter()
                        .any(|key| item.value(key).is_some());
                    if !built || item.value("validator").is_some() {
                        continue;
                    }
                    format!("`{}` names no validator", item.id)
                }
            };
            let span = item.field("type").map_or(item.span, |field| field.span);
            place::item(found, rule, document, span, &item.id, text);
        }
    }
}
