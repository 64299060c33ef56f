// SPDX-License-Identifier: Apache-2.0
//! Graphs over names: strongly connected components without recursion, so that a chain of any
//! length is a loop and never a deep stack.

use std::collections::BTreeMap;

/// A directed graph over names, in the order of names.
#[derive(Debug, Clone, Default)]
pub struct Graph<'p> {
    edges: BTreeMap<&'p str, Vec<&'p str>>,
}

impl<'p> Graph<'p> {
    /// Adds a node.
    pub fn node(&mut self, name: &'p str) {
        self.edges.entry(name).or_default();
    }

    /// Adds an edge, and its ends.
    pub fn edge(&mut self, from: &'p str, to: &'p str) {
        self.node(to);
        let next = self.edges.entry(from).or_default();
        if let Err(place) = next.binary_search(&to) {
            next.reserve_exact(1);
            next.insert(place, to);
        }
    }

    /// Nodes to which an edge leads.
    pub fn next(&self, name: &str) -> impl Iterator<Item = &'p str> {
        self.edges.get(name).into_iter().flatten().copied()
    }

    /// The components that are cycles: more than one node, or a node that leads to itself. Names in
    /// a component are sorted, and components by their first name.
    pub fn cycles(&self) -> Vec<Vec<&'p str>> {
        let names: Vec<&str> = self.edges.keys().copied().collect();
        let place = |name: &&str| names.binary_search(name).ok();
        let out: Vec<Vec<usize>> = self
            .edges
            .values()
            .map(|to| to.iter().filter_map(place).collect())
            .collect();
        let mut found: Vec<Vec<&str>> = components(&out)
            .into_iter()
            .filter(|part| part.len() > 1 || out[part[0]].contains(&part[0]))
            .map(|part| part.into_iter().map(|at| names[at]).collect())
            .collect();
        found.iter_mut().for_each(|part| part.sort_unstable());
        found.sort();
        found
    }
}

/// Strongly connected components (Tarjan's algorithm with a stack of its own).
pub fn components(out: &[Vec<usize>]) -> Vec<Vec<usize>> {
    const UNSEEN: usize = usize::MAX;
    let mut order = vec![UNSEEN; out.len()];
    let mut low = vec![0; out.len()];
    let mut held = vec![false; out.len()];
    let mut stack = Vec::new();
    let mut found = Vec::new();
    let mut count = 0;
    for root in 0..out.len() {
        if order[root] != UNSEEN {
            continue;
        }
        // A node and how many of its edges were followed.
        let mut calls = vec![(root, 0)];
        while let Some((node, followed)) = calls.pop() {
            if followed == 0 {
                order[node] = count;
                low[node] = count;
                count += 1;
                stack.push(node);
                held[node] = true;
            }
            if let Some(&next) = out[node].get(followed) {
                calls.push((node, followed + 1));
                if order[next] == UNSEEN {
                    calls.push((next, 0));
                } else if held[next] {
                    low[node] = low[node].min(order[next]);
                }
                continue;
            }
            if low[node] == order[node] {
                let mut part = Vec::new();
                while let Some(last) = stack.pop() {
                    held[last] = false;
                    part.push(last);
                    if last == node {
                        break;
                    }
                }
                found.push(part);
            }
            if let Some((above, _)) = calls.last() {
                low[*above] = low[*above].min(low[node]);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cycles(edges: &[(&'static str, &'static str)]) -> Vec<Vec<&'static str>> {
        let mut graph = Graph::default();
        edges.iter().for_each(|(from, to)| graph.edge(from, to));
        graph.cycles()
    }

    #[test]
    fn cycles_are_told_from_what_only_meets_again() {
        assert!(cycles(&[("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")]).is_empty());
        assert_eq!(cycles(&[("a", "a")]), [["a"]]);
        let two = cycles(&[
            ("d", "c"),
            ("c", "d"),
            ("a", "b"),
            ("b", "a"),
            ("b", "c"),
            ("e", "a"),
        ]);
        assert_eq!(two, [["a", "b"], ["c", "d"]]);
    }

    #[test]
    fn a_long_chain_needs_no_deep_stack() {
        let mut out: Vec<Vec<usize>> = (1..=200_000).map(|next| vec![next]).collect();
        out.push(Vec::new());
        assert_eq!(components(&out).len(), 200_001);
        out[200_000].push(0);
        assert_eq!(components(&out).len(), 1);
    }
}
