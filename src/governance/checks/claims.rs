// SPDX-License-Identifier: Apache-2.0
//! What documents must not claim (section 5 B). The sentence engine judges negation, headings and
//! quotation; a rule's table gives the patterns, in which `{backend}` stands for the profile's
//! names of it.

use super::told;
use super::{Check, Found};
use crate::governance::plan::{Document, Plan};
use crate::matching::Hit;
use crate::model::ByteSpan;
use crate::rules::{Example, Rule, StatementRule};
use serde::Deserialize;

/// The checks of this file.
pub(super) const CHECKS: &[Check] = &[
    Check::plan("cto-claim", claims),
    Check::plan("cto-self-approval-claim", self_approval),
];

/// What the table of such a rule gives.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Claim {
    /// Patterns; the plan reads them for all rules at once.
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

/// Claims that the documents of these kinds make.
pub(super) fn claimed<'p>(
    plan: &'p Plan<'_>,
    rule: &Rule,
    kinds: &[String],
) -> Vec<(&'p Document, Hit)> {
    let concerned = |document: &Document| {
        let kind = document.kind.as_deref().unwrap_or("");
        kinds.is_empty() || kinds.iter().any(|one| one == kind)
    };
    let claims = plan.asserted.under(rule).iter();
    claims
        .map(|(at, hit)| (&plan.documents[*at], hit.clone()))
        .filter(|(document, _)| concerned(document))
        .collect()
}

/// The documents that claim it, each with its places.
pub(super) fn by_document<'p>(
    plan: &'p Plan<'_>,
    rule: &Rule,
) -> Vec<(&'p Document, Vec<ByteSpan>)> {
    let claims = plan.asserted.under(rule);
    let same = claims.chunk_by(|one, other| one.0 == other.0);
    same.map(|hits| {
        let spans = hits.iter().map(|(_, hit)| hit.hit).collect();
        (&plan.documents[hits[0].0], spans)
    })
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
    let claims = claimed(plan, rule, &params.kinds);
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
        let facts = document.facts();
        let named = facts.iter().filter(|fact| params.facts.contains(&fact.key));
        for fact in named.filter(|fact| backend.iter().any(|one| one.is_match(&fact.raw))) {
            let text = format!("`{}` is `{}`, the backend itself.", fact.key, fact.raw);
            told::at(found, rule, document, fact.span, text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::governance::plan::Sentences;
    use crate::governance::profile::Planning;
    use crate::governance::profile::Profile;
    use crate::rules::Body;
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
            let sentences = Sentences::new(rule, &statement, &profile.planning);
            assert!(sentences.compiles(), "{}", rule.meta.id);
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
