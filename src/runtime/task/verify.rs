// SPDX-License-Identifier: Apache-2.0
//! `ccr task verify`: what was handed in is held against the verifiers that the task asks for.

use super::steps::{Moving, refused};
use crate::runtime::roles::{self, Act, Actor};
use crate::runtime::{Answer, Runtime, RuntimeError, document, packet, promote, store};
use crate::support::pyjson::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What `ccr task verify` is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Verify<'a> {
    /// Task id.
    pub id: &'a str,
    /// Reports, by id or path; without any those of the packets that were handed in.
    pub reports: &'a [String],
    /// In a sentence.
    pub reason: &'a str,
    /// Who verifies; not who did the work.
    pub actor: Actor<'a>,
}

/// `ccr task verify`
///
/// # Errors
/// No such task, a role that may not do it, one's own work, or verifiers that have not accepted.
pub fn verify(runtime: &Runtime, request: &Verify<'_>) -> Answer {
    let Verify { id, actor, .. } = *request;
    let moving = Moving::start(runtime, id, "verified")?;
    roles::require(runtime, actor, Act::Task("verified"), "task", id)?;
    let by = moving.body.at(&["completion", "submitted_by"]);
    if actor.agent.is_some() && by.and_then(Value::as_str) == actor.agent {
        return Err(roles::refuse(
            "nobody verifies his own work",
            actor,
            "task",
            id,
        ));
    }
    let work = Work::of(runtime, &moving.body)?;
    let mut reasons = work.packet_faults(runtime)?;
    let accepted = work.accepted(runtime, request.reports, id, &mut reasons);
    let gate = moving
        .body
        .at(&["verifier_plan", "promotion_gate"])
        .and_then(Value::as_str)
        .unwrap_or("none");
    let providers: BTreeSet<&str> = accepted.values().map(String::as_str).collect();
    let demanded: &[&str] = match gate {
        "pic_checked" => &["pic"],
        "pic_checked_plus_human_review" => &["pic", "human"],
        "integration_tests" => &["ci"],
        _ => &[],
    };
    for provider in demanded.iter().filter(|name| !providers.contains(**name)) {
        reasons.push(format!(
            "gate {gate} needs an accepted report of provider {provider}"
        ));
    }
    let plan = moving.body.at(&["verifier_plan", "required_verifiers"]);
    let required: Vec<&str> = plan
        .and_then(Value::as_array)
        .unwrap_or_default()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let met = required.iter().filter(|name| {
        let by_id = accepted.keys().any(|path| path.contains(&file_stem(name)));
        providers.contains(**name) || by_id
    });
    let needed = promote::quorum(&runtime.settings()?, required.len());
    if met.count() < needed {
        reasons.push(format!(
            "of the required verifiers ({}) {needed} must have accepted",
            required.join(", ")
        ));
    }
    if !reasons.is_empty() {
        return Err(refused(id, "verified", &reasons));
    }
    let draft = store::Draft {
        action: "task.verify".to_owned(),
        refs: accepted.into_keys().collect(),
        note: request.reason.to_owned(),
        ..store::Draft::default()
    };
    moving.finish(runtime, "verified", actor, draft)
}

fn file_stem(id: &str) -> String {
    let name = crate::runtime::layout::file_name(id);
    format!("/{name}")
}

/// What a task is about: packets that went in or came out.
struct Work {
    refs: Vec<String>,
    packets: Vec<Value>,
}

impl Work {
    fn of(runtime: &Runtime, task: &Value) -> Result<Self, RuntimeError> {
        let outputs = task.at(&["completion", "output_refs"]);
        let outputs = outputs.and_then(Value::as_array).unwrap_or_default();
        let outputs = outputs.iter().filter_map(Value::as_str);
        let mut packets = Vec::new();
        let mut refs = Vec::new();
        for reference in outputs {
            refs.push(reference.to_owned());
            if let Some((_, stored)) = packet::locate(&runtime.store, reference)? {
                packets.push(stored.body);
            }
        }
        let inputs = task.items("inputs").iter();
        refs.extend(inputs.filter_map(|input| input.text("ref").map(str::to_owned)));
        Ok(Self { refs, packets })
    }

    fn packet_faults(&self, runtime: &Runtime) -> Result<Vec<String>, RuntimeError> {
        let mut reasons = Vec::new();
        for body in &self.packets {
            if !document::validate(runtime, "packet", body)?.ok() {
                let id = body.text("packet_id").unwrap_or_default();
                reasons.push(format!("packet schema is invalid: {id}"));
            }
        }
        Ok(reasons)
    }

    /// Accepting reports by path, with their providers.
    fn accepted(
        &self,
        runtime: &Runtime,
        named: &[String],
        task: &str,
        reasons: &mut Vec<String>,
    ) -> BTreeMap<String, String> {
        let mut accepted = BTreeMap::new();
        for name in named {
            match promote::resolve_report(runtime, name, name) {
                Ok(report) if self.counts(&report.body, task) => {
                    accepted.insert(report.path, report.provider);
                }
                Ok(_) => reasons.push(format!(
                    "report {name} does not accept this task or one of its packets"
                )),
                Err(why) => reasons.push(format!("report {name}: {why}")),
            }
        }
        let declared = self.packets.iter().flat_map(|packet| {
            let entries = packet.items("verifier_reports").iter();
            entries.filter(|entry| entry.get("accepted") == Some(&Value::Bool(true)))
        });
        for entry in declared {
            let reference = entry.text("ref").unwrap_or_default();
            let id = entry.text("report_id").unwrap_or_default();
            if let Ok(report) = promote::resolve_report(runtime, reference, id)
                && self.counts(&report.body, task)
            {
                accepted.insert(report.path, report.provider);
            }
        }
        accepted
    }

    fn counts(&self, report: &Value, task: &str) -> bool {
        let of_packet = report
            .text("packet_id")
            .is_some_and(|id| self.refs.iter().any(|known| known == id));
        report.get("accepted") == Some(&Value::Bool(true))
            && (of_packet || report.text("task_id") == Some(task))
    }
}
