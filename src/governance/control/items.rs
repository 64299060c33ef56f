// SPDX-License-Identifier: Apache-2.0
//! Work items, and what waits for what.

use super::model::{ItemRow, Work};
use crate::governance::plan::Plan;
use crate::governance::plan::graph::Graph;
use std::collections::{BTreeMap, BTreeSet};

/// Every item, by id.
pub(super) fn of(plan: &Plan<'_>) -> Work {
    let profile = &plan.profile.planning;
    let mut items: Vec<ItemRow> = plan.ids().into_iter().map(|id| row(plan, id)).collect();
    let done: BTreeSet<String> = items
        .iter()
        .filter(|item| item.status == profile.work.proven)
        .map(|item| item.id.clone())
        .collect();
    let mut by_status = BTreeMap::new();
    for item in &mut items {
        *by_status.entry(item.status.clone()).or_insert(0) += 1;
        let open = item.blocked_by.iter().filter(|id| !done.contains(*id));
        item.waits_for = open.cloned().collect();
    }
    let mut graph = Graph::default();
    for item in &items {
        for blocker in &item.blocked_by {
            graph.edge(&item.id, blocker);
        }
    }
    let cycles = graph.cycles().into_iter();
    let named = |cycle: Vec<&str>| cycle.into_iter().map(str::to_owned).collect();
    Work {
        total: items.len(),
        by_status,
        cycles: cycles.map(named).collect(),
        items,
    }
}

fn row(plan: &Plan<'_>, id: &str) -> ItemRow {
    let entry = plan.board.as_ref().and_then(|board| board.get(id));
    let defined = plan.defined(id);
    let first = defined.first();
    let kind = entry
        .and_then(|entry| entry.kind.as_deref().map(str::to_owned))
        .or_else(|| first.and_then(|(_, item)| item.value("type").map(str::to_owned)));
    let title = entry
        .and_then(|entry| entry.title.clone())
        .or_else(|| first.map(|(_, item)| item.title.clone()));
    let known = |text: &String| matches!(text.as_str(), "AFK" | "HITL");
    let statuses = plan.profile.planning.vocabulary.get("status");
    let status = plan.status(id).map(|status| {
        let listed = statuses.is_none_or(|all| all.contains(&status));
        if listed { status } else { "unknown".to_owned() }
    });
    ItemRow {
        id: id.to_owned(),
        title: title.unwrap_or_default(),
        kind: kind.filter(known).unwrap_or_else(|| "unstated".to_owned()),
        status: status.unwrap_or_else(|| "unstated".to_owned()),
        blocked_by: plan.blockers(id),
        waits_for: Vec::new(),
        path: first.map(|(document, _)| document.path.clone()),
    }
}
