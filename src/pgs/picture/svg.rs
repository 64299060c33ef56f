// SPDX-License-Identifier: Apache-2.0
//! The drawing as SVG 1.1. Every text is escaped; the way taken differs in strength of line as well
//! as in colour.

use super::layout::{Area, Layout, Point, Route};
use super::letters::{LETTERS, SMALL};
use super::{Graph, Look};
use crate::support::svg::{curve, escape};
use std::collections::BTreeSet;
use std::fmt::Write as _;

const FONTS: &str = "Hack, 'DejaVu Sans Mono', Menlo, Consolas, monospace";
const INK: &str = "#1f2933";
const QUIET: &str = "#8a96a3";
const TAKEN: &str = "#1d5fb8";
const TAKEN_FILL: &str = "#e3eefb";
const GOOD: &str = "#1b7f3b";
const GOOD_FILL: &str = "#e2f4e7";
const BAD: &str = "#b3261e";
const BAD_FILL: &str = "#fbe6e4";

/// Draws.
pub fn draw(graph: &Graph, layout: &Layout) -> String {
    let mut out = String::new();
    let (width, height) = (layout.width.ceil(), layout.height.ceil());
    let title = graph.heading.first().map_or("workflow", String::as_str);
    let _ = write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\" font-family=\"{FONTS}\">\n\
         <title>{}</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n",
        escape(title)
    );
    let mut y = 34.0;
    for (at, line) in graph.heading.iter().enumerate() {
        let weight = if at == 0 { "bold" } else { "normal" };
        let _ = writeln!(
            out,
            "<text x=\"28\" y=\"{y}\" font-size=\"{LETTERS}\" font-weight=\"{weight}\" fill=\"{INK}\">{}</text>",
            escape(line)
        );
        y += 20.0;
    }
    // The way taken last, so that nothing lies upon it; what edges share is drawn once.
    for taken in [false, true] {
        let mut drawn = BTreeSet::new();
        for (edge, route) in graph.edges.iter().zip(&layout.routes) {
            if edge.taken == taken {
                line(route, taken, &mut drawn, &mut out);
            }
        }
    }
    for (edge, route) in graph.edges.iter().zip(&layout.routes) {
        let (colour, weight) = if edge.taken {
            (TAKEN, "bold")
        } else {
            (QUIET, "normal")
        };
        let area = &route.label;
        let _ = writeln!(
            out,
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"#ffffff\"/>",
            area.x - area.width / 2.0,
            area.y - area.height / 2.0,
            area.width,
            area.height
        );
        text(
            area.x,
            area.y + 4.0,
            SMALL,
            weight,
            colour,
            &edge.label,
            &mut out,
        );
    }
    for (at, (node, area)) in graph.nodes.iter().zip(&layout.nodes).enumerate() {
        let _ = writeln!(out, "<g id=\"node-{at}\">");
        let (stroke, fill) = match (node.visited, node.look) {
            (false, _) => (QUIET, "#f7f8fa"),
            (true, Look::Exit) if graph.success => (GOOD, GOOD_FILL),
            (true, Look::Exit) => (BAD, BAD_FILL),
            (true, _) => (TAKEN, TAKEN_FILL),
        };
        let strength = if node.visited { 2.5 } else { 1.0 };
        outline(node.look, area, stroke, fill, strength, &mut out);
        let ink = if node.visited { INK } else { "#5f6b77" };
        let up = if node.detail.is_empty() { 4.5 } else { -2.5 };
        text(
            area.x,
            area.y + up,
            LETTERS,
            "bold",
            ink,
            &node.title,
            &mut out,
        );
        if !node.detail.is_empty() {
            text(
                area.x,
                area.y + 13.0,
                SMALL,
                "normal",
                ink,
                &node.detail,
                &mut out,
            );
        }
        out.push_str("</g>\n");
    }
    out.push_str("</svg>\n");
    out
}

fn text(x: f64, y: f64, size: f64, weight: &str, colour: &str, words: &str, out: &mut String) {
    let _ = writeln!(
        out,
        "<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{size}\" font-weight=\"{weight}\" \
         text-anchor=\"middle\" fill=\"{colour}\">{}</text>",
        escape(words)
    );
}

/// An intent is a hexagon, a contract a box, an exit a double rounded box, as people know them from
/// the original's pictures.
fn outline(look: Look, area: &Area, stroke: &str, fill: &str, strength: f64, out: &mut String) {
    let (left, top) = (area.x - area.width / 2.0, area.y - area.height / 2.0);
    let (right, bottom) = (area.x + area.width / 2.0, area.y + area.height / 2.0);
    let style = format!("fill=\"{fill}\" stroke=\"{stroke}\" stroke-width=\"{strength}\"");
    let _ = match look {
        Look::Intent => writeln!(
            out,
            "<polygon points=\"{:.1},{top:.1} {:.1},{top:.1} {right:.1},{:.1} {:.1},{bottom:.1} \
             {:.1},{bottom:.1} {left:.1},{:.1}\" {style}/>",
            left + 14.0,
            right - 14.0,
            area.y,
            right - 14.0,
            left + 14.0,
            area.y
        ),
        Look::Contract => writeln!(
            out,
            "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"3\" {style}/>",
            area.width, area.height
        ),
        Look::Exit => writeln!(
            out,
            "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"20\" {style}/>\n\
             <rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"16\" fill=\"none\" \
             stroke=\"{stroke}\" stroke-width=\"1\"/>",
            area.width,
            area.height,
            left + 4.0,
            top + 4.0,
            area.width - 8.0,
            area.height - 8.0
        ),
    };
}

fn line(route: &Route, taken: bool, drawn: &mut BTreeSet<[i64; 4]>, out: &mut String) {
    let (colour, strength) = if taken { (TAKEN, 3.0) } else { (QUIET, 1.2) };
    let mut points = route.points.clone();
    let Some(end) = points.last_mut() else {
        return;
    };
    let tip = *end;
    // The line ends at the arrow's base.
    end.1 -= 8.0;
    let mut path = String::new();
    let mut at = None;
    for pair in points.windows(2) {
        if drawn.insert(key(pair[0], pair[1])) {
            if at != Some(pair[0]) {
                let _ = write!(path, "M{:.1},{:.1}", pair[0].0, pair[0].1);
            }
            curve(pair[0], pair[1], &mut path);
            at = Some(pair[1]);
        }
    }
    if !path.is_empty() {
        let _ = writeln!(
            out,
            "<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{strength}\"/>"
        );
    }
    if drawn.insert(key(tip, tip)) {
        let _ = writeln!(
            out,
            "<polygon points=\"{:.1},{:.1} {:.1},{:.1} {:.1},{:.1}\" fill=\"{colour}\"/>",
            tip.0,
            tip.1,
            tip.0 - 5.0,
            tip.1 - 9.0,
            tip.0 + 5.0,
            tip.1 - 9.0
        );
    }
}

/// A piece of a line, in tenths of pixels.
#[expect(clippy::cast_possible_truncation, reason = "places are far below 2^53")]
fn key(from: Point, to: Point) -> [i64; 4] {
    [from.0, from.1, to.0, to.1].map(|place| (place * 10.0).round() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pgs::picture::{layout, samples};

    #[test]
    fn hostile_labels_stay_text() {
        let mut graph = samples::chain(1);
        graph.nodes[1].title = "</text><script>\u{1}".to_owned();
        graph.edges[0].label = "\"&".to_owned();
        let svg = draw(&graph, &layout::place(&graph));
        assert!(svg.contains("&lt;/text&gt;&lt;script&gt;\u{fffd}"));
        assert!(!svg.contains("<script"));
        assert!(svg.contains(">&quot;&amp;</text>"));
    }
}
