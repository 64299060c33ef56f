// SPDX-License-Identifier: Apache-2.0
//! The admission of one target repository (section 4.5).

use super::shape::{self, Issue, and};
use super::sheet::Sheet;
use crate::governance::paths;
use crate::governance::profile::Profile;
use crate::support::pyjson::ordered::Value;

/// Rule of admissions.
pub const ADMISSION: &str = "cto-target-admission-invalid";
/// Rule of paths.
pub const PATHS: &str = "cto-target-path-conflict";
/// Rule of runs.
pub const RUN: &str = "cto-target-run-mismatch";

/// Whether it admits anything.
pub fn is_admitted(sheet: &Sheet) -> bool {
    sheet.text("admission_status") == Some("admitted")
}

/// What is wrong with an admission.
pub fn admission(sheet: &Sheet, profile: &Profile) -> Vec<Issue> {
    let mut issues = shape::of_kind(ADMISSION, sheet, "target-admission", &profile.gates);
    if !is_admitted(sheet) {
        // What admits nothing names no path, and owes nothing else yet.
        issues.retain(|issue| issue.key.as_deref() == Some("admission_status"));
        if sheet.text("target_repository_path").is_some() {
            let text = "a target that is not admitted names no path";
            issues.push(Issue::on(ADMISSION, "target_repository_path", text));
        }
        return issues;
    }
    match sheet.text("target_repository_path") {
        None => {
            let text = "an admitted target names its repository";
            issues.push(Issue::on(ADMISSION, "target_repository_path", text));
        }
        Some(path) if !is_absolute(path) => {
            let text = "`target_repository_path` is not absolute";
            issues.push(Issue::on(ADMISSION, "target_repository_path", text));
        }
        Some(_) => {}
    }
    let listed = sheet.names("forbidden_actions");
    let missing: Vec<&str> = profile
        .evidence
        .forbidden_actions
        .iter()
        .filter(|action| !listed.contains(action))
        .map(String::as_str)
        .collect();
    if !missing.is_empty() {
        let text = format!("`forbidden_actions` lacks {}", and(&missing));
        issues.push(Issue::on(ADMISSION, "forbidden_actions", text));
    }
    issues
}

fn is_absolute(path: &str) -> bool {
    let bytes = path.as_bytes();
    let drive = bytes.len() > 2 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':';
    path.starts_with('/') || drive
}

/// Allowed paths that mean everything, or reach into a forbidden one.
pub fn conflicts(sheet: &Sheet, profile: &Profile) -> Vec<Issue> {
    let rules = &profile.gates.target;
    let forbidden = sheet.names("forbidden_paths");
    let mut issues = Vec::new();
    for allowed in sheet.names("allowed_paths") {
        let mut parts = paths::plain(&allowed).split('/');
        let text = if rules.never_allowed.contains(&allowed.trim().to_owned()) {
            format!("the allowed path `{allowed}` means everything")
        } else if parts.any(|part| rules.never_inside.iter().any(|never| never == part)) {
            format!("the allowed path `{allowed}` reaches into the repository's own data")
        } else if paths::escapes(&allowed) {
            format!("the allowed path `{allowed}` leaves the repository")
        } else if let Some(other) = forbidden
            .iter()
            .find(|forbidden| paths::conflict(&allowed, forbidden))
        {
            format!("the allowed path `{allowed}` and the forbidden path `{other}` overlap")
        } else {
            continue;
        };
        issues.push(Issue::on(PATHS, "allowed_paths", text));
    }
    issues
}

/// Whether a run of a real repository stays within an admission.
pub fn run(admission: Option<&Sheet>, report: &Value) -> Vec<Issue> {
    let Some(sheet) = admission.filter(|sheet| is_admitted(sheet)) else {
        let text = "the run worked on a real repository that no record admits";
        return vec![Issue::new(RUN, text)];
    };
    let mut issues = Vec::new();
    let allowed = sheet.names("allowed_paths");
    let outside: Vec<&str> = ["allowed_paths", "changed_files"]
        .iter()
        .flat_map(|key| report.items(key))
        .filter_map(Value::as_str)
        .filter(|path| !paths::covered(&allowed, path))
        .collect();
    if !outside.is_empty() {
        let mut outside = outside;
        outside.sort_unstable();
        outside.dedup();
        let text = format!("the admission does not allow {}", and(&outside));
        issues.push(Issue::on(RUN, "allowed_paths", text));
    }
    let forbidden = sheet.names("forbidden_paths");
    let changed = report.items("changed_files").iter();
    let hit: Vec<&str> = changed
        .filter_map(Value::as_str)
        .filter(|path| paths::covered(&forbidden, path))
        .collect();
    if !hit.is_empty() {
        let text = format!("the admission forbids {}", and(&hit));
        issues.push(Issue::on(RUN, "forbidden_paths", text));
    }
    let status = report.text("target_repository_admission_status");
    if status.is_some_and(|status| status != "admitted") {
        let text = "the run says that its target is not admitted";
        issues.push(Issue::on(RUN, "admission_status", text));
    }
    let named = report.text("target_repository_path");
    if named.is_some_and(|path| Some(path) != sheet.text("target_repository_path")) {
        let text = "the run names another repository than the admission";
        issues.push(Issue::on(RUN, "target_repository_path", text));
    }
    issues
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::pyjson::ordered::parse_strict;

    fn good() -> String {
        let actions = Profile::embedded().evidence.forbidden_actions;
        let actions = serde_json::to_string(&actions).unwrap();
        format!(
            r#"{{"admission_status":"admitted","target_repository_path":"/srv/x","repository_owner":"o","ownership_evidence":"e","risk_classification":"low_risk_noncritical","noncritical_rationale":"r","allowed_paths":["src/"],"forbidden_paths":["deploy/"],"forbidden_actions":{actions},"approval_source":"s","approval_timestamp":"2026-03-09T10:05:00Z","operator_outcome_required":true,"review_trigger":"t"}}"#
        )
    }

    fn sheet(text: &str) -> Sheet {
        Sheet::of_text("t.json", text).unwrap()
    }

    #[test]
    fn an_admission_is_complete_or_admits_nothing() {
        let profile = Profile::embedded();
        let good = good();
        assert_eq!(admission(&sheet(&good), &profile), []);
        for (from, to) in [
            ("\"push\",", ""),
            ("low_risk_noncritical", "critical"),
            (
                "\"operator_outcome_required\":true",
                "\"operator_outcome_required\":false",
            ),
            ("/srv/x", ""),
            ("/srv/x", "srv/x"),
        ] {
            let found = admission(&sheet(&good.replace(from, to)), &profile);
            assert_eq!(found.len(), 1, "{from}: {found:?}");
        }
        let closed = r#"{"admission_status":"not_admitted","target_repository_path":""}"#;
        assert_eq!(admission(&sheet(closed), &profile), []);
    }

    #[test]
    fn allowed_paths_stay_out_of_forbidden_ones() {
        let profile = Profile::embedded();
        let good = good();
        assert_eq!(conflicts(&sheet(&good), &profile), []);
        for path in [
            "",
            ".",
            "/",
            "*",
            "deploy/x",
            ".git/hooks",
            "../x",
            "deploy",
        ] {
            let text = good.replace("src/", path);
            assert_eq!(conflicts(&sheet(&text), &profile).len(), 1, "{path}");
        }
    }

    #[test]
    fn runs_stay_within_the_admission() {
        let good = sheet(&good());
        let report = |text: &str| parse_strict(text.as_bytes(), 8).unwrap();
        let fits = report(r#"{"allowed_paths":["src/a"],"changed_files":["src/a"]}"#);
        assert_eq!(run(Some(&good), &fits), []);
        assert_eq!(run(None, &fits).len(), 1);
        let wide = report(r#"{"allowed_paths":["lib"],"changed_files":["deploy/a"]}"#);
        assert_eq!(run(Some(&good), &wide).len(), 2);
    }
}
