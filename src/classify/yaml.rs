// SPDX-License-Identifier: Apache-2.0
//! YAML with the places of its nodes; scalars are texts, because nothing here counts.

use crate::model::ByteSpan;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Options, Spanned, budget, options};
use std::fmt;

/// A value and its place.
#[derive(Debug, Clone)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Bytes in the document.
    pub span: ByteSpan,
}

/// What a node is.
#[derive(Debug, Clone)]
pub enum Value {
    /// A scalar.
    Text(String),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in order.
    Map(Vec<(String, Node)>),
}

impl Node {
    /// Reads one document.
    ///
    /// # Errors
    /// The reader's message.
    pub fn parse(text: &str) -> Result<Self, String> {
        // The first document decides, as for every reader of a single one.
        let read: Spanned<Value> =
            serde_saphyr::from_str(text).map_err(|e| first_line(&e.to_string()))?;
        Ok(Self::of(read))
    }

    /// A value with its place.
    pub fn of(read: Spanned<Value>) -> Self {
        Self {
            span: place(&read),
            value: read.value,
        }
    }

    /// The value under a key of a mapping.
    pub fn get(&self, key: &str) -> Option<&Self> {
        let mut entries = self.entries().iter();
        entries.find(|(name, _)| name == key).map(|(_, node)| node)
    }

    /// A mapping's entries; none for anything else.
    pub fn entries(&self) -> &[(String, Self)] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The entries of a mapping; nothing for anything else.
    pub fn into_entries(self) -> Option<Vec<(String, Self)>> {
        match self.value {
            Value::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The same node in a text that begins `by` bytes earlier.
    pub fn shift(&mut self, by: usize) {
        self.span = ByteSpan::new(self.span.start + by, self.span.end + by);
        match &mut self.value {
            Value::Text(_) => {}
            Value::List(items) => items.iter_mut().for_each(|item| item.shift(by)),
            Value::Map(entries) => entries.iter_mut().for_each(|(_, node)| node.shift(by)),
        }
    }

    /// A sequence's items, or the one value that stands for a sequence.
    pub fn items(&self) -> &[Self] {
        match &self.value {
            Value::List(items) => items,
            Value::Text(_) => std::slice::from_ref(self),
            Value::Map(_) => &[],
        }
    }

    /// A scalar.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// Reads one document of any length into what keeps less of it than its nodes. It may hold as many
/// nodes as it has bytes; what aliases repeat is bounded as for others.
///
/// # Errors
/// The reader's message.
pub fn read_long<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    let usual = serde_saphyr::Budget::default();
    let options: Options = options! {
        budget: budget! {
            max_nodes: usual.max_nodes.max(text.len()),
            // Each node begins and may end, and so do document and stream.
            max_events: usual.max_events.max(text.len().saturating_mul(2)),
        },
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|e| first_line(&e.to_string()))
}

/// Where a value stands.
pub fn place<T>(read: &Spanned<T>) -> ByteSpan {
    let span = read.defined.span();
    let start = usize::try_from(span.byte_offset().unwrap_or(0)).unwrap_or(0);
    let len = usize::try_from(span.byte_len().unwrap_or(0)).unwrap_or(0);
    ByteSpan::new(start, start.saturating_add(len))
}

fn first_line(text: &str) -> String {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let line = lines.next().unwrap_or_default();
    let line = line.strip_prefix("error: ").unwrap_or(line);
    // What the reader's own options are called says nothing to who wrote the text.
    let line = line.split(", set ").next().unwrap_or(line);
    let line = line.split(": Nodes {").next().unwrap_or(line);
    line.replace(
        "budget breached",
        "too many nodes, by aliases or as written",
    )
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

/// What a visitor makes of a scalar, from its text; of a value that may be absent, what it makes of
/// the value.
macro_rules! scalars {
    ($made:expr) => {
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok($made(String::new()))
        }

        fn visit_none<E>(self) -> Result<Self::Value, E> {
            Ok($made(String::new()))
        }

        fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<Self::Value, D::Error> {
            Self::Value::deserialize(inner)
        }

        fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
            Ok($made(value.to_string()))
        }

        fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
            Ok($made(value.to_string()))
        }

        fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
            Ok($made(value.to_string()))
        }

        fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
            Ok($made(value.to_string()))
        }

        fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
            Ok($made(value.to_owned()))
        }
    };
}
pub(crate) use scalars;

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    scalars!(Value::Text);

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element::<Spanned<Value>>()? {
            list.push(Node::of(item));
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Vec::new();
        while let Some(key) = entries.next_key::<String>()? {
            map.push((key, Node::of(entries.next_value::<Spanned<Value>>()?)));
        }
        Ok(Value::Map(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_know_their_places() {
        let text = "on: [push, pull_request]\njobs:\n  a:\n    steps:\n      - run: |\n          echo é\n      - uses: x/y@v1 # c\n        with: {a: 1, b: yes}\n";
        let node = Node::parse(text).unwrap();
        let on: Vec<_> = node
            .get("on")
            .unwrap()
            .items()
            .iter()
            .map(|n| n.text().unwrap())
            .collect();
        assert_eq!(on, ["push", "pull_request"]);
        let steps = node
            .get("jobs")
            .unwrap()
            .get("a")
            .unwrap()
            .get("steps")
            .unwrap();
        assert_eq!(
            steps.items()[0].get("run").unwrap().text(),
            Some("echo é\n")
        );
        let uses = steps.items()[1].get("uses").unwrap();
        assert_eq!(&text[uses.span.range()], "x/y@v1");
        assert!(Node::parse("a: [").is_err());
        assert!(Node::parse("").is_ok_and(|node| node.entries().is_empty()));
    }
}
