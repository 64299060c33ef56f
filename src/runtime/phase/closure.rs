// SPDX-License-Identifier: Apache-2.0
//! Closure by strongly connected components: packets that reach each other close a loop, however
//! long it is (Tarjan, "Depth-first search and linear graph algorithms", 1972). Without recursion,
//! since a chain may be as long as the store.

/// Sizes of the components with at least two members, in no particular order.
pub(super) fn components(nodes: usize, arcs: &[(usize, usize)]) -> Vec<usize> {
    // Arcs by source, packed.
    let mut start = vec![0usize; nodes + 1];
    for (from, _) in arcs {
        start[from + 1] += 1;
    }
    for at in 0..nodes {
        start[at + 1] += start[at];
    }
    let mut next = start.clone();
    let mut to = vec![0usize; arcs.len()];
    for (from, target) in arcs {
        to[next[*from]] = *target;
        next[*from] += 1;
    }

    const UNSEEN: usize = usize::MAX;
    let mut order = vec![UNSEEN; nodes];
    let mut low = vec![0usize; nodes];
    let mut waiting = vec![false; nodes];
    let mut stack = Vec::new();
    let mut path: Vec<(usize, usize)> = Vec::new();
    let mut seen = 0;
    let mut sizes = Vec::new();
    for root in 0..nodes {
        if order[root] != UNSEEN {
            continue;
        }
        path.push((root, start[root]));
        while let Some((node, arc)) = path.pop() {
            if order[node] == UNSEEN {
                order[node] = seen;
                low[node] = seen;
                seen += 1;
                stack.push(node);
                waiting[node] = true;
            }
            if arc < start[node + 1] {
                path.push((node, arc + 1));
                let target = to[arc];
                if order[target] == UNSEEN {
                    path.push((target, start[target]));
                } else if waiting[target] {
                    low[node] = low[node].min(order[target]);
                }
                continue;
            }
            if low[node] == order[node] {
                let mut size = 0;
                while let Some(member) = stack.pop() {
                    waiting[member] = false;
                    size += 1;
                    if member == node {
                        break;
                    }
                }
                if size > 1 {
                    sizes.push(size);
                }
            }
            if let Some((parent, _)) = path.last() {
                low[*parent] = low[*parent].min(low[node]);
            }
        }
    }
    sizes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loops_of_any_length_are_found() {
        assert_eq!(components(3, &[(0, 1), (1, 0), (1, 2)]), [2]);
        assert_eq!(components(3, &[(0, 1), (1, 2), (2, 0)]), [3]);
        assert_eq!(components(2, &[(0, 0), (0, 1)]), [] as [usize; 0]);
        let mut two = components(5, &[(0, 1), (1, 0), (1, 2), (2, 3), (3, 4), (4, 2)]);
        two.sort_unstable();
        assert_eq!(two, [2, 3]);
    }

    #[test]
    fn a_long_chain_needs_no_stack() {
        const LONG: usize = 200_000;
        let mut arcs: Vec<_> = (1..LONG).map(|at| (at - 1, at)).collect();
        assert!(components(LONG, &arcs).is_empty());
        arcs.push((LONG - 1, 0));
        assert_eq!(components(LONG, &arcs), [LONG]);
    }
}
