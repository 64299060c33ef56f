// SPDX-License-Identifier: Apache-2.0
//! Eligibility decisions (section 3.5).

use super::shape::{self, Issue, and, or};
use super::sheet::Sheet;
use crate::governance::profile::Profile;
use crate::governance::stamp;
use crate::support::pyjson::ordered::Value;
use jiff::Timestamp;

/// Rule of the form.
pub const INCOMPLETE: &str = "cto-eligibility-incomplete";
/// Rule of the reach.
pub const OVERREACH: &str = "cto-eligibility-overreach";

/// What a decision is held against.
#[derive(Debug, Clone, Copy, Default)]
pub struct Context<'c> {
    /// The stage it is made for.
    pub stage: Option<u64>,
    /// When the run of its task began, and the run's name.
    pub started: Option<(Timestamp, &'c str)>,
}

fn is_none(backend: &str) -> bool {
    backend == "none"
}

/// What is incomplete or does not agree with itself.
pub fn incomplete(sheet: &Sheet, profile: &Profile) -> Vec<Issue> {
    let gates = &profile.gates;
    let mut issues = shape::of_kind(INCOMPLETE, sheet, "eligibility", gates);
    let (required, passed, missing) = (
        sheet.names("required_gates"),
        sheet.names("passed_gates"),
        sheet.names("missing_gates"),
    );
    let unasked: Vec<&String> = gates
        .required
        .iter()
        .filter(|gate| !required.contains(gate))
        .collect();
    if !unasked.is_empty() && !required.is_empty() {
        let text = format!("`required_gates` lacks {}", and(&unasked));
        issues.push(Issue::on(INCOMPLETE, "required_gates", text));
    }
    let unanswered: Vec<&String> = required
        .iter()
        .filter(|gate| passed.contains(gate) == missing.contains(gate))
        .collect();
    if !unanswered.is_empty() {
        let text = format!(
            "{} must be either passed or missing, and is both or neither",
            and(&unanswered)
        );
        issues.push(Issue::on(INCOMPLETE, "required_gates", text));
    }
    let stray: Vec<&String> = passed
        .iter()
        .chain(&missing)
        .filter(|gate| !required.contains(gate))
        .collect();
    if !stray.is_empty() {
        let text = format!("{} is judged, and not required", and(&stray));
        issues.push(Issue::on(INCOMPLETE, "passed_gates", text));
    }
    issues.extend(backends(sheet, profile));
    let escalation = sheet.text("escalation_path").unwrap_or("");
    if !escalation.is_empty() && !gates.escalations.iter().any(|known| known == escalation) {
        let text = format!(
            "`escalation_path` is `{escalation}`, not {}",
            or(&gates.escalations)
        );
        issues.push(Issue::on(INCOMPLETE, "escalation_path", text));
    }
    if let Some(mode) = sheet.text("allowed_mutation_mode")
        && gates.rank(mode).is_none()
    {
        let text = format!(
            "`allowed_mutation_mode` is `{mode}`, not {}",
            or(&gates.modes)
        );
        issues.push(Issue::on(INCOMPLETE, "allowed_mutation_mode", text));
    }
    if let (Some(mode), Some(false)) = (
        sheet.text("allowed_mutation_mode"),
        sheet.flag("approval_required"),
    ) && gates.rank(mode).is_some()
        && gates.needs_approval(mode)
    {
        let text = format!("mode `{mode}` needs an approval, and `approval_required` is false");
        issues.push(Issue::on(INCOMPLETE, "approval_required", text));
    }
    issues
}

/// Every known backend is selected, or denied for a reason.
fn backends(sheet: &Sheet, profile: &Profile) -> Vec<Issue> {
    let mut issues = Vec::new();
    let selected = sheet.text("selected_backend").unwrap_or("");
    let mut denied = Vec::new();
    let listed = sheet.get("denied_backends").and_then(Value::as_array);
    for one in listed.unwrap_or_default() {
        let name = one.text("backend").unwrap_or("");
        let reasons = one.items("reasons").iter().filter_map(Value::as_str);
        if name.is_empty() || !reasons.into_iter().any(|reason| !reason.trim().is_empty()) {
            let text = format!("`{name}` is denied without a reason");
            issues.push(Issue::on(INCOMPLETE, "denied_backends", text));
        }
        denied.push(name);
    }
    let known = std::iter::once(&profile.evidence.candidate).chain(&profile.evidence.lanes);
    for backend in known {
        let (is_selected, is_denied) = (backend == selected, denied.contains(&backend.as_str()));
        if is_selected == is_denied {
            let how = if is_selected { "both" } else { "neither" };
            let text = format!(
                "`{backend}` is {how} selected {} denied",
                if is_selected { "and" } else { "nor" }
            );
            issues.push(Issue::on(INCOMPLETE, "denied_backends", text));
        }
    }
    issues
}

/// Where it reaches further than it may.
pub fn overreach(sheet: &Sheet, profile: &Profile, context: Context<'_>) -> Vec<Issue> {
    let gates = &profile.gates;
    let mut issues = Vec::new();
    let selected = sheet.text("selected_backend").unwrap_or("");
    let missing = sheet.names("missing_gates");
    let passed = sheet.names("passed_gates");
    let open: Vec<&String> = gates
        .required
        .iter()
        .filter(|gate| !passed.contains(gate))
        .chain(missing.iter().filter(|gate| !gates.required.contains(gate)))
        .collect();
    if !is_none(selected) && !selected.is_empty() && !open.is_empty() {
        let text = format!("`{selected}` is selected, and {} is not proven", and(&open));
        issues.push(Issue::on(OVERREACH, "selected_backend", text));
    }
    if let Some(by) = sheet.text("decided_by") {
        let bare = by.rsplit(':').next().unwrap_or(by);
        let known = profile
            .evidence
            .lanes
            .iter()
            .chain([&profile.evidence.candidate]);
        let own = !is_none(selected) && bare == selected;
        if own || known.into_iter().any(|backend| backend == bare) {
            let text = format!("the decision was made by `{by}`, a backend");
            issues.push(Issue::on(OVERREACH, "decided_by", text));
        }
    }
    let stage = context.stage.and_then(|number| gates.stage(number));
    if let (Some(mode), Some(stage)) = (sheet.text("allowed_mutation_mode"), stage)
        && gates.wider(mode, &stage.mode)
    {
        let text = format!(
            "mode `{mode}` is wider than `{}`, the widest of stage {}",
            stage.mode, stage.number
        );
        issues.push(Issue::on(OVERREACH, "allowed_mutation_mode", text));
    }
    let decided = sheet.text("decided_at").and_then(stamp::with_offset);
    if let (Some(decided), Some((started, run))) = (decided, context.started)
        && decided > started
    {
        let text = format!("it was decided after the run `{run}` had begun");
        issues.push(Issue::on(OVERREACH, "decided_at", text));
    }
    issues
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> String {
        let required = serde_json::to_string(&Profile::embedded().gates.required).unwrap();
        format!(
            r#"{{"decision_id":"d","task_id":"t","decided_by":"cto","decided_at":"2026-03-10T09:14:40Z","selected_backend":"case","denied_backends":[{{"backend":"fake","reasons":["b"]}},{{"backend":"codex","reasons":["b"]}},{{"backend":"pi","reasons":["b"]}}],"risk_class":"r","required_gates":{required},"passed_gates":{required},"missing_gates":[],"allowed_mutation_mode":"sandbox-repo","approval_required":true,"reasons":["all"],"escalation_path":"operator"}}"#
        )
    }

    fn sheet(text: &str) -> Sheet {
        Sheet::of_text("e.json", text).unwrap()
    }

    #[test]
    fn sets_of_gates_and_backends_are_whole() {
        let profile = Profile::embedded();
        let good = good();
        assert_eq!(incomplete(&sheet(&good), &profile), []);
        for (from, to) in [
            ("\"missing_gates\":[]", "\"missing_gates\":[\"approval\"]"),
            ("{\"backend\":\"fake\",\"reasons\":[\"b\"]},", ""),
            (
                "\"backend\":\"pi\",\"reasons\":[\"b\"]",
                "\"backend\":\"pi\",\"reasons\":[]",
            ),
            ("\"operator\"", "\"later\""),
            ("sandbox-repo", "everything"),
            ("\"approval_required\":true", "\"approval_required\":false"),
        ] {
            let found = incomplete(&sheet(&good.replace(from, to)), &profile);
            assert_eq!(found.len(), 1, "{from}: {found:?}");
        }
    }

    #[test]
    fn a_decision_does_not_reach_beyond_its_gates() {
        let profile = Profile::embedded();
        let good = good();
        let at = |text: &str| stamp::utc(text).unwrap();
        let before = Context {
            stage: Some(4),
            started: Some((at("2026-03-10T09:15:00Z"), "r")),
        };
        assert_eq!(overreach(&sheet(&good), &profile, before), []);
        let late = Context {
            stage: Some(3),
            started: Some((at("2026-03-10T09:00:00Z"), "r")),
        };
        assert_eq!(overreach(&sheet(&good), &profile, late).len(), 2);
        let own = good
            .replace("\"cto\"", "\"agent:case\"")
            .replace("\"missing_gates\":[]", "\"missing_gates\":[\"more\"]");
        assert_eq!(overreach(&sheet(&own), &profile, before).len(), 2);
    }
}
