// SPDX-License-Identifier: Apache-2.0
//! Proofs that a run, its papers and its approval give.

use super::approval::Approval;
use super::ladder::{Coverage, required_classes};
use super::open::{Asked, NOT_GIVEN, told};
use super::shape::fits;
use super::{
    approval, approval_chain, comparison, eligibility, paper, provider, stage_proof, target,
};
use crate::governance::run::RunSummary;
use crate::governance::stamp;
use crate::support::pyjson::ordered::Value;

impl Asked<'_> {
    pub(super) fn clean_source(&self) -> Result<String, String> {
        let run = self.given.run.as_ref().ok_or(NOT_GIVEN)?;
        let (_, proof) = self.proof().ok_or("the run holds no proof of its source")?;
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

    pub(super) fn disposal(&self) -> Result<String, String> {
        let run = self.given.run.as_ref().ok_or(NOT_GIVEN)?;
        let proof = self.proof();
        let repository = proof.and_then(|(_, proof)| proof.get("disposable_repository"));
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
        let sheet = self.sheet(self.given.target.as_ref(), "target-admission")?;
        let mut issues = target::admission(&sheet, self.profile);
        issues.extend(target::conflicts(&sheet, self.profile));
        issues.extend(provider::review(&sheet, self.as_of));
        let report = self.report();
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

    pub(super) fn provider(&self) -> Result<String, String> {
        let paper = self.given.provider.as_ref().ok_or(NOT_GIVEN)?;
        let gates = &self.profile.gates;
        let mut issues = provider::admission(&paper.sheet, gates);
        issues.extend(provider::review(&paper.sheet, self.as_of));
        if let Some(why) = told(issues) {
            return Err(why);
        }
        let report = self.report();
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

    pub(super) fn decision(&self) -> Result<String, String> {
        let paper = self
            .given
            .decision
            .as_ref()
            .ok_or("no eligibility decision is given")?;
        let report = self.report();
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
    pub(super) fn run(&self) -> Result<String, String> {
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

    pub(super) fn comparison(&self) -> Result<String, String> {
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
        if let (Some(run), Some((name, proof))) = (&self.given.run, self.proof()) {
            let path = format!("{}/{name}", run.summary.name);
            sheets.extend(super::Sheet::of_json(&path, "", proof));
        }
        let sheet = sheets.first().ok_or(NOT_GIVEN)?;
        let mut issues = comparison::incomplete(sheet, self.profile);
        issues.extend(comparison::overclaimed(sheet, self.profile));
        match told(issues) {
            Some(why) => Err(why),
            None => Ok(sheet.path.clone()),
        }
    }

    pub(super) fn coverage(&self) -> Result<String, String> {
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
