// SPDX-License-Identifier: Apache-2.0
//! The fifteen kinds of documents and what their schemas say (CCR specification, section 4).
//!
//! A schema in `ROOT/schemas` is authoritative over the embedded one.

use super::{Outcome, Policy, Runtime, RuntimeError};
use crate::object;
use crate::schema::{self, Compile, Documents, Draft, Patterns, PythonFault, Schema};
use crate::support::pyjson::{self, Value};
use std::path::Path;

/// Names of the kinds; `<kind>.schema.json` is the file.
pub const KINDS: [&str; 15] = [
    "packet",
    "task",
    "agent-manifest",
    "blackboard-event",
    "residual",
    "verifier-report",
    "phase-report",
    "phase-state",
    "effective-graph",
    "phase-observation",
    "asi-proxy-threshold",
    "phase-certificate-candidate",
    "baseline",
    "provider",
    "audit-report",
];

fn fault_value(fault: &PythonFault) -> Value {
    object! {
        "message" => fault.message.as_str(),
        "path" => fault.path.as_str(),
        "schema_path" => fault.schema_path.as_str(),
        "validator" => (!fault.validator.is_empty()).then_some(fault.validator.as_str()),
    }
}

/// What a schema says of a document.
#[derive(Debug, Clone, Default)]
pub struct Validation {
    /// In order of path, schema path, message.
    pub faults: Vec<PythonFault>,
    /// The version that the schema itself demands.
    pub schema_version: Option<String>,
}

impl Validation {
    /// Whether nothing is wrong.
    pub fn ok(&self) -> bool {
        self.faults.is_empty()
    }

    /// The faults as a JSON list.
    pub fn errors(&self) -> Value {
        Value::Array(self.faults.iter().map(fault_value).collect())
    }
}

/// A schema, ready.
#[derive(Debug)]
pub struct Validator {
    schema: Schema,
    version: Option<String>,
    policy: Policy,
}

impl Validator {
    /// The schema of a kind: the root's own, else ours.
    ///
    /// # Errors
    /// An unknown kind; a local schema that is no object or does not compile.
    pub fn new(runtime: &Runtime, kind: &str) -> Result<Self, RuntimeError> {
        if !KINDS.contains(&kind) {
            return Err(RuntimeError::Fault {
                message: format!("'unknown schema kind: {kind}'"),
                class: "KeyError",
            });
        }
        let file = format!("{kind}.schema.json");
        let relative = format!("schemas/{file}");
        let local = runtime.store.read(&relative).map_err(|error| match error {
            RuntimeError::Value(why) if why.ends_with("not a JSON object") => {
                let path = runtime.store.path(&relative);
                RuntimeError::Value(format!("{} must contain a JSON object", path.display()))
            }
            error => error,
        });
        let text = match local? {
            Some(local) => local,
            None => embedded(&file)?,
        };
        let version = text
            .at(&["properties", "schema_version", "const"])
            .and_then(Value::as_str)
            .map(str::to_owned);
        let policy = runtime.policy();
        let compile = Compile {
            // The reference reads every schema in this draft, whatever `$schema` says.
            draft: policy.compat().then_some(Draft::Draft202012),
            patterns: if policy.compat() {
                Patterns::Python
            } else {
                Patterns::Ecma
            },
            formats: policy.strict(),
            ..Compile::default()
        };
        let schema = compile
            .build(&text.to_serde(), &Documents::new())
            .map_err(|error| RuntimeError::Value(format!("{relative}: {error}")))?;
        Ok(Self {
            schema,
            version,
            policy,
        })
    }

    /// Holds a document against the schema.
    pub fn check(&self, document: &Value) -> Validation {
        let mut faults = self.schema.python_faults(document);
        if self.policy.strict() && document.has_non_finite() {
            faults.push(PythonFault {
                path: "$".to_owned(),
                schema_path: "$".to_owned(),
                message: "NaN and infinities are not JSON (RFC 8259)".to_owned(),
                validator: "type".to_owned(),
            });
        }
        faults.sort();
        Validation {
            faults,
            schema_version: self.version.clone(),
        }
    }
}

fn embedded(file: &str) -> Result<Value, RuntimeError> {
    let text = schema::embedded(file).unwrap_or_default();
    pyjson::parse(text).map_err(|error| RuntimeError::Fault {
        message: format!("the embedded {file}: {error}"),
        class: "ValueError",
    })
}

/// Holds a document against the schema of its kind.
///
/// # Errors
/// As [`Validator::new`].
pub fn validate(
    runtime: &Runtime,
    kind: &str,
    document: &Value,
) -> Result<Validation, RuntimeError> {
    Ok(Validator::new(runtime, kind)?.check(document))
}

/// `ccr schema validate`
///
/// # Errors
/// The file or the schema cannot be read.
pub fn run(runtime: &Runtime, kind: &str, file: &Path) -> super::Answer {
    let document = super::read_input(file)?;
    let found = validate(runtime, kind, &document)?;
    let outcome = if found.ok() {
        Outcome::Done
    } else {
        Outcome::Refused
    };
    let body = object! {
        "errors" => found.errors(),
        "file" => file.display().to_string(),
        "kind" => kind,
        "ok" => found.ok(),
        "schema_version" => found.schema_version,
    };
    Ok(super::Reply::ending(body, outcome))
}

/// Validates what a user hands in; the refusal carries a residual (section 10.3).
///
/// # Errors
/// The document is not valid, or its schema cannot be read.
pub fn require(
    runtime: &Runtime,
    kind: &str,
    document: &Value,
    file: &Path,
) -> Result<(), RuntimeError> {
    let found = validate(runtime, kind, document)?;
    if found.ok() {
        return Ok(());
    }
    let shown = file.display().to_string();
    let own = format!("{}_id", kind.replace('-', "_"));
    let object_id = [own.as_str(), "packet_id", "task_id", "residual_id"]
        .iter()
        .filter_map(|key| document.get(key))
        .find(|id| id.truthy())
        .map_or_else(|| shown.clone(), pyjson::display);
    let object_type = match kind {
        "packet" | "task" | "report" => kind,
        _ => "unknown",
    };
    let residual = super::draft::Draft {
        kind: "validation_error".to_owned(),
        description: format!("{kind} validation failed for {shown}"),
        blocking: true,
        object_type: object_type.to_owned(),
        object_id,
        refs: vec![shown],
        source: "ccr.schema.validation".to_owned(),
        extensions: object! { "validation_errors" => found.errors() },
        ..super::draft::Draft::default()
    };
    let body = object! {
        "errors" => found.errors(),
        "kind" => kind,
        "ok" => false,
        "residual_ready" => residual.build(&super::now()),
        "schema_version" => found.schema_version,
    };
    Err(RuntimeError::refusal(body, Outcome::Refused))
}
