// SPDX-License-Identifier: Apache-2.0
//! Secrets, endpoints and details of machines in governed text (section 5 C). What is found is
//! named by rule, key and digest, never by its value.

use super::activation::members;
use super::told;
use super::{Check, Found};
use crate::governance::plan::{Document, Plan};
use crate::governance::sensitive::{Value, What, is_credential};
use crate::model::{EntryPath, Subject};
use crate::rules::Rule;
use serde::Deserialize;

/// The checks of this file.
pub(super) const CHECKS: &[Check] = &[
    Check::plan("cto-secret-value", secret),
    Check::plan("cto-secret-key-present", secret_key),
    Check::plan("cto-endpoint-value", endpoint),
    Check::plan("cto-env-assignment", assignment),
    Check::plan("cto-host-path", host_path),
    Check::plan("cto-host-identity", identity),
    Check::plan("cto-temp-path-as-durable", temporary),
];

/// What the finding on a file is about.
fn subject(plan: &Plan<'_>, name: &str) -> Subject {
    if let Some(document) = plan.document(name) {
        return told::subject(document);
    }
    if let Some(record) = plan.records.iter().find(|record| record.path == name) {
        return told::record(record);
    }
    let planning = &plan.profile.planning;
    let kind = match name {
        _ if name == planning.board => "board",
        _ if name == planning.glossary => "glossary",
        _ => "file",
    };
    told::file(name, kind)
}

fn say(
    plan: &Plan<'_>,
    rule: &Rule,
    found: &mut Found,
    whats: &[What],
    tell: impl Fn(&Value) -> String,
) {
    for (name, values) in &plan.sensitive.files {
        let Some(bytes) = plan.files.get(name) else {
            continue;
        };
        for value in values.iter().filter(|value| whats.contains(&value.what)) {
            let said = format!("{} (digest {}).", tell(value), value.digest);
            let path = EntryPath::root(name);
            let draft = found.say_at(rule, &path, bytes, value.span, said);
            draft.subject = Some(Box::new(subject(plan, name)));
        }
    }
}

fn secret(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    say(plan, rule, found, &[What::Secret], |value| {
        format!(
            "A value that rule `{}` knows as a secret stands here",
            value.key
        )
    });
}

fn endpoint(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    say(plan, rule, found, &[What::Endpoint], |value| {
        match value.key.as_str() {
            "" => "The address of a provider stands here".to_owned(),
            key => format!("`{key}` is given with the address itself"),
        }
    });
}

fn assignment(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    say(plan, rule, found, &[What::Assignment], |value| {
        format!("`{}` is assigned a literal value", value.key)
    });
}

fn host_path(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    say(
        plan,
        rule,
        found,
        &[What::HostPath, What::TempPath],
        |value| match value.what {
            What::TempPath => "A path in a temporary folder stands here".to_owned(),
            _ => format!("A path of one machine stands here, by rule `{}`", value.key),
        },
    );
}

fn identity(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    say(plan, rule, found, &[What::Identity], |_| {
        "The name or private address of a machine stands here".to_owned()
    });
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Keys {
    /// Patterns of key names, in lower case with underscores.
    pub(super) keys: Vec<String>,
}

fn secret_key(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let params: Keys = told::params(rule);
    let patterns = told::patterns(&params.keys);
    for record in &plan.records {
        let Ok(value) = &record.value else { continue };
        let mut keys = Vec::new();
        members(value, &mut |key, member| {
            if is_credential(key, member, &patterns) {
                keys.push(key.to_owned());
            }
        });
        keys.dedup();
        for key in keys {
            let text = format!("The record has a key `{key}`, which is the place of a credential.");
            let quoted = format!("\"{key}\"");
            let at = record.text.find(&quoted);
            let draft = match at {
                Some(start) => {
                    let span = crate::model::ByteSpan::new(start, start + quoted.len());
                    found.say_at(rule, &record.entry(), record.text.as_bytes(), span, text)
                }
                None => found.say(rule, &record.entry(), text),
            };
            draft.subject = Some(Box::new(told::record(record)));
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Durable {
    /// Patterns of what must last, in the text of the line before the path.
    pub(super) words: Vec<String>,
    /// Statuses that rely on it.
    pub(super) statuses: Vec<String>,
}

fn temporary(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let params: Durable = told::params(rule);
    let words = told::patterns(&params.words);
    for (name, values) in &plan.sensitive.files {
        let Some(document) = plan.document(name) else {
            continue;
        };
        for value in values.iter().filter(|value| value.what == What::TempPath) {
            let before = document.text.get(document.body..value.span.start);
            let before = before
                .and_then(|before| before.rsplit('\n').next())
                .unwrap_or("");
            let durable = words.iter().any(|one| one.is_match(before));
            if durable && relied_upon(plan, document, value, &params.statuses) {
                let text = format!(
                    "A temporary path is recorded as what something validated runs on (digest {}).",
                    value.digest
                );
                told::at(found, rule, document, value.span, text);
            }
        }
    }
}

/// Whether the document, the item around the place, or an item that the document names has one of
/// these statuses.
fn relied_upon(plan: &Plan<'_>, document: &Document, value: &Value, statuses: &[String]) -> bool {
    let counts = |status: Option<String>| status.is_some_and(|status| statuses.contains(&status));
    let around = document.around_item(value.span);
    if let Some(item) = around.and_then(|head| document.item(head.section)) {
        return counts(item.status()) || counts(plan.status(&item.id));
    }
    let prefix = &plan.profile.planning.work_prefix;
    let body = document.text.get(document.body..).unwrap_or("");
    let named = crate::governance::plan::items::ids_in(body, prefix);
    counts(document.status().map(str::to_owned)) || named.iter().any(|id| counts(plan.status(id)))
}
