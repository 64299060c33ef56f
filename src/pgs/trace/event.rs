// SPDX-License-Identifier: Apache-2.0
//! What a run says of itself. The executor speaks these events; writers choose the format, so that
//! one run can be written in the original's form or in ours (specification of the PGS runtime,
//! sections 6.1 and 6.2).

use crate::pgs::fqdn::Fqdn;
use crate::support::pyjson::ordered::Value;
use std::io;

/// How much is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Nodes, refusals and the end.
    Basic,
    /// Dispatches as well, and the digest chain in the original's form.
    Advanced,
}

impl Profile {
    /// As traces name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Basic => "BASIC",
            Self::Advanced => "ADVANCED",
        }
    }
}

/// What a run stands on: our form's additions to `execution_start`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ground {
    /// Root digest over every file of the snapshot.
    pub snapshot_root_hash: String,
    /// `sealed`, `gate-file` or `unsealed`.
    pub seal_status: String,
    /// Digest of the canonical payload.
    pub payload_hash: String,
    /// Digest of the files below the data root that the run may touch.
    pub state_digest_before: String,
    /// Digest of the table of built-in capabilities.
    pub capability_manifest_hash: String,
    /// `wall`, or the fixed time.
    pub clock: String,
    /// Whether effects stay in memory.
    pub dry_run: bool,
    /// The payload, when values are recorded.
    pub payload: Option<Value>,
}

/// What a side effect did to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Nothing.
    None,
    /// The file or key is new.
    Created,
    /// A line was added.
    Appended,
    /// A value was replaced.
    Overwritten,
    /// A key was ended.
    Tombstoned,
}

impl Effect {
    /// As traces name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Created => "created",
            Self::Appended => "appended",
            Self::Overwritten => "overwritten",
            Self::Tombstoned => "tombstoned",
        }
    }
}

/// A side effect of a run's binding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    /// Its name.
    pub capability: String,
    /// Whether something implements it.
    pub registered: bool,
    /// The original's name of the implementation.
    pub runtime_class: String,
}

/// One field that a refusal speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldFault {
    /// Path of the field in the payload.
    pub field: String,
    /// What is asked of it.
    pub constraint: String,
}

/// One event of a run. Digests are SHA-256 over the canonical value; values stand beside them only
/// when the operator asked for them.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The run begins.
    ExecutionStart {
        /// The workflow.
        workflow: Fqdn,
        /// How much is recorded.
        profile: Profile,
        /// What it stands on.
        ground: Box<Ground>,
    },
    /// Side effects of the binding (advanced).
    RegistryDump {
        /// Sorted by name.
        capabilities: Vec<Registered>,
    },
    /// A node begins.
    NodeStart {
        /// Its id.
        node: String,
        /// `intent`, `transport_ingress`, `capability_contract` or `exit`.
        kind: &'static str,
        /// The artifact behind it.
        capability: Option<String>,
    },
    /// A contract is called (advanced).
    CapabilityDispatch {
        /// The contract.
        contract: String,
        /// The node.
        node: String,
    },
    /// A contract is asked for (advanced).
    CapabilityRequest {
        /// The contract.
        capability: String,
        /// The node.
        requested_by: String,
    },
    /// A contract was found (advanced).
    CapabilityResolution {
        /// The contract.
        capability: String,
        /// Whether its artifact exists.
        artifact_found: bool,
        /// Whether all its steps have an implementation.
        implementation_found: bool,
        /// Whether it can run.
        registered: bool,
    },
    /// A step begins (ours).
    StepStart {
        /// The node.
        node: String,
        /// The step.
        step: String,
        /// The transform or side effect.
        capability: String,
        /// The operation of a side effect.
        op: Option<String>,
        /// Digest of the inputs.
        inputs_hash: String,
        /// The inputs.
        inputs: Option<Value>,
        /// `native`, or `external` with the program's digest behind a colon.
        binding: String,
    },
    /// A step ends (ours).
    StepEnd {
        /// The node.
        node: String,
        /// The step.
        step: String,
        /// The outcome.
        outcome: String,
        /// Digest of the outputs.
        outputs_hash: String,
        /// The outputs.
        outputs: Option<Value>,
        /// What it did.
        effect: Effect,
        /// The file it did it to, below the data root.
        store: Option<String>,
        /// Why an implementation failed, as `class: message` without values.
        error: Option<String>,
    },
    /// A verdict that nothing reads (ours, a warning).
    VerdictIgnored {
        /// The node.
        node: String,
        /// The step.
        step: String,
        /// The output that said no.
        output: String,
    },
    /// A node ends.
    NodeEnd {
        /// Its id.
        node: String,
        /// The outcome; `completed` for an exit.
        status: String,
        /// Milliseconds.
        duration_ms: i64,
    },
    /// The way on (ours).
    EdgeTaken {
        /// Node left.
        from: String,
        /// Outcome.
        outcome: String,
        /// Node entered.
        to: String,
    },
    /// A refusal.
    Violation {
        /// The node, or `ADMISSION`.
        node: String,
        /// Its code.
        code: String,
        /// For people.
        message: String,
        /// The first field concerned.
        field: Option<String>,
        /// What was asked.
        constraint: Option<String>,
        /// Every field concerned (ours).
        fields: Vec<FieldFault>,
        /// Whether the original records this refusal.
        original: bool,
    },
    /// Something could not be done.
    Error {
        /// The part that failed, such as `admission_check`.
        component: String,
        /// The original's class of error.
        error_type: String,
        /// Its code.
        code: String,
        /// For people.
        message: String,
        /// The node.
        node: Option<String>,
        /// The workflow.
        workflow: Option<String>,
        /// `WF`, `IN`, `TI`, `CC`, `CT` or `CS`.
        category: String,
    },
    /// The run ends.
    WorkflowComplete {
        /// Whether it succeeded.
        success: bool,
        /// Milliseconds.
        duration_ms: i64,
        /// `SUCCESS`, `FAILURE`, `ABORT` or `TIMEOUT`.
        condition: String,
        /// Why.
        reason: String,
        /// Effects that stay (ours).
        effects_committed: usize,
    },
}

/// Takes the events of a run in their order.
pub trait Recorder {
    /// Takes one.
    ///
    /// # Errors
    /// It cannot be written; the run ends.
    fn record(&mut self, event: Event) -> io::Result<()>;
}

/// Keeps events in memory: for dry runs, replays and tests.
impl Recorder for Vec<Event> {
    fn record(&mut self, event: Event) -> io::Result<()> {
        self.push(event);
        Ok(())
    }
}
