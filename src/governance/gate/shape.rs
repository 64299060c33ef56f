// SPDX-License-Identifier: Apache-2.0
//! Whether a record holds what its form asks for.

use super::sheet::{self, Sheet};
use crate::governance::profile::{FieldForm, Form, Gates, RecordForm};
use crate::governance::stamp;
use crate::support::pyjson::ordered::Value;
use crate::support::{names, patterns};

/// A judgement: which rule speaks, on which key, and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// Rule id.
    pub rule: &'static str,
    /// The key that it is about; none for the whole.
    pub key: Option<String>,
    /// What is wrong.
    pub text: String,
}

impl Issue {
    /// On the whole.
    pub fn new(rule: &'static str, text: impl Into<String>) -> Self {
        Self {
            rule,
            key: None,
            text: text.into(),
        }
    }

    /// On a key.
    pub fn on(rule: &'static str, key: &str, text: impl Into<String>) -> Self {
        Self {
            rule,
            key: Some(key.to_owned()),
            text: text.into(),
        }
    }
}

/// The key under which a sheet keeps a field: its own, or in a document one of the others.
pub fn held<'f>(sheet: &Sheet, field: &'f FieldForm) -> Option<&'f str> {
    let mut keys = std::iter::once(&field.key).chain(&field.also);
    let there = |key: &&String| !sheet.is_empty(key);
    let found = keys
        .find(there)
        .or_else(|| sheet.values.contains_key(&field.key).then_some(&field.key))?;
    Some(found)
}

/// Fields that are missing or wrong.
pub fn issues(rule: &'static str, sheet: &Sheet, form: &RecordForm) -> Vec<Issue> {
    let of = |field| {
        let (key, why) = fault(sheet, field)?;
        Some(Issue::on(rule, key, why))
    };
    form.fields.iter().filter_map(of).collect()
}

/// The same by the kind of the record.
pub fn of_kind(rule: &'static str, sheet: &Sheet, kind: &str, gates: &Gates) -> Vec<Issue> {
    gates
        .record(kind)
        .map_or_else(Vec::new, |form| issues(rule, sheet, form))
}

fn fault<'f>(sheet: &Sheet, field: &'f FieldForm) -> Option<(&'f str, String)> {
    let key = &field.key;
    let Some(held) = held(sheet, field) else {
        return Some((key, format!("`{key}` is missing")));
    };
    let value = sheet.get(held)?;
    let wrong = match field.form {
        Form::Text => text_of(value, sheet).is_none().then(|| {
            if sheet::is_empty(value) {
                "is empty".to_owned()
            } else {
                "is no text".to_owned()
            }
        }),
        Form::String => value.as_str().is_none().then(|| "is no text".to_owned()),
        Form::Names => names(value, sheet)
            .is_none_or(|count| count == 0)
            .then(|| "is no list of one name at least".to_owned()),
        Form::List => names(value, sheet)
            .is_none()
            .then(|| "is no list of names".to_owned()),
        Form::Bool => value
            .as_bool()
            .is_none()
            .then(|| "is neither true nor false".to_owned()),
        Form::True => (value.as_bool() != Some(true)).then(|| "is not true".to_owned()),
        Form::False => (value.as_bool() != Some(false)).then(|| "is not false".to_owned()),
        Form::Count => sheet
            .count(held)
            .is_none_or(|count| count < 0)
            .then(|| "is no whole number".to_owned()),
        Form::Time => value
            .as_str()
            .and_then(stamp::with_offset)
            .is_none()
            .then(|| "is no RFC 3339 time with an offset".to_owned()),
        Form::Utc => value
            .as_str()
            .and_then(stamp::utc)
            .is_none()
            .then(|| "is no RFC 3339 time that ends in Z".to_owned()),
        Form::Present => sheet::is_empty(value)
            .then(|| "is empty".to_owned())
            .filter(|_| !value.as_array().is_some_and(<[Value]>::is_empty) || sheet.document),
    };
    let wrong = wrong.or_else(|| {
        let text = value.as_str()?;
        let known = field.one_of.is_empty() || field.one_of.iter().any(|one| one == text.trim());
        (!known).then(|| format!("is `{text}`, not {}", or(&field.one_of)))
    })?;
    Some((held, format!("`{key}` {wrong}")))
}

fn text_of<'v>(value: &'v Value, sheet: &Sheet) -> Option<&'v str> {
    match value {
        Value::String(text) => Some(text.trim()).filter(|text| !text.is_empty()),
        // A document's list of names is a text to whoever wants one.
        Value::Array(items) if sheet.document => items.first().and_then(Value::as_str),
        _ => None,
    }
}

fn names(value: &Value, sheet: &Sheet) -> Option<usize> {
    match value {
        Value::Array(items) => {
            let named = |item: &Value| item.as_str().is_some_and(|text| !text.trim().is_empty());
            items.iter().all(named).then_some(items.len())
        }
        Value::String(text) if sheet.document => Some(usize::from(!text.trim().is_empty())),
        _ => None,
    }
}

/// `a`, `b` or `c`.
pub fn or(words: &[String]) -> String {
    names::joined(words, "or")
}

/// `a`, `b` and `c`.
pub fn and<S: AsRef<str>>(words: &[S]) -> String {
    names::joined(words, "and")
}

/// Whether one of some patterns fits; those of a profile were checked when it was read.
pub fn fits<S: AsRef<str>>(patterns: &[S], text: &str) -> bool {
    let fits =
        |pattern: &S| patterns::pattern(pattern.as_ref()).is_ok_and(|regex| regex.is_match(text));
    patterns.iter().any(fits)
}

/// Keys of an object, at any depth, that look as if they held a secret.
pub fn secret_keys(value: &Value, gates: &Gates) -> Vec<String> {
    let mut found = Vec::new();
    walk(value, &mut |key, _| {
        let lower = key.to_lowercase().replace(['-', ' '], "_");
        let clean = gates.clean_secret_keys.contains(&lower);
        let shaped = gates.secret_keys.iter().any(|word| lower.contains(word));
        if shaped && !clean && !found.contains(&key.to_owned()) {
            found.push(key.to_owned());
        }
    });
    found
}

/// Visits every member of every object.
pub fn walk(value: &Value, visit: &mut dyn FnMut(&str, &Value)) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                visit(key, member);
                walk(member, visit);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| walk(item, visit)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::governance::profile::Profile;
    use crate::support::pyjson::ordered::parse_strict;

    #[test]
    fn every_form_is_told_from_what_it_is_not() {
        let profile = Profile::embedded();
        let text = r#"{"status":"maybe","provider":"","model":1,"credential_source_class":"none","allowed_network_class":["x"],"approval_source":"o","admission_timestamp":"2026-03-09","review_trigger":" "}"#;
        let sheet = Sheet::of_text("a.json", text).unwrap();
        let found = of_kind("x", &sheet, "provider-admission", &profile.gates);
        let keys: Vec<_> = found
            .iter()
            .filter_map(|issue| issue.key.as_deref())
            .collect();
        assert_eq!(
            keys,
            [
                "status",
                "provider",
                "model",
                "allowed_network_class",
                "admission_timestamp",
                "review_trigger"
            ]
        );
        assert_eq!(found[0].text, "`status` is `maybe`, not `admitted`");
    }

    #[test]
    fn keys_of_secrets_are_found_at_any_depth() {
        let gates = Profile::embedded().gates;
        let text = r#"{"credential_source_class":"x","a":[{"Api-Key":"y"}],"auth_token":"z"}"#;
        let value = parse_strict(text.as_bytes(), 8).unwrap();
        assert_eq!(secret_keys(&value, &gates), ["Api-Key", "auth_token"]);
    }
}
