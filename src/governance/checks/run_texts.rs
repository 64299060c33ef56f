// SPDX-License-Identifier: Apache-2.0
//! What must not stand in the texts of a run (specification, section 2.9): the run's side of rules
//! that speak of the planning tree too.

use super::evidence::put;
use super::{Check, Found};
use crate::governance::leaks::{self, LeakKind, masked};
use crate::governance::run::{Run, Told};
use crate::model::ByteSpan;
use crate::rules::Rule;
use crate::support::pyjson::ordered::Value;

pub(super) const CHECKS: &[Check] = &[
    Check::run("cto-default-activation-true", activation),
    Check::run("cto-self-approval-claim", own_approval),
    Check::run("cto-secret-value", |run, rule, found| {
        leaked(run, rule, found, LeakKind::Secret);
    }),
    Check::run("cto-secret-key-present", keys),
    Check::run("cto-endpoint-value", |run, rule, found| {
        shaped(
            run,
            rule,
            found,
            leaks::endpoints,
            "an address of an endpoint",
        );
    }),
    Check::run("cto-env-assignment", assigned),
    Check::run("cto-host-path", |run, rule, found| {
        leaked(run, rule, found, LeakKind::HostPath);
    }),
    Check::run("cto-host-identity", |run, rule, found| {
        shaped(run, rule, found, leaks::hosts, "a name of a private host");
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
    each_member(run, rule, found, &|name, member| {
        let held = !member.is_null() && member.as_str() != Some("");
        (held && leaks::is_secret_key(name))
            .then(|| format!("a member is called `{name}`, and holds something"))
    });
}

fn leaked(run: &Run<'_>, rule: &Rule, found: &mut Found, kind: LeakKind) {
    let Some(detector) = run.detector else { return };
    let what = match kind {
        LeakKind::Secret => "a secret",
        LeakKind::HostPath => "a path of a machine",
    };
    for (name, bytes) in &run.files.content {
        let told = detector
            .leaks(&run.entry(name), bytes)
            .into_iter()
            .filter(|leak| leak.kind == kind);
        let told = told.map(|leak| {
            let value = bytes.get(leak.span.range()).unwrap_or_default();
            let text = format!(
                "{what} stands here ({}, {})",
                leak.rule,
                masked(&leak.rule, value)
            );
            Told {
                span: Some(leak.span),
                ..Told::of(name, text)
            }
        });
        put(run, rule, found, told.collect());
    }
}

fn shaped(
    run: &Run<'_>,
    rule: &Rule,
    found: &mut Found,
    find: fn(&str) -> Vec<ByteSpan>,
    what: &str,
) {
    for name in run.files.content.keys() {
        let Some(text) = run.files.text(name) else {
            continue;
        };
        let told = find(text).into_iter().map(|span| {
            let digest = masked(what, &text.as_bytes()[span.range()]);
            Told::of(name, format!("{what} stands in it ({digest})"))
        });
        put(run, rule, found, told.collect());
    }
}

fn assigned(run: &Run<'_>, rule: &Rule, found: &mut Found) {
    for name in run.files.content.keys() {
        let Some(text) = run.files.text(name) else {
            continue;
        };
        let told = leaks::assignments(text).into_iter().map(|(key, span)| {
            let digest = masked(key, &text.as_bytes()[span.range()]);
            Told::of(name, format!("`{key}` is given a value ({digest})"))
        });
        put(run, rule, found, told.collect());
    }
}
