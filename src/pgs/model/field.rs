// SPDX-License-Identifier: Apache-2.0
//! Declared inputs and outputs.

use super::{Reader, ShapeFault};
use crate::support::pyjson::ordered::Value;
use indexmap::IndexMap;

/// Declarations by name.
pub type Fields = IndexMap<String, Field>;

/// What is declared of one input or output.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Field {
    /// `string`, `object`, `integer`, ...
    pub kind: Option<String>,
    /// Whether it must be there.
    pub required: bool,
    /// What counts when it is absent.
    pub default: Option<Value>,
    /// The only values allowed: `enum`, or `allowed_values`.
    pub allowed: Option<Vec<Value>>,
    /// `email`, `date-time`, ...
    pub format: Option<String>,
    /// Members of an object.
    pub fields: Fields,
}

impl Field {
    pub(super) fn read_all(reader: &Reader<'_>, key: &str, faults: &mut Vec<ShapeFault>) -> Fields {
        let members = reader.object(key, faults).into_iter();
        members
            .map(|(name, member)| (name, Self::read(&member, faults)))
            .collect()
    }

    fn read(reader: &Reader<'_>, faults: &mut Vec<ShapeFault>) -> Self {
        // `name: string` in short.
        if let Some(kind) = reader.value().as_str() {
            return Self {
                kind: Some(kind.to_owned()),
                ..Self::default()
            };
        }
        let allowed = ["enum", "allowed_values"].into_iter().find_map(|key| {
            let member = reader.member(key)?;
            let items = member.value().as_array();
            if items.is_none() {
                reader.wrong(key, "a list", faults);
            }
            items.map(<[Value]>::to_vec)
        });
        Self {
            kind: reader.text("type", faults),
            required: reader.bool("required", faults).unwrap_or_default(),
            default: reader
                .member("default")
                .map(|member| member.value().clone()),
            allowed,
            format: reader.text("format", faults),
            fields: Self::read_all(reader, "fields", faults),
        }
    }
}
