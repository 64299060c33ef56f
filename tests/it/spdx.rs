// SPDX-License-Identifier: Apache-2.0
//! The SPDX family and the package-structure checks, over `fixtures/rules/<rule-id>/`.

use crate::harness::artifact::{Source, run};
use ccr::model::Severity;
use ccr::rules::{Body, Rule};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The checks that this module answers for.
const CHECKS: &[&str] = &[
    "crate-vcs",
    "package-identity",
    "package-metadata",
    "release-agreement",
    "spdx-declared",
    "spdx-header",
    "spdx-headers",
    "spdx-license-text",
    "wheel-layout",
    "wheel-record",
];

fn rules() -> Vec<Arc<Rule>> {
    let set = ccr::rules::load("default", &[]).unwrap();
    set.rules
        .into_iter()
        .filter(|rule| matches!(&rule.body, Body::Check { name, .. } if CHECKS.contains(&name.as_str())))
        .collect()
}

fn cases(rule: &str, outcome: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/rules")
        .join(rule)
        .join(outcome);
    let mut cases: Vec<_> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    assert!(!cases.is_empty(), "{rule} has no {outcome} case");
    cases.sort();
    cases
}

#[test]
fn every_failing_case_yields_its_rule_and_every_passing_case_does_not() {
    let rules = rules();
    assert!(rules.len() > 30);
    let mut wrong = Vec::new();
    for rule in &rules {
        let id = rule.meta.id.as_str();
        for case in cases(id, "fail") {
            let found = run(rule, &Source::of_case(&case));
            if found.is_empty() {
                wrong.push(format!("{}: nothing found", case.display()));
            }
            for draft in found {
                assert_eq!(draft.rule, rule.meta.id);
                assert!(!draft.description.is_empty());
            }
        }
        for case in cases(id, "pass") {
            let found = run(rule, &Source::of_case(&case));
            if !found.is_empty() {
                wrong.push(format!("{}: {found:#?}", case.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Runs one rule over files made here.
fn drafts(rule: &str, files: Vec<(String, String)>) -> Vec<ccr::model::Draft> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let rules = rules();
    let rule = rules.iter().find(|r| r.meta.id.as_str() == rule).unwrap();
    run(rule, &Source::of_case(folder.path()))
}

fn python(count: usize, header: bool, folder: &str) -> Vec<(String, String)> {
    let head = if header {
        format!("# {}: MIT\n", "SPDX-License-Identifier")
    } else {
        String::new()
    };
    (0..count)
        .map(|n| {
            let text = format!("{head}def work_{n}(first, second):\n    return first + second * {n} - sum([first, second])\n");
            (format!("{folder}/m{n:03}.py"), text)
        })
        .collect()
}

#[test]
fn a_project_without_headers_gets_one_remark() {
    let found = drafts("spdx-header-missing", python(300, false, "src"));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].severity, Some(Severity::Info));
}

#[test]
fn many_missing_headers_become_twenty_findings_and_a_summary() {
    let mut files = python(60, true, "src");
    files.extend(python(50, false, "lib"));
    let found = drafts("spdx-header-missing", files);
    assert_eq!(found.len(), 21);
    let summary = found.iter().find(|d| d.path.name() == ".").unwrap();
    assert!(
        summary.description.starts_with("30 of 110"),
        "{}",
        summary.description
    );
}

#[test]
fn a_few_headers_among_many_files_are_one_remark() {
    let mut files = python(5, true, "src");
    files.extend(python(50, false, "lib"));
    let found = drafts("spdx-header-missing", files);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].severity, Some(Severity::Info));
}

#[test]
fn a_declared_licence_is_placed_at_its_value() {
    let text = "[project]\nname = \"a\"\nversion = \"1\"\nlicense = \"Apache 2\"\n";
    let found = drafts(
        "spdx-declared-invalid",
        vec![("pyproject.toml".to_owned(), text.to_owned())],
    );
    assert_eq!(found.len(), 1);
    assert_eq!(&text[found[0].span.unwrap().range()], "\"Apache 2\"");
}
