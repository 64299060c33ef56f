// SPDX-License-Identifier: Apache-2.0
//! P28 and P29: what the project's documents tell readers to expect of PIC and to do with it.

use super::surface::mentions;
use crate::model::Draft;
use crate::pic::context::{Context, elsewhere, here, texts};
use crate::pic::repository::Role;
use crate::rules::Rule;
use regex::RegexBuilder;
use serde_json::Value;

/// P28. The patterns and flags stand in the rule's table.
pub(super) fn boundary_declared(context: &Context<'_>, rule: &Rule, out: &mut Vec<Draft>) {
    if !context.repository.uses_pic() {
        return;
    }
    let flags = texts(rule, "flags");
    let set = context
        .repository
        .texts(Role::Settings)
        .filter_map(|(_, text)| serde_json::from_str::<Value>(text).ok())
        .any(|value| flags.iter().all(|flag| holds(&value, flag, 0)));
    if set {
        return;
    }
    let folded: Vec<String> = context
        .repository
        .texts(Role::Document)
        .map(|(_, text)| text.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    let missing: Vec<&str> = texts(rule, "statements")
        .into_iter()
        .zip(texts(rule, "patterns"))
        .filter(|(_, pattern)| {
            let regex = RegexBuilder::new(pattern).case_insensitive(true).build();
            !regex.is_ok_and(|regex| folded.iter().any(|text| regex.is_match(text)))
        })
        .map(|(statement, _)| statement)
        .collect();
    if !missing.is_empty() {
        let text = format!(
            "The project uses PIC and nowhere says that {}",
            missing.join(", nor that ")
        );
        out.push(elsewhere(rule, "agent-manifest.json", text));
    }
}

/// Whether a flag is true anywhere in a value.
fn holds(value: &Value, flag: &str, depth: usize) -> bool {
    match value {
        Value::Object(object) => {
            object.get(flag) == Some(&Value::Bool(true))
                || depth < 8 && object.values().any(|inner| holds(inner, flag, depth + 1))
        }
        Value::Array(items) => depth < 8 && items.iter().any(|inner| holds(inner, flag, depth + 1)),
        _ => false,
    }
}

/// P29.
pub(super) fn impossible_route(context: &Context<'_>, rule: &Rule, out: &mut Vec<Draft>) {
    for role in [Role::Document, Role::Script, Role::Object] {
        for (file, text) in context.repository.texts(role) {
            for mention in mentions(context, text, role == Role::Script) {
                for route in &context.matrix.impossible {
                    if route.path != mention.path {
                        continue;
                    }
                    let at = mention.words.iter().position(|word| *word == route.option);
                    let Some(argument) = at.and_then(|at| mention.words.get(at + 1)) else {
                        continue;
                    };
                    if !cannot_be(context, argument, &route.needs) {
                        continue;
                    }
                    let text = format!(
                        "`pic {} {} {argument}` cannot succeed: {}",
                        route.path, route.option, route.why
                    );
                    out.push(here(rule, file, Some(mention.span), text).repair(&route.instead));
                }
            }
        }
    }
}

/// Whether a named file is known not to have the keys: it is a stored CCR packet, or stands in
/// the project without them. A placeholder may be anything.
fn cannot_be(context: &Context<'_>, argument: &str, needs: &[String]) -> bool {
    let name = argument.trim_start_matches("./");
    if let Some((_, bytes)) = context.repository.files.get(name) {
        return serde_json::from_slice::<Value>(bytes)
            .is_ok_and(|value| needs.iter().any(|key| value.get(key).is_none()));
    }
    name.starts_with("packets/") && !name.contains(['<', '>', '*', '{'])
}
