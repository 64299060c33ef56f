// SPDX-License-Identifier: Apache-2.0
//! Every recorded run is examined: in the original's words byte for byte, and in ours.

use super::corpus::corpus;
use super::trace::{read, scenarios};
use ccr::pgs::examine::classify::{self, Rules};
use ccr::pgs::examine::run::Run;
use ccr::pgs::examine::{Against, Class, Level, Reached, Verify, compat, examine, report};
use ccr::pgs::files::Files;
use ccr::pgs::limits::Limits;
use ccr::pgs::seal;
use ccr::pgs::snapshot::Snapshot;
use std::collections::BTreeMap;
use std::path::Path;

fn snapshot(corpus: &Path) -> Snapshot {
    let limits = Limits::default();
    let files = Files::read(&corpus.join("v02/snapshot"), &limits).unwrap();
    Snapshot::of(files, limits).unwrap()
}

fn expected(scenario: &Path) -> serde_json::Value {
    let text = std::fs::read_to_string(scenario.join("expected.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn the_original_examiner_is_answered_byte_for_byte() {
    let Some(corpus) = corpus() else { return };
    let snapshot = snapshot(&corpus);
    let shown = snapshot.files.root.display().to_string();
    for scenario in scenarios(&corpus, "v02") {
        let trace = read(&scenario.join("trace.jsonl"));
        let run = Run::of(&trace);
        let (text, failed) = compat::text(&trace, &run, Some(&snapshot));
        let text = text.replace(&shown, "<workspace>/protocol_snapshot");
        let recorded = std::fs::read_to_string(scenario.join("examine.txt")).unwrap();
        assert_eq!(text, recorded, "{}", scenario.display());
        let code = expected(&scenario)["examine_exit_code"].as_i64().unwrap();
        assert_eq!(i64::from(failed), code, "{}", scenario.display());
    }
}

/// Runs that we judge otherwise than the original, and why.
const OTHERWISE: &[(&str, Class, &str)] = &[
    (
        "18-provision-again",
        Class::BusinessOutcome,
        "ended with EXIT_ALREADY_EXISTS: the original's rule for it waits for a status that is never written",
    ),
    (
        "23-reclaim-again",
        Class::BusinessOutcome,
        "ended with EXIT_NOT_FOUND, for the same reason unseen by the original",
    ),
];

#[test]
fn every_recorded_run_is_a_run_of_its_snapshot_and_its_effects_are_there() {
    let Some(corpus) = corpus() else { return };
    let root = seal::root_hash(&snapshot(&corpus).files);
    let mut classes = BTreeMap::new();
    for scenario in scenarios(&corpus, "v02") {
        let name = scenario.file_name().unwrap().to_str().unwrap().to_owned();
        let told = expected(&scenario);
        let data = told["data_root"].as_str().unwrap();
        let against = Against {
            snapshot: Some(snapshot(&corpus)),
            snapshot_root: Some(root.clone()),
            data_root: Some(corpus.join("v02").join(format!("final-{data}"))),
            ..Against::default()
        };
        let bytes = std::fs::read(scenario.join("trace.jsonl")).unwrap();
        let found = examine(bytes.as_slice(), &Limits::default(), Verify::All, &against).unwrap();
        let rules: Vec<_> = found.breaks.iter().map(|one| one.rule).collect();
        assert_eq!(
            rules,
            ["pgs-trace-unchained"],
            "{name}: {:#?}",
            found.breaks
        );
        for (level, reached) in &found.levels {
            if *level != Level::Replay {
                assert!(
                    matches!(reached, Reached::Holds(_)),
                    "{name} {level:?}: {reached:?}"
                );
            }
        }
        let path: Vec<Vec<&str>> = found.run.path().iter().map(|(n, o)| vec![*n, *o]).collect();
        assert_eq!(serde_json::json!(path), told["path"], "{name}");
        assert_eq!(
            found.run.status.as_deref(),
            told["status"].as_str(),
            "{name}"
        );
        let theirs = match classify::cause(&found.trace, &found.run, Rules::AsOriginal) {
            None => Class::Clean,
            Some(cause) if cause.failure.is_business() => Class::BusinessOutcome,
            Some(_) => Class::StructuralFailure,
        };
        match OTHERWISE.iter().find(|(known, ..)| *known == name) {
            Some((_, class, _)) => assert!(found.class == *class && theirs != *class, "{name}"),
            None => assert_eq!(found.class, theirs, "{name}"),
        }
        *classes.entry(found.class.name()).or_insert(0) += 1;
        let text = report::text(&found, "trace.jsonl");
        assert!(text.contains(found.class.name()), "{text}");
        for value in ["Ann", "ann@example.org", "not-an-email"] {
            assert!(!text.contains(value), "{name}: {text}");
            assert!(
                !report::json(&found, "trace.jsonl")
                    .to_string()
                    .contains(value)
            );
        }
    }
    let classes: Vec<_> = classes.into_iter().collect();
    assert_eq!(
        classes,
        [
            ("BUSINESS_OUTCOME", 5),
            ("CLEAN", 14),
            ("STRUCTURAL_FAILURE", 2)
        ]
    );
}

#[test]
fn the_token_native_runs_follow_the_graph_of_the_symbolic_snapshot() {
    let Some(corpus) = corpus() else { return };
    for scenario in scenarios(&corpus, "v03") {
        let against = Against {
            snapshot: Some(snapshot(&corpus)),
            ..Against::default()
        };
        let bytes = std::fs::read(scenario.join("trace.jsonl")).unwrap();
        let found = examine(bytes.as_slice(), &Limits::default(), Verify::All, &against).unwrap();
        let rules: Vec<_> = found.breaks.iter().map(|one| one.rule).collect();
        assert_eq!(
            rules,
            ["pgs-trace-unchained", "pgs-trace-values-recorded"],
            "{}",
            scenario.display()
        );
        assert_eq!(found.class, Class::Clean);
        let text = report::text(&found, "trace.jsonl");
        assert!(
            !text.contains("example.org") && !text.contains("Ann"),
            "{text}"
        );
    }
}
