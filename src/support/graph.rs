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
    pub fn cycles(self) -> Vec<Vec<&'p str>> {
        let ends = self.edges.iter().flat_map(|(from, to)| [*from, *to]);
        let mut names: Vec<&str> = ends.collect();
        names.sort_unstable();
        names.dedup();
        names.shrink_to_fit();
        let place = |name: &&str| small(names.binary_search(name).unwrap_or_default());
        let edges = self.edges.iter();
        let edges: Vec<(u32, u32)> = edges.map(|(from, to)| (place(from), place(to))).collect();
        drop(self.edges);
        let found = cycles(names.len(), edges).into_iter();
        found
            .map(|part| part.into_iter().map(|at| names[at as usize]).collect())
            .collect()
    }
}

/// The components of a graph over numbers below `nodes` that are cycles. Numbers in a component are
/// in order, and components by their first.
pub fn cycles(nodes: usize, mut edges: Vec<(u32, u32)>) -> Vec<Vec<u32>> {
    edges.sort_unstable();
    edges.dedup();
    let mut out = Edges::default();
    let mut rest = edges.iter().peekable();
    for node in 0..small(nodes) {
        while let Some((_, to)) = rest.next_if(|(from, _)| *from == node) {
            out.to.push(*to);
        }
        out.ends.push(small(out.to.len()));
    }
    drop(edges);
    let mut found: Vec<Vec<u32>> = Vec::new();
    components(&out, |part| {
        if part.len() > 1 || out.of(part[0]).contains(&part[0]) {
            let mut part = part.to_vec();
            part.sort_unstable();
            found.push(part);
        }
    });
    found.sort();
    found
}

/// A place in a list, of which each holds fewer than four thousand million.
pub fn small(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// Where edges lead, node by node.
#[derive(Debug, Clone, Default)]
struct Edges {
    to: Vec<u32>,
    /// Where in `to` the edges of each node end.
    ends: Vec<u32>,
}

impl Edges {
    fn of(&self, node: u32) -> &[u32] {
        let node = node as usize;
        let from = node.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.to[from as usize..self.ends[node] as usize]
    }
}

/// Tells strongly connected components (Tarjan's algorithm with a stack of its own).
fn components(out: &Edges, mut tell: impl FnMut(&[u32])) {
    const UNSEEN: u32 = u32::MAX;
    let nodes = out.ends.len();
    let mut order = vec![UNSEEN; nodes];
    let mut low = vec![0u32; nodes];
    let mut held = vec![false; nodes];
    let mut stack: Vec<u32> = Vec::new();
    let mut count = 0;
    for root in 0..small(nodes) {
        if order[root as usize] != UNSEEN {
            continue;
        }
        // A node and how many of its edges were followed.
        let mut calls: Vec<(u32, u32)> = vec![(root, 0)];
        while let Some((node, followed)) = calls.pop() {
            let here = node as usize;
            if followed == 0 {
                order[here] = count;
                low[here] = count;
                count += 1;
                stack.push(node);
                held[here] = true;
            }
            if let Some(&next) = out.of(node).get(followed as usize) {
                calls.push((node, followed + 1));
                if order[next as usize] == UNSEEN {
                    calls.push((next, 0));
                } else if held[next as usize] {
                    low[here] = low[here].min(order[next as usize]);
                }
                continue;
            }
            if low[here] == order[here] {
                let first = stack.iter().rposition(|one| *one == node);
                let part = first.unwrap_or_default();
                for one in &stack[part..] {
                    held[*one as usize] = false;
                }
                tell(&stack[part..]);
                stack.truncate(part);
            }
            if let Some((above, _)) = calls.last() {
                let above = *above as usize;
                low[above] = low[above].min(low[here]);
            }
        }
    }
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
        let count = |out: &Edges| {
            let mut count = 0;
            components(out, |_| count += 1);
            count
        };
        assert_eq!(count(&out), 200_001);
        out.to.push(0);
        out.ends[200_000] += 1;
        assert_eq!(count(&out), 1);
    }
}
