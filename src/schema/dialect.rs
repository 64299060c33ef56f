// SPDX-License-Identifier: Apache-2.0
//! Which draft a schema declares.

use jsonschema::Draft;
use serde_json::Value;

/// What `$schema` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dialect {
    /// A published draft that can be compiled.
    Known(Draft),
    /// A published draft that is too old to be compiled (3 and before).
    Old,
    /// No `$schema`, or the unversioned `http://json-schema.org/schema`.
    Undeclared,
    /// Another meta-schema, by its URI.
    Custom(String),
}

impl Dialect {
    /// The dialect of a document.
    pub fn of(schema: &Value) -> Self {
        match schema.get("$schema").and_then(Value::as_str) {
            Some(uri) => Self::named(uri),
            None => Self::Undeclared,
        }
    }

    /// The dialect that a `$schema` URI names.
    pub fn named(uri: &str) -> Self {
        let plain = uri.trim_end_matches('#');
        let Some(path) = plain
            .strip_prefix("http://json-schema.org/")
            .or_else(|| plain.strip_prefix("https://json-schema.org/"))
        else {
            return Self::Custom(uri.to_owned());
        };
        match path {
            "draft/2020-12/schema" => Self::Known(Draft::Draft202012),
            "draft/2019-09/schema" => Self::Known(Draft::Draft201909),
            "draft-07/schema" => Self::Known(Draft::Draft7),
            "draft-06/schema" => Self::Known(Draft::Draft6),
            "draft-04/schema" => Self::Known(Draft::Draft4),
            "draft-03/schema" | "draft-02/schema" | "draft-01/schema" | "draft-00/schema" => {
                Self::Old
            }
            "schema" => Self::Undeclared,
            _ => Self::Custom(uri.to_owned()),
        }
    }

    /// Whether the document says that it is a JSON Schema: `$schema` names a meta-schema of
    /// json-schema.org.
    pub fn is_declared(schema: &Value) -> bool {
        let uri = schema.get("$schema").and_then(Value::as_str);
        uri.is_some_and(|uri| uri.contains("//json-schema.org/"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drafts_are_told_by_their_uri() {
        let named = Dialect::named;
        assert_eq!(
            named("http://json-schema.org/draft-07/schema#"),
            Dialect::Known(Draft::Draft7)
        );
        assert_eq!(
            named("https://json-schema.org/draft/2020-12/schema"),
            Dialect::Known(Draft::Draft202012)
        );
        assert_eq!(
            named("http://json-schema.org/draft-03/schema#"),
            Dialect::Old
        );
        assert_eq!(named("http://json-schema.org/schema#"), Dialect::Undeclared);
        assert!(matches!(named("https://example.org/x"), Dialect::Custom(_)));
    }
}
