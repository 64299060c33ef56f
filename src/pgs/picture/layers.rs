// SPDX-License-Identifier: Apache-2.0
//! The layered order of a graph after K. Sugiyama, S. Tagawa and M. Toda (1981): which layer a node
//! stands in, in which order a layer stands so that few lines cross, and where from left to right.

use super::letters::{LETTERS, SMALL, text_width};
use super::{Graph, Look};
use std::collections::BTreeMap;

/// Height of a node.
pub(super) const NODE_HEIGHT: f64 = 40.0;
/// Height of a label.
pub(super) const LABEL_HEIGHT: f64 = 18.0;
const SIDE_GAP: f64 = 22.0;
const TRUNK: f64 = 10.0;
const SWEEPS: usize = 12;
/// How strongly the ends of the way taken pull each other, against 1 of any other edge.
const TAKEN_PULL: f64 = 40.0;
/// How strongly the parts of a trunk pull each other.
const TRUNK_PULL: f64 = 20.0;

/// What stands in a layer.
pub(super) struct Cell {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) layer: usize,
    pub(super) x: f64,
    /// Neighbours in the layer above and below, with the pull between them.
    up: Vec<(usize, f64)>,
    down: Vec<(usize, f64)>,
}

/// Layers of cells, ordered and spread.
pub(super) struct Plan {
    pub(super) cells: Vec<Cell>,
    pub(super) layers: Vec<Vec<usize>>,
    /// By edge: the cells it goes through, both ends included.
    pub(super) ways: Vec<Vec<usize>>,
    /// Edges drawn upwards, since they close a circle.
    pub(super) reversed: Vec<bool>,
}

/// Layers of nodes and of labels below them, without places from top to bottom.
pub(super) fn arrange(graph: &Graph) -> Plan {
    let reversed = back_edges(graph);
    let rank = ranks(graph, &reversed);
    let mut plan = plan(graph, reversed, &rank);
    order(&mut plan);
    spread(&mut plan);
    plan
}

/// Edges that close a circle, found by walking from the start in order.
fn back_edges(graph: &Graph) -> Vec<bool> {
    let mut out: Vec<Vec<usize>> = vec![Vec::new(); graph.nodes.len()];
    for (at, edge) in graph.edges.iter().enumerate() {
        out[edge.from].push(at);
    }
    let mut state = vec![0_u8; graph.nodes.len()];
    let mut back = vec![false; graph.edges.len()];
    for root in 0..graph.nodes.len() {
        if state[root] != 0 {
            continue;
        }
        state[root] = 1;
        let mut stack = vec![(root, 0)];
        while let Some((node, next)) = stack.pop() {
            let Some(&at) = out[node].get(next) else {
                state[node] = 2;
                continue;
            };
            stack.push((node, next + 1));
            let to = graph.edges[at].to;
            match state[to] {
                0 => {
                    state[to] = 1;
                    stack.push((to, 0));
                }
                1 => back[at] = true,
                _ => {}
            }
        }
    }
    back
}

/// Longest way from a root, for each node.
fn ranks(graph: &Graph, reversed: &[bool]) -> Vec<usize> {
    let ends = |at: usize| {
        let edge = &graph.edges[at];
        if reversed[at] {
            (edge.to, edge.from)
        } else {
            (edge.from, edge.to)
        }
    };
    let mut rank = vec![0; graph.nodes.len()];
    let mut waiting = vec![0_usize; graph.nodes.len()];
    let mut out: Vec<Vec<usize>> = vec![Vec::new(); graph.nodes.len()];
    for at in 0..graph.edges.len() {
        let (from, to) = ends(at);
        if from != to {
            waiting[to] += 1;
            out[from].push(to);
        }
    }
    let mut ready: Vec<usize> = (0..rank.len()).filter(|node| waiting[*node] == 0).collect();
    while let Some(node) = ready.pop() {
        for &to in &out[node] {
            rank[to] = rank[to].max(rank[node] + 1);
            waiting[to] -= 1;
            if waiting[to] == 0 {
                ready.push(to);
            }
        }
    }
    rank
}

fn plan(graph: &Graph, reversed: Vec<bool>, rank: &[usize]) -> Plan {
    let depth = rank.iter().max().map_or(0, |most| most * 2 + 2);
    let mut plan = Plan {
        cells: Vec::new(),
        layers: vec![Vec::new(); depth],
        ways: Vec::new(),
        reversed,
    };
    for (node, rank) in graph.nodes.iter().zip(rank) {
        let text = text_width(&node.title, LETTERS).max(text_width(&node.detail, SMALL));
        let room = if node.look == Look::Contract {
            24.0
        } else {
            44.0
        };
        plan.cell(text + room, NODE_HEIGHT, rank * 2);
    }
    let mut trunks: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    for (at, edge) in graph.edges.iter().enumerate() {
        let (from, to) = if plan.reversed[at] {
            (edge.to, edge.from)
        } else {
            (edge.from, edge.to)
        };
        let label = plan.cell(
            text_width(&edge.label, SMALL) + 10.0,
            LABEL_HEIGHT,
            plan.cells[from].layer + 1,
        );
        let pull = if edge.taken { TAKEN_PULL } else { 1.0 };
        let mut way = vec![from, label];
        for layer in plan.cells[from].layer + 2..plan.cells[to].layer {
            let trunk = *trunks
                .entry((to, layer))
                .or_insert_with(|| plan.cell(TRUNK, 0.0, layer));
            way.push(trunk);
        }
        if from != to {
            way.push(to);
        }
        for (at, pair) in way.windows(2).enumerate() {
            // Behind the label only trunks follow, and the node.
            let trunk = at >= 2 && at + 2 < way.len();
            let pull = if trunk { pull.max(TRUNK_PULL) } else { pull };
            plan.join(pair[0], pair[1], pull);
        }
        plan.ways.push(way);
    }
    plan
}

impl Plan {
    fn cell(&mut self, width: f64, height: f64, layer: usize) -> usize {
        self.cells.push(Cell {
            width,
            height,
            layer,
            x: 0.0,
            up: Vec::new(),
            down: Vec::new(),
        });
        self.layers[layer].push(self.cells.len() - 1);
        self.cells.len() - 1
    }

    /// Two cells that a trunk joins several times pull once, with the strongest pull.
    fn join(&mut self, above: usize, below: usize, pull: f64) {
        match self.cells[above]
            .down
            .iter_mut()
            .find(|(cell, _)| *cell == below)
        {
            Some((_, old)) => *old = old.max(pull),
            None => self.cells[above].down.push((below, pull)),
        }
        match self.cells[below]
            .up
            .iter_mut()
            .find(|(cell, _)| *cell == above)
        {
            Some((_, old)) => *old = old.max(pull),
            None => self.cells[below].up.push((above, pull)),
        }
    }
}

/// Orders each layer by the middle of its neighbours, down and up in turn, and keeps the order with
/// the fewest crossings.
fn order(plan: &mut Plan) {
    let mut best = plan.layers.clone();
    let mut fewest = crossings(plan);
    for sweep in 0..SWEEPS {
        let down = sweep % 2 == 0;
        let position = positions(plan);
        let mut position = position;
        let count = plan.layers.len();
        for step in 0..count {
            let layer = if down { step } else { count - 1 - step };
            let mut cells = std::mem::take(&mut plan.layers[layer]);
            let middle = |cell: usize| {
                let cell = &plan.cells[cell];
                let near = if down { &cell.up } else { &cell.down };
                let pull: f64 = near.iter().map(|(_, pull)| pull).sum();
                let sum: f64 = near.iter().map(|(at, pull)| position[*at] * pull).sum();
                (pull > 0.0).then(|| sum / pull)
            };
            let keys: BTreeMap<usize, f64> = cells
                .iter()
                .map(|cell| (*cell, middle(*cell).unwrap_or(position[*cell])))
                .collect();
            cells.sort_by(|a, b| keys[a].total_cmp(&keys[b]));
            renumber(&cells, &mut position);
            plan.layers[layer] = cells;
        }
        let now = crossings(plan);
        if now < fewest {
            fewest = now;
            best.clone_from(&plan.layers);
        }
    }
    plan.layers = best;
}

#[expect(clippy::cast_precision_loss, reason = "layers are short")]
fn renumber(cells: &[usize], position: &mut [f64]) {
    for (at, cell) in cells.iter().enumerate() {
        position[*cell] = at as f64 / cells.len() as f64;
    }
}

fn positions(plan: &Plan) -> Vec<f64> {
    let mut position = vec![0.0; plan.cells.len()];
    for cells in &plan.layers {
        renumber(cells, &mut position);
    }
    position
}

/// Pairs of lines that cross, counted by insertion into the order of the lower ends.
fn crossings(plan: &Plan) -> usize {
    let mut place = vec![0; plan.cells.len()];
    for cells in &plan.layers {
        for (at, cell) in cells.iter().enumerate() {
            place[*cell] = at;
        }
    }
    let mut sum = 0;
    for cells in &plan.layers {
        let mut lower: Vec<usize> = Vec::new();
        for cell in cells {
            let mut ends: Vec<usize> = plan.cells[*cell]
                .down
                .iter()
                .map(|(to, _)| place[*to])
                .collect();
            ends.sort_unstable();
            for end in &ends {
                sum += lower.len() - lower.partition_point(|other| other <= end);
            }
            for end in ends {
                lower.insert(lower.partition_point(|other| *other <= end), end);
            }
        }
    }
    sum
}

/// Gives each cell its place from left to right: near its neighbours, never upon another cell.
fn spread(plan: &mut Plan) {
    for cells in &plan.layers {
        let mut x = 0.0;
        for cell in cells {
            let width = plan.cells[*cell].width;
            plan.cells[*cell].x = x + width / 2.0;
            x += width + SIDE_GAP;
        }
    }
    for sweep in 0..SWEEPS * 2 {
        let count = plan.layers.len();
        for step in 0..count {
            let layer = if sweep % 2 == 0 {
                step
            } else {
                count - 1 - step
            };
            let cells = &plan.layers[layer];
            let wanted: Vec<(f64, f64)> = cells
                .iter()
                .map(|cell| {
                    let cell = &plan.cells[*cell];
                    let near = cell.up.iter().chain(&cell.down);
                    let (pull, sum) = near.fold((0.0, 0.0), |(pull, sum), (at, weight)| {
                        (pull + weight, sum + plan.cells[*at].x * weight)
                    });
                    if pull > 0.0 {
                        (sum / pull, pull)
                    } else {
                        (cell.x, 0.1)
                    }
                })
                .collect();
            let widths: Vec<f64> = cells.iter().map(|cell| plan.cells[*cell].width).collect();
            for (cell, x) in cells.clone().into_iter().zip(apart(&wanted, &widths)) {
                plan.cells[cell].x = x;
            }
        }
    }
}

/// Places nearest to the wanted ones (place, weight) that keep the order and the gaps: pooled
/// averages of what is pressed together.
fn apart(wanted: &[(f64, f64)], widths: &[f64]) -> Vec<f64> {
    // Offset of each cell from the first when all touch.
    let mut offset = vec![0.0; widths.len()];
    for at in 1..widths.len() {
        offset[at] = offset[at - 1] + f64::midpoint(widths[at - 1], widths[at]) + SIDE_GAP;
    }
    // Blocks of cells that move as one: mean of (wanted - offset), weight, count.
    let mut blocks: Vec<(f64, f64, usize)> = Vec::new();
    for (at, (x, weight)) in wanted.iter().enumerate() {
        let mut block = (x - offset[at], *weight, 1);
        while let Some(last) = blocks.last().copied() {
            if last.0 <= block.0 {
                break;
            }
            blocks.pop();
            let weight = last.1 + block.1;
            block = (
                (last.0 * last.1 + block.0 * block.1) / weight,
                weight,
                last.2 + block.2,
            );
        }
        blocks.push(block);
    }
    let starts = blocks
        .iter()
        .flat_map(|(start, _, count)| std::iter::repeat_n(*start, *count));
    starts
        .zip(offset)
        .map(|(start, offset)| start + offset)
        .collect()
}
