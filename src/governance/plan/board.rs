// SPDX-License-Identifier: Apache-2.0
//! The work board (section 1.7): authoritative for the status of work items.

use crate::classify::yaml::{self, Node, Value, scalars};
use crate::model::ByteSpan;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;
use std::collections::HashSet;
use std::fmt;
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
    by_id: Vec<u32>,
}

/// An item of the board. A board may have many, so that texts which several share are held once.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Id.
    pub id: Arc<str>,
    /// Title.
    pub title: Option<Box<str>>,
    /// `AFK` or `HITL`.
    pub kind: Option<Arc<str>>,
    /// Status.
    pub status: Arc<str>,
    /// Ids that block it.
    pub blocked_by: Box<[Arc<str>]>,
    /// The requirement's document.
    pub prd: Option<Arc<str>>,
    /// The document that defines it.
    pub issues: Option<Arc<str>>,
    /// Documents that prove it.
    pub evidence: Box<[Arc<str>]>,
    /// Where it stands.
    pub span: ByteSpan,
    /// Where its status stands.
    pub status_span: ByteSpan,
}

/// Keys under which the items may stand; the first that is there counts.
const HOLDERS: [&str; 3] = ["items", "work", "workboard"];

impl Board {
    /// Reads a board; what cannot be read is a fault.
    pub fn parse(text: Arc<String>) -> Self {
        let mut board = Self {
            text: Arc::clone(&text),
            ..Self::default()
        };
        let held = match yaml::read_long::<Holders>(&text) {
            Ok(Holders(held)) => held.into_iter().flatten().next(),
            Err(why) => {
                board.faults.push((why, None));
                return board;
            }
        };
        let Some(held) = held else {
            let why = "it has none of the keys `items`, `work` and `workboard`";
            board.faults.push((why.to_owned(), None));
            return board;
        };
        let place = yaml::place(&held);
        match held.value {
            Held::Items(items) => {
                board.entries = items.entries;
                let faults = items.faults.into_iter();
                board.faults = faults.map(|(why, span)| (why, Some(span))).collect();
            }
            Held::Text(text) if text.trim().is_empty() => {}
            Held::Text(_) => {
                let why = "its items are neither a list nor a mapping".to_owned();
                board.faults.push((why, Some(place)));
            }
        }
        board.entries.shrink_to_fit();
        board.by_id = (0u32..).take(board.entries.len()).collect();
        let entries = &board.entries;
        board.by_id.sort_by_key(|at| &*entries[*at as usize].id);
        board
    }

    /// The item with this id.
    pub fn get(&self, id: &str) -> Option<&Entry> {
        let before = |at: &u32| &*self.entries[*at as usize].id < id;
        let first = self.by_id.get(self.by_id.partition_point(before))?;
        Some(&self.entries[*first as usize]).filter(|entry| &*entry.id == id)
    }
}

/// What stands under each of [`HOLDERS`].
#[derive(Default)]
struct Holders([Option<Spanned<Held>>; HOLDERS.len()]);

/// What should be items.
enum Held {
    Items(Items),
    Text(String),
}

/// Items, taken one by one: the nodes of one are gone when the next is read.
#[derive(Default)]
struct Items {
    entries: Vec<Entry>,
    faults: Vec<(String, ByteSpan)>,
    /// Texts that many items share: ids, kinds, statuses, paths.
    shared: HashSet<Arc<str>>,
}

impl Items {
    fn shared(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.shared.get(text) {
            return Arc::clone(known);
        }
        let text: Arc<str> = text.into();
        self.shared.insert(Arc::clone(&text));
        text
    }

    fn add(&mut self, id: Option<&str>, node: &Node) {
        let text = |key: &str| {
            let text = node.get(key)?.text()?.trim();
            (!text.is_empty()).then_some(text)
        };
        let id = id.or_else(|| text("id"));
        let status = text("status");
        if !matches!(node.value, Value::Map(_)) || id.is_none() || status.is_none() {
            let what = id.map_or_else(|| "an item".to_owned(), |id| format!("`{id}`"));
            let lacks = id.map_or("an id", |_| "a status");
            self.faults
                .push((format!("{what} lacks {lacks}"), node.span));
        }
        let Some(id) = id else {
            return;
        };
        let status_span = node.get("status").map_or(node.span, |status| status.span);
        let entry = Entry {
            id: self.shared(id),
            title: text("title").map(Box::from),
            kind: text("type").map(|text| self.shared(text)),
            status: self.shared(status.unwrap_or_default()),
            blocked_by: self.list(node.get("blocked_by")),
            prd: text("prd").map(|text| self.shared(text)),
            issues: text("issues").map(|text| self.shared(text)),
            evidence: self.list(node.get("evidence")),
            span: node.span,
            status_span,
        };
        self.entries.push(entry);
    }

    fn list(&mut self, node: Option<&Node>) -> Box<[Arc<str>]> {
        let items = node.map_or(&[][..], Node::items);
        let texts = items.iter().filter_map(Node::text).map(str::trim);
        texts
            .filter(|text| !text.is_empty())
            .map(|text| self.shared(text))
            .collect()
    }
}

impl<'de> Deserialize<'de> for Holders {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WholeReader)
    }
}

struct WholeReader;

impl<'de> Visitor<'de> for WholeReader {
    type Value = Holders;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    scalars!(|_| Holders::default());

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Holders, A::Error> {
        while items.next_element::<Value>()?.is_some() {}
        Ok(Holders::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Holders, A::Error> {
        let mut holders = Holders::default();
        while let Some(key) = entries.next_key::<String>()? {
            match HOLDERS.iter().position(|holder| *holder == key) {
                Some(at) => holders.0[at] = Some(entries.next_value()?),
                None => drop(entries.next_value::<Value>()?),
            }
        }
        Ok(holders)
    }
}

impl<'de> Deserialize<'de> for Held {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(HeldReader)
    }
}

struct HeldReader;

impl<'de> Visitor<'de> for HeldReader {
    type Value = Held;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    scalars!(Held::Text);

    fn visit_seq<A: SeqAccess<'de>>(self, mut nodes: A) -> Result<Held, A::Error> {
        let mut items = Items::default();
        while let Some(node) = nodes.next_element::<Spanned<Value>>()? {
            items.add(None, &Node::of(node));
        }
        Ok(Held::Items(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut nodes: A) -> Result<Held, A::Error> {
        let mut items = Items::default();
        while let Some(id) = nodes.next_key::<String>()? {
            let node = nodes.next_value::<Spanned<Value>>()?;
            items.add(Some(&id), &Node::of(node));
        }
        Ok(Held::Items(items))
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
        assert_eq!(*list.entries[0].blocked_by, ["B".into(), "C".into()]);
        assert_eq!(list.faults.len(), 1);
        let map = Board::parse(Arc::new(
            "work:\n  A: {status: draft, evidence: x.md}\n".to_owned(),
        ));
        assert_eq!(*map.entries[0].evidence, ["x.md".into()]);
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

    fn faults(text: &str) -> Vec<String> {
        let board = Board::parse(Arc::new(text.to_owned()));
        board.faults.into_iter().map(|(why, _)| why).collect()
    }

    #[test]
    fn a_board_may_hold_as_many_items_as_its_text_has_room_for() {
        let mut text = "items:\n".to_owned();
        for n in 0..40_000 {
            text += &format!(
                "- {{id: A-{n}, status: draft, blocked_by: [A-{}], type: AFK, title: t}}\n",
                n + 1
            );
        }
        let board = Board::parse(Arc::new(text));
        assert!(board.faults.is_empty(), "{:?}", board.faults);
        assert_eq!(board.entries.len(), 40_000);
        let entry = board.get("A-39999").unwrap();
        assert_eq!(*entry.blocked_by, ["A-40000".into()]);
        let own = "{id: A-39999, status: draft, blocked_by: [A-40000], type: AFK, title: t}";
        assert!(board.text[entry.span.start..].starts_with(own));
        assert!(board.get("A-40000").is_none());
    }

    #[test]
    fn aliases_that_repeat_without_end_are_refused() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for n in 1..12 {
            let again = vec![format!("*a{}", n - 1); 10].join(", ");
            text += &format!("a{n}: &a{n} [{again}]\n");
        }
        text += "items: *a11\n";
        let told = faults(&text);
        assert_eq!(told.len(), 1, "{told:?}");
    }

    #[test]
    fn what_stands_where_items_should_is_told_in_its_own_words() {
        assert!(faults("items:\n").is_empty());
        assert!(faults("items: []\nversion: 1\n").is_empty());
        let none = "it has none of the keys `items`, `work` and `workboard`";
        for text in [
            "",
            "12\n",
            "true\n",
            "- id: A\n  status: draft\n",
            "version: 1\n",
        ] {
            assert_eq!(faults(text), [none], "{text}");
        }
        let other = "its items are neither a list nor a mapping";
        assert_eq!(faults("items: 3\n"), [other]);
        assert_eq!(faults("work: none\n"), [other]);
        // The first of the keys counts, wherever it stands.
        let both = "workboard: none\nitems:\n- {id: A, status: draft}\n";
        assert!(faults(both).is_empty());
        assert_eq!(
            faults("items:\n- none\n- {status: draft}\n- {id: B}\n"),
            [
                "an item lacks an id",
                "an item lacks an id",
                "`B` lacks a status",
            ]
        );
    }
}
