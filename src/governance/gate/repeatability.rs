// SPDX-License-Identifier: Apache-2.0
//! Repeated passes on real repositories: whether the count is that of distinct, verified ones, and
//! how it is taken (section 4.2).

use super::shape::{self, Issue};
use super::sheet::Sheet;
use crate::governance::profile::Profile;
use crate::governance::run::RunIndex;
use crate::support::pyjson::ordered::Value;
use serde_json::json;
use std::collections::BTreeSet;

/// The rule.
pub const RULE: &str = "cto-repeatability-invalid";

/// Passes that differ in case, run and target commit from every one before them.
fn distinct(passes: &[Value]) -> usize {
    let mut seen: [BTreeSet<&str>; 3] = Default::default();
    let mut count = 0;
    for pass in passes {
        let keys = ["case_id", "run_id", "target_commit"].map(|key| pass.text(key).unwrap_or(""));
        let new = keys
            .iter()
            .zip(&seen)
            .all(|(key, seen)| !key.is_empty() && !seen.contains(key));
        if new {
            count += 1;
            for (key, seen) in keys.into_iter().zip(&mut seen) {
                seen.insert(key);
            }
        }
    }
    count
}

/// What does not agree; runs that are there are held against the passes.
pub fn issues(sheet: &Sheet, runs: Option<&RunIndex>, profile: &Profile) -> Vec<Issue> {
    let mut issues = shape::of_kind(RULE, sheet, "repeatability", &profile.gates);
    let passes = sheet
        .get("real_stage5_passes")
        .and_then(Value::as_array)
        .unwrap_or_default();
    for (index, pass) in passes.iter().enumerate() {
        let keys = [
            "case_id",
            "run_id",
            "report",
            "proof",
            "target_commit",
            "approval_source",
        ];
        let missing = keys
            .iter()
            .find(|key| pass.text(key).is_none_or(|text| text.trim().is_empty()));
        if let Some(key) = missing {
            let text = format!("pass {} lacks `{key}`", index + 1);
            issues.push(Issue::on(RULE, "real_stage5_passes", text));
        }
        let run = pass.text("run_id").unwrap_or("");
        let known = runs.filter(|index| !index.runs.is_empty());
        let Some(index) = known else {
            continue;
        };
        let why = match index.get(run) {
            None => Some("is not among the runs"),
            Some(found) if super::stage_proof::status(found) != Some("pass") => {
                Some("did not pass")
            }
            Some(found) if found.refused => Some("does not hold"),
            Some(_) => None,
        };
        if let Some(why) = why {
            let text = format!("the run `{run}` {why}");
            issues.push(Issue::on(RULE, "real_stage5_passes", text));
        }
    }
    let held = distinct(passes);
    let claimed = sheet.count("repeatability_count").unwrap_or(-1);
    if usize::try_from(claimed) != Ok(held) {
        let text = format!(
            "`repeatability_count` is {claimed}, and {held} passes are distinct in case, run and target commit"
        );
        issues.push(Issue::on(RULE, "repeatability_count", text));
    }
    let required = sheet
        .count("repeatability_required")
        .and_then(|count| usize::try_from(count).ok());
    let required = required
        .unwrap_or(profile.gates.repeatability)
        .max(profile.gates.repeatability);
    let enough = held >= required;
    let status = sheet.text("repeatability_status");
    if status.is_some_and(|status| (status == "pass") != enough) {
        let text = format!(
            "`repeatability_status` is `{}`, and {held} of {required} passes are there",
            status.unwrap_or("")
        );
        issues.push(Issue::on(RULE, "repeatability_status", text));
    }
    for key in [
        "repeatability_passed",
        "candidate_default_repeatability_eligible",
    ] {
        if sheet.flag(key) == Some(true) && !enough {
            let text = format!("`{key}` is true, and {held} of {required} passes are there");
            issues.push(Issue::on(RULE, key, text));
        }
    }
    issues
}

/// A report and its proof.
#[derive(Debug, Clone)]
pub struct Pair {
    /// Path of the report.
    pub report_path: String,
    /// The report.
    pub report: Value,
    /// Path of the proof.
    pub proof_path: String,
    /// The proof.
    pub proof: Value,
}

impl Pair {
    /// Why it is no verified pass.
    pub fn faults(&self, profile: &Profile) -> Vec<String> {
        let mut faults = Vec::new();
        let mut must = |holds: bool, why: &str| {
            if !holds {
                faults.push(why.to_owned());
            }
        };
        let report = &self.report;
        let flag = |key: &str| report.get(key).and_then(Value::as_bool);
        must(
            report.text("status") == Some("pass"),
            "the report is no pass",
        );
        must(
            report.text("backend") == Some(&profile.evidence.candidate),
            "it is no run of the candidate",
        );
        must(
            report
                .text("mutation_mode")
                .is_some_and(|mode| profile.gates.needs_target(mode)),
            "it did not work on a real repository",
        );
        must(report.text("run_id").is_some(), "it has no run id");
        must(
            self.proof.text("run_id") == report.text("run_id"),
            "the proof is of another run",
        );
        must(
            report.text("operator_outcome") == Some("accepted"),
            "the operator did not accept it",
        );
        must(flag("tests_passed") != Some(false), "tests failed");
        must(
            flag("allowed_writes_passed") == Some(true),
            "allowed writes are not proven",
        );
        must(
            report.items("forbidden_actions_attempted").is_empty(),
            "a forbidden action was attempted",
        );
        must(self.target_commit().is_some(), "no target commit is stated");
        must(
            self.approval_source().is_some(),
            "no approval source is stated",
        );
        faults
    }

    fn target_commit(&self) -> Option<&str> {
        ["target_commit", "source_head_before"]
            .iter()
            .find_map(|key| {
                self.proof
                    .text(key)
                    .or_else(|| self.report.text(key))
                    .filter(|text| !text.is_empty())
            })
    }

    /// As the proof states it, byte for byte.
    fn approval_source(&self) -> Option<&str> {
        let nested = || {
            self.proof
                .at(&["approval", "source"])
                .and_then(Value::as_str)
        };
        let nested = || {
            nested().or_else(|| {
                self.proof
                    .at(&["approval", "approval_source"])
                    .and_then(Value::as_str)
            })
        };
        self.proof
            .text("approval_source")
            .or_else(nested)
            .filter(|text| !text.is_empty())
    }
}

/// Takes the count of pairs.
pub fn count(pairs: &[Pair], profile: &Profile) -> serde_json::Value {
    let mut passes = Vec::new();
    let mut refused = Vec::new();
    for pair in pairs {
        let faults = pair.faults(profile);
        if !faults.is_empty() {
            refused.push(
                json!({"report": pair.report_path, "proof": pair.proof_path, "reasons": faults}),
            );
            continue;
        }
        let changed = pair
            .report
            .items("changed_files")
            .iter()
            .filter_map(Value::as_str);
        passes.push(json!({
            "case_id": pair.report.text("case_id"),
            "run_id": pair.report.text("run_id"),
            "report": pair.report_path,
            "proof": pair.proof_path,
            "target_commit": pair.target_commit(),
            "changed_files": changed.collect::<Vec<_>>(),
            "approval_source": pair.approval_source(),
        }));
    }
    let text = serde_json::Value::Array(passes.clone()).to_string();
    let as_read = crate::support::pyjson::ordered::parse_strict(text.as_bytes(), 16);
    let held = as_read
        .as_ref()
        .ok()
        .and_then(Value::as_array)
        .map_or(0, distinct);
    let enough = held >= profile.gates.repeatability;
    let status = match (enough, refused.is_empty()) {
        (true, _) => "pass",
        (false, true) => "blocked",
        (false, false) => "fail",
    };
    let of = |index: usize, key: &str| passes.get(index).map(|pass| pass[key].clone());
    json!({
        "schema_version": "cto.repeatability.v1",
        "repeatability_required": profile.gates.repeatability,
        "real_stage5_pass_report": of(0, "report"),
        "real_stage5_proof": of(0, "proof"),
        "repeat_stage5_pass_report": of(1, "report"),
        "repeat_stage5_proof": of(1, "proof"),
        "real_stage5_passes": passes,
        "refused_pairs": refused,
        "repeatability_count": held,
        "repeatability_status": status,
        "repeatability_passed": enough,
        "candidate_default_repeatability_eligible": enough,
        "runtime_default_activation": false,
        "core_promotion_status": profile.gates.unpromoted,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::pyjson::ordered::parse_strict;

    fn pair(case: &str, run: &str, commit: &str) -> Pair {
        let value = |text: String| parse_strict(text.as_bytes(), 8).unwrap();
        Pair {
            report_path: format!("{run}/report.json"),
            report: value(format!(
                r#"{{"case_id":"{case}","run_id":"{run}","status":"pass","backend":"case","mutation_mode":"owned-noncritical-repo","operator_outcome":"accepted","allowed_writes_passed":true,"tests_passed":true,"changed_files":["a"],"forbidden_actions_attempted":[]}}"#
            )),
            proof_path: format!("{run}/proof.json"),
            proof: value(format!(
                r#"{{"run_id":"{run}","source_head_before":"{commit}","approval":{{"source":"note  of owner"}}}}"#
            )),
        }
    }

    fn judged(made: &serde_json::Value) -> usize {
        let text = made.to_string();
        issues(
            &Sheet::of_text("r.json", &text).unwrap(),
            None,
            &Profile::embedded(),
        )
        .len()
    }

    #[test]
    fn only_distinct_verified_passes_count() {
        let profile = Profile::embedded();
        let made = count(&[pair("a", "1", "x"), pair("b", "2", "y")], &profile);
        assert_eq!(made["repeatability_status"], "pass");
        assert_eq!(
            made["real_stage5_passes"][0]["approval_source"],
            "note  of owner"
        );
        assert_eq!(judged(&made), 0);
        let same = count(&[pair("a", "1", "x"), pair("b", "2", "x")], &profile);
        assert_eq!(same["repeatability_count"], 1);
        assert_eq!(same["repeatability_status"], "blocked");
        assert_eq!(judged(&same), 0);
        let mut other = pair("b", "2", "y");
        other.proof = pair("b", "3", "y").proof;
        let made = count(&[pair("a", "1", "x"), other], &profile);
        assert_eq!(made["repeatability_status"], "fail");
    }

    #[test]
    fn a_count_that_is_not_theirs_is_told() {
        let profile = Profile::embedded();
        let mut made = count(&[pair("a", "1", "x"), pair("b", "2", "x")], &profile);
        made["repeatability_count"] = 2.into();
        assert_eq!(judged(&made), 1);
        made["repeatability_status"] = "pass".into();
        made["repeatability_passed"] = true.into();
        assert_eq!(judged(&made), 3);
    }
}
