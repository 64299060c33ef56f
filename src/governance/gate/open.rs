// SPDX-License-Identifier: Apache-2.0
//! Whether a stage may be opened: every proof of its entry column, given or found (section 4.1).
//! What was not given counts as missing; what was given and does not hold is missing as well.

use super::approval::Approval;
use super::ladder::{Coverage, Ladder, required_classes};
use super::shape::fits;
use super::source::{self, Source};
use super::{
    Paper, approval, approval_chain, comparison, eligibility, paper, provider, stage_proof, target,
};
use crate::governance::plan::{Document, Plan};
use crate::governance::profile::{Profile, Stage};
use crate::governance::run::RunSummary;
use crate::governance::stamp;
use crate::support::pyjson::ordered::Value;
use jiff::civil::Date;
use serde_json::json;

/// A run that was handed in, with its trace.
#[derive(Debug, Clone, Default)]
pub struct GivenRun {
    /// What remains of it.
    pub summary: RunSummary,
    /// Steps of the trace.
    pub trace: Vec<Value>,
}

/// What was handed in.
#[derive(Debug, Default)]
pub struct Given<'p> {
    /// The stages so far.
    pub ladder: Option<Ladder>,
    /// The tree in which the ledger stands.
    pub plan: Option<&'p Plan<'p>>,
    /// A run.
    pub run: Option<GivenRun>,
    /// A source record.
    pub source: Option<Paper>,
    /// A provider admission.
    pub provider: Option<Paper>,
    /// A target admission.
    pub target: Option<Paper>,
    /// An eligibility decision.
    pub decision: Option<Paper>,
    /// An approval record.
    pub approval: Option<Paper>,
    /// A task contract.
    pub contract: Option<Paper>,
    /// Further documents: interface and adapter contracts, the matrix, a comparison.
    pub documents: Vec<Paper>,
}

/// A gate, and whether it is proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gate {
    /// Its name.
    pub name: String,
    /// By what it is proven, or why it is not.
    pub proof: Result<String, String>,
}

/// The answer for one stage.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The stage.
    pub stage: u64,
    /// Its gates.
    pub gates: Vec<Gate>,
    /// What an open stage authorises.
    pub authorises: String,
    /// Its widest mode.
    pub mode: String,
}

impl Answer {
    /// Whether every gate is proven.
    pub fn is_open(&self) -> bool {
        self.gates.iter().all(|gate| gate.proof.is_ok())
    }

    /// As commands print it.
    pub fn to_json(&self, narrowest: &str) -> serde_json::Value {
        let names = |proven: bool| -> Vec<&str> {
            let gates = self
                .gates
                .iter()
                .filter(|gate| gate.proof.is_ok() == proven);
            gates.map(|gate| gate.name.as_str()).collect()
        };
        let told = self.gates.iter().map(|gate| match &gate.proof {
            Ok(by) => json!({"gate": gate.name, "proven": true, "by": by}),
            Err(why) => json!({"gate": gate.name, "proven": false, "reason": why}),
        });
        let open = self.is_open();
        json!({
            "schema_version": "cto.gate_check.v1",
            "stage": self.stage,
            "status": if open { "open" } else { "blocked" },
            "required_gates": self.gates.iter().map(|gate| gate.name.as_str()).collect::<Vec<_>>(),
            "passed_gates": names(true),
            "missing_gates": names(false),
            "authorises": if open { self.authorises.as_str() } else { "nothing" },
            "max_mutation_mode": if open { self.mode.as_str() } else { narrowest },
            "gates": told.collect::<Vec<_>>(),
        })
    }
}

/// Reasons of judgements, joined.
fn told(issues: Vec<super::Issue>) -> Option<String> {
    let texts: Vec<String> = issues.into_iter().map(|issue| issue.text).collect();
    (!texts.is_empty()).then(|| texts.join("; "))
}

const NOT_GIVEN: &str = "not given";

/// Judges what was handed in for a stage.
pub fn check(stage: &Stage, given: &Given<'_>, profile: &Profile, as_of: Date) -> Answer {
    let asked = Asked {
        stage,
        given,
        profile,
        as_of,
    };
    let mut gates: Vec<Gate> = stage
        .entry
        .iter()
        .map(|name| Gate {
            name: name.clone(),
            proof: asked.entry(name),
        })
        .collect();
    // What was given must hold, whether the stage asks for it or not.
    let also = [
        ("source_admission", given.source.is_some()),
        ("provider_admission", given.provider.is_some()),
        ("target_admission", given.target.is_some()),
        ("eligibility", given.decision.is_some()),
        ("run", given.run.is_some()),
    ];
    for (name, is_given) in also {
        if is_given && !gates.iter().any(|gate| gate.name == name) {
            gates.push(Gate {
                name: name.to_owned(),
                proof: asked.given(name),
            });
        }
    }
    Answer {
        stage: u64::from(stage.number),
        gates,
        authorises: stage.authorises.clone(),
        mode: stage.mode.clone(),
    }
}

/// One question.
pub(super) struct Asked<'a> {
    /// The stage that it is asked for.
    pub stage: &'a Stage,
    /// What was handed in.
    pub given: &'a Given<'a>,
    /// Names and vocabularies.
    pub profile: &'a Profile,
    /// The day.
    pub as_of: Date,
}

impl Asked<'_> {
    /// Whether something that was given holds.
    fn given(&self, name: &str) -> Result<String, String> {
        match name {
            "source_admission" => self.source_holds(),
            "provider_admission" => self.provider(),
            "target_admission" => self.target(),
            "eligibility" => self.decision(),
            _ => self.run(),
        }
    }

    fn entry(&self, name: &str) -> Result<String, String> {
        if let Some(number) = name
            .strip_prefix("stage_")
            .and_then(|number| number.parse().ok())
        {
            return self.stages(number);
        }
        match name {
            "evidence_interface" | "adapter_contract" => self.document(name),
            "fixture_contract" => self.contract().or_else(|_| self.document(name)),
            "failure_matrix" => self.matrix(),
            "source_record" => self.source().map(|(path, _)| path),
            "source_current" => self.current(),
            "licence_note" => self.licence(),
            "paths_and_actions" => self.contract(),
            "verification_command" => self.verification(),
            "source_owned_clean" => self.clean_source(),
            "disposal_policy" => self.disposal(),
            "approval" => self.approval(),
            "target_admission" => self.target(),
            "comparison" => self.comparison(),
            "failure_matrix_complete" => self.coverage(),
            other => Err(format!("nothing is known of the gate `{other}`")),
        }
    }

    /// By the ledger; without one, by a decision that holds for this stage and the step of the
    /// run's trace at which the harness let it through.
    fn stages(&self, number: u64) -> Result<String, String> {
        if let Some(ladder) = &self.given.ladder {
            let order = told(ladder.order(&self.profile.gates));
            if let Some(why) = order {
                return Err(why);
            }
            return if ladder.reached(number) {
                Ok(ladder.path.clone())
            } else {
                Err(format!(
                    "`{}` does not validate every stage up to {number}",
                    ladder.path
                ))
            };
        }
        let Some(run) = &self.given.run else {
            return Err(format!(
                "{NOT_GIVEN}: neither a ledger nor a decision and a run"
            ));
        };
        let decision = self.decision()?;
        self.run()?;
        let passed = run.trace.iter().any(|step| {
            step.text("step") == Some("gate.stage")
                && step.get("ok").and_then(Value::as_bool) == Some(true)
                && step.get("stage").and_then(Value::as_i64) == Some(i64::from(self.stage.number))
        });
        if passed {
            Ok(format!(
                "{decision} and the stage gate in the trace of {}",
                run.summary.name
            ))
        } else {
            Err(
                "the trace of the run holds no passed stage gate, and no ledger is given"
                    .to_owned(),
            )
        }
    }

    /// A validated document by its stem, given or in the tree of the ledger.
    pub(super) fn document(&self, gate: &str) -> Result<String, String> {
        let patterns = self.profile.gates.documents.get(gate);
        let patterns = patterns.map_or(&[][..], Vec::as_slice);
        let given = self
            .given
            .documents
            .iter()
            .filter_map(|paper| paper.document.as_deref());
        let held = self
            .given
            .plan
            .map_or(&[][..], |plan| plan.documents.as_slice());
        let fitting = |document: &&Document| {
            document.is(&["contract"]) && fits(patterns, &document.stem.to_uppercase())
        };
        let found: Vec<&Document> = given.chain(held).filter(fitting).collect();
        match found
            .iter()
            .find(|document| document.status() == Some("validated"))
        {
            Some(document) => Ok(document.path.clone()),
            None => match found.first() {
                Some(document) => Err(format!("`{}` is not validated", document.path)),
                None => self.by_first_stage(),
            },
        }
    }

    /// A ledger whose first stage is validated rests on these documents.
    fn by_first_stage(&self) -> Result<String, String> {
        let ladder = self.given.ladder.as_ref();
        let ladder = ladder.filter(|ladder| self.stage.number > 1 && ladder.reached(1));
        ladder.map_or_else(
            || Err(NOT_GIVEN.to_owned()),
            |ladder| Ok(format!("stage 1 in {}", ladder.path)),
        )
    }

    fn matrix(&self) -> Result<String, String> {
        let given = self
            .given
            .documents
            .iter()
            .filter_map(|paper| paper.document.as_deref());
        let held = self
            .given
            .plan
            .map_or(&[][..], |plan| plan.documents.as_slice());
        let found = given.chain(held).find(|document| document.is(&["matrix"]));
        found.map_or_else(
            || self.by_first_stage(),
            |document| Ok(document.path.clone()),
        )
    }

    fn source(&self) -> Result<(String, Source), String> {
        let gates = &self.profile.gates;
        let held = || {
            self.given
                .plan
                .and_then(|plan| paper::of_kind(plan, "source-admission").into_iter().next())
        };
        let given = self.given.source.as_ref().map(|paper| paper.sheet.clone());
        let sheet = given.or_else(held).ok_or(NOT_GIVEN)?;
        match told(source::admission(&sheet, self.profile)) {
            Some(why) => Err(why),
            None => Ok((sheet.path.clone(), Source::of(&sheet, gates))),
        }
    }

    pub(super) fn source_holds(&self) -> Result<String, String> {
        let (path, source) = self.source()?;
        if !source.is_admitted() {
            return Err(format!("`{path}` does not admit the source"));
        }
        // The first stage runs nothing.
        if self.stage.number > 1 && !source.allows(&self.stage.mode, &self.profile.gates) {
            return Err(format!(
                "`{path}` does not allow mode `{}`",
                self.stage.mode
            ));
        }
        Ok(path)
    }

    fn current(&self) -> Result<String, String> {
        let (path, source) = self.source()?;
        if !source.is_admitted() {
            return Err(format!("`{path}` does not admit the source"));
        }
        let run = self
            .given
            .run
            .as_ref()
            .and_then(|run| run.summary.report.as_ref());
        match run.and_then(|report| report.text("source_admission_status")) {
            Some("stale") => Err("the run says that the source admission is stale".to_owned()),
            _ => Ok(path),
        }
    }

    pub(super) fn licence(&self) -> Result<String, String> {
        let (path, source) = self.source()?;
        if source.licence_resolved {
            Ok(path)
        } else {
            Err(format!("the licence note of `{path}` is not resolved"))
        }
    }

    /// Allowed paths and forbidden actions, explicit.
    pub(super) fn contract(&self) -> Result<String, String> {
        if let Some(paper) = &self.given.contract {
            let issues =
                super::shape::of_kind("", &paper.sheet, "task-contract", &self.profile.gates);
            return match told(issues) {
                Some(why) => Err(why),
                None => Ok(paper.sheet.path.clone()),
            };
        }
        let report = self
            .given
            .run
            .as_ref()
            .and_then(|run| run.summary.report.as_ref());
        match report {
            Some(report) if !report.items("allowed_paths").is_empty() => {
                Ok("the report of the run".to_owned())
            }
            _ => Err(NOT_GIVEN.to_owned()),
        }
    }

    fn verification(&self) -> Result<String, String> {
        if let Some(paper) = &self.given.contract {
            let stated = !paper.sheet.names("verification_commands").is_empty()
                || paper.sheet.text("no_test_rationale").is_some();
            return if stated {
                Ok(paper.sheet.path.clone())
            } else {
                Err("the contract names neither a command nor why there is none".to_owned())
            };
        }
        let report = self
            .given
            .run
            .as_ref()
            .and_then(|run| run.summary.report.as_ref());
        let commands = report.map_or(&[][..], |report| report.items("verification"));
        let named = commands
            .iter()
            .any(|one| one.text("command").is_some_and(|text| !text.is_empty()));
        if named {
            Ok("the report of the run".to_owned())
        } else {
            Err(NOT_GIVEN.to_owned())
        }
    }

    fn clean_source(&self) -> Result<String, String> {
        let run = self.given.run.as_ref().ok_or(NOT_GIVEN)?;
        let proof = self
            .stage
            .proof
            .as_ref()
            .and_then(|name| run.summary.documents.get(name));
        let proof = proof.ok_or("the run holds no proof of its source")?;
        let same = |before: &str, after: &str| {
            let (before, after) = (proof.get(before), proof.get(after));
            before.is_some() && before == after
        };
        if same("source_head_before", "source_head_after")
            && same("source_status_before", "source_status_after")
        {
            Ok(format!("the proof of {}", run.summary.name))
        } else {
            Err("head and status of the source differ, or are not stated".to_owned())
        }
    }

    fn disposal(&self) -> Result<String, String> {
        let run = self.given.run.as_ref().ok_or(NOT_GIVEN)?;
        let proof = self
            .stage
            .proof
            .as_ref()
            .and_then(|name| run.summary.documents.get(name));
        let repository = proof.and_then(|proof| proof.get("disposable_repository"));
        let says = |key: &str| {
            repository
                .and_then(|one| one.text(key))
                .is_some_and(|text| !text.trim().is_empty())
        };
        if (says("retention") || says("disposal")) && (says("created_by") || says("owner")) {
            Ok(format!("the proof of {}", run.summary.name))
        } else {
            Err("no owner, or no word on disposal or retention, in the proof of the run".to_owned())
        }
    }

    /// By a record that grants one run, else by what the run itself recorded.
    pub(super) fn approval(&self) -> Result<String, String> {
        let held = || {
            let plan = self.given.plan?;
            let all = approval_chain::approvals(plan);
            all.into_iter().find(|one| one.kind == approval::KINDS[2])
        };
        let given = self.given.approval.as_ref().map(|paper| {
            Approval::of(
                &paper.sheet,
                paper.document.as_deref(),
                approval::KINDS[2],
                self.profile,
            )
        });
        if let Some(record) = given.or_else(|| held().filter(|_| self.given.run.is_none())) {
            let gates = &self.profile.gates;
            let wrong = approval::state(record.state, &record.kind, false, record.closed, gates);
            let granted = record.state_name(gates).as_deref() == Some("granted");
            let single = record
                .scope
                .as_deref()
                .is_some_and(|scope| fits(&[gates.approval.scope_pattern.as_str()], scope));
            let fault = match (wrong, granted, single, record.sentence.is_some()) {
                (Some(issue), ..) => issue.text,
                (None, false, ..) => "it is not granted".to_owned(),
                (None, true, false, _) => "it does not say that it is for one run".to_owned(),
                (None, true, true, false) => "it has no exact sentence".to_owned(),
                (None, true, true, true) => return Ok(record.path),
            };
            return Err(format!("`{}`: {fault}", record.path));
        }
        let run = self.given.run.as_ref().ok_or(NOT_GIVEN)?;
        granted_in(&run.summary).map(|()| format!("the events of {}", run.summary.name))
    }

    pub(super) fn target(&self) -> Result<String, String> {
        let held = || {
            self.given
                .plan
                .and_then(|plan| paper::of_kind(plan, "target-admission").into_iter().next())
        };
        let given = self.given.target.as_ref().map(|paper| paper.sheet.clone());
        let sheet = given.or_else(held).ok_or(NOT_GIVEN)?;
        let mut issues = target::admission(&sheet, self.profile);
        issues.extend(target::conflicts(&sheet, self.profile));
        issues.extend(provider::review(&sheet, self.as_of));
        let report = self
            .given
            .run
            .as_ref()
            .and_then(|run| run.summary.report.as_ref());
        if let Some(report) = report.filter(|report| {
            report
                .text("mutation_mode")
                .is_some_and(|mode| self.profile.gates.needs_target(mode))
        }) {
            issues.extend(target::run(Some(&sheet), report));
        }
        match told(issues) {
            Some(why) => Err(why),
            None if !target::is_admitted(&sheet) => Err("the target is not admitted".to_owned()),
            None => Ok(sheet.path),
        }
    }

    fn provider(&self) -> Result<String, String> {
        let paper = self.given.provider.as_ref().ok_or(NOT_GIVEN)?;
        let gates = &self.profile.gates;
        let mut issues = provider::admission(&paper.sheet, gates);
        issues.extend(provider::review(&paper.sheet, self.as_of));
        if let Some(why) = told(issues) {
            return Err(why);
        }
        let report = self
            .given
            .run
            .as_ref()
            .and_then(|run| run.summary.report.as_ref());
        let candidate = self.profile.evidence.candidate.as_str();
        if let Some(report) = report.filter(|report| report.text("backend") == Some(candidate)) {
            let pair =
                ["case_model_provider", "case_model"].map(|key| report.text(key).unwrap_or(""));
            let answer = provider::answer(Some(&paper.sheet), (pair[0], pair[1]), gates);
            if answer != "admitted" {
                return Err(format!("the pair of the run: {answer}"));
            }
        }
        Ok(paper.sheet.path.clone())
    }

    fn decision(&self) -> Result<String, String> {
        let paper = self
            .given
            .decision
            .as_ref()
            .ok_or("no eligibility decision is given")?;
        let report = self
            .given
            .run
            .as_ref()
            .and_then(|run| run.summary.report.as_ref());
        let started = report.and_then(|report| stamp::utc(report.text("run_started_at")?));
        let run = self.given.run.as_ref().map(|run| run.summary.name.as_str());
        let context = eligibility::Context {
            stage: Some(u64::from(self.stage.number)),
            started: started.zip(run),
        };
        let mut issues = eligibility::incomplete(&paper.sheet, self.profile);
        issues.extend(eligibility::overreach(&paper.sheet, self.profile, context));
        if let Some(why) = told(issues) {
            return Err(why);
        }
        let missing = paper.sheet.names("missing_gates");
        let selected = paper.sheet.text("selected_backend").unwrap_or("none");
        if !missing.is_empty() || selected == "none" {
            return Err("it selects no backend".to_owned());
        }
        let backend = report.and_then(|report| report.text("backend"));
        if backend.is_some_and(|backend| backend != selected) {
            return Err(format!(
                "it selects `{selected}`, and the run used another backend"
            ));
        }
        Ok(paper.sheet.path.clone())
    }

    /// A run that passed its own stage, or this one.
    fn run(&self) -> Result<String, String> {
        let run = self.given.run.as_ref().ok_or(NOT_GIVEN)?;
        let report = run
            .summary
            .report
            .as_ref()
            .ok_or("its report cannot be read")?;
        let number = report.get("stage").and_then(Value::as_i64);
        let own = number.and_then(|number| u64::try_from(number).ok());
        let stage = own
            .and_then(|number| self.profile.gates.stage(number))
            .unwrap_or(self.stage);
        stage_proof::meets(stage, &run.summary, self.profile)?;
        match stage_proof::wider(stage, report, self.profile).first() {
            Some(why) => Err(why.clone()),
            None => Ok(run.summary.name.clone()),
        }
    }

    fn comparison(&self) -> Result<String, String> {
        let mut sheets: Vec<super::Sheet> = self
            .given
            .documents
            .iter()
            .filter(|paper| paper.kind(&self.profile.gates) == Some("comparison"))
            .map(|paper| paper.sheet.clone())
            .collect();
        if let Some(plan) = self.given.plan {
            sheets.extend(paper::of_kind(plan, "comparison"));
        }
        let proof = self.stage.proof.as_ref();
        if let Some(run) = &self.given.run
            && let Some(value) = proof.and_then(|name| run.summary.documents.get(name))
        {
            let name = format!("{}/{}", run.summary.name, proof.map_or("", String::as_str));
            sheets.extend(super::Sheet::of_json(&name, "", value));
        }
        let sheet = sheets.first().ok_or(NOT_GIVEN)?;
        let mut issues = comparison::incomplete(sheet, self.profile);
        issues.extend(comparison::overclaimed(sheet, self.profile));
        match told(issues) {
            Some(why) => Err(why),
            None => Ok(sheet.path.clone()),
        }
    }

    fn coverage(&self) -> Result<String, String> {
        let ladder = self.given.ladder.as_ref().ok_or("no ledger is given")?;
        let open: Vec<&str> = required_classes(self.stage, self.profile)
            .into_iter()
            .map(|(class, _)| class)
            .filter(|class| {
                let mut told = ladder
                    .rungs
                    .iter()
                    .filter_map(|rung| rung.classes.get(*class));
                !told.any(|coverage| *coverage != Coverage::Nothing)
            })
            .collect();
        if open.is_empty() {
            Ok(ladder.path.clone())
        } else {
            Err(format!(
                "the ledger says nothing of {}",
                super::shape::and(&open)
            ))
        }
    }
}

/// Whether a run recorded a request and a grant before it changed anything.
fn granted_in(run: &RunSummary) -> Result<(), String> {
    let at = |name: &str| {
        run.events
            .iter()
            .position(|event| event.text("event") == Some(name))
    };
    if at("approval.denied").is_some() {
        return Err("the run records a denial".to_owned());
    }
    match (
        at("approval.requested"),
        at("approval.granted"),
        at("patch.applied"),
    ) {
        (Some(asked), Some(granted), change)
            if asked < granted && change.is_none_or(|change| granted < change) =>
        {
            Ok(())
        }
        _ => Err("the run records no request and grant before its first change".to_owned()),
    }
}
