// SPDX-License-Identifier: Apache-2.0
//! The candidate: its comparison with the lanes, the read-only look at a governed pass, and how
//! often such a pass was repeated (specification, section 4.2).

use super::model::{BlockedLane, Candidate, Pass, Refresh};
use super::runs::is_digest;
use crate::governance::gate::repeatability::{self, Pair};
use crate::governance::gate::{Sheet, comparison, paper, stage_proof};
use crate::governance::plan::Plan;
use crate::governance::run::RunSummary;
use crate::support::pyjson::ordered::Value;

/// Everything around the candidate.
pub(super) struct Standing {
    pub(super) candidate: Candidate,
    pub(super) refresh: Refresh,
    pub(super) refresh_path: Option<String>,
    pub(super) blocked_lanes: Vec<BlockedLane>,
    pub(super) passes: Vec<Pass>,
    pub(super) required: usize,
    pub(super) count: usize,
    pub(super) status: String,
    pub(super) repeated: bool,
    pub(super) target_read_only: String,
}

/// A comparison, and the run in which it lies.
struct Held<'r> {
    sheet: Sheet,
    digest: Option<String>,
    run: Option<&'r RunSummary>,
}

impl Held<'_> {
    /// A comparison that lies in a run which does not hold proves nothing.
    fn stands(&self) -> bool {
        self.run.is_none_or(|run| !run.refused)
    }
}

/// Comparisons of runs, the latest first, then those of the tree.
fn comparisons<'r>(plan: &Plan<'r>) -> Vec<Held<'r>> {
    let gates = &plan.profile.gates;
    let mut found = Vec::new();
    let runs = plan
        .runs
        .into_iter()
        .flat_map(|index| index.runs.values().rev());
    for run in runs {
        for (name, value) in &run.documents {
            let path = format!("{}/{name}", run.name);
            let Some(sheet) = Sheet::of_json(&path, "", value) else {
                continue;
            };
            if paper::form_of(gates, &sheet).is_some_and(|form| form.kind == "comparison") {
                found.push(Held {
                    sheet,
                    digest: run.digests.get(name).cloned(),
                    run: Some(run),
                });
            }
        }
    }
    let tree = paper::of_kind(plan, "comparison").into_iter();
    found.extend(tree.map(|sheet| Held {
        sheet,
        digest: None,
        run: None,
    }));
    found
}

/// Reads it.
pub(super) fn of(plan: &Plan<'_>) -> Standing {
    let held = comparisons(plan);
    let is_refresh = |one: &&Held<'_>| !one.sheet.is_empty("refresh_type");
    let refresh = held.iter().find(is_refresh);
    let compared = held.iter().find(|one| !is_refresh(one));
    let counted = repeatability::count(&pairs(plan), plan.profile);
    let number = |key: &str| {
        let number = counted[key].as_u64().unwrap_or(0);
        usize::try_from(number).unwrap_or(usize::MAX)
    };
    let passes = passes(&counted);
    let looked = looked(refresh);
    Standing {
        candidate: candidate(plan, compared),
        refresh_path: refresh.map(|one| one.sheet.path.clone()),
        target_read_only: read_only(plan, &passes, &looked),
        refresh: looked,
        blocked_lanes: blocked(plan, compared),
        required: number("repeatability_required"),
        count: number("repeatability_count"),
        status: counted["repeatability_status"]
            .as_str()
            .unwrap_or("blocked")
            .to_owned(),
        repeated: counted["candidate_default_repeatability_eligible"] == true,
        passes,
    }
}

fn candidate(plan: &Plan<'_>, held: Option<&Held<'_>>) -> Candidate {
    let profile = plan.profile;
    let Some(held) = held else {
        return Candidate {
            status: "missing".to_owned(),
            comparison_path: None,
            comparison_sha256: None,
            dimensions: Default::default(),
            compared_lanes: Vec::new(),
            source_admission_freshness: "missing".to_owned(),
            operator_outcome: "missing".to_owned(),
            candidate_default_eligible: false,
        };
    };
    let sheet = &held.sheet;
    let sound = comparison::incomplete(sheet, profile).is_empty()
        && comparison::overclaimed(sheet, profile).is_empty()
        && comparison::weak_dimensions(sheet, profile).is_empty()
        && held.stands();
    let known = |key: &str, values: [&str; 2]| {
        let told = sheet.text(key).filter(|told| values.contains(told));
        told.unwrap_or("missing").to_owned()
    };
    let dimensions = profile.gates.dimensions.iter().map(|name| {
        let inside = sheet.get("dimensions").and_then(|all| all.text(name));
        let told = inside.or_else(|| sheet.text(name)).unwrap_or("");
        let values = &profile.gates.dimension_values;
        let value = values.iter().find(|known| *known == told);
        (
            name.clone(),
            value.map_or("missing", String::as_str).to_owned(),
        )
    });
    let compared = lanes(sheet).filter(|lane| lane.text("status") == Some("compared"));
    let compared = compared.filter_map(|lane| lane.text("lane").map(str::to_owned));
    let said = sheet.flag("candidate_default_eligible") == Some(true);
    Candidate {
        status: if sound { "pass" } else { "blocked" }.to_owned(),
        comparison_path: Some(sheet.path.clone()),
        comparison_sha256: held.digest.clone(),
        dimensions: dimensions.collect(),
        compared_lanes: compared.collect(),
        source_admission_freshness: known("source_admission_freshness", ["current", "stale"]),
        operator_outcome: known("operator_outcome", ["accepted", "rejected"]),
        candidate_default_eligible: sound && said,
    }
}

fn lanes(sheet: &Sheet) -> impl Iterator<Item = &Value> {
    let lanes = sheet.get("lanes").and_then(Value::as_array);
    lanes.unwrap_or_default().iter()
}

/// Lanes of the profile that were not compared.
fn blocked(plan: &Plan<'_>, held: Option<&Held<'_>>) -> Vec<BlockedLane> {
    let Some(held) = held else {
        return Vec::new();
    };
    let mut blocked = Vec::new();
    for name in &plan.profile.evidence.lanes {
        let lane = lanes(&held.sheet).find(|lane| lane.text("lane") == Some(name));
        let why = match lane {
            Some(lane) if lane.text("status") == Some("compared") => continue,
            Some(lane) => lane.text("rationale").unwrap_or(""),
            None => "left out of the comparison",
        };
        let why = if why.trim().is_empty() {
            "no rationale is given"
        } else {
            why
        };
        blocked.push(BlockedLane {
            lane: name.clone(),
            rationale: why.to_owned(),
        });
    }
    blocked
}

fn looked(held: Option<&Held<'_>>) -> Refresh {
    let Some(held) = held else {
        return Refresh {
            status: "missing".to_owned(),
            comparison_sha256: None,
            target_read_only: "missing".to_owned(),
        };
    };
    let sheet = &held.sheet;
    let told = sheet
        .get("checks")
        .and_then(|checks| checks.text("target_read_only"));
    let untouched = sheet.flag("target_mutated") == Some(false);
    let read_only = untouched && told.is_none_or(|told| told == "passed") && held.stands();
    let passed = sheet.text("status") == Some("pass") && read_only;
    Refresh {
        status: if passed { "pass" } else { "blocked" }.to_owned(),
        comparison_sha256: held.digest.clone(),
        target_read_only: if read_only { "proven" } else { "not_proven" }.to_owned(),
    }
}

/// Reports and proofs of the stage that works on a real repository, of runs that hold.
fn pairs(plan: &Plan<'_>) -> Vec<Pair> {
    let gates = &plan.profile.gates;
    let form = gates
        .stages
        .iter()
        .find(|stage| gates.needs_target(&stage.mode));
    let Some(proof_name) = form.and_then(|stage| stage.proof.as_ref()) else {
        return Vec::new();
    };
    let runs = plan.runs.into_iter().flat_map(|index| index.runs.values());
    let holds = |run: &&RunSummary| stage_proof::status(run) == Some("pass") && !run.refused;
    let pair = |run: &RunSummary| {
        Some(Pair {
            report_path: format!("{}/report.json", run.name),
            report: run.report.clone()?,
            proof_path: format!("{}/{proof_name}", run.name),
            proof: run.documents.get(proof_name)?.clone(),
        })
    };
    runs.filter(holds).filter_map(pair).collect()
}

fn passes(counted: &serde_json::Value) -> Vec<Pass> {
    let listed = counted["real_stage5_passes"].as_array();
    let of = |pass: &serde_json::Value| {
        let text = |key: &str| pass[key].as_str().unwrap_or("").to_owned();
        let commit = text("target_commit");
        let named = commit.bytes().all(|b| b.is_ascii_hexdigit()) || is_digest(&commit);
        Pass {
            case_id: text("case_id"),
            run_id: text("run_id"),
            report: text("report"),
            proof: text("proof"),
            target_commit: if named { commit } else { "unknown".to_owned() },
        }
    };
    listed.map_or_else(Vec::new, |all| all.iter().map(of).collect())
}

/// Whether targets were left clean after each pass, and untouched by the look at them.
fn read_only(plan: &Plan<'_>, passes: &[Pass], looked: &Refresh) -> String {
    let clean = |pass: &Pass| {
        let report = plan
            .runs
            .and_then(|index| index.get(&pass.run_id)?.report.as_ref());
        let flag = |key: &str| report.and_then(|report| report.get(key)?.as_bool());
        flag("target_repository_ending_clean") == Some(true)
    };
    match (passes.is_empty(), looked.target_read_only.as_str()) {
        (_, "not_proven") => "not_proven",
        (true, "missing") => "missing",
        (true, _) => "not_proven",
        (false, _) if passes.iter().all(clean) => "proven",
        (false, _) => "not_proven",
    }
    .to_owned()
}
