// SPDX-License-Identifier: Apache-2.0
//! The decision packet for a promotion, and the guard before the route to it (section 4.8).

use super::shape::{self, Issue, and, fits};
use super::sheet::Sheet;
use crate::governance::plan::Document;
use crate::governance::profile::Profile;
use crate::support::pyjson::ordered::Value;

/// Rule of the packet.
pub const PACKET: &str = "cto-decision-packet-incomplete";
/// Rule of the guard.
pub const GUARD: &str = "cto-guard-incomplete";

/// What a packet lacks.
pub fn packet(sheet: &Sheet, profile: &Profile) -> Vec<Issue> {
    let gates = &profile.gates;
    let mut issues = shape::of_kind(PACKET, sheet, "decision-packet", gates);
    let field = gates
        .record("decision-packet")
        .and_then(|form| form.fields.first());
    let known: &[String] = field.map_or(&[], |field| &field.one_of);
    let stray: Vec<String> = sheet
        .names("allowed_decision_states")
        .into_iter()
        .filter(|state| !known.contains(state))
        .collect();
    if !stray.is_empty() {
        let text = format!(
            "`allowed_decision_states` holds {}, which no decision may be",
            and(&stray)
        );
        issues.push(Issue::on(PACKET, "allowed_decision_states", text));
    }
    if sheet.flag("ready_for_core_review") == Some(true) {
        let mut unmet = Vec::new();
        if sheet.flag("candidate_default_repeatability_eligible") != Some(true) {
            unmet.push("repeatability is not eligible".to_owned());
        }
        let count = sheet.count("repeatability_count").unwrap_or(0);
        if usize::try_from(count).unwrap_or(0) < gates.repeatability {
            unmet.push(format!("`repeatability_count` is {count}"));
        }
        if sheet.text("repeatability_status") != Some("pass") {
            unmet.push("repeatability did not pass".to_owned());
        }
        let open = open_items(sheet);
        if !open.is_empty() {
            unmet.push(format!("{} is not validated", and(&open)));
        }
        if !unmet.is_empty() {
            let text = format!("it is ready for review, and {}", unmet.join(", "));
            issues.push(Issue::on(PACKET, "ready_for_core_review", text));
        }
    }
    issues
}

/// Work items of the evidence map that are not validated.
fn open_items(sheet: &Sheet) -> Vec<String> {
    let mut open = Vec::new();
    match sheet.get("evidence_map") {
        Some(Value::Object(map)) => {
            for (id, status) in map {
                let status = status
                    .as_str()
                    .or_else(|| status.text("status"))
                    .unwrap_or("");
                if status != "validated" {
                    open.push(id.clone());
                }
            }
        }
        Some(Value::Array(rows)) => {
            for row in rows {
                let text = row.as_str().unwrap_or("");
                if let Some((id, status)) = text.split_once(':')
                    && !status.trim().starts_with("validated")
                {
                    open.push(id.trim().to_owned());
                }
            }
        }
        _ => {}
    }
    open
}

/// What a guard lacks; `document` is where the checks of a Markdown guard stand.
pub fn guard(sheet: &Sheet, document: Option<&Document>, profile: &Profile) -> Vec<Issue> {
    let mut issues = shape::of_kind(GUARD, sheet, "guard", &profile.gates);
    let blocked = sheet.text("guard_status") == Some("blocked");
    let passed = sheet.text("guard_status") == Some("passed");
    let reason = !sheet.is_empty("blocked_reason");
    if blocked && !reason {
        let text = "it is blocked without a `blocked_reason`";
        issues.push(Issue::on(GUARD, "guard_status", text));
    }
    if passed && reason {
        let text = "it passed, and states a `blocked_reason`";
        issues.push(Issue::on(GUARD, "blocked_reason", text));
    }
    if sheet.text("core_route_admission_status") == Some("admitted") && !passed {
        let text = "the route is admitted, and the guard did not pass";
        issues.push(Issue::on(GUARD, "core_route_admission_status", text));
    }
    let recorded = checks(sheet, document, profile);
    let missing: Vec<&str> = recorded
        .iter()
        .filter(|check| check.recorded.is_none())
        .map(|check| check.name.as_str())
        .collect();
    if !missing.is_empty() {
        let text = format!("the read-only checks {} are not named", and(&missing));
        issues.push(Issue::new(GUARD, text));
    }
    if passed {
        let open: Vec<&str> = recorded
            .iter()
            .filter(|check| check.recorded == Some(false))
            .map(|check| check.name.as_str())
            .collect();
        if !open.is_empty() {
            let text = format!(
                "it passed, and the result of {} is not recorded",
                and(&open)
            );
            issues.push(Issue::on(GUARD, "guard_status", text));
        }
    }
    issues
}

/// A required read-only check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Its name.
    pub name: String,
    /// Nothing when it is not named; else whether a result is recorded.
    pub recorded: Option<bool>,
    /// The line or value that records it.
    pub said: String,
}

/// The required checks as a guard records them.
pub fn checks(sheet: &Sheet, document: Option<&Document>, profile: &Profile) -> Vec<Check> {
    let rules = &profile.gates.guard;
    let mut lines: Vec<String> = Vec::new();
    if let Some(document) = document {
        for section in &document.sections {
            let title = section.title.to_lowercase();
            if rules.sections.iter().any(|word| title.contains(word)) {
                let body = document.slice(section.whole()).lines();
                lines.extend(body.map(|line| line.trim().to_owned()));
            }
        }
    }
    let held = sheet
        .get("checks")
        .or_else(|| sheet.get("required_read_only_checks"));
    match held {
        Some(Value::Object(map)) => {
            for (name, value) in map {
                let status = value
                    .as_str()
                    .or_else(|| value.text("status"))
                    .unwrap_or("");
                lines.push(format!("{}: {status}", name.replace('_', " ")));
            }
        }
        Some(Value::Array(all)) => {
            for one in all {
                let name = one.as_str().or_else(|| one.text("check")).unwrap_or("");
                let status = one.text("status").unwrap_or("");
                lines.push(format!("{}: {status}", name.replace('_', " ")));
            }
        }
        _ => {}
    }
    let names = rules.checks.iter();
    names
        .map(|(name, patterns)| {
            let spoken = name.replace('_', " ");
            let line = lines
                .iter()
                .find(|line| line.contains(&spoken) || fits(patterns, line));
            Check {
                name: name.clone(),
                recorded: line.map(|line| has_result(line)),
                said: line.cloned().unwrap_or_default(),
            }
        })
        .collect()
}

/// Whether a line says how a check ended.
fn has_result(line: &str) -> bool {
    let lower = line.to_lowercase();
    let ends = [
        "passed", "clean", "none", "no ", "idle", "ok", "verified", "[x]", "done",
    ];
    let after = lower
        .split_once(':')
        .map(|(_, after)| after.trim().to_owned());
    let told = after.is_some_and(|after| {
        let word = after.trim_matches(['`', '.', ' ']);
        ends.iter().any(|end| word.starts_with(end.trim()))
    });
    told || lower.contains("[x]") || lower.contains(" passed")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(text: &str) -> Sheet {
        Sheet::of_text("g.json", text).unwrap()
    }

    const PACKET_TEXT: &str = r#"{"decision_status":"not_decided","allowed_decision_states":["not_decided"],"resolver":"owner","ready_for_core_review":true,"recommended_next_decision":"open_governed_core_prd_route","recommendation_status":"candidate_only_until_core_route_admission_guard_passes","candidate_default_repeatability_eligible":true,"repeatability_count":2,"repeatability_status":"pass","runtime_default_activation":false,"core_promotion_status":"not-promoted","evidence_map":{"CTO-WORK-1":"validated"},"required_future_route":["prd"],"blockers_before_promotion":["review"],"explicit_non_authority":"none here"}"#;

    #[test]
    fn readiness_rests_on_evidence() {
        let profile = Profile::embedded();
        assert_eq!(packet(&sheet(PACKET_TEXT), &profile), []);
        for (from, to) in [
            ("\"repeatability_count\":2", "\"repeatability_count\":1"),
            ("\"validated\"", "\"candidate\""),
            ("[\"not_decided\"]", "[\"promoted\"]"),
            ("\"resolver\":\"owner\"", "\"resolver\":\"\""),
            (
                "\"decision_status\":\"not_decided\"",
                "\"decision_status\":\"core_promotion_granted\"",
            ),
        ] {
            assert_eq!(
                packet(&sheet(&PACKET_TEXT.replace(from, to)), &profile).len(),
                1,
                "{from}"
            );
        }
    }

    #[test]
    fn a_guard_names_every_check_and_passes_on_results_only() {
        let profile = Profile::embedded();
        let text = "# T\n## Route State\n- `core_route_admission_status`: `not_admitted`\n- `guard_status`: `blocked`\n- `blocked_reason`: a route is active\n- `do_not_touch_other_agent_work`: true\n- `ready_for_core_route_review`: true\n- `next_allowed_action`: wait\n- `idle_governed_core_route_required`: true\n- `no_active_conflicting_core_worktree_required`: true\n## Admission Checks Required Before Any Route\n- worktree list\n- main status\n- active worktrees\n- sequence route\n- running validations\n- conflicts\n- ownership uncertainty blocks\n";
        let of = |text: &str| {
            let document = Document::parse("CTO-X-GUARD.md", text, &profile.planning);
            guard(&Sheet::of_document(&document), Some(&document), &profile)
        };
        assert_eq!(of(text), []);
        assert_eq!(of(&text.replace("- sequence route\n", "")).len(), 1);
        assert_eq!(
            of(&text.replace("- `blocked_reason`: a route is active\n", "")).len(),
            1
        );
        let passed = text
            .replace("`blocked`", "`passed`")
            .replace("- `blocked_reason`: a route is active\n", "");
        assert_eq!(of(&passed).len(), 1);
    }
}
