// SPDX-License-Identifier: Apache-2.0
//! What may not stand in for proof: tests for acceptance, templates and packets for admissions,
//! decisions for evidence, a requirement for a run (section 5 B).

use super::claims::{self, Claim, claimed};
use super::statements;
use super::told;
use super::{Check, Found};
use crate::governance::plan::{Citation, Document, Plan};
use crate::governance::profile::Planning;
use crate::model::EntryPath;
use crate::rules::{Example, Rule, StatementRule};
use serde::Deserialize;

/// The checks of this file.
pub(super) const CHECKS: &[Check] = &[
    Check::plan("cto-test-pass-as-acceptance", tests_as_acceptance),
    Check::plan("cto-template-as-authority", template),
    Check::plan("cto-decision-as-admission", decision),
    Check::plan("cto-prd-claims-execution", execution),
    Check::plan("cto-upstream-edit-declared", upstream),
];

/// What the tables of these rules give.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Proof {
    /// Patterns of claims.
    pub(super) statement: Option<StatementRule>,
    /// Sentences for the test of [`claims`].
    pub(super) matches: Vec<Example>,
    /// The same.
    pub(super) no_matches: Vec<Example>,
    /// Kinds of documents that are read; all when empty.
    pub(super) kinds: Vec<String>,
    /// Keys of facts.
    pub(super) facts: Vec<String>,
    /// Kinds of documents that prove nothing.
    pub(super) hollow: Vec<String>,
    /// Kinds of documents whose citation answers for what is said.
    pub(super) answered_by: Vec<String>,
}

fn tests_as_acceptance(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let params: Proof = told::params(rule);
    let mut claims = claimed(plan, rule, &params.kinds);
    let has_outcome = |document: &Document| {
        let mut facts = document.facts().into_iter();
        facts.any(|fact| params.facts.contains(&fact.key))
    };
    claims.retain(|(document, _)| !has_outcome(document));
    claims::say(found, rule, claims);
}

/// Names of governed documents in a text, with their kinds.
fn named<'p>(text: &str, planning: &'p Planning) -> Vec<(String, &'p str)> {
    let prefix = planning.document_prefix.as_str();
    let mut names = Vec::new();
    for (at, _) in text.match_indices(prefix) {
        let before = text[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '-') {
            continue;
        }
        let rest = &text[at..];
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-');
        let stem = rest[..end.unwrap_or(rest.len())].trim_end_matches('-');
        if let Some(kind) = planning.kind_of(stem) {
            names.push((stem.to_owned(), kind.id.as_str()));
        }
    }
    names
}

fn template(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let params: Proof = told::params(rule);
    let planning = &plan.profile.planning;
    claims::say(found, rule, claimed(plan, rule, &params.kinds));
    let hollow = |text: &str| {
        let mut names = named(text, planning).into_iter();
        names.find(|(_, kind)| params.hollow.iter().any(|one| one == kind))
    };
    for document in &plan.documents {
        for fact in document
            .facts()
            .iter()
            .filter(|fact| params.facts.contains(&fact.key))
        {
            if let Some((name, kind)) = hollow(&fact.raw) {
                let text = format!(
                    "`{}` cites `{name}`, which is of kind `{kind}` and decides nothing.",
                    fact.key
                );
                told::at(found, rule, document, fact.span, text);
            }
        }
    }
    let Some(board) = &plan.board else { return };
    for entry in &board.entries {
        for cited in &entry.evidence {
            if let Some((name, kind)) = hollow(cited) {
                let text = format!(
                    "`{}` has `{name}` as evidence, which is of kind `{kind}` and proves nothing.",
                    entry.id
                );
                let path = EntryPath::root(&planning.board);
                let draft = found.say_at(rule, &path, board.text.as_bytes(), entry.span, text);
                draft.subject = Some(Box::new(super::task(&entry.id)));
            }
        }
    }
}

fn decision(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let params: Claim = told::params(rule);
    claims::say(found, rule, claimed(plan, rule, &params.kinds));
    statements::missing(plan, rule, found);
}

fn execution(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let params: Proof = told::params(rule);
    let planning = &plan.profile.planning;
    let answered = |document: &Document| {
        let body = document.text.get(document.body..).unwrap_or("");
        let mut names = named(body, planning).into_iter();
        names.any(|(name, kind)| {
            name != document.stem && params.answered_by.iter().any(|one| one == kind)
        })
    };
    let mut claims = claimed(plan, rule, &params.kinds);
    claims.retain(|(document, _)| !answered(document));
    claims::say(found, rule, claims);
    for document in &plan.documents {
        let kind = document.kind.as_deref().unwrap_or("");
        if !params.kinds.iter().any(|one| one == kind) || answered(document) {
            continue;
        }
        let mut facts = document.facts().into_iter();
        let fact = facts.find(|fact| params.facts.contains(&fact.key));
        let run = document
            .citations
            .iter()
            .find_map(|citation| match citation {
                Citation::Run { id, span, .. } => Some((id.as_str(), *span)),
                Citation::Commit { .. } => None,
            });
        let said = fact
            .as_ref()
            .map(|fact| (fact.key.as_str(), fact.span))
            .or(run);
        if let Some((what, span)) = said {
            let text = format!(
                "`{what}` is the result of a run, and no evidence document is cited for it."
            );
            told::at(found, rule, document, span, text);
        }
    }
}

fn upstream(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let params: Proof = told::params(rule);
    claims::say(found, rule, claimed(plan, rule, &params.kinds));
    let keys = told::patterns(&params.facts);
    for document in &plan.documents {
        for fact in &document.facts() {
            if fact.as_bool() == Some(true) && keys.iter().any(|key| key.is_match(&fact.key)) {
                let text = format!("`{}` is true.", fact.key);
                told::at(found, rule, document, fact.span, text);
            }
        }
    }
    statements::missing(plan, rule, found);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::governance::profile::Profile;

    #[test]
    fn governed_documents_are_told_by_their_names() {
        let planning = Profile::embedded().planning;
        let text =
            "`.sot/03/CTO-X-TEMPLATE.md` and CTO-X-APPROVAL-PACKET; CTO-WORK-901, XCTO-Y-PRD";
        let names = named(text, &planning);
        let names: Vec<_> = names
            .iter()
            .map(|(name, kind)| (name.as_str(), *kind))
            .collect();
        assert_eq!(
            names,
            [
                ("CTO-X-TEMPLATE", "template"),
                ("CTO-X-APPROVAL-PACKET", "approval-packet")
            ]
        );
    }
}
