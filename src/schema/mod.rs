// SPDX-License-Identifier: Apache-2.0
//! Compiling and validating JSON Schema: one wrapper around the `jsonschema` crate.
//!
//! Nothing is fetched: a reference resolves to the schema itself, to a document handed in with
//! [`Documents`], or to an official meta-schema, else compilation fails. This module knows
//! nothing of whose schema it compiles.

mod dialect;
mod locate;
mod python;
mod uri;
mod walk;

pub use dialect::Dialect;
pub use jsonschema::Draft;
pub use locate::{join, locate, tokens};
pub use python::PythonFault;
pub use uri::{has_scheme, percent_decode, resolve, split_fragment, tidy_reference};
pub use walk::{Subschema, subschemas};

use jsonschema::error::ValidationErrorKind;
use jsonschema::{PatternOptions, Retrieve, Uri, ValidationError, ValidationOptions};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Our own schemas: file name and text, sorted by name.
pub const EMBEDDED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/schemas.rs"));

/// How often a pattern may backtrack on one string before it counts as failed.
const BACKTRACK_LIMIT: usize = 100_000;

/// References that one document may hold and still be compiled: the crate's work on a chain of
/// references grows with the square of its length.
const REFERENCE_LIMIT: usize = 20_000;

/// The text of one of our schemas (`residual.schema.json`).
pub fn embedded(name: &str) -> Option<&'static str> {
    let row = EMBEDDED.iter().find(|(file, _)| *file == name)?;
    Some(row.1)
}

/// How `$` in a pattern reads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Patterns {
    /// ECMA-262: the end of the text.
    #[default]
    Ecma,
    /// As Python's `re.search`, which the CCR reference uses: also before one final newline.
    Python,
}

/// Documents that references may lead to, by absolute URI without fragment.
#[derive(Debug, Clone, Default)]
pub struct Documents {
    by_uri: BTreeMap<String, Arc<Value>>,
}

impl Documents {
    /// None: only the schema itself and the official meta-schemas are known.
    pub fn new() -> Self {
        Self::default()
    }

    /// The embedded schemas, by their `$id`.
    pub fn embedded() -> Self {
        let mut documents = Self::new();
        for (_, text) in EMBEDDED {
            let value: Option<Value> = serde_json::from_str(text).ok();
            let id = value.as_ref().and_then(|v| v.get("$id")?.as_str());
            if let Some(id) = id.map(str::to_owned) {
                documents.insert(&id, Arc::new(value.unwrap_or_default()));
            }
        }
        documents
    }

    /// Makes a document known under a URI; a fragment is dropped.
    pub fn insert(&mut self, uri: &str, document: Arc<Value>) {
        self.by_uri
            .insert(split_fragment(uri).0.to_owned(), document);
    }
}

impl Retrieve for Documents {
    fn retrieve(
        &self,
        uri: &Uri<String>,
    ) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
        let plain = split_fragment(uri.as_str()).0;
        match self.by_uri.get(plain) {
            Some(document) => Ok(Value::clone(document)),
            None => Err(format!("{plain} is not among the known documents").into()),
        }
    }
}

/// Why a schema does not compile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CompileError {
    /// The meta-schema that `$schema` names is not known here.
    #[error("the meta-schema {0} is not known")]
    Dialect(String),
    /// The document breaks the rules of its draft.
    #[error("{message}")]
    Invalid {
        /// JSON Pointer of the part that is wrong.
        pointer: String,
        /// What is wrong with it; holds no value of the document.
        message: String,
        /// The fault is a regular expression that this engine does not accept.
        pattern: bool,
    },
    /// A reference does not resolve.
    #[error("{0}")]
    Reference(String),
    /// More references than are followed.
    #[error("the schema holds {0} references; {REFERENCE_LIMIT} are followed")]
    TooLarge(usize),
}

/// One way in which an instance breaks a schema.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// JSON Pointer into the instance.
    pub instance_path: String,
    /// JSON Pointer into the schema, references left out.
    pub schema_path: String,
    /// The keyword that refused.
    pub keyword: String,
    /// What is wrong; holds no value of the instance.
    pub message: String,
}

/// A schema ready to validate.
#[derive(Debug)]
pub struct Schema {
    validator: jsonschema::Validator,
    /// The document that was compiled.
    source: Value,
}

/// How to compile.
#[derive(Debug, Clone, Default)]
pub struct Compile<'a> {
    /// The draft; else the one that `$schema` declares, else 2020-12.
    pub draft: Option<Draft>,
    /// The URI of a schema without `$id`.
    pub base: Option<&'a str>,
    /// How patterns read.
    pub patterns: Patterns,
    /// Whether `format` is asserted.
    pub formats: bool,
}

impl Compile<'_> {
    /// Compiles a schema.
    ///
    /// # Errors
    /// The schema breaks its draft, or a reference leads out of what is known.
    pub fn build(&self, schema: &Value, documents: &Documents) -> Result<Schema, CompileError> {
        let references = count_references(schema);
        if references > REFERENCE_LIMIT {
            return Err(CompileError::TooLarge(references));
        }
        let mut options: ValidationOptions<'_> = jsonschema::options()
            .with_pattern_options(PatternOptions::fancy_regex().backtrack_limit(BACKTRACK_LIMIT));
        let draft = match (self.draft, Dialect::of(schema)) {
            (Some(draft), _) | (None, Dialect::Known(draft)) => draft,
            (None, Dialect::Undeclared) => Draft::Draft202012,
            (None, Dialect::Old) => return Err(CompileError::Dialect("draft 3".to_owned())),
            (None, Dialect::Custom(uri)) => return Err(CompileError::Dialect(uri)),
        };
        // Formats are annotations to most validators; asserting them refuses what others accept.
        options = options
            .with_draft(draft)
            .should_validate_formats(self.formats);
        if let Some(base) = self.base {
            options = options.with_base_uri(base);
        }
        let source = match self.patterns {
            Patterns::Ecma => schema.clone(),
            Patterns::Python => with_python_ends(schema),
        };
        let built = match self.patterns {
            Patterns::Ecma => options.with_retriever(documents.clone()).build(&source),
            Patterns::Python => {
                let mut known = Documents::new();
                for (uri, document) in &documents.by_uri {
                    known.insert(uri, Arc::new(with_python_ends(document)));
                }
                options.with_retriever(known).build(&source)
            }
        };
        match built {
            Ok(validator) => Ok(Schema { validator, source }),
            Err(error) => Err(compile_error(&error)),
        }
    }
}

/// Compiles a schema in the draft it declares.
///
/// # Errors
/// As [`Compile::build`].
pub fn compile(schema: &Value, documents: &Documents) -> Result<Schema, CompileError> {
    Compile::default().build(schema, documents)
}

impl Schema {
    /// Whether the instance is valid.
    pub fn accepts(&self, instance: &Value) -> bool {
        self.validator.is_valid(instance)
    }

    /// The first `limit` faults, in order of place.
    pub fn faults(&self, instance: &Value, limit: usize) -> Vec<Fault> {
        let errors = self.validator.iter_errors(instance);
        let mut faults: Vec<_> = errors.take(limit).map(|error| fault(&error)).collect();
        faults.sort();
        faults
    }
}

fn fault(error: &ValidationError<'_>) -> Fault {
    Fault {
        instance_path: error.instance_path().as_str().to_owned(),
        schema_path: error.schema_path().as_str().to_owned(),
        keyword: error.kind().keyword().to_owned(),
        message: without_marker(&error.masked().to_string()),
    }
}

fn compile_error(error: &ValidationError<'_>) -> CompileError {
    match error.kind() {
        ValidationErrorKind::Referencing(cause) => CompileError::Reference(cause.to_string()),
        kind => CompileError::Invalid {
            pointer: error.instance_path().as_str().to_owned(),
            message: without_marker(&error.masked().to_string()),
            pattern: matches!(kind, ValidationErrorKind::Format { format } if format == "regex"),
        },
    }
}

/// Whether the engine that validates accepts this regular expression.
pub fn pattern_compiles(pattern: &str) -> bool {
    let schema = serde_json::json!({ "pattern": pattern });
    let options: ValidationOptions<'_> = jsonschema::options();
    options.offline().build(&schema).is_ok()
}

fn count_references(schema: &Value) -> usize {
    let mut count = 0;
    let mut open = vec![schema];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(object) => {
                count += usize::from(object.contains_key("$ref"));
                open.extend(object.values());
            }
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    count
}

/// Python's end of text, in the words of the engine.
const PYTHON_END: &str = r"(?=\n?$)";

fn without_marker(message: &str) -> String {
    message.replace(PYTHON_END, "$")
}

/// The schema with every `$` of a pattern reading as Python reads it.
fn with_python_ends(schema: &Value) -> Value {
    let mut changed = schema.clone();
    for subschema in subschemas(schema) {
        let Some(Value::Object(object)) = changed.pointer_mut(&subschema.pointer) else {
            continue;
        };
        if let Some(Value::String(pattern)) = object.get_mut("pattern") {
            *pattern = python_end(pattern);
        }
    }
    changed
}

/// Replaces each `$` that stands outside a class and is not escaped.
fn python_end(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + PYTHON_END.len());
    let mut escaped = false;
    let mut class = false;
    for c in pattern.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' => class = true,
            ']' => class = false,
            '$' if !class => {
                out.push_str(PYTHON_END);
                continue;
            }
            _ => {}
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;
    use serde_json::json;

    #[test]
    fn unknown_documents_are_refused_without_a_network() {
        let schema = json!({"$ref": "https://example.org/other.json"});
        let error = compile(&schema, &Documents::new()).unwrap_err();
        assert!(matches!(error, CompileError::Reference(_)), "{error:?}");
    }

    #[test]
    fn supplied_documents_resolve() {
        let mut documents = Documents::new();
        documents.insert(
            "https://example.org/other.json",
            Arc::new(json!({"type": "string"})),
        );
        let schema = json!({"$ref": "https://example.org/other.json"});
        let schema = compile(&schema, &documents).unwrap();
        assert!(schema.accepts(&json!("x")));
        let faults = schema.faults(&json!(5), 10);
        assert_eq!(faults.len(), 1);
        assert_eq!(faults[0].keyword, "type");
        assert!(!faults[0].message.contains('5'), "{}", faults[0].message);
    }

    #[test]
    fn a_broken_keyword_is_named_by_its_pointer() {
        let schema = json!({"properties": {"a": {"type": "strin"}}});
        let CompileError::Invalid { pointer, .. } =
            compile(&schema, &Documents::new()).unwrap_err()
        else {
            panic!("not invalid");
        };
        assert_eq!(pointer, "/properties/a/type");
    }

    #[test]
    fn drafts_are_kept_apart() {
        let four = json!({"$schema": "http://json-schema.org/draft-04/schema#", "exclusiveMinimum": true, "minimum": 1});
        assert!(compile(&four, &Documents::new()).is_ok());
        let twelve = json!({"$schema": "https://json-schema.org/draft/2020-12/schema", "exclusiveMinimum": true});
        assert!(compile(&twelve, &Documents::new()).is_err());
    }

    #[test]
    fn python_ends_tolerate_one_newline() {
        let schema = json!({"pattern": "^[a$]+$|^x\\$$"});
        let python = Compile {
            patterns: Patterns::Python,
            ..Compile::default()
        };
        let python = python.build(&schema, &Documents::new()).unwrap();
        assert!(python.accepts(&json!("a$\n")));
        assert!(python.accepts(&json!("x$")));
        assert!(!python.accepts(&json!("a\n\n")));
        assert!(
            !compile(&schema, &Documents::new())
                .unwrap()
                .accepts(&json!("a\n"))
        );
    }

    #[test]
    fn recursion_without_end_is_survived() {
        let schema = compile(&json!({"$ref": "#"}), &Documents::new()).unwrap();
        let _ = schema.accepts(&json!(1));
    }
}
