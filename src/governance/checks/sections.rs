// SPDX-License-Identifier: Apache-2.0
//! What stands under which heading (section 1.5).

use super::told::{self, listed};
use super::{Check, Found};
use crate::governance::plan::facts::cells;
use crate::governance::plan::{Citation, Document, Fact, Plan, Section};
use crate::governance::profile::{DocumentKind, Planning};
use crate::rules::Rule;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The checks of this file.
pub(super) const CHECKS: &[Check] = &[
    Check::plan("cto-section-missing", missing),
    Check::plan("cto-heading-invalid", heading),
    Check::plan("cto-evidence-fragment-orphaned", orphaned),
];

/// The heading whose absence `cto-notice-incomplete` reports.
pub(super) const NOTICE: &str = "Non-Authority Notice";

/// Whether a heading fits a name in which `*` stands for any text; both folded.
pub(super) fn fits(heading: &str, name: &str) -> bool {
    let mut rest = heading;
    let parts: Vec<&str> = name.split('*').collect();
    for (index, part) in parts.iter().enumerate() {
        let at = match index {
            0 => rest.starts_with(part).then_some(0),
            last if last + 1 == parts.len() && !part.is_empty() => {
                rest.ends_with(part).then(|| rest.len() - part.len())
            }
            _ => rest.find(part),
        };
        let Some(at) = at else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.is_empty() || parts.last() == Some(&"") && parts.len() > 1
}

/// The sections below the title that fit one of these names.
pub(super) fn sections<'d>(
    document: &'d Document,
    planning: &Planning,
    names: &[String],
) -> Vec<&'d Section> {
    let names: Vec<String> = names.iter().map(|name| planning.folded(name)).collect();
    let fits = |section: &&Section| {
        let title = section.title.to_lowercase();
        section.level >= 2
            && names
                .iter()
                .any(|name| fits(&section.folded(), name) || fits(&title, name))
    };
    document.sections.iter().filter(fits).collect()
}

/// Whether something stands under the heading.
fn is_filled(document: &Document, section: &Section) -> bool {
    !document.slice(section.whole()).trim().is_empty()
}

fn has_table(document: &Document, section: &Section) -> bool {
    let inside = document.lines_in(section.whole()).into_iter();
    inside
        .filter(|line| !line.fenced)
        .filter(|line| cells(document.line(line)).is_some())
        .count()
        >= 3
}

fn missing(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let planning = &plan.profile.planning;
    for document in &plan.documents {
        let Some(kind) = document.kind_in(planning) else {
            continue;
        };
        for text in gaps(document, kind, planning) {
            told::whole(found, rule, document, text);
        }
    }
}

/// What a document of a kind lacks.
fn gaps(document: &Document, kind: &DocumentKind, planning: &Planning) -> Vec<String> {
    let mut gaps = Vec::new();
    for names in &kind.sections {
        if kind.authority_notice && names.iter().any(|name| name == NOTICE) {
            continue;
        }
        let there = sections(document, planning, names);
        let of = listed(names);
        if there.is_empty() {
            gaps.push(match names.len() {
                1 => format!("A document of kind `{}` needs the section {of}.", kind.id),
                _ => format!(
                    "A document of kind `{}` needs one of the sections {of}.",
                    kind.id
                ),
            });
        } else if !there.iter().any(|section| is_filled(document, section)) {
            gaps.push(format!("Nothing stands under `{}`.", there[0].title));
        }
    }
    for name in &kind.tables {
        let there = sections(document, planning, std::slice::from_ref(name));
        let filled = there.iter().any(|section| is_filled(document, section));
        if filled && !there.iter().any(|section| has_table(document, section)) {
            gaps.push(match name.as_str() {
                "*" => "The document needs a table of what it fixes.".to_owned(),
                name => format!("The section `{name}` needs a table."),
            });
        }
    }
    if kind.items && document.heads().next().is_none() {
        let prefix = &planning.work_prefix;
        gaps.push(format!(
            "A document of kind `{}` defines at least one work item, `{prefix}…`.",
            kind.id
        ));
    }
    gaps
}

fn heading(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    for document in &plan.documents {
        let titles: Vec<&Section> = document.sections.iter().filter(|s| s.level == 1).collect();
        match titles.as_slice() {
            [] => {
                told::whole(
                    found,
                    rule,
                    document,
                    "The document has no title, a heading of level 1.",
                );
            }
            [_] => {}
            [_, further @ ..] => {
                for section in further {
                    let text = format!("`{}` is a further heading of level 1.", section.title);
                    told::at(found, rule, document, section.span(), text);
                }
            }
        }
        let mut known: BTreeMap<String, usize> = BTreeMap::new();
        for section in document.sections.iter().filter(|s| s.level == 2) {
            let count = known.entry(section.title.to_lowercase()).or_default();
            *count += 1;
            if *count == 2 {
                let text = format!("The heading `{}` stands twice.", section.title);
                told::at(found, rule, document, section.span(), text);
            }
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fragments {
    /// Keys of facts about a run.
    pub(super) facts: Vec<String>,
    /// Words of headings under which such facts may stand.
    pub(super) sections: Vec<String>,
    /// Words of headings of evidence.
    pub(super) evidence: Vec<String>,
    /// Words of headings that speak of evidence to come.
    pub(super) section_not: Vec<String>,
    /// Ends of keys that say how a run ended.
    pub(super) results: Vec<String>,
    /// Kinds that show the form of such facts.
    pub(super) not_kinds: Vec<String>,
}

fn orphaned(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let params: Fragments = told::params(rule);
    for document in &plan.documents {
        let kind = document.kind.as_deref().unwrap_or("");
        if params.not_kinds.iter().any(|one| one == kind) {
            continue;
        }
        let facts = document.facts();
        for fact in stray(document, &facts, &params) {
            let title = &document.sections[fact.section].title;
            let text = format!(
                "`{}` is a fact about a run, and `{title}` is no section of evidence.",
                fact.key
            );
            told::at(found, rule, document, fact.span, text);
        }
        for (index, section) in document.sections.iter().enumerate() {
            let title = section.title.to_lowercase();
            let is = |words: &[String]| words.iter().any(|word| title.contains(word.as_str()));
            if !is(&params.evidence) || is(&params.section_not) {
                continue;
            }
            let cited = document
                .citations
                .iter()
                .find_map(|citation| match citation {
                    Citation::Run { id, span, section } if *section == index => Some((id, *span)),
                    _ => None,
                });
            let ends = |fact: &Fact| {
                let inside = section.whole().start <= fact.span.start
                    && fact.span.end <= section.whole().end;
                inside
                    && params
                        .results
                        .iter()
                        .any(|end| fact.key.ends_with(end.as_str()))
            };
            if let Some((id, span)) = cited.filter(|_| !facts.iter().any(ends)) {
                let text = format!("The section cites run `{id}` and does not say how it ended.");
                told::at(found, rule, document, span, text);
            }
        }
    }
}

/// The first fact about a run in each section where none belongs.
fn stray<'d>(document: &Document, facts: &'d [Fact], params: &Fragments) -> Vec<&'d Fact> {
    let mut strays: Vec<&Fact> = Vec::new();
    for fact in facts {
        let of_run = params.facts.contains(&fact.key);
        let told = strays.iter().any(|known| known.section == fact.section);
        // The title of the document is no section of it.
        let mut around = document
            .around(fact.section)
            .filter(|section| section.level > 1);
        let belongs = around.any(|section| {
            let title = section.title.to_lowercase();
            params
                .sections
                .iter()
                .any(|word| title.contains(word.as_str()))
        });
        if of_run && !told && !belongs {
            strays.push(fact);
        }
    }
    strays
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_text() {
        for (heading, name) in [
            ("scope", "scope"),
            ("execution evidence - 2026-03-10", "*evidence*"),
            ("evidence", "*evidence*"),
            ("required proof fields", "required * fields"),
            ("stage 1 - gated", "stage 1 *"),
            ("anything", "*"),
        ] {
            assert!(fits(heading, name), "{heading} {name}");
        }
        for (heading, name) in [
            ("scope guard", "scope"),
            ("required fields and more", "required * fields"),
            ("stage 10 - x", "stage 1 *"),
        ] {
            assert!(!fits(heading, name), "{heading} {name}");
        }
    }
}
