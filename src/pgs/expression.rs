// SPDX-License-Identifier: Apache-2.0
//! The path dialect of snapshots (specification of the PGS runtime, section 2): `$.root.name.name`,
//! the one template `{{timestamp}}`, and literals. A path walks objects only; what is missing is
//! null. `{"$literal": value}` is ours: the value as it stands, whatever it begins with.

use crate::support::pyjson::ordered::{Object, Value};

/// A path into the data of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// The text as written, `$.` included.
    pub text: String,
}

impl Path {
    /// The first word behind `$.`.
    pub fn root(&self) -> &str {
        self.segments().next().unwrap_or_default()
    }

    /// The words behind `$.`.
    pub fn segments(&self) -> impl Iterator<Item = &str> {
        self.text.get(2..).unwrap_or_default().split('.')
    }
}

/// The only member of an object that stands for its value, unread.
pub const LITERAL: &str = "$literal";

/// What an input is computed from.
#[derive(Debug, Clone, PartialEq)]
pub enum Expression {
    /// `$.payload.name`
    Path(Path),
    /// `{{timestamp}}`: now, UTC, ISO 8601.
    Timestamp,
    /// Any other text, number, truth value or null.
    Literal(Value),
    /// A list of expressions.
    Array(Vec<Expression>),
    /// An object of expressions.
    Object(Vec<(String, Expression)>),
    /// A value that is not read; and the object as the original reads it.
    Quoted(Value, Box<Expression>),
}

/// Where paths lead and what time it is.
pub trait Scope {
    /// The value of a root, such as `payload`.
    fn root(&self, name: &str) -> Option<&Value>;
    /// Now, as text.
    fn timestamp(&self) -> String;
    /// Whether [`LITERAL`] quotes; the original knows no such thing.
    fn quotes(&self) -> bool {
        true
    }
}

impl Expression {
    /// Reads what stands in an artifact. Nothing is refused: any value is an expression.
    pub fn read(value: &Value) -> Self {
        match value {
            Value::String(text) if text.starts_with("$.") => {
                Self::Path(Path { text: text.clone() })
            }
            Value::String(text) if text == "{{timestamp}}" => Self::Timestamp,
            Value::Array(items) => Self::Array(items.iter().map(Self::read).collect()),
            Value::Object(members) => {
                let read = members.iter();
                let read = read.map(|(name, value)| (name.clone(), Self::read(value)));
                let object = Self::Object(read.collect());
                match members.get(LITERAL) {
                    Some(value) if members.len() == 1 => {
                        Self::Quoted(value.clone(), Box::new(object))
                    }
                    _ => object,
                }
            }
            other => Self::Literal(other.clone()),
        }
    }

    /// The value, null where a path leads nowhere. Inside lists and objects, members that lead
    /// nowhere are left out.
    pub fn value(&self, scope: &dyn Scope) -> Value {
        self.resolve(scope).unwrap_or_default()
    }

    /// The value, or nothing where a path leads nowhere or to null.
    pub fn resolve(&self, scope: &dyn Scope) -> Option<Value> {
        match self {
            Self::Path(path) => {
                let mut segments = path.segments();
                let root = scope.root(segments.next()?)?;
                let found = segments.try_fold(root, |value, name| value.get(name))?;
                (!found.is_null()).then(|| found.clone())
            }
            Self::Timestamp => Some(Value::String(scope.timestamp())),
            Self::Literal(value) => (!value.is_null()).then(|| value.clone()),
            Self::Array(items) => Some(Value::Array(
                items
                    .iter()
                    .filter_map(|item| item.resolve(scope))
                    .collect(),
            )),
            Self::Object(members) => {
                let mut object = Object::new();
                for (name, member) in members {
                    if let Some(value) = member.resolve(scope) {
                        object.insert(name.clone(), value);
                    }
                }
                Some(Value::Object(object))
            }
            Self::Quoted(value, _) if scope.quotes() => (!value.is_null()).then(|| value.clone()),
            Self::Quoted(_, object) => object.resolve(scope),
        }
    }

    /// Every path in it, from left to right.
    pub fn paths(&self) -> Vec<&Path> {
        match self {
            Self::Path(path) => vec![path],
            Self::Array(items) => items.iter().flat_map(Self::paths).collect(),
            Self::Object(members) => members.iter().flat_map(|(_, item)| item.paths()).collect(),
            Self::Timestamp | Self::Literal(_) | Self::Quoted(..) => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;
    use crate::record;

    struct Here(Value);

    impl Scope for Here {
        fn root(&self, name: &str) -> Option<&Value> {
            self.0.get(name)
        }

        fn timestamp(&self) -> String {
            "now".to_owned()
        }
    }

    #[test]
    fn paths_walk_objects_only() {
        let here = Here(record! {
            "payload" => record! { "a" => record! { "b" => 1_i64 }, "n" => Value::Null, "l" => vec![1_i64] },
        });
        let value = |text: &str| Expression::read(&text.into()).value(&here);
        assert_eq!(value("$.payload.a.b"), Value::from(1_i64));
        assert_eq!(value("$.payload.l.0"), Value::Null);
        assert_eq!(value("$.payload.a.b.c"), Value::Null);
        assert_eq!(value("$.nowhere"), Value::Null);
        assert_eq!(value("$payload"), Value::from("$payload"));
        assert_eq!(value("{{timestamp}}"), Value::from("now"));
        assert_eq!(value("at {{timestamp}}"), Value::from("at {{timestamp}}"));
    }

    #[test]
    fn a_quoted_value_is_not_read_and_the_original_reads_it() {
        struct Original(Here);
        impl Scope for Original {
            fn root(&self, name: &str) -> Option<&Value> {
                self.0.root(name)
            }
            fn timestamp(&self) -> String {
                self.0.timestamp()
            }
            fn quotes(&self) -> bool {
                false
            }
        }
        let here = || Here(record! { "payload" => record! { "a" => 1_i64 } });
        let quoted = record! { LITERAL => "$.payload.a" };
        let read = Expression::read(&quoted);
        assert_eq!(read.value(&here()), Value::from("$.payload.a"));
        assert_eq!(read.value(&Original(here())), record! { LITERAL => 1_i64 });
        assert!(read.paths().is_empty());
        let two = record! { LITERAL => "$.payload.a", "b" => 2_i64 };
        assert_eq!(
            Expression::read(&two).value(&here()),
            record! { LITERAL => 1_i64, "b" => 2_i64 }
        );
    }

    #[test]
    fn members_that_lead_nowhere_are_left_out() {
        let here = Here(record! { "payload" => record! { "a" => 1_i64 } });
        let written = record! {
            "list" => vec!["$.payload.x", "$.payload.a"],
            "object" => record! { "x" => "$.payload.n", "y" => false },
        };
        assert_eq!(
            Expression::read(&written).value(&here),
            record! { "list" => vec![1_i64], "object" => record! { "y" => false } }
        );
    }
}
