// SPDX-License-Identifier: Apache-2.0
//! P24, P25, P27: what source and samples say about settlement, authority and non-goals.

use super::samples::{Sample, all};
use crate::model::{ByteSpan, Draft, Severity};
use crate::pic::context::{Context, texts};
use crate::rules::Rule;
use serde_json::Value;

/// Every value of a flag that source writes: defaults of records, then literals.
fn written<'c>(
    context: &'c Context<'_>,
    flag: &'c str,
) -> impl Iterator<Item = (&'c str, ByteSpan, &'c str)> {
    let defaults = context.model.records.iter().filter_map(move |record| {
        let field = record.what.fields.get(flag)?;
        let value = field.default.as_deref()?;
        Some((record.file.as_str(), field.span, inner_default(value)))
    });
    let literals = context
        .model
        .literals
        .iter()
        .filter(move |literal| literal.what.key == flag)
        .map(|l| (l.file.as_str(), l.what.span, l.what.value.as_str()));
    defaults.chain(literals)
}

/// The default inside `Field(default=...)`.
fn inner_default(value: &str) -> &str {
    let inside = value.strip_prefix("Field(").unwrap_or(value);
    let inside = inside.strip_prefix("default=").unwrap_or(inside);
    inside.split([',', ')']).next().unwrap_or(inside)
}

/// Every place of a key in a JSON value.
fn find(value: &Value, key: &str, pointer: &mut String, out: &mut Vec<(String, Value)>) {
    let length = pointer.len();
    match value {
        Value::Object(object) => {
            for (name, inner) in object {
                pointer.push('/');
                pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
                if name == key {
                    out.push((pointer.clone(), inner.clone()));
                }
                find(inner, key, pointer, out);
                pointer.truncate(length);
            }
        }
        Value::Array(items) => {
            for (index, inner) in items.iter().enumerate() {
                pointer.push_str(&format!("/{index}"));
                find(inner, key, pointer, out);
                pointer.truncate(length);
            }
        }
        _ => {}
    }
}

fn in_samples(
    context: &Context<'_>,
    flag: &str,
    wrong: impl Fn(&Value) -> bool,
    mut tell: impl FnMut(&Sample<'_>, &str, &Value),
) {
    for sample in all(context) {
        for value in sample.values() {
            let mut places = Vec::new();
            find(&value, flag, &mut String::new(), &mut places);
            if let Some((pointer, value)) = places.iter().find(|(_, value)| wrong(value)) {
                tell(&sample, pointer, value);
                break;
            }
        }
    }
}

/// P24.
pub(super) fn settled_true(context: &Context<'_>, rule: &Rule, out: &mut Vec<Draft>) {
    for (file, span, value) in written(context, "settled") {
        if value == "True" {
            let text = "Source sets `settled` to true".to_owned();
            out.push(context.draft(rule, file, Some(span), text));
        }
    }
    in_samples(
        context,
        "settled",
        |value| value == &Value::Bool(true),
        |sample, pointer, _| {
            let text = format!("The sample sets `settled` to true at `{pointer}`");
            let draft = sample.draft(rule, text);
            out.push(if sample.own {
                draft.severity(Severity::Medium)
            } else {
                draft
            });
        },
    );
}

/// P25. Which flags must be what stands in the rule's table.
pub(super) fn authority_flag(context: &Context<'_>, rule: &Rule, out: &mut Vec<Draft>) {
    let wanted = [
        ("must_be_false", Value::Bool(false)),
        ("must_be_true", Value::Bool(true)),
        ("must_be_zero", Value::from(0)),
    ];
    for (list, right) in wanted {
        let spelled = match &right {
            Value::Bool(true) => "True",
            Value::Bool(false) => "False",
            _ => "0",
        };
        for flag in texts(rule, list) {
            for (file, span, value) in written(context, flag) {
                let literal = matches!(value, "True" | "False")
                    || value.bytes().all(|b| b.is_ascii_digit()) && !value.is_empty();
                if literal && value != spelled {
                    let text = format!("`{flag}` is {value}");
                    out.push(context.draft(rule, file, Some(span), text));
                }
            }
            let wrong =
                |value: &Value| (value.is_boolean() || value.is_number()) && *value != right;
            in_samples(context, flag, wrong, |sample, pointer, value| {
                let text = format!("`{flag}` is {value} at `{pointer}`");
                out.push(sample.draft(rule, text));
            });
        }
    }
    // Readiness may be shown by a sample; only a default would make it the rule.
    for flag in texts(rule, "ready") {
        for record in &context.model.records {
            let field = record.what.fields.get(flag);
            let value = field.and_then(|field| field.default.as_deref().map(inner_default));
            if let (Some(field), Some("True")) = (field, value) {
                let text = format!("`{flag}` is true by default in `{}`", record.what.name);
                out.push(context.draft(rule, &record.file, Some(field.span), text));
            }
        }
        let set = |value: &Value| value == &Value::Bool(true);
        in_samples(context, flag, set, |sample, pointer, _| {
            let text = format!("`{flag}` is true at `{pointer}`");
            out.push(sample.draft(rule, text).severity(Severity::Low));
        });
    }
}

/// P27.
pub(super) fn non_claims(context: &Context<'_>, rule: &Rule, out: &mut Vec<Draft>) {
    const MANIFEST: &str = "agent-manifest.json";
    let mut lists: Vec<(&str, Option<ByteSpan>, Vec<String>)> = context
        .model
        .non_goals
        .iter()
        .map(|list| (list.file.as_str(), Some(list.what.1), list.what.0.clone()))
        .collect();
    let manifest = context
        .input
        .bytes(MANIFEST)
        .and_then(|bytes| serde_json::from_slice::<Value>(bytes).ok());
    if let Some(manifest) = &manifest {
        let listed = manifest.get("non_goals").and_then(Value::as_array);
        let texts = listed.into_iter().flatten().filter_map(Value::as_str);
        lists.push((MANIFEST, None, texts.map(str::to_owned).collect()));
        let shell = manifest
            .get("machine_contract")
            .and_then(|contract| contract.get("arbitrary_shell_execution"));
        if shell == Some(&Value::Bool(true)) {
            let text = "`arbitrary_shell_execution` is true".to_owned();
            out.push(context.draft(rule, MANIFEST, None, text));
        }
    }
    for (file, span, value) in written(context, "arbitrary_shell_execution") {
        if value == "True" {
            let text = "`arbitrary_shell_execution` is true".to_owned();
            out.push(context.draft(rule, file, Some(span), text));
        }
    }
    if lists.is_empty() {
        out.push(context.draft_whole(rule, "No list of non-goals was found".to_owned()));
    }
    for (file, span, texts) in lists {
        for goal in &context.matrix.non_goals {
            let stated = texts.iter().any(|text| {
                let text = text.to_lowercase();
                goal.any_of
                    .iter()
                    .any(|word| text.contains(&word.to_lowercase()))
            });
            if !stated {
                let text = format!("Non-goal missing: {}", goal.name);
                out.push(context.draft(rule, file, span, text));
            }
        }
    }
}
