// SPDX-License-Identifier: Apache-2.0
//! What a layered drawing must know of a graph: edges that close circles, edges that others imply,
//! connected parts, layers of bounded width. Every walk is a loop, never a deep stack.

use std::collections::BTreeSet;

/// Edges that close a circle, found by walking from each node in order.
pub(super) fn closing(count: usize, edges: &BTreeSet<(usize, usize)>) -> BTreeSet<(usize, usize)> {
    let out = followers(count, edges.iter().copied());
    let mut state = vec![0_u8; count];
    let mut back = BTreeSet::new();
    for root in 0..count {
        if state[root] != 0 {
            continue;
        }
        state[root] = 1;
        let mut stack = vec![(root, 0)];
        while let Some((node, next)) = stack.pop() {
            let Some(&to) = out[node].get(next) else {
                state[node] = 2;
                continue;
            };
            stack.push((node, next + 1));
            match state[to] {
                0 => {
                    state[to] = 1;
                    stack.push((to, 0));
                }
                1 => {
                    back.insert((node, to));
                }
                _ => {}
            }
        }
    }
    back
}

fn followers(count: usize, edges: impl Iterator<Item = (usize, usize)>) -> Vec<Vec<usize>> {
    let mut out = vec![Vec::new(); count];
    for (from, to) in edges {
        out[from].push(to);
    }
    out
}

/// Nodes of a graph without circles, each behind those that lead to it, and its longest way from a
/// beginning.
fn ranks(count: usize, edges: &[(usize, usize)]) -> (Vec<usize>, Vec<usize>) {
    let out = followers(count, edges.iter().copied());
    let mut waiting = vec![0_usize; count];
    edges.iter().for_each(|(_, to)| waiting[*to] += 1);
    let mut rank = vec![0; count];
    let mut order: Vec<usize> = (0..count).filter(|node| waiting[*node] == 0).collect();
    let mut at = 0;
    while let Some(&node) = order.get(at) {
        at += 1;
        for &to in &out[node] {
            rank[to] = rank[to].max(rank[node] + 1);
            waiting[to] -= 1;
            if waiting[to] == 0 {
                order.push(to);
            }
        }
    }
    (order, rank)
}

/// Edges without which something would no longer be reached (transitive reduction).
pub(super) fn unimplied(count: usize, edges: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let (order, _) = ranks(count, edges);
    let mut place = vec![0; count];
    for (at, node) in order.iter().enumerate() {
        place[*node] = at;
    }
    let mut out = followers(count, edges.iter().copied());
    let mut reached: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); count];
    let mut kept = Vec::new();
    for &node in order.iter().rev() {
        let mut near = std::mem::take(&mut out[node]);
        near.sort_by_key(|to| place[*to]);
        let mut all = BTreeSet::new();
        for to in near {
            if all.insert(to) {
                kept.push((node, to));
                all.extend(reached[to].iter().copied());
            }
        }
        reached[node] = all;
    }
    kept.sort_unstable();
    kept
}

/// Connected parts, the largest first.
pub(super) fn parts(count: usize, edges: &BTreeSet<(usize, usize)>) -> Vec<Vec<usize>> {
    let mut near = vec![Vec::new(); count];
    for (from, to) in edges {
        near[*from].push(*to);
        near[*to].push(*from);
    }
    let mut seen = vec![false; count];
    let mut parts = Vec::new();
    for root in 0..count {
        if std::mem::replace(&mut seen[root], true) {
            continue;
        }
        let mut part = vec![root];
        let mut at = 0;
        while let Some(&node) = part.get(at) {
            at += 1;
            for &other in &near[node] {
                if !std::mem::replace(&mut seen[other], true) {
                    part.push(other);
                }
            }
        }
        part.sort_unstable();
        parts.push(part);
    }
    parts.sort_by_key(|part| std::cmp::Reverse(part.len()));
    parts
}

/// Layers in which no more than `abreast` nodes stand.
pub(super) fn layers(count: usize, edges: &[(usize, usize)], abreast: usize) -> Vec<usize> {
    let (_, rank) = ranks(count, edges);
    let mut first = vec![0; count];
    let mut layer_of = vec![0; count];
    let mut held: Vec<usize> = Vec::new();
    let out = followers(count, edges.iter().copied());
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by_key(|node| (rank[*node], *node));
    for node in order {
        let mut layer = first[node];
        while held.get(layer).is_some_and(|count| *count >= abreast) {
            layer += 1;
        }
        if held.len() <= layer {
            held.resize(layer + 1, 0);
        }
        held[layer] += 1;
        layer_of[node] = layer;
        for &to in &out[node] {
            first[to] = first[to].max(layer + 1);
        }
    }
    layer_of
}
