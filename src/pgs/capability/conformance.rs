// SPDX-License-Identifier: Apache-2.0
//! Recorded cases of transforms, `conformance/*.json` (specification of the PGS runtime,
//! section 1.7): inputs, expected outputs, and properties where outputs cannot be foretold.

use super::atoms::BoundTransform;
use super::values::same;
use crate::pgs::external::{Bindings, Program};
use crate::pgs::fqdn::Fqdn;
use crate::pgs::model::Transform;
use crate::support::pyjson::ordered::{Object, Value};

/// What became of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Case {
    /// It holds.
    Passed,
    /// It does not; what differs.
    Failed(String),
    /// Nothing here implements the transform; why.
    Skipped(String),
    /// It is no case.
    Malformed(String),
}

/// Runs one case with what is built in.
pub fn check(case: &Value) -> Case {
    check_with(case, None)
}

/// Runs one case; where a program is bound to the transform, with that program.
pub fn check_with(case: &Value, external: Option<&Bindings>) -> Case {
    let named = case.text("ct_fqdn").unwrap_or_default();
    let Ok(fqdn) = Fqdn::parse(named) else {
        return Case::Malformed(format!("`ct_fqdn` {named:?} is no name"));
    };
    let (Some(ir), Some(expected)) = (
        case.get("ct_ir"),
        case.get("expected").and_then(Value::as_object),
    ) else {
        return Case::Malformed("it has no `ct_ir` or no `expected`".to_owned());
    };
    let Some(inputs) = ir.get("inputs").and_then(Value::as_object) else {
        return Case::Malformed("its `ct_ir` has no inputs".to_owned());
    };
    let refused = case.text("expected_outcome") == Some("VIOLATION");
    if let Some(program) = external.and_then(|bindings| bindings.program(&fqdn)) {
        return match twice(program, &fqdn, inputs) {
            Err(why) => Case::Failed(why),
            Ok(None) if refused => Case::Passed,
            Ok(None) => Case::Failed("its program refuses".to_owned()),
            Ok(Some(_)) if refused => {
                Case::Failed("a refusal is expected, and there is none".to_owned())
            }
            Ok(Some(found)) => compare(case, expected, &found),
        };
    }
    let mut faults = Vec::new();
    let transform = Transform::read_ir(fqdn, &typed(ir, inputs), &mut faults);
    if let Some(fault) = faults.first() {
        return Case::Malformed(format!("{} is not {}", fault.at, fault.expected));
    }
    let bound = match BoundTransform::bind(transform) {
        Ok(bound) => bound,
        Err(unfit) => {
            let reasons = unfit.iter().map(ToString::to_string);
            return Case::Skipped(reasons.collect::<Vec<_>>().join("; "));
        }
    };
    match bound.run(inputs, "") {
        Ok(_) if refused => Case::Failed("a refusal is expected, and there is none".to_owned()),
        Err(_) if refused => Case::Passed,
        Err(refusal) => Case::Failed(refusal.to_string()),
        Ok(found) => compare(case, expected, &found),
    }
}

/// What a program answers to the same question asked twice; nothing for a refusal.
///
/// # Errors
/// It gives no answer, or two.
fn twice(program: &Program, fqdn: &Fqdn, inputs: &Object) -> Result<Option<Object>, String> {
    let given = Value::Object(inputs.clone());
    let ask = || {
        let reply = program.call(fqdn, None, &given);
        reply.map_err(|error| format!("its program gives no answer: {error}"))
    };
    let (first, second) = (ask()?, ask()?);
    if first != second {
        return Err("its program gives two answers to one question, so it is not pure".to_owned());
    }
    match (first.result_status.as_str(), first.outputs) {
        ("SUCCESS", Value::Object(outputs)) => Ok(Some(outputs)),
        ("VIOLATION", _) => Ok(None),
        _ => Err("its program names an outcome that no transform has".to_owned()),
    }
}

/// The transform with the types of its inputs where the case has their values.
fn typed(ir: &Value, inputs: &Object) -> Value {
    let types = ir.get("input_types").and_then(Value::as_object);
    let declared = inputs
        .keys()
        .chain(types.into_iter().flat_map(Object::keys));
    let declared = declared.map(|name| {
        let kind = types.and_then(|types| types.get(name));
        (
            name.clone(),
            kind.cloned()
                .unwrap_or_else(|| Value::Object(Object::new())),
        )
    });
    let declared: Object = declared.collect();
    let mut typed = ir.clone();
    if let Some(members) = typed.as_object_mut() {
        members.insert("inputs".to_owned(), Value::Object(declared));
    }
    typed
}

fn compare(case: &Value, expected: &Object, found: &Object) -> Case {
    let asserted: Vec<_> = case.members_of("assertions").collect();
    for (name, assertion) in &asserted {
        let Some(value) = found.get(*name) else {
            return Case::Failed(format!("there is no output `{name}`"));
        };
        match assert(assertion, value) {
            Ok(true) => {}
            Ok(false) => return Case::Failed(format!("output `{name}` lacks its property")),
            Err(why) => return Case::Malformed(format!("assertion of `{name}`: {why}")),
        }
    }
    let free = |name: &String| !asserted.iter().any(|(asserted, _)| *asserted == name);
    let names = expected
        .keys()
        .chain(found.keys())
        .filter(|name| free(name));
    for name in names {
        match (expected.get(name), found.get(name)) {
            (Some(wanted), Some(value)) if same(wanted, value) => {}
            (None, _) => return Case::Failed(format!("output `{name}` is not expected")),
            _ => return Case::Failed(format!("output `{name}` differs")),
        }
    }
    Case::Passed
}

/// Whether a value has the asserted property.
///
/// # Errors
/// The mode or type is not known.
fn assert(assertion: &Value, value: &Value) -> Result<bool, String> {
    let bound = |name: &str| assertion.get(name).and_then(Value::as_i64);
    let text = value.as_str().unwrap_or_default();
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let hex = !digits.is_empty()
        && digits.len().is_multiple_of(2)
        && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let length = i64::try_from(digits.len() / 2).unwrap_or(i64::MAX);
    match (assertion.text("mode"), assertion.text("type")) {
        (Some("exact"), _) => Ok(assertion.get("value").is_some_and(|want| same(want, value))),
        (Some("property"), Some("hex_string")) => {
            Ok(hex && bound("byte_length").is_none_or(|wanted| wanted == length))
        }
        (Some("property"), Some("byte_length_range")) => Ok(hex
            && bound("min").is_none_or(|min| min <= length)
            && bound("max").is_none_or(|max| length <= max)),
        (Some("property"), Some("non_zero")) => Ok(match value {
            Value::Number(number) => number.as_f64() != 0.0,
            _ => hex && digits.bytes().any(|byte| byte != b'0'),
        }),
        (mode, kind) => Err(format!("no mode {mode:?} with type {kind:?}")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;
    use crate::record;

    fn case(value: &str, expected: Value, assertions: Value) -> Value {
        let name = "capability_transforms::CT_PURE_PASSTHROUGH_V0";
        record! {
            "ct_fqdn" => name, "expected" => expected, "assertions" => assertions,
            "ct_ir" => record! {
                "inputs" => record! { "value" => value },
                "input_types" => record! { "value" => record! { "type" => "any" } },
                "outputs" => record! { "value" => record! { "from" => "r" } },
                "atom_stream" => vec![record! {
                    "atom" => name, "args" => record! { "value" => "$.inputs.value" }, "out" => "r",
                }],
            },
        }
    }

    #[test]
    fn values_and_properties_are_held_against_outputs() {
        let none = || record! {};
        let of =
            |value: &str, wanted: &str| check(&case(value, record! { "value" => wanted }, none()));
        assert_eq!(of("a", "a"), Case::Passed);
        assert!(matches!(of("a", "b"), Case::Failed(_)));
        let property = |value: &str, property: Value| {
            check(&case(value, none(), record! { "value" => property }))
        };
        let hex = |length: i64| {
            record! { "mode" => "property", "type" => "hex_string", "byte_length" => length }
        };
        assert_eq!(property("0x00ff", hex(2)), Case::Passed);
        assert!(matches!(property("0x00ff", hex(3)), Case::Failed(_)));
        assert!(matches!(property("0x0g", hex(1)), Case::Failed(_)));
        let range = record! { "mode" => "property", "type" => "byte_length_range", "min" => 1_i64, "max" => 1_i64 };
        assert!(matches!(property("0x00ff", range.clone()), Case::Failed(_)));
        assert_eq!(property("ff", range), Case::Passed);
        let zero = record! { "mode" => "property", "type" => "non_zero" };
        assert!(matches!(property("0x0000", zero.clone()), Case::Failed(_)));
        assert_eq!(property("0x0001", zero), Case::Passed);
        let strange = record! { "mode" => "schema", "type" => "json_schema" };
        assert!(matches!(property("a", strange), Case::Malformed(_)));
    }
}
