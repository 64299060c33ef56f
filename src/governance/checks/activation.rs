// SPDX-License-Identifier: Apache-2.0
//! Whether anything says that the default is activated (section 5 B).

use super::statements;
use super::told;
use super::{Check, Found};
use crate::governance::plan::{Document, Plan};
use crate::model::ByteSpan;
use crate::rules::Rule;
use crate::support::patterns::Pattern;
use crate::support::pyjson::ordered::Value;
use serde::Deserialize;

/// The checks of this file.
pub(super) const CHECKS: &[Check] = &[
    Check::plan("cto-default-activation-true", activated),
    Check::plan("cto-default-activation-unstated", statements::missing),
    Check::plan("cto-reuse-not-denied", statements::missing),
];

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Activated {
    /// Keys of facts and of JSON members.
    pub(super) keys: Vec<String>,
    /// The same in a fenced block.
    pub(super) block: Vec<String>,
}

fn activated(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let params: Activated = told::params(rule);
    let denying = plan.profile.planning.denying();
    let block = told::patterns(&params.block);
    for document in &plan.documents {
        for fact in &document.facts() {
            let said = params.keys.contains(&fact.key) && fact.as_bool() == Some(true);
            if said && !document.under(fact.section, &denying) {
                let text = format!("`{}` is true.", fact.key);
                told::at(found, rule, document, fact.span, text);
            }
        }
        for (span, key) in in_blocks(document, &block) {
            let text = format!("`{key}` is true in a fenced block.");
            told::at(found, rule, document, span, text);
        }
    }
    for record in &plan.records {
        let Ok(value) = &record.value else { continue };
        let mut hits = Vec::new();
        members(value, &mut |key, value| {
            if params.keys.iter().any(|one| one == key) && value.as_bool() == Some(true) {
                hits.push(key.to_owned());
            }
        });
        for key in hits {
            let text = format!("`{key}` is true.");
            found.say(rule, &record.entry(), text).subject = Some(Box::new(told::record(record)));
        }
    }
}

fn in_blocks(document: &Document, patterns: &[Pattern]) -> Vec<(ByteSpan, String)> {
    let lines = document.lines();
    let fenced = lines.iter().filter(|line| line.fenced);
    fenced
        .filter_map(|line| {
            let text = document.line(line);
            let hit = patterns.iter().find_map(|pattern| pattern.captures(text))?;
            let key = hit.get(1).map_or("", |key| key.as_str()).to_owned();
            Some((ByteSpan::new(line.start, line.end), key))
        })
        .collect()
}

/// Calls with every member of every object, in order.
pub(super) fn members(value: &Value, call: &mut impl FnMut(&str, &Value)) {
    if let Some(object) = value.as_object() {
        for (key, value) in object {
            call(key, value);
            members(value, call);
        }
    }
    for item in value.as_array().into_iter().flatten() {
        members(item, call);
    }
}
