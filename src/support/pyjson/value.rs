// SPDX-License-Identifier: Apache-2.0
//! The value itself and how code looks into it.

use super::build::{Build, from_plain};
use super::number::Number;
use std::collections::BTreeMap;

/// Keys in order of code points, which is the order of UTF-8 bytes.
pub type Object = BTreeMap<String, Value>;

/// A JSON value with Python's numbers.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Value {
    /// `null`
    #[default]
    Null,
    /// `true` or `false`
    Bool(bool),
    /// An integer or a float
    Number(Number),
    /// Text
    String(String),
    /// A list
    Array(Vec<Value>),
    /// An object
    Object(Object),
}

impl Value {
    /// The member of an object; nothing for any other value.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.as_object()?.get(key)
    }

    /// The member reached by a chain of keys.
    pub fn at(&self, keys: &[&str]) -> Option<&Value> {
        keys.iter().try_fold(self, |value, key| value.get(key))
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// A boolean, and only a boolean.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// A number as the nearest float; a boolean is none.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(number.as_f64()),
            _ => None,
        }
    }

    /// An integer that fits.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Number(Number::Int(value)) => Some(*value),
            _ => None,
        }
    }

    /// The items of a list.
    pub fn as_array(&self) -> Option<&[Value]> {
        match self {
            Self::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The members of an object.
    pub fn as_object(&self) -> Option<&Object> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The members of an object, to change.
    pub fn as_object_mut(&mut self) -> Option<&mut Object> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The text of a member that is a string.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.get(key)?.as_str()
    }

    /// The items of a member that is a list; none for any other.
    pub fn items(&self, key: &str) -> &[Value] {
        self.get(key).and_then(Self::as_array).unwrap_or_default()
    }

    /// Sets a member of an object; a value that is no object stays as it is.
    pub fn set(&mut self, key: &str, value: impl Into<Value>) {
        if let Self::Object(object) = self {
            object.insert(key.to_owned(), value.into());
        }
    }

    /// Whether this is `null`.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Python's truth: empty, zero, `null` and `false` are false, everything else is true.
    pub fn truthy(&self) -> bool {
        match self {
            Self::Null => false,
            Self::Bool(value) => *value,
            Self::Number(Number::Int(value)) => *value != 0,
            Self::Number(Number::Big(_)) => true,
            Self::Number(Number::Float(value)) => *value != 0.0,
            Self::String(text) => !text.is_empty(),
            Self::Array(items) => !items.is_empty(),
            Self::Object(object) => !object.is_empty(),
        }
    }

    /// Whether a number that JSON has no word for stands anywhere inside.
    pub fn has_non_finite(&self) -> bool {
        match self {
            Self::Number(number) => {
                !number.as_f64().is_finite() && !matches!(number, Number::Big(_))
            }
            Self::Array(items) => items.iter().any(Self::has_non_finite),
            Self::Object(object) => object.values().any(Self::has_non_finite),
            _ => false,
        }
    }

    /// For the validator: integers beyond 64 bits become the nearest one that fits, non-finite
    /// numbers a fraction, which is what Python's comparisons make of them in the stock schemas.
    pub fn to_serde(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match self {
            Self::Null => Json::Null,
            Self::Bool(value) => Json::Bool(*value),
            Self::Number(Number::Int(value)) => Json::from(*value),
            Self::Number(Number::Big(digits)) => digits.parse::<u64>().map_or_else(
                |_| {
                    Json::from(if digits.starts_with('-') {
                        i64::MIN
                    } else {
                        i64::MAX
                    })
                },
                Json::from,
            ),
            Self::Number(Number::Float(value)) => {
                let finite = if value.is_nan() {
                    0.5
                } else {
                    value.clamp(f64::MIN, f64::MAX)
                };
                Json::from(finite)
            }
            Self::String(text) => Json::String(text.clone()),
            Self::Array(items) => Json::Array(items.iter().map(Self::to_serde).collect()),
            Self::Object(object) => Json::Object(
                object
                    .iter()
                    .map(|(key, value)| (key.clone(), value.to_serde()))
                    .collect(),
            ),
        }
    }
}

impl Build for Value {
    type Members = Object;

    fn null() -> Self {
        Self::Null
    }

    fn bool(value: bool) -> Self {
        Self::Bool(value)
    }

    fn number(value: Number) -> Self {
        Self::Number(value)
    }

    fn string(value: String) -> Self {
        Self::String(value)
    }

    fn array(items: Vec<Self>) -> Self {
        Self::Array(items)
    }

    fn object(members: Object) -> Self {
        Self::Object(members)
    }

    fn insert(members: &mut Object, name: String, value: Self) -> bool {
        members.insert(name, value).is_some()
    }
}

impl From<serde_json::Value> for Value {
    fn from(value: serde_json::Value) -> Self {
        use serde_json::Value as Json;
        match value {
            Json::Null => Self::Null,
            Json::Bool(value) => Self::Bool(value),
            Json::Number(number) => Self::Number(match number.as_i64() {
                Some(value) => Number::Int(value),
                None if number.is_u64() => Number::Big(number.to_string()),
                None => Number::Float(number.as_f64().unwrap_or(f64::NAN)),
            }),
            Json::String(text) => Self::String(text),
            Json::Array(items) => Self::Array(items.into_iter().map(Self::from).collect()),
            Json::Object(object) => Self::Object(
                object
                    .into_iter()
                    .map(|(key, value)| (key, Self::from(value)))
                    .collect(),
            ),
        }
    }
}

from_plain!(Value, Object);

impl From<i32> for Value {
    fn from(value: i32) -> Self {
        Self::from(i64::from(value))
    }
}

impl<T: Clone + Into<Value>> From<&[T]> for Value {
    fn from(values: &[T]) -> Self {
        Self::Array(values.iter().cloned().map(Into::into).collect())
    }
}
