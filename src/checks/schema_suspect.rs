// SPDX-License-Identifier: Apache-2.0
//! What compiles as JSON Schema and still cannot mean what it says: bounds that exclude
//! everything, required properties that are forbidden, keywords that the declared draft does not
//! have and validators therefore skip.

use super::Artifact;
use super::params::fault;
use super::schema_check::{OverSchemas, draft};
use super::schema_contradiction::{MOST, contradictions, of_apis};
use super::schema_index::{Document, Index};
use super::schema_place::is_yaml_name;
use crate::classify::Text;
use crate::model::Draft;
use crate::rules::Rule;
use crate::schema::{self, Dialect};
use crate::support::edits::distance;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::collections::HashSet;
use std::fmt;

/// The check, with `fault` = `contradiction` or `keyword`.
pub(super) const CHECK: OverSchemas = OverSchemas {
    name: "schema-suspect",
    of_absence: false,
    judge,
};

/// Keywords and the first draft that has them.
const SINCE: &[(&str, schema::Draft)] = &[
    ("$dynamicRef", schema::Draft::Draft202012),
    ("prefixItems", schema::Draft::Draft202012),
    ("dependentRequired", schema::Draft::Draft201909),
    ("dependentSchemas", schema::Draft::Draft201909),
    ("maxContains", schema::Draft::Draft201909),
    ("minContains", schema::Draft::Draft201909),
    ("unevaluatedItems", schema::Draft::Draft201909),
    ("unevaluatedProperties", schema::Draft::Draft201909),
    ("else", schema::Draft::Draft7),
    ("if", schema::Draft::Draft7),
    ("then", schema::Draft::Draft7),
    ("const", schema::Draft::Draft6),
    ("contains", schema::Draft::Draft6),
    ("propertyNames", schema::Draft::Draft6),
];

/// Keywords long enough to be told from a misspelling.
const KEYWORDS: &[&str] = &[
    "additionalItems",
    "additionalProperties",
    "dependentRequired",
    "dependentSchemas",
    "description",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "patternProperties",
    "prefixItems",
    "properties",
    "propertyNames",
    "required",
    "unevaluatedProperties",
    "uniqueItems",
];

fn judge(rule: &Rule, artifact: &Artifact, index: &Index, out: &mut Vec<Draft>) {
    let wanted = fault(rule);
    if wanted == "contradiction" {
        of_apis(rule, artifact, index, out);
    }
    for (_, document) in index.schemas() {
        let mut found = Vec::new();
        // Only what says that it is a schema: other files are merely called so.
        if !Dialect::is_declared(&document.value) {
            continue;
        }
        for subschema in schema::subschemas(&document.value) {
            let Some(object) = subschema.value.as_object() else {
                continue;
            };
            let mut say = |keyword: &str, text: String| {
                found.push((schema::join(&subschema.pointer, keyword), text));
            };
            match wanted {
                "contradiction" => contradictions(object, &mut say),
                "keyword" => keywords(document, object, &mut say),
                _ => {}
            }
        }
        if wanted == "keyword"
            && let Dialect::Custom(uri) = Dialect::of(&document.value)
        {
            let text = format!("`{uri}` is no meta-schema that json-schema.org has published");
            if is_unpublished(&uri) {
                found.push(("/$schema".to_owned(), text));
            }
        }
        // A reader of YAML refuses such a document.
        if wanted == "contradiction"
            && !is_yaml_name(&document.name)
            && let Some(key) = artifact
                .kept
                .get(&document.name)
                .and_then(|bytes| twice(bytes))
        {
            let text = format!(
                "an object in the document names `{key}` twice, and readers differ in which they take"
            );
            found.push((String::new(), text));
        }
        for (pointer, text) in found.into_iter().take(MOST) {
            let shown = if pointer.is_empty() {
                "the root"
            } else {
                &pointer
            };
            let text = format!("At {shown}, {text}.");
            out.push(draft(rule, artifact, document.place(), &pointer, text));
        }
    }
}

/// The first key that an object of the text has twice.
fn twice(bytes: &[u8]) -> Option<String> {
    let text = Text::decode(bytes);
    let mut found = None;
    let mut reader = serde_json::Deserializer::from_slice(text.bytes());
    // What is no JSON is told elsewhere; what was seen up to there counts.
    let _ = Walk(&mut found).deserialize(&mut reader);
    found
}

/// Goes through a document and remembers a key that is there twice.
struct Walk<'f>(&'f mut Option<String>);

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(Walk(self.0))?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut seen = HashSet::new();
        while let Some(key) = map.next_key::<String>()? {
            if self.0.is_none() && seen.contains(&key) {
                *self.0 = Some(key.clone());
            }
            seen.insert(key);
            map.next_value_seed(Walk(self.0))?;
        }
        Ok(())
    }
}

fn keywords(document: &Document, object: &Map<String, Value>, say: &mut dyn FnMut(&str, String)) {
    if let Dialect::Known(declared) = Dialect::of(&document.value) {
        for (keyword, since) in SINCE {
            if object.contains_key(*keyword) && age(declared) < age(*since) {
                say(
                    keyword,
                    format!("`{keyword}` is not in the draft that `$schema` names, and is skipped"),
                );
            }
        }
    }
    for key in object.keys() {
        if KEYWORDS.contains(&key.as_str()) || key.starts_with("x-") || key.starts_with('$') {
            continue;
        }
        if let Some(meant) = KEYWORDS.iter().find(|keyword| misspelt(key, keyword)) {
            say(
                key,
                format!("`{key}` is no keyword, and is skipped; `{meant}` is one"),
            );
        }
    }
}

/// Whether an address looks like that of a published draft and is none. Vocabularies are published under
/// other paths, and the draft to come has an address as well.
fn is_unpublished(uri: &str) -> bool {
    uri.contains("json-schema.org/draft")
        && !uri.contains("/draft/next/")
        && uri.trim_end_matches('#').ends_with("/schema")
}

fn age(draft: schema::Draft) -> u8 {
    match draft {
        schema::Draft::Draft4 => 4,
        schema::Draft::Draft6 => 6,
        schema::Draft::Draft7 => 7,
        schema::Draft::Draft201909 => 8,
        _ => 9,
    }
}

/// Whether a key is a keyword in other letter case, or two edits away at most.
fn misspelt(key: &str, keyword: &str) -> bool {
    if key.eq_ignore_ascii_case(keyword) {
        return true;
    }
    let most = if keyword.len() >= 12 { 2 } else { 1 };
    keyword.len() >= 8
        && key.len().abs_diff(keyword.len()) <= most
        && distance(key.as_bytes(), keyword.as_bytes()) <= most
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_given_twice_is_found_at_any_depth() {
        assert_eq!(
            twice(br#"{"a": [{"b": 1, "c": null, "b": 2}]}"#).as_deref(),
            Some("b")
        );
        assert_eq!(twice(br#"{"a": {"b": 1}, "b": 1.5}"#), None);
        assert_eq!(twice(b"no json"), None);
    }

    #[test]
    fn the_draft_to_come_has_an_address() {
        assert!(is_unpublished(
            "https://json-schema.org/draft/2021-12/schema"
        ));
        assert!(!is_unpublished("https://json-schema.org/draft/next/schema"));
        assert!(!is_unpublished(
            "https://json-schema.org/draft/2020-12/meta/core"
        ));
    }

    #[test]
    fn misspellings_are_near_and_no_other_word() {
        assert!(misspelt("maxlength", "maxLength"));
        assert!(misspelt("additionalPropertys", "additionalProperties"));
        assert!(misspelt("requird", "required"));
        assert!(misspelt("requried", "required") && misspelt("minLenght", "minLength"));
        assert!(!misspelt("maximal", "maximum"));
        assert!(!misspelt("property", "properties"));
    }
}
