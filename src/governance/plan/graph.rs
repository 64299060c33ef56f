// SPDX-License-Identifier: Apache-2.0
//! Graphs over names: strongly connected components without recursion, so that a chain of any
//! length is a loop and never a deep stack.

/// A directed graph over names.
#[derive(Debug, Clone, Default)]
pub struct Graph<'p> {
    edges: Vec<(&'p str, &'p str)>,
}

impl<'p> Graph<'p> {
    /// Adds an edge, and its ends.
    pub fn edge(&mut self, from: &'p str, to: &'p str) {
        self.edges.push((from, to));
    }

    /// The components that are cycles: more than one node, or a node that leads to itself. Names in
    /// a component are sorted, and components by their first name.
    pub fn cycles(mut self) -> Vec<Vec<&'p str>> {
        self.edges.sort_unstable();
        self.edges.dedup();
        let ends = self.edges.iter().flat_map(|(from, to)| [*from, *to]);
        let mut names: Vec<&str> = ends.collect();
        names.sort_unstable();
        names.dedup();
        let place = |name: &&str| names.binary_search(name).unwrap_or_default();
        let mut out = Edges::default();
        let mut edges = self.edges.iter().peekable();
        for name in &names {
            while let Some((_, to)) = edges.next_if(|(from, _)| from == name) {
                out.to.push(place(to));
            }
            out.ends.push(out.to.len());
        }
        let mut found: Vec<Vec<&str>> = components(&out)
            .into_iter()
            .filter(|part| part.len() > 1 || out.of(part[0]).contains(&part[0]))
            .map(|part| part.into_iter().map(|at| names[at]).collect())
            .collect();
        found.iter_mut().for_each(|part| part.sort_unstable());
        found.sort();
        found
    }
}

/// Where edges lead, node by node.
#[derive(Debug, Clone, Default)]
struct Edges {
    to: Vec<usize>,
    /// Where in `to` the edges of each node end.
    ends: Vec<usize>,
}

impl Edges {
    fn of(&self, node: usize) -> &[usize] {
        let from = node.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.to[from..self.ends[node]]
    }
}

/// Strongly connected components (Tarjan's algorithm with a stack of its own).
fn components(out: &Edges) -> Vec<Vec<usize>> {
    const UNSEEN: usize = usize::MAX;
    let nodes = out.ends.len();
    let mut order = vec![UNSEEN; nodes];
    let mut low = vec![0; nodes];
    let mut held = vec![false; nodes];
    let mut stack = Vec::new();
    let mut found = Vec::new();
    let mut count = 0;
    for root in 0..nodes {
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
            if let Some(&next) = out.of(node).get(followed) {
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
        let mut out = Edges {
            to: (1..=200_000).collect(),
            ends: (1..=200_000).collect(),
        };
        out.ends.push(200_000);
        assert_eq!(components(&out).len(), 200_001);
        out.to.push(0);
        out.ends[200_000] += 1;
        assert_eq!(components(&out).len(), 1);
    }
}
