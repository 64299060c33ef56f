// SPDX-License-Identifier: Apache-2.0
//! Faults in the words of Python's `jsonschema`, which the CCR reference prints (CCR
//! specification, section 4.2).

use super::Schema;
use crate::support::pyjson::{Value, repr};
use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind as Kind;
use serde_json::Value as Json;

/// One way in which a document breaks a schema.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PythonFault {
    /// `$.claims[0].status`
    pub path: String,
    /// The same over the schema, references left out.
    pub schema_path: String,
    /// What is wrong.
    pub message: String,
    /// The keyword that refused; empty where the schema is `false`.
    pub validator: String,
}

impl Schema {
    /// Every fault, in order of path, schema path and message.
    pub fn python_faults(&self, document: &Value) -> Vec<PythonFault> {
        let instance = document.to_serde();
        let mut faults: Vec<_> = self
            .validator
            .iter_errors(&instance)
            .flat_map(|error| self.python_fault(&error, document))
            .collect();
        faults.sort();
        faults
    }

    fn python_fault(&self, error: &ValidationError<'_>, document: &Value) -> Vec<PythonFault> {
        let at = pointer(document, error.instance_path().as_str());
        if let Kind::PropertyNames { error: inner } = error.kind() {
            // The name itself is the instance there; its place is that of the object.
            return vec![self.fault_at(inner, &Value::from(inner.instance().as_ref().clone()))];
        }
        let refused = matches!(error.kind(), Kind::FalseSchema);
        match at {
            Value::Object(members) if refused && holds_names(error.schema_path().as_str()) => {
                let names = members.keys().map(|name| Value::from(name.as_str()));
                names.map(|name| self.fault_at(error, &name)).collect()
            }
            _ => vec![self.fault_at(error, at)],
        }
    }

    fn fault_at(&self, error: &ValidationError<'_>, at: &Value) -> PythonFault {
        let setting = self.source.pointer(error.schema_path().as_str());
        let keyword = match error.kind() {
            Kind::FalseSchema => "",
            kind => kind.keyword(),
        };
        PythonFault {
            path: dotted(error.instance_path().as_str()),
            schema_path: dotted(error.evaluation_path().as_str()),
            message: message(error, at, setting),
            validator: keyword.to_owned(),
        }
    }
}

/// Whether a pointer ends at `propertyNames` the keyword, not at a property of that name.
fn holds_names(pointer: &str) -> bool {
    let tokens = super::tokens(pointer);
    match tokens.as_slice() {
        [.., around, last] => {
            last == "propertyNames" && !super::walk::MAP.contains(&around.as_str())
        }
        [last] => last == "propertyNames",
        [] => false,
    }
}

fn pointer<'a>(document: &'a Value, pointer: &str) -> &'a Value {
    let mut here = document;
    for token in super::tokens(pointer) {
        let next = match here {
            Value::Object(object) => object.get(&token),
            Value::Array(items) => token.parse::<usize>().ok().and_then(|at| items.get(at)),
            _ => None,
        };
        here = next.unwrap_or(here);
    }
    here
}

/// `/claims/0/status` as `$.claims[0].status`; hops over references do not show.
fn dotted(pointer: &str) -> String {
    let mut out = String::from("$");
    for token in super::tokens(pointer) {
        if matches!(token.as_str(), "$ref" | "$dynamicRef") {
            continue;
        }
        if !token.is_empty() && token.bytes().all(|b| b.is_ascii_digit()) {
            out.push('[');
            out.push_str(&token);
            out.push(']');
        } else {
            out.push('.');
            out.push_str(&token);
        }
    }
    out
}

fn shown(json: &Json) -> String {
    repr(&Value::from(json.clone()))
}

fn listed(names: &[String]) -> String {
    let mut names: Vec<_> = names
        .iter()
        .map(|name| repr(&Value::from(name.as_str())))
        .collect();
    names.sort();
    let verb = if names.len() == 1 { "was" } else { "were" };
    format!("({} {verb} unexpected)", names.join(", "))
}

fn message(error: &ValidationError<'_>, at: &Value, setting: Option<&Json>) -> String {
    let value = || repr(at);
    let size = |limit: u64, empty: &str, what: &str| match limit {
        1 if what == "short" => format!("{} should be non-empty", value()),
        0 if what == "long" => format!("{} {empty}", value()),
        _ => format!("{} is too {what}", value()),
    };
    match error.kind() {
        Kind::Required { property } => format!("{} is a required property", shown(property)),
        Kind::AdditionalProperties { unexpected } => format!(
            "Additional properties are not allowed {}",
            listed(unexpected)
        ),
        Kind::UnevaluatedProperties { unexpected } => format!(
            "Unevaluated properties are not allowed {}",
            listed(unexpected)
        ),
        Kind::Type { .. } => {
            let types = match setting {
                Some(Json::Array(types)) => types.iter().map(shown).collect::<Vec<_>>().join(", "),
                Some(one) => shown(one),
                None => String::new(),
            };
            format!("{} is not of type {types}", value())
        }
        Kind::Enum { options } => format!("{} is not one of {}", value(), shown(options)),
        Kind::Constant { expected_value } => format!("{} was expected", shown(expected_value)),
        Kind::Pattern { .. }
        | Kind::BacktrackLimitExceeded { .. }
        | Kind::RegexEngineFailure { .. } => {
            let pattern = match (error.kind(), setting) {
                (_, Some(Json::String(pattern))) => pattern.clone(),
                (Kind::Pattern { pattern }, _) => pattern.clone(),
                _ => String::new(),
            };
            format!(
                "{} does not match {}",
                value(),
                repr(&Value::from(super::without_marker(&pattern)))
            )
        }
        Kind::MinLength { limit } | Kind::MinItems { limit } => size(*limit, "", "short"),
        Kind::MaxLength { limit } | Kind::MaxItems { limit } => {
            size(*limit, "is expected to be empty", "long")
        }
        Kind::MinProperties { limit: 1 } => format!("{} should be non-empty", value()),
        Kind::MinProperties { .. } => format!("{} does not have enough properties", value()),
        Kind::MaxProperties { .. } => format!("{} has too many properties", value()),
        Kind::Minimum { limit } => {
            format!("{} is less than the minimum of {}", value(), shown(limit))
        }
        Kind::Maximum { limit } => {
            format!(
                "{} is greater than the maximum of {}",
                value(),
                shown(limit)
            )
        }
        Kind::ExclusiveMinimum { limit } => format!(
            "{} is less than or equal to the minimum of {}",
            value(),
            shown(limit)
        ),
        Kind::ExclusiveMaximum { limit } => format!(
            "{} is greater than or equal to the maximum of {}",
            value(),
            shown(limit)
        ),
        Kind::MultipleOf { multiple_of } => {
            format!("{} is not a multiple of {multiple_of}", value())
        }
        Kind::UniqueItems => format!("{} has non-unique elements", value()),
        Kind::Contains => format!(
            "{} does not contain items matching the given schema",
            value()
        ),
        Kind::AnyOf { .. } | Kind::OneOfNotValid { .. } => {
            format!("{} is not valid under any of the given schemas", value())
        }
        Kind::OneOfMultipleValid { .. } => {
            format!("{} is valid under each of the given schemas", value())
        }
        Kind::Not { schema } => format!("{} should not be valid under {}", value(), shown(schema)),
        Kind::Format { format } => format!("{} is not a {}", value(), repr(&Value::from(format))),
        Kind::FalseSchema => format!("False schema does not allow {}", value()),
        _ => super::without_marker(&error.masked().to_string()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;
    use crate::schema::{Compile, Documents, Patterns};
    use crate::support::pyjson::parse;

    fn faults(schema: &str, document: &str) -> Vec<(String, String, String, String)> {
        let compile = Compile {
            patterns: Patterns::Python,
            ..Compile::default()
        };
        let schema = serde_json::from_str(schema).unwrap();
        let schema = compile.build(&schema, &Documents::new()).unwrap();
        let faults = schema.python_faults(&parse(document).unwrap());
        let plain = |f: PythonFault| (f.path, f.schema_path, f.message, f.validator);
        faults.into_iter().map(plain).collect()
    }

    fn row(path: &str, schema_path: &str, message: &str, validator: &str) -> [String; 4] {
        [path, schema_path, message, validator].map(str::to_owned)
    }

    #[test]
    fn names_are_judged_where_their_object_stands() {
        let schema = r##"{"properties": {"b": {"propertyNames": {"allOf": [{"$ref": "#/$defs/n"}]}}},
            "$defs": {"n": {"maxLength": 3}}}"##;
        let found = faults(schema, r#"{"b": {"long": 1, "s": 2}}"#);
        let [a, b, c, d] = row(
            "$.b",
            "$.properties.b.propertyNames.allOf[0].maxLength",
            "'long' is too long",
            "maxLength",
        );
        assert_eq!(found, [(a, b, c, d)]);
    }

    #[test]
    fn a_schema_that_allows_no_name_names_each() {
        let found = faults(r#"{"propertyNames": false}"#, r#"{"a": 1, "b": 2}"#);
        let said: Vec<_> = found.iter().map(|f| f.2.as_str()).collect();
        assert_eq!(
            said,
            [
                "False schema does not allow 'a'",
                "False schema does not allow 'b'"
            ]
        );
        let schema = r#"{"properties": {"propertyNames": false}}"#;
        let found = faults(schema, r#"{"propertyNames": {"a": 1}}"#);
        assert_eq!(found[0].2, "False schema does not allow {'a': 1}");
    }
}
