// SPDX-License-Identifier: Apache-2.0
//! The work items and what blocks what, drawn as SVG. A status shows in words and in the stroke of
//! the frame, so that nobody needs its colour.

use super::layout::{self, Drawing, HEIGHT, Line, Point, WIDTH};
use super::model::Work;
use super::status::class;
use crate::support::svg::{curve, escape};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Items that are still drawn; more are told by status.
pub const MOST: usize = 400;

/// Letters that a frame holds.
const LETTERS: usize = 25;

/// A drawing, or nothing when there is nothing to draw or too much.
pub fn draw(work: &Work) -> Option<String> {
    if work.items.is_empty() || work.items.len() > MOST {
        return None;
    }
    let mut ids: Vec<&str> = work.items.iter().map(|item| item.id.as_str()).collect();
    let known: BTreeSet<&str> = ids.iter().copied().collect();
    let named = work.items.iter().flat_map(|item| &item.blocked_by);
    let foreign: BTreeSet<&str> = named
        .map(String::as_str)
        .filter(|id| !known.contains(id))
        .collect();
    ids.extend(foreign);
    let place: BTreeMap<&str, usize> = ids.iter().copied().zip(0..).collect();
    let edges: Vec<(usize, usize)> = work
        .items
        .iter()
        .enumerate()
        .flat_map(|(at, item)| item.blocked_by.iter().map(move |id| (id.as_str(), at)))
        .map(|(id, at)| (place[id], at))
        .collect();
    let drawing = layout::place(ids.len(), &edges);
    Some(svg(work, &ids, &drawing))
}

fn svg(work: &Work, ids: &[&str], drawing: &Drawing) -> String {
    let (width, height) = (drawing.width.ceil(), drawing.height.ceil());
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"graph\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\" aria-labelledby=\"graph-title graph-text\">\n\
         <title id=\"graph-title\">Work items and what blocks what</title>\n\
         <desc id=\"graph-text\">{} items, {} lines from an item to those that it blocks. The table below says the same in words.</desc>\n",
        work.total,
        drawing.lines.len()
    );
    // What closes a circle lies on top, so that it is seen.
    for back in [false, true] {
        for drawn in drawing.lines.iter().filter(|line| line.back == back) {
            line(drawn, drawing, &mut out);
        }
    }
    let circled: BTreeSet<&str> = work.cycles.iter().flatten().map(String::as_str).collect();
    for (id, middle) in ids.iter().zip(&drawing.nodes) {
        let item = work.items.iter().find(|item| item.id == *id);
        let (status, title) = item.map_or(("undefined", ""), |item| (&item.status, &item.title));
        let kind = item.map_or("", |item| item.kind.as_str());
        let note = if circled.contains(id) {
            " · in a circle"
        } else {
            ""
        };
        node(*middle, id, title, status, kind, note, &mut out);
    }
    out.push_str("</svg>\n");
    out
}

fn node(
    middle: Point,
    id: &str,
    title: &str,
    status: &str,
    kind: &str,
    note: &str,
    out: &mut String,
) {
    let (left, top) = (middle.0 - WIDTH / 2.0, middle.1 - HEIGHT / 2.0);
    let spoken = if kind.is_empty() || kind == "unstated" {
        format!("{status}{note}")
    } else {
        format!("{status} · {kind}{note}")
    };
    let _ = writeln!(
        out,
        "<g class=\"node {}\"><title>{}: {} ({})</title>\
         <rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" rx=\"6\"/>",
        class(status),
        escape(id),
        escape(title),
        escape(&spoken)
    );
    for (at, (name, words)) in [("id", id), ("name", title), ("state", &spoken)]
        .into_iter()
        .enumerate()
    {
        let y = top + [17.0, 34.0, 50.0][at];
        let _ = writeln!(
            out,
            "<text class=\"{name}\" x=\"{:.1}\" y=\"{y:.1}\">{}</text>",
            left + 10.0,
            escape(&shortened(words))
        );
    }
    out.push_str("</g>\n");
}

fn shortened(words: &str) -> String {
    if words.chars().count() <= LETTERS {
        return words.to_owned();
    }
    let head: String = words.chars().take(LETTERS - 1).collect();
    format!("{}…", head.trim_end())
}

fn line(line: &Line, drawing: &Drawing, out: &mut String) {
    let name = if line.back { "edge circle" } else { "edge" };
    let Some((&first, rest)) = line.points.split_first() else {
        return;
    };
    if rest.is_empty() {
        // An item that waits for itself.
        let (x, y) = drawing.nodes.get(line.from).copied().unwrap_or(first);
        let right = x + WIDTH / 2.0;
        let _ = writeln!(
            out,
            "<path class=\"{name}\" d=\"M{right:.1},{:.1} q14,-9 14,9 t-14,9\"/>",
            y - 9.0
        );
        return;
    }
    let Some(&tip) = rest.last() else {
        return;
    };
    let up = if line.back { 1.0 } else { -1.0 };
    let mut path = format!("M{:.1},{:.1}", first.0, first.1);
    let mut from = first;
    for (at, &to) in rest.iter().enumerate() {
        // The line ends where the arrow begins.
        let to = if at + 1 == rest.len() {
            (to.0, to.1 + up * 8.0)
        } else {
            to
        };
        curve(from, to, &mut path);
        from = to;
    }
    let base = tip.1 + up * 9.0;
    let _ = writeln!(
        out,
        "<path class=\"{name}\" d=\"{path}\"/><polygon class=\"tip {name}\" points=\"{:.1},{:.1} {:.1},{base:.1} {:.1},{base:.1}\"/>",
        tip.0,
        tip.1,
        tip.0 - 4.5,
        tip.0 + 4.5
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::governance::control::model::ItemRow;

    pub(crate) fn work(items: &[(&str, &str, &[&str])]) -> Work {
        let row = |(id, title, blocked_by): &(&str, &str, &[&str])| ItemRow {
            id: (*id).to_owned(),
            title: (*title).to_owned(),
            kind: "AFK".to_owned(),
            status: "candidate".to_owned(),
            blocked_by: blocked_by.iter().map(|id| (*id).to_owned()).collect(),
            waits_for: Vec::new(),
            path: None,
        };
        Work {
            total: items.len(),
            by_status: BTreeMap::new(),
            cycles: Vec::new(),
            items: items.iter().map(row).collect(),
        }
    }

    #[test]
    fn hostile_titles_stay_text() {
        let drawn = draw(&work(&[("A", "<script>alert('1')</script>", &["B\"><x>"])])).unwrap();
        assert!(!drawn.contains("<script"));
        assert!(!drawn.contains("<x>"));
        assert!(drawn.contains("&lt;script&gt;"));
        assert!(drawn.contains("undefined"));
    }

    #[test]
    fn nothing_and_too_much_are_not_drawn() {
        assert!(draw(&work(&[])).is_none());
        let ids: Vec<String> = (0..=MOST).map(|at| format!("A-{at}")).collect();
        let items: Vec<(&str, &str, &[&str])> =
            ids.iter().map(|id| (id.as_str(), "", &[][..])).collect();
        assert!(draw(&work(&items)).is_none());
        assert!(draw(&work(&items[1..])).is_some());
    }

    #[test]
    fn an_item_that_waits_for_itself_is_drawn() {
        let drawn = draw(&work(&[("A", "one", &["A"])])).unwrap();
        assert!(drawn.contains("edge circle"));
    }
}
