// SPDX-License-Identifier: Apache-2.0
//! The JSON documents of one artifact as the schema checks see them: which are schemas, under
//! which URIs their parts are known, and where each reference leads.

use super::schema_place::{
    Weight, in_schema_folder, is_json_name, is_schema_name, is_yaml_name, weight,
};
use super::schema_uri::{FILE, bases, file_uri, id_of};
use super::schema_uris::{Place, Uris};
use super::schema_yaml::{self, APIS, is_api};
use super::{Artifact, ArtifactKind};
use crate::classify::{Kind, Text};
use crate::schema::{self, Dialect};
use rayon::prelude::*;
use serde_json::Value;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

/// Larger documents are data, and are not read.
pub(super) const MAX_BYTES: usize = 8 << 20;

/// A JSON document of the artifact.
#[derive(Debug)]
pub(super) struct Document {
    /// Name inside the artifact.
    pub(super) name: String,
    /// Parsed content.
    pub(super) value: Arc<Value>,
    /// The first reference with characters that no URI may hold. In `value` they are escaped.
    pub(super) untidy: Option<String>,
    /// Whether it is a JSON Schema, by name or by `$schema`.
    pub(super) is_schema: bool,
    /// How much its faults weigh.
    pub(super) weight: Weight,
    /// Its absolute URI: `$id`, else its place in the artifact.
    pub(super) uri: String,
}

impl Document {
    /// Name and weight, for drafts.
    pub(super) fn place(&self) -> (&str, Weight) {
        (&self.name, self.weight)
    }
}

/// An `$id` with a scheme, and whose it is.
#[derive(Debug, Clone)]
pub(super) struct Identified {
    /// The URI, without fragment.
    pub(super) uri: String,
    /// Index of the document.
    pub(super) document: usize,
    /// JSON Pointer of the subschema that carries it.
    pub(super) pointer: String,
}

/// Everything the schema checks need to know of an artifact.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// By name.
    pub(super) documents: Vec<Document>,
    /// Documents nested deeper than the parser reads.
    pub(super) too_deep: Vec<String>,
    /// Files that are called schemas in YAML and are no YAML, and why.
    pub(super) broken: Vec<(String, String)>,
    /// Every `$id` in every schema, in order of document and place.
    pub(super) ids: Vec<Identified>,
    /// API descriptions written in YAML: name and content.
    apis: Vec<(String, Arc<Value>)>,
    /// Where each URI leads.
    pub(super) uris: Uris,
    /// Where each anchor of a URI leads.
    pub(super) anchors: BTreeMap<(String, String), Place>,
}

/// An index, and of which artifact.
type Remembered = Option<(u64, Arc<Index>)>;

thread_local! {
    /// Several rules look at one artifact in a row; parsing it once for all of them is enough.
    static LAST: RefCell<Remembered> = const { RefCell::new(None) };
}

/// The tree is large, and whoever looks at it side by side with archives may be another thread.
static TREE: Mutex<Remembered> = Mutex::new(None);

/// Lets go of the archive that was looked at last.
pub(super) fn forget() {
    LAST.set(None);
}

/// Lets go of the tree that was looked at last.
pub(super) fn forget_tree() {
    let last = TREE.lock().unwrap_or_else(PoisonError::into_inner).take();
    // Not under the lock: it is large.
    drop(last);
}

/// Whether a schema check may need a file of this name.
pub(super) fn keeps(_name: &str, kind: Kind) -> bool {
    matches!(kind.id, "json" | "yaml")
}

/// Whether a JSON text is a schema, refers to one, or names a schema version; of YAML, whether it
/// is a schema, an API description or may be part of one.
pub(super) fn keeps_content(name: &str, bytes: &[u8]) -> bool {
    if is_yaml_name(name) {
        return bytes.len() <= MAX_BYTES && schema_yaml::keeps_content(name, bytes);
    }
    const MARKS: [&[u8]; 3] = [b"\"$schema\"", b"\"$ref\"", b"\"$id\""];
    let marked = || {
        memchr::memmem::find_iter(bytes, b"\"$")
            .any(|at| MARKS.iter().any(|mark| bytes[at..].starts_with(mark)))
            || memchr::memmem::find(bytes, b"\"schema_version\"").is_some()
    };
    bytes.len() <= MAX_BYTES
        && (is_schema_name(name)
            || wide(bytes)
            || marked()
            || describes_api(bytes)
            || in_schema_folder(name) && memchr::memmem::find(bytes, b"\"properties\"").is_some())
}

/// Whether a text names near its start the version of the language that it describes an API in.
fn describes_api(bytes: &[u8]) -> bool {
    const NEAR: usize = 512;
    let head = &bytes[..bytes.len().min(NEAR)];
    APIS.iter()
        .any(|key| memchr::memmem::find(head, format!("\"{key}\"").as_bytes()).is_some())
}

/// Whether a document without any mark is a schema by its keywords.
fn looks_like_schema(value: &Value) -> bool {
    value.get("type").and_then(Value::as_str) == Some("object")
        && value.get("properties").is_some_and(Value::is_object)
}

/// UTF-16, in which no mark is found byte by byte.
fn wide(bytes: &[u8]) -> bool {
    matches!(bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..])
}

/// The text of a kept file: decoded, without a mark.
pub(super) fn parse(bytes: &[u8]) -> Result<Value, serde_json::Error> {
    let text = Text::decode(bytes);
    let text = text.bytes();
    serde_json::from_slice(text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text))
}

/// Whether a kept file is read for itself: of YAML only what says that it is a schema or describes
/// an API, the rest when something refers to it.
fn is_read(name: &str, bytes: &[u8]) -> bool {
    match is_yaml_name(name) {
        true => keeps_content(name, bytes) && schema_yaml::is_read(name, bytes),
        false => is_json_name(name) && keeps_content(name, bytes),
    }
}

/// A file and its content.
fn read<'n>((name, bytes): (&'n String, &[u8])) -> (&'n String, Result<Value, String>) {
    let read = match is_yaml_name(name) {
        true => schema_yaml::parse(bytes),
        false => parse(bytes).map_err(|error| error.to_string()),
    };
    (name, read)
}

impl Index {
    /// The index of an artifact; the last archive is remembered per thread, the last tree for all.
    pub(super) fn of(artifact: &Artifact) -> Arc<Self> {
        let key = fingerprint(artifact);
        let known = |last: &Remembered| {
            let last = last.as_ref().filter(|(of, _)| *of == key);
            last.map(|(_, index)| Arc::clone(index))
        };
        let tree = artifact.kind == ArtifactKind::Tree;
        let found = if tree {
            known(&TREE.lock().unwrap_or_else(PoisonError::into_inner))
        } else {
            LAST.with_borrow(known)
        };
        if let Some(index) = found {
            return index;
        }
        let index = Arc::new(Self::build(artifact));
        let remembered = Some((key, Arc::clone(&index)));
        if tree {
            let mut last = TREE.lock().unwrap_or_else(PoisonError::into_inner);
            *last = remembered;
        } else {
            LAST.set(remembered);
        }
        index
    }

    fn build(artifact: &Artifact) -> Self {
        let mut index = Self::default();
        let kept = artifact.kept.iter();
        let texts: Vec<(&String, &[u8])> = kept
            .map(|(name, bytes)| (name, bytes.as_slice()))
            .filter(|(name, bytes)| is_read(name, bytes))
            .collect();
        // The tree comes last, when workers have nothing else to do.
        let parsed: Vec<_> = match artifact.kind {
            ArtifactKind::Tree => texts.into_par_iter().map(read).collect(),
            _ => texts.into_iter().map(read).collect(),
        };
        for (name, value) in parsed {
            match value {
                Ok(value) if is_yaml_name(name) => index.add_yaml(name, value),
                Ok(value) => index.add(name, value),
                Err(error) if error.starts_with("recursion limit") => {
                    index.too_deep.push(name.clone());
                }
                Err(error) if is_yaml_name(name) && is_schema_name(name) => {
                    index.broken.push((name.clone(), error));
                }
                // Text that is no JSON belongs to `schema-json-invalid`.
                Err(_) => {}
            }
        }
        for document in 0..index.documents.len() {
            index.learn(document);
        }
        index
    }

    /// Of YAML only what says what it is: the rest is no business of schemas.
    fn add_yaml(&mut self, name: &str, value: Value) {
        if is_api(&value) {
            self.apis.push((name.to_owned(), Arc::new(value)));
        } else if is_schema_name(name) || Dialect::is_declared(&value) {
            self.add(name, value);
        }
    }

    fn add(&mut self, name: &str, mut value: Value) {
        let declared = Dialect::is_declared(&value);
        let named = is_schema_name(name) && matches!(value, Value::Object(_) | Value::Bool(_))
            || in_schema_folder(name) && looks_like_schema(&value);
        let file = file_uri(name);
        let id = id_of(&value).map(|id| schema::resolve(&file, id));
        let uri = id.filter(|_| declared || named).unwrap_or(file);
        let weight = if uri.starts_with("http://localhost") {
            Weight::Test
        } else {
            weight(name)
        };
        let uri = schema::split_fragment(&uri).0.to_owned();
        let untidy = if declared || named {
            tidy(&mut value)
        } else {
            None
        };
        self.documents.push(Document {
            name: name.to_owned(),
            untidy,
            is_schema: declared || named,
            weight,
            uri,
            value: Arc::new(value),
        });
    }

    /// Notes under which URIs a document and its parts are known.
    fn learn(&mut self, at: usize) {
        let document = &self.documents[at];
        let value = Arc::clone(&document.value);
        let file = file_uri(&document.name);
        let root = document.uri.clone();
        self.uris.own(file, (at, String::new()));
        if !document.is_schema {
            return;
        }
        let all = schema::subschemas(&value);
        let bases = bases(&all, &root);
        for (subschema, base) in all.iter().zip(&bases) {
            let Some(id) = id_of(subschema.value) else {
                self.learn_anchors((at, subschema), base);
                continue;
            };
            let outer = subschema
                .parent
                .map_or(root.as_str(), |p| bases[p].as_str());
            let full = schema::resolve(outer, id);
            let (uri, fragment) = schema::split_fragment(&full);
            match fragment {
                Some(anchor) if !anchor.is_empty() => {
                    let here = (at, subschema.pointer.clone());
                    self.anchors
                        .insert((uri.to_owned(), anchor.to_owned()), here);
                }
                _ => {
                    let here = (at, subschema.pointer.clone());
                    self.uris.know(uri, here, |at| &self.documents[at].name);
                    if schema::has_scheme(uri) && !uri.starts_with(FILE) {
                        self.ids.push(Identified {
                            uri: uri.to_owned(),
                            document: at,
                            pointer: subschema.pointer.clone(),
                        });
                    }
                }
            }
            self.learn_anchors((at, subschema), base);
        }
    }

    fn learn_anchors(&mut self, (at, subschema): (usize, &schema::Subschema<'_>), base: &str) {
        for keyword in ["$anchor", "$dynamicAnchor"] {
            if let Some(anchor) = subschema.value.get(keyword).and_then(Value::as_str) {
                let here = (at, subschema.pointer.clone());
                self.anchors
                    .insert((base.to_owned(), anchor.to_owned()), here);
            }
        }
    }

    /// The documents that are schemas.
    pub(super) fn schemas(&self) -> impl Iterator<Item = (usize, &Document)> {
        let all = self.documents.iter().enumerate();
        all.filter(|(_, document)| document.is_schema)
    }

    /// API descriptions, whatever they are written in: name and content.
    pub(super) fn descriptions(&self) -> impl Iterator<Item = (&str, &Arc<Value>)> {
        let json = self.documents.iter().filter(|one| is_api(&one.value));
        let json = json.map(|one| (one.name.as_str(), &one.value));
        let yaml = self.apis.iter();
        json.chain(yaml.map(|(name, value)| (name.as_str(), value)))
    }

    /// The document known under an absolute URI, if it is a whole document.
    pub(super) fn by_uri(&self, uri: &str) -> Option<&Document> {
        let (document, pointer) = self.uris.first(schema::split_fragment(uri).0)?;
        pointer.is_empty().then(|| &self.documents[*document])
    }

    /// The documents under every URI by which a reference may name them.
    pub(super) fn known(&self) -> schema::Documents {
        let mut known = schema::Documents::new();
        for (uri, (document, pointer)) in self.uris.iter() {
            if pointer.is_empty() {
                known.insert(uri, Arc::clone(&self.documents[*document].value));
            }
        }
        known
    }
}

/// Escapes what no URI may hold in the references of a schema; the place of the first such.
fn tidy(value: &mut Value) -> Option<String> {
    let mut found = Vec::new();
    for subschema in schema::subschemas(value) {
        for keyword in ["$ref", "$dynamicRef"] {
            let text = subschema.value.get(keyword).and_then(Value::as_str);
            if let Some(tidied) = text.and_then(schema::tidy_reference) {
                found.push((subschema.pointer.clone(), keyword, tidied));
            }
        }
    }
    let first = found.first()?;
    let first = schema::join(&first.0, first.1);
    for (pointer, keyword, tidied) in found {
        if let Some(reference) = value.pointer_mut(&pointer).and_then(|v| v.get_mut(keyword)) {
            *reference = Value::String(tidied);
        }
    }
    Some(first)
}

/// Tells artifacts apart that are looked at one after the other, as far as an index hangs on them.
/// Half a dozen rules ask, so contents count by their place, length and ends.
fn fingerprint(artifact: &Artifact) -> u64 {
    const ENDS: usize = 256;
    let mut hasher = DefaultHasher::new();
    artifact.path.hash(&mut hasher);
    for (name, bytes) in &artifact.kept {
        if is_json_name(name) || is_yaml_name(name) {
            name.hash(&mut hasher);
            let head = &bytes[..bytes.len().min(ENDS)];
            let tail = &bytes[bytes.len().saturating_sub(ENDS)..];
            (bytes.as_ptr().addr(), bytes.len()).hash(&mut hasher);
            (crc32fast::hash(head), crc32fast::hash(tail)).hash(&mut hasher);
        }
    }
    hasher.finish()
}
