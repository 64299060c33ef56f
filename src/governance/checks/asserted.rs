// SPDX-License-Identifier: Apache-2.0
//! Claims in documents: the sentence engine over a rule that is made of a check's own data.

use crate::artifact::EntryKind;
use crate::classify::{Classified, Origin};
use crate::governance::plan::Document;
use crate::matching::StatementMatcher;
use crate::model::ByteSpan;
use crate::rules::{Body, Rule, StatementRule};
use std::sync::Arc;

/// Sentences that claim something.
pub(super) struct Claims(StatementMatcher);

impl Claims {
    /// Reads `statement` of the rule's params; nothing when there is none that can be read.
    pub(super) fn of(rule: &Rule) -> Option<Self> {
        let Body::Check { params, .. } = &rule.body else {
            return None;
        };
        let statement: StatementRule =
            serde_json::from_value(params.get("statement")?.clone()).ok()?;
        let made = Rule {
            body: Body::Statement(statement),
            ..rule.clone()
        };
        Some(Self(StatementMatcher::new(&[Arc::new(made)])))
    }

    /// Where a document claims it.
    pub(super) fn spans(&self, document: &Document) -> Vec<ByteSpan> {
        let path = document.entry();
        let bytes = document.text.as_bytes();
        let entry = Classified::new(&path, Origin::Tree, &EntryKind::File, bytes);
        let mut hits = Vec::new();
        self.0.scan_all(&entry, &mut hits);
        hits.into_iter().map(|hit| hit.hit).collect()
    }
}
