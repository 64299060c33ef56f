// SPDX-License-Identifier: Apache-2.0
//! Days: that they are days, that they are in order, and that the last review is not behind what
//! was written since.

use super::told;
use super::{Check, Found};
use crate::governance::plan::{Citation, Document, Plan};
use crate::governance::stamp;
use crate::model::ByteSpan;
use crate::rules::Rule;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;

/// The checks of this file.
pub(super) const CHECKS: &[Check] = &[
    Check::plan("cto-date-invalid", invalid),
    Check::plan("cto-last-reviewed-behind-content", behind),
    Check::plan("cto-last-reviewed-stale", stale),
];

const KEYS: [&str; 2] = ["created", "last_reviewed"];

fn day(document: &Document, key: &str) -> Option<Date> {
    stamp::day(document.value(key)?)
}

fn span(document: &Document, key: &str) -> ByteSpan {
    let node = document.key(key);
    node.map_or(ByteSpan::new(0, 3), |node| node.span)
}

fn invalid(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    for document in &plan.documents {
        for key in KEYS {
            let Some(value) = document.value(key) else {
                continue;
            };
            let text = match stamp::day(value) {
                None => format!("`{key}` is `{value}`, which is no day of the form YYYY-MM-DD."),
                Some(day) if day > plan.as_of => {
                    format!(
                        "`{key}` is {day}, after the day of this audit, {}.",
                        plan.as_of
                    )
                }
                Some(_) => continue,
            };
            told::at(found, rule, document, span(document, key), text);
        }
        if let (Some(created), Some(reviewed)) = (day(document, KEYS[0]), day(document, KEYS[1]))
            && reviewed < created
        {
            let text =
                format!("It was last reviewed on {reviewed}, before it was created on {created}.");
            told::at(found, rule, document, span(document, KEYS[1]), text);
        }
    }
}

/// The latest day that a document itself writes of, what it is, and where.
fn newest(document: &Document) -> Option<(Date, &'static str, ByteSpan)> {
    let sections = document.sections.iter().filter_map(|section| {
        let day = stamp::day(section.date()?)?;
        Some((day, "a section is dated", section.span()))
    });
    let runs = document.citations.iter().filter_map(|citation| {
        let Citation::Run { id, span, .. } = citation else {
            return None;
        };
        let day = stamp::compact(id)?.to_zoned(TimeZone::UTC).date();
        Some((day, "a run is cited of", *span))
    });
    // Of equal days the first place is named.
    let mut all: Vec<_> = sections.chain(runs).collect();
    all.sort_by_key(|(day, _, span)| (std::cmp::Reverse(*day), span.start));
    all.into_iter().next()
}

fn behind(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    for document in &plan.documents {
        let Some(reviewed) = day(document, KEYS[1]) else {
            continue;
        };
        if let Some((newest, what, span)) = newest(document)
            && newest > reviewed
        {
            let text = format!("It was last reviewed on {reviewed}, but {what} {newest}.");
            told::at(found, rule, document, span, text);
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Stale {
    /// Statuses of documents that nobody needs to review any more.
    pub(super) not_status: Vec<String>,
}

fn stale(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let params: Stale = told::params(rule);
    let planning = &plan.profile.planning;
    for document in &plan.documents {
        let Some(reviewed) = day(document, KEYS[1]) else {
            continue;
        };
        let status = document.status().unwrap_or("");
        if params.not_status.iter().any(|one| one == status) {
            continue;
        }
        let kind = document
            .kind_in(planning)
            .and_then(|kind| kind.max_age_days);
        let most = kind.unwrap_or(planning.max_age_days);
        let age = plan.as_of.duration_since(reviewed).as_hours() / 24;
        if age > most {
            let text = format!(
                "It was last reviewed {age} days ago, on {reviewed}; {most} days are allowed."
            );
            told::at(found, rule, document, span(document, KEYS[1]), text);
        }
    }
}
