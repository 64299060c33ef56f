// SPDX-License-Identifier: Apache-2.0
//! The subschemas of a schema: where keywords mean what they say, and not where they are data.

use super::locate::join;
use serde_json::Value;

/// A subschema of a document.
#[derive(Debug, Clone)]
pub struct Subschema<'a> {
    /// JSON Pointer from the document's root.
    pub pointer: String,
    /// The subschema; an object or a boolean.
    pub value: &'a Value,
    /// Index (in the list that [`subschemas`] returns) of the subschema around it.
    pub parent: Option<usize>,
}

/// Keywords whose value is one schema.
const ONE: &[&str] = &[
    "additionalItems",
    "additionalProperties",
    "contains",
    "contentSchema",
    "else",
    "if",
    "items",
    "not",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
    "extends",
];

/// Keywords whose value is a list of schemas.
const LIST: &[&str] = &["allOf", "anyOf", "items", "oneOf", "prefixItems", "extends"];

/// Keywords whose value maps names to schemas.
pub(super) const MAP: &[&str] = &[
    "$defs",
    "definitions",
    "dependencies",
    "dependentSchemas",
    "patternProperties",
    "properties",
];

/// Every subschema, the root first, parents before children. Iterative; the parser's own limit
/// bounds the depth.
pub fn subschemas(root: &Value) -> Vec<Subschema<'_>> {
    let mut found = vec![Subschema {
        pointer: String::new(),
        value: root,
        parent: None,
    }];
    let mut next = 0;
    while next < found.len() {
        let Subschema { pointer, value, .. } = found[next].clone();
        let Some(object) = value.as_object() else {
            next += 1;
            continue;
        };
        let mut add = |pointer: String, value| {
            if matches!(value, &Value::Object(_) | &Value::Bool(_)) {
                found.push(Subschema {
                    pointer,
                    value,
                    parent: Some(next),
                });
            }
        };
        for (keyword, value) in object {
            let keyword = keyword.as_str();
            match value {
                Value::Object(_) | Value::Bool(_) if ONE.contains(&keyword) => {
                    add(join(&pointer, keyword), value);
                }
                Value::Array(items) if LIST.contains(&keyword) => {
                    let list = join(&pointer, keyword);
                    for (index, item) in items.iter().enumerate() {
                        add(format!("{list}/{index}"), item);
                    }
                }
                Value::Object(members) if MAP.contains(&keyword) => {
                    let map = join(&pointer, keyword);
                    for (name, member) in members {
                        add(join(&map, name), member);
                    }
                }
                _ => {}
            }
        }
        next += 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn keywords_inside_data_are_not_schemas() {
        let schema = json!({
            "properties": {"default": {"$ref": "#/a"}, "x": true},
            "default": {"properties": {"y": {}}},
            "enum": [{"items": {}}],
            "items": [{"not": {}}],
        });
        let mut pointers: Vec<_> = subschemas(&schema).into_iter().map(|s| s.pointer).collect();
        pointers.sort();
        assert_eq!(
            pointers,
            [
                "",
                "/items/0",
                "/items/0/not",
                "/properties/default",
                "/properties/x"
            ]
        );
    }
}
