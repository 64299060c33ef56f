// SPDX-License-Identifier: Apache-2.0
//! What documents claim (section 5 B): every document is read once by the sentence engine, for all
//! rules whose table holds a `statement`. In its patterns `{backend}` and its kin stand for the
//! profile's names.

use super::Document;
use crate::artifact::EntryKind;
use crate::classify::{Classified, Origin};
use crate::governance::profile::Planning;
use crate::matching::{Hit, StatementMatcher};
use crate::rules::{Body, ExampleLists, Examples, Later, Rule, StatementRule};
use rayon::prelude::*;
use std::collections::HashMap;
use std::sync::Arc;

/// Claims by rule.
#[derive(Debug, Default)]
pub struct Asserted(HashMap<String, Vec<(usize, Hit)>>);

impl Asserted {
    /// Reads the documents for these rules.
    pub fn read(documents: &[Document], planning: &Planning, rules: &[Arc<Rule>]) -> Self {
        let prepared: Vec<Arc<Rule>> = rules
            .iter()
            .filter_map(|rule| Some(Arc::new(prepared(rule, &statement(rule)?, planning))))
            .collect();
        let sentences = Sentences(StatementMatcher::new(&prepared));
        let found: Vec<(usize, Hit)> = documents
            .par_iter()
            .enumerate()
            .flat_map_iter(|(at, document)| {
                sentences.of(document).into_iter().map(move |hit| (at, hit))
            })
            .collect();
        let mut by_rule: HashMap<String, Vec<(usize, Hit)>> = HashMap::new();
        for (at, hit) in found {
            let rule = prepared[hit.rule].meta.id.to_string();
            by_rule.entry(rule).or_default().push((at, hit));
        }
        Self(by_rule)
    }

    /// Claims under a rule: the document's number and the place, in order.
    pub fn under(&self, rule: &Rule) -> &[(usize, Hit)] {
        self.0.get(rule.meta.id.as_str()).map_or(&[], Vec::as_slice)
    }
}

/// What a rule's table says of sentences.
fn statement(rule: &Rule) -> Option<StatementRule> {
    match &rule.body {
        Body::Check { params, .. } => serde_json::from_value(params.get("statement")?.clone()).ok(),
        _ => None,
    }
}

/// A rule about sentences, with the profile's terms filled in.
fn prepared(rule: &Rule, statement: &StatementRule, planning: &Planning) -> Rule {
    let filled = |list: &[String]| -> Later<Vec<String>> {
        let filled: Vec<_> = list.iter().map(|one| planning.filled(one)).collect();
        filled.into()
    };
    let mut section_not = statement.section_not.clone();
    section_not.extend(planning.denying());
    Rule {
        meta: Arc::clone(&rule.meta),
        pack: Arc::clone(&rule.pack),
        scope: rule.scope.clone(),
        body: Body::Statement(StatementRule {
            any_of: filled(&statement.any_of),
            allow: filled(&statement.allow),
            section_not,
            ..statement.clone()
        }),
        examples: Examples::Given(ExampleLists::default()),
    }
}

/// The sentence engine over documents.
pub struct Sentences(StatementMatcher);

impl Sentences {
    /// With the patterns of one rule.
    pub fn new(rule: &Rule, statement: &StatementRule, planning: &Planning) -> Self {
        let prepared = prepared(rule, statement, planning);
        Self(StatementMatcher::new(&[Arc::new(prepared)]))
    }

    /// Sentences of a document that claim it.
    pub fn of(&self, document: &Document) -> Vec<Hit> {
        let path = document.entry();
        let bytes = document.text.as_bytes();
        let entry = Classified::new(&path, Origin::Tree, &EntryKind::File, bytes);
        let mut hits = Vec::new();
        self.0.scan_all(&entry, &mut hits);
        hits
    }

    /// Whether every pattern is one.
    #[cfg(test)]
    pub(crate) fn compiles(&self) -> bool {
        self.0.compile_all().is_ok()
    }
}
