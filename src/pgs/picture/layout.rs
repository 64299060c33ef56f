// SPDX-License-Identifier: Apache-2.0
//! Where nodes and edges go: layers from top to bottom after K. Sugiyama, S. Tagawa and M. Toda
//! (1981), with a layer of labels below each layer of nodes, so that no label covers another.
//!
//! Edges over several layers join one trunk per target: a failure exit that every node leads to is
//! one line at the side, not a line from each node.

use super::Graph;
use super::layers::{self, LABEL_HEIGHT, NODE_HEIGHT, Plan};
use super::letters::{LETTERS, text_width};

const LAYER_GAP: f64 = 16.0;
const MARGIN: f64 = 28.0;
const HEADING_LINE: f64 = 20.0;

/// A point, in pixels from the top left.
pub type Point = (f64, f64);

/// A box.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Area {
    /// Centre.
    pub x: f64,
    /// Centre.
    pub y: f64,
    /// From edge to edge.
    pub width: f64,
    /// From edge to edge.
    pub height: f64,
}

impl Area {
    fn top(&self) -> Point {
        (self.x, self.y - self.height / 2.0)
    }

    fn bottom(&self) -> Point {
        (self.x, self.y + self.height / 2.0)
    }

    /// Whether two boxes share more than an edge.
    pub fn meets(&self, other: &Self) -> bool {
        (self.x - other.x).abs() * 2.0 < self.width + other.width - 0.01
            && (self.y - other.y).abs() * 2.0 < self.height + other.height - 0.01
    }
}

/// Where one edge goes.
#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    /// Through these points, the last at the border of the node entered.
    pub points: Vec<Point>,
    /// Where its label stands.
    pub label: Area,
}

/// Where everything goes.
#[derive(Debug, Clone, PartialEq)]
pub struct Layout {
    /// Of the whole drawing.
    pub width: f64,
    /// Of the whole drawing.
    pub height: f64,
    /// By index of the node.
    pub nodes: Vec<Area>,
    /// By index of the edge.
    pub routes: Vec<Route>,
}

/// Finds a place for everything.
pub fn place(graph: &Graph) -> Layout {
    finish(graph, &layers::arrange(graph))
}

#[expect(clippy::cast_precision_loss, reason = "headings are short")]
fn finish(graph: &Graph, plan: &Plan) -> Layout {
    let heading = graph.heading.len() as f64 * HEADING_LINE;
    let left = plan
        .cells
        .iter()
        .map(|cell| cell.x - cell.width / 2.0)
        .fold(f64::INFINITY, f64::min);
    let shift = MARGIN - if left.is_finite() { left } else { 0.0 };
    let mut y = MARGIN + heading;
    let mut middle = Vec::new();
    for (at, cells) in plan.layers.iter().enumerate() {
        let height = if cells.is_empty() {
            0.0
        } else if at % 2 == 0 {
            NODE_HEIGHT
        } else {
            LABEL_HEIGHT
        };
        middle.push(y + height / 2.0);
        y += height + if cells.is_empty() { 0.0 } else { LAYER_GAP };
    }
    let area = |cell: usize| {
        let cell = &plan.cells[cell];
        Area {
            x: cell.x + shift,
            y: middle[cell.layer],
            width: cell.width,
            height: cell.height,
        }
    };
    let areas: Vec<Area> = (0..plan.cells.len()).map(area).collect();
    let routes = plan.ways.iter().zip(&plan.reversed).zip(&graph.edges);
    let routes = routes
        .map(|((way, reversed), edge)| route(way, *reversed, edge.from == edge.to, &areas))
        .collect();
    let right = areas
        .iter()
        .map(|area| area.x + area.width / 2.0)
        .chain(
            graph
                .heading
                .iter()
                .map(|line| MARGIN + text_width(line, LETTERS)),
        )
        .fold(0.0, f64::max);
    Layout {
        width: right + MARGIN,
        height: y - LAYER_GAP + MARGIN,
        nodes: areas[..graph.nodes.len()].to_vec(),
        routes,
    }
}

fn route(way: &[usize], reversed: bool, onto_itself: bool, areas: &[Area]) -> Route {
    let label = areas[way[1]];
    let first = areas[way[0]];
    if onto_itself {
        // Down to the label and back up at the side of the node.
        let side = first.x + first.width / 2.0;
        let points = vec![
            first.bottom(),
            label.top(),
            label.bottom(),
            (side + 12.0, label.y),
            (side, first.y),
        ];
        return Route { points, label };
    }
    let mut points = vec![first.bottom(), label.top(), label.bottom()];
    for cell in &way[2..way.len() - 1] {
        points.push((areas[*cell].x, areas[*cell].y));
    }
    points.push(areas[way[way.len() - 1]].top());
    if reversed {
        points.reverse();
    }
    Route { points, label }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pgs::picture::{Edge, samples};
    use proptest::prelude::*;

    fn check(graph: &Graph, layout: &Layout) {
        let labels = layout.routes.iter().map(|route| &route.label);
        let areas: Vec<&Area> = layout.nodes.iter().chain(labels).collect();
        for (at, area) in areas.iter().enumerate() {
            assert!(area.x - area.width / 2.0 >= 0.0 && area.x + area.width / 2.0 <= layout.width);
            assert!(
                area.y - area.height / 2.0 >= 0.0 && area.y + area.height / 2.0 <= layout.height
            );
            for other in &areas[at + 1..] {
                assert!(!area.meets(other), "{area:?} {other:?}");
            }
        }
        assert_eq!(layout.routes.len(), graph.edges.len());
    }

    #[test]
    fn nothing_covers_anything_in_small_and_large_workflows() {
        for contracts in [1, 3, 10, 198] {
            let graph = samples::chain(contracts);
            let layout = place(&graph);
            check(&graph, &layout);
            // The way taken is a straight line: every node of it in one column.
            let column = layout.nodes[0].x;
            for node in &layout.nodes[..=contracts + 1] {
                assert!((node.x - column).abs() < 40.0, "{} {column}", node.x);
            }
        }
    }

    proptest! {
        #[test]
        fn any_graph_is_placed(edges in proptest::collection::vec((0_usize..12, 0_usize..12), 0..30)) {
            let mut graph = samples::chain(9);
            graph.edges = edges
                .into_iter()
                .map(|(from, to)| Edge { from, to, label: format!("O{from}"), taken: from % 2 == 0 })
                .collect();
            check(&graph, &place(&graph));
        }
    }
}
