// SPDX-License-Identifier: Apache-2.0
//! Keys of a rule's table. In our rules as they lie in this program the number of a key stands in its
//! place: names would take longer to read than most of what they name.

/// In the order of the fields of `RawRule`, which a test holds.
pub(super) const KEYS: [&str; 32] = [
    "id",
    "title",
    "severity",
    "confidence",
    "blocking",
    "kind",
    "residual",
    "status",
    "since",
    "aliases",
    "scope",
    "why",
    "repair",
    "repair_packed",
    "references",
    "match",
    "no_match",
    "pattern",
    "context",
    "keywords",
    "subject",
    "window",
    "judge",
    "group",
    "check",
    "params",
    "require_file",
    "forbid_file",
    "require_text",
    "forbid_text",
    "order",
    "statement",
];

#[cfg(test)]
mod tests {
    use super::super::raw::RawRule;
    use super::KEYS;
    use serde::Deserialize;
    use serde::de::value::Error;
    use serde::de::{Error as _, Visitor};
    use serde::{Deserializer, forward_to_deserialize_any};

    /// Reads nothing, but tells the names of the fields that it is asked for.
    struct Asked<'a>(&'a mut Vec<&'static str>);

    impl<'de> Deserializer<'de> for Asked<'_> {
        type Error = Error;

        fn deserialize_struct<V: Visitor<'de>>(
            self,
            _: &'static str,
            fields: &'static [&'static str],
            _: V,
        ) -> Result<V::Value, Error> {
            self.0.extend(fields);
            Err(Error::custom("nothing"))
        }

        fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
            Err(Error::custom("a rule is a table"))
        }

        forward_to_deserialize_any! {
            bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit
            unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
        }
    }

    #[test]
    fn keys_are_numbered_as_fields_are() {
        let mut fields = Vec::new();
        assert!(RawRule::deserialize(Asked(&mut fields)).is_err());
        assert_eq!(fields, KEYS);
    }
}
