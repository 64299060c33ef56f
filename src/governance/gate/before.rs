// SPDX-License-Identifier: Apache-2.0
//! Proofs that stand before a run: earlier stages, matrix, source, verification.

use super::open::{Asked, NOT_GIVEN, told};
use super::shape::fits;
use super::source::{self, Source};
use crate::governance::plan::Document;
use crate::support::pyjson::ordered::Value;

impl Asked<'_> {
    /// By the ledger; without one, by a decision that holds for this stage and the step of the
    /// run's trace at which the harness let it through.
    pub(super) fn stages(&self, number: u64) -> Result<String, String> {
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
        let fitting = |document: &&Document| {
            document.is(&["contract"]) && fits(patterns, &document.stem.to_uppercase())
        };
        let found: Vec<&Document> = self.documents().filter(fitting).collect();
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
    pub(super) fn by_first_stage(&self) -> Result<String, String> {
        let ladder = self.given.ladder.as_ref();
        let ladder = ladder.filter(|ladder| self.stage.number > 1 && ladder.reached(1));
        ladder.map_or_else(
            || Err(NOT_GIVEN.to_owned()),
            |ladder| Ok(format!("stage 1 in {}", ladder.path)),
        )
    }

    pub(super) fn matrix(&self) -> Result<String, String> {
        let found = self.documents().find(|document| document.is(&["matrix"]));
        found.map_or_else(
            || self.by_first_stage(),
            |document| Ok(document.path.clone()),
        )
    }

    pub(super) fn source(&self) -> Result<(String, Source), String> {
        let gates = &self.profile.gates;
        let sheet = self.sheet(self.given.source.as_ref(), "source-admission")?;
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

    pub(super) fn current(&self) -> Result<String, String> {
        let (path, source) = self.source()?;
        if !source.is_admitted() {
            return Err(format!("`{path}` does not admit the source"));
        }
        let report = self.report();
        match report.and_then(|report| report.text("source_admission_status")) {
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
        match self.report() {
            Some(report) if !report.items("allowed_paths").is_empty() => {
                Ok("the report of the run".to_owned())
            }
            _ => Err(NOT_GIVEN.to_owned()),
        }
    }

    pub(super) fn verification(&self) -> Result<String, String> {
        if let Some(paper) = &self.given.contract {
            let stated = !paper.sheet.names("verification_commands").is_empty()
                || paper.sheet.text("no_test_rationale").is_some();
            return if stated {
                Ok(paper.sheet.path.clone())
            } else {
                Err("the contract names neither a command nor why there is none".to_owned())
            };
        }
        let report = self.report();
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
}
