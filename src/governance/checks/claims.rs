// SPDX-License-Identifier: Apache-2.0
//! What documents must not claim (section 5 B). The sentence engine judges negation, headings and
//! quotation; a rule's table gives the patterns, in which `{backend}` stands for the profile's
//! names of it.

use super::told;
use super::{Check, Found};
use crate::artifact::EntryKind;
use crate::classify::{Classified, Origin};
use crate::governance::plan::{Document, Plan};
use crate::governance::profile::Profile;
use crate::matching::{Hit, StatementMatcher};
use crate::rules::{Body, Example, Rule, StatementRule};
use rayon::prelude::*;
use serde::Deserialize;
use std::sync::Arc;

/// The checks of this file.
pub(super) const CHECKS: &[Check] = &[
    Check::plan("cto-claim", claims),
    Check::plan("cto-self-approval-claim", self_approval),
];

/// What the table of such a rule gives.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Claim {
    /// Patterns.
    pub(super) statement: Option<StatementRule>,
    /// Kinds of documents that are read; all when empty.
    pub(super) kinds: Vec<String>,
    /// Sentences that it must find; a test reads them.
    pub(super) matches: Vec<Example>,
    /// Sentences that it must not find.
    pub(super) no_matches: Vec<Example>,
    /// Keys of facts that name who approved or chose.
    pub(super) facts: Vec<String>,
}

/// The sentence engine with the patterns of one rule.
pub(super) struct Sentences(StatementMatcher);

impl Sentences {
    /// The patterns with the profile's terms filled in.
    pub(super) fn new(rule: &Rule, statement: &StatementRule, profile: &Profile) -> Self {
        let planning = &profile.planning;
        let filled = |list: &[String]| list.iter().map(|one| planning.filled(one)).collect();
        let mut section_not = statement.section_not.clone();
        section_not.extend(planning.denying());
        let statement = StatementRule {
            any_of: filled(&statement.any_of),
            allow: filled(&statement.allow),
            section_not,
            ..statement.clone()
        };
        Self(StatementMatcher::new(&[Arc::new(Rule {
            meta: Arc::clone(&rule.meta),
            pack: Arc::clone(&rule.pack),
            scope: rule.scope.clone(),
            body: Body::Statement(statement),
            matches: Vec::new(),
            no_matches: Vec::new(),
        })]))
    }

    /// Sentences of a document that claim it.
    pub(super) fn of(&self, document: &Document) -> Vec<Hit> {
        let path = document.entry();
        let bytes = document.text.as_bytes();
        let entry = Classified::new(&path, Origin::Tree, &EntryKind::File, bytes);
        let mut hits = Vec::new();
        self.0.scan_all(&entry, &mut hits);
        hits
    }
}

/// Claims that the documents of these kinds make.
pub(super) fn claimed<'p>(
    plan: &'p Plan<'_>,
    rule: &Rule,
    statement: Option<&StatementRule>,
    kinds: &[String],
) -> Vec<(&'p Document, Hit)> {
    let Some(statement) = statement else {
        return Vec::new();
    };
    let sentences = Sentences::new(rule, statement, plan.profile);
    let concerned = |document: &&Document| {
        let kind = document.kind.as_deref().unwrap_or("");
        kinds.is_empty() || kinds.iter().any(|one| one == kind)
    };
    let read = |document: &'p Document| -> Vec<(&'p Document, Hit)> {
        let hits = sentences.of(document);
        hits.into_iter().map(|hit| (document, hit)).collect()
    };
    plan.documents
        .par_iter()
        .filter(concerned)
        .flat_map_iter(read)
        .collect()
}

/// Says of each claim what the rule's title says.
pub(super) fn say(found: &mut Found, rule: &Rule, claims: Vec<(&Document, Hit)>) {
    for (document, hit) in claims {
        let draft = told::at(found, rule, document, hit.hit, "");
        draft.severity = hit.severity;
        draft.confidence = hit.confidence;
    }
}

fn claims(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let params: Claim = told::params(rule);
    let claims = claimed(plan, rule, params.statement.as_ref(), &params.kinds);
    say(found, rule, claims);
}

fn self_approval(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    claims(plan, rule, found);
    let params: Claim = told::params(rule);
    let backend = told::patterns(&[format!(
        "^(?:{})$",
        plan.profile.planning.filled("{backend}")
    )]);
    for document in &plan.documents {
        let named = document
            .facts
            .iter()
            .filter(|fact| params.facts.contains(&fact.key));
        for fact in named.filter(|fact| backend.iter().any(|one| one.is_match(&fact.raw))) {
            let text = format!("`{}` is `{}`, the backend itself.", fact.key, fact.raw);
            told::at(found, rule, document, fact.span, text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::governance::profile::Planning;
    use crate::rules::load;

    fn document(text: &str, planning: &Planning) -> Document {
        let text = format!("---\nname: x\n---\n# X\n\n## Text\n\n{text}\n");
        Document::parse(".sot/CTO-X-EVIDENCE.md", &text, planning)
    }

    #[test]
    fn every_forbidden_claim_finds_its_sentences_and_leaves_the_others() {
        let profile = Profile::embedded();
        let rules = load("default", &[]).unwrap().rules;
        let mut seen = 0;
        let mut faults = Vec::new();
        for rule in rules.iter().filter(|rule| rule.meta.id.family() == "cto") {
            let Body::Check { params, .. } = &rule.body else {
                continue;
            };
            if params.get("statement").is_none() {
                continue;
            }
            let read = |key: &str| -> Vec<Example> {
                serde_json::from_value(params[key].clone()).unwrap_or_default()
            };
            let statement = serde_json::from_value(params["statement"].clone()).unwrap();
            let sentences = Sentences::new(rule, &statement, &profile);
            assert!(sentences.0.compile_all().is_ok(), "{}", rule.meta.id);
            let (matches, no_matches) = (read("matches"), read("no_matches"));
            let id = &rule.meta.id;
            assert!(matches.len() > 1 && no_matches.len() > 1, "{id}");
            seen += 1;
            for (examples, expected) in [(matches, true), (no_matches, false)] {
                for example in examples {
                    let document = document(&example.text(), &profile.planning);
                    if sentences.of(&document).is_empty() == expected {
                        faults.push(format!("{id}: found = {}: {}", !expected, example.text()));
                    }
                }
            }
        }
        assert!(seen >= 5, "{seen}");
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }
}
