// SPDX-License-Identifier: Apache-2.0
//! From judgements on records and documents to findings.

use super::Found;
use crate::governance::gate::ladder::{Ladder, Rung};
use crate::governance::gate::{Issue, Sheet, paper};
use crate::governance::plan::{Document, Plan};
use crate::model::{ByteSpan, Subject};
use crate::rules::Rule;

/// What a finding on a record or a document is about.
pub(super) fn subject(path: &str, kind: &str, document: bool) -> Subject {
    let of = if document { "unknown" } else { "report" };
    Subject::new(of, path).with("governance_kind", kind)
}

/// Says what a rule has to say of one sheet.
pub(super) fn say(found: &mut Found, rule: &Rule, sheet: &Sheet, kind: &str, issues: Vec<Issue>) {
    for issue in issues {
        if issue.rule == rule.meta.id.as_str() {
            let span = issue.key.as_deref().and_then(|key| sheet.place(key));
            at(found, rule, sheet, kind, span, issue.text);
        }
    }
}

/// Says something at a place of a sheet.
pub(super) fn at(
    found: &mut Found,
    rule: &Rule,
    sheet: &Sheet,
    kind: &str,
    span: Option<ByteSpan>,
    text: String,
) {
    let about = subject(&sheet.path, kind, sheet.document);
    let entry = sheet.entry();
    let draft = match span {
        Some(span) => found.say_at(rule, &entry, sheet.text.as_bytes(), span, text),
        None => found.say(rule, &entry, text),
    };
    draft.subject = Some(Box::new(about));
}

/// Says what a rule has to say of the stages of a ladder.
pub(super) fn climb(found: &mut Found, rule: &Rule, ladder: &Ladder, issues: Vec<Issue>) {
    let entry = crate::model::EntryPath::root(&ladder.path);
    for issue in issues {
        if issue.rule != rule.meta.id.as_str() {
            continue;
        }
        let number = issue.key.as_deref().and_then(|key| key.parse().ok());
        let rung: Option<&Rung> = number.and_then(|number| ladder.rung(number));
        let about = Subject::new("report", &*ladder.path)
            .with("governance_kind", "gates")
            .with("stage", issue.key.clone().unwrap_or_default());
        let draft = match rung.and_then(|rung| rung.span) {
            Some(span) => found.say_at(rule, &entry, ladder.text.as_bytes(), span, issue.text),
            None => found.say(rule, &entry, issue.text),
        };
        draft.subject = Some(Box::new(about));
    }
}

/// Judges every record of a kind.
pub(super) fn each(
    plan: &Plan<'_>,
    rule: &Rule,
    found: &mut Found,
    kind: &str,
    judge: impl Fn(&Sheet) -> Vec<Issue>,
) {
    for sheet in paper::of_kind(plan, kind) {
        let issues = judge(&sheet);
        say(found, rule, &sheet, kind, issues);
    }
}

/// JSON files that by their name are of a kind and hold no object.
pub(super) fn unreadable(plan: &Plan<'_>, rule: &Rule, found: &mut Found, kind: &str) {
    let Some(form) = plan.profile.gates.record(kind) else {
        return;
    };
    for record in &plan.records {
        let file = record.path.rsplit('/').next().unwrap_or(&record.path);
        let named = crate::governance::gate::shape::fits(&form.names, file);
        if named && Sheet::of_record(record).is_none() {
            let why = record
                .value
                .as_ref()
                .err()
                .map_or("it is no object", String::as_str);
            let draft = found.say(rule, &record.entry(), format!("it cannot be read: {why}"));
            draft.subject = Some(Box::new(subject(&record.path, kind, false)));
        }
    }
}

/// Everything that tells of stages: ledgers, then gates documents.
pub(super) fn ladders(plan: &Plan<'_>) -> Vec<Ladder> {
    let ledgers = paper::of_kind(plan, "ledger");
    let mut ladders: Vec<Ladder> = ledgers.iter().map(Ladder::of_ledger).collect();
    let documents = plan
        .documents
        .iter()
        .filter(|document| document.is(&["gates"]));
    ladders.extend(documents.map(|document| Ladder::of_document(document, plan.profile)));
    ladders
}

/// The document of a sheet.
pub(super) fn document<'p>(plan: &'p Plan<'_>, sheet: &Sheet) -> Option<&'p Document> {
    plan.document(&sheet.path)
}
