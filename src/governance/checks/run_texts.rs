// SPDX-License-Identifier: Apache-2.0
//! What must not stand in the texts of a run (specification, section 2.9): the run's side of rules
//! that speak of the planning tree too.

use super::evidence::put;
use super::hygiene::Keys;
use super::told;
use super::{Check, Found};
use crate::governance::run::{Run, Told};
use crate::governance::sensitive::{Value as Held, What, is_credential};
use crate::model::ByteSpan;
use crate::rules::Rule;
use crate::support::pyjson::ordered::Value;

pub(super) const CHECKS: &[Check] = &[
    Check::run("cto-default-activation-true", activation),
    Check::run("cto-self-approval-claim", own_approval),
    Check::run("cto-secret-value", |run, rule, found| {
        held(run, rule, found, What::Secret, |value| {
            format!("a secret stands here ({}, {})", value.key, value.digest)
        });
    }),
    Check::run("cto-secret-key-present", keys),
    Check::run("cto-endpoint-value", |run, rule, found| {
        held(run, rule, found, What::Endpoint, |value| {
            format!("an address of an endpoint stands in it ({})", value.digest)
        });
    }),
    Check::run("cto-env-assignment", |run, rule, found| {
        held(run, rule, found, What::Assignment, |value| {
            format!("`{}` is given a value ({})", value.key, value.digest)
        });
    }),
    Check::run("cto-host-path", |run, rule, found| {
        held(run, rule, found, What::HostPath, |value| {
            format!(
                "a path of a machine stands here ({}, {})",
                value.key, value.digest
            )
        });
    }),
    Check::run("cto-host-identity", |run, rule, found| {
        held(run, rule, found, What::Identity, |value| {
            format!("a name of a private host stands in it ({})", value.digest)
        });
    }),
];

/// Every JSON value of the run: its file and, for lines, its bytes.
fn values<'r>(run: &'r Run<'_>) -> Vec<(&'r str, Option<ByteSpan>, &'r Value)> {
    let mut values: Vec<_> = run
        .object()
        .map(|report| ("report.json", None, report))
        .into_iter()
        .collect();
    for (file, document) in &run.documents {
        values.extend(
            document
                .as_ref()
                .ok()
                .map(|document| (*file, None, document)),
        );
    }
    for (file, lines) in [
        ("events.normalized.jsonl", &run.events),
        ("trace.jsonl", &run.trace),
    ] {
        for line in lines {
            let span = Some(ByteSpan::new(line.start, line.end));
            values.extend(line.value.as_ref().ok().map(|value| (file, span, value)));
        }
    }
    values
}

/// Calls `see` with every member, at any depth.
fn members<'v>(value: &'v Value, see: &mut dyn FnMut(&'v str, &'v Value)) {
    match value {
        Value::Object(object) => {
            for (name, member) in object {
                see(name, member);
                members(member, see);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| members(item, see)),
        _ => {}
    }
}

fn normal(name: &str) -> String {
    let word = |c: char| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_lowercase()
        } else {
            '_'
        }
    };
    name.trim().chars().map(word).collect()
}

fn each_member(
    run: &Run<'_>,
    rule: &Rule,
    found: &mut Found,
    judge: &dyn Fn(&str, &Value) -> Option<String>,
) {
    let mut told = Vec::new();
    for (file, span, value) in values(run) {
        members(value, &mut |name, member| {
            if let Some(text) = judge(name, member) {
                told.push(Told {
                    span,
                    ..Told::of(file, text)
                });
            }
        });
    }
    put(run, rule, found, told);
}

/// The candidate is active by default.
fn activation(run: &Run<'_>, rule: &Rule, found: &mut Found) {
    let keys = &run.profile.evidence.default_keys;
    let ours = |name: &str| keys.iter().any(|key| *key == normal(name));
    each_member(run, rule, found, &|name, member| {
        let on = member.as_bool() == Some(true)
            || member
                .as_str()
                .is_some_and(|text| text.eq_ignore_ascii_case("true"));
        (on && ours(name)).then(|| format!("`{name}` is true"))
    });
    let page = run.files.text("report.md").unwrap_or_default();
    let mut told = Vec::new();
    for line in page.lines() {
        let line = line.trim_start_matches(['-', '*', ' ']);
        if let Some((key, value)) = line.split_once(':')
            && ours(key)
            && value.trim().trim_matches(['`', '.']) == "true"
        {
            told.push(Told::of(
                "report.md",
                "it says that the candidate is active by default",
            ));
        }
    }
    put(run, rule, found, told);
}

/// The backend is said to have decided about itself.
fn own_approval(run: &Run<'_>, rule: &Rule, found: &mut Found) {
    let Some(backend) = run.text("backend") else {
        return;
    };
    const DECIDING: [&str; 6] = [
        "decided_by",
        "approved_by",
        "granted_by",
        "selected_by",
        "admitted_by",
        "approval_source",
    ];
    each_member(run, rule, found, &|name, member| {
        let own = member
            .as_str()
            .is_some_and(|text| text.eq_ignore_ascii_case(backend));
        let deciding = DECIDING
            .iter()
            .any(|key| normal(name) == *key || normal(name).ends_with(&format!("_{key}")));
        (own && deciding).then(|| format!("`{name}` is the backend itself"))
    });
}

fn keys(run: &Run<'_>, rule: &Rule, found: &mut Found) {
    let params: Keys = told::params(rule);
    let names = told::patterns(&params.keys);
    each_member(run, rule, found, &|name, member| {
        let held = !member.is_null() && member.as_str() != Some("");
        (held && is_credential(name, member, &names))
            .then(|| format!("a member is called `{name}`, and holds something"))
    });
}

/// Values of a kind. What the rules of families `secret` and `path` know is shown at its place,
/// where they hide it; of what only the profile knows, the file is named.
fn held(run: &Run<'_>, rule: &Rule, found: &mut Found, what: What, tell: impl Fn(&Held) -> String) {
    let shown = matches!(what, What::Secret | What::HostPath);
    let told = run.sensitive().of(what).map(|(file, value)| Told {
        span: shown.then_some(value.span),
        ..Told::of(file, tell(value))
    });
    put(run, rule, found, told.collect());
}
