// SPDX-License-Identifier: Apache-2.0
//! An answer as people read it: one `key: value` a line, lists below their name, tables for lists
//! of objects.

use crate::support::pyjson::{Value, display};

/// How the error of something that is not there begins.
const MISSING: &str = "missing file or object: ";

/// The text of an answer.
pub(super) fn text(body: &Value) -> String {
    let mut out = String::new();
    write(body, 0, &mut out);
    out
}

/// A refusal: what was refused, each reason, and what mends it.
pub(super) fn refusal(body: &Value) -> String {
    let ready = body.get("residual_ready");
    let said = body
        .text("error")
        .or_else(|| ready?.text("description"))
        .unwrap_or("the command was refused");
    let mut out = format!("error: {said}\n");
    for reason in body.items("reasons").iter().map(display) {
        if !said.contains(&reason) {
            out.push_str(&format!("  - {reason}\n"));
        }
    }
    for fault in body.items("errors") {
        let key = |key: &str| fault.get(key).map(display).unwrap_or_default();
        out.push_str(&format!("  - {}: {}\n", key("path"), key("message")));
    }
    let hint = ready.and_then(|ready| ready.text("repair_hint"));
    let hint = hint.or_else(|| body.text("repair_hint"));
    let listed = !body.items("errors").is_empty();
    let plain = listed.then_some("Mend what is listed and hand the file in again.");
    let absent = said.starts_with(MISSING).then_some(
        "Names are told apart by every letter; `task list`, `packet list` and `residual list` show those \
         that are there.",
    );
    let hint = hint.filter(|hint| !hint.is_empty());
    if let Some(hint) = hint.or(plain).or(absent) {
        out.push_str(&format!("  help: {hint}\n"));
    }
    out
}

fn write(value: &Value, level: usize, out: &mut String) {
    let indent = "  ".repeat(level);
    match value {
        Value::Object(object) => {
            for (key, item) in object {
                match item {
                    Value::Object(inner) if !inner.is_empty() => {
                        out.push_str(&format!("{indent}{key}:\n"));
                        write(item, level + 1, out);
                    }
                    Value::Array(items) if !items.is_empty() => {
                        out.push_str(&format!("{indent}{key}:\n"));
                        write(item, level + 1, out);
                    }
                    Value::Object(_) | Value::Array(_) => {
                        out.push_str(&format!("{indent}{key}: none\n"));
                    }
                    Value::Null => out.push_str(&format!("{indent}{key}: -\n")),
                    Value::Bool(true) => out.push_str(&format!("{indent}{key}: yes\n")),
                    Value::Bool(false) => out.push_str(&format!("{indent}{key}: no\n")),
                    item => out.push_str(&format!("{indent}{key}: {}\n", display(item))),
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                match item {
                    Value::Object(_) => {
                        let mut inner = String::new();
                        write(item, level + 1, &mut inner);
                        // The first line carries the bullet.
                        let start = indent.len() + 2;
                        out.push_str(&format!("{indent}- {}", inner.get(start..).unwrap_or("\n")));
                    }
                    item => out.push_str(&format!("{indent}- {}\n", display(item))),
                }
            }
        }
        item => out.push_str(&format!("{indent}{}\n", display(item))),
    }
}

#[cfg(test)]
mod tests {
    use super::refusal;
    use crate::object;

    #[test]
    fn a_refusal_reads_as_one_error_with_its_repair() {
        let body = object! {
            "ok" => false,
            "errors" => vec![object! { "message" => "'x' is a required property", "path" => "$" }],
            "reasons" => vec!["scope is not declared"],
            "residual_ready" => object! {
                "description" => "packet validation failed for p.json",
                "repair_hint" => "Mend the file.",
            },
        };
        assert_eq!(
            refusal(&body),
            "error: packet validation failed for p.json\n  - scope is not declared\n  \
             - $: 'x' is a required property\n  help: Mend the file.\n"
        );
        let mut bare = body.clone();
        bare.set("residual_ready", object! { "repair_hint" => "" });
        let bare = refusal(&bare);
        assert!(bare.ends_with("  help: Mend what is listed and hand the file in again.\n"));
        let absent = object! { "error" => "missing file or object: p.two", "ok" => false };
        assert!(refusal(&absent).contains("\n  help: Names are told apart"));
        let plain = object! { "error" => "task lease is active", "ok" => false };
        assert_eq!(refusal(&plain), "error: task lease is active\n");
    }
}
