// SPDX-License-Identifier: Apache-2.0
//! Keywords of one schema object that cannot hold together: bounds that exclude everything, values
//! that are not of the type beside them, required properties that are forbidden.

use super::Artifact;
use super::schema_check::draft;
use super::schema_index::Index;
use super::schema_place::weight;
use super::schema_yaml::components;
use crate::model::Draft;
use crate::rules::Rule;
use crate::schema;
use crate::support::edits::distance;
use serde_json::{Map, Value};

/// Findings per document; a generator that errs, errs everywhere.
pub(super) const MOST: usize = 10;

/// Lower and upper bounds that belong together.
const BOUNDS: &[(&str, &str)] = &[
    ("minimum", "maximum"),
    ("minLength", "maxLength"),
    ("minItems", "maxItems"),
    ("minProperties", "maxProperties"),
    ("minContains", "maxContains"),
];

/// The types that JSON Schema has.
const TYPES: &[&str] = &[
    "array", "boolean", "integer", "null", "number", "object", "string",
];

/// What the schemas of an API description (OpenAPI, AsyncAPI) say that cannot be.
pub(super) fn of_apis(rule: &Rule, artifact: &Artifact, index: &Index, out: &mut Vec<Draft>) {
    for (name, api) in index.descriptions() {
        let mut found = Vec::new();
        for (start, one) in components(api) {
            for subschema in schema::subschemas(one) {
                let Some(object) = subschema.value.as_object() else {
                    continue;
                };
                let mut say = |keyword: &str, text: String| {
                    let pointer = format!("{start}{}", subschema.pointer);
                    found.push((schema::join(&pointer, keyword), text));
                };
                if let Some(Value::String(word)) = object.get("type")
                    && !TYPES.contains(&word.as_str())
                    && word != "file"
                {
                    say("type", format!("`{word}` is no type that a schema has"));
                }
                contradictions(object, &mut say);
            }
        }
        for (pointer, text) in found.into_iter().take(MOST) {
            let text = format!("At {pointer}, {text}.");
            out.push(draft(rule, artifact, (name, weight(name)), &pointer, text));
        }
    }
}

/// Tells each contradiction of one schema object by its keyword.
pub(super) fn contradictions(object: &Map<String, Value>, say: &mut dyn FnMut(&str, String)) {
    for (low, high) in BOUNDS {
        let bound = |key: &str| object.get(key).and_then(Value::as_f64);
        if let (Some(least), Some(most)) = (bound(low), bound(high))
            && least > most
        {
            say(
                low,
                format!("`{low}` {least} is above `{high}` {most}, so that nothing is valid"),
            );
        }
    }
    exclusive(object, say);
    kinds(object, say);
    if let Some(Value::Array(values)) = object.get("enum") {
        if values.is_empty() {
            say("enum", "`enum` allows no value".to_owned());
        }
        let twice = values
            .iter()
            .enumerate()
            .find(|(at, value)| values[..*at].contains(value));
        if let Some((_, value)) = twice {
            say("enum", format!("`enum` names {value} twice"));
        }
    }
    forbidden(object, say);
    if let (Some(default), Some(text)) = (object.get("default"), misfit(object)) {
        // `null` for "none" is a custom that harms nobody.
        if !default.is_null() {
            say("default", format!("the default {default} {text}"));
        }
    }
}

/// Bounds that do not belong to what they bound (since draft 6 they are numbers of their own).
fn exclusive(object: &Map<String, Value>, say: &mut dyn FnMut(&str, String)) {
    for (low, high) in [
        ("exclusiveMinimum", "exclusiveMaximum"),
        ("exclusiveMinimum", "maximum"),
        ("minimum", "exclusiveMaximum"),
    ] {
        let bound = |key: &str| object.get(key).and_then(Value::as_f64);
        if let (Some(least), Some(most)) = (bound(low), bound(high))
            && least >= most
        {
            say(
                low,
                format!("`{low}` {least} and `{high}` {most} leave no value between them"),
            );
        }
    }
}

/// Values and alternatives that no value of the type beside them can be.
fn kinds(object: &Map<String, Value>, say: &mut dyn FnMut(&str, String)) {
    if let Some(types) = types(object) {
        let fits = |value: &Value| types.iter().any(|name| is_of(value, name));
        if let Some(Value::Array(values)) = object.get("enum")
            && !values.is_empty()
            && !values.iter().any(fits)
        {
            let types = types.join(" or ");
            say(
                "enum",
                format!("no value of `enum` is of type {types}, so that nothing is valid"),
            );
        }
        if let Some(value) = object.get("const").filter(|value| !fits(value)) {
            let types = types.join(" or ");
            say(
                "const",
                format!("the constant {value} is not of type {types}, so that nothing is valid"),
            );
        }
    }
    let Some(Value::Array(parts)) = object.get("allOf") else {
        return;
    };
    let parts = parts.iter().filter_map(Value::as_object);
    let mut all = parts.chain([object]).filter_map(types);
    let Some(mut left) = all.next() else {
        return;
    };
    for types in all {
        let shared = |one: &&str| {
            types.iter().any(|other| {
                one == other
                    || matches!(
                        (*one, *other),
                        ("integer", "number") | ("number", "integer")
                    )
            })
        };
        left.retain(shared);
        if left.is_empty() {
            say(
                "allOf",
                "the parts of `allOf` ask for types that no value has together".to_owned(),
            );
            return;
        }
    }
}

/// The words of `type`.
fn type_names(object: &Map<String, Value>) -> Option<Vec<&str>> {
    match object.get("type")? {
        Value::String(name) => Some(vec![name]),
        Value::Array(names) => Some(names.iter().filter_map(Value::as_str).collect()),
        _ => None,
    }
}

/// The types that `type` names, when JSON Schema has all of them.
fn types(object: &Map<String, Value>) -> Option<Vec<&str>> {
    let names = type_names(object)?;
    let nullable = object.get("nullable") == Some(&Value::Bool(true));
    let known = !names.is_empty() && names.iter().all(|name| TYPES.contains(name));
    (known && !nullable).then_some(names)
}

/// Required names that the same object forbids, or that are those of a property misspelt.
fn forbidden(object: &Map<String, Value>, say: &mut dyn FnMut(&str, String)) {
    let closed = object.get("additionalProperties") == Some(&Value::Bool(false));
    let (Some(Value::Array(required)), Some(Value::Object(properties))) =
        (object.get("required"), object.get("properties"))
    else {
        return;
    };
    let names = || required.iter().filter_map(Value::as_str);
    if let Some(name) = names().find(|name| properties.get(*name) == Some(&Value::Bool(false))) {
        say(
            "required",
            format!("`{name}` is required, and its schema `false` forbids it"),
        );
    }
    if let Some(most) = object.get("maxProperties").and_then(Value::as_u64)
        && most < required.len() as u64
    {
        say(
            "required",
            format!("more names are required than `maxProperties` {most} allows"),
        );
    }
    if object.contains_key("patternProperties") {
        return;
    }
    let mut absent = names().filter(|name| !properties.contains_key(*name));
    if !closed {
        let near = absent.find_map(|name| {
            let mut all = properties
                .keys()
                .filter(|known| !required.iter().any(|one| one == known.as_str()));
            let meant = all.find(|known| name.len() >= 4 && is_near(name, known))?;
            Some((name, meant))
        });
        if let Some((name, meant)) = near {
            say(
                "required",
                format!("`{name}` is required and no property; `{meant}` is one"),
            );
        }
        return;
    }
    let absent = absent.next();
    if let Some(name) = absent {
        say(
            "required",
            format!("`{name}` is required, and `additionalProperties: false` forbids it"),
        );
    }
}

/// Whether a name is another with one slip of the keyboard; `item` and `items` are two names.
fn is_near(name: &str, known: &str) -> bool {
    name.len().abs_diff(known.len()) <= 1
        && known.strip_prefix(name).is_none_or(|rest| rest.len() != 1)
        && name.strip_prefix(known).is_none_or(|rest| rest.len() != 1)
        && name.bytes().all(|byte| !byte.is_ascii_digit())
        && distance(name.as_bytes(), known.as_bytes()) == 1
}

/// How a default breaks the type or enumeration beside it.
fn misfit(object: &Map<String, Value>) -> Option<String> {
    let default = object.get("default")?;
    if let Some(Value::Array(values)) = object.get("enum")
        && !values.contains(default)
    {
        return Some("is not one of `enum`".to_owned());
    }
    let types = type_names(object)?;
    let is = |name: &&str| is_of(default, name);
    (!types.iter().any(is)).then(|| format!("is not of type {}", types.join(" or ")))
}

/// Whether a value is of a type.
fn is_of(value: &Value, name: &str) -> bool {
    match name {
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "object" => value.is_object(),
        "array" => value.is_array(),
        "null" => value.is_null(),
        "number" => value.is_number(),
        "integer" => {
            value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|n| n.fract() == 0.0)
        }
        // Another word is the business of `schema-invalid`.
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told(schema: Value) -> Vec<String> {
        let mut found = Vec::new();
        let object = schema.as_object().unwrap();
        contradictions(object, &mut |keyword, _| found.push(keyword.to_owned()));
        found
    }

    #[test]
    fn contradictions_are_told() {
        assert_eq!(told(json!({"minLength": 9, "maxLength": 3})), ["minLength"]);
        assert_eq!(told(json!({"enum": ["a", "b", "a"]})), ["enum"]);
        assert_eq!(told(json!({"type": "string", "default": 5})), ["default"]);
        assert_eq!(told(json!({"enum": ["a"], "default": "b"})), ["default"]);
        let closed =
            json!({"required": ["a", "b"], "properties": {"a": {}}, "additionalProperties": false});
        assert_eq!(told(closed), ["required"]);
        for (schema, keyword) in [
            (json!({"enum": []}), "enum"),
            (json!({"type": "integer", "enum": ["a", "b"]}), "enum"),
            (json!({"type": ["integer", "null"], "const": "a"}), "const"),
            (
                json!({"exclusiveMinimum": 5, "exclusiveMaximum": 5}),
                "exclusiveMinimum",
            ),
            (
                json!({"required": ["a"], "properties": {"a": false}}),
                "required",
            ),
            (
                json!({"required": ["nmae"], "properties": {"name": {}}}),
                "required",
            ),
            (
                json!({"required": ["a", "b"], "properties": {}, "maxProperties": 1}),
                "required",
            ),
            (
                json!({"allOf": [{"type": "string"}, {"type": "integer"}]}),
                "allOf",
            ),
        ] {
            assert_eq!(told(schema.clone()), [keyword], "{schema}");
        }
    }

    #[test]
    fn sound_schemas_are_not() {
        for schema in [
            json!({"minimum": 1, "maximum": 1}),
            json!({"type": ["string", "null"], "default": null}),
            json!({"type": "number", "default": 5}),
            json!({"type": "integer", "default": 5.0}),
            json!({"required": ["b"], "properties": {"a": {}}}),
            json!({"required": ["item"], "properties": {"items": {}}}),
            json!({"required": ["ipv4"], "properties": {"ipv6": {}}}),
            json!({"type": "string", "nullable": true, "enum": [null]}),
            json!({"allOf": [{"type": "number"}, {"type": "integer"}]}),
            json!({"minimum": 1, "exclusiveMinimum": true, "maximum": 2}),
        ] {
            assert!(told(schema.clone()).is_empty(), "{schema}");
        }
    }
}
