// SPDX-License-Identifier: Apache-2.0
//! `schema-version-form`: the `schema_version` strings of a project have one form.
//!
//! `params.forms` gives a regular expression per prefix; versions with none of the prefixes are
//! held against each other.

use super::Artifact;
use super::params;
use super::schema_check::{OverSchemas, draft};
use super::schema_index::Index;
use super::schema_place::Weight;
use super::schema_versions::declared;
use crate::model::Draft;
use crate::rules::Rule;
use regex::Regex;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The check.
pub(super) const CHECK: OverSchemas = OverSchemas {
    name: "schema-version-form",
    of_absence: false,
    judge,
};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Params {
    forms: Vec<Form>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    prefix: String,
    form: String,
}

/// Versions that must share a shape before another shape counts as a slip.
const QUORUM: usize = 3;

fn judge(rule: &Rule, artifact: &Artifact, index: &Index, out: &mut Vec<Draft>) {
    let Some(params) = params::read::<Params>(rule, artifact, out) else {
        return;
    };
    // Most artifacts have none: no pattern is compiled for them.
    if index.schemas().next().is_none() {
        return;
    }
    let mut forms: Vec<(&str, Regex)> = Vec::new();
    for form in &params.forms {
        match Regex::new(&form.form) {
            Ok(regex) => forms.push((&form.prefix, regex)),
            Err(fault) => out.push(params::unreadable(rule, artifact, &fault)),
        }
    }
    let mut shapes: BTreeMap<String, Vec<(usize, String, String)>> = BTreeMap::new();
    for (at, document) in index.schemas() {
        if document.weight == Weight::Test {
            continue;
        }
        for version in declared(&document.value) {
            let form = forms
                .iter()
                .find(|(prefix, _)| version.text.starts_with(prefix));
            match form {
                Some((_, form)) if !form.is_match(&version.text) => out.push(draft(
                    rule,
                    artifact,
                    document.place(),
                    &version.pointer,
                    format!(
                        "The version `{}` is not of the form {}.",
                        version.text,
                        form.as_str()
                    ),
                )),
                Some(_) => {}
                None => shapes.entry(shape(&version.text)).or_default().push((
                    at,
                    version.pointer,
                    version.text,
                )),
            }
        }
    }
    let total: usize = shapes.values().map(Vec::len).sum();
    let Some((usual, count)) = shapes
        .iter()
        .map(|(shape, members)| (shape.clone(), members.len()))
        .max_by_key(|(_, count)| *count)
    else {
        return;
    };
    if count < QUORUM || count * 3 < total * 2 {
        return;
    }
    for (shape, members) in shapes {
        if shape == usual {
            continue;
        }
        for (at, pointer, text) in members {
            let document = &index.documents[at];
            out.push(draft(
                    rule,
                    artifact,
                    document.place(),
                    &pointer,
                    format!(
                        "The version `{text}` has another form than the {count} others of this project (`{usual}`)."
                    ),
                ));
        }
    }
}

/// The form of a version: words and numbers as placeholders, `.minor` left out.
fn shape(text: &str) -> String {
    let parts = text.split('.').map(|part| {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if digits(part) {
            "N".to_owned()
        } else if part.strip_prefix('v').is_some_and(digits) {
            "vN".to_owned()
        } else {
            let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let mut shape = String::new();
            for c in part.chars() {
                match c {
                    c if word(c) && shape.ends_with("name") => {}
                    c if word(c) => shape.push_str("name"),
                    c => shape.push(c),
                }
            }
            shape
        }
    });
    let mut folded: Vec<String> = Vec::new();
    for part in parts {
        // `a.b.v1` and `a.b.c.v1`, `v1` and `v1.2` are one form.
        let repeats = folded
            .last()
            .is_some_and(|last| *last == part || (part == "N" && (last == "vN" || last == "N")));
        if !repeats {
            folded.push(part);
        }
    }
    folded.join(".")
}

#[cfg(test)]
mod tests {
    use super::shape;

    #[test]
    fn shapes_fold_names_and_minor_numbers() {
        assert_eq!(shape("ccr.packet.v0.1"), "name.vN");
        assert_eq!(shape("ccr.a.b.v2"), "name.vN");
        assert_eq!(shape("1.0"), "N");
        assert_eq!(shape("packet/v1"), "name/name");
        assert_ne!(shape("packet-1"), shape("packet.v1"));
    }
}
