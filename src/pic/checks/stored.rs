// SPDX-License-Identifier: Apache-2.0
//! P34 to P37: what a runtime store holds that came from PIC.

use crate::model::Draft;
use crate::pic::context::{Context, here};
use crate::pic::matrix::{Support, version};
use crate::pic::repository::Role;
use crate::rules::Rule;
use crate::schema::{self, Documents};
use crate::support::hashing;
use crate::support::json::stable_id;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Objects of the store that can be read.
fn objects<'c>(context: &'c Context<'_>) -> Vec<(&'c str, Value)> {
    let mut found = Vec::new();
    for (name, (role, bytes)) in &context.repository.files {
        let emitted = *role == Role::Sample && name.ends_with(".jsonl");
        if *role != Role::Object && !emitted {
            continue;
        }
        if name.ends_with(".jsonl") {
            let lines = bytes.split(|byte| *byte == b'\n');
            found.extend(
                lines.filter_map(|line| Some((name.as_str(), serde_json::from_slice(line).ok()?))),
            );
        } else if let Ok(value) = serde_json::from_slice(bytes) {
            found.push((name.as_str(), value));
        }
    }
    found
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// Entries of PIC in a packet's list of verdicts.
fn verdicts(packet: &Value) -> impl Iterator<Item = &Value> {
    packet
        .get("verifier_reports")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter(|entry| text(entry, "provider") == "pic")
}

/// Whether identifiers over this value are spelled by us as the reference spells them: exponents
/// of floats are not.
fn plain(value: &Value) -> bool {
    match value {
        Value::Number(number) if number.is_f64() => {
            let size = number.as_f64().unwrap_or_default().abs();
            size == 0.0 || (1e-4..1e16).contains(&size)
        }
        Value::Array(items) => items.iter().all(plain),
        Value::Object(object) => object.values().all(plain),
        _ => true,
    }
}

/// P34.
pub(super) fn integrity(context: &Context<'_>, rule: &Rule, out: &mut Vec<Draft>) {
    let all = objects(context);
    let by_name: BTreeMap<&str, &Value> = all.iter().map(|(name, value)| (*name, value)).collect();
    for (name, original) in &all {
        let Some(stem) = name
            .strip_prefix("reports/pic/")
            .and_then(|name| name.strip_suffix("-original.json"))
        else {
            continue;
        };
        let id = stable_id("pic-import", std::slice::from_ref(original));
        if plain(original) && id.replace(':', "_") != stem {
            let text = format!("The report's content gives `{id}`; its name says otherwise");
            out.push(here(rule, name, None, text));
        }
    }
    for (name, packet) in all.iter().filter(|(name, _)| name.starts_with("packets/")) {
        for entry in verdicts(packet) {
            let reference = text(entry, "ref");
            let stored = reference
                .find("reports/")
                .and_then(|at| by_name.get(&reference[at..]));
            let id = text(packet, "packet_id");
            let wrong = match stored {
                None => Some("no stored report"),
                Some(report) if report.get("accepted") != entry.get("accepted") => {
                    Some("a stored report with another verdict")
                }
                Some(report) => {
                    let wanted = stable_id("verifier-report:pic", &[(*report).clone()]);
                    (plain(report) && wanted != text(entry, "report_id"))
                        .then_some("a stored report with another content")
                }
            };
            if let Some(what) = wrong {
                let text = format!("`{id}`: a verdict of PIC rests on {what}");
                out.push(here(rule, name, None, text));
            }
        }
    }
}

/// A record of a run that CCR made itself.
fn is_run(name: &str, value: &Value) -> bool {
    name.starts_with("reports/")
        && (value.get("stdout_json").is_some() || value.get("argv").is_some())
}

/// P35.
pub(super) fn report_version(context: &Context<'_>, rule: &Rule, out: &mut Vec<Draft>) {
    for (name, value) in objects(context) {
        let pic = text(&value, "provider") == "pic" || name.starts_with("reports/pic/");
        if !is_run(name, &value) || !pic {
            continue;
        }
        let stated = text(&value, "pic_version");
        let known = version(stated).map(|version| context.matrix.support(&version).0);
        if known.is_none_or(|status| status == Support::Unsupported) {
            let what = if stated.is_empty() {
                "an unknown"
            } else {
                "an unsupported"
            };
            let text = format!("This run was made by {what} version of PIC");
            out.push(here(rule, name, None, text));
        }
    }
}

/// P36.
pub(super) fn verdict_not_bound(context: &Context<'_>, rule: &Rule, out: &mut Vec<Draft>) {
    let all = objects(context);
    let mut resting: BTreeMap<String, (&str, &str)> = BTreeMap::new();
    for (name, packet) in &all {
        if !name.starts_with("packets/") {
            continue;
        }
        let entries = packet.get("verifier_reports").and_then(Value::as_array);
        let accepted = |entry: &&Value| entry.get("accepted") == Some(&Value::Bool(true));
        let others = entries
            .into_iter()
            .flatten()
            .filter(accepted)
            .any(|entry| text(entry, "provider") != "pic");
        let Some(entry) = verdicts(packet).find(accepted).filter(|_| !others) else {
            continue;
        };
        let id = text(packet, "packet_id");
        let bound = all
            .iter()
            .any(|(name, run)| is_run(name, run) && text(run, "packet_id") == id && !id.is_empty());
        let reference = text(entry, "ref");
        let bytes = reference
            .find("reports/")
            .and_then(|at| context.repository.files.get(&reference[at..]));
        let digest = bytes.map(|(_, bytes)| hashing::sha256_hex(bytes));
        let twin = digest.and_then(|digest| resting.insert(digest, (name, id)));
        if let Some((_, other)) = twin {
            let text = format!("`{other}` and `{id}` rest on the same report bytes");
            out.push(here(rule, name, None, text));
        } else if !bound {
            let text = format!("`{id}` was accepted by PIC alone, and no run record binds it");
            out.push(here(rule, name, None, text));
        }
    }
}

/// P37.
pub(super) fn emitted_objects(context: &Context<'_>, rule: &Rule, out: &mut Vec<Draft>) {
    let documents = Documents::embedded();
    let compiled = |name: &str| {
        let schema: Value = serde_json::from_str(schema::embedded(name)?).ok()?;
        schema::compile(&schema, &documents).ok()
    };
    let (task, residual) = (
        compiled("task.schema.json"),
        compiled("residual.schema.json"),
    );
    for (name, value) in objects(context) {
        let (id, schema, is_task) = match (text(&value, "task_id"), text(&value, "residual_id")) {
            (id, _) if id.starts_with("task:pic:") => (id, &task, true),
            (_, id) if id.starts_with("residual:pic:") => (id, &residual, false),
            _ => continue,
        };
        let mut wrong = Vec::new();
        if let Some(schema) = schema {
            let fault = schema.faults(&value, 1).into_iter().next();
            wrong.extend(fault.map(|_| "it does not fit CCR's own schema".to_owned()));
        }
        if is_task {
            let limits = value.get("constraints").cloned().unwrap_or_default();
            if limits.get("allowed_commands") != Some(&json!([])) {
                wrong.push("`allowed_commands` is not empty".to_owned());
            }
            for (key, right) in [
                ("side_effect_policy", "dry_run_only"),
                ("network_policy", "none"),
                ("authority_policy", "read_only"),
            ] {
                if text(&limits, key) != right {
                    wrong.push(format!("`{key}` is not `{right}`"));
                }
            }
            let interop = value.get("pic_interop");
            let candidate = interop.and_then(|interop| interop.get("candidate_only_until_checked"));
            if candidate != Some(&Value::Bool(true)) {
                wrong.push("`candidate_only_until_checked` is not true".to_owned());
            }
        }
        if !wrong.is_empty() {
            out.push(here(
                rule,
                name,
                None,
                format!("`{id}`: {}", wrong.join("; ")),
            ));
        }
    }
}
