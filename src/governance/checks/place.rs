// SPDX-License-Identifier: Apache-2.0
//! Where findings about work items, documents and the board stand, and what they are about.

use super::{Found, task};
use crate::governance::plan::{Document, Plan};
use crate::model::{ByteSpan, EntryPath, Subject};
use crate::rules::Rule;
use crate::support::names::quoted;

/// What a document's finding is about.
pub(super) fn document(document: &Document) -> Subject {
    let kind = document.kind.as_deref().unwrap_or("unknown");
    Subject::new("unknown", &document.path).with("governance_kind", kind)
}

/// A finding on a document, at a place of it.
pub(super) fn at(found: &mut Found, rule: &Rule, on: &Document, span: ByteSpan, text: String) {
    let path = on.entry();
    let draft = found.say_at(rule, &path, on.text.as_bytes(), span, text);
    draft.subject = Some(Box::new(document(on)));
}

/// A finding on a work item, at a place of a document.
pub(super) fn item(
    found: &mut Found,
    rule: &Rule,
    on: &Document,
    span: ByteSpan,
    id: &str,
    text: String,
) {
    let path = on.entry();
    let draft = found.say_at(rule, &path, on.text.as_bytes(), span, text);
    draft.subject = Some(Box::new(task(id)));
}

/// A finding on the board; on one of its items when an id is given.
pub(super) fn board(
    found: &mut Found,
    rule: &Rule,
    plan: &Plan<'_>,
    span: Option<ByteSpan>,
    id: &str,
    text: String,
) {
    let name = &plan.profile.planning.board;
    let path = EntryPath::root(name);
    let content = plan.board.as_ref().map(|board| board.text.as_bytes());
    let draft = match (content, span) {
        (Some(content), Some(span)) => {
            let span = first_line(content, span);
            found.say_at(rule, &path, content, span, text)
        }
        _ => found.say(rule, &path, text),
    };
    let id = if id.is_empty() { name } else { id };
    draft.subject = Some(Box::new(task(id)));
}

/// The front matter's key, or the first heading.
pub(super) fn key(document: &Document, key: &str) -> ByteSpan {
    document.key(key).map_or_else(
        || {
            document
                .sections
                .get(1)
                .map_or(ByteSpan::new(0, 0), |section| section.span())
        },
        |node| node.span,
    )
}

/// The first line of a place.
fn first_line(content: &[u8], span: ByteSpan) -> ByteSpan {
    let held = content.get(span.range()).unwrap_or_default();
    let end = held
        .iter()
        .position(|byte| *byte == b'\n')
        .unwrap_or(held.len());
    ByteSpan::new(span.start, span.start + end)
}

/// Some of many names, for a sentence.
pub(super) fn some(names: &[impl AsRef<str>]) -> String {
    const SHOWN: usize = 8;
    let mut shown = quoted(&names[..names.len().min(SHOWN)]);
    if names.len() > SHOWN {
        shown.push(format!("{} more", names.len() - SHOWN));
    }
    shown.join(", ")
}
