// SPDX-License-Identifier: Apache-2.0
//! The same JSON with the members of objects in the order in which they stand, as Python's
//! dictionaries keep them: files that others wrote are continued in their own order.

use super::build::{Build, from_plain};
use super::number::Number;
use super::parse::{self, ParseError};
use super::print::{Shape, Shaped, Style, write};
use crate::support::hashing;
use indexmap::IndexMap;

/// Members in their order.
pub type Object = IndexMap<String, Value>;

/// A JSON value that keeps the order of members.
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

/// Builds an ordered object: `record! { "key" => key, "address" => address }`.
#[macro_export]
macro_rules! record {
    ($($key:expr => $value:expr),* $(,)?) => {{
        #[allow(unused_mut, reason = "an empty object is not changed")]
        let mut map = $crate::support::pyjson::ordered::Object::new();
        $(map.insert(
            ::std::string::String::from($key),
            $crate::support::pyjson::ordered::Value::from($value),
        );)*
        $crate::support::pyjson::ordered::Value::Object(map)
    }};
}

/// Reads UTF-8 bytes, `depth` levels at most; a name that stands twice in one object is refused.
///
/// # Errors
/// See [`ParseError`].
pub fn parse_strict(bytes: &[u8], depth: usize) -> Result<Value, ParseError> {
    parse::build(parse::utf8(bytes)?, depth, true)
}

/// Reads UTF-8 bytes as Python does: of equal names the last counts.
///
/// # Errors
/// See [`ParseError`].
pub fn parse_lenient(bytes: &[u8], depth: usize) -> Result<Value, ParseError> {
    parse::build(parse::utf8(bytes)?, depth, false)
}

impl Value {
    /// Whether a number that JSON has no word for stands anywhere inside.
    pub fn has_non_finite(&self) -> bool {
        match self {
            Self::Number(Number::Float(value)) => !value.is_finite(),
            Self::Array(items) => items.iter().any(Self::has_non_finite),
            Self::Object(members) => members.values().any(Self::has_non_finite),
            _ => false,
        }
    }

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

    /// The members of a member that is an object; none for any other.
    pub fn members_of(&self, key: &str) -> impl Iterator<Item = (&String, &Value)> {
        self.get(key)
            .and_then(Self::as_object)
            .into_iter()
            .flatten()
    }

    /// Whether this is `null`.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Names sorted, compact, everything beyond ASCII escaped: what digests are taken of.
    pub fn canonical(&self) -> String {
        self.written(&Style::DIGEST)
    }

    /// SHA-256 of [`Value::canonical`], 64 hex digits.
    pub fn digest(&self) -> String {
        hashing::sha256_hex(self.canonical().as_bytes())
    }

    /// One line as `json.dumps` writes it: order kept, escaped.
    pub fn line(&self) -> String {
        self.written(&Style::LINE)
    }

    /// One line as `json.dumps(..., ensure_ascii=False)` writes it.
    pub fn raw_line(&self) -> String {
        self.written(&Style::RAW_LINE)
    }

    /// Indented by two as `json.dumps(..., indent=2)` writes it; no final newline.
    pub fn indented(&self) -> String {
        self.written(&Style::INDENTED)
    }

    fn written(&self, style: &Style) -> String {
        let mut out = String::new();
        write(self, style, 0, &mut out);
        out
    }
}

impl Shaped for Value {
    fn shape(&self) -> Shape<'_, Self> {
        match self {
            Self::Null => Shape::Null,
            Self::Bool(value) => Shape::Bool(*value),
            Self::Number(number) => Shape::Number(number),
            Self::String(text) => Shape::String(text),
            Self::Array(items) => Shape::Array(items),
            Self::Object(object) => Shape::Object(object.len()),
        }
    }

    fn members(&self, style: &Style, each: &mut dyn FnMut(&str, &Self)) {
        let Some(object) = self.as_object() else {
            return;
        };
        if style.sorted {
            let mut members: Vec<_> = object.iter().collect();
            members.sort_unstable_by_key(|(name, _)| *name);
            members
                .into_iter()
                .for_each(|(name, value)| each(name, value));
        } else {
            object.iter().for_each(|(name, value)| each(name, value));
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

from_plain!(Value, Object);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    #[test]
    fn the_order_of_a_file_is_kept_and_left_out_of_digests() {
        let value = parse_strict("{\"b\": 1, \"a\": [\"é\", 1.0]}".as_bytes(), 128).unwrap();
        assert_eq!(value.line(), "{\"b\": 1, \"a\": [\"\\u00e9\", 1.0]}");
        assert_eq!(value.raw_line(), "{\"b\": 1, \"a\": [\"é\", 1.0]}");
        assert_eq!(value.canonical(), "{\"a\":[\"\\u00e9\",1.0],\"b\":1}");
    }

    #[test]
    fn a_digest_is_that_of_the_original() {
        let value = record! { "workflow" => "build", "version" => "v1" };
        assert!(value.digest().starts_with("75382b9a6ab93c66"));
    }

    #[test]
    fn a_name_twice_is_refused_where_it_matters() {
        let text = b"{\"a\": 1,\n \"a\": 2}";
        assert_eq!(
            parse_strict(text, 128).unwrap_err().to_string(),
            "the name \"a\" twice in one object: line 2 column 2"
        );
        assert_eq!(
            parse_lenient(text, 128).unwrap().get("a").unwrap().as_i64(),
            Some(2)
        );
        assert_eq!(parse_strict(&[b'['; 200], 128), Err(ParseError::Depth(128)));
    }
}
