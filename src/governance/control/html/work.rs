// SPDX-License-Identifier: Apache-2.0
//! Work items on the page: counts, the drawn graph, the table.

use super::parts::{badge, mono, row, table};
use crate::governance::control::graph::{self, MOST};
use crate::governance::control::model::{ItemRow, Work};
use crate::support::svg::escape;
use std::fmt::Write as _;

/// Ids of one status that are named when there are too many items to draw.
const NAMED: usize = 60;

/// Writes the section.
pub(super) fn section(work: &Work, out: &mut String) {
    out.push_str("<section aria-labelledby=\"work\">\n<h2 id=\"work\">Work items</h2>\n");
    if work.items.is_empty() {
        out.push_str("<p>There is no work item.</p>\n</section>\n");
        return;
    }
    by_status(work, out);
    if !work.cycles.is_empty() {
        out.push_str("<p class=\"warning\">These wait for each other, so none of them can be finished:</p>\n<ul>\n");
        for cycle in &work.cycles {
            let _ = writeln!(out, "<li>{}</li>", escape(&cycle.join(", ")));
        }
        out.push_str("</ul>\n");
    }
    match graph::draw(work) {
        Some(drawn) => {
            let _ = write!(
                out,
                "<h3 id=\"graph\">What blocks what</h3>\n<p>Lines lead from an item down to those that it blocks. What \
                 another line already implies is not drawn; a dashed line leads back up and closes a circle. The \
                 frame tells the status as well as the words: solid is validated, dashed candidate, dotted draft, \
                 thick blocked.</p>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-labelledby=\"graph\">\n{drawn}</div>\n"
            );
            let rows: String = work.items.iter().map(item).collect();
            out.push_str(&table(
                "Every work item",
                &[
                    "Item",
                    "Title",
                    "Type",
                    "Status",
                    "Blocked by",
                    "Waits for",
                    "Defined in",
                ],
                &rows,
            ));
        }
        None => {
            let _ = writeln!(
                out,
                "<p>More than {MOST} items are told by status instead of drawn; the summary in JSON holds each of them.</p>"
            );
        }
    }
    out.push_str("</section>\n");
}

fn by_status(work: &Work, out: &mut String) {
    let many = work.items.len() > MOST;
    let rows = work.by_status.iter().map(|(status, number)| {
        let ours = work.items.iter().filter(|item| item.status == *status);
        let waiting = ours
            .clone()
            .filter(|item| !item.waits_for.is_empty())
            .count();
        let mut cells = vec![
            ("Status", badge(status)),
            ("Items", number.to_string()),
            ("Waiting for others", waiting.to_string()),
        ];
        if many {
            let ids: Vec<&str> = ours.map(|item| item.id.as_str()).take(NAMED).collect();
            let mut named = escape(&ids.join(", "));
            if *number > ids.len() {
                let _ = write!(named, " and {} more", number - ids.len());
            }
            cells.push(("Which", named));
        }
        row(&cells)
    });
    let columns = ["Status", "Items", "Waiting for others", "Which"];
    let columns = if many { &columns[..] } else { &columns[..3] };
    let caption = format!("{} work items by status", work.total);
    out.push_str(&table(&caption, columns, &rows.collect::<String>()));
}

fn item(item: &ItemRow) -> String {
    row(&[
        ("Item", mono(&item.id)),
        ("Title", escape(&item.title)),
        ("Type", escape(&item.kind)),
        ("Status", badge(&item.status)),
        ("Blocked by", escape(&item.blocked_by.join(", "))),
        ("Waits for", escape(&item.waits_for.join(", "))),
        (
            "Defined in",
            item.path
                .as_ref()
                .map_or_else(String::new, |path| mono(path)),
        ),
    ])
}
