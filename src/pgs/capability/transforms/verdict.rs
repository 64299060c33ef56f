// SPDX-License-Identifier: Apache-2.0
//! Transforms that judge. A verdict of no is a result like any other: it never routes by itself.

use super::super::Refusal;
use super::super::values::{same, worth};
use super::{array, given, object, one};
use crate::support::pyjson::Number;
use crate::support::pyjson::ordered::{Object, Value};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

/// Days without a date to count from.
const NEVER: i64 = 999;
/// Days of `threshold_days` when none are given.
const THRESHOLD: f64 = 30.0;

pub(super) fn membership(inputs: &Object) -> Result<Object, Refusal> {
    let value = inputs.get("value").unwrap_or(&Value::Null);
    let allowed = array(inputs, "allowed_set")?;
    Ok(one("is_member", allowed.iter().any(|one| same(one, value))))
}

fn integer(inputs: &Object, name: &str) -> Result<f64, Refusal> {
    match given(inputs, name) {
        Some(Value::Number(number @ (Number::Int(_) | Number::Big(_)))) => Ok(number.as_f64()),
        _ => Err(Refusal::kind(format!("`{name}` is no integer"))),
    }
}

pub(super) fn quota(inputs: &Object) -> Result<Object, Refusal> {
    let assigned = integer(inputs, "assigned_count")?;
    Ok(one("quota_available", assigned < integer(inputs, "quota")?))
}

pub(super) fn training(inputs: &Object) -> Result<Object, Refusal> {
    let completed = given(inputs, "training_completed") == Some(&Value::Bool(true));
    Ok(one("is_eligible", completed))
}

/// The first rule that does not hold, in the order of the rules.
pub(super) fn rules(inputs: &Object) -> Result<Object, Refusal> {
    let parameters = object(inputs, "parameters")?;
    let rules = array(inputs, "rules")?;
    let failed = rules.iter().find(|rule| !holds(rule, parameters));
    Ok(Object::from([
        ("failed_rule".to_owned(), failed.cloned().into()),
        ("valid".to_owned(), failed.is_none().into()),
    ]))
}

fn holds(rule: &Value, parameters: &Object) -> bool {
    let name = rule.text("field").unwrap_or_default();
    let found = parameters.get(name).unwrap_or(&Value::Null);
    let wanted = rule.get("value").unwrap_or(&Value::Null);
    let compared = |test: fn(f64, f64) -> bool| matches!((worth(found), worth(wanted)), (Some(a), Some(b)) if test(a, b));
    match rule.text("op").unwrap_or_default() {
        "eq" => same(found, wanted),
        "neq" => !same(found, wanted),
        "in" => rule
            .get("allowed")
            .or_else(|| rule.get("value"))
            .and_then(Value::as_array)
            .is_some_and(|allowed| allowed.iter().any(|one| same(one, found))),
        "not_null" => !found.is_null(),
        "lt" => compared(|a, b| a < b),
        "lte" => compared(|a, b| a <= b),
        "gt" => compared(|a, b| a > b),
        "gte" => compared(|a, b| a >= b),
        // An operator nobody knows allows nothing.
        _ => false,
    }
}

/// Whole days between two dates, held against a threshold.
pub(super) fn inactivity(inputs: &Object) -> Result<Object, Refusal> {
    let date = |name: &str| given(inputs, name).and_then(Value::as_str).and_then(moment);
    let days = match (date("last_active_date"), date("current_date")) {
        (Some(last), Some(now)) => {
            let nanoseconds = now.as_nanosecond() - last.as_nanosecond();
            let days = nanoseconds.div_euclid(24 * 3_600 * 1_000_000_000);
            i64::try_from(days).unwrap_or(NEVER)
        }
        _ => NEVER,
    };
    let threshold = match given(inputs, "threshold_days") {
        Some(value) => {
            worth(value).ok_or_else(|| Refusal::kind("`threshold_days` is no number"))?
        }
        None => THRESHOLD,
    };
    #[expect(clippy::cast_precision_loss, reason = "days stay far below 2^53")]
    let inactive = days as f64 >= threshold;
    Ok(Object::from([
        ("days_inactive".to_owned(), days.into()),
        ("is_inactive".to_owned(), inactive.into()),
    ]))
}

/// A moment in ISO 8601; without an offset it is meant in UTC.
fn moment(text: &str) -> Option<Timestamp> {
    let utc = |moment: DateTime| moment.to_zoned(TimeZone::UTC).ok().map(|z| z.timestamp());
    text.parse()
        .ok()
        .or_else(|| text.parse::<DateTime>().ok().and_then(utc))
        .or_else(|| {
            utc(text
                .parse::<Date>()
                .ok()?
                .to_datetime(jiff::civil::Time::midnight()))
        })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;
    use crate::record;

    fn valid(parameters: Value, rule: Value) -> bool {
        let inputs = record! { "parameters" => parameters, "rules" => vec![rule] };
        rules(inputs.as_object().unwrap()).unwrap()["valid"] == Value::Bool(true)
    }

    #[test]
    fn each_operator_holds_and_fails() {
        let rule =
            |op: &str, value: Value| record! { "field" => "n", "op" => op, "value" => value };
        let n = |value: Value| record! { "n" => value };
        for (op, holds, fails) in [
            ("eq", 5_i64, 6_i64),
            ("neq", 6, 5),
            ("lt", 6, 5),
            ("lte", 5, 4),
            ("gt", 4, 5),
            ("gte", 5, 6),
        ] {
            assert!(valid(n(5_i64.into()), rule(op, holds.into())), "{op}");
            assert!(!valid(n(5_i64.into()), rule(op, fails.into())), "{op}");
        }
        assert!(valid(n("5".into()), rule("lte", 5_i64.into())));
        assert!(!valid(n(Value::Null), rule("lte", 5_i64.into())));
        assert!(!valid(n(Value::Null), rule("not_null", Value::Null)));
        assert!(!valid(n(5_i64.into()), rule("like", 5_i64.into())));
        let within = record! { "field" => "n", "op" => "in", "allowed" => vec![5_i64] };
        assert!(valid(n(5_i64.into()), within.clone()));
        assert!(!valid(n(6_i64.into()), within));
    }

    #[test]
    fn days_are_floored_and_a_missing_date_is_forever() {
        let days = |last: Value, now: &str| {
            let inputs = record! { "last_active_date" => last, "current_date" => now };
            inactivity(inputs.as_object().unwrap()).unwrap()["days_inactive"].clone()
        };
        let now = "2024-02-15T12:00:00+00:00";
        assert_eq!(days("2024-02-10T13:00:00Z".into(), now), 4_i64.into());
        assert_eq!(days("2024-02-15T13:00:00Z".into(), now), (-1_i64).into());
        assert_eq!(days("2024-02-10".into(), now), 5_i64.into());
        assert_eq!(days("soon".into(), now), 999_i64.into());
        assert_eq!(days(Value::Null, now), 999_i64.into());
    }
}
