// SPDX-License-Identifier: Apache-2.0
//! A run proves its own stage and no later one (sections 4.1, 5 B).

use super::told;
use super::{Check, Found};
use crate::governance::plan::{Citation, Document, Plan};
use crate::governance::run::RunSummary;
use crate::model::ByteSpan;
use crate::rules::Rule;
use crate::support::patterns::Pattern;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The checks of this file.
pub(super) const CHECKS: &[Check] = &[Check::plan("cto-scope-carryover", carryover)];

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Carryover {
    /// A stage and its number, in headings.
    pub(super) stage: String,
    /// A sentence that claims a stage, with its number.
    pub(super) claims: Vec<String>,
    /// What no run proves.
    pub(super) beyond: Vec<String>,
    /// Lines that deny, or that cite a run for what came before.
    pub(super) not_lines: Vec<String>,
}

struct Words {
    stage: Vec<Pattern>,
    claims: Vec<Pattern>,
    beyond: Vec<Pattern>,
    not_lines: Vec<Pattern>,
}

/// A run and the stage that a document cites it for.
struct Cited<'p> {
    document: &'p Document,
    id: &'p str,
    span: ByteSpan,
    stage: i64,
}

fn number(patterns: &[Pattern], text: &str) -> Option<i64> {
    let hit = patterns.iter().find_map(|pattern| pattern.captures(text))?;
    hit.get(1)?.as_str().parse().ok()
}

fn carryover(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let params: Carryover = told::params(rule);
    let words = Words {
        stage: told::patterns([&params.stage]),
        claims: told::patterns(&params.claims),
        beyond: told::patterns(&params.beyond),
        not_lines: told::patterns(&params.not_lines),
    };
    let cited = cited(plan, &words, rule, found);
    let mut lowest: BTreeMap<&str, i64> = BTreeMap::new();
    for one in &cited {
        let known = lowest.entry(one.id).or_insert(one.stage);
        *known = (*known).min(one.stage);
    }
    for one in &cited {
        let judged = plan.runs.and_then(|runs| stage_of(plan, runs.get(one.id)?));
        let own = judged
            .or_else(|| lowest.get(one.id).copied())
            .unwrap_or(one.stage);
        if one.stage > own {
            let text = format!(
                "Run `{}` is of stage {own} and is cited for stage {}.",
                one.id, one.stage
            );
            told::at(found, rule, one.document, one.span, text);
        }
    }
}

/// Runs that sections of a stage cite; what lines claim beyond any stage is said at once.
fn cited<'p>(plan: &'p Plan<'_>, words: &Words, rule: &Rule, found: &mut Found) -> Vec<Cited<'p>> {
    let mut all = Vec::new();
    for document in &plan.documents {
        let claimed = claimed(document, words);
        for citation in &document.citations {
            let Citation::Run { id, span, section } = citation else {
                continue;
            };
            let line = document.line_at(span.start).unwrap_or("");
            if words.not_lines.iter().any(|one| one.is_match(line)) {
                continue;
            }
            if words.beyond.iter().any(|one| one.is_match(line)) {
                let text =
                    format!("Run `{id}` is cited for what no run proves: a default or Core.");
                told::at(found, rule, document, *span, text);
                continue;
            }
            let headed = document
                .around(*section)
                .find_map(|one| number(&words.stage, &one.title));
            let claimed = claimed
                .iter()
                .filter(|(own, _)| own == section)
                .map(|(_, stage)| *stage);
            let item = document.around_item(*span);
            let item = item.and_then(|head| document.item(head.section));
            let scoped = item.and_then(|item| number(&words.stage, item.value("what_to_build")?));
            if let Some(stage) = headed.into_iter().chain(claimed).chain(scoped).max() {
                all.push(Cited {
                    document,
                    id,
                    span: *span,
                    stage,
                });
            }
        }
    }
    all
}

/// Stages that sentences claim, by section.
fn claimed(document: &Document, words: &Words) -> Vec<(usize, i64)> {
    let lines = document.lines().into_iter();
    lines
        .filter(|line| !line.fenced)
        .filter_map(|line| {
            let text = document.line(&line);
            let denied = words.not_lines.iter().any(|one| one.is_match(text));
            let stage = number(&words.claims, text).filter(|_| !denied)?;
            Some((line.section, stage))
        })
        .collect()
}

/// The stage that a run's own report or proof names.
fn stage_of(plan: &Plan<'_>, run: &RunSummary) -> Option<i64> {
    let stages = &plan.profile.gates.stages;
    let proof = stages.iter().rev().find(|stage| {
        let proof = stage.proof.as_ref();
        proof.is_some_and(|proof| run.digests.contains_key(proof))
    });
    let scope = run.report.as_ref()?.text("allowed_mutation_scope");
    let scoped = stages
        .iter()
        .find(|stage| scope == Some(stage.scope.as_str()));
    Some(i64::from(proof.or(scoped)?.number))
}
