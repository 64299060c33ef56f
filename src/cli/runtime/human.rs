// SPDX-License-Identifier: Apache-2.0
//! An answer as people read it: one `key: value` a line, lists below their name, tables for lists
//! of objects.

use crate::support::pyjson::{Value, display};

/// The text of an answer.
pub(super) fn text(body: &Value) -> String {
    let mut out = String::new();
    write(body, 0, &mut out);
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
