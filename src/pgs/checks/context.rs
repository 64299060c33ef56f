// SPDX-License-Identifier: Apache-2.0
//! Everything a check may look at, and where it puts what it found.

use super::domain::Domain;
use crate::model::{Draft, EntryPath};
use crate::pgs::external::Bindings;
use crate::pgs::files::{File, Files};
use crate::pgs::fqdn::{Fqdn, Kind};
use crate::pgs::model::{
    Contract, Intent, RuntimeBinding, ShapeFault, SideEffect, Step, Storage, Transform, Workflow,
};
use crate::pgs::seal::Handed;
use crate::pgs::snapshot::{Artifact, Snapshot, named_by};
use crate::rules::{Body, Rule};
use crate::schema;
use crate::support::pyjson::ordered::Value;
use rayon::prelude::*;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, HashMap};

/// An artifact as a type.
#[derive(Debug, Clone)]
pub enum Typed {
    /// `WF`
    Workflow(Workflow),
    /// `IN` or `TI`
    Intent(Intent),
    /// `CC`
    Contract(Contract),
    /// `CT`
    Transform(Transform),
    /// `CS`
    SideEffect(SideEffect),
    /// `RB`
    Binding(RuntimeBinding),
    /// `STRUCTURE` with entity stores
    Storage(Storage),
    /// Any other kind: read as data
    Other,
}

/// One file that should be an artifact.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// Its file, below the snapshot.
    pub path: String,
    /// The artifact, when the file could be parsed and its name is one.
    pub artifact: Artifact,
    /// As a type.
    pub typed: Typed,
    /// Members of the wrong shape.
    pub faults: Vec<ShapeFault>,
}

impl Loaded {
    /// Its name.
    pub fn fqdn(&self) -> &Fqdn {
        &self.artifact.fqdn
    }

    /// The whole document.
    pub fn body(&self) -> &Value {
        &self.artifact.body
    }
}

/// What checks see.
pub struct Context<'a> {
    /// The bytes.
    pub files: &'a Files,
    /// The symbolic generation, when the folder holds it.
    pub snapshot: Option<Snapshot>,
    /// Its artifacts, by path.
    pub artifacts: Vec<Loaded>,
    /// Files that are no JSON, and why.
    pub unreadable: Vec<(String, String)>,
    /// The tokenized generation, a domain each.
    pub domains: Vec<Domain>,
    /// The seal to hold the folder against.
    pub seal: Option<&'a Handed>,
    /// Whether capabilities of this binary are asked for.
    pub conformance: bool,
    /// Programs that answer for capabilities.
    pub external: Option<&'a Bindings>,
    /// The snapshot that this one follows, to tell what changed.
    pub before: Option<&'a Context<'a>>,
    names: HashMap<String, usize>,
}

/// What a check needs before it can say anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Nothing.
    Nothing,
    /// Artifacts of the symbolic generation.
    Artifacts,
    /// A tokenized domain.
    Tokens,
    /// Both beside each other.
    Both,
    /// A seal.
    Seal,
    /// Artifacts, and the wish to know what this binary makes of them.
    Capabilities,
    /// The snapshot that this one follows.
    Before,
}

/// What a check found.
#[derive(Debug, Default)]
pub struct Found {
    /// Judgements.
    pub drafts: Vec<Draft>,
    /// What was let pass by a rule's own list, and how often: fact, then name.
    pub passed: BTreeMap<&'static str, BTreeMap<String, u64>>,
}

impl Found {
    /// Counts something that the rule's list lets pass.
    pub fn pass(&mut self, fact: &'static str, name: &str) {
        let names = self.passed.entry(fact).or_default();
        *names.entry(name.to_owned()).or_default() += 1;
    }
}

impl<'a> Context<'a> {
    /// Parses what was read.
    pub fn new(files: &'a Files, limits: crate::pgs::limits::Limits) -> Self {
        let snapshot = Snapshot::of(files.clone(), limits);
        let parsed: Vec<(String, Result<Option<Loaded>, String>)> = match &snapshot {
            None => Vec::new(),
            Some(snapshot) => {
                let listed: Vec<(&str, &File)> = snapshot.artifact_files().collect();
                listed
                    .into_par_iter()
                    .map(|(path, file)| (path.to_owned(), load(snapshot, path, file)))
                    .collect()
            }
        };
        let mut context = Self {
            files,
            snapshot,
            artifacts: Vec::new(),
            unreadable: Vec::new(),
            domains: Vec::new(),
            seal: None,
            conformance: false,
            external: None,
            before: None,
            names: HashMap::new(),
        };
        for (path, loaded) in parsed {
            match loaded {
                Ok(Some(loaded)) => {
                    let name = loaded.fqdn().to_string();
                    context.names.entry(name).or_insert(context.artifacts.len());
                    context.artifacts.push(loaded);
                }
                Ok(None) => {}
                Err(cause) => context.unreadable.push((path, cause)),
            }
        }
        context.domains = Domain::all(files, limits.depth, &mut context.unreadable);
        context
    }

    /// Why a need is not met, and whether that leaves something unjudged: a snapshot of one
    /// generation owes nothing to rules about the other.
    pub fn lacks(&self, need: Need) -> Option<(&'static str, bool)> {
        let artifacts = self.snapshot.is_some();
        let tokens = !self.domains.is_empty();
        match need {
            Need::Artifacts | Need::Capabilities if !artifacts => {
                Some(("the snapshot holds no artifacts", false))
            }
            Need::Tokens | Need::Both if !tokens => {
                Some(("the snapshot holds no tokenized domain", false))
            }
            Need::Both if !artifacts => Some((
                "the artifacts that the tokens stand for are not beside them",
                true,
            )),
            Need::Seal if self.seal.is_none() => Some((
                "no seal is named, and none stands beside the snapshot",
                true,
            )),
            Need::Before if self.before.is_none() => {
                Some(("no snapshot to compare with is named: --compare", false))
            }
            Need::Capabilities if !self.conformance => {
                Some(("not asked for: --conformance runs recorded cases", true))
            }
            _ => None,
        }
    }

    /// The artifact of a name.
    pub fn get(&self, name: &str) -> Option<&Loaded> {
        self.names.get(name).map(|at| &self.artifacts[*at])
    }

    /// The artifact that a reference means: a full name, or a code within a namespace.
    pub fn resolve(&self, reference: &str, namespace: &str) -> Option<&Loaded> {
        let fqdn = Fqdn::parse_within(reference, namespace).ok()?;
        self.get(fqdn.as_str())
    }

    /// Artifacts of a kind.
    pub fn of(&self, kind: Kind) -> impl Iterator<Item = &Loaded> {
        self.artifacts
            .iter()
            .filter(move |a| a.fqdn().kind() == kind)
    }

    /// Workflows.
    pub fn workflows(&self) -> impl Iterator<Item = (&Loaded, &Workflow)> {
        self.artifacts
            .iter()
            .filter_map(|loaded| match &loaded.typed {
                Typed::Workflow(workflow) => Some((loaded, workflow)),
                _ => None,
            })
    }

    /// Contracts.
    pub fn contracts(&self) -> impl Iterator<Item = (&Loaded, &Contract)> {
        self.artifacts
            .iter()
            .filter_map(|loaded| match &loaded.typed {
                Typed::Contract(contract) => Some((loaded, contract)),
                _ => None,
            })
    }

    /// Steps of contracts, each with its contract's artifact and its number in the pipeline.
    pub fn steps(&self) -> impl Iterator<Item = (&Loaded, usize, &Step)> {
        self.contracts().flat_map(|(loaded, contract)| {
            let numbered = contract.steps.iter().enumerate();
            numbered.map(move |(index, step)| (loaded, index, step))
        })
    }

    /// Runtime bindings.
    pub fn bindings(&self) -> impl Iterator<Item = (&Loaded, &RuntimeBinding)> {
        self.artifacts
            .iter()
            .filter_map(|loaded| match &loaded.typed {
                Typed::Binding(binding) => Some((loaded, binding)),
                _ => None,
            })
    }

    /// The contract of a name.
    pub fn contract(&self, name: &str, namespace: &str) -> Option<&Contract> {
        match &self.resolve(name, namespace)?.typed {
            Typed::Contract(contract) => Some(contract),
            _ => None,
        }
    }

    /// The transform of a name.
    pub fn transform(&self, name: &str) -> Option<&Transform> {
        match &self.get(name)?.typed {
            Typed::Transform(transform) => Some(transform),
            _ => None,
        }
    }

    /// The side effect of a name.
    pub fn side_effect(&self, name: &str) -> Option<&SideEffect> {
        match &self.get(name)?.typed {
            Typed::SideEffect(effect) => Some(effect),
            _ => None,
        }
    }

    /// The intent or ingress of a name.
    pub fn intent(&self, name: &str, namespace: &str) -> Option<&Intent> {
        match &self.resolve(name, namespace)?.typed {
            Typed::Intent(intent) => Some(intent),
            _ => None,
        }
    }

    /// The runtime binding of a workflow.
    pub fn binding_of(&self, workflow: &Workflow) -> Option<(&Loaded, &RuntimeBinding)> {
        let loaded = self.resolve(workflow.binding.as_deref()?, workflow.fqdn.namespace())?;
        match &loaded.typed {
            Typed::Binding(binding) => Some((loaded, binding)),
            _ => None,
        }
    }

    /// The storage structure of a binding.
    pub fn storage_of(&self, binding: &RuntimeBinding) -> Option<(&Loaded, &Storage)> {
        let loaded = self.resolve(binding.storage.as_deref()?, binding.fqdn.namespace())?;
        match &loaded.typed {
            Typed::Storage(storage) => Some((loaded, storage)),
            _ => None,
        }
    }

    /// A draft about a file.
    pub fn file(&self, rule: &Rule, path: &str, text: impl Into<String>) -> Draft {
        let path = EntryPath::root(&EntryPath::escape(path.as_bytes()));
        Draft::new(rule.meta.id.clone(), &path, text)
    }

    /// A draft about a member of an artifact's document.
    pub fn at(
        &self,
        rule: &Rule,
        loaded: &Loaded,
        keys: &[&str],
        text: impl Into<String>,
    ) -> Draft {
        self.member(rule, &loaded.path, &pointer(keys), text)
    }

    /// A draft about a member of a file, by JSON pointer; about the nearest member above it that is
    /// there.
    pub fn member(&self, rule: &Rule, path: &str, at: &str, text: impl Into<String>) -> Draft {
        let draft = self.file(rule, path, text);
        let Some(file) = self.files.get(path) else {
            return draft;
        };
        let mut at = at;
        while !at.is_empty() {
            if let Some(span) = schema::locate(&file.bytes, at) {
                return draft.at(span);
            }
            at = at.rfind('/').map_or("", |end| &at[..end]);
        }
        draft
    }
}

/// A JSON pointer.
pub fn pointer<S: AsRef<str>>(keys: &[S]) -> String {
    keys.iter()
        .fold(String::new(), |at, key| schema::join(&at, key.as_ref()))
}

fn load(snapshot: &Snapshot, path: &str, file: &File) -> Result<Option<Loaded>, String> {
    let body = match snapshot.parse(path, file) {
        Ok(body) => body,
        Err(crate::pgs::snapshot::LoadError::Json { cause, .. }) => return Err(cause),
        Err(error) => return Err(error.to_string()),
    };
    let Some(fqdn) = named_by(path) else {
        return Ok(None);
    };
    let artifact = Artifact {
        fqdn,
        path: path.to_owned(),
        body,
    };
    let mut faults = Vec::new();
    let typed = match artifact.fqdn.kind() {
        Kind::Workflow => Typed::Workflow(Workflow::read(&artifact, &mut faults)),
        Kind::Intent | Kind::TransportIngress => {
            Typed::Intent(Intent::read(&artifact, &mut faults))
        }
        Kind::CapabilityContract => Typed::Contract(Contract::read(&artifact, &mut faults)),
        Kind::Transform => Typed::Transform(Transform::read(&artifact, &mut faults)),
        Kind::SideEffect => Typed::SideEffect(SideEffect::read(&artifact, &mut faults)),
        Kind::RuntimeBinding => Typed::Binding(RuntimeBinding::read(&artifact, &mut faults)),
        Kind::Structure if artifact.core().get("entity_stores").is_some() => {
            Typed::Storage(Storage::read(&artifact, &mut faults))
        }
        _ => Typed::Other,
    };
    Ok(Some(Loaded {
        path: path.to_owned(),
        artifact,
        typed,
        faults,
    }))
}

/// A rule's parameters. What cannot be read must not pass in silence: it is said as a finding of
/// the rule about the snapshot as a whole.
pub fn params<T: DeserializeOwned + Default>(
    context: &Context<'_>,
    rule: &Rule,
    found: &mut Found,
) -> T {
    let Body::Check { params, .. } = &rule.body else {
        return T::default();
    };
    if params.is_null() {
        return T::default();
    }
    T::deserialize(&**params).unwrap_or_else(|fault| {
        let text = format!("The rule cannot be evaluated: {fault}.");
        found.drafts.push(context.file(rule, ".", text));
        T::default()
    })
}

/// `A, B and C`.
pub fn listed<S: AsRef<str>>(names: &[S]) -> String {
    crate::support::names::some_of(names, 6)
}
