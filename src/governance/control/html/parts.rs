// SPDX-License-Identifier: Apache-2.0
//! Pieces of the page.

use crate::governance::control::status::class;
use crate::support::svg::escape;

/// A status as a word in a frame.
pub(super) fn badge(status: &str) -> String {
    let words = status.replace('_', " ");
    format!(
        "<span class=\"badge {}\">{}</span>",
        class(status),
        escape(&words)
    )
}

/// A path, a digest or a name; long ones may break at any separator.
pub(super) fn mono(text: &str) -> String {
    let breaking = escape(text).replace('/', "/<wbr>").replace('_', "_<wbr>");
    format!("<code>{breaking}</code>")
}

/// Gates under a small heading.
pub(super) fn gates(title: &str, class: &str, names: &[String]) -> String {
    let listed = if names.is_empty() {
        "<p>none</p>".to_owned()
    } else {
        let items: String = names
            .iter()
            .map(|name| format!("<li>{}</li>", escape(&name.replace('_', " "))))
            .collect();
        format!("<ul>{items}</ul>")
    };
    format!(
        "<div class=\"{class}\"><h4>{title} ({})</h4>{listed}</div>\n",
        names.len()
    )
}

/// A row; each cell knows the name of its column for narrow windows.
pub(super) fn row(cells: &[(&str, String)]) -> String {
    let mut out = String::from("<tr>");
    for (at, (name, value)) in cells.iter().enumerate() {
        let value = if value.is_empty() { "–" } else { value };
        let cell = if at == 0 { "th scope=\"row\"" } else { "td" };
        let end = if at == 0 { "th" } else { "td" };
        out.push_str(&format!(
            "<{cell} data-name=\"{name}\"><div>{value}</div></{end}>"
        ));
    }
    out.push_str("</tr>\n");
    out
}

/// A table; the caption is HTML.
pub(super) fn table(caption: &str, columns: &[&str], rows: &str) -> String {
    let heads: String = columns
        .iter()
        .map(|name| format!("<th scope=\"col\">{name}</th>"))
        .collect();
    format!(
        "<table>\n<caption>{caption}</caption>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n"
    )
}
