// SPDX-License-Identifier: Apache-2.0
//! Makes an eligibility decision: the seven gates of section 3.6, proven or missing; with one
//! missing, nothing is selected (sections 3.5 to 3.8).

use super::open::{Asked, Given};
use super::shape::and;
use super::{Paper, shape};
use crate::governance::jcs;
use crate::governance::profile::{Profile, Stage};
use crate::support::pyjson::ordered::{Object, Value};
use jiff::civil::Date;
use serde_json::json;
use std::collections::BTreeMap;

/// A backend that may be selected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backend {
    /// Its id.
    pub name: String,
    /// Why it is not available; nothing when it is.
    pub blocked: Option<String>,
}

/// Backends of a lanes file: a list of names or objects under `lanes` or `backends`, or an object
/// by name.
///
/// # Errors
/// The file holds neither.
pub fn backends(value: &Value) -> Result<Vec<Backend>, String> {
    let held = value
        .get("lanes")
        .or_else(|| value.get("backends"))
        .unwrap_or(value);
    let of = |name: &str, one: &Value| {
        let status = one.text("status").unwrap_or("available");
        let free = matches!(status, "available" | "admitted" | "compared" | "ready");
        let reasons: Vec<&str> = one
            .items("reasons")
            .iter()
            .filter_map(Value::as_str)
            .collect();
        let why = one
            .text("rationale")
            .or_else(|| one.text("reason"))
            .map(str::to_owned);
        let why = why.unwrap_or_else(|| reasons.join("; "));
        Backend {
            name: name.to_owned(),
            blocked: (!free).then(|| {
                if why.is_empty() {
                    status.to_owned()
                } else {
                    why
                }
            }),
        }
    };
    let named = |one: &Value| {
        let name = one
            .as_str()
            .or_else(|| one.text("lane"))
            .or_else(|| one.text("backend"))?;
        Some(of(name, one))
    };
    let found: Vec<Backend> = match held {
        Value::Array(all) => all.iter().filter_map(named).collect(),
        Value::Object(all) => all.iter().map(|(name, one)| of(name, one)).collect(),
        _ => Vec::new(),
    };
    if found.is_empty() {
        return Err(
            "it names no lane: write {\"lanes\": [{\"lane\", \"status\", \"rationale\"}]}"
                .to_owned(),
        );
    }
    Ok(found)
}

/// What a decision is made of.
#[derive(Debug)]
pub struct Inputs<'a> {
    /// The task contract.
    pub contract: &'a Paper,
    /// The lanes.
    pub lanes: &'a [Backend],
    /// Admissions and evidence.
    pub given: &'a Given<'a>,
    /// Every file that was read, by its path: SHA-256.
    pub files: BTreeMap<String, String>,
    /// The day.
    pub as_of: Date,
    /// When it is decided.
    pub decided_at: String,
}

fn proven(
    asked: &Asked<'_>,
    contract: &Paper,
    gate: &str,
    profile: &Profile,
) -> Result<String, String> {
    let gates = &profile.gates;
    let mode = contract.sheet.text("mutation_mode").unwrap_or("");
    match gate {
        "source_admission" => asked.source_holds(),
        "licence_note" => asked.licence(),
        "evidence_interface" | "adapter_contract" => asked.document(gate),
        "mutation_mode" => {
            if gates.rank(mode).is_none() {
                Err(format!("mode `{mode}` is not known"))
            } else if gates.wider(mode, &asked.stage.mode) {
                Err(format!(
                    "mode `{mode}` is wider than `{}`, the widest of stage {}",
                    asked.stage.mode, asked.stage.number
                ))
            } else if contract.sheet.flag("approval_required") == Some(false)
                && gates.needs_approval(mode)
            {
                Err(format!(
                    "mode `{mode}` needs an approval, and the contract asks for none"
                ))
            } else {
                Ok(contract.sheet.path.clone())
            }
        }
        "approval" if gates.rank(mode).is_some() && !gates.needs_approval(mode) => {
            Ok(format!("mode `{mode}` needs none"))
        }
        "approval" => asked.approval(),
        "paths_and_actions" => asked.contract(),
        other => Err(format!("nothing is known of the gate `{other}`")),
    }
}

/// Decides.
pub fn decide(stage: &Stage, inputs: &Inputs<'_>, profile: &Profile) -> serde_json::Value {
    let gates = &profile.gates;
    let contract = &inputs.contract.sheet;
    let asked = Asked {
        stage,
        given: inputs.given,
        profile,
        as_of: inputs.as_of,
    };
    let (mut passed, mut missing, mut reasons) = (Vec::new(), Vec::new(), Vec::new());
    for gate in &gates.required {
        match proven(&asked, inputs.contract, gate, profile) {
            Ok(_) => passed.push(gate.clone()),
            Err(why) => {
                missing.push(gate.clone());
                reasons.push(format!("{gate}: {why}"));
            }
        }
    }
    // Further grounds of ineligibility (section 3.7), which no gate of the list covers.
    let mode = contract.text("mutation_mode").unwrap_or("");
    if gates.needs_target(mode)
        && let Err(why) = asked.target()
    {
        reasons.push(format!("target ownership: {why}"));
    }
    for number in 1..u64::from(stage.number) {
        if let Some(ladder) = &inputs.given.ladder
            && !ladder.reached(number)
        {
            reasons.push(format!("stage {number} is not validated"));
            break;
        }
    }
    if inputs.given.ladder.is_none() && stage.number > 1 {
        reasons.push("no ledger shows that the stages before are validated".to_owned());
    }
    let candidate = &profile.evidence.candidate;
    let lane = inputs.lanes.iter().find(|lane| lane.name == *candidate);
    match lane {
        None => reasons.push(format!("`{candidate}` is not among the lanes")),
        Some(Backend {
            blocked: Some(why), ..
        }) => reasons.push(format!("`{candidate}`: {why}")),
        Some(_) => {}
    }
    let eligible = missing.is_empty() && reasons.is_empty();
    let denied = denied(inputs.lanes, eligible, &reasons, profile);
    let escalation = if missing.iter().any(|gate| gate == "approval") || eligible {
        "operator"
    } else {
        "blocked"
    };
    if eligible {
        reasons.push("every required gate is proven".to_owned());
        reasons.push(format!("mode does not exceed stage {}", stage.number));
    }
    json!({
        "schema_version": "cto.eligibility_decision.v1",
        "decision_id": identity(stage, inputs),
        "task_id": contract.text("task_id").unwrap_or(""),
        "stage": stage.number,
        "decided_by": gates.decider,
        "decided_at": inputs.decided_at,
        "selected_backend": if eligible { candidate.as_str() } else { "none" },
        "denied_backends": denied,
        "risk_class": contract.text("risk_class").unwrap_or(""),
        "required_gates": gates.required,
        "passed_gates": passed,
        "missing_gates": missing,
        "allowed_mutation_mode": if eligible { mode } else { gates.modes.first().map_or("", String::as_str) },
        "approval_required": gates.needs_approval(mode),
        "reasons": reasons,
        "escalation_path": escalation,
        "inputs": inputs.files,
    })
}

fn denied(
    lanes: &[Backend],
    eligible: bool,
    reasons: &[String],
    profile: &Profile,
) -> Vec<serde_json::Value> {
    let candidate = &profile.evidence.candidate;
    let mut names: Vec<&String> = std::iter::once(candidate)
        .chain(&profile.evidence.lanes)
        .collect();
    names.extend(lanes.iter().map(|lane| &lane.name));
    let mut seen: Vec<&String> = Vec::new();
    let mut denied = Vec::new();
    for name in names {
        if seen.contains(&name) || eligible && name == candidate {
            continue;
        }
        seen.push(name);
        let blocked = lanes
            .iter()
            .find(|lane| lane.name == *name)
            .map(|lane| lane.blocked.clone());
        let why = if name == candidate {
            reasons.to_vec()
        } else if *name == profile.evidence.baseline {
            vec!["baseline lane only".to_owned()]
        } else {
            vec![match blocked {
                Some(Some(why)) => why,
                Some(None) => "comparison lane only".to_owned(),
                None => "not among the lanes".to_owned(),
            }]
        };
        denied.push(json!({"backend": name, "reasons": why}));
    }
    denied
}

/// SHA-256 of the inputs: the same inputs make the same decision, whenever it is made.
fn identity(stage: &Stage, inputs: &Inputs<'_>) -> String {
    let mut files = Object::new();
    for (path, digest) in &inputs.files {
        files.insert(path.clone(), Value::from(digest.as_str()));
    }
    let mut whole = Object::new();
    whole.insert("stage".to_owned(), Value::from(i64::from(stage.number)));
    whole.insert("as_of".to_owned(), Value::from(inputs.as_of.to_string()));
    whole.insert("inputs".to_owned(), Value::Object(files));
    jcs::digest(&Value::Object(whole))
}

/// Why a contract cannot be decided on.
pub fn contract_faults(contract: &Paper, profile: &Profile) -> Option<String> {
    let issues = shape::of_kind("", &contract.sheet, "task-contract", &profile.gates);
    let keys: Vec<String> = issues.into_iter().filter_map(|issue| issue.key).collect();
    (!keys.is_empty()).then(|| format!("{}: {} missing or wrong", contract.sheet.path, and(&keys)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::governance::gate::Sheet;
    use crate::governance::gate::eligibility;
    use crate::support::pyjson::ordered::parse_strict;

    #[test]
    fn with_a_gate_missing_nothing_is_selected_and_the_id_is_that_of_the_inputs() {
        let profile = Profile::embedded();
        let text = br#"{"task_id":"CTO-WORK-1","target_repository":"r","authority_basis":"p","risk_class":"low_risk_noncritical","allowed_paths":["a"],"forbidden_actions":["push"],"mutation_mode":"sandbox-repo","approval_required":true,"verification_commands":["t"],"evidence_expectations":["report.json"]}"#;
        let contract = Paper::of("task-contract.json", text, &profile).unwrap();
        let given = Given {
            contract: Some(contract.clone()),
            ..Given::default()
        };
        let lanes = backends(&parse_strict(br#"{"lanes":["case","fake",{"lane":"pi","status":"blocked","rationale":"no admission"}]}"#, 8).unwrap()).unwrap();
        let inputs = |at: &str| Inputs {
            contract: &contract,
            lanes: &lanes,
            given: &given,
            files: [("c".to_owned(), "0".repeat(64))].into(),
            as_of: "2026-03-15".parse().unwrap(),
            decided_at: at.to_owned(),
        };
        let stage = profile.gates.stage(4).unwrap();
        let made = decide(stage, &inputs("2026-03-10T00:00:00Z"), &profile);
        assert_eq!(made["selected_backend"], "none");
        assert_eq!(
            made["passed_gates"],
            json!(["mutation_mode", "paths_and_actions"])
        );
        let again = decide(stage, &inputs("2026-03-11T00:00:00Z"), &profile);
        assert_eq!(made["decision_id"], again["decision_id"]);
        let text = made.to_string();
        let sheet = Sheet::of_text("eligibility-decision.json", &text).unwrap();
        assert_eq!(eligibility::incomplete(&sheet, &profile), []);
        assert_eq!(
            eligibility::overreach(&sheet, &profile, eligibility::Context::default()),
            []
        );
    }
}
