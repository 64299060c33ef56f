// SPDX-License-Identifier: Apache-2.0
//! The graph of a workflow: who reaches whom, what lies on every path, where it turns in a circle.

use crate::pgs::model::{NodeKind, Workflow};
use std::collections::HashMap;

/// Nodes by number, edges between those that exist.
pub(super) struct Flow<'w> {
    /// Node by number.
    pub(super) ids: Vec<&'w str>,
    /// Successors.
    pub(super) next: Vec<Vec<usize>>,
    /// Predecessors.
    pub(super) before: Vec<Vec<usize>>,
    numbers: HashMap<&'w str, usize>,
}

impl<'w> Flow<'w> {
    /// The graph of a workflow.
    pub(super) fn of(workflow: &'w Workflow) -> Self {
        let ids: Vec<&str> = workflow.nodes.keys().map(String::as_str).collect();
        let numbers: HashMap<&str, usize> =
            ids.iter().enumerate().map(|(at, id)| (*id, at)).collect();
        let mut next = vec![Vec::new(); ids.len()];
        let mut before = vec![Vec::new(); ids.len()];
        for (from, node) in workflow.nodes.values().enumerate() {
            for target in node.next.values() {
                if let Some(to) = numbers.get(target.as_str()) {
                    next[from].push(*to);
                    before[*to].push(from);
                }
            }
        }
        Self {
            ids,
            next,
            before,
            numbers,
        }
    }

    /// The number of a node.
    pub(super) fn number(&self, id: &str) -> Option<usize> {
        self.numbers.get(id).copied()
    }

    /// What is reached from these over `edges`, they themselves included; `without` is not entered.
    pub(super) fn reached(
        edges: &[Vec<usize>],
        from: impl IntoIterator<Item = usize>,
        without: Option<usize>,
    ) -> Vec<bool> {
        let mut seen = vec![false; edges.len()];
        let mut open: Vec<usize> = from.into_iter().filter(|at| Some(*at) != without).collect();
        while let Some(at) = open.pop() {
            if std::mem::replace(&mut seen[at], true) {
                continue;
            }
            let more = edges[at].iter().copied();
            open.extend(more.filter(|to| Some(*to) != without && !seen[*to]));
        }
        seen
    }

    /// Whether every path from `start` to `to` passes `through` first.
    pub(super) fn dominates(&self, start: usize, through: usize, to: usize) -> bool {
        if through == to {
            return false;
        }
        !Self::reached(&self.next, [start], Some(through))[to]
    }

    /// Exits.
    pub(super) fn exits(&self, workflow: &Workflow) -> Vec<usize> {
        let nodes = workflow.nodes.values().enumerate();
        let exits = nodes.filter(|(_, node)| node.kind == NodeKind::Exit);
        exits.map(|(at, _)| at).collect()
    }

    /// Circles: each as the nodes on it, in order, the smallest id first. One for each strongly
    /// connected part that has one.
    pub(super) fn circles(&self) -> Vec<Vec<usize>> {
        let mut circles = Vec::new();
        for part in self.parts() {
            let inside: Vec<bool> = (0..self.ids.len()).map(|at| part.contains(&at)).collect();
            let Some(start) = part.iter().copied().min_by_key(|at| self.ids[*at]) else {
                continue;
            };
            if part.len() == 1 && !self.next[start].contains(&start) {
                continue;
            }
            circles.push(self.shortest(start, &inside));
        }
        circles.sort_by_key(|circle| self.ids[circle[0]]);
        circles
    }

    /// The shortest way from a node back to it within a part.
    fn shortest(&self, start: usize, inside: &[bool]) -> Vec<usize> {
        let mut from: HashMap<usize, usize> = HashMap::new();
        let mut open = std::collections::VecDeque::from([start]);
        while let Some(at) = open.pop_front() {
            for to in self.next[at].iter().copied().filter(|to| inside[*to]) {
                if to == start {
                    let mut way = vec![at];
                    while let Some(last) = way.last().copied().filter(|last| *last != start) {
                        way.push(from[&last]);
                    }
                    way.reverse();
                    return way;
                }
                if to != start && !from.contains_key(&to) {
                    from.insert(to, at);
                    open.push_back(to);
                }
            }
        }
        vec![start]
    }

    /// Strongly connected parts (Kosaraju, without recursion).
    fn parts(&self) -> Vec<Vec<usize>> {
        let mut order = Vec::with_capacity(self.ids.len());
        let mut seen = vec![false; self.ids.len()];
        for root in 0..self.ids.len() {
            let mut stack = vec![(root, 0)];
            if std::mem::replace(&mut seen[root], true) {
                continue;
            }
            while let Some((at, edge)) = stack.last_mut() {
                if let Some(to) = self.next[*at].get(*edge).copied() {
                    *edge += 1;
                    if !std::mem::replace(&mut seen[to], true) {
                        stack.push((to, 0));
                    }
                } else {
                    order.push(*at);
                    stack.pop();
                }
            }
        }
        let mut part_of = vec![usize::MAX; self.ids.len()];
        let mut parts: Vec<Vec<usize>> = Vec::new();
        for root in order.into_iter().rev() {
            if part_of[root] != usize::MAX {
                continue;
            }
            let number = parts.len();
            parts.push(Vec::new());
            let mut open = vec![root];
            while let Some(at) = open.pop() {
                if part_of[at] != usize::MAX {
                    continue;
                }
                part_of[at] = number;
                parts[number].push(at);
                open.extend(
                    self.before[at]
                        .iter()
                        .filter(|to| part_of[**to] == usize::MAX),
                );
            }
        }
        parts
    }
}
