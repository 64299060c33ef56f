// SPDX-License-Identifier: Apache-2.0
//! The table of built-in capabilities. A name leads to a native function only when the snapshot's
//! contract is the built-in's; another contract under the same name is refused, never adapted.
//!
//! The digest of a transform covers names and types of inputs and names of outputs of its `ct_ir`;
//! that of a side effect each operation's inputs, outputs and outcomes, and whether it may be
//! repeated. Prose and the name of the original's implementation are no part of a contract.

use super::transforms::{self, Entry};
use crate::pgs::model::{SideEffect, Transform};
use crate::record;
use crate::support::pyjson::ordered::{Object, Value};
use std::sync::LazyLock;

/// What implements a side effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EffectKind {
    /// Keys that are inserted once.
    Registry,
    /// Records that are only ever added.
    Log,
    /// A document that is replaced.
    Document,
    /// Mail: not built in, so it always fails.
    Mail,
}

/// What a step asks of a side effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Insert a key.
    Register,
    /// Where a key or address leads.
    Resolve,
    /// Whether a key is there.
    Exists,
    /// End a key.
    Deregister,
    /// Add a record.
    Append,
    /// Every record.
    All,
    /// Records between two numbers.
    Range,
    /// Records behind a time.
    Since,
    /// The value of a key.
    Get,
    /// Set a key.
    Put,
    /// Remove a key.
    Delete,
    /// Every key.
    List,
    /// Send a message.
    Send,
}

struct Op {
    name: &'static str,
    /// The name under which published snapshots call it, when it is another.
    alias: Option<&'static str>,
    operation: Operation,
    repeatable: bool,
    input: &'static [&'static str],
    output: &'static [&'static str],
    results: &'static [&'static str],
}

/// A built-in side effect.
pub struct Effect {
    name: &'static str,
    /// What implements it.
    pub kind: EffectKind,
    /// The original's name of the implementation, as its traces show it.
    pub class: &'static str,
    operations: &'static [Op],
}

const FULL: &[&str] = &["SUCCESS", "NOT_FOUND", "VIOLATION", "BACKEND_ERROR"];
const PLAIN: &[&str] = &["SUCCESS", "VIOLATION", "BACKEND_ERROR"];
const READ: &[&str] = &["SUCCESS", "BACKEND_ERROR"];

const fn op(
    name: &'static str,
    operation: Operation,
    repeatable: bool,
    input: &'static [&'static str],
    output: &'static [&'static str],
    results: &'static [&'static str],
) -> Op {
    Op {
        name,
        alias: None,
        operation,
        repeatable,
        input,
        output,
        results,
    }
}

const fn also(alias: &'static str, op: Op) -> Op {
    Op {
        alias: Some(alias),
        ..op
    }
}

const EFFECTS: &[Effect] = &[
    Effect {
        name: "capability_side_effects::CS_APPENDONLY_JSONL_V0",
        kind: EffectKind::Log,
        class: "AppendOnlyJsonlRuntime",
        operations: &[
            op(
                "APPEND",
                Operation::Append,
                false,
                &["record", "stream_id", "actor_id"],
                &["result_status", "record_id", "sequence_number"],
                PLAIN,
            ),
            op(
                "GET_ALL",
                Operation::All,
                true,
                &["stream_id"],
                &["result_status", "entries"],
                READ,
            ),
            op(
                "GET_RANGE",
                Operation::Range,
                true,
                &["start_sequence", "end_sequence", "stream_id"],
                &["result_status", "entries"],
                PLAIN,
            ),
            op(
                "GET_SINCE",
                Operation::Since,
                true,
                &["timestamp", "stream_id"],
                &["result_status", "entries"],
                PLAIN,
            ),
        ],
    },
    Effect {
        name: "capability_side_effects::CS_MUTABLE_JSON_V0",
        kind: EffectKind::Document,
        class: "MutableJsonRuntime",
        operations: &[
            op(
                "DELETE",
                Operation::Delete,
                true,
                &["key"],
                &["result_status"],
                FULL,
            ),
            op(
                "EXISTS",
                Operation::Exists,
                true,
                &["key"],
                &["result_status", "exists"],
                PLAIN,
            ),
            also(
                "READ",
                op(
                    "GET",
                    Operation::Get,
                    true,
                    &["key"],
                    &["result_status", "value"],
                    FULL,
                ),
            ),
            also(
                "LIST_KEYS",
                op(
                    "LIST",
                    Operation::List,
                    true,
                    &[],
                    &["result_status", "keys"],
                    READ,
                ),
            ),
            also(
                "WRITE",
                op(
                    "PUT",
                    Operation::Put,
                    true,
                    &["key", "value"],
                    &["result_status"],
                    PLAIN,
                ),
            ),
        ],
    },
    Effect {
        name: "capability_side_effects::CS_REGISTRY_V0",
        kind: EffectKind::Registry,
        class: "RegistryRuntime",
        operations: &[
            op(
                "DEREGISTER",
                Operation::Deregister,
                true,
                &["key_or_address"],
                &["result_status"],
                FULL,
            ),
            op(
                "EXISTS",
                Operation::Exists,
                true,
                &["key_or_address"],
                &["result_status", "exists"],
                PLAIN,
            ),
            op(
                "REGISTER",
                Operation::Register,
                false,
                &["key", "target_cs", "target_ref"],
                &["result_status", "address"],
                &["SUCCESS", "ALREADY_EXISTS", "VIOLATION", "BACKEND_ERROR"],
            ),
            op(
                "RESOLVE",
                Operation::Resolve,
                true,
                &["key_or_address"],
                &["result_status", "target_cs", "target_ref"],
                FULL,
            ),
        ],
    },
    Effect {
        name: "capability_side_effects::CS_SEND_EMAIL_V0",
        kind: EffectKind::Mail,
        class: "SendEmailRuntime",
        operations: &[op(
            "SEND",
            Operation::Send,
            false,
            &["to", "subject", "body"],
            &["result_status"],
            &[],
        )],
    },
];

/// Why a capability of a snapshot cannot run here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Nothing implements it.
    #[error("{0} {1}")]
    Unbound(String, String),
    /// Its contract is not the built-in's.
    #[error("{name}: its contract ({found}) is not the built-in's ({expected})")]
    Drift {
        /// The capability.
        name: String,
        /// Digest of the built-in contract, shortened.
        expected: String,
        /// Digest of the snapshot's contract, shortened.
        found: String,
    },
}

impl Unfit {
    /// `CAP-UNBOUND` or `CAP-CONTRACT-DRIFT`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unbound(..) => "CAP-UNBOUND",
            Self::Drift { .. } => "CAP-CONTRACT-DRIFT",
        }
    }

    fn unbound(name: &str) -> Self {
        let why = transforms::refused(name).unwrap_or("has no implementation in this binary");
        Self::Unbound(name.to_owned(), why.to_owned())
    }

    fn compare(name: &str, expected: &str, found: &str) -> Result<(), Self> {
        if expected == found {
            return Ok(());
        }
        Err(Self::Drift {
            name: name.to_owned(),
            expected: expected[..12].to_owned(),
            found: found[..12].to_owned(),
        })
    }
}

/// Digest of a transform's contract.
pub fn transform_digest(transform: &Transform) -> String {
    let inputs = transform.inputs.iter();
    let inputs = inputs.map(|(name, field)| (name.clone(), field.kind.clone().into()));
    contract(
        inputs.collect(),
        transform.outputs.keys().cloned().collect(),
    )
}

fn contract(inputs: Object, mut outputs: Vec<String>) -> String {
    outputs.sort();
    record! { "inputs" => inputs, "outputs" => outputs }.digest()
}

fn entry_digest(entry: &Entry) -> String {
    let inputs = entry.inputs.iter();
    let inputs = inputs.map(|(name, kind)| ((*name).to_owned(), (*kind).into()));
    let outputs = entry.outputs.iter().map(|name| (*name).to_owned());
    contract(inputs.collect(), outputs.collect())
}

/// Digest of a side effect's contract.
pub fn effect_digest(effect: &SideEffect) -> String {
    let mut operations = Object::new();
    for (name, operation) in &effect.operations {
        let repeatable = effect.declared.at(&[name, "idempotent"]);
        let described = record! {
            "idempotent" => repeatable.and_then(Value::as_bool),
            "input" => operation.input.clone(),
            "output" => operation.output.clone(),
            "result_status_values" => operation.results.clone(),
        };
        operations.insert(name.clone(), described);
    }
    Value::Object(operations).digest()
}

impl Effect {
    fn digest(&self) -> String {
        let mut operations = Object::new();
        for op in self.operations {
            let described = record! {
                "idempotent" => op.repeatable,
                "input" => op.input.to_vec(),
                "output" => op.output.to_vec(),
                "result_status_values" => op.results.to_vec(),
            };
            operations.insert(op.name.to_owned(), described);
        }
        Value::Object(operations).digest()
    }

    /// The operation that a step names, by its name or its published alias.
    pub fn operation(&self, name: &str) -> Option<Operation> {
        let named = |op: &&Op| op.name == name || op.alias == Some(name);
        self.operations.iter().find(named).map(|op| op.operation)
    }

    /// The outcomes that an operation may have; none where nothing is declared.
    pub fn results(&self, operation: Operation) -> &'static [&'static str] {
        let found = self.operations.iter().find(|op| op.operation == operation);
        found.map_or(&[], |op| op.results)
    }
}

/// The built-in transform of a name, whatever its contract.
pub(super) fn transform(name: &str) -> Result<&'static Entry, Unfit> {
    let found = transforms::all().find(|entry| entry.name == name);
    found.ok_or_else(|| Unfit::unbound(name))
}

/// Holds the contract of a transform that bears a built-in name against the built-in's.
pub(super) fn same_transform(entry: &Entry, transform: &Transform) -> Result<(), Unfit> {
    Unfit::compare(
        entry.name,
        &entry_digest(entry),
        &transform_digest(transform),
    )
}

/// The built-in side effect of a snapshot's.
///
/// # Errors
/// None of that name, or another contract.
pub fn effect(declared: &SideEffect) -> Result<&'static Effect, Unfit> {
    let name = declared.fqdn.as_str();
    let found = EFFECTS.iter().find(|effect| effect.name == name);
    let found = found.ok_or_else(|| Unfit::unbound(name))?;
    Unfit::compare(name, &found.digest(), &effect_digest(declared))?;
    Ok(found)
}

/// Every built-in capability and the digest of its contract, sorted by name.
pub fn table() -> Vec<(&'static str, String)> {
    let mut all: Vec<_> = transforms::all()
        .map(|entry| (entry.name, entry_digest(entry)))
        .chain(EFFECTS.iter().map(|effect| (effect.name, effect.digest())))
        .collect();
    all.sort_unstable();
    all
}

/// Digest of the table and the version that implements it: traces carry it, so that the same graph
/// run by other implementations can be told apart.
pub fn digest() -> String {
    static DIGEST: LazyLock<String> = LazyLock::new(|| {
        let table = table().into_iter();
        let table: Object = table
            .map(|(name, digest)| (name.to_owned(), digest.into()))
            .collect();
        record! { "implementation" => env!("CARGO_PKG_VERSION"), "capabilities" => table }.digest()
    });
    DIGEST.clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_sorted() {
        let mut names: Vec<_> = table().into_iter().map(|(name, _)| name).collect();
        assert!(names.is_sorted(), "{names:?}");
        names.dedup();
        assert_eq!(names.len(), transforms::all().count() + EFFECTS.len());
    }

    #[test]
    fn an_alias_leads_to_the_declared_operation() {
        let document = &EFFECTS[1];
        assert_eq!(document.operation("READ"), document.operation("GET"));
        assert_eq!(document.operation("COUNT"), None);
    }
}
