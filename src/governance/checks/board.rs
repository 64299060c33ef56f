// SPDX-License-Identifier: Apache-2.0
//! The board and what it lists: readable, complete, and the same items as the documents define
//! (rules 50, 51, 53, 54).

use super::{Check, Found, place};
use crate::governance::plan::items::ids_in;
use crate::governance::plan::{Board, Plan};
use crate::governance::profile::Planning;
use crate::rules::Rule;
use std::collections::HashSet;

/// The checks of this file.
pub(super) const CHECKS: &[Check] = &[
    Check::plan("cto-workboard-invalid", invalid),
    Check::plan("cto-work-id-malformed", malformed),
    Check::plan("cto-work-unregistered", unregistered),
    Check::plan("cto-work-orphan", orphan),
];

/// Whether an id has the profile's form.
pub(super) fn is_id(id: &str, profile: &Planning) -> bool {
    id.strip_prefix(profile.work_prefix.as_str())
        .is_some_and(|digits| {
            digits.len() >= profile.work_digits && digits.bytes().all(|b| b.is_ascii_digit())
        })
}

/// The board when its items could be read: one that could not says nothing about single items.
pub(super) fn readable<'p>(plan: &'p Plan<'_>) -> Option<&'p Board> {
    plan.board
        .as_ref()
        .filter(|board| board.faults.is_empty() || !board.entries.is_empty())
}

fn invalid(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let Some(board) = &plan.board else {
        let name = &plan.profile.planning.board;
        let text = if plan.files.links.contains_key(name) {
            format!("`{name}` is a link, which is not followed; put the board itself there")
        } else {
            format!("`{name}` is missing or could not be read")
        };
        place::board(found, rule, plan, None, "", text);
        return;
    };
    for (why, span) in &board.faults {
        place::board(found, rule, plan, *span, "", format!("The board: {why}"));
    }
    if board.faults.is_empty() && board.entries.is_empty() {
        let text = "The board lists no work item".to_owned();
        place::board(found, rule, plan, None, "", text);
    }
}

fn malformed(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let profile = &plan.profile.planning;
    let form = format!(
        "the form is `{}` and {} digits or more",
        profile.work_prefix, profile.work_digits
    );
    for document in &plan.documents {
        for head in document.heads().filter(|head| !is_id(head.id, profile)) {
            let text = format!("The work item's id `{}` is malformed: {form}", head.id);
            place::item(found, rule, document, head.span, head.id, text);
        }
    }
    let entries = plan.board.as_ref().map_or(&[][..], |board| &board.entries);
    for entry in entries.iter().filter(|entry| !is_id(&entry.id, profile)) {
        let text = format!("The board's id `{}` is malformed: {form}", entry.id);
        place::board(found, rule, plan, Some(entry.span), &entry.id, text);
    }
}

fn unregistered(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let profile = &plan.profile.planning;
    let Some(board) = readable(plan) else {
        return;
    };
    for document in &plan.documents {
        let mut told = HashSet::new();
        for head in document.heads() {
            if board.get(head.id).is_none() && told.insert(head.id.to_owned()) {
                let text = format!(
                    "`{}` is defined here and the board does not list it",
                    head.id
                );
                place::item(found, rule, document, head.span, head.id, text);
            }
        }
        for line in document.lines().iter().filter(|line| !line.fenced) {
            for id in ids_in(document.line(line), &profile.work_prefix) {
                let known = board.get(&id).is_some() || !is_id(&id, profile);
                if known || !told.insert(id.clone()) {
                    continue;
                }
                let from = document.line(line).find(&id).unwrap_or(0) + line.start;
                let span = crate::model::ByteSpan::new(from, from + id.len());
                let text = format!("`{id}` is referred to here and the board does not list it");
                place::item(found, rule, document, span, &id, text);
            }
        }
    }
}

fn orphan(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let entries = plan.board.as_ref().map_or(&[][..], |board| &board.entries);
    for entry in entries {
        if !plan.is_defined(&entry.id) {
            let text = format!("No document defines `{}`", entry.id);
            place::board(found, rule, plan, Some(entry.span), &entry.id, text);
        }
    }
}
