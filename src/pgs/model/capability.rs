// SPDX-License-Identifier: Apache-2.0
//! Transforms and side effects (specification of the PGS runtime, section 1.7). Where their
//! implementation lives is read as a claim and never followed.

use super::field::{Field, Fields};
use super::{Reader, ShapeFault};
use crate::pgs::expression::Expression;
use crate::pgs::fqdn::Fqdn;
use crate::pgs::snapshot::Artifact;
use crate::support::pyjson::ordered::Value;
use indexmap::IndexMap;

/// One call of a transform.
#[derive(Debug, Clone, PartialEq)]
pub struct Atom {
    /// The transform called.
    pub atom: String,
    /// Its arguments.
    pub args: IndexMap<String, Expression>,
    /// The symbol its result is kept under.
    pub out: String,
    /// `handler_ref`: module and callable.
    pub handler: Option<Value>,
}

/// A transform as it is executed: `ct_ir`.
#[derive(Debug, Clone, PartialEq)]
pub struct Transform {
    /// Its name.
    pub fqdn: Fqdn,
    /// Declared inputs.
    pub inputs: Fields,
    /// Output to the symbol it is taken from.
    pub outputs: IndexMap<String, Option<String>>,
    /// Calls, in order.
    pub atoms: Vec<Atom>,
    /// The loop form, as it stands.
    pub repeat: Option<Value>,
}

impl Transform {
    /// Reads a transform.
    pub fn read(artifact: &Artifact, faults: &mut Vec<ShapeFault>) -> Self {
        let ir = artifact.body.get("ct_ir").unwrap_or(&Value::Null);
        Self::read_ir(artifact.fqdn.clone(), ir, faults)
    }

    /// Reads a `ct_ir`.
    pub fn read_ir(fqdn: Fqdn, ir: &Value, faults: &mut Vec<ShapeFault>) -> Self {
        let ir = Reader::new(ir, "/ct_ir");
        let outputs = ir.object("outputs", faults).into_iter();
        let outputs = outputs
            .map(|(name, member)| (name, member.text("from", faults)))
            .collect();
        let atoms = ir.list("atom_stream", faults).into_iter().map(|atom| Atom {
            atom: atom.text("atom", faults).unwrap_or_default(),
            args: atom.expressions("args", faults),
            out: atom.text("out", faults).unwrap_or_default(),
            handler: atom
                .member("handler_ref")
                .map(|member| member.value().clone()),
        });
        let atoms = atoms.collect();
        Self {
            fqdn,
            inputs: Field::read_all(&ir, "inputs", faults),
            outputs,
            atoms,
            repeat: ir.member("loop").map(|member| member.value().clone()),
        }
    }
}

/// One operation of a side effect.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Operation {
    /// Names of its inputs.
    pub input: Vec<String>,
    /// Names of its outputs.
    pub output: Vec<String>,
    /// Outcomes it may have.
    pub results: Vec<String>,
}

/// A side effect as it is executed: `cs_ir`.
#[derive(Debug, Clone, PartialEq)]
pub struct SideEffect {
    /// Its name.
    pub fqdn: Fqdn,
    /// Operations it says it supports.
    pub supported: Vec<String>,
    /// Operations it describes.
    pub operations: IndexMap<String, Operation>,
    /// `cs_ir.cs_metadata.operations.operations`, as it stands.
    pub declared: Value,
}

impl SideEffect {
    /// Reads a side effect.
    pub fn read(artifact: &Artifact, faults: &mut Vec<ShapeFault>) -> Self {
        let metadata = artifact.body.at(&["cs_ir", "cs_metadata"]);
        let metadata = Reader::new(metadata.unwrap_or(&Value::Null), "/cs_ir/cs_metadata");
        let capability = metadata.member("capability");
        let described = metadata.member("operations");
        let mut operations = IndexMap::new();
        if let Some(described) = &described {
            for (name, member) in described.object("operations", faults) {
                let operation = Operation {
                    input: member.texts("input", faults),
                    output: member.texts("output", faults),
                    results: member.texts("result_status_values", faults),
                };
                operations.insert(name, operation);
            }
        }
        Self {
            fqdn: artifact.fqdn.clone(),
            supported: capability
                .map(|member| member.texts("supported_operation_specs", faults))
                .unwrap_or_default(),
            operations,
            declared: described
                .and_then(|member| member.member("operations"))
                .map(|member| member.value().clone())
                .unwrap_or_default(),
        }
    }
}
