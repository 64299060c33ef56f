// SPDX-License-Identifier: Apache-2.0
//! Transforms that move data: emit, pass, assemble, extract, look up, filter, name, map.

use super::super::values::{is_finite, same};
use super::super::{Refusal, conforms};
use super::{array, given, object, one, text};
use crate::record;
use crate::support::pyjson::ordered::{Object, Value};

pub(super) fn emit(inputs: &Object) -> Result<Object, Refusal> {
    Ok(one("result", inputs.get("value").unwrap_or(&Value::Null)))
}

pub(super) fn pass(inputs: &Object) -> Result<Object, Refusal> {
    Ok(one("value", inputs.get("value").unwrap_or(&Value::Null)))
}

/// `fields`, or all inputs when there are none.
pub(super) fn assemble(inputs: &Object) -> Result<Object, Refusal> {
    if given(inputs, "fields").is_some() {
        return Ok(one("record", object(inputs, "fields")?.clone()));
    }
    let rest = inputs.iter().filter(|(name, _)| *name != "fields");
    let rest: Object = rest.map(|(n, v)| (n.clone(), v.clone())).collect();
    Ok(one("record", rest))
}

/// What a dotted path leads to; nothing there is null, something of another type a refusal.
pub(super) fn extract(inputs: &Object) -> Result<Object, Refusal> {
    let path = text(inputs, "path")?;
    let kind = text(inputs, "type")?;
    let from = inputs.get("from").unwrap_or(&Value::Null);
    let path = path.strip_prefix("$.").unwrap_or(path);
    let found = path
        .split('.')
        .try_fold(from, |value, name| value.get(name));
    let found = found.unwrap_or(&Value::Null);
    if !found.is_null() && !conforms(kind, found) {
        return Err(Refusal::kind(format!(
            "what `{path}` leads to is no {kind}"
        )));
    }
    Ok(one("result", found))
}

pub(super) fn lookup(inputs: &Object) -> Result<Object, Refusal> {
    let map = object(inputs, "map")?;
    let found = map
        .get(text(inputs, "key")?)
        .ok_or_else(|| Refusal::key("`map` has no such key"))?;
    Ok(one("result", found))
}

/// Records whose members equal the criteria; the word `present` asks only that a member be there.
pub(super) fn filter(inputs: &Object) -> Result<Object, Refusal> {
    let criteria = object(inputs, "filter")?;
    let wanted = |record: &&Value| {
        criteria.iter().all(|(name, criterion)| {
            let member = record.get(name).filter(|value| !value.is_null());
            match criterion.as_str() {
                Some("present") => member.is_some(),
                _ => member.is_some_and(|value| same(value, criterion)),
            }
        })
    };
    let found: Vec<_> = array(inputs, "source")?
        .iter()
        .filter(wanted)
        .cloned()
        .collect();
    if found.is_empty() {
        return Err(Refusal::value("no record of `source` matches `filter`"));
    }
    Ok(one("extracted", Value::Array(found)))
}

/// `<prefix>_` and 16 digits of the digest of the data.
pub(super) fn generate_id(inputs: &Object) -> Result<Object, Refusal> {
    let prefix = text(inputs, "prefix")?;
    let data = inputs.get("data").unwrap_or(&Value::Null);
    if !is_finite(data) {
        return Err(Refusal::value("`data` holds a number that is none"));
    }
    let digest = match data {
        Value::Object(_) => data.digest(),
        other => record! { "value" => other }.digest(),
    };
    Ok(one("id", format!("{prefix}_{}", &digest[..16])))
}

/// The HTTP status of a finished run.
pub(super) fn http(inputs: &Object) -> Result<Object, Refusal> {
    let result = object(inputs, "execution_result")?;
    let mapping = object(inputs, "mapping")?;
    let member = |name: &str| result.get(name).and_then(Value::as_str);
    let status = match member("status") {
        Some("SUCCESS") => "SUCCESS",
        other => member("exit_reason_code")
            .map(|reason| reason.strip_prefix("EXIT_").unwrap_or(reason))
            .or(other)
            .unwrap_or("BACKEND_ERROR"),
    };
    let fallback = if status == "SUCCESS" { 200_i64 } else { 500 };
    let code = mapping.get(status).cloned();
    Ok(Object::from([
        ("http_status".to_owned(), code.unwrap_or(fallback.into())),
        ("response_body".to_owned(), result.clone().into()),
        ("result_status".to_owned(), status.into()),
    ]))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    fn inputs(value: Value) -> Object {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn identifiers_are_those_of_the_original() {
        let id = |data: Value, prefix: &str| {
            let out = generate_id(&inputs(record! { "data" => data, "prefix" => prefix })).unwrap();
            out["id"].as_str().unwrap().to_owned()
        };
        let build = record! { "workflow" => "build", "version" => "v1" };
        assert_eq!(id(build, "WF"), "WF_75382b9a6ab93c66");
        let person = record! {
            "first_name" => "Zoë", "last_name" => "Exämple", "email_registration" => "zoe@example.org",
        };
        assert_eq!(id(person, "AC"), "AC_c41728390370e3e4");
        let none = record! { "data" => f64::NAN, "prefix" => "X" };
        assert!(generate_id(&inputs(none)).is_err());
    }

    #[test]
    fn an_extraction_is_null_where_nothing_is_and_refused_where_the_type_differs() {
        let from = record! { "a" => record! { "b" => 1_i64 } };
        let at = |path: &str, kind: &str| {
            let given = record! { "from" => &from, "path" => path, "type" => kind };
            extract(&inputs(given)).map(|out| out["result"].clone())
        };
        assert_eq!(at("$.a.b", "integer"), Ok(1_i64.into()));
        assert_eq!(at("a.c", "integer"), Ok(Value::Null));
        assert!(at("a.b", "string").is_err());
    }

    #[test]
    fn a_filter_asks_for_values_or_presence() {
        let source = vec![
            record! { "id" => "a", "tag" => 1_i64 },
            record! { "id" => "b" },
        ];
        let run = |criteria: Value| {
            filter(&inputs(
                record! { "source" => source.clone(), "filter" => criteria },
            ))
        };
        let found = run(record! { "tag" => "present" }).unwrap();
        assert_eq!(found["extracted"].as_array().unwrap().len(), 1);
        assert!(run(record! { "id" => "c" }).is_err());
    }

    #[test]
    fn without_fields_all_inputs_are_the_record() {
        let out = assemble(&inputs(record! { "fields" => Value::Null, "a" => 1_i64 })).unwrap();
        assert_eq!(out["record"], record! { "a" => 1_i64 });
    }
}
