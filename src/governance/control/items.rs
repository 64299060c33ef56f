// SPDX-License-Identifier: Apache-2.0
//! Work items, and what waits for what.

use super::model::{ItemRow, Work};
use crate::governance::plan::Plan;
use crate::support::graph::{self, Graph, small};
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

/// Items by status and what their graph is like, without the items.
pub(super) fn counts(plan: &Plan<'_>) -> serde_json::Value {
    let ids = plan.ids();
    let place = |id: &str| ids.binary_search(&id).ok().map(small);
    let mut by_status: BTreeMap<String, usize> = BTreeMap::new();
    let mut edges: Vec<(u32, u32)> = Vec::new();
    let mut count = 0;
    for id in &ids {
        *by_status.entry(status(plan, id)).or_insert(0) += 1;
        let blockers = plan.blockers(id);
        count += blockers.len();
        // Nothing leads out of what nobody defined, so that no cycle goes through it.
        let known = blockers.iter().filter_map(|blocker| place(blocker));
        if let Some(from) = place(id) {
            edges.extend(known.map(|to| (from, to)));
        }
    }
    let cycles = graph::cycles(ids.len(), edges).into_iter();
    let named =
        |cycle: Vec<u32>| -> Vec<&str> { cycle.into_iter().map(|at| ids[at as usize]).collect() };
    serde_json::json!({
        "total": ids.len(),
        "by_status": by_status,
        "edges": count,
        "cycles": cycles.map(named).collect::<Vec<_>>(),
    })
}

/// The status that counts, as the profile spells it.
fn status(plan: &Plan<'_>, id: &str) -> String {
    let statuses = plan.profile.planning.vocabulary.get("status");
    let Some(status) = plan.status(id) else {
        return "unstated".to_owned();
    };
    if statuses.is_none_or(|all| all.contains(&status)) {
        status
    } else {
        "unknown".to_owned()
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
        .and_then(|entry| entry.title.as_deref().map(str::to_owned))
        .or_else(|| first.map(|(_, item)| item.title.clone()));
    let known = |text: &String| matches!(text.as_str(), "AFK" | "HITL");
    ItemRow {
        id: id.to_owned(),
        title: title.unwrap_or_default(),
        kind: kind.filter(known).unwrap_or_else(|| "unstated".to_owned()),
        status: status(plan, id),
        blocked_by: plan.blockers(id),
        waits_for: Vec::new(),
        path: first.map(|(document, _)| document.path.clone()),
    }
}
