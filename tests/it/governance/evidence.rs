// SPDX-License-Identifier: Apache-2.0
//! Runs: mutations of the samples, archives, damage of every sort, replay and diff.

use super::samples::told;
use crate::harness::cli::{ccr, json};
use crate::harness::governance_case::{Case, audit_runs, bases, copy};
use ccr::governance::audit::RunWishes;
use ccr::model::Report;
use proptest::prelude::*;
use std::path::{Path, PathBuf};

const PASS: &str = "20260306T090500Z-shelf-label-3401";

fn audit(path: PathBuf) -> Report {
    audit_runs(&[path], &Case::default(), RunWishes::default())
}

/// Rule, place, text and fingerprint of each finding.
fn findings(report: &Report) -> Vec<String> {
    let found = report.findings.iter();
    found
        .map(|f| {
            format!(
                "{} {} {} {}",
                f.rule_id, f.location, f.description, f.fingerprint
            )
        })
        .collect()
}

fn packed(run: &Path, name: &str, to: &Path) {
    let mut tar = tar::Builder::new(std::fs::File::create(to.join("runs.tar")).unwrap());
    tar.append_dir_all(name, run).unwrap();
    tar.finish().unwrap();
    let mut zip = zip::ZipWriter::new(std::fs::File::create(to.join("runs.zip")).unwrap());
    for file in walkdir::WalkDir::new(run).sort_by_file_name() {
        let file = file.unwrap();
        if file.file_type().is_file() {
            let inside = file.path().strip_prefix(run).unwrap();
            let inside = format!("{name}/{}", inside.to_str().unwrap());
            let options = zip::write::SimpleFileOptions::default();
            zip.start_file(inside, options).unwrap();
            std::io::Write::write_all(&mut zip, &std::fs::read(file.path()).unwrap()).unwrap();
        }
    }
    zip.finish().unwrap();
}

#[test]
fn a_run_in_an_archive_gives_the_findings_of_its_folder() {
    let there = tempfile::tempdir().unwrap();
    let run = there.path().join(PASS);
    copy(&bases().join("runs").join(PASS), &run);
    std::fs::write(run.join("test.log"), "nothing of the sort\n").unwrap();
    std::fs::write(run.join("backend/late.log"), "late\n").unwrap();
    let folder = findings(&audit(run.clone()));
    assert!(folder.len() > 3, "{folder:?}");
    packed(&run, PASS, there.path());
    assert_eq!(findings(&audit(there.path().join("runs.tar"))), folder);
    assert_eq!(findings(&audit(there.path().join("runs.zip"))), folder);
}

#[test]
fn every_class_of_failure_is_valid_fail_closed_evidence() {
    let there = tempfile::tempdir().unwrap();
    let profile = ccr::governance::profile::Profile::embedded();
    for (name, files) in ccr::governance::make::matrix::runs(&profile) {
        for (file, bytes) in files {
            let path = there.path().join(&name).join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
    }
    let report = audit(there.path().to_owned());
    assert!(report.findings.is_empty(), "{}", told(&report).join("\n"));
}

/// Each member of a document, at any depth, as a path.
fn members(value: &serde_json::Value, at: &str, out: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(members_) => {
            for (name, member) in members_ {
                let name = name.replace('~', "~0").replace('/', "~1");
                let at = format!("{at}/{name}");
                out.push(at.clone());
                members(member, &at, out);
            }
        }
        serde_json::Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                let at = format!("{at}/{index}");
                out.push(at.clone());
                members(item, &at, out);
            }
        }
        _ => {}
    }
}

#[test]
fn every_member_of_a_sealed_run_that_is_changed_is_found() {
    use rayon::prelude::*;
    let base = bases().join("runs").join(PASS);
    let mut cases = Vec::new();
    for file in [
        "report.json",
        "seal.json",
        "backend/task.json",
        "stage4-disposable-sandbox-proof.json",
    ] {
        let text = std::fs::read(base.join(file)).unwrap();
        let value: serde_json::Value = serde_json::from_slice(&text).unwrap();
        let mut paths = Vec::new();
        members(&value, "", &mut paths);
        cases.extend(paths.into_iter().map(|path| (file, value.clone(), path)));
    }
    assert!(cases.len() > 200);
    let survived: Vec<String> = cases
        .into_par_iter()
        .filter_map(|(file, mut value, path)| {
            let there = tempfile::tempdir().unwrap();
            let run = there.path().join(PASS);
            copy(&base, &run);
            let member = value.pointer_mut(&path).unwrap();
            *member = match &*member {
                serde_json::Value::Bool(value) => serde_json::json!(!*value),
                serde_json::Value::Number(_) => serde_json::json!(77),
                serde_json::Value::Null => serde_json::json!("x"),
                _ => serde_json::Value::Null,
            };
            std::fs::write(
                run.join(file),
                serde_json::to_string_pretty(&value).unwrap(),
            )
            .unwrap();
            audit(run)
                .findings
                .is_empty()
                .then(|| format!("{file}{path}"))
        })
        .collect();
    assert!(survived.is_empty(), "{}", survived.join("\n"));
}

fn all_files(run: &Path) -> Vec<PathBuf> {
    let files = walkdir::WalkDir::new(run).sort_by_file_name().into_iter();
    let files = files.map(|file| file.unwrap());
    files
        .filter(|file| file.file_type().is_file())
        .map(|file| file.into_path())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_run_never_passes(file in 0usize..64, at in any::<prop::sample::Index>(), byte in any::<u8>(), how in 0u8..4) {
        let there = tempfile::tempdir().unwrap();
        let run = there.path().join(PASS);
        copy(&bases().join("runs").join(PASS), &run);
        let files = all_files(&run);
        let path = &files[file % files.len()];
        let was = std::fs::read(path).unwrap();
        let mut is = was.clone();
        let place = at.index(is.len().max(1)).min(is.len().saturating_sub(1));
        match how {
            0 => is[place] = byte,
            1 => is.insert(place, byte),
            2 => { is.remove(place); }
            _ => is.truncate(place),
        }
        prop_assume!(is != was);
        // The seal is bound to its values by its root, and to its bytes by a signature only.
        let value = |bytes: &[u8]| serde_json::from_slice::<serde_json::Value>(bytes).ok();
        prop_assume!(!path.ends_with("seal.json") || value(&is).is_none() || value(&is) != value(&was));
        std::fs::write(path, &is).unwrap();
        let report = audit(run);
        prop_assert!(!report.findings.is_empty(), "{} at {place}", path.display());
    }

    #[test]
    fn random_bytes_in_place_of_an_artifact_never_panic(file in 0usize..64, bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let there = tempfile::tempdir().unwrap();
        let run = there.path().join(PASS);
        copy(&bases().join("runs").join(PASS), &run);
        let files = all_files(&run);
        std::fs::write(&files[file % files.len()], &bytes).unwrap();
        crate::harness::governance_case::reseal(&run, false);
        let _ = audit(run);
    }
}

#[test]
fn replay_tells_what_a_false_claim_rests_on() {
    let there = tempfile::tempdir().unwrap();
    let run = there.path().join(PASS);
    copy(&bases().join("runs").join(PASS), &run);
    let sound = ccr(
        there.path(),
        &[
            "evidence",
            "replay",
            PASS,
            "--as-of",
            "2026-03-15",
            "--json",
        ],
    );
    assert_eq!(sound.code, 0, "{}", sound.stdout);
    assert_eq!(json(&sound.stdout)["runs"][0]["status"], "pass");
    std::fs::write(run.join("backend/provider-timeout.txt"), "bound hit\n").unwrap();
    crate::harness::governance_case::reseal(&run, true);
    let told = ccr(
        there.path(),
        &["evidence", "replay", PASS, "--as-of", "2026-03-15"],
    );
    assert_eq!(told.code, 1);
    assert!(told.stdout.contains("FAILS  process"), "{}", told.stdout);
    assert!(told.stdout.contains("NOT as claimed"), "{}", told.stdout);
}

#[test]
fn a_candidate_and_its_baseline_share_the_seven_facts() {
    let runs = bases().join("runs");
    let both = [
        "evidence",
        "diff",
        "20260306T090000Z-shelf-label-3400",
        PASS,
        "--json",
    ];
    let done = ccr(&runs, &both);
    assert_eq!(done.code, 0, "{}{}", done.stdout, done.stderr);
    assert_eq!(json(&done.stdout)["facts"].as_array().unwrap().len(), 7);
    let blocked = "20260303T090000Z-shelf-label-3101";
    let done = ccr(&runs, &["evidence", "diff", blocked, PASS]);
    assert_eq!(done.code, 1);
    assert!(done.stdout.contains("DIFFER  blockers"), "{}", done.stdout);
}

#[test]
fn the_report_of_an_audit_says_what_was_derived() {
    let done = ccr(
        &bases(),
        &[
            "audit",
            "evidence",
            "runs",
            "--as-of",
            "2026-03-15",
            "--json",
        ],
    );
    assert_eq!(done.code, 0, "{}", done.stdout);
    let report = json(&done.stdout);
    let derived = report["derived"].as_array().unwrap();
    assert_eq!(derived.len(), 11);
    assert!(
        derived
            .iter()
            .all(|run| run["status"] == run["claimed_status"])
    );
}
