// SPDX-License-Identifier: Apache-2.0
//! Parts of a rule that a start does not need: keywords, patterns, judgements, parameters. Of an embedded
//! rule they lie apart in this program and are read when one first asks; most never are.

use super::packed;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer, StrDeserializer};
use serde::de::{DeserializeOwned, Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::sync::OnceLock;

/// A part of a rule, read when it is first looked at.
#[derive(Debug, Clone)]
pub struct Later<T> {
    value: OnceLock<Box<T>>,
    /// Where it lies among the embedded parts; without meaning once the value is there.
    at: u32,
}

impl<T> From<T> for Later<T> {
    fn from(value: T) -> Self {
        Self {
            value: OnceLock::from(Box::new(value)),
            at: u32::MAX,
        }
    }
}

impl<T: Default> Default for Later<T> {
    fn default() -> Self {
        T::default().into()
    }
}

impl<T: DeserializeOwned> Deref for Later<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value.get_or_init(|| {
            let read = packed::part(self.at).map(Box::new);
            read.expect("`build.rs` wrote it, and a test reads every one")
        })
    }
}

impl<T: DeserializeOwned> DerefMut for Later<T> {
    fn deref_mut(&mut self) -> &mut T {
        let _: &T = self;
        self.value.get_mut().expect("it was read just now")
    }
}

impl<T: DeserializeOwned + PartialEq> PartialEq for Later<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: DeserializeOwned + Serialize> Serialize for Later<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (**self).serialize(serializer)
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Later<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Either(PhantomData))
    }
}

/// Sees the part itself, or its place: raw bytes, which no file of rules can hold.
struct Either<T>(PhantomData<T>);

impl<'de, T: DeserializeOwned> Visitor<'de> for Either<T> {
    type Value = Later<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a part of a rule")
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Later<T>, E> {
        let at = bytes.try_into().map(u32::from_le_bytes);
        Ok(Later {
            value: OnceLock::new(),
            at: at.map_err(|_| E::invalid_length(bytes.len(), &self))?,
        })
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Later<T>, E> {
        T::deserialize(StrDeserializer::new(text)).map(Later::from)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Later<T>, A::Error> {
        T::deserialize(SeqAccessDeserializer::new(list)).map(Later::from)
    }

    fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<Later<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(table)).map(Later::from)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Rule {
        text: Later<String>,
        list: Later<Vec<String>>,
        table: Later<serde_json::Value>,
    }

    #[test]
    fn what_a_file_says_is_there_at_once() {
        let mut rule: Rule =
            toml::from_str("text = 'a'\nlist = ['b', 'c']\ntable = { d = 1 }").unwrap();
        assert_eq!(*rule.text, "a");
        assert_eq!(*rule.list, ["b", "c"]);
        assert_eq!(rule.table["d"], 1);
        rule.list.push("e".to_owned());
        assert_eq!(rule.list.len(), 3);
    }

    #[test]
    fn a_place_cannot_be_written_in_a_file() {
        for value in ["5", "true", "[1, 2, 3, 4]"] {
            let text = format!("text = {value}\nlist = []\ntable = {{}}");
            assert!(toml::from_str::<Rule>(&text).is_err(), "{value}");
        }
    }
}
