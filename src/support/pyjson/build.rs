// SPDX-License-Identifier: Apache-2.0
//! What the parser needs of a kind of value, and how one is made of plain types.

use super::number::Number;

/// A kind of value that a text is read into.
pub(super) trait Build: Sized {
    /// Members of an object under way.
    type Members: Default;
    /// `null`
    fn null() -> Self;
    /// `true` or `false`
    fn bool(value: bool) -> Self;
    /// A number.
    fn number(value: Number) -> Self;
    /// A text.
    fn string(value: String) -> Self;
    /// A list.
    fn array(items: Vec<Self>) -> Self;
    /// An object.
    fn object(members: Self::Members) -> Self;
    /// Sets a member; says whether it was there already.
    fn insert(members: &mut Self::Members, name: String, value: Self) -> bool;
}

/// How the plain types of Rust become a kind of value.
macro_rules! from_plain {
    ($value:ident, $object:ident) => {
        impl From<bool> for $value {
            fn from(value: bool) -> Self {
                Self::Bool(value)
            }
        }

        impl From<i64> for $value {
            fn from(value: i64) -> Self {
                Self::Number(Number::Int(value))
            }
        }

        impl From<usize> for $value {
            fn from(value: usize) -> Self {
                Self::from(i64::try_from(value).unwrap_or(i64::MAX))
            }
        }

        impl From<f64> for $value {
            fn from(value: f64) -> Self {
                Self::Number(Number::Float(value))
            }
        }

        impl From<&str> for $value {
            fn from(value: &str) -> Self {
                Self::String(value.to_owned())
            }
        }

        impl From<&String> for $value {
            fn from(value: &String) -> Self {
                Self::String(value.clone())
            }
        }

        impl From<String> for $value {
            fn from(value: String) -> Self {
                Self::String(value)
            }
        }

        impl From<$object> for $value {
            fn from(value: $object) -> Self {
                Self::Object(value)
            }
        }

        impl From<&$value> for $value {
            fn from(value: &$value) -> Self {
                value.clone()
            }
        }

        impl<T: Into<$value>> From<Vec<T>> for $value {
            fn from(values: Vec<T>) -> Self {
                Self::Array(values.into_iter().map(Into::into).collect())
            }
        }

        impl<T: Into<$value>> From<Option<T>> for $value {
            fn from(value: Option<T>) -> Self {
                value.map_or(Self::Null, Into::into)
            }
        }
    };
}
pub(super) use from_plain;
