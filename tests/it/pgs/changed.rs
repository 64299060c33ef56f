// SPDX-License-Identifier: Apache-2.0
//! `ccr pgs validate --compare OLD`: what a reviewer of a new snapshot has to see.

use crate::harness::cli::{Run, ccr, json};
use crate::harness::pgs_case::read_tree;
use serde_json::{Value, json};
use std::path::Path;

/// A file, by the end of its name, and what becomes of it.
type Edit<'a> = (&'a str, &'a dyn Fn(&mut Value));

/// A snapshot and the one that follows it, `files` edited.
fn pair(edits: &[Edit<'_>]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/pgs/base");
    for (side, edited) in [("old", false), ("new", true)] {
        for (name, bytes) in read_tree(&base) {
            let path = folder.path().join(side).join(&name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            let mut body: Value = serde_json::from_slice(&bytes).unwrap();
            for (file, edit) in edits.iter().filter(|_| edited) {
                if name.ends_with(file) {
                    edit(&mut body);
                }
            }
            std::fs::write(path, serde_json::to_vec_pretty(&body).unwrap()).unwrap();
        }
    }
    folder
}

fn compare(folder: &Path, flags: &[&str]) -> Run {
    let line = ["pgs", "validate", "new", "--compare", "old"];
    ccr(folder, &[&line[..], flags].concat())
}

#[test]
fn every_change_of_what_is_executed_is_listed_and_no_value_is_shown() {
    let secret = format!("{}{}", "hunter", "2-hunter2");
    let folder = pair(&[
        ("WF_LEND_BOOK_V0.json", &|body| {
            let core = &mut body["frontmatter"]["core"];
            core["nodes"]["KEEP"]["next"]["SUCCESS"] = json!("EXIT_LENT");
            core["admission"]["forbids"] = json!(["EV_BOOK_LENT_V0"]);
            core["summary"] = json!("Other prose");
        }),
        ("CC_KEEP_LOAN_V0.json", &|body| {
            let core = &mut body["frontmatter"]["core"];
            core["result_status_contract"]["allowed"] = json!(["SUCCESS", "BACKEND_ERROR"]);
            core["pipeline"][0]["op"] = json!("DELETE");
        }),
        ("RB_LIBRARY_V0.json", &|body| {
            let bindings = &mut body["frontmatter"]["core"]["bindings"];
            bindings["effects::CS_JOURNAL_V0"]["policy"]["path"] =
                json!("{{module_data_root}}/other.jsonl");
            bindings["effects::CS_SHELF_V0"]["policy"]["word"] = json!(secret);
        }),
    ]);
    let run = compare(folder.path(), &["--json", "--only", "pgs-changed"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(!run.stdout.contains(&secret), "{}", run.stdout);
    let report = json(&run.stdout);
    let said: Vec<&str> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["description"].as_str().unwrap())
        .collect();
    assert_eq!(
        said,
        [
            "`library::CC_KEEP_LOAN_V0`, capability at pipeline.keep_loan.op: `PUT` became `DELETE`.",
            "`library::CC_KEEP_LOAN_V0`, outcome at result_status_contract.allowed: `VIOLATION` is gone.",
            "`library::RB_LIBRARY_V0`, policy at bindings.effects::CS_SHELF_V0.policy.word: the value is new.",
            "`library::RB_LIBRARY_V0`, path at bindings.effects::CS_JOURNAL_V0.policy.path: \
             `{{module_data_root}}/journal.jsonl` became `{{module_data_root}}/other.jsonl`.",
            "`library::WF_LEND_BOOK_V0`, admission at admission.forbids: `EV_BOOK_LOST_V0` is gone.",
            "`library::WF_LEND_BOOK_V0`, edge at nodes.KEEP.next.SUCCESS: `RECORD` became `EXIT_LENT`.",
        ]
    );
    let changes = report["changes"].as_array().unwrap();
    assert_eq!(changes.len(), said.len());
    let edge = json!({
        "artifact": "library::WF_LEND_BOOK_V0",
        "about": "edge",
        "at": "nodes.KEEP.next.SUCCESS",
        "change": "changed",
    });
    assert!(changes.contains(&edge), "{changes:#?}");
}

#[test]
fn steps_are_compared_by_name() {
    let step = json!({ "step": "look", "side_effect": "effects::CS_SHELF_V0", "op": "GET" });
    let folder = pair(&[("CC_KEEP_LOAN_V0.json", &|body| {
        let pipeline = &mut body["frontmatter"]["core"]["pipeline"];
        pipeline.as_array_mut().unwrap().insert(0, step.clone());
    })]);
    let run = compare(folder.path(), &["--json", "--only", "pgs-changed"]);
    let changes = json(&run.stdout)["changes"].clone();
    assert_eq!(changes.as_array().unwrap().len(), 1, "{changes:#}");
    assert_eq!(changes[0]["at"], "pipeline.look");
    assert_eq!(changes[0]["about"], "capability");
}

#[test]
fn what_cannot_be_compared_is_bad_usage() {
    let folder = pair(&[]);
    std::fs::remove_dir_all(folder.path().join("old/artifacts")).unwrap();
    let run = compare(folder.path(), &[]);
    assert_eq!(run.code, 2, "{}", run.stdout);
    assert!(run.stderr.contains("to compare with"), "{}", run.stderr);
    std::fs::remove_dir_all(folder.path().join("old")).unwrap();
    assert_eq!(compare(folder.path(), &[]).code, 2);
}

#[test]
fn a_selection_that_leaves_no_rule_of_the_command_is_bad_usage() {
    let folder = pair(&[]);
    let line = ["pgs", "validate", "new", "--only", "pgs-trace-incomplete"];
    let run = ccr(folder.path(), &line);
    assert_eq!(run.code, 2, "{}{}", run.stdout, run.stderr);
    assert!(run.stderr.contains("audit trace"), "{}", run.stderr);
    std::fs::write(folder.path().join("trace.jsonl"), "{}\n").unwrap();
    let line = ["audit", "trace", "trace.jsonl", "--only", "pgs-wf-cycle"];
    let run = ccr(folder.path(), &line);
    assert_eq!(run.code, 2, "{}{}", run.stdout, run.stderr);
    assert!(run.stderr.contains("pgs validate"), "{}", run.stderr);
}
