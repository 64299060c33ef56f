// SPDX-License-Identifier: Apache-2.0
//! `audit repo` as a user meets it: which packs it takes, what it answers in compatibility mode, and
//! that this repository passes it.

use crate::harness::cli::{ccr, crate_tree, json};
use std::fs;
use std::path::Path;

fn kinds(stdout: &str) -> Vec<String> {
    let report = json(stdout);
    let findings = report["findings"].as_array().unwrap();
    let kinds = findings
        .iter()
        .map(|f| f["kind"].as_str().unwrap().to_owned());
    kinds.collect()
}

#[test]
fn this_repository_is_accepted() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let run = ccr(root, &["audit", "repo", "--rules", "policy/ccr", "--json"]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert_eq!(json(&run.stdout)["profile"], "repo");
}

#[test]
fn a_scan_asks_nobody_for_a_readme() {
    let dir = crate_tree();
    fs::write(dir.path().join(".gitignore"), "target\n").unwrap();
    let repo = ccr(dir.path(), &["audit", "repo", "--json"]);
    assert!(
        kinds(&repo.stdout)
            .iter()
            .any(|kind| kind == "repo-changelog")
    );
    let scan = ccr(dir.path(), &["scan", ".", "--json"]);
    assert!(
        !kinds(&scan.stdout)
            .iter()
            .any(|kind| kind.starts_with("repo-"))
    );
}

#[test]
fn findings_are_residuals_and_can_be_waived() {
    let dir = crate_tree();
    fs::write(
        dir.path().join("package.json"),
        "{\"name\": \"a\", \"version\": \"1.0.0\", \"license\": \"MIT\"}",
    )
    .unwrap();
    let run = ccr(dir.path(), &["audit", "repo", "--json"]);
    assert_eq!(run.code, 1, "{}", run.stdout);
    let report = json(&run.stdout);
    let findings = report["findings"].as_array().unwrap();
    let found = findings
        .iter()
        .find(|f| f["kind"] == "repo-license")
        .unwrap();
    assert_eq!(found["residual_ready"]["source"], "ccr.audit.repo");
    assert_eq!(found["residual_ready"]["blocking"], true);
    fs::write(
        dir.path().join("ccr.toml"),
        "[[waiver]]\nrule = \"repo-license\"\npaths = [\".\"]\nreason = \"decided elsewhere\"\n",
    )
    .unwrap();
    let run = ccr(dir.path(), &["audit", "repo", "--json"]);
    assert_eq!(run.code, 0, "{}", run.stdout);
}

#[test]
fn a_checkout_of_the_reference_owes_more() {
    let dir = crate_tree();
    fs::write(
        dir.path().join("pyproject.toml"),
        "[project]\nname = \"collective-capability-runtime\"\nversion = \"1.0.0\"\n",
    )
    .unwrap();
    let run = ccr(dir.path(), &["audit", "repo", "--json"]);
    assert_eq!(json(&run.stdout)["profile"], "ccr-repo");
    assert!(
        kinds(&run.stdout)
            .iter()
            .any(|kind| kind == "repo-ccr-guide")
    );
}

#[test]
fn compatibility_mode_answers_as_the_reference() {
    let dir = crate_tree();
    let args = ["audit", "repo", "--compat", "1.0"];
    let run = ccr(dir.path(), &args);
    assert_eq!(run.code, 2, "{}", run.stdout);
    let error = json(&run.stdout)["error"].as_str().unwrap().to_owned();
    assert!(
        error.starts_with("missing file or object: [Errno 2]"),
        "{error}"
    );
    assert!(error.ends_with("src/ccr/constants.py'"), "{error}");

    fs::create_dir_all(dir.path().join("src/ccr")).unwrap();
    fs::write(dir.path().join("src/ccr/constants.py"), "").unwrap();
    fs::write(dir.path().join("src/ccr/cli.py"), "").unwrap();
    let run = ccr(dir.path(), &args);
    assert_eq!(run.code, 1);
    let report = json(&run.stdout);
    assert!(report.get("rules_digest").is_none(), "{report}");
    let missing = |path: &str| {
        let findings = report["findings"].as_array().unwrap();
        let of = findings
            .iter()
            .filter(|f| f["kind"] == "missing-file" && f["location"] == path);
        of.count()
    };
    // Once for each check that reads it, as there.
    assert_eq!(missing("SECURITY.md"), 5);
    assert_eq!(missing("pyproject.toml"), 1);
}
