// SPDX-License-Identifier: Apache-2.0
//! The references of schemas, and where each leads.

use super::Artifact;
use super::schema_index::{Document, Index};
use super::schema_uri::{FILE, bases, file_uri, is_official};
use super::schema_uris::Place;
use crate::schema;
use serde_json::Value;

/// Where a reference leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// To something that exists; where, when it is in a document that was read.
    Found(Option<Place>),
    /// Into a document that is here, to a part that is not.
    MissingPart,
    /// To a file of this artifact that does not exist.
    MissingFile(String),
    /// To a document that stands nowhere in the artifact.
    Remote(String),
}

/// A `$ref` or `$dynamicRef`.
#[derive(Debug, Clone)]
pub(super) struct Reference {
    /// JSON Pointer of the keyword.
    pub(super) pointer: String,
    /// As written.
    pub(super) text: String,
    /// Where it leads.
    pub(super) target: Target,
}

impl Index {
    /// Every reference of a schema.
    pub(super) fn references(&self, artifact: &Artifact, document: &Document) -> Vec<Reference> {
        let all = schema::subschemas(&document.value);
        let bases = bases(&all, &document.uri);
        let mut found = Vec::new();
        for (subschema, base) in all.iter().zip(&bases) {
            for keyword in ["$ref", "$dynamicRef"] {
                if let Some(text) = subschema.value.get(keyword).and_then(Value::as_str) {
                    found.push(Reference {
                        pointer: schema::join(&subschema.pointer, keyword),
                        text: text.to_owned(),
                        target: self.resolve((artifact, document), base, text),
                    });
                }
            }
        }
        found
    }

    /// Where a reference of `document` leads, read against `base`.
    pub(super) fn resolve(
        &self,
        (artifact, document): (&Artifact, &Document),
        base: &str,
        text: &str,
    ) -> Target {
        let full = schema::resolve(base, text);
        let (body, fragment) = schema::split_fragment(&full);
        let fragment = fragment.unwrap_or_default();
        if let Some(found) = self.own_part(document, body, text) {
            return found;
        }
        let published = self.part((artifact, document), body, fragment);
        if published == Some(Target::MissingPart) && self.is_unread(artifact, document, body) {
            return Target::Found(None);
        }
        if let Some(found) = published {
            return found;
        }
        // A document is published under a URI, but in the artifact its neighbours are files.
        let file = file_uri(&document.name);
        let relative = !schema::has_scheme(text);
        let neighbour = if relative {
            schema::resolve(&file, text)
        } else {
            schema::resolve(&file, body.rsplit('/').next().unwrap_or_default())
        };
        let neighbour = schema::split_fragment(&neighbour).0;
        if !neighbour.is_empty()
            && neighbour != file
            && let Some(found) = self.part((artifact, document), neighbour, fragment)
        {
            return found;
        }
        match body.strip_prefix(FILE) {
            Some(name) => Target::MissingFile(schema::percent_decode(name)),
            None => Target::Remote(body.to_owned()),
        }
    }

    /// Whether a URI that others share may be that of a neighbour by its file name, which was not read:
    /// of a large artifact not all is kept.
    fn is_unread(&self, artifact: &Artifact, document: &Document, uri: &str) -> bool {
        let base = uri.rsplit('/').next().unwrap_or_default();
        let neighbour = schema::resolve(&file_uri(&document.name), base);
        let name = neighbour.strip_prefix(FILE).map(schema::percent_decode);
        self.uris.is_shared(uri)
            && self.uris.first(&neighbour).is_none()
            && name.is_some_and(|name| artifact.entries.contains_key(&name))
    }

    /// A part that a document names as its own, where another has the same URI: versions of one schema share
    /// it often.
    fn own_part(&self, document: &Document, uri: &str, text: &str) -> Option<Target> {
        let (owner, _) = self.uris.first(uri)?;
        if uri != document.uri || std::ptr::eq(&self.documents[*owner], document) {
            return None;
        }
        let pointer = schema::percent_decode(text.strip_prefix('#')?);
        document.value.pointer(&pointer)?;
        let own = |one: &Document| std::ptr::eq(one, document);
        let at = self.documents.iter().position(own)?;
        Some(Target::Found(Some((at, pointer))))
    }

    /// What a URI and a fragment lead to, or `None` when the document is not here.
    fn part(
        &self,
        (artifact, from): (&Artifact, &Document),
        uri: &str,
        fragment: &str,
    ) -> Option<Target> {
        if is_official(uri) {
            return Some(Target::Found(None));
        }
        let Some((document, root)) = self.uris.nearest(uri, &from.name) else {
            // A file that was not kept (or is no JSON) cannot be looked into.
            let name = schema::percent_decode(uri.strip_prefix(FILE)?);
            return artifact
                .entries
                .contains_key(&name)
                .then_some(Target::Found(None));
        };
        let fragment = schema::percent_decode(fragment);
        let place = if fragment.is_empty() {
            Some((*document, root.clone()))
        } else if fragment.starts_with('/') {
            let pointer = format!("{root}{fragment}");
            let value = &self.documents[*document].value;
            value.pointer(&pointer).map(|_| (*document, pointer))
        } else {
            self.anchors.get(&(uri.to_owned(), fragment)).cloned()
        };
        Some(match place {
            Some(place) => Target::Found(Some(place)),
            None => Target::MissingPart,
        })
    }
}
