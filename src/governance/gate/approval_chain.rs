// SPDX-License-Identifier: Apache-2.0
//! The approvals of a planning tree: which packet a request repeats, which records share a run.

use super::approval::{Approval, KINDS};
use super::sheet::Sheet;
use crate::governance::plan::Plan;
use std::collections::BTreeMap;

/// Packets, requests and records of a tree, in order of path.
pub fn approvals(plan: &Plan<'_>) -> Vec<Approval> {
    let documents = plan.documents.iter().filter(|document| document.is(&KINDS));
    documents
        .map(|document| {
            let kind = document.kind.clone().unwrap_or_default();
            let sheet = Sheet::of_document(document);
            Approval::of(&sheet, Some(document), &kind, plan.profile)
        })
        .collect()
}

/// Where a kind stands in the chain.
fn step(kind: &str) -> usize {
    KINDS
        .iter()
        .position(|known| *known == kind)
        .unwrap_or(KINDS.len())
}

/// The documents that one repeats: those of earlier steps that it names as its source, else those
/// with the same work items, of which one with the same sentence is preferred.
pub fn earlier<'a>(one: &Approval, all: &'a [Approval]) -> Vec<&'a Approval> {
    let mut found = Vec::new();
    for kind in KINDS.iter().take(step(&one.kind)) {
        let shares = |other: &&Approval| {
            other.kind == *kind && other.works.iter().any(|id| one.works.contains(id))
        };
        let named = all.iter().find(|other| {
            other.kind == *kind && one.origin.as_deref() == Some(other.path.as_str())
        });
        let same = || {
            all.iter()
                .filter(shares)
                .find(|other| other.sentence == one.sentence)
        };
        let any = || all.iter().find(shares);
        found.extend(named.or_else(same).or_else(any));
    }
    found
}

/// Approvals that share their work items: records, where there are any, else what came before
/// them.
pub fn groups(all: &[Approval]) -> Vec<Vec<&Approval>> {
    let mut groups: BTreeMap<String, Vec<&Approval>> = BTreeMap::new();
    for one in all {
        let key = if one.works.is_empty() {
            one.sentence.clone().unwrap_or_default()
        } else {
            one.works.join(" ")
        };
        groups.entry(key).or_default().push(one);
    }
    let mut groups: Vec<Vec<&Approval>> = groups.into_values().collect();
    for group in &mut groups {
        let last = group.iter().map(|one| step(&one.kind)).max();
        group.retain(|one| Some(step(&one.kind)) == last);
    }
    groups
}
