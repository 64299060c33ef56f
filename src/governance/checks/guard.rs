// SPDX-License-Identifier: Apache-2.0
//! The guard before a route, and documents that go past it.

use super::claims::by_document;
use super::{Check, Found, recorded};
use crate::governance::gate::shape::fits;
use crate::governance::gate::{Sheet, guard, paper};
use crate::governance::plan::Plan;
use crate::rules::Rule;

pub(super) const CHECKS: &[Check] = &[
    Check::plan("cto-guard-bypassed", bypassed),
    Check::plan(guard::GUARD, incomplete),
];

const KIND: &str = "guard";

fn incomplete(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    for sheet in paper::of_kind(plan, KIND) {
        let issues = guard::guard(&sheet, recorded::document(plan, &sheet), plan.profile);
        recorded::say(found, rule, &sheet, KIND, issues);
    }
}

fn bypassed(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let guards = paper::of_kind(plan, KIND);
    let blocked = |sheet: &&Sheet| sheet.text("guard_status") == Some("blocked");
    let Some(guard) = guards.iter().find(blocked) else {
        return;
    };
    let conditional = &plan.profile.gates.guard.conditional;
    let wait = format!("the guard `{}` is blocked", guard.path);
    let mut say = |sheet: &Sheet, kind: &str, key: &str, what: &str| {
        recorded::at(
            found,
            rule,
            sheet,
            kind,
            sheet.place(key),
            format!("{what}, and {wait}"),
        );
    };
    let judged = |sheet: &Sheet, kind: &str, say: &mut dyn FnMut(&Sheet, &str, &str, &str)| {
        if sheet.text("core_route_admission_status") == Some("admitted") {
            say(
                sheet,
                kind,
                "core_route_admission_status",
                "it says that the route is admitted",
            );
        }
        if !sheet.is_empty("recommended_next_decision") {
            let status = sheet.text("recommendation_status").unwrap_or("");
            if !fits(conditional, status) {
                let what = "it recommends the route without a condition";
                say(sheet, kind, "recommended_next_decision", what);
            }
        }
    };
    for sheet in plan.records.iter().filter_map(Sheet::of_record) {
        judged(&sheet, "json", &mut say);
    }
    for document in &plan.documents {
        let sheet = Sheet::of_document(document);
        let kind = document.kind.clone().unwrap_or_default();
        judged(&sheet, &kind, &mut say);
    }
    let claims = by_document(plan, rule).into_iter();
    for (document, spans) in claims.filter(|(document, _)| !document.is(&[KIND])) {
        let open = spans
            .into_iter()
            .filter(|span| !fits(conditional, document.slice(*span)));
        let open: Vec<_> = open.collect();
        if open.is_empty() {
            continue;
        }
        let sheet = Sheet::of_document(document);
        let kind = document.kind.as_deref().unwrap_or("document");
        for span in open {
            let text = format!("it opens, recommends or claims the route, and {wait}");
            recorded::at(found, rule, &sheet, kind, Some(span), text);
        }
    }
}
