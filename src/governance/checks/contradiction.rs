// SPDX-License-Identifier: Apache-2.0
//! A document that says a thing and its opposite (section 5 B).

use super::told;
use super::{Check, Found};
use crate::governance::plan::{Citation, Document, Fact, FactForm, Plan, Stated};
use crate::governance::profile::Planning;
use crate::rules::Rule;
use crate::support::patterns::Pattern;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The checks of this file.
pub(super) const CHECKS: &[Check] = &[Check::plan("cto-claim-contradiction", contradiction)];

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Contradiction {
    /// Kinds whose sections speak of different things each.
    pub(super) not_kinds: Vec<String>,
    /// Words of headings of what was once so.
    pub(super) section_not: Vec<String>,
}

struct Opposites<'p> {
    id: &'p str,
    any_of: Vec<Pattern>,
    against: Vec<Pattern>,
}

fn contradiction(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let params: Contradiction = told::params(rule);
    let planning = &plan.profile.planning;
    let declared: Vec<Opposites<'_>> = planning
        .opposites
        .iter()
        .map(|one| Opposites {
            id: &one.id,
            any_of: told::patterns(&one.any_of),
            against: told::patterns(&one.against),
        })
        .collect();
    for document in &plan.documents {
        let facts = document.facts();
        for (first, second) in opposed(document, &facts, planning, &params) {
            let text = format!(
                "`{}` is `{}` here and `{}` elsewhere in the document.",
                second.key, second.raw, first.raw
            );
            told::at(found, rule, document, second.span, text);
        }
        let kind = document.kind.as_deref().unwrap_or("");
        if params.not_kinds.iter().any(|one| one == kind) {
            continue;
        }
        let said = said(document, planning);
        for one in &declared {
            let holds = |side: &[Pattern]| side.iter().any(|pattern| pattern.is_match(&said));
            if holds(&one.any_of) && holds(&one.against) {
                let text = format!("The document contradicts itself on {}.", one.id);
                told::whole(found, rule, document, text);
            }
        }
    }
}

/// Sentences and facts of a document.
fn said(document: &Document, planning: &Planning) -> String {
    let mut said = Stated::of(document, planning).counted;
    for fact in document
        .facts()
        .iter()
        .filter(|fact| fact.form != FactForm::Block)
    {
        said.push_str(&format!("{}: {}.\n", fact.key, fact.raw));
    }
    said
}

/// What a fact is about when it is not about the document as a whole: a work item, a dated or
/// cited run, a section of its own.
fn context(document: &Document, fact: &Fact, apart: bool) -> Option<usize> {
    if let Some(head) = document.around_item(fact.span) {
        return Some(head.section);
    }
    let cites = |citation: &Citation| matches!(citation, Citation::Run { section, .. } if *section == fact.section);
    let dated = document
        .around(fact.section)
        .any(|section| section.date().is_some());
    (apart || dated || document.citations.iter().any(cites)).then_some(fact.section)
}

/// Pairs of facts under one key that exclude each other; of several only the first.
fn opposed<'d>(
    document: &Document,
    facts: &'d [Fact],
    planning: &Planning,
    params: &Contradiction,
) -> Vec<(&'d Fact, &'d Fact)> {
    let kind = document.kind.as_deref().unwrap_or("");
    let apart = params.not_kinds.iter().any(|one| one == kind);
    let mut seen: BTreeMap<(&str, Option<usize>), Vec<&Fact>> = BTreeMap::new();
    let mut pairs: Vec<(&Fact, &Fact)> = Vec::new();
    for fact in facts {
        let past = document.under(fact.section, &params.section_not);
        if fact.form == FactForm::Block || past {
            continue;
        }
        let key = (fact.key.as_str(), context(document, fact, apart));
        let known = seen.entry(key).or_default();
        let told = pairs
            .iter()
            .any(|(_, second)| second.key == fact.key && second.section == fact.section);
        if let Some(first) = known.iter().find(|first| excludes(first, fact, planning))
            && !told
        {
            pairs.push((first, fact));
        }
        known.push(fact);
    }
    pairs
}

fn excludes(one: &Fact, other: &Fact, planning: &Planning) -> bool {
    if let (Some(one), Some(other)) = (one.as_bool(), other.as_bool()) {
        return one != other;
    }
    let (one, other) = (value(one), value(other));
    planning
        .opposite_values
        .iter()
        .any(|[left, right]| (one == *left && other == *right) || (one == *right && other == *left))
}

/// The first word of a value, lower case: `validated on 2026-03-03` is `validated`.
fn value(fact: &Fact) -> String {
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let end = fact.raw.find(|c| !is_word(c)).unwrap_or(fact.raw.len());
    fact.raw[..end].to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::governance::profile::Profile;

    fn pairs(body: &str) -> usize {
        let planning = Profile::embedded().planning;
        let text = format!("# T\n{body}");
        let document = Document::parse("CTO-X-CLOSEOUT.md", &text, &planning);
        let params = Contradiction {
            section_not: vec!["history".to_owned()],
            ..Contradiction::default()
        };
        opposed(&document, &document.facts(), &planning, &params).len()
    }

    #[test]
    fn opposites_of_one_thing_are_found_and_of_two_things_are_not() {
        assert_eq!(pairs("## A\n- done: true\n## B\n- done: false\n"), 1);
        assert_eq!(
            pairs("## A\nStatus: complete.\n## B\nStatus: blocked by a review.\n"),
            1
        );
        for text in [
            "## A - 2026-03-10\n- done: true\n## B - 2026-03-11\n- done: false\n",
            "## CTO-WORK-901 - One\nStatus: validated\n## CTO-WORK-902 - Two\nStatus: blocked\n",
            "## A\n- done: true\n## History\n- done: false\n",
            "## A\n- changed: a\n- changed: b\n",
        ] {
            assert_eq!(pairs(text), 0, "{text}");
        }
    }
}
