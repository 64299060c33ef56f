// SPDX-License-Identifier: Apache-2.0
//! Holding a record against a schema of fields.

use super::super::values::worth;
use super::super::{Refusal, conforms};
use super::{object, one};
use crate::record;
use crate::support::pyjson::ordered::{Object, Value};
use regex::Regex;

/// Every violation, in the order of the schema.
pub(super) fn structure(inputs: &Object) -> Result<Object, Refusal> {
    let record = object(inputs, "record")?;
    let mut found = Vec::new();
    for (field, rules) in object(inputs, "schema")? {
        let value = record.get(field).filter(|value| !value.is_null());
        match value {
            Some(value) => judge(field, value, rules, record, &mut found)?,
            None if rules.get("required").and_then(Value::as_bool) == Some(true) => {
                found.push(violation(field, "required", "is required"));
            }
            None => {}
        }
    }
    Ok(one("violations", found))
}

fn violation(field: &str, rule: &str, what: &str) -> Value {
    record! { "field" => field, "message" => format!("Field '{field}' {what}"), "rule" => rule }
}

fn judge(
    field: &str,
    value: &Value,
    rules: &Value,
    record: &Object,
    found: &mut Vec<Value>,
) -> Result<(), Refusal> {
    let mut note = |rule: &str, what: &str| found.push(violation(field, rule, what));
    if let Some(kind) = rules.text("type")
        && !conforms(kind, value)
    {
        note("type", &format!("must be of type {kind}"));
        return Ok(());
    }
    if let (Some(pattern), Some(text)) = (rules.text("pattern"), value.as_str())
        && !compiled(pattern)?.is_match(text)
    {
        note("pattern", "does not match the pattern");
    }
    let bound = |name: &str| rules.get(name).and_then(worth);
    let number = match value {
        Value::Number(number) => Some(number.as_f64()),
        _ => None,
    };
    if matches!((number, bound("min_value")), (Some(a), Some(b)) if a < b) {
        note("min_value", "is below the minimum");
    }
    if matches!((number, bound("max_value")), (Some(a), Some(b)) if a > b) {
        note("max_value", "is above the maximum");
    }
    let length = match value {
        Value::String(text) => Some(text.chars().count()),
        Value::Array(items) => Some(items.len()),
        Value::Object(members) => Some(members.len()),
        _ => None,
    };
    #[expect(clippy::cast_precision_loss, reason = "lengths stay far below 2^53")]
    let length = length.map(|length| length as f64);
    if matches!((length, bound("min_length")), (Some(a), Some(b)) if a < b) {
        note("min_length", "is too short");
    }
    if matches!((length, bound("max_length")), (Some(a), Some(b)) if a > b) {
        note("max_length", "is too long");
    }
    if let Some(other) = rules.text("lte_field") {
        let limit = record.get(other).and_then(worth);
        if matches!((worth(value), limit), (Some(a), Some(b)) if a > b) {
            note("lte_field", &format!("is greater than '{other}'"));
        }
    }
    Ok(())
}

/// The whole text must match.
fn compiled(pattern: &str) -> Result<Regex, Refusal> {
    regex::RegexBuilder::new(&format!(r"\A(?:{pattern})\z"))
        .size_limit(1 << 20)
        .build()
        .map_err(|_| Refusal::value("a pattern of `schema` cannot be used"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    fn violated(record: Value, schema: Value) -> Vec<String> {
        let inputs = record! { "record" => record, "schema" => schema };
        let out = structure(inputs.as_object().unwrap()).unwrap();
        let list = out["violations"].as_array().unwrap();
        list.iter()
            .map(|one| one.text("rule").unwrap().to_owned())
            .collect()
    }

    #[test]
    fn each_rule_finds_its_violation() {
        let schema = record! { "n" => record! {
            "type" => "integer", "min_value" => 2_i64, "max_value" => 4_i64, "lte_field" => "m",
        } };
        let n = |n: i64| record! { "n" => n, "m" => 3_i64 };
        assert_eq!(violated(n(1), schema.clone()), ["min_value"]);
        assert_eq!(violated(n(3), schema.clone()), [""; 0]);
        assert_eq!(violated(n(5), schema.clone()), ["max_value", "lte_field"]);
        assert_eq!(violated(record! { "n" => "3" }, schema), ["type"]);
        let schema = record! { "t" => record! {
            "required" => true, "pattern" => "a+", "min_length" => 2_i64, "max_length" => 3_i64,
        } };
        let t = |t: &str| record! { "t" => t };
        assert_eq!(violated(t("a"), schema.clone()), ["min_length"]);
        assert_eq!(violated(t("aab"), schema.clone()), ["pattern"]);
        assert_eq!(violated(t("aaaa"), schema.clone()), ["max_length"]);
        assert_eq!(violated(record! {}, schema), ["required"]);
    }
}
