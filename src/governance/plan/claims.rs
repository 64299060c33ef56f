// SPDX-License-Identifier: Apache-2.0
//! The claim graph (section 7.5): documents, items, runs and admissions, and what leads from one to
//! another. "Why is this validated?" is a path in it, from the item to sealed evidence.

use super::document::Document;
use super::facts::{Citation, Fact};
use super::items::{Item, ids_in};
use super::tree::Plan;
use crate::governance::run::RunSummary;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NodeKind {
    /// A governed document.
    Document,
    /// A work item.
    Item,
    /// A run.
    Run,
    /// A governed JSON file.
    Admission,
}

impl NodeKind {
    /// Its word in exports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Document => "document",
            Self::Item => "item",
            Self::Run => "run",
            Self::Admission => "admission",
        }
    }
}

/// What an edge says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Relation {
    /// A document comes from another one, or from an item.
    Source,
    /// An item waits for another one.
    BlockedBy,
    /// An item names its proof, a document a run or an admission.
    Cites,
    /// An approval permits an item.
    Approves,
    /// Evidence used up an approval.
    Consumes,
}

impl Relation {
    /// Its word in exports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::BlockedBy => "blocked-by",
            Self::Cites => "cites",
            Self::Approves => "approves",
            Self::Consumes => "consumes",
        }
    }
}

/// How far a claim is borne out (section 7.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// Somebody says so.
    Stated,
    /// Evidence is named.
    Cited,
    /// A sealed run bears it, and every digest holds.
    DigestBound,
    /// And what the run derives to is what it claims.
    Replayed,
}

impl Strength {
    /// Its word in exports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Stated => "stated",
            Self::Cited => "cited",
            Self::DigestBound => "digest-bound",
            Self::Replayed => "replayed",
        }
    }
}

/// A node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// What it is.
    pub kind: NodeKind,
    /// Title, where there is one.
    pub title: String,
    /// Status, where there is one.
    pub status: Option<String>,
    /// Whether it is there: a cited run may not be at hand, a source may not exist.
    pub present: bool,
    /// Root of a run's seal.
    pub seal: Option<String>,
}

/// The graph. Items are named by id, runs by run id, documents and admissions by path.
#[derive(Debug, Clone, Default)]
pub struct Claims {
    /// Nodes by name.
    pub nodes: BTreeMap<String, Node>,
    /// Edges, sorted.
    pub edges: BTreeSet<(String, Relation, String)>,
}

/// Why an item has its status.
#[derive(Debug, Clone)]
pub struct Why {
    /// The item.
    pub id: String,
    /// Its status; nothing when nothing defines it.
    pub status: Option<String>,
    /// Names on the way from the item to what bears it out best, the item first.
    pub path: Vec<String>,
    /// How far it is borne out.
    pub strength: Strength,
    /// What is missing.
    pub missing: Vec<String>,
}

impl Why {
    /// Whether the item is proven by sealed evidence and nothing is missing.
    pub fn holds(&self) -> bool {
        self.missing.is_empty()
    }
}

impl Claims {
    /// The graph of a tree, and of its runs when they are at hand.
    pub fn of(plan: &Plan<'_>) -> Self {
        let mut claims = Self::default();
        for id in plan.ids() {
            claims.item(plan, id);
        }
        for document in &plan.documents {
            claims.document(plan, document);
        }
        for record in &plan.records {
            let value = record.value.as_ref().ok();
            let status = ["status", "admission_status"]
                .iter()
                .find_map(|key| value?.text(key));
            claims.nodes.insert(
                record.path.clone(),
                Node {
                    kind: NodeKind::Admission,
                    title: record.entry().file_name().to_owned(),
                    status: status.map(str::to_owned),
                    present: true,
                    seal: None,
                },
            );
        }
        for run in plan.runs.into_iter().flat_map(|runs| runs.runs.values()) {
            claims.run(plan, &run.name);
        }
        claims
    }

    fn edge(&mut self, from: &str, relation: Relation, to: &str) {
        if from != to {
            self.edges
                .insert((from.to_owned(), relation, to.to_owned()));
        }
    }

    fn item(&mut self, plan: &Plan<'_>, id: &str) {
        let entry = plan.board.as_ref().and_then(|board| board.get(id));
        let defined = plan.defined(id);
        let title = entry.and_then(|entry| Some(entry.title.as_deref()?.to_owned()));
        let title = title.or_else(|| Some(defined.first()?.1.title.clone()));
        self.nodes.insert(
            id.to_owned(),
            Node {
                kind: NodeKind::Item,
                title: title.unwrap_or_default(),
                status: plan.status(id),
                present: true,
                seal: None,
            },
        );
        for blocker in plan.blockers(id) {
            self.known(&blocker, NodeKind::Item);
            self.edge(id, Relation::BlockedBy, &blocker);
        }
        for document in plan.about(id) {
            self.edge(id, Relation::Cites, &document.path);
        }
        for (document, item) in &defined {
            for name in item.fields.iter().flat_map(|field| files_in(&field.value)) {
                self.file(plan, id, name);
            }
            for run in runs_of(document, item) {
                self.run(plan, run);
                self.edge(id, Relation::Cites, run);
            }
        }
    }

    fn document(&mut self, plan: &Plan<'_>, document: &Document) {
        let title = document.sections.iter().find(|section| section.level == 1);
        let path = document.path.as_str();
        self.nodes.insert(
            path.to_owned(),
            Node {
                kind: NodeKind::Document,
                title: title.map_or_else(
                    || document.stem.clone(),
                    |section| section.title.to_string(),
                ),
                status: document.status().map(str::to_lowercase),
                present: true,
                seal: None,
            },
        );
        let prefix = &plan.profile.planning.work_prefix;
        if let Some(source) = document.value("source") {
            if source.contains('/') || source.ends_with(".md") {
                if plan.document(source).is_none() {
                    self.known(source, NodeKind::Document);
                }
                self.edge(path, Relation::Source, source);
            }
            for id in ids_in(source, prefix) {
                self.known(&id, NodeKind::Item);
                self.edge(path, Relation::Source, &id);
            }
        }
        for citation in &document.citations {
            if let Citation::Run { id, .. } = citation {
                self.run(plan, id);
                self.edge(path, Relation::Cites, id);
            }
        }
        for name in document.facts().iter().flat_map(|fact| files_in(&fact.raw)) {
            self.file(plan, path, name);
        }
        self.approval(plan, document);
    }

    /// What an approval permits, and what used it up.
    fn approval(&mut self, plan: &Plan<'_>, document: &Document) {
        let prefix = &plan.profile.planning.work_prefix;
        let is = |key: &str| {
            document
                .facts_of(key)
                .any(|fact| fact.as_bool() == Some(true))
        };
        let body = document.text.get(document.body..).unwrap_or("");
        if document.is(&["approval-record"]) && is("approval_granted") {
            for id in ids_in(body, prefix) {
                self.edge(&document.path, Relation::Approves, &id);
            }
        }
        let consumed = |fact: Fact| fact.raw.contains("consumed");
        if is("approval_consumed") || document.facts_of("approval_status").any(consumed) {
            let ids: BTreeSet<&String> = plan.listed(document).iter().collect();
            let records = plan
                .documents
                .iter()
                .filter(|one| one.is(&["approval-record"]));
            for record in records {
                let named = document.value("source") == Some(record.path.as_str());
                let text = record.text.get(record.body..).unwrap_or("");
                if named || ids_in(text, prefix).iter().any(|id| ids.contains(id)) {
                    self.edge(&document.path, Relation::Consumes, &record.path);
                }
            }
        }
    }

    /// A file that something names: a document or an admission; others are no claims.
    fn file(&mut self, plan: &Plan<'_>, from: &str, name: &str) {
        let documents = plan
            .documents_named(name)
            .map(|document| document.path.clone());
        let record = plan.record_named(name).map(|record| record.path.clone());
        for path in documents.chain(record) {
            self.edge(from, Relation::Cites, &path);
        }
    }

    /// A node that is only named.
    fn known(&mut self, name: &str, kind: NodeKind) {
        self.nodes.entry(name.to_owned()).or_insert_with(|| Node {
            kind,
            title: String::new(),
            status: None,
            present: false,
            seal: None,
        });
    }

    fn run(&mut self, plan: &Plan<'_>, id: &str) {
        if self.nodes.contains_key(id) {
            return;
        }
        let run = plan.runs.and_then(|runs| runs.get(id));
        let report = run.and_then(|run| run.report.as_ref());
        self.nodes.insert(
            id.to_owned(),
            Node {
                kind: NodeKind::Run,
                title: report
                    .and_then(|report| report.text("backend"))
                    .unwrap_or_default()
                    .to_owned(),
                status: report
                    .and_then(|report| report.text("status"))
                    .map(str::to_owned),
                present: run.is_some(),
                seal: run.and_then(|run| run.seal_root.clone()),
            },
        );
    }

    /// Names that an edge of this kind leads to.
    fn next<'s>(&'s self, from: &'s str, relation: Relation) -> impl Iterator<Item = &'s str> {
        let first = (from.to_owned(), relation, String::new());
        self.edges
            .range(first..)
            .take_while(move |(at, by, _)| at == from && *by == relation)
            .map(|(_, _, to)| to.as_str())
    }

    /// Why an item has its status: the shortest way to the evidence that bears most, and what keeps
    /// it from bearing more.
    pub fn why(&self, plan: &Plan<'_>, id: &str) -> Why {
        let work = &plan.profile.planning.work;
        let status = plan.status(id);
        let mut why = Why {
            id: id.to_owned(),
            status: status.clone(),
            path: vec![id.to_owned()],
            strength: Strength::Stated,
            missing: Vec::new(),
        };
        match &status {
            None => why.missing.push("nothing defines it".to_owned()),
            Some(status) if !work.is_proven(status) => {
                let boxes = plan.defined(id);
                let boxes = boxes.iter().flat_map(|(_, item)| &item.boxes);
                let open: Vec<&str> = boxes
                    .filter(|one| !one.checked)
                    .map(|one| one.text.as_str())
                    .collect();
                why.missing
                    .push(format!("it is `{status}`, not {}", work.proven));
                why.missing
                    .extend(open.iter().map(|text| format!("open: {text}")));
            }
            Some(_) => {}
        }
        for blocker in self.next(id, Relation::BlockedBy) {
            let status = plan.status(blocker);
            if !status.as_ref().is_some_and(|status| work.is_proven(status)) {
                let status = status.unwrap_or_else(|| "not defined".to_owned());
                why.missing
                    .push(format!("`{blocker}`, which blocks it, is {status}"));
            }
        }
        self.evidence(plan, &mut why);
        why
    }

    fn evidence(&self, plan: &Plan<'_>, why: &mut Why) {
        let mut before: BTreeMap<&str, &str> = BTreeMap::new();
        let start = why.id.clone();
        let mut due: VecDeque<&str> = VecDeque::from([start.as_str()]);
        let mut best: Option<(Strength, &str)> = None;
        let mut runs: Vec<(&str, Vec<String>)> = Vec::new();
        let mut documents = 0;
        while let Some(at) = due.pop_front() {
            for next in self.next(at, Relation::Cites) {
                let known = next == start || before.contains_key(next);
                let Some(node) = self.nodes.get(next).filter(|_| !known) else {
                    continue;
                };
                before.insert(next, at);
                match node.kind {
                    NodeKind::Document => {
                        documents += 1;
                        if best.is_none() {
                            best = Some((Strength::Cited, next));
                        }
                        due.push_back(next);
                    }
                    NodeKind::Run => {
                        let held = plan.runs.and_then(|runs| runs.get(next));
                        let (strength, lacks) = borne(held, plan.runs.is_some());
                        // What is nearer wins among equals; a run that passed, over one that did not.
                        let passed = node.status.as_deref() == Some("pass");
                        let better = best.is_none_or(|(known, _)| strength > known);
                        if better && (passed || held.is_none()) {
                            best = Some((strength, next));
                        }
                        runs.push((next, lacks));
                    }
                    NodeKind::Item | NodeKind::Admission => {}
                }
            }
        }
        if let Some((strength, last)) = best {
            why.strength = strength;
            let mut path = vec![last];
            while let Some(above) = path.last().and_then(|at| before.get(at)) {
                path.push(above);
            }
            why.path = path.into_iter().rev().map(str::to_owned).collect();
        }
        if why.strength >= Strength::DigestBound {
            return;
        }
        match (documents, runs.is_empty()) {
            (0, true) => why.missing.push("nothing proves it".to_owned()),
            (_, true) => why
                .missing
                .push("no run is cited by what proves it".to_owned()),
            _ => {
                for (run, lacks) in runs {
                    let lacks = lacks.into_iter().map(|lack| format!("run `{run}`: {lack}"));
                    why.missing.extend(lacks);
                }
            }
        }
    }
}

/// How far a run bears a claim, and what keeps it from bearing more.
fn borne(run: Option<&RunSummary>, given: bool) -> (Strength, Vec<String>) {
    let Some(run) = run else {
        let lack = if given {
            "it is not among the runs"
        } else {
            "runs were not given"
        };
        return (Strength::Cited, vec![lack.to_owned()]);
    };
    let claimed = run.report.as_ref().and_then(|report| report.text("status"));
    let mut lacks = Vec::new();
    if claimed != Some("pass") {
        lacks.push(format!(
            "it ended `{}`",
            claimed.unwrap_or("without a status")
        ));
    }
    if run.seal_root.is_none() {
        lacks.push("it has no seal".to_owned());
    }
    let mut rules: Vec<&str> = run.drafts.iter().map(|draft| draft.rule.as_str()).collect();
    rules.sort_unstable();
    rules.dedup();
    if !rules.is_empty() {
        lacks.push(format!("its evidence does not hold: {}", rules.join(", ")));
    }
    let strength = match (&run.derived_status, lacks.is_empty()) {
        (_, false) => Strength::Cited,
        (Some(derived), true) if Some(derived.as_str()) == claimed => Strength::Replayed,
        (_, true) => Strength::DigestBound,
    };
    (strength, lacks)
}

/// Runs that an item's own text cites.
fn runs_of<'p>(document: &'p Document, item: &Item) -> impl Iterator<Item = &'p str> {
    let body = item.body;
    document
        .citations
        .iter()
        .filter_map(move |citation| match citation {
            Citation::Run { id, span, .. } => {
                (span.start >= body.start && span.end <= body.end).then_some(id.as_str())
            }
            Citation::Commit { .. } => None,
        })
}

/// Names of governed files in a text, as written.
pub fn files_in(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '`' | '(' | ')'))
        .map(|word| word.trim_end_matches('.'))
        .filter(|word| word.ends_with(".md") || word.ends_with(".json"))
}
