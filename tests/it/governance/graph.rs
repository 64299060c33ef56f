// SPDX-License-Identifier: Apache-2.0
//! `ccr control graph` over the base tree and its runs.

use crate::harness::cli::{ccr, json};
use crate::harness::governance_case::bases;

fn graph(more: &[&str]) -> crate::harness::cli::Run {
    let mut args = vec!["control", "graph", "tree", "--as-of", "2026-03-15"];
    args.extend(more);
    ccr(&bases(), &args)
}

#[test]
fn a_validated_item_leads_to_its_sealed_run() {
    let run = graph(&[
        "--runs",
        "runs",
        "--why",
        "CTO-WORK-103",
        "--format",
        "json",
    ]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{}", run.stdout);
    let answer = json(&run.stdout);
    assert_eq!(answer["ok"], true);
    let path: Vec<_> = answer["path"].as_array().unwrap().iter().collect();
    assert_eq!(path[0]["id"], "CTO-WORK-103");
    let last = path.last().unwrap();
    assert_eq!(last["kind"], "run");
    assert_eq!(last["status"], "pass");
    assert!(last["seal_root"].is_string());
    assert!(["digest-bound", "replayed"].contains(&answer["strength"].as_str().unwrap()));
}

#[test]
fn what_is_missing_is_named_and_refuses() {
    let run = graph(&["--why", "CTO-WORK-103"]);
    assert_eq!(run.code, 1);
    assert!(run.stdout.contains("runs were not given"), "{}", run.stdout);
    let run = graph(&["--runs", "runs", "--why", "CTO-WORK-104"]);
    assert_eq!(run.code, 1);
    assert!(run.stdout.contains("it is `candidate`"), "{}", run.stdout);
    assert!(
        run.stdout.contains("Every check is recorded"),
        "{}",
        run.stdout
    );
    let run = graph(&["--why", "CTO-WORK-999"]);
    assert_eq!(run.code, 1);
    assert!(run.stdout.contains("nothing defines it"), "{}", run.stdout);
}

#[test]
fn the_graph_has_every_kind_of_node_and_edge() {
    let run = graph(&["--runs", "runs"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let graph_json = json(&run.stdout);
    let words = |list: &str, key: &str| {
        let all = graph_json[list].as_array().unwrap().iter();
        let mut words: Vec<String> = all
            .map(|one| one[key].as_str().unwrap().to_owned())
            .collect();
        words.sort();
        words.dedup();
        words
    };
    assert_eq!(
        words("nodes", "kind"),
        ["admission", "document", "item", "run"]
    );
    assert_eq!(
        words("edges", "relation"),
        ["approves", "blocked-by", "cites", "consumes", "source"]
    );
    let run = graph(&["--format", "dot"]);
    assert_eq!(run.code, 0);
    assert!(run.stdout.starts_with("digraph claims {"));
    assert!(run.stdout.contains("[label=\"consumes\"]"));
    assert_eq!(ccr(&bases(), &["control", "graph", "runs"]).code, 2);
}
