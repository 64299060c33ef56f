// SPDX-License-Identifier: Apache-2.0
//! The stage-6 comparison, and its read-only refresh: what is missing, what claims too much, and
//! how one is made of the lanes' reports (section 4.2).

use super::shape::{self, Issue, and, or};
use super::sheet::{Sheet, is_empty};
use super::stage_proof::blockers;
use crate::governance::profile::Profile;
use crate::support::pyjson::ordered::Value;
use serde_json::{Map, json};
use std::collections::BTreeMap;

/// Rule of the form.
pub const INCOMPLETE: &str = "cto-comparison-incomplete";
/// Rule of the claim.
pub const OVERCLAIMED: &str = "cto-comparison-overclaimed";

/// Type of a refresh.
pub const REFRESH: &str = "stage6-real-governed-read-only";

/// The value of a dimension.
fn dimension<'s>(sheet: &'s Sheet, name: &str) -> Option<&'s str> {
    let inside = sheet.get("dimensions").and_then(|all| all.text(name));
    inside.or_else(|| sheet.text(name))
}

/// Lanes by name and status.
fn lanes(sheet: &Sheet) -> Vec<&Value> {
    let lanes = sheet.get("lanes").and_then(Value::as_array);
    lanes.unwrap_or_default().iter().collect()
}

/// Lanes that are blocked.
pub fn blocked_lanes(sheet: &Sheet) -> Vec<String> {
    let all = lanes(sheet).into_iter();
    let blocked = all.filter(|lane| lane.text("status") != Some("compared"));
    blocked
        .filter_map(|lane| lane.text("lane").map(str::to_owned))
        .collect()
}

/// Dimensions in which the candidate is not as good, or nothing is known.
pub fn weak_dimensions(sheet: &Sheet, profile: &Profile) -> Vec<String> {
    let weak = |name: &&String| matches!(dimension(sheet, name), Some("worse" | "blocked") | None);
    profile
        .gates
        .dimensions
        .iter()
        .filter(weak)
        .cloned()
        .collect()
}

/// What a comparison lacks.
pub fn incomplete(sheet: &Sheet, profile: &Profile) -> Vec<Issue> {
    let gates = &profile.gates;
    let refresh = !sheet.is_empty("refresh_type");
    let mut issues = shape::of_kind(INCOMPLETE, sheet, "comparison", gates);
    if refresh {
        let whole = [
            "lanes",
            "failure_matrix_coverage",
            "source_admission_freshness",
        ];
        issues.retain(|issue| !issue.key.as_deref().is_some_and(|key| whole.contains(&key)));
        if sheet.text("refresh_type") != Some(REFRESH) {
            let text = format!("`refresh_type` is not `{REFRESH}`");
            issues.push(Issue::on(INCOMPLETE, "refresh_type", text));
        }
    }
    for name in &gates.dimensions {
        match dimension(sheet, name) {
            None => {
                let text = format!("the dimension `{name}` is missing");
                issues.push(Issue::on(INCOMPLETE, "dimensions", text));
            }
            Some(value) if !gates.dimension_values.iter().any(|known| known == value) => {
                let text = format!("`{name}` is `{value}`, not {}", or(&gates.dimension_values));
                issues.push(Issue::on(INCOMPLETE, "dimensions", text));
            }
            Some(_) => {}
        }
    }
    if refresh {
        return issues;
    }
    let lanes = lanes(sheet);
    for name in &profile.evidence.lanes {
        let lane = lanes.iter().find(|lane| lane.text("lane") == Some(name));
        let Some(lane) = lane else {
            let text = format!("the lane `{name}` is left out");
            issues.push(Issue::on(INCOMPLETE, "lanes", text));
            continue;
        };
        let says = |key: &str| lane.text(key).is_some_and(|text| !text.trim().is_empty());
        let text = match lane.text("status") {
            Some("compared") if !says("report") => {
                format!("the lane `{name}` is compared, and names no report")
            }
            Some("compared") => continue,
            Some("blocked") if *name == profile.evidence.baseline => {
                format!("the baseline `{name}` is not compared")
            }
            Some("blocked") if says("rationale") => continue,
            Some("blocked") => format!("the lane `{name}` is blocked without a rationale"),
            _ => format!("the lane `{name}` is neither compared nor blocked"),
        };
        issues.push(Issue::on(INCOMPLETE, "lanes", text));
    }
    let covered = coverage(sheet.get("failure_matrix_coverage"));
    let open: Vec<&str> = profile
        .evidence
        .failures
        .iter()
        .filter(|row| !row.fixture.is_empty())
        .map(|row| row.fixture.as_str())
        .filter(|fixture| !covered.get(*fixture).copied().unwrap_or(false))
        .collect();
    if !open.is_empty() {
        let text = format!("`failure_matrix_coverage` says nothing of {}", and(&open));
        issues.push(Issue::on(INCOMPLETE, "failure_matrix_coverage", text));
    }
    issues
}

/// Rows of a coverage and whether each is covered or excused.
fn coverage(value: Option<&Value>) -> BTreeMap<String, bool> {
    let settled = |row: &Value| match row {
        Value::Bool(value) => *value,
        Value::String(text) => {
            !text.trim().is_empty() && !matches!(text.trim(), "missing" | "open")
        }
        Value::Object(members) => ["run_id", "blocked_rationale", "rationale"]
            .iter()
            .any(|key| members.get(*key).is_some_and(|value| !is_empty(value))),
        _ => false,
    };
    match value {
        Some(Value::Object(rows)) => rows
            .iter()
            .map(|(name, row)| (name.clone(), settled(row)))
            .collect(),
        Some(Value::Array(rows)) => rows
            .iter()
            .filter_map(|row| match row {
                Value::String(name) => Some((name.clone(), true)),
                row => {
                    let name = row.text("fixture").or_else(|| row.text("class"))?;
                    Some((name.to_owned(), settled(row)))
                }
            })
            .collect(),
        _ => BTreeMap::new(),
    }
}

/// Where a comparison claims more than it shows.
pub fn overclaimed(sheet: &Sheet, profile: &Profile) -> Vec<Issue> {
    let mut issues = Vec::new();
    let weak = weak_dimensions(sheet, profile);
    let blocked = blocked_lanes(sheet);
    if sheet.flag("candidate_default_eligible") == Some(true) {
        let mut why = Vec::new();
        if !weak.is_empty() {
            why.push(format!("{} is worse, blocked or missing", and(&weak)));
        }
        if sheet.text("source_admission_freshness") == Some("stale") {
            why.push("the source admission is stale".to_owned());
        }
        if sheet.text("operator_outcome") == Some("rejected") {
            why.push("the operator rejected the outcome".to_owned());
        }
        if !why.is_empty() {
            let text = format!(
                "`candidate_default_eligible` is true, and {}",
                why.join(", ")
            );
            issues.push(Issue::on(OVERCLAIMED, "candidate_default_eligible", text));
        }
    }
    let whole = Value::Object(sheet.values.clone().into_iter().collect());
    shape::walk(&whole, &mut |key, value| {
        let claims = key.contains("beats_all") || key.contains("all_lanes");
        if claims && value.as_bool() == Some(true) && (!blocked.is_empty() || !weak.is_empty()) {
            let text = format!(
                "`{key}` is true, and {} lanes were compared, {} blocked",
                lanes(sheet).len() - blocked.len(),
                blocked.len()
            );
            issues.push(Issue::on(OVERCLAIMED, key, text));
        }
    });
    issues
}

/// A lane, as it is compared.
#[derive(Debug, Clone)]
pub struct Lane {
    /// Its backend.
    pub name: String,
    /// Path of its report.
    pub path: Option<String>,
    /// SHA-256 of that report.
    pub sha256: Option<String>,
    /// The report; nothing when the lane is blocked.
    pub report: Option<Value>,
    /// Why it is blocked.
    pub rationale: Option<String>,
}

/// Whether a report is good in a dimension.
pub fn good(report: &Value, dimension: &str, profile: &Profile) -> bool {
    let flag = |key: &str| report.get(key).and_then(Value::as_bool);
    match dimension {
        "report_shape" => {
            let texts = [
                "case_id",
                "run_id",
                "status",
                "backend",
                "run_started_at",
                "run_finished_at",
            ];
            texts
                .iter()
                .all(|key| report.text(key).is_some_and(|text| !text.is_empty()))
                && ["changed_files", "verification", "blockers"]
                    .iter()
                    .all(|key| report.get(key).and_then(Value::as_array).is_some())
                && flag("allowed_writes_passed").is_some()
        }
        "event_validity" => flag("required_events_passed") == Some(true),
        "allowed_path_compliance" => {
            flag("allowed_writes_passed") == Some(true)
                && flag("allowed_paths_passed") != Some(false)
                && flag("forbidden_paths_passed") != Some(false)
        }
        "failure_closure" => {
            let known = |code: &&str| profile.evidence.failure(code).is_some();
            match report.text("status") {
                Some("pass") => blockers(report).is_empty(),
                Some("fail" | "blocked") => {
                    !blockers(report).is_empty() && blockers(report).iter().all(known)
                }
                _ => false,
            }
        }
        "artifact_completeness" => {
            let held = report.get("artifact_paths").and_then(Value::as_object);
            let digests = report.get("artifact_digests").and_then(Value::as_object);
            let required = profile.evidence.required.iter();
            required
                .into_iter()
                .all(|name| match name.strip_suffix('/') {
                    Some(folder) => held
                        .is_some_and(|held| held.contains_key(folder) || held.contains_key(name)),
                    None => {
                        held.is_some_and(|held| held.contains_key(name))
                            && digests.is_some_and(|digests| digests.contains_key(name))
                    }
                })
        }
        _ => false,
    }
}

fn against(candidate: bool, lane: bool) -> &'static str {
    match (candidate, lane) {
        (true, true) | (false, false) => "match",
        (true, false) => "beat",
        (false, true) => "worse",
    }
}

/// Makes a comparison of reports; `coverage` is that of a ledger's last stage.
pub fn compare(
    candidate: Option<&Lane>,
    lanes: &[Lane],
    coverage: Option<serde_json::Value>,
    profile: &Profile,
) -> serde_json::Value {
    let gates = &profile.gates;
    let report = candidate.and_then(|lane| lane.report.as_ref());
    let mut whole: BTreeMap<&str, &str> = BTreeMap::new();
    let mut rows = Vec::new();
    let mut compared = 0;
    for name in &profile.evidence.lanes {
        let lane = lanes.iter().find(|lane| lane.name == *name);
        let (Some(report), Some(other)) = (report, lane.and_then(|lane| lane.report.as_ref()))
        else {
            let told = lane.and_then(|lane| lane.rationale.clone());
            rows.push(json!({
                "lane": name,
                "status": if lane.is_some() { "blocked" } else { "missing" },
                "rationale": told.unwrap_or_default(),
                "report": lane.and_then(|lane| lane.path.clone()),
            }));
            continue;
        };
        compared += 1;
        let mut values = Map::new();
        for dimension in &gates.dimensions {
            let value = against(
                good(report, dimension, profile),
                good(other, dimension, profile),
            );
            let worst = whole.entry(dimension).or_insert(value);
            if value == "worse" || *worst == "beat" {
                *worst = value;
            }
            values.insert(dimension.clone(), value.into());
        }
        rows.push(json!({
            "lane": name,
            "status": "compared",
            "rationale": "",
            "report": lane.and_then(|lane| lane.path.clone()),
            "report_sha256": lane.and_then(|lane| lane.sha256.clone()),
            "dimensions": values,
        }));
    }
    let mut dimensions = Map::new();
    for name in &gates.dimensions {
        let value = whole.get(name.as_str()).copied().unwrap_or("blocked");
        dimensions.insert(name.clone(), value.into());
    }
    let blocked = rows.len() - compared;
    let text = |key: &str| report.and_then(|report| report.text(key));
    let freshness = match text("source_admission_status") {
        Some("admitted" | "current") => "current",
        _ => "stale",
    };
    let outcome = text("operator_outcome").unwrap_or("missing");
    let passed = text("status") == Some("pass");
    let strong = dimensions
        .values()
        .all(|value| matches!(value.as_str(), Some("match" | "beat")));
    let eligible = passed
        && strong
        && compared > 0
        && freshness == "current"
        && outcome == "accepted"
        && coverage.is_some();
    json!({
        "schema_version": "cto.stage6_comparison.v1",
        "candidate": {
            "backend": profile.evidence.candidate,
            "report": candidate.and_then(|lane| lane.path.clone()),
            "report_sha256": candidate.and_then(|lane| lane.sha256.clone()),
            "status": text("status"),
        },
        "dimensions": dimensions,
        "lanes": rows,
        "compared_lane_count": compared,
        "blocked_lane_count": blocked,
        "claim": format!("matches or beats {compared} of {} lanes", compared + blocked),
        "source_admission_freshness": freshness,
        "failure_matrix_coverage": coverage.unwrap_or_else(|| json!({})),
        "operator_outcome": outcome,
        "candidate_default_eligible": eligible,
        "runtime_default_activation": false,
        "core_promotion_status": gates.unpromoted,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::pyjson::ordered::parse_strict;

    fn sheet(text: &str) -> Sheet {
        Sheet::of_text("c.json", text).unwrap()
    }

    pub(crate) fn written(profile: &Profile) -> String {
        let rows = profile
            .evidence
            .failures
            .iter()
            .filter(|row| !row.fixture.is_empty());
        let rows: Vec<String> = rows
            .map(|row| format!("\"{}\":{{\"run_id\":\"r\"}}", row.fixture))
            .collect();
        let dimensions: Vec<String> = profile
            .gates
            .dimensions
            .iter()
            .map(|name| format!("\"{name}\":\"match\""))
            .collect();
        format!(
            r#"{{"dimensions":{{{}}},"lanes":[{{"lane":"fake","status":"compared","rationale":"","report":"f"}},{{"lane":"codex","status":"blocked","rationale":"no admission","report":null}},{{"lane":"pi","status":"compared","rationale":"","report":"p"}}],"source_admission_freshness":"current","failure_matrix_coverage":{{{}}},"operator_outcome":"accepted","candidate_default_eligible":true,"runtime_default_activation":false,"core_promotion_status":"not-promoted"}}"#,
            dimensions.join(","),
            rows.join(",")
        )
    }

    #[test]
    fn nothing_is_left_out_in_silence() {
        let profile = Profile::embedded();
        let good = written(&profile);
        assert_eq!(incomplete(&sheet(&good), &profile), []);
        assert_eq!(overclaimed(&sheet(&good), &profile), []);
        for (from, to) in [
            ("no admission", ""),
            ("\"lane\":\"pi\"", "\"lane\":\"other\""),
            (
                "{\"lane\":\"fake\",\"status\":\"compared\"",
                "{\"lane\":\"fake\",\"status\":\"blocked\"",
            ),
            (
                "\"event_validity\":\"match\"",
                "\"event_validity\":\"fine\"",
            ),
            ("\"timeout\":{\"run_id\":\"r\"}", "\"timeout\":{}"),
        ] {
            assert_eq!(
                incomplete(&sheet(&good.replace(from, to)), &profile).len(),
                1,
                "{from}"
            );
        }
    }

    #[test]
    fn eligibility_needs_every_dimension() {
        let profile = Profile::embedded();
        let good = written(&profile);
        let worse = good.replace(
            "\"failure_closure\":\"match\"",
            "\"failure_closure\":\"worse\"",
        );
        assert_eq!(overclaimed(&sheet(&worse), &profile).len(), 1);
        let all = good.replace(
            "{\"dimensions\"",
            "{\"beats_all_lanes\":true,\"dimensions\"",
        );
        assert_eq!(overclaimed(&sheet(&all), &profile).len(), 1);
    }

    #[test]
    fn what_is_made_is_complete_by_its_own_judgement() {
        let profile = Profile::embedded();
        let report = |backend: &str| {
            let text = format!(
                r#"{{"case_id":"c","run_id":"r","status":"pass","backend":"{backend}","run_started_at":"t","run_finished_at":"t","changed_files":[],"verification":[],"blockers":[],"allowed_writes_passed":true,"required_events_passed":{},"source_admission_status":"admitted","operator_outcome":"accepted"}}"#,
                backend == "case"
            );
            parse_strict(text.as_bytes(), 8).unwrap()
        };
        let lane = |name: &str, compared: bool| Lane {
            name: name.to_owned(),
            path: Some(format!("{name}.json")),
            sha256: None,
            report: compared.then(|| report(name)),
            rationale: (!compared).then(|| "no admission".to_owned()),
        };
        let made = compare(
            Some(&lane("case", true)),
            &[lane("fake", true), lane("codex", false), lane("pi", false)],
            None,
            &profile,
        );
        assert_eq!(made["dimensions"]["event_validity"], "beat");
        assert_eq!(made["claim"], "matches or beats 1 of 3 lanes");
        assert_eq!(made["candidate_default_eligible"], false);
        let found = incomplete(&sheet(&made.to_string()), &profile);
        let keys: Vec<_> = found
            .iter()
            .filter_map(|issue| issue.key.as_deref())
            .collect();
        // Nothing was said of the matrix: the field is empty, and so are its rows.
        assert_eq!(keys, ["failure_matrix_coverage"; 2]);
    }
}
