// SPDX-License-Identifier: Apache-2.0
//! `schema-ref-cycle`: references that come back to themselves without a step into the value.
//!
//! A tree of nodes refers to itself too, but each time one level deeper in the value, so it ends
//! where the value ends. Here are followed only references and the keywords that apply their
//! schemas to the same value.

use super::Artifact;
use super::schema_check::{OverSchemas, draft};
use super::schema_index::{Document, Index};
use super::schema_place::weight;
use super::schema_reference::Target;
use super::schema_uri::{bases, id_of};
use super::schema_uris::Place;
use super::schema_yaml::components;
use crate::model::Draft;
use crate::rules::Rule;
use crate::schema::{self, Dialect, Draft as Version};
use crate::support::graph::{self, small};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};

/// The check.
pub(super) const CHECK: OverSchemas = OverSchemas {
    name: "schema-ref-cycle",
    of_absence: true,
    judge,
};

/// Findings per artifact; a generator that errs, errs everywhere.
const NAMED: usize = 50;

/// Keywords that refer to a schema which is applied to the same value. Where a dynamic one leads to is
/// known for certain only within a whole schema; here it is the one that it leads to on its own.
const REFERENCES: &[&str] = &["$ref", "$recursiveRef", "$dynamicRef"];

/// Keywords whose list of schemas is applied to the same value.
const LISTS: &[&str] = &["allOf", "anyOf", "oneOf"];

/// Keywords whose schema is applied to the same value.
const SINGLE: &[&str] = &["not", "if"];

fn judge(rule: &Rule, artifact: &Artifact, index: &Index, out: &mut Vec<Draft>) {
    of_apis(rule, artifact, index, out);
    let mut ways = Ways {
        artifact,
        index,
        bases: HashMap::new(),
        numbers: HashMap::new(),
        nodes: Vec::new(),
        edges: Vec::new(),
    };
    for (at, document) in index.schemas() {
        for subschema in schema::subschemas(&document.value) {
            if reference(subschema.value).is_some() {
                ways.node((at, subschema.pointer));
            }
        }
    }
    ways.follow();
    let Ways { nodes, edges, .. } = ways;
    for cycle in graph::cycles(nodes.len(), edges).into_iter().take(NAMED) {
        // Every way round leads through a reference: the others only go down in the document.
        let places = cycle.iter().filter_map(|&node| nodes.get(node as usize));
        let found = places.filter_map(|place| {
            let value = value(index, place)?;
            let (keyword, text) = reference(value)?;
            Some((place, keyword, text))
        });
        let Some(((at, pointer), keyword, text)) = found.min() else {
            continue;
        };
        out.push(draft(
            rule,
            artifact,
            index.documents[*at].place(),
            &schema::join(pointer, keyword),
            endless(text),
        ));
    }
}

fn endless(reference: &str) -> String {
    format!(
        "The reference `{reference}` comes back to itself without a step into the value; \
         no value can be checked against it."
    )
}

fn reference(value: &Value) -> Option<(&'static str, &str)> {
    let mut all = REFERENCES.iter();
    all.find_map(|keyword| Some((*keyword, value.get(keyword)?.as_str()?)))
}

fn value<'i>(index: &'i Index, (at, pointer): &Place) -> Option<&'i Value> {
    index.documents.get(*at)?.value.pointer(pointer)
}

/// Which places apply which others to the same value, as far as references lead.
struct Ways<'a> {
    artifact: &'a Artifact,
    index: &'a Index,
    /// What references are read against, by document, where that is not one for all of it.
    bases: HashMap<usize, HashMap<String, String>>,
    numbers: HashMap<Place, u32>,
    nodes: Vec<Place>,
    edges: Vec<(u32, u32)>,
}

impl Ways<'_> {
    fn node(&mut self, place: Place) -> u32 {
        let next = small(self.nodes.len());
        let nodes = &mut self.nodes;
        *self.numbers.entry(place).or_insert_with_key(|place| {
            nodes.push(place.clone());
            next
        })
    }

    /// Goes on until every place that is reached has its edges.
    fn follow(&mut self) {
        let mut next = 0;
        while let Some(place) = self.nodes.get(next).cloned() {
            let from = small(next);
            next += 1;
            for to in self.applied(&place) {
                let to = self.node(to);
                self.edges.push((from, to));
            }
        }
    }

    /// The places that a schema applies to the value that it is applied to itself.
    fn applied(&mut self, place: &Place) -> Vec<Place> {
        let (at, pointer) = place;
        let index = self.index;
        let Some(object) = value(index, place).and_then(Value::as_object) else {
            return Vec::new();
        };
        let document = &index.documents[*at];
        let mut found = Vec::new();
        for keyword in REFERENCES {
            let Some(text) = object.get(*keyword).and_then(Value::as_str) else {
                continue;
            };
            let base = self.base(*at, document, pointer);
            let target = index.resolve((self.artifact, document), &base, text);
            if let Target::Found(Some(target)) = target {
                found.push(target);
            }
            // Before 2019-09 whatever stands beside a reference is ignored.
            let beside = Dialect::of(&document.value);
            if !matches!(
                beside,
                Dialect::Known(Version::Draft201909 | Version::Draft202012)
            ) {
                return found;
            }
        }
        let below = |keyword: &str| (*at, schema::join(pointer, keyword));
        for keyword in LISTS {
            if let Some(Value::Array(items)) = object.get(*keyword) {
                let (at, list) = below(keyword);
                found.extend((0..items.len()).map(|item| (at, format!("{list}/{item}"))));
            }
        }
        found.extend(
            SINGLE
                .iter()
                .filter(|keyword| object.contains_key(**keyword))
                .map(|keyword| below(keyword)),
        );
        found
    }

    /// What a reference in this place is read against.
    fn base(&mut self, at: usize, document: &Document, pointer: &str) -> String {
        let known = self.bases.entry(at).or_insert_with(|| {
            let all = schema::subschemas(&document.value);
            let embedded = |one: &schema::Subschema<'_>| {
                one.parent.is_some() && id_of(one.value).is_some_and(|id| !id.starts_with('#'))
            };
            if !all.iter().any(embedded) {
                return HashMap::new();
            }
            let bases = bases(&all, &document.uri);
            let pointers = all.into_iter().map(|one| one.pointer);
            pointers.zip(bases).collect()
        });
        known.get(pointer).unwrap_or(&document.uri).clone()
    }
}

/// References among the parts of one API description that come back to themselves.
fn of_apis(rule: &Rule, artifact: &Artifact, index: &Index, out: &mut Vec<Draft>) {
    for (name, api) in index.descriptions() {
        let mut numbers: BTreeMap<String, u32> = BTreeMap::new();
        let mut open: Vec<String> = components(api).map(|(pointer, _)| pointer).collect();
        for pointer in &open {
            numbers.insert(pointer.clone(), small(numbers.len()));
        }
        let mut edges = Vec::new();
        while let Some(pointer) = open.pop() {
            let from = numbers[&pointer];
            for to in applied_locally(api, &pointer) {
                let next = small(numbers.len());
                let number = *numbers.entry(to.clone()).or_insert_with(|| {
                    open.push(to);
                    next
                });
                edges.push((from, number));
            }
        }
        for cycle in graph::cycles(numbers.len(), edges).into_iter().take(NAMED) {
            let on_it = numbers.iter().filter(|(_, number)| cycle.contains(number));
            let first = on_it.map(|(pointer, _)| pointer).find_map(|pointer| {
                let text = api.pointer(pointer)?.get("$ref")?.as_str()?;
                Some((pointer, text))
            });
            let Some((pointer, text)) = first else {
                continue;
            };
            let place = (name, weight(name));
            let pointer = schema::join(pointer, "$ref");
            out.push(draft(rule, artifact, place, &pointer, endless(text)));
        }
    }
}

/// The places of the same document that a schema applies to the value that it is applied to itself.
fn applied_locally(api: &Value, pointer: &str) -> Vec<String> {
    let Some(object) = api.pointer(pointer).and_then(Value::as_object) else {
        return Vec::new();
    };
    if let Some(text) = object.get("$ref").and_then(Value::as_str) {
        let target = text.strip_prefix('#').map(schema::percent_decode);
        return target
            .into_iter()
            .filter(|to| to.starts_with('/'))
            .collect();
    }
    let lists = LISTS.iter().filter_map(|keyword| {
        let items = object.get(*keyword)?.as_array()?;
        let list = schema::join(pointer, keyword);
        Some((0..items.len()).map(move |item| format!("{list}/{item}")))
    });
    lists.flatten().collect()
}
