// SPDX-License-Identifier: Apache-2.0
//! What both normalizations share.

use crate::support::pyjson::{Value, display};

/// The report itself, below the envelopes that a run puts round it.
pub(in crate::runtime) fn source<'a>(report: &'a Value, key: &str) -> &'a Value {
    match report.get(key) {
        Some(inner @ Value::Object(_)) => inner,
        _ => report,
    }
}

/// A member as a list: absent and null are empty, a single value is a list of one.
pub(super) fn list(source: &Value, key: &str) -> Vec<Value> {
    match source.get(key) {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(items)) => items.clone(),
        Some(single) => vec![single.clone()],
    }
}

/// Several members as one list.
pub(super) fn lists(source: &Value, keys: &[&str]) -> Vec<Value> {
    keys.iter().flat_map(|key| list(source, key)).collect()
}

/// Python's truth of a member; false when it is absent.
pub(super) fn truth(source: &Value, key: &str) -> bool {
    source.get(key).is_some_and(Value::truthy)
}

/// Whether an item is a residual that blocks.
pub(super) fn blocks(item: &Value) -> bool {
    truth(item, "blocking")
}

/// The texts of items, joined and in lower case.
pub(super) fn lower(items: &[Value]) -> String {
    let texts: Vec<String> = items.iter().map(display).collect();
    texts.join(" ").to_lowercase()
}

/// A text with control and bidirectional characters made visible.
pub(in crate::runtime) fn visible(text: &str) -> String {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if hidden(c) {
            out.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out
}
