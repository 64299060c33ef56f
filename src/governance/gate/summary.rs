// SPDX-License-Identifier: Apache-2.0
//! The control summary: a projection, with no power of its own (section 4.7).

use super::shape::{self, Issue, and};
use super::sheet::{Sheet, is_empty};
use crate::governance::profile::Profile;
use crate::support::pyjson::ordered::Value;

/// The rule.
pub const RULE: &str = "cto-summary-invalid";

/// What is wrong with a summary; `exists` says whether a path that it names is there, as far as
/// anybody can tell.
pub fn issues(
    sheet: &Sheet,
    exists: &dyn Fn(&str) -> Option<bool>,
    profile: &Profile,
) -> Vec<Issue> {
    let gates = &profile.gates;
    let mut issues = shape::of_kind(RULE, sheet, "control-summary", gates);
    let whole = Value::Object(sheet.values.clone().into_iter().collect());
    stages(sheet, profile, &mut issues);
    let eligibility = gates.summary.eligibility_keys.iter();
    let candidate = sheet.get("case_stage6_candidate_default");
    let stated = eligibility.clone().any(|key| {
        sheet.get(key).is_some() || candidate.is_some_and(|held| held.get(key).is_some())
    });
    if !stated {
        let text = "eligibility of the candidate is not stated apart from activation";
        issues.push(Issue::on(RULE, "case_stage6_candidate_default", text));
    }
    shape::walk(&whole, &mut |key, value| {
        if *key == *gates.activation && value.as_bool() == Some(true) {
            let text = format!("`{key}` is true; a summary activates nothing");
            issues.push(Issue::on(RULE, key, text));
        }
        if key == "executable" && value.as_bool() != Some(false) {
            let text = "an approval in a summary must say `executable: false`";
            issues.push(Issue::on(RULE, key, text));
        }
        if key == "approval_packet"
            && value.as_object().is_some()
            && value.get("executable").is_none()
        {
            let text = "`approval_packet` does not say `executable: false`";
            issues.push(Issue::on(RULE, key, text));
        }
        let is_path = key.ends_with("_path") || key.ends_with("_report") || key.ends_with("_proof");
        let path = value
            .as_str()
            .filter(|path| is_path && !path.trim().is_empty());
        if let Some(path) = path.filter(|path| exists(path) == Some(false)) {
            let text = format!("`{key}` names `{path}`, which is not there");
            issues.push(Issue::on(RULE, key, text));
        }
    });
    // The two required fields were told apart already.
    issues.dedup();
    state(sheet, profile, &mut issues);
    for lane in sheet
        .get("blocked_lanes")
        .and_then(Value::as_array)
        .unwrap_or_default()
    {
        let why = lane
            .text("rationale")
            .is_some_and(|text| !text.trim().is_empty());
        if !why {
            let name = lane.text("lane").or_else(|| lane.as_str()).unwrap_or("");
            let text = format!("the lane `{name}` is blocked without a rationale");
            issues.push(Issue::on(RULE, "blocked_lanes", text));
        }
    }
    let secrets = shape::secret_keys(&whole, gates);
    if !secrets.is_empty() {
        let text = format!("{} look as if they held secrets", and(&secrets));
        issues.push(Issue::on(RULE, &secrets[0], text));
    }
    issues
}

fn stages(sheet: &Sheet, profile: &Profile, issues: &mut Vec<Issue>) {
    let held: Vec<String> = match sheet.get("stages") {
        Some(Value::Array(all)) => all
            .iter()
            .filter(|one| one.get("status").is_some_and(|status| !is_empty(status)))
            .filter_map(|one| one.get("stage").or_else(|| one.get("number")))
            .map(Value::line)
            .collect(),
        Some(Value::Object(all)) => all
            .iter()
            .filter(|(_, status)| !is_empty(status))
            .map(|(name, _)| {
                name.trim_start_matches("stage")
                    .trim_matches(['_', ' '])
                    .to_owned()
            })
            .collect(),
        _ => return,
    };
    let missing: Vec<String> = profile
        .gates
        .stages
        .iter()
        .map(|stage| stage.number.to_string())
        .filter(|number| !held.contains(number))
        .collect();
    if !missing.is_empty() {
        let text = format!("`stages` says nothing of stage {}", and(&missing));
        issues.push(Issue::on(RULE, "stages", text));
    }
}

/// The endpoint's state, when the summary carries it, is that of the default.
fn state(sheet: &Sheet, profile: &Profile, issues: &mut Vec<Issue>) {
    let Some(known) = profile.gates.approval_states.iter().find(|state| {
        state
            .carriers
            .iter()
            .any(|carrier| carrier == "control-summary")
    }) else {
        return;
    };
    let wanted = [known.required, known.granted, known.execution];
    for (key, wanted) in profile.gates.summary.endpoint_state.iter().zip(wanted) {
        if sheet.flag(key).is_some_and(|flag| flag != wanted) {
            let text = format!("`{key}` is {}, and a summary carries {wanted}", !wanted);
            issues.push(Issue::on(RULE, key, text));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"schema_version":"0.2.0","matrix_report_path":"m.json","stages":[{"stage":1,"status":"validated"},{"stage":2,"status":"open"},{"stage":3,"status":"open"},{"stage":4,"status":"open"},{"stage":5,"status":"open"},{"stage":6,"status":"open"}],"case_stage6_candidate_default":{"status":"blocked","path":null,"eligibility":false},"case_stage6_real_governed_refresh":{"status":"blocked"},"runtime_default_activation":false,"repeatability_count":0,"repeatability_status":"blocked","candidate_default_repeatability_eligible":false,"blocked_lanes":[{"lane":"pi","rationale":"no admission"}],"next_operator_action":"approve","core_promotion_status":"not-promoted","approval_required":true,"approval_granted":false,"execution_allowed":false,"approval_packet":{"executable":false}}"#;

    #[test]
    fn a_summary_is_whole_and_has_no_power() {
        let profile = Profile::embedded();
        let of = |text: &str, there: bool| {
            let sheet = Sheet::of_text("webui-summary.json", text).unwrap();
            issues(&sheet, &|_| Some(there), &profile)
        };
        assert_eq!(of(GOOD, true), []);
        assert_eq!(of(GOOD, false).len(), 1);
        for (from, to) in [
            (",\"eligibility\":false", ""),
            ("{\"stage\":6,\"status\":\"open\"}", "{\"stage\":6}"),
            ("\"executable\":false", "\"executable\":true"),
            ("\"executable\":false", "\"status\":\"x\""),
            ("\"execution_allowed\":false", "\"execution_allowed\":true"),
            ("no admission", ""),
            (
                "\"next_operator_action\":\"approve\"",
                "\"next_operator_action\":\"\"",
            ),
        ] {
            let found = of(&GOOD.replace(from, to), true);
            assert_eq!(found.len(), 1, "{from}: {found:?}");
        }
    }
}
