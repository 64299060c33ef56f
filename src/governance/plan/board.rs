// SPDX-License-Identifier: Apache-2.0
//! The work board (section 1.7): authoritative for the status of work items.

use crate::classify::yaml::{Node, Value};
use crate::model::ByteSpan;
use std::collections::HashSet;
use std::sync::Arc;

/// The board.
#[derive(Debug, Clone, Default)]
pub struct Board {
    /// Its text.
    pub text: Arc<String>,
    /// Items, in order.
    pub entries: Vec<Entry>,
    /// What is wrong with it, and where.
    pub faults: Vec<(String, Option<ByteSpan>)>,
    /// Places in `entries` in the order of ids, and of places where an id stands twice.
    by_id: Vec<usize>,
    /// Texts that many items share: kinds, statuses, paths.
    shared: HashSet<Arc<str>>,
}

/// An item of the board.
#[derive(Debug, Clone, Default)]
pub struct Entry {
    /// Id.
    pub id: String,
    /// Title.
    pub title: Option<String>,
    /// `AFK` or `HITL`.
    pub kind: Option<Arc<str>>,
    /// Status.
    pub status: Arc<str>,
    /// Ids that block it.
    pub blocked_by: Vec<String>,
    /// The requirement's document.
    pub prd: Option<Arc<str>>,
    /// The document that defines it.
    pub issues: Option<Arc<str>>,
    /// Documents that prove it.
    pub evidence: Vec<String>,
    /// Where it stands.
    pub span: ByteSpan,
    /// Where its status stands.
    pub status_span: ByteSpan,
}

impl Board {
    /// Reads a board; what cannot be read is a fault.
    pub fn parse(text: Arc<String>) -> Self {
        let mut board = Self {
            text: Arc::clone(&text),
            ..Self::default()
        };
        let node = match Node::parse(&text) {
            Ok(node) => node,
            Err(why) => {
                board.faults.push((why, None));
                return board;
            }
        };
        let held = ["items", "work", "workboard"]
            .iter()
            .find_map(|key| node.get(key));
        let Some(held) = held else {
            let why = "it has none of the keys `items`, `work` and `workboard`";
            board.faults.push((why.to_owned(), None));
            return board;
        };
        match &held.value {
            Value::List(items) => items.iter().for_each(|item| board.entry(None, item)),
            Value::Map(entries) => entries
                .iter()
                .for_each(|(id, item)| board.entry(Some(id), item)),
            Value::Text(text) if text.trim().is_empty() => {}
            Value::Text(_) => {
                let why = "its items are neither a list nor a mapping".to_owned();
                board.faults.push((why, Some(held.span)));
            }
        }
        board.shared = HashSet::new();
        board.entries.shrink_to_fit();
        board.by_id = (0..board.entries.len()).collect();
        let entries = &board.entries;
        board.by_id.sort_by_key(|at| entries[*at].id.as_str());
        board
    }

    fn entry(&mut self, id: Option<&str>, node: &Node) {
        let text = |key: &str| {
            let text = node.get(key)?.text()?.trim();
            (!text.is_empty()).then(|| text.to_owned())
        };
        let list = |key: &str| -> Vec<String> {
            let items = node.get(key).map_or(&[][..], Node::items);
            let texts = items.iter().filter_map(Node::text).map(str::trim);
            texts
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
                .collect()
        };
        let id = id.map(str::to_owned).or_else(|| text("id"));
        let status = text("status");
        if !matches!(node.value, Value::Map(_)) || id.is_none() || status.is_none() {
            let what = id
                .as_deref()
                .map_or_else(|| "an item".to_owned(), |id| format!("`{id}`"));
            let why = format!(
                "{what} lacks {}",
                if id.is_none() { "an id" } else { "a status" }
            );
            self.faults.push((why, Some(node.span)));
            if id.is_none() {
                return;
            }
        }
        let mut shared = |text: String| -> Arc<str> {
            let known = self.shared.get(text.as_str()).cloned();
            known.unwrap_or_else(|| {
                let text: Arc<str> = text.into();
                self.shared.insert(Arc::clone(&text));
                text
            })
        };
        let status_span = node.get("status").map_or(node.span, |status| status.span);
        let id = id.unwrap_or_default();
        self.entries.push(Entry {
            id,
            title: text("title"),
            kind: text("type").map(&mut shared),
            status: shared(status.unwrap_or_default()),
            blocked_by: list("blocked_by"),
            prd: text("prd").map(&mut shared),
            issues: text("issues").map(&mut shared),
            evidence: list("evidence"),
            span: node.span,
            status_span,
        });
    }

    /// The item with this id.
    pub fn get(&self, id: &str) -> Option<&Entry> {
        let before = |at: &usize| self.entries[*at].id.as_str() < id;
        let first = self.by_id.get(self.by_id.partition_point(before))?;
        Some(&self.entries[*first]).filter(|entry| entry.id == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read_and_faults_named() {
        let list = Board::parse(
            "version: 1\nitems:\n  - id: A\n    status: validated\n    blocked_by: [B, C]\n  - id: D\n".to_owned().into(),
        );
        assert_eq!(list.entries[0].blocked_by, ["B", "C"]);
        assert_eq!(list.faults.len(), 1);
        let map = Board::parse(Arc::new(
            "work:\n  A: {status: draft, evidence: x.md}\n".to_owned(),
        ));
        assert_eq!(map.entries[0].evidence, ["x.md"]);
        assert!(map.faults.is_empty());
        assert!(
            !Board::parse(Arc::new("items: [\n".to_owned()))
                .faults
                .is_empty()
        );
        assert!(
            !Board::parse(Arc::new("a: 1\n".to_owned()))
                .faults
                .is_empty()
        );
    }
}
