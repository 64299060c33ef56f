// SPDX-License-Identifier: Apache-2.0
//! Intents and ingresses judge the payload: ACK or NACK (specification of the PGS runtime,
//! section 4.4). By default what the original accepts is accepted, but every failing field is named;
//! strict judging holds every declared type.

use crate::pgs::capability::conforms;
use crate::pgs::model::{Field, Fields, Intent};
use crate::pgs::trace::FieldFault;
use crate::support::pyjson::ordered::Value;

/// Every field of the payload that fails; none is an ACK.
pub(super) fn judge(intent: &Intent, payload: &Value, strict: bool) -> Vec<FieldFault> {
    let mut found = Vec::new();
    for (name, field) in &intent.inputs {
        let value = payload.get(name).filter(|value| !value.is_null());
        member(name, field, value, strict, &mut found);
        if field.kind.as_deref() == Some("object")
            && let Some(value) = value.filter(|value| value.as_object().is_some())
        {
            nested(name, &field.fields, value, strict, &mut found);
        }
    }
    found
}

/// Every key of an ingress's schema that the request's body lacks.
pub(super) fn judge_ingress(ingress: &Intent, payload: &Value, strict: bool) -> Vec<FieldFault> {
    let body = payload.get("request_body");
    let mut found = Vec::new();
    for (name, field) in &ingress.inputs {
        let path = format!("request_body.{name}");
        let value = body.and_then(|body| body.get(name));
        if field.required && value.is_none() {
            fault(&path, "required", &mut found);
        }
        if strict && let Some(value) = value {
            typed(&path, field, value, &mut found);
        }
    }
    found
}

fn fault(field: &str, constraint: &str, found: &mut Vec<FieldFault>) {
    found.push(FieldFault {
        field: field.to_owned(),
        constraint: constraint.to_owned(),
    });
}

fn typed(path: &str, field: &Field, value: &Value, found: &mut Vec<FieldFault>) {
    if let Some(kind) = &field.kind
        && !conforms(kind, value)
    {
        fault(path, &format!("type {kind}"), found);
    }
}

fn member(
    path: &str,
    field: &Field,
    value: Option<&Value>,
    strict: bool,
    found: &mut Vec<FieldFault>,
) {
    match value {
        None if field.required => fault(path, "required", found),
        // The original holds a list of allowed values against an absent value too.
        None if field.allowed.is_some() && !strict => fault(path, "enum", found),
        None => {}
        Some(value) => {
            let checked = matches!(field.kind.as_deref(), Some("string" | "object"));
            let before = found.len();
            if checked || strict {
                typed(path, field, value, found);
            }
            let allowed = field.allowed.as_deref();
            if found.len() == before && allowed.is_some_and(|allowed| !allowed.contains(value)) {
                fault(path, "enum", found);
            }
        }
    }
}

fn nested(path: &str, fields: &Fields, value: &Value, strict: bool, found: &mut Vec<FieldFault>) {
    for (name, field) in fields {
        let path = format!("{path}.{name}");
        let value = value.get(name).filter(|value| !value.is_null());
        match value {
            None if field.required => fault(&path, "required", found),
            Some(Value::String(text)) if field.required && text.is_empty() => {
                fault(&path, "required", found);
            }
            None => {}
            Some(value) => {
                let kind = field.kind.as_deref();
                if strict || kind == Some("string") {
                    typed(&path, field, value, found);
                }
                if field.format.as_deref() == Some("email")
                    && let Some(text) = value.as_str()
                    && !is_email(text, strict)
                {
                    fault(&path, "format email", found);
                }
            }
        }
    }
}

/// One `@`, no space, and a domain that ends in a label of two letters or more. The original lets
/// one newline at the end pass.
fn is_email(text: &str, strict: bool) -> bool {
    let text = match text.strip_suffix('\n') {
        Some(text) if !strict => text,
        _ => text,
    };
    let space = |c: char| c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c);
    let Some((local, domain)) = text.split_once('@') else {
        return false;
    };
    let Some((name, label)) = domain.rsplit_once('.') else {
        return false;
    };
    !local.is_empty()
        && !name.is_empty()
        && !text.contains(space)
        && !domain.contains('@')
        && label.len() >= 2
        && label.bytes().all(|byte| byte.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;
    use crate::pgs::fqdn::Fqdn;
    use crate::record;

    fn field(kind: &str, required: bool) -> Field {
        Field {
            kind: Some(kind.to_owned()),
            required,
            ..Field::default()
        }
    }

    fn intent(fields: Vec<(&str, Field)>) -> Intent {
        let inputs = fields
            .into_iter()
            .map(|(name, field)| (name.to_owned(), field));
        Intent {
            fqdn: Fqdn::parse("a::IN_X_V0").unwrap(),
            inputs: inputs.collect(),
            workflow: None,
        }
    }

    fn failing(intent: &Intent, payload: &Value, strict: bool) -> Vec<String> {
        let faults = judge(intent, payload, strict);
        let text = |fault: FieldFault| format!("{}: {}", fault.field, fault.constraint);
        faults.into_iter().map(text).collect()
    }

    #[test]
    fn every_failing_field_is_named() {
        let mail = Field {
            format: Some("email".to_owned()),
            ..field("string", true)
        };
        let who = Field {
            fields: [
                ("mail".to_owned(), mail),
                ("name".to_owned(), field("string", true)),
            ]
            .into(),
            ..field("object", true)
        };
        let intent = intent(vec![
            ("who", who),
            ("n", field("integer", false)),
            ("t", field("string", true)),
        ]);
        let payload = record! { "who" => record! { "mail" => "a@b", "name" => "" }, "n" => "x", "t" => 7_i64 };
        let lenient = [
            "who.mail: format email",
            "who.name: required",
            "t: type string",
        ];
        assert_eq!(failing(&intent, &payload, false), lenient);
        let strict = [
            "who.mail: format email",
            "who.name: required",
            "n: type integer",
            "t: type string",
        ];
        assert_eq!(failing(&intent, &payload, true), strict);
        assert_eq!(
            failing(&intent, &record! {}, false),
            ["who: required", "t: required"]
        );
    }

    #[test]
    fn allowed_values_hold_for_an_absent_value_as_in_the_original() {
        let choice = Field {
            allowed: Some(vec!["a".into()]),
            ..field("string", false)
        };
        let intent = intent(vec![("c", choice)]);
        assert_eq!(failing(&intent, &record! {}, false), ["c: enum"]);
        assert_eq!(failing(&intent, &record! {}, true), [""; 0]);
        assert_eq!(
            failing(&intent, &record! { "c" => "b" }, false),
            ["c: enum"]
        );
    }

    #[test]
    fn addresses_are_judged_as_the_original_does() {
        for good in ["a@b.cd", "a.b+c@x.y.museum", "a@b.cd\n"] {
            assert!(is_email(good, false), "{good:?}");
        }
        for bad in [
            "",
            "a",
            "a@b",
            "@b.cd",
            "a@.cd",
            "a@b.c",
            "a@b.c1",
            "a b@c.de",
            "a@b@c.de",
            "a@b.cd\n\n",
        ] {
            assert!(!is_email(bad, false), "{bad:?}");
        }
        assert!(!is_email("a@b.cd\n", true));
    }

    #[test]
    fn an_ingress_asks_for_keys_of_the_body() {
        let ingress = intent(vec![("a", field("string", true))]);
        let found = judge_ingress(&ingress, &record! { "request_body" => record! {} }, false);
        assert_eq!(found[0].field, "request_body.a");
        let given = record! { "request_body" => record! { "a" => 1_i64 } };
        assert_eq!(judge_ingress(&ingress, &given, false), []);
        assert_eq!(judge_ingress(&ingress, &given, true).len(), 1);
    }
}
