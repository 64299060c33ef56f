// SPDX-License-Identifier: Apache-2.0
//! Comparing values as the protocol does: integers and floats by what they are worth, everything
//! else by form.

use crate::support::pyjson::Number;
use crate::support::pyjson::ordered::Value;

/// Equal: `1` and `1.0` are, `1` and `true` are not.
pub(crate) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => same_number(a, b),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(name, value)| b.get(name).is_some_and(|other| same(value, other)))
        }
        (a, b) => a == b,
    }
}

fn same_number(a: &Number, b: &Number) -> bool {
    match (a, b) {
        (Number::Float(_), _) | (_, Number::Float(_)) => {
            a.as_f64().partial_cmp(&b.as_f64()) == Some(std::cmp::Ordering::Equal)
        }
        (a, b) => a == b,
    }
}

/// What a number, or a text that reads as one, is worth.
pub(super) fn worth(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => Some(number.as_f64()),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// Whether a number that JSON has no word for stands anywhere inside.
pub(crate) fn is_finite(value: &Value) -> bool {
    match value {
        Value::Number(Number::Float(number)) => number.is_finite(),
        Value::Array(items) => items.iter().all(is_finite),
        Value::Object(members) => members.values().all(is_finite),
        _ => true,
    }
}

/// Whether a value is of a declared type; of a type that nobody knows, any value is.
pub(crate) fn conforms(kind: &str, value: &Value) -> bool {
    match kind {
        "string" => matches!(value, Value::String(_)),
        "object" => matches!(value, Value::Object(_)),
        "array" => matches!(value, Value::Array(_)),
        "boolean" => matches!(value, Value::Bool(_)),
        "number" => matches!(value, Value::Number(_)),
        "integer" => matches!(value, Value::Number(Number::Int(_) | Number::Big(_))),
        "hex_string" => value.as_str().is_some_and(|text| {
            let digits = text.strip_prefix("0x").unwrap_or(text);
            digits.len().is_multiple_of(2) && digits.bytes().all(|b| b.is_ascii_hexdigit())
        }),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record;

    #[test]
    fn numbers_are_equal_by_worth_and_nothing_else_is() {
        assert!(same(&1_i64.into(), &1.0.into()));
        assert!(!same(&1_i64.into(), &true.into()));
        assert!(!same(&"1".into(), &1_i64.into()));
        let a = record! { "a" => 1_i64, "b" => vec![2_i64] };
        let b = record! { "b" => vec![2.0], "a" => 1.0 };
        assert!(same(&a, &b));
    }

    #[test]
    fn types_are_told_apart() {
        assert!(conforms("integer", &1_i64.into()));
        assert!(!conforms("integer", &1.0.into()));
        assert!(!conforms("number", &true.into()));
        assert!(conforms("hex_string", &"0x00ff".into()));
        assert!(!conforms("hex_string", &"0x0".into()));
        assert!(conforms("whatever", &Value::Null));
    }
}
