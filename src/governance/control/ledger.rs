// SPDX-License-Identifier: Apache-2.0
//! Approvals: packet, request, record, and the run that used each (specification, section 4.6).

use super::model::{ApprovalRow, BoundRun, Execution, Packet};
use crate::governance::gate::approval::Approval;
use crate::governance::gate::approval_chain::approvals;
use crate::governance::gate::binding::{self, Bound};
use crate::governance::gate::{Sheet, stage_proof};
use crate::governance::plan::Plan;
use std::collections::BTreeMap;

/// The ledger, and the packet at its end with what was run under it.
pub(super) struct Ledger {
    pub(super) rows: Vec<ApprovalRow>,
    pub(super) packet: Packet,
    pub(super) execution: Execution,
}

/// Documents of one approval: the packet, the request, the record.
#[derive(Default)]
struct Chain<'a> {
    steps: [Option<&'a Approval>; 3],
}

impl<'a> Chain<'a> {
    fn last(&self) -> Option<&'a Approval> {
        self.steps.iter().rev().flatten().next().copied()
    }

    fn path(&self, step: usize) -> Option<String> {
        self.steps[step].map(|one| one.path.clone())
    }
}

/// Reads the ledger of a tree.
pub(super) fn of(plan: &Plan<'_>) -> Ledger {
    let all = approvals(plan);
    let mut ledger = Ledger {
        rows: Vec::new(),
        packet: no_packet(plan),
        execution: Execution {
            approval_consumed: false,
            consumed_by: Vec::new(),
            consumed_pass_report: None,
            consumed_proof: None,
        },
    };
    let mut asked: Option<(bool, Chain<'_>, Vec<Bound>)> = None;
    for chain in chains(&all) {
        let Some(last) = chain.last() else {
            continue;
        };
        let bound = binding::of_plan(&[last], plan);
        let row = row(plan, &chain, last, &bound);
        // A packet that still waits for a person counts before one that was used.
        let waits = row.state != "consumed";
        if asked.as_ref().is_none_or(|(held, ..)| waits || !*held) {
            asked = Some((waits, chain, bound));
        }
        ledger.rows.push(row);
    }
    if let Some((_, chain, bound)) = asked {
        ledger.execution = execution(plan, &bound);
        ledger.packet = packet(plan, &chain, &bound, &ledger);
    }
    ledger
}

/// Approvals that are about the same work items and the same sentence are one chain. A request or
/// record whose sentence differs stands for itself: nobody approved it as it is.
fn chains(all: &[Approval]) -> Vec<Chain<'_>> {
    let mut chains: BTreeMap<(String, String), Chain<'_>> = BTreeMap::new();
    for one in all {
        let key = (
            one.works.join(" "),
            one.sentence.clone().unwrap_or_default(),
        );
        let chain = chains.entry(key).or_default();
        let step = match one.kind.as_str() {
            "approval-packet" => 0,
            "request-record" => 1,
            _ => 2,
        };
        chain.steps[step].get_or_insert(one);
    }
    chains.into_values().collect()
}

fn row(plan: &Plan<'_>, chain: &Chain<'_>, last: &Approval, bound: &[Bound]) -> ApprovalRow {
    let started = bound.iter().filter(|run| run.started).count();
    let granted = chain.steps[2]
        .is_some_and(|record| record.state_name(&plan.profile.gates).as_deref() == Some("granted"));
    let told = last.state_name(&plan.profile.gates);
    let state = match (&told, chain.steps[2].is_some()) {
        (None, _) => "invalid",
        (Some(state), _) if state == "denied" => "denied",
        (Some(_), true) if granted && started > 0 => "consumed",
        (Some(_), true) if granted => "granted",
        (Some(_), true) => "invalid",
        (Some(_), false) if chain.steps[1].is_some() => "requested",
        (Some(_), false) => "prepared",
    };
    let at_hand = |run: &Bound| {
        let index = plan.runs;
        index.is_some_and(|index| index.get(&run.run).is_some())
    };
    let runs = bound.iter().map(|run| BoundRun {
        run_id: run.run.clone(),
        started: run.started,
        at_hand: at_hand(run),
    });
    ApprovalRow {
        work_items: last.works.clone(),
        identity: last.identity(),
        state: state.to_owned(),
        packet_path: chain.path(0),
        request_path: chain.path(1),
        record_path: chain.path(2),
        runs: runs.collect(),
        reused: binding::reused(&[last], bound).is_some(),
        retroactive: chain.steps[2].is_some_and(|record| {
            record.retroactive || binding::retroactive(record, bound).is_some()
        }),
    }
}

fn no_packet(plan: &Plan<'_>) -> Packet {
    Packet {
        status: "none".to_owned(),
        packet_path: None,
        approval_command_text: None,
        required_evidence_paths: plan.profile.evidence.required.clone(),
        allowed_paths: Vec::new(),
        blocked_actions: plan.profile.evidence.forbidden_actions.clone(),
        executable: false,
        proof_ready: false,
    }
}

/// A run under the packet that passed and holds.
fn proving<'b>(plan: &Plan<'_>, bound: &'b [Bound]) -> Option<&'b Bound> {
    bound.iter().filter(|run| run.started).find(|one| {
        let run = plan.runs.and_then(|index| index.get(&one.run));
        run.is_some_and(|run| stage_proof::status(run) == Some("pass") && !run.refused)
    })
}

fn execution(plan: &Plan<'_>, bound: &[Bound]) -> Execution {
    let started = bound.iter().filter(|run| run.started);
    let consumed_by: Vec<String> = started.map(|run| run.run.clone()).collect();
    let pass = proving(plan, bound);
    Execution {
        approval_consumed: !consumed_by.is_empty(),
        consumed_by,
        consumed_pass_report: pass.map(|pass| format!("{}/report.json", pass.run)),
        consumed_proof: pass.and_then(|pass| proof_of(plan, &pass.run)),
    }
}

/// The proof file of a run's stage, when it is there.
fn proof_of(plan: &Plan<'_>, run: &str) -> Option<String> {
    let held = plan.runs?.get(run)?;
    let stages = plan.profile.gates.stages.iter();
    let mut names = stages.filter_map(|stage| stage.proof.as_ref());
    let name = names.find(|name| held.digests.contains_key(*name))?;
    Some(format!("{run}/{name}"))
}

fn packet(plan: &Plan<'_>, chain: &Chain<'_>, bound: &[Bound], ledger: &Ledger) -> Packet {
    let mut packet = no_packet(plan);
    let Some(last) = chain.last() else {
        return packet;
    };
    let identity = last.identity();
    let row = ledger.rows.iter().find(|row| row.identity == identity);
    packet.status = row.map_or_else(|| "invalid".to_owned(), |row| row.state.clone());
    packet.packet_path = chain.path(0).or_else(|| chain.path(1));
    packet.approval_command_text = last.sentence.clone();
    packet.allowed_paths = last.paths.clone();
    if let Some(document) = chain.path(0).and_then(|path| plan.document(&path)) {
        let sheet = Sheet::of_document(document);
        let denied = sheet.names("forbidden_actions");
        if !denied.is_empty() {
            packet.blocked_actions = denied;
        }
        let wanted = document
            .sections
            .iter()
            .find(|section| section.folded().contains("evidence") && section.level == 2);
        let named = wanted.map_or_else(Vec::new, |section| {
            file_names(document.slice(section.whole()))
        });
        if !named.is_empty() {
            packet.required_evidence_paths = named;
        }
    }
    packet.proof_ready = proving(plan, bound)
        .and_then(|pass| plan.runs?.get(&pass.run))
        .is_some_and(|run| {
            let there = |name: &String| match name.strip_suffix('/') {
                Some(_) => run
                    .digests
                    .keys()
                    .any(|held| held.starts_with(name.as_str())),
                None => run.digests.contains_key(name),
            };
            packet.required_evidence_paths.iter().all(there)
        });
    packet
}

/// Names of files in backticks, in order.
fn file_names(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for (at, part) in text.split('`').enumerate() {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/');
        let named = at % 2 == 1
            && part.contains('.')
            && !part.starts_with(['/', '.'])
            && part.chars().all(plain);
        if named && !found.iter().any(|known| known == part) {
            found.push(part.to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_backticks_are_files_when_they_look_so() {
        let text =
            "- `report.json`, `trace.jsonl`\n- `a/b.json`, `pass`, `/etc/x.json`, `report.json`";
        assert_eq!(file_names(text), ["report.json", "trace.jsonl", "a/b.json"]);
        assert!(file_names("`").is_empty());
    }
}
