// SPDX-License-Identifier: Apache-2.0
//! Workflows and intents (specification of the PGS runtime, sections 1.4 and 1.5).

use super::field::{Field, Fields};
use super::{Reader, ShapeFault};
use crate::pgs::expression::Expression;
use crate::pgs::fqdn::{Fqdn, FqdnError, Kind};
use crate::pgs::snapshot::Artifact;
use indexmap::IndexMap;

/// What a node does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeKind {
    /// Judges the payload: ACK or NACK.
    Intent,
    /// Judges a request that came from outside.
    Ingress,
    /// Runs a capability contract.
    Contract,
    /// Ends the run.
    Exit,
    /// No kind that a runtime knows.
    Other(String),
}

/// One node of a workflow.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Local name.
    pub id: String,
    /// What it does.
    pub kind: NodeKind,
    /// `fqdn_id`, else `code`.
    pub target: Option<String>,
    /// Inputs of a contract.
    pub inputs: IndexMap<String, Expression>,
    /// Outcome to node.
    pub next: IndexMap<String, String>,
    /// Why an exit ends the run.
    pub reason: Option<String>,
    /// The event an exit names.
    pub emit: Option<String>,
}

impl Node {
    /// The artifact behind the node, short codes read within the workflow's namespace.
    pub fn artifact(&self, workflow: &Fqdn) -> Option<Result<Fqdn, FqdnError>> {
        let target = self.target.as_deref()?;
        Some(Fqdn::parse_within(target, workflow.namespace()))
    }
}

/// What must and must not have happened before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Admission {
    /// Events that must be recorded.
    pub requires: Vec<String>,
    /// Events that must not be recorded.
    pub forbids: Vec<String>,
    /// Event to (field of the record, field of the payload).
    pub bindings: IndexMap<String, IndexMap<String, String>>,
}

/// A workflow.
#[derive(Debug, Clone, PartialEq)]
pub struct Workflow {
    /// Its name.
    pub fqdn: Fqdn,
    /// The node the run begins at.
    pub start: Option<String>,
    /// The runtime binding.
    pub binding: Option<String>,
    /// Conditions before the first node.
    pub admission: Option<Admission>,
    /// Nodes by id.
    pub nodes: IndexMap<String, Node>,
}

impl Workflow {
    /// Reads a workflow.
    pub fn read(artifact: &Artifact, faults: &mut Vec<ShapeFault>) -> Self {
        let front = Reader::new(artifact.frontmatter(), "/frontmatter");
        let core = Reader::new(artifact.core(), "/frontmatter/core");
        let mut nodes = IndexMap::new();
        for (id, member) in core.object("nodes", faults) {
            let kind = match member.text("type", faults).as_deref() {
                None | Some("CC") => NodeKind::Contract,
                Some("IN") => NodeKind::Intent,
                Some("TI") => NodeKind::Ingress,
                Some("EXIT") => NodeKind::Exit,
                Some(other) => NodeKind::Other(other.to_owned()),
            };
            let node = Node {
                id: id.clone(),
                kind,
                target: member
                    .text("fqdn_id", faults)
                    .or_else(|| member.text("code", faults)),
                inputs: member.expressions("inputs", faults),
                next: member.text_map("next", faults),
                reason: member.text("reason", faults),
                emit: member.text("emit", faults),
            };
            nodes.insert(id, node);
        }
        let admission = core.member("admission").map(|admission| Admission {
            requires: admission.texts("requires", faults),
            forbids: admission.texts("forbids", faults),
            bindings: admission
                .object("bindings", faults)
                .into_iter()
                .map(|(event, _)| {
                    let bindings = admission.member("bindings");
                    let fields = bindings.map(|member| member.text_map(&event, faults));
                    (event, fields.unwrap_or_default())
                })
                .collect(),
        });
        Self {
            fqdn: artifact.fqdn.clone(),
            start: core.text("start_node", faults),
            binding: front.text("runtime_binding", faults),
            admission,
            nodes,
        }
    }
}

/// What a payload must hold: an intent, or the admission schema of a transport ingress.
#[derive(Debug, Clone, PartialEq)]
pub struct Intent {
    /// Its name.
    pub fqdn: Fqdn,
    /// Declared members of the payload (of `request_body` for an ingress).
    pub inputs: Fields,
    /// The workflow it starts.
    pub workflow: Option<String>,
}

impl Intent {
    /// Reads an intent or an ingress.
    pub fn read(artifact: &Artifact, faults: &mut Vec<ShapeFault>) -> Self {
        let core = Reader::new(artifact.core(), "/frontmatter/core");
        let key = if artifact.fqdn.kind() == Kind::TransportIngress {
            "admission_schema"
        } else {
            "inputs"
        };
        Self {
            fqdn: artifact.fqdn.clone(),
            inputs: Field::read_all(&core, key, faults),
            workflow: core.text("workflow", faults),
        }
    }
}
