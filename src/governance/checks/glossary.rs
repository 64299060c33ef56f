// SPDX-License-Identifier: Apache-2.0
//! Terms: documents use those that the glossary defines, and none above its standing.

use super::told;
use super::{Check, Found};
use crate::governance::plan::Sentences;
use crate::governance::plan::facts::{cells, normal_key};
use crate::governance::plan::{Document, Plan};
use crate::model::ByteSpan;
use crate::rules::{Later, Rule, StatementRule};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The checks of this file.
pub(super) const CHECKS: &[Check] = &[Check::plan("cto-glossary-term-missing", terms)];

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Terms {
    /// Keys of facts that introduce a term.
    pub(super) facts: Vec<String>,
    /// Words of headings under which list items introduce terms.
    pub(super) sections: Vec<String>,
    /// Patterns in a definition of a term that is not promoted.
    pub(super) unpromoted: Vec<String>,
    /// Patterns that use `{term}` as a promoted object.
    pub(super) promoted: Vec<String>,
}

/// A term, what follows it on its line, and where it stands.
type Term<'d> = (&'d str, &'d str, ByteSpan);

/// The term that a line introduces: a row's first cell, an item in bold or code, or before a colon.
fn term_of(line: &str) -> Option<(&str, &str)> {
    let text = line.trim();
    if cells(text).is_some() {
        let inner = text.trim_matches('|');
        let (term, rest) = inner.split_once('|')?;
        return Some((bare(term), rest));
    }
    let item = text
        .strip_prefix("- ")
        .or_else(|| text.strip_prefix("* "))?;
    for mark in ["**", "`"] {
        if let Some((term, rest)) = item
            .strip_prefix(mark)
            .and_then(|rest| rest.split_once(mark))
        {
            return Some((bare(term), rest));
        }
    }
    let (term, rest) = item
        .split_once([':', '—'])
        .or_else(|| item.split_once(" - "))?;
    Some((bare(term), rest))
}

fn bare(term: &str) -> &str {
    let mark = |c: char| c.is_whitespace() || "*`_:.".contains(c);
    term.trim_matches(mark)
}

fn lines_of(document: &Document) -> impl Iterator<Item = Term<'_>> {
    let lines = document.lines().into_iter().filter(|line| !line.fenced);
    lines.filter_map(|line| {
        let (term, rest) = term_of(document.line(&line))?;
        let is_term = term.chars().any(char::is_alphabetic) && term.split(' ').count() <= 6;
        is_term.then_some((term, rest, ByteSpan::new(line.start, line.end)))
    })
}

fn terms(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let Some(glossary) = &plan.glossary else {
        return;
    };
    let params: Terms = told::params(rule);
    let mut known: BTreeMap<String, (&str, &str)> = BTreeMap::new();
    for (term, definition, _) in lines_of(glossary) {
        known.insert(normal_key(term), (term, definition));
    }
    for section in glossary.sections.iter().filter(|section| section.level > 1) {
        let entry = known.entry(normal_key(&section.title));
        entry.or_insert((&*section.title, glossary.slice(section.own())));
    }
    for document in &plan.documents {
        for (term, span) in introduced(document, &params) {
            if !known.contains_key(&normal_key(&term)) {
                let text = format!("The term `{term}` does not stand in `{}`.", glossary.path);
                told::at(found, rule, document, span, text);
            }
        }
    }
    let unpromoted = told::patterns(&params.unpromoted);
    let waiting = known
        .values()
        .filter(|(_, definition)| unpromoted.iter().any(|one| one.is_match(definition)));
    let names: Vec<String> = waiting.map(|(term, _)| regex::escape(term)).collect();
    if names.is_empty() {
        return;
    }
    let any = format!("(?:{})", names.join("|"));
    let promoted = params.promoted.iter();
    let promoted = promoted.map(|one| one.replace("{term}", &any));
    let statement = StatementRule {
        any_of: promoted.collect::<Vec<_>>().into(),
        worded: None,
        keywords: Later::default(),
        words: Later::default(),
        allow: Later::default(),
        about: Later::default(),
        elsewhere: Later::default(),
        section_not: Vec::new(),
        required_in: Vec::new(),
    };
    let sentences = Sentences::new(rule, &statement, &plan.profile.planning);
    for document in &plan.documents {
        for hit in sentences.of(document) {
            let text =
                "A term that the glossary holds as a candidate is used as a promoted object.";
            told::at(found, rule, document, hit.hit, text);
        }
    }
}

/// Terms that a document introduces.
fn introduced(document: &Document, params: &Terms) -> Vec<(String, ByteSpan)> {
    let facts = document.facts();
    let facts = facts.iter().filter(|fact| params.facts.contains(&fact.key));
    let stated =
        facts.flat_map(|fact| fact.names().into_iter().map(|name| (bare(name), fact.span)));
    let listed = lines_of(document).filter_map(|(term, _, span)| {
        let title = document.sections[document.section_at(span.start)]
            .title
            .to_lowercase();
        let introduces = params
            .sections
            .iter()
            .any(|word| title.contains(word.as_str()));
        introduces.then_some((term, span))
    });
    let head = |term: &str| matches!(normal_key(term).as_str(), "" | "term" | "terms" | "name");
    let keyed = |term: &str| params.facts.contains(&normal_key(term));
    stated
        .chain(listed)
        .filter(|(term, _)| !head(term) && !keyed(term))
        .map(|(term, span)| (term.to_owned(), span))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_read_from_rows_and_items() {
        assert_eq!(
            term_of("| Shelf label | text |"),
            Some(("Shelf label", " text "))
        );
        assert_eq!(
            term_of("- **Seal**: proof").map(|(term, _)| term),
            Some("Seal")
        );
        assert_eq!(
            term_of("- `seal` is proof").map(|(term, _)| term),
            Some("seal")
        );
        assert_eq!(
            term_of("- Seal - proof").map(|(term, _)| term),
            Some("Seal")
        );
        assert_eq!(term_of("A seal: proof"), None);
    }
}
