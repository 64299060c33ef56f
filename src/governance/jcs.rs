// SPDX-License-Identifier: Apache-2.0
//! Canonical JSON (RFC 8785): names sorted by UTF-16 units, no white space, numbers as ECMAScript
//! writes them.

use crate::support::hashing;
use crate::support::pyjson::Number;
use crate::support::pyjson::ordered::Value;
use std::fmt::Write as _;

/// The canonical text.
pub fn canonical(value: &Value) -> String {
    let mut out = String::new();
    write(value, &mut out);
    out
}

/// SHA-256 of the canonical text, 64 hex digits.
pub fn digest(value: &Value) -> String {
    hashing::sha256_hex(canonical(value).as_bytes())
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Number(number) => self::number(number, out),
        Value::String(text) => string(text, out),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by(|a, b| a.0.encode_utf16().cmp(b.0.encode_utf16()));
            out.push('{');
            for (index, (name, value)) in members.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                string(name, out);
                out.push(':');
                write(value, out);
            }
            out.push('}');
        }
    }
}

fn string(text: &str, out: &mut String) {
    out.push_str(&serde_json::Value::from(text).to_string());
}

/// Beyond this, integers are no longer exact as ECMAScript numbers.
const EXACT: u64 = 1 << 53;

fn number(number: &Number, out: &mut String) {
    match number {
        Number::Int(value) if value.unsigned_abs() <= EXACT => {
            let _ = write!(out, "{value}");
        }
        number => float(number.as_f64(), out),
    }
}

/// ECMAScript `Number::toString` (ECMA-262, 6.1.6.1.20).
fn float(value: f64, out: &mut String) {
    if value == 0.0 || !value.is_finite() {
        // RFC 8785 knows no infinity; a reader that let one in would be told apart by `null`.
        out.push_str(if value == 0.0 { "0" } else { "null" });
        return;
    }
    if value < 0.0 {
        out.push('-');
    }
    let shortest = format!("{:e}", value.abs());
    let (mantissa, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let k = digits.len() as i32;
    let n = exponent.parse::<i32>().unwrap_or(0) + 1;
    match n {
        n if k <= n && n <= 21 => {
            out.push_str(&digits);
            out.extend(std::iter::repeat_n('0', (n - k) as usize));
        }
        n if 0 < n && n <= 21 => {
            out.push_str(&digits[..n as usize]);
            out.push('.');
            out.push_str(&digits[n as usize..]);
        }
        n if -6 < n && n <= 0 => {
            out.push_str("0.");
            out.extend(std::iter::repeat_n('0', -n as usize));
            out.push_str(&digits);
        }
        n => {
            out.push_str(&digits[..1]);
            if k > 1 {
                out.push('.');
                out.push_str(&digits[1..]);
            }
            let _ = write!(out, "e{:+}", n - 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::pyjson::ordered::parse_strict;

    #[test]
    fn numbers_and_names_stand_as_the_rfc_writes_them() {
        let text = r#"{"b":1,"a":[1e21,1e20,0.000001,1e-7,-0.0,333333333.33333329,9007199254740993,1.5],"\u20ac":"\u0007é"}"#;
        let value = parse_strict(text.as_bytes(), 10).unwrap();
        assert_eq!(
            canonical(&value),
            "{\"a\":[1e+21,100000000000000000000,0.000001,1e-7,0,333333333.3333333,9007199254740992,1.5],\"b\":1,\"€\":\"\\u0007é\"}"
        );
    }

    #[test]
    fn names_are_sorted_by_utf16_units() {
        // U+FB33 sorts behind the surrogates of U+1F600 in UTF-16, before it in UTF-8.
        let value = parse_strict("{\"\u{fb33}\":1,\"\u{1f600}\":2}".as_bytes(), 10).unwrap();
        assert_eq!(canonical(&value), "{\"\u{1f600}\":2,\"\u{fb33}\":1}");
    }
}
