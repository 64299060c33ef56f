// SPDX-License-Identifier: Apache-2.0
//! Whether runs prove what a ladder says of a stage (section 4.1).

use super::ladder::{Coverage, Ladder, Rung, required_classes};
use super::shape::{Issue, and};
use crate::governance::paths;
use crate::governance::profile::{Profile, Stage};
use crate::governance::run::{RunIndex, RunSummary};
use crate::support::pyjson::ordered::Value;

/// Rule of missing evidence.
pub const EVIDENCE: &str = "cto-stage-evidence-missing";
/// Rule of the scope.
pub const SCOPE: &str = "cto-stage-scope-mismatch";
/// Rule of failure classes.
pub const CLASSES: &str = "cto-stage-failure-classes-uncovered";

/// The status that counts: as derived, else as claimed.
pub fn status(run: &RunSummary) -> Option<&str> {
    let claimed = || run.report.as_ref()?.text("status");
    run.derived_status.as_deref().or_else(claimed)
}

/// Whether the backend's process was started; unknown counts as started.
pub fn started(report: &Value, profile: &Profile) -> bool {
    let candidate = report.text("backend") == Some(profile.evidence.candidate.as_str());
    match report.get("case_process_started").and_then(Value::as_bool) {
        Some(started) if candidate => started,
        _ => !report.get("backend_exit_code").is_some_and(Value::is_null),
    }
}

/// Blocker codes of a report.
pub fn blockers(report: &Value) -> Vec<&str> {
    let codes = report.items("blockers").iter();
    codes
        .filter_map(|one| one.as_str().or_else(|| one.text("code")))
        .collect()
}

/// Why a run does not count for a stage.
///
/// # Errors
/// The reason.
pub fn meets(stage: &Stage, run: &RunSummary, profile: &Profile) -> Result<(), String> {
    let Some(report) = &run.report else {
        return Err("its report cannot be read".to_owned());
    };
    if status(run) != Some(stage.passes_as.as_str()) {
        let status = status(run).unwrap_or("nothing");
        return Err(format!(
            "its status is `{status}`, not `{}`",
            stage.passes_as
        ));
    }
    let number = report.get("stage").and_then(Value::as_i64);
    if number.is_some_and(|number| number != i64::from(stage.number)) {
        return Err("it is a run of another stage".to_owned());
    }
    let backend = report.text("backend").unwrap_or("");
    if backend != profile.evidence.candidate {
        return Err(format!("its backend is `{backend}`, not the candidate"));
    }
    if stage.passes_as == "blocked" && started(report, profile) {
        return Err("the process was started".to_owned());
    }
    let proof = stage
        .proof
        .as_ref()
        .filter(|proof| !run.documents.contains_key(*proof));
    if let Some(proof) = proof
        && !run.digests.contains_key(proof)
    {
        return Err(format!("it lacks `{proof}`"));
    }
    if run.refused {
        return Err("its evidence does not hold".to_owned());
    }
    Ok(())
}

/// Validated stages without a run that proves them.
pub fn evidence(ladder: &Ladder, runs: Option<&RunIndex>, profile: &Profile) -> Vec<Issue> {
    let mut issues = Vec::new();
    for (rung, stage) in validated(ladder, profile) {
        let key = rung.stage.to_string();
        if rung.evidence.is_empty() {
            let text = format!("stage {} is validated and cites no run", rung.stage);
            issues.push(Issue::on(EVIDENCE, &key, text));
            continue;
        }
        let Some(index) = runs else {
            continue;
        };
        let mut reasons = Vec::new();
        let proven = rung.evidence.iter().any(|(id, digest)| {
            let why = match index.get(id) {
                None => "it is not among the runs".to_owned(),
                Some(run) => {
                    let held = run.digests.get("report.json");
                    if digest.as_ref().is_some_and(|digest| Some(digest) != held) {
                        "its report has another digest than the ledger says".to_owned()
                    } else {
                        match meets(stage, run, profile) {
                            Ok(()) => return true,
                            Err(why) => why,
                        }
                    }
                }
            };
            reasons.push(format!("`{id}`: {why}"));
            false
        });
        if !proven {
            let text = format!(
                "stage {} is validated, and no run that it cites proves it ({})",
                rung.stage,
                reasons.join("; ")
            );
            issues.push(Issue::on(EVIDENCE, &key, text));
        }
    }
    issues
}

fn validated<'l>(
    ladder: &'l Ladder,
    profile: &'l Profile,
) -> impl Iterator<Item = (&'l Rung, &'l Stage)> {
    let rungs = ladder.rungs.iter().filter(|rung| rung.is_validated());
    rungs.filter_map(|rung| Some((rung, profile.gates.stage(rung.stage)?)))
}

/// Where a report of a stage reaches further than the stage allows.
pub fn wider(stage: &Stage, report: &Value, profile: &Profile) -> Vec<String> {
    let mut found = Vec::new();
    let scope = report.text("allowed_mutation_scope");
    if let Some(scope) = scope.filter(|scope| *scope != stage.scope) {
        found.push(format!("its scope is `{scope}`, not `{}`", stage.scope));
    }
    if let Some(mode) = report.text("mutation_mode")
        && profile.gates.wider(mode, &stage.mode)
    {
        found.push(format!("its mode is `{mode}`, wider than `{}`", stage.mode));
    }
    let changed: Vec<&str> = report
        .items("changed_files")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    if profile.gates.rank(&stage.mode) == Some(0) && !changed.is_empty() {
        found.push(format!("it changed {}", and(&changed)));
    } else if let Some(allowed) = report.get("allowed_paths").and_then(Value::as_array) {
        let allowed: Vec<&str> = allowed.iter().filter_map(Value::as_str).collect();
        let outside: Vec<&str> = changed
            .into_iter()
            .filter(|path| !paths::covered(&allowed, path))
            .collect();
        if !outside.is_empty() && report.text("status") == Some("pass") {
            found.push(format!(
                "it changed {}, which nothing allows",
                and(&outside)
            ));
        }
    }
    found
}

/// Cited runs that reach further than their stage.
pub fn scope(ladder: &Ladder, runs: &RunIndex, profile: &Profile) -> Vec<Issue> {
    let mut issues = Vec::new();
    for (rung, stage) in validated(ladder, profile) {
        for (id, _) in &rung.evidence {
            let report = runs.get(id).and_then(|run| run.report.as_ref());
            for why in report.map_or_else(Vec::new, |report| wider(stage, report, profile)) {
                let text = format!("stage {} cites the run `{id}`: {why}", rung.stage);
                issues.push(Issue::on(SCOPE, &rung.stage.to_string(), text));
            }
        }
    }
    issues
}

/// Failure classes of validated stages that nothing covers.
pub fn classes(ladder: &Ladder, runs: Option<&RunIndex>, profile: &Profile) -> Vec<Issue> {
    let mut issues = Vec::new();
    for (rung, stage) in validated(ladder, profile) {
        let mut open = Vec::new();
        for (class, code) in required_classes(stage, profile) {
            match rung
                .classes
                .get(class)
                .or_else(|| rung.classes.get(&code.replace('_', "-")))
            {
                Some(Coverage::Rationale(_)) => {}
                Some(Coverage::Run(id)) => {
                    let shown = |index: &RunIndex| {
                        let report = index.get(id).and_then(|run| run.report.as_ref());
                        report.is_some_and(|report| blockers(report).contains(&code.as_str()))
                    };
                    if runs.is_some_and(|index| !shown(index)) {
                        open.push(format!("{class} (the run `{id}` does not show it)"));
                    }
                }
                Some(Coverage::Nothing) | None => open.push(class.to_owned()),
            }
        }
        if !open.is_empty() {
            let text = format!(
                "stage {} is validated without the failure classes {}",
                rung.stage,
                open.join(", ")
            );
            issues.push(Issue::on(CLASSES, &rung.stage.to_string(), text));
        }
    }
    issues
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::governance::gate::Sheet;
    use crate::support::pyjson::ordered::parse_strict;

    fn value(text: &str) -> Value {
        parse_strict(text.as_bytes(), 16).unwrap()
    }

    fn ladder(text: &str) -> Ladder {
        Ladder::of_ledger(&Sheet::of_text("gates.json", text).unwrap())
    }

    fn runs(report: &str) -> RunIndex {
        let mut index = RunIndex::default();
        let run = RunSummary {
            name: "r".to_owned(),
            report: Some(value(report)),
            ..RunSummary::default()
        };
        index.runs.insert("r".to_owned(), run);
        index
    }

    const ONE: &str = r#"{"stages":[{"stage":1,"status":"validated","evidence":[{"run_id":"r"}],"failure_classes":{"provider-unavailable":{"run_id":"r"},"missing-event":{"blocked_rationale":"no emitter"},"artifact-write-failure":{"blocked_rationale":"read-only disk"}}}]}"#;
    const BLOCKED: &str = r#"{"status":"blocked","backend":"case","stage":1,"case_process_started":false,"backend_exit_code":null,"changed_files":[],"blockers":["provider_unavailable"],"mutation_mode":"none","allowed_mutation_scope":"none"}"#;

    #[test]
    fn a_blocked_run_proves_the_first_stage() {
        let profile = Profile::embedded();
        let (ladder, index) = (ladder(ONE), runs(BLOCKED));
        assert_eq!(evidence(&ladder, Some(&index), &profile), []);
        assert_eq!(scope(&ladder, &index, &profile), []);
        assert_eq!(classes(&ladder, Some(&index), &profile), []);
    }

    #[test]
    fn what_does_not_prove_a_stage_is_told() {
        let profile = Profile::embedded();
        let ladder = ladder(ONE);
        let passed = runs(&BLOCKED.replace("\"blocked\"", "\"pass\""));
        assert_eq!(evidence(&ladder, Some(&passed), &profile).len(), 1);
        assert_eq!(
            evidence(&ladder, Some(&RunIndex::default()), &profile).len(),
            1
        );
        let wide = runs(
            &BLOCKED
                .replace(
                    "\"mutation_mode\":\"none\"",
                    "\"mutation_mode\":\"sandbox-repo\"",
                )
                .replace("\"changed_files\":[]", "\"changed_files\":[\"a\"]"),
        );
        assert_eq!(scope(&ladder, &wide, &profile).len(), 2);
        let other = runs(&BLOCKED.replace("provider_unavailable", "timeout"));
        assert_eq!(classes(&ladder, Some(&other), &profile).len(), 1);
        let bare = self::ladder(r#"{"stages":[{"stage":2,"status":"validated"}]}"#);
        assert_eq!(evidence(&bare, None, &profile).len(), 1);
        assert_eq!(classes(&bare, None, &profile).len(), 1);
    }
}
