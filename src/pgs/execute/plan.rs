// SPDX-License-Identifier: Apache-2.0
//! A workflow with everything that it can reach, read and bound before the first node runs.

use crate::pgs::capability::{BoundTransform, EffectKind, Operation};
use crate::pgs::external::Bindings;
use crate::pgs::external::Program;
use crate::pgs::fqdn::Fqdn;
use crate::pgs::model::{Contract, Intent, Step, Workflow};
use crate::pgs::store::{Store, StorePath};
use crate::pgs::trace::Registered;
use crate::support::pyjson::ordered::{Object, Value};
use indexmap::IndexMap;
use std::collections::{BTreeMap, HashMap};
use std::io;

/// Why a workflow cannot be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadFault {
    /// Its code, such as `CAP-UNBOUND`.
    pub code: &'static str,
    /// The artifact or place concerned.
    pub subject: String,
    /// For people.
    pub message: String,
}

/// What a step runs, bound.
pub(super) enum Bound {
    /// A transform, by name.
    Transform(String),
    /// A side effect.
    Effect {
        kind: EffectKind,
        operation: Operation,
        path: Option<StorePath>,
        results: &'static [&'static str],
    },
    /// A program of the operator's answers.
    External(Box<External>),
    /// Chance answers.
    Chance,
}

/// What the operator lets answer besides what is built in.
#[derive(Debug, Clone, Copy, Default)]
pub struct Answers<'a> {
    /// Programs.
    pub programs: Option<&'a Bindings>,
    /// Chance.
    pub chance: bool,
}

/// A capability that a program answers for.
pub(super) struct External {
    pub(super) fqdn: Fqdn,
    pub(super) program: Program,
    /// Outputs that every answer of a transform has; none for a side effect.
    pub(super) outputs: Vec<String>,
    /// Outcomes it may have.
    pub(super) results: Vec<String>,
}

pub(super) struct PlannedStep {
    pub(super) step: Step,
    pub(super) capability: String,
    pub(super) bound: Bound,
}

pub(super) struct PlannedContract {
    pub(super) contract: Contract,
    pub(super) steps: Vec<PlannedStep>,
}

/// A workflow with everything it names.
pub struct Plan {
    /// The workflow.
    pub workflow: Workflow,
    /// The runtime binding that is used.
    pub binding: Fqdn,
    pub(super) start: String,
    pub(super) intents: IndexMap<String, Intent>,
    pub(super) contracts: IndexMap<String, PlannedContract>,
    pub(super) transforms: IndexMap<String, BoundTransform>,
    pub(super) registered: Vec<Registered>,
    /// Logs that admission may read.
    pub(super) logs: Vec<StorePath>,
    /// Registries, whose files the original creates when it binds them.
    pub(super) registries: Vec<StorePath>,
    /// Every file the run may touch, sorted.
    pub(super) touched: BTreeMap<StorePath, EffectKind>,
    pub(super) verdicts: Verdicts,
}

/// Verdicts that nobody reads: outputs by node and step.
#[derive(Debug, Default)]
pub(super) struct Verdicts(pub(super) HashMap<(String, String), Vec<String>>);

impl Verdicts {
    /// The outputs that said no to nobody.
    pub(super) fn ignored<'a>(
        &'a self,
        node: &str,
        step: &str,
        outputs: &'a Object,
    ) -> impl Iterator<Item = &'a String> {
        let names = self.0.get(&(node.to_owned(), step.to_owned()));
        names
            .into_iter()
            .flatten()
            .filter(|name| match outputs.get(*name) {
                Some(Value::Bool(verdict)) => !verdict,
                Some(Value::Array(violations)) => !violations.is_empty(),
                _ => false,
            })
    }
}

impl Plan {
    /// Digest of every file below the data root that a run may read or write: of the object that
    /// has each path and the digest of its content, null for a file that is not there.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn state_digest(&self, store: &mut Store) -> io::Result<String> {
        let mut files = Object::new();
        for (path, kind) in &self.touched {
            files.insert(path.to_string(), store.digest(path, *kind)?.into());
        }
        Ok(Value::Object(files).digest())
    }
}
