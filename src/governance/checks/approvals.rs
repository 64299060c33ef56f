// SPDX-License-Identifier: Apache-2.0
//! Approvals: sentence, state, time, use, provenance.

use super::{Check, Found, recorded};
use crate::governance::gate::approval::{self, Approval, KINDS, STATE_KEYS};
use crate::governance::gate::{Sheet, approval_chain, binding};
use crate::governance::plan::{Citation, Document, Plan};
use crate::governance::run::RunSummary;
use crate::rules::Rule;

pub(super) const CHECKS: &[Check] = &[
    Check::plan(approval::DRIFT, drift),
    Check::plan(approval::STATE, state),
    Check::plan("cto-approval-retroactive", retroactive),
    Check::plan("cto-approval-reused", reused),
    Check::plan("cto-approval-provenance-drift", provenance),
];

/// The sheet of an approval's document.
fn sheet_of(plan: &Plan<'_>, one: &Approval) -> Option<Sheet> {
    plan.document(&one.path).map(Sheet::of_document)
}

fn drift(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let all = approval_chain::approvals(plan);
    for one in &all {
        let Some(sheet) = sheet_of(plan, one) else {
            continue;
        };
        let mut said: Vec<Option<String>> = Vec::new();
        for other in approval_chain::earlier(one, &all) {
            for issue in approval::drift(other, one) {
                // What already differs from the packet is not told again of the request.
                if !said.contains(&issue.key) {
                    said.push(issue.key.clone());
                    recorded::say(found, rule, &sheet, &one.kind, vec![issue]);
                }
            }
        }
    }
}

/// Whether a document or a record says that its approval was used.
fn is_consumed(sheet: &Sheet) -> bool {
    let status = sheet
        .text("approval_status")
        .or_else(|| sheet.text("approval_state"));
    sheet.flag("approval_consumed") == Some(true)
        || status.is_some_and(|status| status.contains("consumed"))
}

fn state(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let gates = &plan.profile.gates;
    let of_documents = plan.documents.iter().map(|document| {
        let kind = document.kind.clone().unwrap_or_default();
        (Sheet::of_document(document), kind)
    });
    let of_records = plan
        .records
        .iter()
        .filter_map(Sheet::of_record)
        .map(|sheet| {
            let form = crate::governance::gate::paper::form_of(gates, &sheet);
            let kind = form.map_or("json", |form| &form.kind).to_owned();
            (sheet, kind)
        });
    for (sheet, kind) in of_documents.chain(of_records) {
        let told = STATE_KEYS.map(|key| sheet.flag(key));
        // A task contract says what it needs; it carries no approval.
        if matches!(kind.as_str(), "task-contract" | "eligibility" | "contract")
            && told[1..] == [None, None]
        {
            continue;
        }
        let closed = KINDS.contains(&kind.as_str())
            && plan.document(&sheet.path).is_some_and(|document| {
                Approval::of(&sheet, Some(document), &kind, plan.profile).closed
            });
        let issue = approval::state(told, &kind, is_consumed(&sheet), closed, gates);
        recorded::say(found, rule, &sheet, &kind, issue.into_iter().collect());
    }
}

fn retroactive(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let all = approval_chain::approvals(plan);
    for group in approval_chain::groups(&all) {
        let bound = binding::of_plan(&group, plan);
        // A run that one of the records precedes is covered by it.
        let open: Vec<_> = bound
            .into_iter()
            .filter(|run| {
                let late = |one: &&Approval| {
                    binding::retroactive(one, std::slice::from_ref(run)).is_some()
                };
                group.iter().all(late)
            })
            .collect();
        for one in group.iter().filter(|one| one.kind == KINDS[2]) {
            let (Some(run), Some(sheet)) = (binding::retroactive(one, &open), sheet_of(plan, one))
            else {
                continue;
            };
            let how = if one.retroactive {
                ""
            } else {
                ", and does not say so"
            };
            let text = format!(
                "it is dated after the run `{}` that it covers{how}",
                run.run
            );
            let place = ["approval_timestamp", "approval_granted"]
                .iter()
                .find_map(|key| sheet.place(key));
            recorded::at(found, rule, &sheet, &one.kind, place, text);
        }
    }
}

fn reused(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let all = approval_chain::approvals(plan);
    for group in approval_chain::groups(&all) {
        let bound = binding::of_plan(&group, plan);
        let (Some(text), Some(first)) = (binding::reused(&group, &bound), group.first()) else {
            continue;
        };
        if let Some(sheet) = sheet_of(plan, first) {
            recorded::at(
                found,
                rule,
                &sheet,
                &first.kind,
                sheet.place("execution_scope"),
                text,
            );
        }
    }
}

/// The source of an approval as a run's proof or report states it.
fn proven_source(run: &RunSummary) -> Option<&str> {
    let values = run.documents.values().chain(&run.report);
    let mut told = values.filter_map(|value| {
        let nested = value.get("approval").and_then(|approval| {
            approval
                .text("source")
                .or_else(|| approval.text("approval_source"))
        });
        value.text("approval_source").or(nested)
    });
    told.find(|text| !text.trim().is_empty())
}

/// The same by a repeatability record of the tree.
fn recorded_source(plan: &Plan<'_>, run: &str) -> Option<String> {
    let records = plan
        .records
        .iter()
        .filter_map(|record| record.value.as_ref().ok());
    let mut passes = records.flat_map(|value| value.items("real_stage5_passes"));
    let pass = passes.find(|pass| pass.text("run_id") == Some(run))?;
    pass.text("approval_source").map(str::to_owned)
}

fn folded(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").to_lowercase()
}

fn provenance(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let word = &plan.profile.gates.approval.provenance;
    let notes = |document: &Document| {
        let mut titles = document
            .sections
            .iter()
            .map(|section| section.title.to_lowercase());
        titles.any(|title| title.contains(word.as_str()))
    };
    let reporting = plan.documents.iter().filter(|document| {
        document.is(&["evidence", "closeout", "approval-record"]) && !notes(document)
    });
    for document in reporting {
        let Some(fact) = document.facts_of("approval_source").next() else {
            continue;
        };
        let runs = document
            .citations
            .iter()
            .filter_map(|citation| match citation {
                Citation::Run { id, section, .. } if *section == fact.section => Some(id),
                _ => None,
            });
        for id in runs {
            let held = plan
                .runs
                .and_then(|index| index.get(id))
                .and_then(proven_source);
            let held = held
                .map(str::to_owned)
                .or_else(|| recorded_source(plan, id));
            if let Some(proof) = held.filter(|proof| folded(proof) != folded(&fact.raw)) {
                let sheet = Sheet::of_document(document);
                let kind = document.kind.as_deref().unwrap_or("");
                let text = format!(
                    "the proof of `{id}` states the approval source `{proof}`, and no note records the difference"
                );
                recorded::at(found, rule, &sheet, kind, Some(fact.span), text);
                break;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_found_in_proof_or_report() {
        let text = br#"{"approval":{"source":"note of 2026-03-09"}}"#;
        let proof = crate::support::pyjson::ordered::parse_strict(text, 8).unwrap();
        let mut run = RunSummary::default();
        assert_eq!(proven_source(&run), None);
        run.documents
            .insert("stage5-owned-repo-proof.json".to_owned(), proof);
        assert_eq!(proven_source(&run), Some("note of 2026-03-09"));
    }
}
