// SPDX-License-Identifier: Apache-2.0
//! What documents must state (sections 1.9, 6.2): data of the profile, found as a fact or a
//! sentence.

use super::told::{self, listed};
use super::{Check, Found};
use crate::governance::plan::{Document, Fact, Plan, Stated};
use crate::governance::profile::{Planning, Statement};
use crate::rules::Rule;
use crate::support::patterns::Pattern;
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use serde::Deserialize;

/// The checks of this file.
pub(super) const CHECKS: &[Check] = &[
    Check::plan("cto-required-statement-missing", missing),
    Check::plan("cto-required-phrase-stuffed", stuffed),
    Check::plan("cto-required-validator-missing", validators),
];

/// A statement of the profile, ready to be looked for.
struct Wanted<'p> {
    statement: &'p Statement,
    paths: Option<GlobSet>,
    when: Option<Pattern>,
    any_of: Vec<Pattern>,
}

/// Where a document states something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stands {
    /// Where it counts.
    Counted,
    /// Only in a phrase list or a fenced block.
    Stuffed,
    Nowhere,
}

impl<'p> Wanted<'p> {
    /// Statements whose absence a rule reports; all when `rule` is none.
    fn of(planning: &'p Planning, rule: Option<&str>) -> Vec<Self> {
        let all = planning.statements.iter().chain(&planning.own_statements);
        let due = all.filter(|one| rule.is_none_or(|rule| one.rule == rule));
        due.map(|statement| Self {
            statement,
            paths: globs(&statement.paths),
            when: told::patterns(&statement.when).pop(),
            any_of: told::patterns(&statement.any_of),
        })
        .collect()
    }

    fn concerns(&self, document: &Document) -> bool {
        let kind = document.kind.as_deref().unwrap_or("");
        let kinds = &self.statement.kinds;
        (kinds.is_empty() || kinds.iter().any(|one| one == kind))
            && self
                .paths
                .as_ref()
                .is_none_or(|paths| paths.is_match(&document.path))
            && self
                .when
                .as_ref()
                .is_none_or(|when| when.is_match(document.text.get(document.body..).unwrap_or("")))
    }

    fn stands(
        &self,
        document: &Document,
        facts: &[Fact],
        stated: &Stated,
        planning: &Planning,
    ) -> Stands {
        if let Some(key) = &self.statement.key {
            let value = document.value(key).unwrap_or("");
            return match self.any_of.iter().any(|one| one.is_match(value)) {
                true => Stands::Counted,
                false => Stands::Nowhere,
            };
        }
        let mut stuffed = false;
        for wanted in &self.statement.facts {
            for fact in facts.iter().filter(|fact| fact.key == wanted.key) {
                let fits = wanted
                    .value
                    .as_ref()
                    .is_none_or(|value| value.eq_ignore_ascii_case(&fact.raw));
                let listed = document.under(fact.section, &planning.phrase_sections);
                if fits && !listed {
                    return Stands::Counted;
                }
                stuffed |= fits;
            }
        }
        let holds = |text: &str| self.any_of.iter().any(|one| one.is_match(text));
        if holds(&stated.counted) {
            Stands::Counted
        } else if stuffed || holds(&stated.stuffed) {
            Stands::Stuffed
        } else {
            Stands::Nowhere
        }
    }
}

fn globs(paths: &[String]) -> Option<GlobSet> {
    if paths.is_empty() {
        return None;
    }
    let mut set = GlobSetBuilder::new();
    for path in paths {
        if let Ok(glob) = GlobBuilder::new(path).literal_separator(true).build() {
            set.add(glob);
        }
    }
    set.build().ok()
}

/// Says which statements of the profile that name this rule stand nowhere; documents that the
/// profile names and that are not there state nothing.
pub(super) fn missing(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let wanted = Wanted::of(&plan.profile.planning, Some(rule.meta.id.as_str()));
    each_due(plan, &wanted, |document, statement, stands| {
        if stands != Stands::Counted {
            let text = format!("The document does not state {}.", statement.says());
            told::whole(found, rule, document, text);
        }
    });
    for path in wanted.iter().flat_map(|one| &one.statement.paths) {
        let literal = !path.contains(|c: char| "*?[{".contains(c));
        if literal && plan.document(path).is_none() {
            let text = format!("`{path}` must state something, and there is no such document.");
            let entry = crate::model::EntryPath::root(path);
            let known = found.drafts.iter().any(|draft| draft.path == entry);
            if !known {
                found.say(rule, &entry, text).subject =
                    Some(Box::new(told::file(path, "document")));
            }
        }
    }
}

fn stuffed(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let wanted = Wanted::of(&plan.profile.planning, None);
    each_due(plan, &wanted, |document, statement, stands| {
        if stands == Stands::Stuffed {
            let says = statement.says();
            let text =
                format!("The document states {says} only in a phrase list or a fenced block.");
            told::whole(found, rule, document, text);
        }
    });
}

/// Tells of each document and each statement due in it where the statement stands.
fn each_due(
    plan: &Plan<'_>,
    wanted: &[Wanted<'_>],
    mut tell: impl FnMut(&Document, &Statement, Stands),
) {
    let planning = &plan.profile.planning;
    for document in &plan.documents {
        let mut due = wanted
            .iter()
            .filter(|one| one.concerns(document))
            .peekable();
        // Most documents owe nothing: what they state is not looked for.
        if due.peek().is_none() {
            continue;
        }
        let facts = document.facts();
        let stated = Stated::of(document, planning);
        for one in due {
            let stands = one.stands(document, &facts, &stated, planning);
            tell(document, one.statement, stands);
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Validators {
    /// Kinds that cite them.
    pub(super) kinds: Vec<String>,
}

fn validators(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let params: Validators = told::params(rule);
    let required = &plan.profile.planning.required_validators;
    for document in &plan.documents {
        let kind = document.kind.as_deref().unwrap_or("");
        if !params.kinds.iter().any(|one| one == kind) {
            continue;
        }
        let body = document.text.get(document.body..).unwrap_or("");
        let absent: Vec<&String> = required
            .iter()
            .filter(|one| !body.contains(one.as_str()))
            .collect();
        if !absent.is_empty() {
            let text = format!(
                "The document does not cite the required validator {}.",
                listed(&absent)
            );
            told::whole(found, rule, document, text);
        }
    }
}
