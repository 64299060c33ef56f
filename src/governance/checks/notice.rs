// SPDX-License-Identifier: Apache-2.0
//! The notices that keep a local plan from being taken for authority (section 1.4).

use super::sections::{self, NOTICE};
use super::told::{self, listed};
use super::{Check, Found};
use crate::governance::plan::{Document, Plan};
use crate::governance::profile::{DocumentKind, Planning};
use crate::rules::Rule;
use serde::Deserialize;

/// The checks of this file.
pub(super) const CHECKS: &[Check] = &[
    Check::plan("cto-notice-local-missing", local),
    Check::plan("cto-notice-incomplete", incomplete),
];

/// Text with case kept, marks of code and emphasis gone, white space folded.
fn folded(text: &str) -> String {
    let plain = text.replace(['`', '*'], "");
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn local(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let planning = &plan.profile.planning;
    let notice = &planning.notice;
    let assertions = told::patterns(&notice.assertions);
    for document in &plan.documents {
        if document
            .kind_in(planning)
            .is_some_and(|kind| !kind.local_notice)
        {
            continue;
        }
        let said = folded(&first_lines(document, notice.within_lines));
        let missing = assertions.iter().filter(|one| !one.is_match(&said)).count();
        if missing == 0 {
            continue;
        }
        let text = if missing == assertions.len() {
            format!(
                "The local notice does not stand in the first {} lines.",
                notice.within_lines
            )
        } else {
            format!(
                "The local notice lacks {missing} of its {} assertions.",
                assertions.len()
            )
        };
        told::whole(found, rule, document, text);
    }
}

/// The first lines of the body, code left out.
fn first_lines(document: &Document, count: usize) -> String {
    let lines = document.lines();
    let lines = lines.iter().take(count).filter(|line| !line.fenced);
    let written = lines.map(|line| document.line(line));
    written.collect::<Vec<_>>().join("\n")
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Incomplete {
    /// Patterns of which the section must hold one: that it denies at all.
    pub(super) denials: Vec<String>,
    /// Kinds that carry the section when they have this status: kind to status.
    pub(super) with_status: std::collections::BTreeMap<String, String>,
}

fn incomplete(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let params: Incomplete = told::params(rule);
    let planning = &plan.profile.planning;
    let denials = told::patterns(&params.denials);
    for document in &plan.documents {
        let Some(kind) = document.kind_in(planning) else {
            continue;
        };
        if !kind.authority_notice && !with_status(document, kind, &params) {
            continue;
        }
        let there = sections::sections(document, planning, &[NOTICE.to_owned()]);
        let Some(first) = there.first() else {
            let text = format!(
                "A document of kind `{}` needs the section `{NOTICE}`.",
                kind.id
            );
            told::whole(found, rule, document, text);
            continue;
        };
        let said: String = there
            .iter()
            .map(|section| document.slice(section.whole()))
            .collect();
        let said = folded(&said);
        if !denials.iter().any(|one| one.is_match(&said)) {
            let text = format!("The section `{NOTICE}` denies nothing.");
            told::at(found, rule, document, first.span(), text);
            continue;
        }
        // Where the section stands in place of the local notice, it need not list actions.
        let missing = if kind.local_notice {
            unnamed(&said, planning)
        } else {
            Vec::new()
        };
        if !missing.is_empty() {
            let text = format!("The section `{NOTICE}` does not deny {}.", listed(&missing));
            told::at(found, rule, document, first.span(), text);
        }
    }
}

fn with_status(document: &Document, kind: &DocumentKind, params: &Incomplete) -> bool {
    let wanted = params.with_status.get(&kind.id);
    wanted.is_some_and(|wanted| document.status() == Some(wanted.as_str()))
}

/// Classes of action that a text does not name.
fn unnamed<'p>(said: &str, planning: &'p Planning) -> Vec<&'p str> {
    let denied = planning.notice.denied.iter();
    denied
        .filter(|(_, any_of)| !told::patterns(*any_of).iter().any(|one| one.is_match(said)))
        .map(|(name, _)| name.as_str())
        .collect()
}
