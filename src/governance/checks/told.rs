// SPDX-License-Identifier: Apache-2.0
//! What findings on governed text are about, and what a rule's table tells its check.

use super::Found;
use crate::governance::plan::{Document, Record};
use crate::model::{ByteSpan, Draft, Subject};
use crate::rules::{Body, Rule};
use crate::support::patterns::{self, Pattern};
use serde::de::DeserializeOwned;

pub(super) use crate::governance::gate::shape::and as listed;

/// What a document's finding is about.
pub(super) fn subject(document: &Document) -> Subject {
    let kind = document.kind.as_deref().unwrap_or("document");
    Subject::new("unknown", document.path.as_str()).with("governance_kind", kind)
}

/// What the finding on any other file of the tree is about.
pub(super) fn file(path: &str, kind: &str) -> Subject {
    Subject::new("unknown", path).with("governance_kind", kind)
}

/// What the finding on a governed JSON file is about.
pub(super) fn record(record: &Record) -> Subject {
    Subject::new("report", record.path.as_str()).with("governance_kind", "json")
}

/// A judgement on a place of a document.
pub(super) fn at<'f>(
    found: &'f mut Found,
    rule: &Rule,
    document: &Document,
    span: ByteSpan,
    text: impl Into<String>,
) -> &'f mut Draft {
    let draft = found.say_at(
        rule,
        &document.entry(),
        document.text.as_bytes(),
        span,
        text,
    );
    draft.subject = Some(Box::new(subject(document)));
    draft
}

/// A judgement on a document as a whole.
pub(super) fn whole<'f>(
    found: &'f mut Found,
    rule: &Rule,
    document: &Document,
    text: impl Into<String>,
) -> &'f mut Draft {
    let draft = found.say(rule, &document.entry(), text);
    draft.subject = Some(Box::new(subject(document)));
    draft
}

/// The data of a rule's table. The tables are ours and a test reads them all, so what cannot be
/// read is empty.
pub(super) fn params<T: DeserializeOwned + Default>(rule: &Rule) -> T {
    match &rule.body {
        Body::Check { params, .. } => T::deserialize(&**params).unwrap_or_default(),
        _ => T::default(),
    }
}

/// Patterns of a table, in any case.
pub(super) fn patterns<'a>(list: impl IntoIterator<Item = &'a String>) -> Vec<Pattern> {
    let compile = |one: &String| patterns::any_case(one).ok();
    list.into_iter().filter_map(compile).collect()
}
