// SPDX-License-Identifier: Apache-2.0
//! Where a check puts what it found.

use crate::model::{ByteSpan, Draft, EntryPath, Judged, Subject};
use crate::rules::Rule;
use std::collections::BTreeMap;

/// What a check found.
#[derive(Debug, Default)]
pub struct Found {
    /// Judgements.
    pub drafts: Vec<Draft>,
    /// Contents that drafts with a span speak of.
    pub texts: BTreeMap<EntryPath, Vec<u8>>,
}

impl Found {
    /// Adds it to what other checks found.
    pub fn add_to(self, judged: &mut Judged) {
        judged.drafts.extend(self.drafts);
        judged.texts.extend(self.texts);
    }

    /// A judgement on a file as a whole.
    pub fn say(&mut self, rule: &Rule, path: &EntryPath, text: impl Into<String>) -> &mut Draft {
        let id = rule.meta.id.clone();
        self.drafts.push(Draft::new(id, path, text));
        let last = self.drafts.len() - 1;
        &mut self.drafts[last]
    }

    /// A judgement at a place of a file, whose content is kept for showing the line.
    pub fn say_at(
        &mut self,
        rule: &Rule,
        path: &EntryPath,
        content: &[u8],
        span: ByteSpan,
        text: impl Into<String>,
    ) -> &mut Draft {
        if !self.texts.contains_key(path) {
            self.texts.insert(path.clone(), content.to_vec());
        }
        let end = span.end.min(content.len());
        let draft = self.say(rule, path, text);
        draft.span = Some(ByteSpan::new(span.start.min(end), end));
        draft
    }
}

/// What a work item's finding is about.
pub fn task(id: &str) -> Subject {
    Subject::new("task", id)
}
