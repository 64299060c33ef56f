// SPDX-License-Identifier: Apache-2.0
//! How long a lease lasts and when it ends (CCR specification, section 3.2).

use super::RuntimeError;
use crate::object;
use crate::support::digits;
use crate::support::pyjson::{Value, display, repr};
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

/// The longest lease that the task schema allows.
pub(super) const LONGEST: i64 = 1440;

const FORM: &str = "ttl must use minutes, hours, or days, for example 30m, 2h, or 1d";

/// Minutes of `30`, `30m`, `2h` or `1d`.
pub(super) fn minutes(text: &str) -> Result<i64, RuntimeError> {
    let text = text.trim();
    let (digits, factor) = match text.strip_suffix(['m', 'h', 'd']) {
        Some(digits) if text.ends_with('h') => (digits, 60),
        Some(digits) if text.ends_with('d') => (digits, LONGEST),
        Some(digits) => (digits, 1),
        None => (text, 1),
    };
    let refuse = |why: &str| RuntimeError::Value(why.to_owned());
    let value = digits::number(digits)
        .ok_or_else(|| refuse(FORM))?
        .checked_mul(factor)
        .ok_or_else(|| refuse("ttl is longer than a clock can count"))?;
    if value < 1 {
        return Err(refuse("ttl must be at least one minute"));
    }
    Ok(value)
}

/// A moment as Python's `fromisoformat` reads it; without an offset it is UTC.
pub(super) fn moment(text: &str) -> Option<Timestamp> {
    let text = text.replace('Z', "+00:00");
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(moment);
    }
    let civil: DateTime = text.parse().ok()?;
    Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// Whether a lease has ended.
///
/// # Errors
/// `leased_at` says something that is no moment.
pub(super) fn expired(lease: &Value, otherwise: i64, now: Timestamp) -> Result<bool, RuntimeError> {
    Ok(match end(lease, otherwise)? {
        End::Never => false,
        End::At(end) => end <= now,
        End::Free => true,
    })
}

/// When a lease ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Nobody holds it.
    Free,
    /// Then.
    At(Timestamp),
    /// Beyond the calendar's end.
    Never,
}

/// When a lease ends.
///
/// # Errors
/// `leased_at` says something that is no moment.
pub(super) fn end(lease: &Value, otherwise: i64) -> Result<End, RuntimeError> {
    let Some(since) = lease.get("leased_at").filter(|at| at.truthy()) else {
        return Ok(End::Free);
    };
    let unreadable =
        || RuntimeError::Value(format!("Invalid isoformat string: '{}'", display(since)));
    let since = since.as_str().and_then(moment).ok_or_else(unreadable)?;
    #[expect(clippy::cast_precision_loss, reason = "minutes of a lease")]
    let minutes = match lease.get("ttl_minutes").filter(|ttl| ttl.truthy()) {
        Some(ttl) => whole(ttl)?,
        None => otherwise as f64,
    };
    // Beyond the calendar's end a lease does not end.
    let end = jiff::SignedDuration::try_from_secs_f64(minutes * 60.0)
        .ok()
        .and_then(|ttl| since.checked_add(ttl).ok());
    Ok(end.map_or(End::Never, End::At))
}

/// A number as Python's `int` makes it of a value.
///
/// # Errors
/// The value is no number and no text that names one.
pub(super) fn whole(value: &Value) -> Result<f64, RuntimeError> {
    let wrong = || RuntimeError::Value(format!("not a whole number: {}", repr(value)));
    #[expect(
        clippy::cast_precision_loss,
        reason = "an order, or minutes of a lease"
    )]
    match value {
        Value::Bool(value) => Ok(f64::from(u8::from(*value))),
        Value::String(text) => digits::signed(text).map(|n| n as f64).ok_or_else(wrong),
        value => match value.as_f64() {
            Some(number) if number.is_finite() => Ok(number.trunc()),
            _ => Err(wrong()),
        },
    }
}

/// The second in which the lease of a task ends, 0 when nobody can tell; nothing when it never does.
pub(super) fn lease_end(task: &Value) -> Option<i64> {
    match end(&lease_of(task), 0) {
        Ok(End::At(end)) => Some(end.as_second()),
        Ok(End::Never) => None,
        Ok(End::Free) | Err(_) => Some(0),
    }
}

/// The lease of a task that is about to be written. What is no object is replaced in the default
/// mode; the reference makes of it what Python's `dict` makes, or fails.
///
/// # Errors
/// Compatibility mode: it is no object and nothing that makes one.
pub(super) fn lease_to_write(task: &Value, compat: bool) -> Result<Value, RuntimeError> {
    let lease = task.get("lease");
    let (Some(lease), true) = (lease, compat) else {
        return Ok(lease_of(task));
    };
    let wrong = || RuntimeError::Value(format!("a lease is an object, not {}", repr(lease)));
    let items = match lease {
        Value::Object(_) => return Ok(lease.clone()),
        Value::String(text) if text.is_empty() => return Ok(object! {}),
        Value::Array(items) => items,
        _ => return Err(wrong()),
    };
    let mut made = object! {};
    for item in items {
        let (key, value) = pair(item).ok_or_else(wrong)?;
        made.set(&key, value);
    }
    Ok(made)
}

/// A key and a value: a list of two, or a text of two characters.
fn pair(item: &Value) -> Option<(String, Value)> {
    match item {
        Value::Array(two) => match two.as_slice() {
            [Value::String(key), value] => Some((key.clone(), value.clone())),
            _ => None,
        },
        Value::String(text) => {
            let mut letters = text.chars().map(String::from);
            let two = (letters.next()?, letters.next()?);
            letters.next().is_none().then(|| (two.0, two.1.into()))
        }
        _ => None,
    }
}

/// The lease of a task; an empty one when it has none.
pub(super) fn lease_of(task: &Value) -> Value {
    match task.get("lease") {
        Some(lease @ Value::Object(_)) => lease.clone(),
        _ => object! {},
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    #[test]
    fn durations_are_read_as_the_reference_reads_them() {
        for (text, expected) in [("30", 30), (" 30m ", 30), ("2h", 120), ("1d", 1440)] {
            assert_eq!(minutes(text).unwrap(), expected);
        }
        for text in ["", "m", "1.5h", "-1", "1H", "1 h", "0", "0d"] {
            assert!(minutes(text).is_err(), "{text}");
        }
        assert!(minutes("99999999999999999999d").is_err());
    }

    #[test]
    fn a_lease_ends_with_its_last_minute() {
        let lease = object! { "leased_at" => "2026-01-01T00:00:00Z", "ttl_minutes" => 10 };
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        assert!(!expired(&lease, 1, at("2026-01-01T00:09:59Z")).unwrap());
        assert!(expired(&lease, 1, at("2026-01-01T00:10:00Z")).unwrap());
        assert!(expired(&object! {}, 1, at("2026-01-01T00:00:00Z")).unwrap());
        assert!(expired(&object! { "leased_at" => 5 }, 1, at("2026-01-01T00:00:00Z")).is_err());
        let far = object! { "leased_at" => "2026-01-01", "ttl_minutes" => i64::MAX };
        assert!(!expired(&far, 1, at("2026-01-01T00:10:00Z")).unwrap());
    }

    #[test]
    fn a_lease_of_another_type_is_read_as_the_reference_reads_it() {
        let read = |lease: &str, compat| {
            let task = crate::support::pyjson::parse(&format!(r#"{{"lease": {lease}}}"#)).unwrap();
            lease_to_write(&task, compat)
        };
        for text in ["null", "5", "true", r#""x""#, "[1]", r#"[["a"]]"#] {
            assert!(read(text, true).is_err(), "{text}");
            assert_eq!(read(text, false).unwrap(), object! {}, "{text}");
        }
        assert_eq!(read("[]", true).unwrap(), object! {});
        assert_eq!(read(r#""""#, true).unwrap(), object! {});
        let pairs = read(r#"[["a", 1], "bc"]"#, true).unwrap();
        assert_eq!(pairs, object! { "a" => 1, "b" => "c" });
        assert_eq!(lease_to_write(&object! {}, true).unwrap(), object! {});
    }
}
