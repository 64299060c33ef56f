// SPDX-License-Identifier: Apache-2.0
//! Closed loading (specification of the PGS runtime, section 4.1): everything that a workflow can
//! reach is read, bound and checked before the first node runs, and every fault is told at once.

use super::plan::{
    Answers, Bound, External, LoadFault, Plan, PlannedContract, PlannedStep, Verdicts,
};
use super::{graph, reads};
use crate::pgs::capability::manifest::{self, Effect, Unfit};
use crate::pgs::capability::{BoundTransform, EffectKind, chance};
use crate::pgs::external::Program;
use crate::pgs::fqdn::{Fqdn, Kind};
use crate::pgs::model::{
    Contract, Intent, NodeKind, RuntimeBinding, ShapeFault, SideEffect, Step, StepKind, Storage,
    Transform, Workflow,
};
use crate::pgs::snapshot::{Artifact, LoadError, Snapshot};
use crate::pgs::store::{StorePath, check_templates};
use crate::pgs::trace::Registered;
use crate::support::pyjson::ordered::Value;
use indexmap::IndexMap;
use std::collections::{BTreeMap, BTreeSet};

impl Plan {
    /// Loads a workflow, with its own runtime binding or another.
    ///
    /// # Errors
    /// Every fault.
    pub fn load(
        snapshot: &Snapshot,
        workflow: &Fqdn,
        binding: Option<&Fqdn>,
    ) -> Result<Self, Vec<LoadFault>> {
        Self::load_with(snapshot, workflow, binding, Answers::default())
    }

    /// As [`Plan::load`], with what else may answer for capabilities.
    ///
    /// # Errors
    /// Every fault.
    pub fn load_with(
        snapshot: &Snapshot,
        workflow: &Fqdn,
        binding: Option<&Fqdn>,
        answers: Answers<'_>,
    ) -> Result<Self, Vec<LoadFault>> {
        let mut loader = Loader::new(snapshot, answers);
        let plan = loader.plan(workflow, binding);
        match plan {
            Some(plan) if loader.faults.is_empty() => Ok(plan),
            _ => Err(loader.faults),
        }
    }
}

struct Loader<'a> {
    snapshot: &'a Snapshot,
    answers: Answers<'a>,
    faults: Vec<LoadFault>,
}

/// A side effect of the binding.
struct BoundEffect {
    effect: Option<&'static Effect>,
    declared: SideEffect,
    policy: Option<StorePath>,
}

impl<'a> Loader<'a> {
    fn new(snapshot: &'a Snapshot, answers: Answers<'a>) -> Self {
        Self {
            snapshot,
            answers,
            faults: Vec::new(),
        }
    }

    fn fault(&mut self, code: &'static str, subject: &str, message: impl Into<String>) {
        self.tell(LoadFault {
            code,
            subject: subject.to_owned(),
            message: message.into(),
        });
    }

    /// Once each.
    fn tell(&mut self, fault: LoadFault) {
        if !self.faults.contains(&fault) {
            self.faults.push(fault);
        }
    }

    /// The artifact of a name of the expected kind.
    fn artifact(
        &mut self,
        name: &str,
        within: &str,
        kind: Kind,
        missing: &'static str,
    ) -> Option<Artifact> {
        let fqdn = match Fqdn::parse_within(name, within) {
            Ok(fqdn) if fqdn.kind() == kind => fqdn,
            Ok(fqdn) => {
                let is = format!("is a {}, not a {}", fqdn.kind().tag(), kind.tag());
                self.fault("SCHEMA_VIOLATION", name, is);
                return None;
            }
            Err(error) => {
                self.fault("SCHEMA_VIOLATION", name, error.to_string());
                return None;
            }
        };
        match self.snapshot.artifact(&fqdn) {
            Ok(artifact) => Some(artifact),
            Err(error) => {
                let code = match error {
                    LoadError::Missing { .. } => missing,
                    LoadError::Json { .. } | LoadError::Name { .. } => "ARTIFACT_MALFORMED",
                };
                self.fault(code, fqdn.as_str(), error.to_string());
                None
            }
        }
    }

    fn program(&self, fqdn: &Fqdn) -> Option<Program> {
        self.answers.programs?.program(fqdn).cloned()
    }

    fn read<T>(
        &mut self,
        artifact: &Artifact,
        read: impl FnOnce(&Artifact, &mut Vec<ShapeFault>) -> T,
    ) -> T {
        let mut shapes = Vec::new();
        let read = read(artifact, &mut shapes);
        for shape in shapes {
            let message = format!("{} is not {}", shape.at, shape.expected);
            self.fault("ARTIFACT_MALFORMED", artifact.fqdn.as_str(), message);
        }
        read
    }

    fn plan(&mut self, name: &Fqdn, binding: Option<&Fqdn>) -> Option<Plan> {
        let space = name.namespace().to_owned();
        let artifact =
            self.artifact(name.as_str(), &space, Kind::Workflow, "WORKFLOW_NOT_FOUND")?;
        let workflow = self.read(&artifact, Workflow::read);
        for fault in graph::faults(&workflow) {
            self.tell(fault);
        }
        let named = binding.map(|fqdn| fqdn.as_str().to_owned());
        let named = named.or_else(|| workflow.binding.clone());
        let (binding, effects, storage) = match named {
            Some(named) => self.binding(&named, &space)?,
            None => {
                self.fault("RB_NOT_FOUND", name.as_str(), "it names no runtime binding");
                return None;
            }
        };
        let mut plan = Plan {
            start: workflow.start.clone().unwrap_or_default(),
            intents: IndexMap::new(),
            contracts: IndexMap::new(),
            transforms: IndexMap::new(),
            registered: Vec::new(),
            logs: Vec::new(),
            registries: Vec::new(),
            touched: BTreeMap::new(),
            verdicts: Verdicts::default(),
            binding: binding.fqdn.clone(),
            workflow,
        };
        self.nodes(&mut plan, &effects, storage.as_ref());
        for (name, bound) in &effects {
            plan.registered.push(Registered {
                capability: name.clone(),
                registered: bound.effect.is_some(),
                runtime_class: bound
                    .effect
                    .map_or_else(String::new, |effect| effect.class.to_owned()),
            });
            let kind = bound.effect.map(|effect| effect.kind);
            match (kind, &bound.policy) {
                (Some(EffectKind::Log), Some(path)) => plan.logs.push(path.clone()),
                (Some(EffectKind::Registry), Some(path)) => plan.registries.push(path.clone()),
                _ => {}
            }
        }
        plan.registered
            .sort_by(|a, b| a.capability.cmp(&b.capability));
        let stores = storage.iter().flat_map(|storage| storage.stores.values());
        let logs = stores.filter(|path| path.ends_with(".jsonl"));
        plan.logs
            .extend(logs.filter_map(|path| StorePath::parse(path).ok()));
        plan.logs.sort();
        plan.logs.dedup();
        if plan.workflow.admission.is_some() {
            let logs = plan.logs.iter().map(|path| (path.clone(), EffectKind::Log));
            plan.touched.extend(logs);
        }
        plan.verdicts = reads::ignored(&plan);
        Some(plan)
    }

    fn binding(
        &mut self,
        name: &str,
        within: &str,
    ) -> Option<(
        RuntimeBinding,
        IndexMap<String, BoundEffect>,
        Option<Storage>,
    )> {
        let artifact = self.artifact(name, within, Kind::RuntimeBinding, "RB_NOT_FOUND")?;
        let binding = self.read(&artifact, RuntimeBinding::read);
        let space = binding.fqdn.namespace().to_owned();
        let storage = binding.storage.clone().and_then(|named| {
            let artifact = self.artifact(&named, &space, Kind::Structure, "STRUCTURE_NOT_FOUND")?;
            let storage = self.read(&artifact, Storage::read);
            for (entity, path) in &storage.stores {
                if let Err(error) = StorePath::parse(path) {
                    let subject = format!("{} {entity}", storage.fqdn);
                    self.fault("STORE_PATH", &subject, error.to_string());
                }
            }
            Some(storage)
        });
        let mut effects = IndexMap::new();
        for (name, bound) in &binding.bindings {
            self.templates(&bound.policy, binding.fqdn.as_str());
            let found = self.artifact(name, &space, Kind::SideEffect, "CAPABILITY_NOT_FOUND");
            let Some(artifact) = found else { continue };
            let declared = self.read(&artifact, SideEffect::read);
            let policy = bound.policy.text("path").and_then(|path| {
                let path = StorePath::of_policy(path);
                path.map_err(|error| {
                    self.fault("RB_PATH", binding.fqdn.as_str(), error.to_string())
                })
                .ok()
            });
            let effect = match manifest::effect(&declared) {
                Ok(effect) => Some(effect),
                // What no step uses may stay unbound.
                Err(Unfit::Unbound(..)) => None,
                Err(drift) => {
                    self.fault(drift.code(), name, drift.to_string());
                    None
                }
            };
            let bound = BoundEffect {
                effect,
                declared,
                policy,
            };
            effects.insert(artifact.fqdn.as_str().to_owned(), bound);
        }
        Some((binding, effects, storage))
    }

    /// Every text of a policy holds known templates only.
    fn templates(&mut self, policy: &Value, subject: &str) {
        match policy {
            Value::String(text) => {
                if let Err(error) = check_templates(text) {
                    self.fault("RB_TEMPLATE", subject, error.to_string());
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.templates(item, subject)),
            Value::Object(members) => members
                .values()
                .for_each(|item| self.templates(item, subject)),
            _ => {}
        }
    }

    fn nodes(
        &mut self,
        plan: &mut Plan,
        effects: &IndexMap<String, BoundEffect>,
        storage: Option<&Storage>,
    ) {
        let workflow = plan.workflow.clone();
        let space = workflow.fqdn.namespace();
        for node in workflow.nodes.values() {
            let (kind, missing) = match node.kind {
                NodeKind::Intent => (Kind::Intent, "INTENT_NOT_FOUND"),
                NodeKind::Ingress => (Kind::TransportIngress, "E_TI_SPEC_NOT_FOUND"),
                NodeKind::Contract => (Kind::CapabilityContract, "CAPABILITY_NOT_FOUND"),
                NodeKind::Exit | NodeKind::Other(_) => continue,
            };
            let Some(target) = &node.target else {
                let message = format!("{} names no artifact", node.id);
                self.fault("SCHEMA_VIOLATION", workflow.fqdn.as_str(), message);
                continue;
            };
            let Some(artifact) = self.artifact(target, space, kind, missing) else {
                continue;
            };
            let name = artifact.fqdn.as_str().to_owned();
            if kind != Kind::CapabilityContract {
                let intent = self.read(&artifact, Intent::read);
                plan.intents.insert(name, intent);
            } else if !plan.contracts.contains_key(&name) {
                let contract = self.read(&artifact, Contract::read);
                let steps = self.steps(plan, &contract, effects, storage);
                plan.contracts
                    .insert(name, PlannedContract { contract, steps });
            }
        }
    }

    fn steps(
        &mut self,
        plan: &mut Plan,
        contract: &Contract,
        effects: &IndexMap<String, BoundEffect>,
        storage: Option<&Storage>,
    ) -> Vec<PlannedStep> {
        let subject = contract.fqdn.as_str();
        let most = self.snapshot.limits.steps;
        if contract.steps.is_empty() {
            self.fault("SCHEMA_VIOLATION", subject, "its pipeline has no step");
        }
        if contract.steps.len() > most {
            self.fault(
                "SCHEMA_VIOLATION",
                subject,
                format!("its pipeline has more than {most} steps"),
            );
        }
        let mut names = BTreeSet::new();
        let mut planned = Vec::new();
        for step in contract.steps.iter().take(most) {
            if !names.insert(&step.id) {
                self.fault(
                    "SCHEMA_VIOLATION",
                    subject,
                    format!("two steps are called {:?}", step.id),
                );
            }
            let space = contract.fqdn.namespace();
            let bound = match &step.kind {
                StepKind::Transform(name) => self.transform(plan, name, space),
                StepKind::SideEffect(name) => {
                    self.effect(plan, step, name, space, effects, storage)
                }
                StepKind::Unclear => {
                    let message = format!("step {:?} names no capability, or two", step.id);
                    self.fault("SCHEMA_VIOLATION", subject, message);
                    None
                }
            };
            if let Some((capability, bound)) = bound {
                let step = step.clone();
                planned.push(PlannedStep {
                    step,
                    capability,
                    bound,
                });
            }
        }
        planned
    }

    fn transform(&mut self, plan: &mut Plan, name: &str, space: &str) -> Option<(String, Bound)> {
        let artifact = self.artifact(name, space, Kind::Transform, "CT_IR_NOT_FOUND")?;
        let full = artifact.fqdn.as_str().to_owned();
        if !plan.transforms.contains_key(&full) {
            if artifact.body.get("ct_ir").is_none() {
                self.fault("CT_IR_NOT_FOUND", &full, "it has no ct_ir");
                return None;
            }
            let transform = self.read(&artifact, Transform::read);
            if let Some(program) = self.program(&artifact.fqdn) {
                let outputs = transform.outputs.keys().cloned().collect();
                let results = ["SUCCESS", "VIOLATION"].map(str::to_owned).to_vec();
                let bound = External {
                    fqdn: artifact.fqdn,
                    program,
                    outputs,
                    results,
                };
                return Some((full, Bound::External(Box::new(bound))));
            }
            if self.answers.chance && full == chance::NAME {
                if let Err(unfit) = chance::fits(&transform) {
                    self.fault(unfit.code(), &full, unfit.to_string());
                    return None;
                }
                return Some((full, Bound::Chance));
            }
            match BoundTransform::bind(transform) {
                Ok(bound) => {
                    plan.transforms.insert(full.clone(), bound);
                }
                Err(unfit) => {
                    for one in unfit {
                        self.fault(one.code(), &full, one.to_string());
                    }
                    return None;
                }
            }
        }
        Some((full.clone(), Bound::Transform(full)))
    }

    fn effect(
        &mut self,
        plan: &mut Plan,
        step: &Step,
        name: &str,
        space: &str,
        effects: &IndexMap<String, BoundEffect>,
        storage: Option<&Storage>,
    ) -> Option<(String, Bound)> {
        let full = Fqdn::parse_within(name, space).map(|fqdn| fqdn.as_str().to_owned());
        let full = full.unwrap_or_else(|_| name.to_owned());
        let Some(bound) = effects.get(&full) else {
            self.fault(
                "RB_COVER",
                &full,
                format!("{} does not bind it", plan.binding),
            );
            return None;
        };
        if let Some(program) = self.program(&bound.declared.fqdn) {
            let op = step.op.as_deref().unwrap_or_default();
            let Some(operation) = bound.declared.operations.get(op) else {
                let message = format!("step {:?} asks for {op:?}", step.id);
                self.fault("OP_UNKNOWN", &full, message);
                return None;
            };
            let external = External {
                fqdn: bound.declared.fqdn.clone(),
                program,
                outputs: Vec::new(),
                results: operation.results.clone(),
            };
            return Some((full, Bound::External(Box::new(external))));
        }
        let effect = match (bound.effect, manifest::effect(&bound.declared)) {
            (Some(effect), _) => effect,
            (None, Err(Unfit::Unbound(..))) => {
                let unbound = manifest::effect(&bound.declared).err()?;
                self.fault(unbound.code(), &full, unbound.to_string());
                return None;
            }
            (None, _) => return None,
        };
        let named = step.op.as_deref().unwrap_or_default();
        let Some(operation) = effect.operation(named) else {
            self.fault(
                "OP_UNKNOWN",
                &full,
                format!("step {:?} asks for {named:?}", step.id),
            );
            return None;
        };
        let entity = step.store.as_deref();
        let stored = entity.and_then(|entity| storage?.stores.get(entity));
        let stored = stored.and_then(|path| StorePath::parse(path).ok());
        // Registries and logs stand where the binding says, documents where the structure says.
        let path = match effect.kind {
            EffectKind::Registry | EffectKind::Log => bound.policy.clone().or(stored),
            EffectKind::Document => stored.or_else(|| bound.policy.clone()),
            EffectKind::Mail => None,
        };
        if path.is_none() && effect.kind != EffectKind::Mail {
            let entity = entity.unwrap_or("its store");
            self.fault(
                "STORE_UNKNOWN",
                &full,
                format!("no path is bound for {entity}"),
            );
        }
        plan.touched
            .extend(path.clone().map(|path| (path, effect.kind)));
        let bound = Bound::Effect {
            kind: effect.kind,
            operation,
            path,
            results: effect.results(operation),
        };
        Some((full, bound))
    }
}
