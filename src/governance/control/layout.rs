// SPDX-License-Identifier: Apache-2.0
//! Where the nodes of a graph go: layers from top to bottom after K. Sugiyama, S. Tagawa and
//! M. Toda (1981), each of bounded width after E. G. Coffman and R. L. Graham (1972), one picture a
//! connected part. Edges that others imply are left out, those that close a circle are kept apart.

use super::walk::{closing, layers, parts, unimplied};
use std::collections::{BTreeMap, BTreeSet};

/// Width of a node.
pub(super) const WIDTH: f64 = 178.0;
/// Height of a node.
pub(super) const HEIGHT: f64 = 58.0;
/// Nodes side by side.
const ABREAST: usize = 6;
const SIDE_GAP: f64 = 18.0;
const LAYER_GAP: f64 = 46.0;
const PART_GAP: f64 = 34.0;
const MARGIN: f64 = 12.0;
/// Width of a line on its way past a layer.
const LINE: f64 = 14.0;
const SWEEPS: usize = 10;
/// What a line on its way weighs against a node: it stays straight, and nodes make room.
const STRAIGHT: f64 = 1000.0;

/// A place.
pub(super) type Point = (f64, f64);

/// A drawn edge.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Line {
    /// Ends, as they were given.
    pub(super) from: usize,
    pub(super) to: usize,
    /// From the end of one node to the beginning of the other.
    pub(super) points: Vec<Point>,
    /// Whether it closes a circle, and so leads upwards.
    pub(super) back: bool,
}

/// A drawing.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Drawing {
    /// Middles of nodes.
    pub(super) nodes: Vec<Point>,
    pub(super) lines: Vec<Line>,
    pub(super) width: f64,
    pub(super) height: f64,
    /// Edges that are not drawn, since others imply them.
    pub(super) implied: usize,
}

/// Places `count` nodes; an edge leads from what comes first.
pub(super) fn place(count: usize, edges: &[(usize, usize)]) -> Drawing {
    let edges: BTreeSet<(usize, usize)> = edges.iter().copied().collect();
    let back = closing(count, &edges);
    let forward: Vec<(usize, usize)> = edges.difference(&back).copied().collect();
    let kept = unimplied(count, &forward);
    let mut drawing = Drawing {
        nodes: vec![(0.0, 0.0); count],
        implied: forward.len() - kept.len(),
        ..Drawing::default()
    };
    let mut shelf = Shelf::default();
    for part in parts(count, &edges) {
        if part.len() == 1 && !edges.contains(&(part[0], part[0])) {
            continue;
        }
        let inside: BTreeSet<usize> = part.iter().copied().collect();
        let own = |edge: &&(usize, usize)| inside.contains(&edge.0);
        let kept: Vec<_> = kept.iter().filter(own).copied().collect();
        let back: Vec<_> = back.iter().filter(own).copied().collect();
        Part::of(&part, &kept, &back).draw(&mut drawing, &mut shelf);
    }
    let linked: BTreeSet<usize> = edges.iter().flat_map(|(from, to)| [*from, *to]).collect();
    shelf.next_row();
    for single in (0..count).filter(|node| !linked.contains(node)) {
        let (x, y) = shelf.take(WIDTH, HEIGHT, SIDE_GAP);
        drawing.nodes[single] = (x + WIDTH / 2.0, y + HEIGHT / 2.0);
    }
    drawing.width = shelf.widest + 2.0 * MARGIN;
    drawing.height = shelf.bottom + 2.0 * MARGIN;
    drawing
}

/// Rows of boxes, filled from left to right.
#[derive(Debug, Default)]
struct Shelf {
    x: f64,
    top: f64,
    bottom: f64,
    widest: f64,
}

impl Shelf {
    /// The left upper corner of a box.
    fn take(&mut self, width: f64, height: f64, gap: f64) -> Point {
        #[expect(clippy::cast_precision_loss, reason = "a handful")]
        let room = ABREAST as f64 * (WIDTH + SIDE_GAP);
        if self.x > 0.0 && self.x + width > room {
            self.top = self.bottom + gap;
            self.x = 0.0;
        }
        let corner = (self.x + MARGIN, self.top + MARGIN);
        self.x += width + gap;
        self.bottom = self.bottom.max(self.top + height);
        self.widest = self.widest.max(self.x - gap);
        corner
    }

    fn next_row(&mut self) {
        if self.x > 0.0 {
            self.top = self.bottom + PART_GAP;
            self.x = 0.0;
        }
    }
}

/// What stands in a layer: a node, or a line on its way past it.
struct Cell {
    width: f64,
    x: f64,
    up: Vec<usize>,
    down: Vec<usize>,
}

/// One connected part in layers.
struct Part<'a> {
    nodes: &'a [usize],
    cells: Vec<Cell>,
    layers: Vec<Vec<usize>>,
    layer_of: Vec<usize>,
    /// Ends as given, the cells between, and whether the edge closes a circle.
    ways: Vec<(usize, usize, Vec<usize>, bool)>,
}

impl<'a> Part<'a> {
    fn of(nodes: &'a [usize], forward: &[(usize, usize)], back: &[(usize, usize)]) -> Self {
        let local: BTreeMap<usize, usize> = nodes.iter().copied().zip(0..).collect();
        let pairs: Vec<(usize, usize)> = forward
            .iter()
            .map(|(from, to)| (local[from], local[to]))
            .collect();
        let mut part = Part {
            nodes,
            cells: Vec::new(),
            layers: Vec::new(),
            layer_of: layers(nodes.len(), &pairs, ABREAST),
            ways: Vec::new(),
        };
        for node in 0..nodes.len() {
            part.cell(WIDTH, part.layer_of[node]);
        }
        let mut trunks = BTreeMap::new();
        for (from, to) in pairs {
            part.way(from, to, false, &mut trunks);
        }
        for (from, to) in back {
            let (from, to) = (local[from], local[to]);
            // Drawn from top to bottom as all others, and told apart by its arrow.
            let down = part.layer_of[to] <= part.layer_of[from];
            let (upper, lower) = if down { (to, from) } else { (from, to) };
            part.way(upper, lower, true, &mut BTreeMap::new());
        }
        part.order();
        part.spread();
        part
    }

    fn cell(&mut self, width: f64, layer: usize) -> usize {
        self.cells.push(Cell {
            width,
            x: 0.0,
            up: Vec::new(),
            down: Vec::new(),
        });
        let at = self.cells.len() - 1;
        if self.layers.len() <= layer {
            self.layers.resize(layer + 1, Vec::new());
        }
        self.layers[layer].push(at);
        at
    }

    /// Edges that leave one node share their way as long as they go past the same layers.
    fn way(
        &mut self,
        from: usize,
        to: usize,
        back: bool,
        trunks: &mut BTreeMap<(usize, usize), usize>,
    ) {
        let mut way = vec![from];
        for layer in self.layer_of[from] + 1..self.layer_of[to] {
            let known = trunks.get(&(from, layer)).copied();
            let cell = known.unwrap_or_else(|| self.cell(LINE, layer));
            trunks.insert((from, layer), cell);
            way.push(cell);
        }
        if from != to {
            way.push(to);
        }
        for pair in way.windows(2) {
            if !self.cells[pair[0]].down.contains(&pair[1]) {
                self.cells[pair[0]].down.push(pair[1]);
                self.cells[pair[1]].up.push(pair[0]);
            }
        }
        self.ways.push((from, to, way, back));
    }

    /// Orders each layer by the middle of its neighbours, down and up in turn, and keeps the order
    /// with the fewest crossings.
    fn order(&mut self) {
        let mut best = self.layers.clone();
        let mut fewest = self.crossings();
        for sweep in 0..SWEEPS {
            let mut place = self.places();
            for step in 0..self.layers.len() {
                let down = sweep % 2 == 0;
                let layer = if down {
                    step
                } else {
                    self.layers.len() - 1 - step
                };
                let mut cells = std::mem::take(&mut self.layers[layer]);
                let key = |cell: &usize| {
                    let near = if down {
                        &self.cells[*cell].up
                    } else {
                        &self.cells[*cell].down
                    };
                    mean(near.iter().map(|other| place[*other])).unwrap_or(place[*cell])
                };
                let mut keyed: Vec<(f64, usize)> =
                    cells.iter().map(|cell| (key(cell), *cell)).collect();
                keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
                cells.clear();
                cells.extend(keyed.into_iter().map(|(_, cell)| cell));
                number(&cells, &mut place);
                self.layers[layer] = cells;
            }
            let now = self.crossings();
            if now < fewest {
                fewest = now;
                best.clone_from(&self.layers);
            }
        }
        self.layers = best;
    }

    fn places(&self) -> Vec<f64> {
        let mut place = vec![0.0; self.cells.len()];
        self.layers
            .iter()
            .for_each(|cells| number(cells, &mut place));
        place
    }

    fn crossings(&self) -> usize {
        let place = self.places();
        let mut sum = 0;
        for cells in &self.layers {
            let mut ends: Vec<f64> = Vec::new();
            for cell in cells {
                let mut own: Vec<f64> =
                    self.cells[*cell].down.iter().map(|to| place[*to]).collect();
                own.sort_by(f64::total_cmp);
                for end in &own {
                    sum += ends.len() - ends.partition_point(|other| other <= end);
                }
                for end in own {
                    ends.insert(ends.partition_point(|other| *other <= end), end);
                }
            }
        }
        sum
    }

    /// Places from left to right: near the neighbours, in order, never upon each other.
    fn spread(&mut self) {
        for sweep in 0..=SWEEPS * 2 {
            for step in 0..self.layers.len() {
                let layer = if sweep % 2 == 0 {
                    step
                } else {
                    self.layers.len() - 1 - step
                };
                let cells = &self.layers[layer];
                let wanted: Vec<f64> = cells.iter().map(|cell| self.wanted(*cell)).collect();
                let widths: Vec<f64> = cells.iter().map(|cell| self.cells[*cell].width).collect();
                let line = |cell: &usize| *cell >= self.nodes.len();
                let weights: Vec<f64> = cells
                    .iter()
                    .map(|cell| if line(cell) { STRAIGHT } else { 1.0 })
                    .collect();
                let placed = apart(&wanted, &widths, &weights);
                for (cell, x) in cells.clone().into_iter().zip(placed) {
                    self.cells[cell].x = x;
                }
            }
        }
    }

    /// Where a cell would stand by its neighbours. A line that goes on looks at where it goes on,
    /// not at the nodes that it feeds: they would push it aside a little in every layer.
    fn wanted(&self, cell: usize) -> f64 {
        let own = &self.cells[cell];
        let near = || own.up.iter().chain(&own.down).copied();
        let line = |other: &usize| *other >= self.nodes.len();
        let x = |other: usize| self.cells[other].x;
        let straight = line(&cell).then(|| mean(near().filter(line).map(x)));
        straight
            .flatten()
            .or_else(|| mean(near().map(x)))
            .unwrap_or(own.x)
    }

    /// Puts the part on the shelf.
    fn draw(&self, drawing: &mut Drawing, shelf: &mut Shelf) {
        let left = |cell: &Cell| cell.x - cell.width / 2.0;
        let right = |cell: &Cell| cell.x + cell.width / 2.0;
        let least = self.cells.iter().map(left).fold(f64::INFINITY, f64::min);
        let most = self
            .cells
            .iter()
            .map(right)
            .fold(f64::NEG_INFINITY, f64::max);
        #[expect(clippy::cast_precision_loss, reason = "layers are few")]
        let down = |layer: usize| layer as f64 * (HEIGHT + LAYER_GAP);
        let height = down(self.layers.len().saturating_sub(1)) + HEIGHT;
        let corner = shelf.take(most - least, height, PART_GAP);
        let mut middle = vec![(0.0, 0.0); self.cells.len()];
        for (layer, cells) in self.layers.iter().enumerate() {
            for cell in cells {
                let x = self.cells[*cell].x - least + corner.0;
                middle[*cell] = (x, corner.1 + down(layer) + HEIGHT / 2.0);
            }
        }
        for (at, node) in self.nodes.iter().enumerate() {
            drawing.nodes[*node] = middle[at];
        }
        for (from, to, way, back) in &self.ways {
            let aside = if *back { WIDTH / 4.0 } else { 0.0 };
            let mut points = Vec::new();
            for (at, cell) in way.iter().enumerate() {
                let (x, y) = middle[*cell];
                if *cell >= self.nodes.len() {
                    points.extend([(x, y - HEIGHT / 2.0), (x, y + HEIGHT / 2.0)]);
                } else if at == 0 {
                    points.push((x + aside, y + HEIGHT / 2.0));
                } else {
                    points.push((x + aside, y - HEIGHT / 2.0));
                }
            }
            let (from, to) = (self.nodes[*from], self.nodes[*to]);
            let (from, to) = if *back { (to, from) } else { (from, to) };
            if *back {
                points.reverse();
            }
            drawing.lines.push(Line {
                from,
                to,
                points,
                back: *back,
            });
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "layers are short")]
fn number(cells: &[usize], place: &mut [f64]) {
    for (at, cell) in cells.iter().enumerate() {
        place[*cell] = (at as f64 + 0.5) / cells.len() as f64;
    }
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    (count > 0.0).then(|| sum / count)
}

/// Places nearest to the wanted ones that keep order and gaps: pooled averages, by weight, of what
/// is pressed together (isotonic regression).
fn apart(wanted: &[f64], widths: &[f64], weights: &[f64]) -> Vec<f64> {
    let mut offset = vec![0.0; widths.len()];
    for at in 1..widths.len() {
        offset[at] = offset[at - 1] + f64::midpoint(widths[at - 1], widths[at]) + SIDE_GAP;
    }
    // Where a block begins, what it weighs, how many it holds.
    let mut blocks: Vec<(f64, f64, usize)> = Vec::new();
    for ((x, offset), weight) in wanted.iter().zip(&offset).zip(weights) {
        let mut block = (x - offset, *weight, 1);
        while let Some(last) = blocks.last().copied().filter(|last| last.0 > block.0) {
            blocks.pop();
            let weight = last.1 + block.1;
            let start = (last.0 * last.1 + block.0 * block.1) / weight;
            block = (start, weight, last.2 + block.2);
        }
        blocks.push(block);
    }
    let mut places = Vec::with_capacity(widths.len());
    for (start, _, count) in blocks {
        for _ in 0..count {
            places.push(start + offset[places.len()]);
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn apart_all(drawing: &Drawing) {
        for (at, one) in drawing.nodes.iter().enumerate() {
            assert!(one.0 >= WIDTH / 2.0 && one.0 + WIDTH / 2.0 <= drawing.width);
            assert!(one.1 >= HEIGHT / 2.0 && one.1 + HEIGHT / 2.0 <= drawing.height);
            for other in &drawing.nodes[at + 1..] {
                let apart = (one.0 - other.0).abs() >= WIDTH - 0.01
                    || (one.1 - other.1).abs() >= HEIGHT - 0.01;
                assert!(apart, "{one:?} lies upon {other:?}");
            }
        }
    }

    #[test]
    fn what_comes_first_stands_above_and_implied_edges_are_left_out() {
        let drawing = place(4, &[(0, 1), (1, 2), (0, 2), (3, 2)]);
        apart_all(&drawing);
        assert_eq!(drawing.implied, 1);
        assert_eq!(drawing.lines.len(), 3);
        for line in &drawing.lines {
            assert!(drawing.nodes[line.from].1 < drawing.nodes[line.to].1);
            assert!(!line.back);
        }
    }

    #[test]
    fn circles_are_kept_and_lead_upwards() {
        let drawing = place(3, &[(0, 1), (1, 2), (2, 0), (1, 1)]);
        apart_all(&drawing);
        let back: Vec<_> = drawing.lines.iter().filter(|line| line.back).collect();
        assert_eq!(back.len(), 2);
        let long = back.iter().find(|line| line.from == 2).unwrap();
        assert_eq!(long.to, 0);
        assert!(long.points[0].1 > long.points[long.points.len() - 1].1);
    }

    #[test]
    fn a_wide_graph_stays_within_the_page() {
        let edges: Vec<_> = (1..200).map(|to| (0, to)).collect();
        let drawing = place(200, &edges);
        apart_all(&drawing);
        assert!(drawing.width < 1600.0, "{}", drawing.width);
    }

    proptest! {
        #[test]
        fn nothing_lies_upon_another(
            edges in proptest::collection::vec((0_usize..30, 0_usize..30), 0..60)
        ) {
            let drawing = place(30, &edges);
            apart_all(&drawing);
            prop_assert_eq!(&drawing, &place(30, &edges));
            for line in &drawing.lines {
                prop_assert!(line.points.iter().all(|(x, y)| x.is_finite() && y.is_finite()));
            }
        }
    }
}
