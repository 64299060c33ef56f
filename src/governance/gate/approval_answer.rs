// SPDX-License-Identifier: Apache-2.0
//! What `approval check` answers: state, identity, runs, and what is wrong (section 4.6).

use super::approval::{self, Approval};
use super::binding::{self, Bound};
use crate::governance::profile::Profile;
use serde_json::json;

/// The documents of one approval.
#[derive(Debug)]
pub struct Chain {
    /// What was asked.
    pub packet: Approval,
    /// What was requested.
    pub request: Option<Approval>,
    /// What was granted.
    pub record: Option<Approval>,
}

impl Chain {
    /// The last of them, which counts.
    pub fn last(&self) -> &Approval {
        let later = self.record.as_ref().or(self.request.as_ref());
        later.unwrap_or(&self.packet)
    }

    fn steps(&self) -> Vec<&Approval> {
        let later = self.request.iter().chain(&self.record);
        std::iter::once(&self.packet).chain(later).collect()
    }
}

/// Judges a chain, with the runs that it covers ([`binding`]).
pub fn answer(chain: &Chain, bound: &[Bound], profile: &Profile) -> serde_json::Value {
    let gates = &profile.gates;
    let steps = chain.steps();
    let last = chain.last();
    let mut findings = Vec::new();
    let mut say = |rule: &str, path: &str, text: &str| {
        findings.push(json!({"rule": rule, "document": path, "text": text}));
    };
    for (at, one) in steps.iter().enumerate() {
        let mut said = Vec::new();
        for earlier in &steps[..at] {
            for issue in approval::drift(earlier, one) {
                if !said.contains(&issue.key) {
                    said.push(issue.key.clone());
                    say(issue.rule, &one.path, &issue.text);
                }
            }
        }
        if let Some(issue) = approval::state(one.state, &one.kind, false, one.closed, gates) {
            say(issue.rule, &one.path, &issue.text);
        }
        if one.sentence.is_none() {
            say(approval::DRIFT, &one.path, "it has no exact sentence");
        }
    }
    let group = [last];
    if let Some(text) = binding::reused(&group, bound) {
        say("cto-approval-reused", &last.path, &text);
    }
    let granted = chain.record.as_ref();
    if let Some(record) = granted
        && let Some(run) = binding::retroactive(record, bound)
    {
        let text = format!("it is dated after the run `{}` that it covers", run.run);
        say("cto-approval-retroactive", &record.path, &text);
    }
    let started: Vec<&Bound> = bound.iter().filter(|one| one.started).collect();
    if granted.is_none()
        && let Some(run) = started.first()
    {
        let text = format!(
            "the run `{}` was started without an approval record",
            run.run
        );
        say(approval::STATE, &last.path, &text);
    }
    let name = state_name(chain, last, !started.is_empty(), profile);
    let known = gates.state(&name);
    json!({
        "schema_version": "cto.approval_check.v1",
        "ok": findings.is_empty(),
        "state": name,
        "approval_required": true,
        "approval_granted": known.is_some_and(|state| state.granted),
        "execution_allowed": known.is_some_and(|state| state.execution) && findings.is_empty(),
        "identity": last.identity(),
        "sentence": last.sentence,
        "target": last.target,
        "allowed_paths": last.paths,
        "command": last.command,
        "scope": last.scope,
        "works": last.works,
        "runs": bound.iter().map(|one| json!({
            "run_id": one.run,
            "started": one.started,
            "at": one.at.map(|at| at.to_string()),
        })).collect::<Vec<_>>(),
        "findings": findings,
    })
}

fn state_name(chain: &Chain, last: &Approval, used: bool, profile: &Profile) -> String {
    if chain.record.is_none() && chain.request.is_none() {
        return "default".to_owned();
    }
    match last.state_name(&profile.gates) {
        Some(name) if name == "granted" && used => "consumed".to_owned(),
        Some(name) => name,
        None => "invalid".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::governance::gate::approval::tests::{RECORD, read};

    #[test]
    fn a_chain_that_says_the_same_is_granted() {
        let profile = Profile::embedded();
        let request = RECORD
            .replace("Approval granted: true", "Approval granted: false")
            .replace("Execution allowed: true", "Execution allowed: false");
        let packet = RECORD.replace("## Approval State\n- Approval required: true\n- Approval granted: true\n- Execution allowed: true\n", "");
        let mut chain = Chain {
            packet: read(&packet, "approval-packet"),
            request: Some(read(&request, "request-record")),
            record: Some(read(RECORD, "approval-record")),
        };
        let made = answer(&chain, &[], &profile);
        assert_eq!(
            (made["ok"].as_bool(), made["state"].as_str()),
            (Some(true), Some("granted")),
            "{made}"
        );
        chain.record = Some(read(
            &RECORD.replace("harness run", "harness more"),
            "approval-record",
        ));
        let made = answer(&chain, &[], &profile);
        assert_eq!(made["ok"], false);
        assert_eq!(made["execution_allowed"], false);
        chain.record = None;
        assert_eq!(answer(&chain, &[], &profile)["state"], "requested");
    }
}
